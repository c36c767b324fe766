/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of keys, as in scripts and in the configuration, and what is bound to them: a line is the argument of `bind`. */
#include <string.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "tui/term/keymap.h"

/* What has a name is found by it. */
static void check_key(lk_press key)
{
	char name[LK_KEY_NAME];
	lk_press again;

	lk_press_name(key, name);
	LK_FUZZ_MUST(memchr(name, '\0', sizeof(name)) && *name);
	LK_FUZZ_MUST(lk_press_from_name(name, strlen(name), &again) == 0 && again == key);
}

static void check_words(const char *line)
{
	while (*line) {
		size_t n = strcspn(line, " \t");
		lk_press key;

		if (n && lk_press_from_name(line, n, &key) == 0)
			check_key(key);
		line += n + (line[n] != '\0');
	}
}

/* What changes the system is never on a key that is pressed without thinking. */
static void check_bound(const struct lk_keymap *m)
{
	const struct lk_binding *b = &m->own.v[m->own.n - 1];

	LK_FUZZ_MUST(lk_keymap_find(m, LK_KEYS_VIEW, b->key) == b->command);
	if (b->command && b->command->flags & LK_COMMAND_CHANGES)
		LK_FUZZ_MUST(b->key != LK_KEY_ENTER && b->key != ' ' && !(b->key >= 'a' && b->key <= 'z'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lk_auto_mem char *text = strndup((const char *)data, size);
	struct lk_keymap m = { .commands = lk_command_table };
	char *save = NULL;

	LK_FUZZ_MUST(text);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct lk_err err = { 0 };

		check_words(line);
		if (lk_keymap_bind(&m, line, &err) == 0)
			check_bound(&m);
		else
			LK_FUZZ_MUST(err.code < 0 && *lk_err_text(&err));
		lk_err_done(&err);
	}
	lk_keymap_done(&m);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manual page of the screen and the tables of keys and commands say the same. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "tui/term/keymap.h"

#define KEYS_MAX 8

static char *read_page(void)
{
	const char *root = getenv("LK_SRCDIR");
	lk_buf path = { 0 }, page = { 0 };

	lk_buf_printf(&path, "%s/man/lockscope-screen.1", root ? root : ".");
	if (lk_io_read_at(-100, lk_buf_str(&path), 1 << 20, &page) < 0)
		cr_skip_test("%s cannot be read; LK_SRCDIR names the source tree", path.v);
	lk_vec_done(&path);
	return lk_buf_str(&page);
}

/* As mdoc(7) wants it: punctuation is no punctuation of ours. */
static void add_key(lk_buf *b, lk_press key)
{
	char buf[LK_KEY_NAME];
	const char *name = lk_press_name(key, buf);

	if (strcmp(name, "\\") == 0)
		lk_buf_puts(b, "\\e");
	else if (strlen(name) == 1 && !isalnum((unsigned char)*name))
		lk_buf_printf(b, "\\&%s", name);
	else
		lk_buf_puts(b, name);
}

static char *item_of(const struct lk_command *cmd)
{
	struct lk_keymap none = { .commands = lk_command_table };
	lk_press keys[KEYS_MAX];
	size_t n = lk_keymap_keys(&none, cmd, keys, KEYS_MAX);
	lk_buf b = { 0 };

	lk_buf_puts(&b, "\n.It ");
	for (size_t i = 0; i < n && i < KEYS_MAX; i++) {
		lk_buf_puts(&b, i ? " , " : "Ic ");
		add_key(&b, keys[i]);
	}
	lk_buf_printf(&b, "%sPq Cm %s\n", n ? " " : "", cmd->name);
	return lk_buf_str(&b);
}

/* The help as a sentence, lines broken anywhere. */
static bool says(const char *page, const char *help)
{
	for (size_t i = 0; help[i]; i++, page++) {
		char want = i ? help[i] : (char)toupper((unsigned char)help[i]);

		if (*page != want && !(want == ' ' && *page == '\n'))
			return false;
	}
	return *page == '.';
}

Test(tui_manual, keys)
{
	char *page = read_page();
	size_t n = 0, n_items = 0;
	const struct lk_command *table = lk_command_table;

	for (; table[n].name; n++) {
		char *item = item_of(&table[n]);
		const char *at = strstr(page, item);

		cr_expect(at, "the manual page lacks %s", item);
		cr_expect(!at || says(at + strlen(item), table[n].help), "the manual page does not say of %s: %s",
			  table[n].name, table[n].help);
		free(item);
	}
	for (const char *p = page; (p = strstr(p, "Pq Cm ")); p++)
		n_items++;
	cr_expect_eq(n_items, n, "the manual page has %zu commands, the table %zu", n_items, n);
	free(page);
}

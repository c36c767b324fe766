/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's file of settings. What is read from it and written again is read as the same. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cli/settings.h"
#include "fuzz.h"
#include "tui/term/keymap.h"

static int read_settings(struct lk_settings *s, const char *text, size_t n, struct lk_err *err)
{
	lk_auto_fd fd = memfd_create("settings", MFD_CLOEXEC);
	char path[64];

	LK_FUZZ_MUST(fd >= 0 && lk_io_write_all(fd, text, n) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return lk_settings_read(s, path, err);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_again(const struct lk_settings *s)
{
	struct lk_settings again, copy = { 0 };

	lk_settings_init(&again);
	lk_settings_copy(&copy, s);
	for (const struct lk_option *o = NULL; (o = lk_option_next(o, LK_OPTIONS_SETTING));) {
		lk_auto_mem char *value = lk_settings_changed(s, o), *copied = NULL, *second = NULL;

		copied = lk_settings_changed(&copy, o);
		LK_FUZZ_MUST(same_text(value, copied));
		if (!value)
			continue;
		LK_FUZZ_MUST(!strchr(value, '\n') && lk_settings_set(&again, o->name, value, NULL) == 0);
		second = lk_settings_changed(&again, o);
		LK_FUZZ_MUST(same_text(value, second));
	}
	lk_settings_done(&copy);
	lk_settings_done(&again);
}

static void bind_all(const struct lk_settings *s)
{
	struct lk_keymap m = { .commands = lk_command_table };

	for (size_t i = 0; i < s->binds.n; i++) {
		struct lk_err err = { 0 };

		if (lk_keymap_bind(&m, s->binds.v[i], &err) < 0)
			LK_FUZZ_MUST(*lk_err_text(&err));
		lk_err_done(&err);
	}
	lk_keymap_done(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lk_settings s;
	struct lk_err err = { 0 };

	lk_settings_init(&s);
	if (read_settings(&s, (const char *)data, size, &err) < 0)
		LK_FUZZ_MUST(err.code < 0 && *lk_err_text(&err));
	LK_FUZZ_MUST(s.delay_ms >= 100 && s.delay_ms <= 3600000 && s.highlight_looks <= 1000);
	check_again(&s);
	bind_all(&s);
	lk_settings_done(&s);
	lk_err_done(&err);
	return 0;
}

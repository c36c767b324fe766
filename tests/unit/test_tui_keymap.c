/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "tui/term/keymap.h"

Test(tui_keymap, names_read_back)
{
	static const lk_press keys[] = { 'a',
					 '?',
					 ' ',
					 '#',
					 LK_KEY_F1,
					 LK_KEY_F12,
					 LK_KEY_SHIFT_F3,
					 LK_KEY_CTRL('L'),
					 LK_KEY_TAB,
					 LK_KEY_ENTER,
					 LK_KEY_ESC,
					 LK_KEY_BACK_TAB,
					 LK_KEY_PAGE_DOWN,
					 0xe9,
					 0x6f22,
					 0x1f600 };
	char name[LK_KEY_NAME];

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *word = lk_press_name(keys[i], name);
		lk_press k = 0;

		cr_expect_eq(lk_press_from_name(word, strlen(word), &k), 0, "%s", word);
		cr_expect_eq(k, keys[i], "%s", word);
	}
}

Test(tui_keymap, every_key_has_a_command_and_every_command_a_key)
{
	size_t n_keys;
	const struct lk_keymap_row *rows = lk_keymap_table(&n_keys);
	const struct lk_command *cmds = lk_command_table;
	struct lk_keymap m = { .commands = lk_command_table };

	for (size_t i = 0; i < n_keys; i++) {
		cr_expect(lk_command_find(cmds, rows[i].command, strlen(rows[i].command)), "%s", rows[i].command);
		for (size_t j = 0; j < i; j++)
			cr_expect(rows[i].context != rows[j].context || rows[i].key != rows[j].key, "key of %s and %s",
				  rows[i].command, rows[j].command);
	}
	for (size_t i = 0; cmds[i].name; i++) {
		bool in_menu = strcmp(cmds[i].name, "rename") == 0 || strcmp(cmds[i].name, "wait") == 0;

		cr_expect(in_menu || lk_keymap_keys(&m, &cmds[i], NULL, 0), "%s has no key", cmds[i].name);
		cr_expect_leq(strlen(cmds[i].label), 7, "%s", cmds[i].label);
	}
}

Test(tui_keymap, lower_case_letters_never_change_the_system)
{
	struct lk_keymap m = { .commands = lk_command_table };

	for (lk_press k = 'a'; k <= 'z'; k++) {
		const struct lk_command *cmd = lk_keymap_find(&m, LK_KEYS_VIEW, k);

		cr_expect(!cmd || !(cmd->flags & LK_COMMAND_CHANGES), "%c: %s", (int)k, cmd ? cmd->name : "");
	}
	static const lk_press safe[] = { LK_KEY_BACKSPACE, LK_KEY_DELETE,    LK_KEY_ENTER,
					 LK_KEY_CTRL('D'), LK_KEY_CTRL('K'), LK_KEY_CTRL('R') };
	for (size_t i = 0; i < sizeof(safe) / sizeof(*safe); i++) {
		const struct lk_command *cmd = lk_keymap_find(&m, LK_KEYS_VIEW, safe[i]);

		cr_expect(!cmd || !(cmd->flags & LK_COMMAND_CHANGES));
	}
}

Test(tui_keymap, bindings)
{
	static const char *const bad[] = {
		"",         "F11",          "F11 nothing",   "F99 help",      "F11 help x",
		"x signal", "Enter delete", "Space release", "Ctrl-D delete", "Delete delete",
		"^ help"
	};
	struct lk_keymap m = { .commands = lk_command_table };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct lk_err err = { 0 };

		cr_expect_eq(lk_keymap_bind(&m, bad[i], &err), bad[i][0] == '^' ? 0 : -22, "%s", bad[i]);
		lk_err_done(&err);
	}
	cr_expect_eq(lk_keymap_bind(&m, "F11 signal", NULL), 0);
	cr_expect_eq(lk_keymap_bind(&m, "x help", NULL), 0);
	cr_expect_eq(lk_keymap_bind(&m, "K none", NULL), 0);
	cr_expect_str_eq(lk_keymap_find(&m, LK_KEYS_VIEW, LK_KEY_F11)->name, "signal");
	cr_expect_str_eq(lk_keymap_find(&m, LK_KEYS_VIEW, 'x')->name, "help");
	cr_expect_null(lk_keymap_find(&m, LK_KEYS_VIEW, 'K'));
	/* What is no view keeps its own keys. */
	cr_expect_null(lk_keymap_find(&m, LK_KEYS_TEXT, LK_KEY_F11));
	lk_keymap_done(&m);
}

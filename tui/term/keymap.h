/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which key means which command, by context: one const table, and what the configuration file changes of it. */
#ifndef LK_TUI_KEYMAP_H
#define LK_TUI_KEYMAP_H

#include "base/err.h"
#include "base/vec.h"
#include "tui/core/command.h"
#include "tui/term/key.h"

enum lk_keymap_context {
	LK_KEYS_VIEW, /* the six views, and panes that have no meaning of their own for a key */
	LK_KEYS_TEXT, /* panes of text: moving in them, closing them */
	LK_KEYS_NONE, /* prompts, menus, dialogs: they know their keys themselves */
};

struct lk_keymap_row {
	enum lk_keymap_context context;
	lk_press key;
	const char *command;
};
const struct lk_keymap_row *lk_keymap_table(size_t *ret_n);

struct lk_binding {
	lk_press key;
	const struct lk_command *command; /* NULL: the key means nothing */
};

struct lk_keymap {
	const struct lk_command *commands; /* lk_command_table */
	LK_VEC(struct lk_binding) own; /* of the configuration file; they win in LK_KEYS_VIEW */
};

void lk_keymap_done(struct lk_keymap *m);
/* "F11 signal", "x none". 0, or -EINVAL with a sentence. What changes the system can be bound only to a key that is not a lower-case
 * letter, a movement, Enter, Space, Backspace, Delete or Tab. */
int lk_keymap_bind(struct lk_keymap *m, const char *text, struct lk_err *err);
/* NULL: it means nothing there. */
const struct lk_command *lk_keymap_find(const struct lk_keymap *m, enum lk_keymap_context context, lk_press key);
/* The keys of a command in LK_KEYS_VIEW, the first the one to name; at most `max`. Returns how many there are. */
size_t lk_keymap_keys(const struct lk_keymap *m, const struct lk_command *cmd, lk_press *ret, size_t max);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which key means which command, by context: one const table, and what the configuration file changes in it. */
#ifndef LK_TUI_KEYMAP_H
#define LK_TUI_KEYMAP_H

#include "base/err.h"
#include "base/vec.h"
#include "tui/core/command.h"
#include "tui/term/key.h"

enum lk_keymap_context {
	LK_KEYS_VIEW, /* the seven views; also panes that leave their keys to the commands of views */
	LK_KEYS_TEXT, /* panes of text: help, close, quit ...; moving is up to the pane */
	LK_KEYS_NONE, /* prompts, menus, dialogs: these handle their keys themselves */
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
	LK_VEC(struct lk_binding) own; /* of the configuration file; in LK_KEYS_VIEW these win over the table */
};

void lk_keymap_done(struct lk_keymap *m);
/* text: "F11 signal", "x none". 0, or -EINVAL with a sentence. A command that can change the system (LK_COMMAND_CHANGES) is not bound to a
 * lower-case letter, an arrow, PgUp, PgDn, Home, End, Enter, Space, Backspace, Delete, Tab, Shift-Tab, Esc, Ctrl-D, Ctrl-K or Ctrl-R. */
int lk_keymap_bind(struct lk_keymap *m, const char *text, struct lk_err *err);
/* NULL: the key means nothing there. */
const struct lk_command *lk_keymap_find(const struct lk_keymap *m, enum lk_keymap_context context, lk_press key);
/* The keys of a command in LK_KEYS_VIEW, the first the one to name; at most `max`. Returns how many there are. */
size_t lk_keymap_keys(const struct lk_keymap *m, const struct lk_command *cmd, lk_press *ret, size_t max);

#endif

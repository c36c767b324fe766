/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of the screen: one const table, from which keys, help, the key bar, the actions menu and the check of the manual page
 * are made. */
#ifndef LK_TUI_COMMAND_H
#define LK_TUI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct lk_tui;

/* What a command (or anything else that was done) made stale. */
enum lk_dirty {
	LK_DIRTY_NONE = 0,
	LK_DIRTY_PAINT = 1 << 0, /* the screen */
	LK_DIRTY_ORDER = 1 << 1, /* which rows are shown, in which order: filter, sort, tree */
	LK_DIRTY_ROWS = 1 << 2, /* the rows of the view themselves */
	LK_DIRTY_SCAN = 1 << 3, /* a new look is wanted at once */
	LK_DIRTY_REDRAW = 1 << 4, /* the terminal may show something else: paint all of it again */
	LK_DIRTY_SUSPEND = 1 << 5, /* Ctrl-Z */
	LK_DIRTY_QUIT = 1 << 6,
	LK_DIRTY_NOT_MINE = 1 << 7, /* from a pane's or view's function: it has no meaning for this key or command */
};

enum lk_command_flag {
	LK_COMMAND_NEEDS_LOCK = 1 << 0, /* the selected row must be about a lock */
	LK_COMMAND_NEEDS_FILE = 1 << 1,
	/* May change the system, after a dialog: not with --readonly, on a capture or another /proc. */
	LK_COMMAND_CHANGES = 1 << 2,
	LK_COMMAND_REFUSES_GHOST = 1 << 3,
};

enum lk_command_group {
	LK_GROUP_MOVE,
	LK_GROUP_VIEW,
	LK_GROUP_FIND,
	LK_GROUP_MARK,
	LK_GROUP_ACT,
	LK_GROUP_LOOK,
	LK_GROUP_PROGRAM,
	LK_GROUPS,
};
const char *lk_command_group_title(enum lk_command_group g);

struct lk_command {
	const char *name; /* "signal": in `bind = F11 signal` too */
	enum lk_command_group group;
	const char *label; /* at most 7 cells: for the key bar */
	const char *help; /* one line */
	unsigned flags; /* LK_COMMAND_* */
	unsigned (*run)(struct lk_tui *t); /* returns LK_DIRTY_*; NULL: run_with() */
	unsigned (*run_with)(struct lk_tui *t, int arg); /* for commands that differ only in a number */
	int arg; /* of run_with: a view, or 1 forward and -1 back */
};

extern const struct lk_command lk_command_table[]; /* ends with a row without a name */
const struct lk_command *lk_command_find(const struct lk_command *table, const char *name,
					 size_t n); /* NULL: there is none */
/* Why it cannot be run now, one short clause; NULL: it can. Static. */
const char *lk_command_refusal(const struct lk_tui *t, const struct lk_command *cmd);
/* Runs it, or says why not in the message line. LK_DIRTY_*. */
unsigned lk_command_invoke(struct lk_tui *t, const struct lk_command *cmd);

/* The functions of the table, by the file they live in. */
/* -- program.c -- */
unsigned lk_do_quit(struct lk_tui *t), lk_do_close(struct lk_tui *t), lk_do_cancel(struct lk_tui *t);
unsigned lk_do_suspend(struct lk_tui *t);
unsigned lk_do_redraw(struct lk_tui *t), lk_do_refresh(struct lk_tui *t), lk_do_pause(struct lk_tui *t);
unsigned lk_do_units(struct lk_tui *t), lk_do_header(struct lk_tui *t), lk_do_highlight(struct lk_tui *t);
unsigned lk_do_view(struct lk_tui *t, int id), lk_do_next_view(struct lk_tui *t, int step);
/* -- move.c -- */
unsigned lk_do_rows(struct lk_tui *t, int by), lk_do_pages(struct lk_tui *t, int by);
unsigned lk_do_half_pages(struct lk_tui *t, int by), lk_do_end(struct lk_tui *t, int direction);
unsigned lk_do_left(struct lk_tui *t), lk_do_right(struct lk_tui *t);
unsigned lk_do_expand(struct lk_tui *t), lk_do_collapse(struct lk_tui *t);
unsigned lk_do_tag(struct lk_tui *t), lk_do_tag_same(struct lk_tui *t), lk_do_untag(struct lk_tui *t);
unsigned lk_do_follow(struct lk_tui *t), lk_do_invert(struct lk_tui *t);
unsigned lk_do_next_sort(struct lk_tui *t, int step), lk_do_next_contended(struct lk_tui *t, int direction);
unsigned lk_do_blocker(struct lk_tui *t);
unsigned lk_do_only_contended(struct lk_tui *t), lk_do_find_next(struct lk_tui *t, int direction);
/* -- view.c -- */
unsigned lk_do_tree(struct lk_tui *t);
/* -- prompt.c -- */
unsigned lk_do_find(struct lk_tui *t), lk_do_filter(struct lk_tui *t), lk_do_write(struct lk_tui *t);
/* -- menu.c -- */
unsigned lk_do_sort(struct lk_tui *t), lk_do_user(struct lk_tui *t), lk_do_actions(struct lk_tui *t);
/* -- panes: help.c, hidden.c, setup.c, detail.c, show.c -- */
unsigned lk_do_help(struct lk_tui *t), lk_do_setup(struct lk_tui *t), lk_do_detail(struct lk_tui *t);
unsigned lk_do_side_detail(struct lk_tui *t), lk_do_side_scroll(struct lk_tui *t, int direction);
unsigned lk_do_back(struct lk_tui *t), lk_do_hidden(struct lk_tui *t), lk_do_show(struct lk_tui *t);
/* -- dialogs: dialog_*.c -- */
unsigned lk_do_signal(struct lk_tui *t), lk_do_release(struct lk_tui *t), lk_do_test(struct lk_tui *t);
unsigned lk_do_wait(struct lk_tui *t), lk_do_delete(struct lk_tui *t), lk_do_rename(struct lk_tui *t);

#endif

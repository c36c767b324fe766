/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seven views. Each is a list with its own rows, columns, order, filter and cursor; some paint themselves. What views share is declared
 * here and in view_locks.h. */
#ifndef LK_TUI_VIEW_H
#define LK_TUI_VIEW_H

#include "base/buf.h"
#include "tui/term/canvas.h"
#include "tui/term/key.h"
#include "tui/widget/list.h"

struct lk_command;
struct lk_tui;
struct lk_view;

enum lk_view_id {
	LK_VIEW_LOCKS,
	LK_VIEW_FILES,
	LK_VIEW_PROCS,
	LK_VIEW_WAITS,
	LK_VIEW_MAP,
	LK_VIEW_HISTORY,
	LK_VIEW_LOCKFILES,
	LK_VIEWS
};

/* What a row is about, and so what commands act on. All pointers are borrowed from the frame of the row. */
struct lk_subject {
	const struct lk_frame *frame; /* NULL: nothing is selected */
	const struct lk_lock *lock; /* NULL: the row is not about a lock */
	const struct lk_holder *holder; /* of lock; NULL: the row does not say which */
	const struct lk_proc *proc; /* NULL: none */
	const struct lk_file *file; /* NULL: none */
	const struct lk_cycle *cycle; /* NULL: the row is not about a cycle */
	bool ghost; /* the row is gone; nothing acts on it */
	int64_t gone_ms; /* when it was first missing, in the clock of frames */
	uint64_t id; /* of the row */
};
/* Makes the subject this lock or request, with its file, process and first holder or waiter. */
void lk_subject_set_lock(struct lk_subject *s, const struct lk_lock *l);

struct lk_view_ops {
	enum lk_view_id id;
	const char *title; /* "Locks" */
	const char *help; /* a paragraph on what the view shows */
	const char *nothing; /* what a table without rows says */
	size_t sort_column; /* at the start; SIZE_MAX: natural order */
	bool tree; /* shown as a tree at the start */
	struct lk_list_ops list;
	void (*init)(struct lk_view *v); /* makes v->own; NULL: the view needs none */
	void (*done)(struct lk_view *v);
	/* Called when the view is switched to, and after each new frame while it is shown: to start what it needs besides frames. NULL:
	 * nothing. */
	void (*tend)(struct lk_tui *t, struct lk_view *v);
	/* Appends the text of a cell, as raw bytes, where it says more than the value of the column. *ret_style: what it means. false:
	 * show the value. */
	bool (*cell)(const struct lk_tui *t, const struct lk_item *it, size_t column, lk_buf *out,
		     enum lk_style *ret_style);
	/* What the row is about. *ret is zeroed by the caller. */
	void (*subject)(const struct lk_tui *t, const struct lk_item *it, struct lk_subject *ret);
	/* Appends the row in plain words, as raw bytes. */
	void (*describe)(const struct lk_tui *t, const struct lk_item *it, lk_buf *out);
	/* NULL: the view is painted as a table. Otherwise it must set v->list.page, call lk_list_scroll() and put the cursor. */
	void (*paint)(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r);
	/* For the mouse, of a view with paint(): how many lines there are above its first row; -1: it is shown as a table now. NULL: its
	 * rows cannot be clicked on. */
	int (*lines_above)(const struct lk_tui *t, const struct lk_view *v, struct lk_rect r);
	/* Appends words for the rest of the tab line: "7 waiters, 2 roots, 1 cycle". A line break begins a part that is left out where
	 * there is no room for it. NULL: none. */
	void (*title_words)(const struct lk_tui *t, const struct lk_view *v, lk_buf *out);
	/* Runs commands that mean something else in this view (panning a map); returns LK_DIRTY_NOT_MINE for all others. NULL: none. */
	unsigned (*command)(struct lk_tui *t, struct lk_view *v, const struct lk_command *cmd);
	/* What the key bar calls a command in this view, at most 7 cells; "": it does nothing here; NULL: the label of the command itself.
	 * NULL: so for all commands. */
	const char *(*label)(const struct lk_view *v, const struct lk_command *cmd);
	/* The keys that the key bar names in this view if there is room for all, 0 at the end. NULL: the F-keys. */
	const lk_press *bar;
	/* Lines for the view itself below its rows: how many it wants when rows and footer together have `h`. NULL: none. */
	int (*footer_height)(const struct lk_tui *t, const struct lk_view *v, int h);
	void (*paint_footer)(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r);
	/* The columns to show, from left to right; returns how many, at most LK_COLUMNS_MAX. NULL: all columns in the order of their
	 * table. */
	size_t (*shown)(const struct lk_tui *t, size_t ret[LK_COLUMNS_MAX]);
};

struct lk_view {
	const struct lk_view_ops *ops;
	struct lk_list list;
	const struct lk_tui *tui; /* borrowed */
	void *own; /* state of the view, made by init() */
	unsigned short seen[LK_COLUMNS_MAX]; /* of table.c: the widest content so far, so that columns do not jump */
};

extern const struct lk_view_ops lk_view_locks, lk_view_files, lk_view_procs, lk_view_waits, lk_view_map,
	lk_view_history, lk_view_lockfiles;

/* Appends a cell as raw bytes; *ret_style: what it means. */
void lk_view_put_cell(const struct lk_view *v, const struct lk_item *it, size_t column, lk_buf *out,
		      enum lk_style *ret_style);
/* Values for the value() function of a view. */
struct lk_value lk_view_number(int64_t i, bool known);
struct lk_value lk_view_string(const char *s); /* NULL: not known */
struct lk_value lk_view_age(const struct lk_item *it, size_t lock); /* in ms; lock: an index, or LK_TOTALS_NONE */

/* What the key bar calls a command in this view; "": it does nothing here. */
const char *lk_view_label(const struct lk_view *v, const struct lk_command *cmd);
/* A label() function for views that F5 switches between tree and flat list. */
const char *lk_view_tree_label(const struct lk_view *v, const struct lk_command *cmd);
/* A label() function for views that are always flat. */
const char *lk_view_flat_label(const struct lk_view *v, const struct lk_command *cmd);

#define LK_ROW_GUTTER 2 /* cells before the text of a row, in views that paint their rows themselves */
/* Marks a row of such a view, painted in the line r before: selected, tagged, gone, found. Also puts the cursor. */
void lk_view_mark_row(const struct lk_list *l, const struct lk_item *it, struct lk_canvas *c, struct lk_rect r);

typedef LK_VEC(const struct lk_file *) lk_map_files;
/* Adds the files that a row is about, the most contended first: its own; those of a process's locks and requests, or of a cycle; without
 * any, where the Map view shows no file yet, the one that was contended last. Borrowed from t->frame or that of s. */
void lk_view_map_files(const struct lk_tui *t, const struct lk_subject *s, lk_map_files *ret);
/* Makes the Map view show the file of s. Does nothing without a file. */
void lk_view_map_show(struct lk_tui *t, const struct lk_subject *s);

/* -- table.c: a list as a table, for every view that does not paint itself -- */
void lk_table_paint(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r);
/* The columns that are shown, from left to right. Returns how many. */
size_t lk_table_shown(const struct lk_tui *t, const struct lk_view *v, size_t ret[LK_COLUMNS_MAX]);
/* All columns, those that are shown first. Returns how many. */
size_t lk_table_order(const struct lk_tui *t, const struct lk_view *v, size_t ret[LK_COLUMNS_MAX]);
/* The column at cell x of the heading in r, for the mouse; SIZE_MAX: none. */
size_t lk_table_column_at(const struct lk_tui *t, const struct lk_view *v, struct lk_rect r, int x);
/* Appends the text of all shown cells, separated by blanks: list_ops.words of most views. */
void lk_table_words(const void *view, const struct lk_item *it, lk_buf *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The six views. Each is a list with its own rows, columns, order, filter and cursor; some paint themselves. No view knows another. */
#ifndef LK_TUI_VIEW_H
#define LK_TUI_VIEW_H

#include "tui/term/canvas.h"
#include "tui/term/key.h"
#include "tui/widget/list.h"

struct lk_command;
struct lk_tui;
struct lk_view;

enum lk_view_id { LK_VIEW_LOCKS, LK_VIEW_FILES, LK_VIEW_PROCS, LK_VIEW_WAITS, LK_VIEW_MAP, LK_VIEW_HISTORY, LK_VIEWS };

/* What a row is about: what commands act on. All borrowed from its frame. */
struct lk_subject {
	const struct lk_frame *frame; /* NULL: nothing is selected */
	const struct lk_lock *lock; /* NULL: the row is about none */
	const struct lk_holder *holder; /* of lock; NULL: the row does not say which */
	const struct lk_proc *proc; /* NULL none */
	const struct lk_file *file; /* NULL none */
	bool ghost; /* it is gone; nothing acts on it */
	int64_t gone_ms; /* when it was missed first */
	uint64_t id; /* of the row */
};
/* It is about this lock or request. */
void lk_subject_set_lock(struct lk_subject *s, const struct lk_lock *l);

struct lk_view_ops {
	enum lk_view_id id;
	const char *title; /* "Locks" */
	const char *help; /* a paragraph: what is seen here */
	size_t sort_column; /* at the start; SIZE_MAX natural */
	bool tree; /* at the start */
	struct lk_list_ops list;
	void (*init)(struct lk_view *v); /* makes v->own; NULL: it has none */
	void (*done)(struct lk_view *v);
	/* Where a cell says more than the column's value, raw bytes. *ret_style: what it means. false: the value is shown. */
	bool (*cell)(const struct lk_tui *t, const struct lk_item *it, size_t column, lk_buf *out,
		     enum lk_style *ret_style);
	/* *ret comes zeroed. */
	void (*subject)(const struct lk_tui *t, const struct lk_item *it, struct lk_subject *ret);
	/* The row in plain words, raw bytes. */
	void (*describe)(const struct lk_tui *t, const struct lk_item *it, lk_buf *out);
	/* NULL: painted as a table. It must set v->list.page, call lk_list_scroll() and put the cursor. */
	void (*paint)(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r);
	/* For the mouse, of a view that paints itself: how many lines lie above its first row; -1: now it is a table after all. NULL: its
	 * rows cannot be clicked on. */
	int (*lines_above)(const struct lk_tui *t, const struct lk_view *v, struct lk_rect r);
	/* NULL: none. What is left of the tab line is the view's: "7 waiters, 2 roots, 1 cycle". A line break before each part that is left
	 * out where there is no room for it. */
	void (*title_words)(const struct lk_tui *t, const struct lk_view *v, lk_buf *out);
	/* Keys that mean something of their own here (panning a map); LK_DIRTY_NOT_MINE for all others. NULL: none. */
	unsigned (*command)(struct lk_tui *t, struct lk_view *v, const struct lk_command *cmd);
	/* What a command is called in the key bar here, at most 7 cells; "": it does nothing here; NULL: as its table says. NULL: all are. */
	const char *(*label)(const struct lk_view *v, const struct lk_command *cmd);
	/* The keys that the bar names here, 0 at the end, where there is room for all. NULL: the F-keys. */
	const lk_press *bar;
	/* Space of its own below the rows: how many lines it wants when the body has `h`. NULL: none. */
	int (*footer_height)(const struct lk_tui *t, const struct lk_view *v, int h);
	void (*paint_footer)(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r);
	/* Which of the columns are wanted, in the order of the screen; at most LK_COLUMNS_MAX. NULL: all of them as they stand. */
	size_t (*shown)(const struct lk_tui *t, size_t ret[LK_COLUMNS_MAX]);
};

struct lk_view {
	const struct lk_view_ops *ops;
	struct lk_list list;
	const struct lk_tui *tui; /* borrowed */
	void *own; /* of the view */
	unsigned short seen[LK_COLUMNS_MAX]; /* of table.c: the widest content so far, so that columns do not jump */
};

extern const struct lk_view_ops lk_view_locks, lk_view_files, lk_view_procs, lk_view_waits, lk_view_map,
	lk_view_history;

/* A cell as raw bytes, and what it means. */
void lk_view_put_cell(const struct lk_view *v, const struct lk_item *it, size_t column, lk_buf *out,
		      enum lk_style *ret_style);
/* Values of columns. */
struct lk_value lk_view_number(int64_t i, bool known);
struct lk_value lk_view_string(const char *s); /* NULL: not known */
struct lk_value lk_view_age(const struct lk_item *it, size_t lock); /* of a lock, by index; LK_TOTALS_NONE: not known */

/* What a command is called in this view; "": it does nothing here. */
const char *lk_view_label(const struct lk_view *v, const struct lk_command *cmd);
/* The label of a view whose F5 makes a tree of it or a flat list; for its label(). */
const char *lk_view_tree_label(const struct lk_view *v, const struct lk_command *cmd);
/* The label of a view that is always flat; for its label(). */
const char *lk_view_flat_label(const struct lk_view *v, const struct lk_command *cmd);

#define LK_ROW_GUTTER 2 /* cells before the text, of views that paint their rows themselves */
/* In a line r of such a view that has been painted: selected, tagged, gone, found; and the cursor. */
void lk_view_mark_row(const struct lk_list *l, const struct lk_item *it, struct lk_canvas *c, struct lk_rect r);

/* Map: which file it shows. From the row that was selected when it was opened. */
void lk_view_map_show(struct lk_tui *t, const struct lk_subject *s);

/* -- table.c: a list as a table, for every view that does not paint itself -- */
void lk_table_paint(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r);
/* Which columns are shown, in order. Returns how many. */
size_t lk_table_shown(const struct lk_tui *t, const struct lk_view *v, size_t ret[LK_COLUMNS_MAX]);
/* All columns: those that are shown, then the others. */
size_t lk_table_order(const struct lk_tui *t, const struct lk_view *v, size_t ret[LK_COLUMNS_MAX]);
/* The column under this cell of the heading, for the mouse; SIZE_MAX: none. */
size_t lk_table_column_at(const struct lk_tui *t, const struct lk_view *v, struct lk_rect r, int x);
/* The text of all cells, joined by blanks: list_ops.words of most views. */
void lk_table_words(const void *view, const struct lk_item *it, lk_buf *out);

#endif

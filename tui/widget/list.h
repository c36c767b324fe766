/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list widget's state: rows, which of them are shown and in which order, the cursor, tags, ghosts. No painting, no curses. Rows are
 * known by identity, never by position. */
#ifndef LK_TUI_LIST_H
#define LK_TUI_LIST_H

#include "base/ints.h"
#include "base/map.h"
#include "table/column.h"
#include "table/filter.h"
#include "tui/frame/frame.h"

/* How many refreshes a row that is gone stays. */
#define LK_GHOST_LOOKS 3

enum lk_item_flag {
	LK_ITEM_GHOST = 1 << 0, /* gone; shown as it was */
	LK_ITEM_FIXED = 1 << 1, /* a line of words between rows: cannot be selected, sorted or hidden on its own */
	LK_ITEM_HAS_CHILDREN = 1 << 2,
	LK_ITEM_CONTENDED = 1 << 3, /* blocks somebody or is blocked */
	LK_ITEM_WAITING = 1 << 4, /* a request: counted when it is hidden */
};

/* A row of a view. What `index` and `sub` mean, only the view knows. */
struct lk_item {
	uint64_t id; /* identity; 0 only for FIXED */
	uint64_t parent; /* id of the row it hangs under in a tree; 0: at the top */
	const struct lk_frame *frame; /* the one it points into; ghosts: an older one, held by the list */
	size_t index, sub;
	unsigned short level;
	unsigned char flags; /* LK_ITEM_* */
	unsigned char ghost_looks; /* refreshes since it is gone */
	int64_t gone_ms; /* when it was missed first, in the clock of frames */
};
typedef LK_VEC(struct lk_item) lk_items;

/* What a list asks its view. */
struct lk_list_ops {
	bool ghosts; /* rows that are gone stay for a while */
	const struct lk_column *columns; /* the last has no name */
	/* All rows of a frame in their natural order; parents before their children. tree: as a tree. */
	void (*fill)(const void *view, const struct lk_frame *f, bool tree, lk_items *ret);
	/* A column's value, to order by. scratch: for strings that have to be made; empty. */
	struct lk_value (*value)(const void *view, const struct lk_item *it, size_t column, lk_buf *scratch);
	/* What search and plain filters look in: what the shown columns say, raw bytes. */
	void (*words)(const void *view, const struct lk_item *it, lk_buf *out);
	/* For filters with a leading "=" and for the user menu: the lock rows behind it match. */
	bool (*match)(const void *view, const struct lk_item *it, const struct lk_filter *f);
	/* A pid it is about, for digits typed into search; 0 none. */
	int (*pid)(const void *view, const struct lk_item *it);
};

struct lk_list {
	const struct lk_list_ops *ops;
	const void *view; /* for ops; borrowed */
	const struct lk_frame *frame; /* held; NULL before the first */
	lk_items all; /* with ghosts */
	LK_VEC(size_t) shown; /* indexes in all */
	LK_VEC(size_t) order; /* indexes in all, by ordered_column; empty: not known */
	size_t ordered_column;
	bool ordered_descending;
	LK_VEC(const struct lk_frame *) kept; /* held for ghosts */
	struct lk_map by_id; /* id -> index in all; valid until the next refill */
	uint64_t cursor; /* identity; 0: nothing is selected */
	size_t cursor_at; /* its place in shown */
	size_t top; /* first visible row */
	size_t page; /* rows that fit the screen; set by whoever paints */
	int side; /* cells scrolled sideways */
	size_t sort_column; /* SIZE_MAX: natural order */
	bool descending, tree, follow, only_contended;
	char *filter_text; /* owned; NULL none */
	struct lk_filter *filter; /* of a text with a leading "=" */
	char *user; /* owned; only rows of this user; NULL: everybody's */
	struct lk_filter *user_filter;
	char *search; /* owned; NULL none */
	lk_u64s tags;
	lk_u64s folded; /* collapsed rows */
	size_t n_total; /* rows that are no words, ghosts left out */
	size_t n_hidden_waiting; /* requests that filters hide */
	uint64_t epoch; /* counts every change of what is shown */
};

void lk_list_init(struct lk_list *l, const struct lk_list_ops *ops, const void *view);
void lk_list_done(struct lk_list *l);

/* A new frame: rows by their identity again, the gone become ghosts, the cursor stays. Also with the same frame, after what `fill` does
 * has changed. */
void lk_list_refresh(struct lk_list *l, const struct lk_frame *f);
/* Lets go of all rows and frames; cursor, filter, order and tags stay for the next refresh. */
void lk_list_forget(struct lk_list *l);
/* Filter, order and tree once more. */
void lk_list_arrange(struct lk_list *l);

/* For the next lk_list_arrange(): by this column, SIZE_MAX: the natural order. The one that orders already is turned round. */
void lk_list_sort_by(struct lk_list *l, size_t column);

/* The selected row; NULL: none. Valid until the next refresh. */
const struct lk_item *lk_list_selected(const struct lk_list *l);
/* The i-th shown row; NULL beyond the end. */
const struct lk_item *lk_list_at(const struct lk_list *l, size_t i);
const struct lk_item *lk_list_find_id(const struct lk_list *l, uint64_t id);

/* Selects by place, skipping words; clamps. Each returns whether something changed. */
bool lk_list_select(struct lk_list *l, size_t at);
bool lk_list_select_id(struct lk_list *l, uint64_t id);
bool lk_list_move(struct lk_list *l, int64_t by);
/* Keeps the cursor within the page, after moving or resizing. */
void lk_list_scroll(struct lk_list *l);

/* After the user changed what is shown: a row that is hidden by that gives the cursor to the one at its place. Never after a refresh. */
void lk_list_reselect(struct lk_list *l);

/* Selects the next (direction 1) or previous (-1) contended row, around the end; it may be the one that is selected. false: there is none. */
bool lk_list_contended(struct lk_list *l, int direction);

/* text is copied; NULL or "": none. A leading "=" takes an expression of --filter, else words: "a|b" either, "!x" not, smart case. 0 and
 * arranged, or -EINVAL with a sentence (the filter is as before). */
int lk_list_set_filter(struct lk_list *l, const char *text, struct lk_err *err);
int lk_list_set_user(struct lk_list *l, const char *user, struct lk_err *err);
/* Is text, m bytes, somewhere in words? In any case, unless it has a capital letter. */
bool lk_list_contains(const char *words, size_t n, const char *text, size_t m);
/* Does a row say this? Smart case; digits also match its pid. */
bool lk_list_says(const struct lk_list *l, const struct lk_item *it, const char *text);
/* Selects the first shown row from `from` on, in that direction and around, that says the search text. */
bool lk_list_search(struct lk_list *l, size_t from, int direction);
/* The same from the row behind (direction 1) or before (-1) the selected one. */
bool lk_list_search_on(struct lk_list *l, int direction);

bool lk_list_is_tagged(const struct lk_list *l, uint64_t id);
void lk_list_tag(struct lk_list *l, uint64_t id, bool on);
bool lk_list_is_folded(const struct lk_list *l, uint64_t id);
void lk_list_fold(struct lk_list *l, uint64_t id, bool on); /* arranges */

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of the list widget: rows, which of them are shown and in which order, the cursor, tags, ghosts. It does not paint. Rows are
 * known by identity, never by position. */
#ifndef LK_TUI_LIST_H
#define LK_TUI_LIST_H

#include "base/buf.h"
#include "base/ints.h"
#include "base/map.h"
#include "table/column.h"
#include "table/filter.h"
#include "tui/frame/frame.h"

/* For how many refreshes a row that is gone is still shown. */
#define LK_GHOST_LOOKS 3

enum lk_item_flag {
	LK_ITEM_GHOST = 1 << 0, /* gone; shown as it was last seen */
	LK_ITEM_FIXED = 1 << 1, /* a line of text between rows: cannot be selected, sorted or hidden on its own */
	LK_ITEM_HAS_CHILDREN = 1 << 2,
	LK_ITEM_CONTENDED = 1 << 3, /* blocks somebody or is blocked */
	LK_ITEM_WAITING = 1 << 4, /* a request: counted in n_hidden_waiting when filters hide it */
};

/* A row of a view. Only the view knows what `index` and `sub` mean. */
struct lk_item {
	uint64_t id; /* identity; 0 only for FIXED */
	uint64_t parent; /* id of its parent row in a tree; 0: at the top */
	const struct lk_frame *frame; /* the frame that it points into; a ghost: an older one, held by the list */
	size_t index, sub;
	unsigned short level;
	unsigned char flags; /* LK_ITEM_* */
	unsigned char ghost_looks; /* refreshes since it has been gone */
	int64_t gone_ms; /* when it was first missing, in the clock of frames */
};
typedef LK_VEC(struct lk_item) lk_items;

/* What a list needs from its view. */
struct lk_list_ops {
	bool ghosts; /* rows that are gone stay for a while, as ghosts */
	const struct lk_column *columns; /* ends with one that has no name */
	const struct lk_column *filter_columns; /* what filters with a leading "=" name; NULL: those of `list` */
	/* Appends all rows of a frame in their natural order, parents before their children. tree: with parents, for a tree. */
	void (*fill)(const void *view, const struct lk_frame *f, bool tree, lk_items *ret);
	/* The value that a row is sorted by. scratch: an empty buffer for strings that have to be made. */
	struct lk_value (*value)(const void *view, const struct lk_item *it, size_t column, lk_buf *scratch);
	/* Appends the text, as raw bytes, that search and plain filters look in: what the shown columns say. */
	void (*words)(const void *view, const struct lk_item *it, lk_buf *out);
	/* For filters with a leading "=" and for the user menu: whether one of the locks that the row stands for matches. */
	bool (*match)(const void *view, const struct lk_item *it, const struct lk_filter *f);
	/* The pid of a row, for digits that are typed into search; 0: none. NULL: no row has one. */
	int (*pid)(const void *view, const struct lk_item *it);
};

struct lk_list {
	const struct lk_list_ops *ops;
	const void *view; /* the argument for ops; borrowed */
	const struct lk_frame *frame; /* held; NULL: none yet */
	lk_items all; /* all rows, with ghosts */
	LK_VEC(size_t) shown; /* indexes in all */
	LK_VEC(size_t) order; /* indexes in all, sorted by ordered_column; empty: not sorted yet */
	size_t ordered_column;
	bool ordered_descending;
	LK_VEC(const struct lk_frame *) kept; /* older frames, held for ghosts */
	struct lk_map by_id; /* id -> index in all; valid until the next refill */
	uint64_t cursor; /* id of the selected row; 0: none has been selected */
	size_t cursor_at; /* its place in shown; where it is hidden or gone, the place where it was */
	size_t top; /* first visible row */
	size_t page; /* rows that fit on the screen; set by the code that paints */
	int side; /* cells scrolled sideways */
	uint64_t back; /* the row that the command `blocker` came from; 0: none */
	size_t sort_column; /* SIZE_MAX: natural order */
	bool descending, tree, follow, only_contended;
	char *filter_text; /* owned; NULL: none */
	struct lk_filter *filter; /* of a filter_text with a leading "="; else NULL */
	char *user; /* owned; shows only rows of this user; NULL: rows of all users */
	struct lk_filter *user_filter;
	char *search; /* owned; NULL: none */
	lk_u64s tags; /* ids of rows that are there, as of the last refresh */
	size_t n_tags_dropped; /* tagged rows that have gone since the user was told */
	lk_u64s folded; /* collapsed rows */
	size_t n_total; /* number of rows, not counting FIXED ones and ghosts */
	size_t n_hidden_waiting; /* requests that filters hide */
	uint64_t epoch; /* counts every change of what is shown */
};

void lk_list_init(struct lk_list *l, const struct lk_list_ops *ops, const void *view);
void lk_list_done(struct lk_list *l);

/* Takes the rows of a new frame: those with a known identity go on, those that are gone become ghosts, the cursor stays. Call it with the
 * same frame again when `fill` would now make other rows. */
void lk_list_refresh(struct lk_list *l, const struct lk_frame *f);
/* Drops all rows and frames; cursor, filter, order and tags stay for the next refresh. */
void lk_list_forget(struct lk_list *l);
/* Applies filter, order and tree to the rows again. */
void lk_list_arrange(struct lk_list *l);

/* Chooses the column that the next lk_list_arrange() sorts by; SIZE_MAX: natural order. Choosing the same again reverses the order. */
void lk_list_sort_by(struct lk_list *l, size_t column);

/* The selected row; NULL: none. Valid until the next refresh. */
const struct lk_item *lk_list_selected(const struct lk_list *l);
/* The i-th shown row; NULL: there are not so many. */
const struct lk_item *lk_list_at(const struct lk_list *l, size_t i);
const struct lk_item *lk_list_find_id(const struct lk_list *l, uint64_t id);

/* Selects a row: by its place (the nearest where there is none or it is FIXED), by id, or by steps from the cursor. Each returns whether
 * something changed. */
bool lk_list_select(struct lk_list *l, size_t at);
bool lk_list_select_id(struct lk_list *l, uint64_t id);
bool lk_list_move(struct lk_list *l, int64_t by);
/* Scrolls so that the cursor is on the page, after moving or resizing. */
void lk_list_scroll(struct lk_list *l);

/* Call after the user changed what is shown, never after a refresh: if the selected row is hidden now, the row at its place is selected. */
void lk_list_reselect(struct lk_list *l);

/* Selects the next (direction 1) or previous (-1) contended row, around the end; it may be the one that is selected. false: there is none. */
bool lk_list_contended(struct lk_list *l, int direction);

/* text is copied; NULL or "": no filter. After a leading "=" it is an expression of --filter, else words: "a|b" means either, "!x" means
 * not; smart case. 0 with the list arranged anew, or -EINVAL with a sentence and the filter as before. */
int lk_list_set_filter(struct lk_list *l, const char *text, struct lk_err *err);
int lk_list_set_user(struct lk_list *l, const char *user, struct lk_err *err);
/* Whether words (n bytes) contain text (m bytes). Case matters only if text has a capital letter ("smart case"). */
bool lk_list_contains(const char *words, size_t n, const char *text, size_t m);
/* Whether a row contains this text, by smart case; digits also match the beginning of its pid. */
bool lk_list_says(const struct lk_list *l, const struct lk_item *it, const char *text);
/* Selects the first shown row from `from` on, in that direction and wrapping around, that contains the search text. For digits, rows whose
 * pid begins with them come first. false: there is none. */
bool lk_list_search(struct lk_list *l, size_t from, int direction);
/* The same from the row after (direction 1) or before (-1) the selected one. */
bool lk_list_search_on(struct lk_list *l, int direction);

bool lk_list_is_tagged(const struct lk_list *l, uint64_t id);
void lk_list_tag(struct lk_list *l, uint64_t id, bool on);
/* How many tagged rows a filter or a fold hides. */
size_t lk_list_hidden_tags(const struct lk_list *l);
bool lk_list_is_folded(const struct lk_list *l, uint64_t id);
void lk_list_fold(struct lk_list *l, uint64_t id, bool on); /* also arranges the list */

#endif

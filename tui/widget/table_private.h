/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that lay out and paint tables. */
#ifndef LK_TUI_TABLE_PRIVATE_H
#define LK_TUI_TABLE_PRIVATE_H

#include "tui/core/app.h"

#define RIGHT (LK_COL_RIGHT | LK_COL_SCREEN_RIGHT)

struct lk_table_spot {
	size_t column; /* in ops->columns */
	int x, w; /* cells; x may be left of the table when it is scrolled */
	bool fixed; /* it does not scroll sideways */
};

struct lk_table_layout {
	struct lk_table_spot spots[LK_COLUMNS_MAX]; /* from left to right */
	size_t n;
	int gutter; /* cells for the marks of a row, before the first column */
	int fixed_w; /* cells at the left end that do not scroll, gutter included */
	int side; /* cells it is scrolled sideways, no more than it can be */
};

/* Lays out the columns in `w` cells. Where there is little room, columns first give up cells that they can spare; then columns go, the
 * highest priority number first, but never the one that grows. */
void lk_table_lay_out(const struct lk_tui *t, const struct lk_view *v, int w, struct lk_table_layout *ret);

/* Paints a sentence instead of rows: why there are none. */
void lk_table_say_empty(const struct lk_tui *t, const struct lk_view *v, struct lk_canvas *c, struct lk_rect r);

#endif

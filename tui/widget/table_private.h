/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the table. */
#ifndef LK_TUI_TABLE_PRIVATE_H
#define LK_TUI_TABLE_PRIVATE_H

#include "tui/core/app.h"

#define RIGHT (LK_COL_RIGHT | LK_COL_SCREEN_RIGHT)

struct lk_table_spot {
	size_t column; /* in ops->columns */
	int x, w; /* cells; x may lie left of the table when it is scrolled */
	bool fixed; /* it does not scroll */
};

struct lk_table_layout {
	struct lk_table_spot spots[LK_COLUMNS_MAX]; /* by place on the screen */
	size_t n;
	int gutter; /* cells for the marks of a row, before the first column */
	int fixed_w; /* cells at the left end that do not scroll, gutter included */
	int side; /* scrolled by that many cells, no more than there are */
};

/* Where the columns are in `w` cells. What has to go when it is narrow: first the cells that a column can spare, then columns, the
 * highest priority number first; the column that grows comes last. */
void lk_table_lay_out(const struct lk_tui *t, const struct lk_view *v, int w, struct lk_table_layout *ret);

/* A sentence instead of rows: why there are none. */
void lk_table_say_empty(const struct lk_tui *t, const struct lk_view *v, struct lk_canvas *c, struct lk_rect r);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Waits view, shared by its rows and its picture. */
#ifndef LK_TUI_VIEW_WAITS_H
#define LK_TUI_VIEW_WAITS_H

#include "tui/core/app.h"

/* lk_item.sub: how it is drawn. */
enum lk_waits_place {
	LK_WAITS_PLAIN,
	LK_WAITS_FIRST, /* of a cycle: the ring begins */
	LK_WAITS_MIDDLE,
	LK_WAITS_LAST, /* ... and goes back to the first */
	LK_WAITS_ALONE, /* it waits for itself */
	LK_WAITS_END, /* the line below a cycle */
};

/* Of the view. */
struct lk_waits {
	size_t n_roots, n_cycles;
	LK_VEC(unsigned char) has_next; /* by shown row: another branch of its level follows */
	uint64_t epoch; /* of the list that has_next was made for */
	lk_buf advice; /* empty: none */
	uint64_t advice_frame; /* number of the frame it is of */
	uint64_t advice_row; /* and the id of the selected row; 0: none */
};

/* The node of a row, in the row's own frame; NULL: none. */
const struct lk_tree_node *lk_waits_node(const struct lk_item *it);

/* -- waits_paint.c -- */
void lk_waits_paint(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r);
int lk_waits_lines_above(const struct lk_tui *t, const struct lk_view *v, struct lk_rect r);
int lk_waits_footer_height(const struct lk_tui *t, const struct lk_view *v, int h);
void lk_waits_paint_footer(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Waits view: shared by the files that make its rows and that paint it. */
#ifndef LK_TUI_VIEW_WAITS_H
#define LK_TUI_VIEW_WAITS_H

#include "base/buf.h"
#include "tui/core/app.h"
#include "words/forest.h"

/* lk_item.sub: the place of a row in its cycle, which tells how it is drawn. */
enum lk_waits_place {
	LK_WAITS_PLAIN,
	LK_WAITS_FIRST, /* the first of a cycle: the ring begins here */
	LK_WAITS_MIDDLE,
	LK_WAITS_LAST, /* the last of a cycle: the ring goes back to the first */
	LK_WAITS_ALONE, /* the only one of a cycle: it waits for itself */
	LK_WAITS_END, /* the line that closes the ring, below a cycle */
};

/* The state of the view. */
struct lk_waits {
	size_t n_roots, n_cycles;
	LK_VEC(unsigned char) has_next; /* by shown row: another branch follows at its level */
	uint64_t epoch; /* lk_list.epoch that has_next was made for */
	lk_buf advice; /* empty: none */
	uint64_t advice_frame; /* number of the frame that the advice is for */
	uint64_t advice_row; /* id of the selected row that the advice is for; 0: none */
};

/* The node of a row, in the row's own frame; NULL: none. */
const struct lk_tree_node *lk_waits_node(const struct lk_item *it);

/* -- waits_line.c: the nodes of the forest of waits as lines -- */
struct lk_waits_line {
	struct lk_words_line words;
	enum lk_style style;
};

/* f: the frame of the node. indent: cells painted before the line, so that the words of all lines begin at the same column. The words are
 * freed by lk_words_line_done(). */
void lk_waits_line_make(struct lk_waits_line *ret, const struct lk_tui *t, const struct lk_frame *f,
			const struct lk_tree_node *node, int indent);
/* For a narrow screen: of a request of a cycle only who has which file and wants which. Other lines stay as they are. */
void lk_waits_line_shorten(struct lk_waits_line *line, const struct lk_forest *f, const struct lk_tree_node *node);

/* Appends "Signalling 2211 would let 2 go on. Deadlock 1 ends if 5120 or 5121 goes.": about the tree and the cycle that the node is in, or
 * else the first of each. node may be NULL. */
void lk_waits_advice(const struct lk_frame *f, const struct lk_tree_node *node, lk_buf *out);

/* -- waits_paint.c -- */
void lk_waits_paint(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r);
int lk_waits_lines_above(const struct lk_tui *t, const struct lk_view *v, struct lk_rect r);
int lk_waits_footer_height(const struct lk_tui *t, const struct lk_view *v, int h);
void lk_waits_paint_footer(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r);

#endif

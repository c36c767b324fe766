/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nodes of the forest of waits as lines. */
#ifndef LK_TUI_WAITS_LINE_H
#define LK_TUI_WAITS_LINE_H

#include "tui/core/app.h"
#include "words/forest.h"

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

#endif

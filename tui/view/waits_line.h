/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nodes of the forest of waits as lines. */
#ifndef LK_TUI_WAITS_LINE_H
#define LK_TUI_WAITS_LINE_H

#include "tui/core/app.h"

/* A line: what is before the path, the path, what is behind it. Raw bytes. */
struct lk_waits_line {
	lk_buf before, path, after;
	enum lk_style style;
};

/* f: the frame of the node. indent: cells that stand before it, so that columns lie below each other. */
void lk_waits_line_make(struct lk_waits_line *ret, const struct lk_tui *t, const struct lk_frame *f,
			const struct lk_tree_node *node, int indent);
void lk_waits_line_done(struct lk_waits_line *l);

/* "Signalling 2211 would unblock 2. Breaking the cycle needs 5120 or 5121." About the tree that the node is in and the first deadlock;
 * node NULL: the first tree. */
void lk_waits_advice(const struct lk_frame *f, const struct lk_tree_node *node, lk_buf *out);

#endif

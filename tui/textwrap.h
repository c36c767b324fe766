/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a text broken into rows of a certain width: sanitized, at blanks where there are any. */
#ifndef LK_TUI_TEXTWRAP_H
#define LK_TUI_TEXTWRAP_H

#include "tui/pane.h"

struct lk_wrap_row {
	size_t line; /* of the text */
	size_t at; /* where its safe, NUL-terminated bytes are in `safe` */
	int indent; /* cells left free before them */
	int label; /* of those painted, how many are the label */
};

struct lk_wrap {
	lk_buf safe;
	LK_VEC(struct lk_wrap_row) rows;
};

/* max_rows: no more than these are made. Returns 0. lk_wrap_done() when done with it. */
int lk_wrap_make(struct lk_wrap *ret, const struct lk_text *x, int cells, bool utf8, size_t max_rows);
void lk_wrap_done(struct lk_wrap *w);
const char *lk_wrap_str(const struct lk_wrap *w, size_t row);

/* Rows from `top` on, as many as fit. */
void lk_wrap_paint(const struct lk_wrap *w, const struct lk_text *x, size_t top, struct lk_canvas *c, struct lk_rect r);

#endif

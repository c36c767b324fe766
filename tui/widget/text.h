/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of text, for panes and dialogs. */
#ifndef LK_TUI_TEXT_H
#define LK_TUI_TEXT_H

#include "tui/term/canvas.h"

struct lk_text_line {
	enum lk_style style;
	char *text; /* owned; raw bytes */
	int label; /* so many cells at its begin are a label: where it is wrapped, the rest stands beside it; -1: leading blanks */
	bool exact; /* if it is printable ASCII, its backslashes are shown as they are: text to be copied */
};
struct lk_text {
	LK_VEC(struct lk_text_line) lines;
};
void lk_text_add(struct lk_text *x, enum lk_style style, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void lk_text_done(struct lk_text *x);
/* The same with a label in front, padded to `cells`; "" for a line that goes on with the one before. */
void lk_text_add_label(struct lk_text *x, int cells, const char *label, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* -- lines that are put together piece by piece -- */
struct lk_maker {
	struct lk_text *text;
	int cells; /* of labels */
	lk_buf line;
	const char *label; /* of the line in the making; borrowed; NULL: it has none */
};

/* Ends the line before, if there is one. label: borrowed until the line ends; "" goes on below the line before; NULL: a line without one. */
void lk_maker_line(struct lk_maker *m, const char *label);
/* Adds to the line. */
void lk_maker_put(struct lk_maker *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line of its own. "": an empty one. */
void lk_maker_title(struct lk_maker *m, const char *title);
void lk_maker_note(struct lk_maker *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Ends the last line. */
void lk_maker_done(struct lk_maker *m);

/* -- lines broken into rows of a certain width: sanitized, at blanks where there are any -- */
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

/* max_rows: no more than these are made. lk_wrap_done() when done with it. */
void lk_wrap_make(struct lk_wrap *ret, const struct lk_text *x, int cells, bool utf8, size_t max_rows);
void lk_wrap_done(struct lk_wrap *w);
const char *lk_wrap_str(const struct lk_wrap *w, size_t row);

/* Rows from `top` on, as many as fit. */
void lk_wrap_paint(const struct lk_wrap *w, const struct lk_text *x, size_t top, struct lk_canvas *c, struct lk_rect r);

#endif

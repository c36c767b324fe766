/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of text, for panes and dialogs. */
#ifndef LK_TUI_TEXT_H
#define LK_TUI_TEXT_H

#include "base/buf.h"
#include "tui/term/canvas.h"

struct lk_text_line {
	enum lk_style style;
	char *text; /* owned; raw bytes */
	int label; /* cells of the label at its start: when wrapped, the rest stands beside it; -1: beside its leading blanks */
	bool exact; /* shown as it is, with single backslashes, if it is printable ASCII: text to be copied */
};
struct lk_text {
	LK_VEC(struct lk_text_line) lines;
};
void lk_text_add(struct lk_text *x, enum lk_style style, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void lk_text_done(struct lk_text *x);
/* The same with a label in front, padded to `cells`; label "": the line continues the one before. */
void lk_text_add_label(struct lk_text *x, int cells, const char *label, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* -- lines that are put together piece by piece -- */
struct lk_maker {
	struct lk_text *text;
	int cells; /* cells that labels take */
	lk_buf line;
	const char *label; /* label of the current line; borrowed; NULL: none */
};

/* Ends the current line, if there is one, and begins another. label: borrowed until that line ends; "": it continues the line before;
 * NULL: a line without a label. */
void lk_maker_line(struct lk_maker *m, const char *label);
/* Adds to the current line. */
void lk_maker_put(struct lk_maker *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A heading, after an empty line; "": only an empty line. */
void lk_maker_title(struct lk_maker *m, const char *title);
void lk_maker_note(struct lk_maker *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Ends the current line and frees the buffer. */
void lk_maker_done(struct lk_maker *m);

/* -- lines broken into rows of a certain width: sanitized, at blanks where there are any -- */
struct lk_wrap_row {
	size_t line; /* index of the line in the text */
	size_t at; /* offset of its sanitized, NUL-terminated bytes in `safe` */
	int indent; /* cells left free before the text */
	int label; /* cells of the text that are the label */
};

struct lk_wrap {
	lk_buf safe;
	LK_VEC(struct lk_wrap_row) rows;
};

/* At most max_rows rows are made. Freed by lk_wrap_done(). */
void lk_wrap_make(struct lk_wrap *ret, const struct lk_text *x, int cells, bool utf8, size_t max_rows);
void lk_wrap_done(struct lk_wrap *w);
const char *lk_wrap_str(const struct lk_wrap *w, size_t row);

/* Paints rows from `top` on, as many as fit. */
void lk_wrap_paint(const struct lk_wrap *w, const struct lk_text *x, size_t top, struct lk_canvas *c, struct lk_rect r);

#endif

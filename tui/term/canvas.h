/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A grid of character cells that the screen is painted on. Knows nothing of curses: the terminal copies it, tests print it.
 * Everything outside of the grid is cut away silently, so that painting works at any size. */
#ifndef LK_TUI_CANVAS_H
#define LK_TUI_CANVAS_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

#include "base/buf.h"
#include "tui/term/style.h"

#define LK_CELL_CHARS 4

struct lk_cell {
	wchar_t ch
		[LK_CELL_CHARS]; /* a character and what combines with it, 0 at the end if shorter; ch[0] 0: right half of a wide one */
	unsigned char style; /* enum lk_style */
	unsigned char marks; /* enum lk_mark */
};

struct lk_rect {
	int x, y, w, h; /* cells */
};

struct lk_canvas {
	int w, h;
	struct lk_cell *cells; /* h rows of w */
	bool utf8; /* the character set of the terminal is UTF-8; else every byte above 0x7f was escaped */
	bool ascii; /* no line drawing characters */
	int cursor_x, cursor_y; /* where the terminal's own cursor goes; -1: nowhere in particular */
	bool cursor_visible; /* a field to type in has it */
};

/* Any size from 1x1. The content is lost. *c: in use already, or zeroed. */
void lk_canvas_resize(struct lk_canvas *c, int w, int h);
void lk_canvas_done(struct lk_canvas *c);
void lk_canvas_clear(struct lk_canvas *c);

/* lk_canvas_put() and lk_canvas_printf() return how many cells the text takes, also outside of the canvas: x and y may lie there. */

/* safe: text of our own, or sanitized. At most `cells` of it; a wide character that does not fit whole is left out. */
int lk_canvas_put(struct lk_canvas *c, int x, int y, int cells, enum lk_style style, const char *safe);
int lk_canvas_printf(struct lk_canvas *c, int x, int y, int cells, enum lk_style style, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

enum lk_fit {
	LK_FIT_LEFT, /* cut on the right */
	LK_FIT_RIGHT, /* flush right; cut on the right */
	LK_FIT_PATH, /* cut on the left, with a mark, so that the file name stays */
};
/* Raw bytes of the machine: sanitizes, fits, and fills the rest of `cells` with blanks. Returns `cells`; for LK_FIT_RIGHT the width
 * of the text, if that is less. */
int lk_canvas_bytes(struct lk_canvas *c, int x, int y, int cells, enum lk_style style, enum lk_fit fit,
		    const char *bytes, size_t n);

/* How many cells raw bytes of the machine take, sanitized. */
int lk_canvas_cells(const char *bytes, size_t n, bool utf8);

/* How many bytes of a text go on a row of `cells`, at least one character; *ret_next: where the next row begins. at_blanks: breaks at
 * blanks, which are dropped; false, for text to be copied: breaks anywhere, so that nothing is lost. */
size_t lk_canvas_break(const char *safe, int cells, bool at_blanks, size_t *ret_next);
/* A text of several words over at most `rows` lines of `cells`, broken at blanks; sanitizes. Returns the lines it took, also those
 * that did not fit. c NULL: only counts. */
int lk_canvas_wrap(struct lk_canvas *c, int x, int y, int cells, int rows, enum lk_style style, const char *bytes);

void lk_canvas_fill(struct lk_canvas *c, struct lk_rect r, enum lk_style style, char ch);
/* Adds marks to cells that are painted already. */
void lk_canvas_mark(struct lk_canvas *c, struct lk_rect r, unsigned marks);
/* Gives cells another style, text unchanged. */
void lk_canvas_restyle(struct lk_canvas *c, struct lk_rect r, enum lk_style style);
/* A frame with a title; the inside is cleared. Returns the inside. */
struct lk_rect lk_canvas_box(struct lk_canvas *c, struct lk_rect r, const char *title);
void lk_canvas_vline(struct lk_canvas *c, int x, int y, int h);

/* As text, a line a row, blanks at line ends left out; line drawing as + - |. */
void lk_canvas_dump(const struct lk_canvas *c, lk_buf *out);

#endif

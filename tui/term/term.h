/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal: the only part that knows curses. One per process. Whatever ends the program, the terminal is given back. */
#ifndef LK_TUI_TERM_H
#define LK_TUI_TERM_H

#include "base/err.h"
#include "tui/term/canvas.h"
#include "tui/term/key.h"

struct lk_term_look {
	bool color; /* if the terminal has any; else bold, reverse, underline */
	bool mouse;
	bool cursor; /* always visible, for screen readers */
};

struct lk_term;
/* Standard input and output become the screen. 0, or -errno with a sentence; the terminal is then as it was. */
int lk_term_open(const struct lk_term_look *look, struct lk_term **ret, struct lk_err *err);
/* Gives the terminal back as it was, and frees t. NULL is fine. */
void lk_term_close(struct lk_term *t);

/* Takes effect with the next painting. */
void lk_term_set_look(struct lk_term *t, const struct lk_term_look *look);
/* Asks the terminal for its size, at least 1x1. */
void lk_term_size(struct lk_term *t, int *ret_w, int *ret_h);

/* Shows the canvas, of which it paints the rows that changed; all: every row, because the terminal may show something else. */
void lk_term_paint(struct lk_term *t, const struct lk_canvas *c, bool all);

void lk_term_bell(void);

enum lk_term_event { LK_TERM_NOTHING, LK_TERM_KEY, LK_TERM_MOUSE, LK_TERM_PASTE };
/* The next key or mouse event, without waiting for one. To be called until it returns LK_TERM_NOTHING. */
enum lk_term_event lk_term_read(struct lk_term *t, lk_press *ret_key, struct lk_mouse *ret_mouse);

/* What was pasted, after LK_TERM_PASTE: UTF-8; "" if it was too long. Valid until the next call of lk_term_read(). */
const char *lk_term_pasted(struct lk_term *t);

/* Before the process stops, gives the terminal back as it was; when it goes on, takes the terminal again. */
void lk_term_leave(struct lk_term *t);
void lk_term_return(struct lk_term *t);

#endif

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
/* As it was, and frees. NULL is fine. */
void lk_term_close(struct lk_term *t);

/* Takes effect with the next painting. */
void lk_term_set_look(struct lk_term *t, const struct lk_term_look *look);
/* Asks the terminal for its size, at least 1x1. */
void lk_term_size(struct lk_term *t, int *ret_w, int *ret_h);

/* Brings the canvas to the terminal; all: what it shows cannot be trusted. */
void lk_term_paint(struct lk_term *t, const struct lk_canvas *c, bool all);

enum lk_term_event { LK_TERM_NOTHING, LK_TERM_KEY, LK_TERM_MOUSE };
/* What was typed or clicked, without waiting for more; until it says NOTHING. */
enum lk_term_event lk_term_read(struct lk_term *t, lk_press *ret_key, struct lk_mouse *ret_mouse);

/* As it was, and the screen again; in between the process stops. */
void lk_term_leave(struct lk_term *t);
void lk_term_return(struct lk_term *t);

#endif

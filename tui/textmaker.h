/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a text that are put together piece by piece. */
#ifndef LK_TUI_TEXTMAKER_H
#define LK_TUI_TEXTMAKER_H

#include "tui/pane.h"

struct lk_maker {
	struct lk_text *text;
	int cells; /* of labels */
	lk_buf line;
	const char *label; /* of the line in the making; borrowed; NULL: it has none */
	int rc; /* 0 */
};

/* Ends the line before, if there is one. label: borrowed until the line ends; "" goes on below the line before; NULL: a line without one. */
void lk_maker_line(struct lk_maker *m, const char *label);
/* Adds to the line. */
void lk_maker_put(struct lk_maker *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line of its own. "": an empty one. */
void lk_maker_title(struct lk_maker *m, const char *title);
void lk_maker_note(struct lk_maker *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Ends the last line. Returns 0. */
int lk_maker_done(struct lk_maker *m);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is painted around the views, where it is, and what mouse clicks there do. */
#ifndef LK_TUI_PAINT_H
#define LK_TUI_PAINT_H

#include "tui/core/app.h"

/* One short line (lk_short_paint()) replaces header, meters and tabs. */
bool lk_layout_is_short(int w, int h);
/* There is a line for the headings of a table. */
bool lk_layout_has_heading(int h);

/* -- widget/pieces.c: a line of several texts, of which the least important are left out when it is narrow -- */
struct lk_piece {
	char *text; /* owned; sanitized */
	int cells;
	int drop; /* the piece with the highest number is left out first; 0: never */
	enum lk_style style;
	bool right; /* at the right end of the line */
	bool figure; /* the text behind its last blank is a number: only that gets the style */
	size_t tail; /* bytes at its end; what is before them may be cut, before any piece is left out; 0: never cut */
	int least; /* a piece with a tail is never cut to fewer cells than this */
};
struct lk_pieces {
	LK_VEC(struct lk_piece) list;
	bool utf8;
	int gap; /* blanks between pieces */
};
/* The text may have raw bytes of the machine: it is sanitized. Returns the piece, valid until the next is added. */
struct lk_piece *lk_pieces_add(struct lk_pieces *p, int drop, enum lk_style style, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Cuts the pieces that may be cut, then leaves out pieces until the rest fits, paints the rest, and frees all. */
void lk_pieces_paint(struct lk_pieces *p, struct lk_canvas *c, struct lk_rect r);
/* The width of the line before anything is cut or left out. */
int lk_pieces_cells(const struct lk_pieces *p);
void lk_pieces_done(struct lk_pieces *p);

/* -- header.c -- */
void lk_header_paint(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r);
void lk_meters_paint(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r);
/* One line instead of header, meters and tabs. */
void lk_short_paint(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r);
/* How many ms there are between two looks; 0: there are no more looks. */
int64_t lk_header_interval_ms(const struct lk_tui *t);
/* Looks cost so much that they are many seconds apart, more than the user wants. */
bool lk_header_is_far_apart(const struct lk_tui *t);

/* -- tabs.c -- */
struct lk_tab_spot {
	int x, w; /* cells, from the left end of the line; w 0: not shown */
};
void lk_tabs_paint(struct lk_tui *t, struct lk_canvas *c, struct lk_rect r);
/* Where the tabs are, by view. */
void lk_tabs_spots(const struct lk_tui *t, int w, struct lk_tab_spot ret[LK_VIEWS]);

/* -- bar.c -- */
#define LK_BAR_SPOTS 24
struct lk_bar_spot {
	int x, w; /* cells */
	char key[LK_KEY_NAME];
	const struct lk_command *command;
	const char *label; /* static */
	bool blank; /* its label is not painted: refused in read-only mode, or without effect in this view */
};
/* The keys that fit into w cells. Returns how many. */
size_t lk_bar_make(const struct lk_tui *t, int w, struct lk_bar_spot ret[LK_BAR_SPOTS]);
void lk_bar_paint(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r);

/* -- paint.c -- */
/* How many lines at the bottom of r the view paints itself (paint_footer of its ops). */
int lk_paint_footer_height(const struct lk_tui *t, const struct lk_view *v, struct lk_rect r);
/* Where a pane is, without its border. */
struct lk_rect lk_paint_pane_place(struct lk_tui *t, struct lk_pane *p, const struct lk_layout *l, int w, int h);

/* -- click.c -- */
/* Does what a click or the wheel means at its place: the top pane, a tab, a heading, a row, a key of the bar. Everything that the mouse
 * can do, keys can do too. LK_DIRTY_*; the caller passes it to lk_tui_settle(). */
unsigned lk_paint_click(struct lk_tui *t, const struct lk_mouse *m);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is painted around the views, where it is, and the mouse on it. */
#ifndef LK_TUI_PAINT_H
#define LK_TUI_PAINT_H

#include "tui/core/app.h"

/* The tab line is a short one that says everything. */
bool lk_layout_is_short(int w, int h);
/* There is a line for the headings of a table. */
bool lk_layout_has_heading(int h);

/* -- pieces.c: a line of several texts, of which the least important go when it is narrow -- */
struct lk_piece {
	char *text; /* owned; sanitized */
	int cells;
	int drop; /* the highest goes first; 0: never */
	enum lk_style style;
	bool right; /* at the right end of the line */
	bool figure; /* what follows its last blank is a figure */
	size_t tail; /* it may be cut, with a mark, before any goes: but not these bytes at its end; 0: not at all */
	int least; /* cells that must stay of such a one */
};
struct lk_pieces {
	LK_VEC(struct lk_piece) list;
	bool utf8;
	int gap; /* blanks between pieces */
};
/* The text may have raw bytes of the machine. Returns the piece, valid until the next is added. */
struct lk_piece *lk_pieces_add(struct lk_pieces *p, int drop, enum lk_style style, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Cuts those that may be, then lets pieces go until the rest fits, paints it, and frees them all. */
void lk_pieces_paint(struct lk_pieces *p, struct lk_canvas *c, struct lk_rect r);
/* How wide it is before any goes. */
int lk_pieces_cells(const struct lk_pieces *p);
void lk_pieces_done(struct lk_pieces *p);

/* -- header.c -- */
void lk_header_paint(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r);
void lk_meters_paint(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r);
/* One line instead of header, meters and tabs. */
void lk_short_paint(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r);
/* How many ms there are between two looks; 0: there are no more looks. */
int64_t lk_header_interval_ms(const struct lk_tui *t);

/* -- tabs.c -- */
struct lk_tab_spot {
	int x, w; /* cells, from the left end of the line; w 0: not there */
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
	bool blank; /* read-only mode took it away, or it does nothing in this view */
};
/* The keys that fit into w cells. Returns how many. */
size_t lk_bar_make(const struct lk_tui *t, int w, struct lk_bar_spot ret[LK_BAR_SPOTS]);
void lk_bar_paint(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r);

/* -- paint.c -- */
/* The lines at the bottom of the body that are the view's own. */
int lk_paint_footer_height(const struct lk_tui *t, const struct lk_view *v, struct lk_rect r);
/* Where a pane is, without its border. */
struct lk_rect lk_paint_pane_place(struct lk_tui *t, struct lk_pane *p, const struct lk_layout *l, int w, int h);

/* -- click.c -- */
/* What a click or the wheel means where it happened: the top pane, a tab, a heading, a row, a key of the bar. Nothing is done by it that
 * a key would not do. LK_DIRTY_*, not settled yet. */
unsigned lk_paint_click(struct lk_tui *t, const struct lk_mouse *m);

#endif

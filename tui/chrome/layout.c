/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where each part of the screen is. On a small terminal the lines around the list are left out one after another, never the list. */
#include "tui/chrome/paint.h"

/* Below this nothing useful can be shown. */
#define MIN_W 20
#define MIN_H 3
/* From this width on there are tabs and lines above them; below it, one short line says everything (lk_short_paint()). */
#define TABS_W 50
/* From this width of the screen on the detail is beside the list; then its own least and greatest width. */
#define DETAIL_AT 120
#define DETAIL_MIN 44
#define DETAIL_MAX 80

/* The least height of the screen, in lines, at which each line is shown. */
enum {
	BAR_H = 4,
	HEADING_H = 6,
	WORDS_H = 8,
	TABS_H = 11,
	MESSAGE_H = 11,
	HEADER_H = 13,
	METERS_H = 16,
	WORDS_2_H = 22,
};
/* From this width on one line is enough for the words. */
#define WORDS_2_W 110

bool lk_layout_is_short(int w, int h)
{
	return w < TABS_W || h < TABS_H;
}

bool lk_layout_has_heading(int h)
{
	return h >= HEADING_H;
}

static struct lk_rect take_top(struct lk_rect *rest, int w, bool wanted)
{
	struct lk_rect r = { rest->x, rest->y, w, wanted ? 1 : 0 };

	rest->y += r.h;
	rest->h -= r.h;
	return r;
}

static struct lk_rect take_bottom(struct lk_rect *rest, int w, int lines)
{
	rest->h -= lines;
	return (struct lk_rect){ rest->x, rest->y + rest->h, w, lines };
}

/* The sentence about the selected row gets two lines where lines are short and there are many of them. */
static int word_lines(int w, int h)
{
	if (h < WORDS_H)
		return 0;
	return h >= WORDS_2_H && w < WORDS_2_W ? 2 : 1;
}

/* The Map view uses the full width; the lines below its picture take the place of the detail. */
static bool wants_detail(const struct lk_tui *t)
{
	return !t->hide_detail && t->current != LK_VIEW_MAP;
}

static struct lk_rect take_detail(struct lk_rect *rest, int w, bool wanted)
{
	int cells = w * 36 / 100;

	if (!wanted)
		return (struct lk_rect){ w, rest->y, 0, 0 };
	cells = cells < DETAIL_MIN ? DETAIL_MIN : cells > DETAIL_MAX ? DETAIL_MAX : cells;
	/* One blank cell between list and detail. */
	rest->w -= cells + 1;
	return (struct lk_rect){ rest->w + 1, rest->y, cells, rest->h };
}

struct lk_layout lk_layout_make(const struct lk_tui *t, int w, int h)
{
	struct lk_layout l = { .too_small = w < MIN_W || h < MIN_H };
	struct lk_rect rest = { 0, 0, w, h };
	bool wide = w >= TABS_W && t->show_header;

	if (l.too_small)
		return l;
	l.header = take_top(&rest, w, wide && h >= HEADER_H);
	l.meters = take_top(&rest, w, wide && h >= METERS_H);
	l.tabs = take_top(&rest, w, true);
	l.bar = take_bottom(&rest, w, h >= BAR_H ? 1 : 0);
	l.message = take_bottom(&rest, w, h >= MESSAGE_H ? 1 : 0);
	l.words = take_bottom(&rest, w, word_lines(w, h));
	l.detail = take_detail(&rest, w, w >= DETAIL_AT && wants_detail(t));
	l.heading_and_rows = rest;
	return l;
}

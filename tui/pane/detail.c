/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The detail of a row: beside the list where there is room, else as a pane of text. And the command `back`. */
#include "tui/pane/detail.h"

/* More rows than anybody scrolls through beside a list; Enter shows all. */
#define MOST_ROWS 2000

static void fill_full(struct lk_tui *t, const struct lk_subject *s, const struct lk_item *it, struct lk_text *ret)
{
	if (t->current == LK_VIEW_HISTORY)
		lk_detail_event(t, it, ret);
	lk_detail_full(t, s, ret);
}

static void fill_brief(const struct lk_tui *t, const struct lk_item *it, struct lk_text *ret)
{
	struct lk_subject s = { 0 };

	if (t->current == LK_VIEW_HISTORY)
		lk_detail_event(t, it, ret);
	lk_tui_subject(t, &s);
	if (!s.frame || !s.frame->snap)
		return;
	if (s.ghost)
		lk_text_add(ret, LK_STYLE_ALARM, "%s", "Gone: this is how it was.");
	lk_detail_brief(t, &s, ret);
}

/* Another row is shown from its beginning. */
static void place(struct lk_tui *t, const struct lk_item *it, size_t n, size_t h)
{
	size_t page = n > h && h > 1 ? h - 1 : h, last = n > page ? n - page : 0;

	t->side_top = t->side_row != it->id ? 0 : t->side_top > last ? last : t->side_top;
	t->side_row = it->id;
	t->side_page = page;
}

/* In a line of its own. */
static void paint_more(const struct lk_tui *t, size_t n, struct lk_canvas *c, struct lk_rect r)
{
	bool above = t->side_top, below = t->side_top + t->side_page < n;

	if (above || below)
		lk_canvas_printf(c, r.x, r.y + r.h - 1, r.w, LK_STYLE_KEY, "more:%s%s", above ? " Shift-PgUp" : "",
				 below ? " Shift-PgDn" : "");
}

void lk_detail_paint(struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	const struct lk_item *it = lk_list_selected(&lk_tui_view(t)->list);
	struct lk_wrap wrap = { 0 };
	struct lk_text text = { 0 };

	if (r.w < 1 || r.h < 1)
		return;
	if (!it) {
		lk_canvas_put(c, r.x, r.y, r.w, LK_STYLE_DIM, "No row is selected.");
		return;
	}
	fill_brief(t, it, &text);
	lk_wrap_make(&wrap, &text, r.w, c->utf8, MOST_ROWS);
	place(t, it, wrap.rows.n, (size_t)r.h);
	lk_wrap_paint(&wrap, &text, t->side_top, c, (struct lk_rect){ r.x, r.y, r.w, (int)t->side_page });
	paint_more(t, wrap.rows.n, c, r);
	lk_wrap_done(&wrap);
	lk_text_done(&text);
}

unsigned lk_do_detail(struct lk_tui *t)
{
	return lk_text_open_row(t, "Detail", fill_full);
}

/* Whether there is room for it beside the list. */
static bool fits_beside(struct lk_tui *t)
{
	bool hidden = t->hide_detail, fits;

	t->hide_detail = false;
	fits = lk_layout_make(t, t->w, t->h).detail.w > 0;
	t->hide_detail = hidden;
	return fits;
}

unsigned lk_do_side_detail(struct lk_tui *t)
{
	if (!fits_beside(t))
		return lk_do_detail(t);
	t->hide_detail = !t->hide_detail;
	return LK_DIRTY_PAINT;
}

unsigned lk_do_side_scroll(struct lk_tui *t, int direction)
{
	size_t by = t->side_page > 1 ? t->side_page - 1 : 1;

	if (t->hide_detail || !fits_beside(t))
		return lk_tui_say(t, LK_STYLE_WORDS, "No detail is shown beside the list; Enter shows all of it.");
	return lk_detail_scroll(t, direction * (int64_t)by);
}

/* Painting keeps it within the text. */
unsigned lk_detail_scroll(struct lk_tui *t, int64_t by)
{
	if (by < 0 && t->side_top < (uint64_t)-by)
		t->side_top = 0;
	else
		t->side_top += (size_t)by;
	return LK_DIRTY_PAINT;
}

/* One level up: from a pane to the view, from a row of a tree to its parent, from Map to where it was opened, from another view to Locks. */
unsigned lk_do_back(struct lk_tui *t)
{
	struct lk_list *l = &lk_tui_view(t)->list;
	const struct lk_item *it = lk_list_selected(l);

	if (t->panes.n)
		return lk_pane_pop(t);
	if (it && l->tree && it->parent && lk_list_select_id(l, it->parent))
		return LK_DIRTY_PAINT;
	if (lk_tui_leave_map(t))
		return LK_DIRTY_PAINT;
	if (t->current != LK_VIEW_LOCKS)
		return lk_tui_switch(t, LK_VIEW_LOCKS);
	lk_tui_say(t, LK_STYLE_WORDS, "There is nothing above this view; q quits.");
	return LK_DIRTY_PAINT;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The detail of a row: beside the list where there is room, else as a pane of text. And the command `back`. */
#include "tui/pane/detail.h"

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
	lk_wrap_make(&wrap, &text, r.w, c->utf8, (size_t)r.h);
	lk_wrap_paint(&wrap, &text, 0, c, r);
	lk_wrap_done(&wrap);
	lk_text_done(&text);
}

unsigned lk_do_detail(struct lk_tui *t)
{
	bool hidden = t->hide_detail;
	struct lk_layout l;

	/* Is there room beside the list? */
	t->hide_detail = false;
	l = lk_layout_make(t, t->w, t->h);
	if (l.detail.w > 0 && l.detail.h > 0) {
		t->hide_detail = !hidden;
		return LK_DIRTY_PAINT;
	}
	t->hide_detail = hidden;
	return lk_text_open_row(t, "Detail", fill_full);
}

/* One level up: from a pane to the view, from a row of a tree to its parent, from another view to Locks. */
unsigned lk_do_back(struct lk_tui *t)
{
	struct lk_list *l = &lk_tui_view(t)->list;
	const struct lk_item *it = lk_list_selected(l);

	if (t->panes.n)
		return lk_pane_pop(t);
	if (it && l->tree && it->parent && lk_list_select_id(l, it->parent))
		return LK_DIRTY_PAINT;
	if (t->current != LK_VIEW_LOCKS)
		return lk_tui_switch(t, LK_VIEW_LOCKS);
	lk_tui_say(t, LK_STYLE_WORDS, "There is nothing above this view; q quits.");
	return LK_DIRTY_PAINT;
}

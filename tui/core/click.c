/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a click or the wheel means where it happened. */
#include <string.h>

#include "tui/chrome/paint.h"
#include "tui/pane/detail.h"

#define WHEEL_ROWS 3

static bool is_in(struct lk_rect r, const struct lk_mouse *m)
{
	return m->x >= r.x && m->x < r.x + r.w && m->y >= r.y && m->y < r.y + r.h;
}

static bool is_click(const struct lk_mouse *m)
{
	return m->kind == LK_MOUSE_CLICK || m->kind == LK_MOUSE_DOUBLE;
}

static unsigned run(struct lk_tui *t, const char *name)
{
	const struct lk_command *cmd = lk_command_find(t->keymap.commands, name, strlen(name));

	return cmd ? lk_command_invoke(t, cmd) : LK_DIRTY_NONE;
}

/* The pane gets mouse events within its place; others are ignored. */
static unsigned click_pane(struct lk_tui *t, struct lk_pane *p, const struct lk_layout *l, const struct lk_mouse *m)
{
	struct lk_rect r = lk_paint_pane_place(t, p, l, t->w, t->h);
	struct lk_mouse inside = { m->kind, m->x - r.x, m->y - r.y };

	return p->ops->mouse && is_in(r, m) ? p->ops->mouse(p, t, &inside) : LK_DIRTY_NONE;
}

static unsigned click_tabs(struct lk_tui *t, struct lk_rect r, const struct lk_mouse *m)
{
	struct lk_tab_spot spots[LK_VIEWS];

	if (lk_layout_is_short(t->w, t->h))
		return LK_DIRTY_NONE;
	lk_tabs_spots(t, r.w, spots);
	for (int i = 0; i < LK_VIEWS; i++) {
		if (m->x >= r.x + spots[i].x && m->x < r.x + spots[i].x + spots[i].w)
			return lk_do_view(t, i);
	}
	return LK_DIRTY_NONE;
}

static unsigned click_bar(struct lk_tui *t, struct lk_rect r, const struct lk_mouse *m)
{
	struct lk_bar_spot spots[LK_BAR_SPOTS];
	size_t n = lk_bar_make(t, r.w, spots);

	for (size_t i = 0; i < n; i++) {
		if (m->x >= r.x + spots[i].x && m->x < r.x + spots[i].x + spots[i].w)
			return lk_command_invoke(t, spots[i].command);
	}
	return LK_DIRTY_NONE;
}

/* A click on the column that orders the rows already reverses the order. */
static unsigned click_heading(struct lk_tui *t, struct lk_view *v, struct lk_rect r, const struct lk_mouse *m)
{
	size_t column = lk_table_column_at(t, v, r, m->x);

	if (column == SIZE_MAX)
		return LK_DIRTY_NONE;
	lk_list_sort_by(&v->list, column);
	return LK_DIRTY_ORDER | LK_DIRTY_PAINT;
}

static unsigned click_row(struct lk_tui *t, struct lk_view *v, int line, const struct lk_mouse *m)
{
	const struct lk_item *it = lk_list_at(&v->list, v->list.top + (size_t)line);

	if (!it || (it->flags & LK_ITEM_FIXED))
		return LK_DIRTY_NONE;
	lk_list_select(&v->list, v->list.top + (size_t)line);
	return m->kind == LK_MOUSE_DOUBLE ? LK_DIRTY_PAINT | run(t, "detail") : LK_DIRTY_PAINT;
}

/* A view that paints itself says where its rows begin. */
static unsigned click_own(struct lk_tui *t, struct lk_view *v, struct lk_rect r, const struct lk_mouse *m)
{
	int line = v->ops->lines_above ? m->y - r.y - v->ops->lines_above(t, v, r) : -1;

	return line >= 0 && (size_t)line < v->list.page ? click_row(t, v, line, m) : LK_DIRTY_NONE;
}

static unsigned click_body(struct lk_tui *t, struct lk_rect r, const struct lk_mouse *m)
{
	struct lk_view *v = lk_tui_view(t);
	int heading = lk_layout_has_heading(t->h) ? 1 : 0;

	if (!is_click(m)) {
		lk_list_move(&v->list, m->kind == LK_MOUSE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
		return LK_DIRTY_PAINT;
	}
	r.h -= lk_paint_footer_height(t, v, r);
	if (!t->frame || !is_in(r, m))
		return LK_DIRTY_NONE;
	if (v->ops->paint && !(v->ops->lines_above && v->ops->lines_above(t, v, r) < 0))
		return click_own(t, v, r, m);
	if (m->y < r.y + heading)
		return click_heading(t, v, r, m);
	return click_row(t, v, m->y - r.y - heading, m);
}

unsigned lk_paint_click(struct lk_tui *t, const struct lk_mouse *m)
{
	struct lk_layout l = lk_layout_make(t, t->w, t->h);
	struct lk_pane *top = lk_pane_top(t);

	if (l.too_small)
		return LK_DIRTY_NONE;
	if (top)
		return click_pane(t, top, &l, m);
	if (is_in(l.heading_and_rows, m))
		return click_body(t, l.heading_and_rows, m);
	if (!is_click(m) && is_in(l.detail, m))
		return lk_detail_scroll(t, m->kind == LK_MOUSE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
	if (!is_click(m))
		return LK_DIRTY_NONE;
	if (is_in(l.tabs, m))
		return click_tabs(t, l.tabs, m);
	if (is_in(l.bar, m))
		return click_bar(t, l.bar, m);
	return is_in(l.message, m) && t->frame && !t->frame->snap->complete ? run(t, "blind-spots") : LK_DIRTY_NONE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The marks of a row beside its text. */
#include "tui/rowmark.h"

void lk_row_mark(const struct lk_list *l, const struct lk_item *it, struct lk_canvas *c, struct lk_rect r)
{
	bool selected = it->id && it->id == l->cursor, tagged = lk_list_is_tagged(l, it->id);

	if (it->flags & LK_ITEM_GHOST)
		lk_canvas_put(c, r.x + 1, r.y, 1, LK_STYLE_GHOST, "x");
	if (tagged)
		lk_canvas_put(c, r.x + 1, r.y, 1, LK_STYLE_BRIGHT, "*");
	if (selected)
		lk_canvas_put(c, r.x, r.y, 1, LK_STYLE_BRIGHT, ">");
	lk_canvas_mark(c, r, (selected ? LK_MARK_SELECTED : 0u) | (tagged ? LK_MARK_TAGGED : 0u));
	if (l->search && *l->search && it->id && lk_list_says(l, it, l->search))
		lk_canvas_mark(c, (struct lk_rect){ r.x + LK_ROW_GUTTER, r.y, r.w - LK_ROW_GUTTER, 1 }, LK_MARK_FOUND);
	if (selected || c->cursor_y < 0) {
		c->cursor_x = r.x;
		c->cursor_y = r.y;
	}
}

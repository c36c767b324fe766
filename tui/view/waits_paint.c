/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paints the Waits view: the forest of waits as a picture. */
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "tui/view/view_waits.h"
#include "tui/widget/table_private.h"

enum {
	MAX_LEVEL = 12, /* deeper branches are drawn at this level; their text says behind whom they wait */
	LEAST_PATH = 12,
	RING_CELLS = 4, /* that the text of a row in a ring leaves free at its end */
	FOOTER_FROM = 8, /* lines that the body must have for a footer */
	FOOTER_MOST = 2,
};

/* ---- branches ---- */

/* Finds the rows that another branch of the same level follows. Goes from the last row up: seen[level] is set where one was met. */
static void find_next(struct lk_waits *w, const struct lk_list *l)
{
	lk_auto_mem unsigned char *seen = NULL;
	unsigned deepest = 0;

	if (w->epoch == l->epoch && w->has_next.n == l->shown.n)
		return;
	seen = lk_alloc(UINT16_MAX + 1, 1);
	lk_vec_reserve(&w->has_next.v, &w->has_next.cap, 0, l->shown.n, 1);
	w->has_next.n = l->shown.n;
	for (size_t i = l->shown.n; i-- > 0;) {
		unsigned level = lk_list_at(l, i)->level;

		w->has_next.v[i] = 0;
		if (lk_list_at(l, i)->flags & LK_ITEM_FIXED)
			continue;
		w->has_next.v[i] = seen[level];
		for (unsigned k = level + 1; k <= deepest; k++)
			seen[k] = 0;
		deepest = level;
		seen[level] = 1;
	}
	w->epoch = l->epoch;
}

/* Whether the branches of each level above the row go on below it, in ret[level] up to MAX_LEVEL. */
static void find_stems(const struct lk_waits *w, const struct lk_list *l, size_t row, bool ret[MAX_LEVEL + 1])
{
	unsigned level = lk_list_at(l, row)->level;

	memset(ret, 0, (MAX_LEVEL + 1) * sizeof(*ret));
	for (size_t i = row; level > 1 && i-- > 0;) {
		const struct lk_item *it = lk_list_at(l, i);

		if (it->level >= level)
			continue;
		level = it->level;
		if (level <= MAX_LEVEL)
			ret[level] = w->has_next.v[i];
	}
}

/* The ring around a cycle is drawn only in natural order and without filters, when all its rows stand together. */
static bool has_ring(const struct lk_list *l)
{
	return l->sort_column == SIZE_MAX && !l->filter_text && !l->user_filter && !l->only_contended;
}

static const struct lk_tree_node *top_of(const struct lk_tree_node *node, const struct lk_forest *f)
{
	while (node->parent < f->n)
		node = &f->nodes[node->parent];
	return node;
}

static bool is_in_cycle(const struct lk_item *it)
{
	const struct lk_tree_node *node = lk_waits_node(it);

	return node && node->level && top_of(node, &it->frame->forest)->kind == LK_TREE_CYCLE;
}

static void put_stems(const struct lk_waits *w, const struct lk_list *l, size_t row, lk_buf *out)
{
	const struct lk_item *it = lk_list_at(l, row);
	unsigned level = it->level > MAX_LEVEL ? MAX_LEVEL : it->level, first = 1;
	bool stems[MAX_LEVEL + 1];
	bool folded = lk_list_is_folded(l, it->id);

	find_stems(w, l, row, stems);
	if (level > 1 && has_ring(l) && is_in_cycle(it)) {
		lk_buf_puts(out, " |   ");
		first = 2;
	}
	for (unsigned k = first; k < level; k++)
		lk_buf_puts(out, stems[k] ? "|  " : "   ");
	if (level)
		lk_buf_puts(out, w->has_next.v[row] ? folded ? "|+ " : "|- " : folded ? "`+ " : "`- ");
}

/* Appends the branches, which stand before the text of a row. */
static void put_branch(const struct lk_waits *w, const struct lk_list *l, size_t row, lk_buf *out)
{
	const struct lk_item *it = lk_list_at(l, row);
	bool folded = lk_list_is_folded(l, it->id);

	if (it->level == 1 && has_ring(l) && is_in_cycle(it) && !(it->flags & LK_ITEM_GHOST)) {
		lk_buf_puts(out, it->sub == LK_WAITS_FIRST || it->sub == LK_WAITS_ALONE ? " +-> " : " |   ");
		lk_buf_puts(out, folded ? "+ " : "");
	} else if (!it->level && folded) {
		lk_buf_puts(out, "+ ");
	} else {
		put_stems(w, l, row, out);
	}
}

/* ---- rows ---- */

static int cells_of(const lk_buf *b, bool utf8)
{
	return lk_canvas_cells(b->v, b->n, utf8);
}

/* How many cells a path gets that does not fit into `room`: where that is small, enough for the name of the file, which matters more than
 * the text behind it. */
static int shorter_path(const lk_buf *path, int cells, int room, bool utf8)
{
	const char *slash = memrchr(path->v, '/', path->n);
	lk_buf name = { 0 };
	int least = cells < LEAST_PATH ? cells : LEAST_PATH;

	if (room > LEAST_PATH || !slash)
		return room > least ? room : least;
	name.v = (char *)slash + 1;
	name.n = (size_t)(path->v + path->n - name.v);
	cells = name.n ? cells_of(&name, utf8) + 1 : least;
	return cells < least ? cells > room ? cells : room : least;
}

/* Where there is no room, first the path is cut, then the text behind it. Returns the cell after the line. */
static int paint_line(const struct lk_words_line *line, enum lk_style style, struct lk_canvas *c, struct lk_rect r)
{
	int before = cells_of(&line->before, c->utf8), path = cells_of(&line->path, c->utf8);
	int after = cells_of(&line->after, c->utf8), room, x = r.x, end = r.x + r.w;

	before = before < r.w ? before : r.w;
	room = r.w - before - after;
	if (path && path > room)
		path = shorter_path(&line->path, path, room, c->utf8);
	if (before)
		x += lk_canvas_bytes(c, x, r.y, before, style, LK_FIT_LEFT, line->before.v, line->before.n);
	if (path && x < end)
		x += lk_canvas_bytes(c, x, r.y, path < end - x ? path : end - x, style, LK_FIT_PATH, line->path.v,
				     line->path.n);
	if (after && x < end)
		x += lk_canvas_bytes(c, x, r.y, after < end - x ? after : end - x, style, LK_FIT_LEFT, line->after.v,
				     line->after.n);
	return x;
}

/* The column of the line that leads from the last row of a ring back to the first. */
static int ring_x(struct lk_rect r)
{
	return r.x + r.w - 2;
}

static void paint_ring(const struct lk_item *it, int x, struct lk_canvas *c, struct lk_rect r)
{
	int right = ring_x(r);

	if (it->sub == LK_WAITS_END) {
		int left = r.x + LK_ROW_GUTTER + 1;

		for (int i = left; i <= right; i++)
			lk_canvas_put(c, i, r.y, 1, LK_STYLE_CYCLE, i == left || i == right ? "+" : "-");
		return;
	}
	if (it->sub != LK_WAITS_LAST && it->sub != LK_WAITS_ALONE)
		return;
	for (int i = x + 1; i <= right; i++)
		lk_canvas_put(c, i, r.y, 1, LK_STYLE_CYCLE, i == right ? "+" : "-");
}

/* The row hangs below the last request of a cycle, so that the line on the right goes past it. */
static bool is_past_last(const struct lk_list *l, size_t row)
{
	const struct lk_item *it = lk_list_at(l, row);

	if (it->level < 2 || !is_in_cycle(it))
		return false;
	for (size_t i = row; i-- > 0 && lk_list_at(l, i)->level;) {
		if (lk_list_at(l, i)->level == 1)
			return lk_list_at(l, i)->sub == LK_WAITS_LAST || lk_list_at(l, i)->sub == LK_WAITS_ALONE;
	}
	return false;
}

static void paint_row(struct lk_tui *t, struct lk_view *v, size_t row, struct lk_canvas *c, struct lk_rect r)
{
	const struct lk_item *it = lk_list_at(&v->list, row);
	const struct lk_tree_node *node = lk_waits_node(it);
	bool ring = has_ring(&v->list), ghost = it->flags & LK_ITEM_GHOST;
	struct lk_waits_line line;
	lk_buf branch = { 0 };
	int x = r.x + LK_ROW_GUTTER;

	if (it->flags & LK_ITEM_FIXED) {
		if (ring)
			paint_ring(it, x, c, r);
		return;
	}
	put_branch(v->own, &v->list, row, &branch);
	x += lk_canvas_put(c, x, r.y, r.x + r.w - x, LK_STYLE_BORDER, lk_buf_str(&branch));
	if (node) {
		int cells = r.x + r.w - x - (ring && is_in_cycle(it) ? RING_CELLS : 0);

		lk_waits_line_make(&line, t, it->frame, node, x - r.x - LK_ROW_GUTTER);
		if (cells_of(&line.words.before, c->utf8) > cells)
			lk_waits_line_shorten(&line, &it->frame->forest, node);
		x = paint_line(&line.words, ghost ? LK_STYLE_GHOST : line.style, c,
			       (struct lk_rect){ x, r.y, cells, 1 });
		lk_words_line_done(&line.words);
	}
	if (ring && !ghost)
		paint_ring(it, x, c, r);
	if (ring && is_past_last(&v->list, row))
		lk_canvas_put(c, ring_x(r), r.y, 1, LK_STYLE_CYCLE, "|");
	lk_vec_done(&branch);
	lk_view_mark_row(&v->list, it, c, r);
}

void lk_waits_paint(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r)
{
	struct lk_list *l = &v->list;

	if (!l->tree) {
		lk_table_paint(t, v, c, r);
		return;
	}
	l->page = r.h > 0 ? (size_t)r.h : 1;
	lk_list_scroll(l);
	if (r.h < 1 || r.w < 1)
		return;
	if (!l->shown.n) {
		lk_table_say_empty(t, v, c, r);
		return;
	}
	find_next(v->own, l);
	for (int y = 0; y < r.h && l->top + (size_t)y < l->shown.n; y++)
		paint_row(t, v, l->top + (size_t)y, c, (struct lk_rect){ r.x, r.y + y, r.w, 1 });
}

int lk_waits_lines_above(const struct lk_tui *t, const struct lk_view *v, struct lk_rect r)
{
	(void)t;
	(void)r;
	return v->list.tree ? 0 : -1;
}

/* ---- advice: what would free whom ---- */

int lk_waits_footer_height(const struct lk_tui *t, const struct lk_view *v, int h)
{
	(void)v;
	return h >= FOOTER_FROM && t->frame && t->frame->forest.n ? FOOTER_MOST : 0;
}

static void refresh_advice(struct lk_waits *w, const struct lk_tui *t, const struct lk_item *it)
{
	uint64_t row = it ? it->id : 0;
	bool current = it && it->frame == t->frame && !(it->flags & LK_ITEM_GHOST);

	if (w->advice_frame == t->frame->number && w->advice_row == row)
		return;
	w->advice.n = 0;
	lk_waits_advice(t->frame, current ? lk_waits_node(it) : NULL, &w->advice);
	w->advice_frame = t->frame->number;
	w->advice_row = row;
}

void lk_waits_paint_footer(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r)
{
	struct lk_waits *w = v->own;
	const char *text;

	if (!t->frame || !t->frame->forest.n)
		return;
	refresh_advice(w, t, lk_list_selected(&v->list));
	text = lk_buf_str(&w->advice);
	if (r.w < 3)
		return;
	if (lk_canvas_wrap(NULL, 0, 0, r.w - 2, 0, LK_STYLE_BRIGHT, text) < r.h)
		r.y++;
	lk_canvas_wrap(c, r.x + 1, r.y, r.w - 2, r.h, LK_STYLE_BRIGHT, text);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Panes of text: lines to scroll through and to search in; also about one row, found again by its identity in each frame. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/sanitize.h"
#include "tui/core/app.h"

/* More rows than anybody reads; what is behind them is left out. */
#define MOST_ROWS 200000
#define WHEEL_ROWS 3

struct text_pane {
	struct lk_pane pane;
	lk_text_fill fill;
	void *arg; /* of fill; owned */
	struct lk_text text;
	struct lk_wrap wrap;
	int wrapped_to; /* cells; 0: to be wrapped anew */
	enum lk_units units; /* that the text was made with */
	bool gone; /* what the text is about is gone */
	size_t top, page; /* rows */
	char *search; /* owned; NULL none */
};

/* ---- the lines ---- */

/* false: what the text is about is gone, and the old lines stay. */
static bool refill(struct text_pane *p, struct lk_tui *t)
{
	struct lk_text text = { 0 };

	p->units = t->set.units;
	p->gone = !p->fill(t, p->arg, &text);
	if (p->gone) {
		lk_text_done(&text);
		return false;
	}
	lk_text_done(&p->text);
	p->text = text;
	p->wrapped_to = 0;
	return true;
}

static void wrap_to(struct text_pane *p, int cells, bool utf8)
{
	if (p->wrapped_to == cells)
		return;
	lk_wrap_done(&p->wrap);
	lk_wrap_make(&p->wrap, &p->text, cells, utf8, MOST_ROWS);
	p->wrapped_to = cells;
}

static void scroll_to(struct text_pane *p, size_t top)
{
	size_t last = p->wrap.rows.n > p->page ? p->wrap.rows.n - p->page : 0;

	p->top = top < last ? top : last;
}

static void scroll_by(struct text_pane *p, int64_t by)
{
	size_t n = (size_t)(by < 0 ? -by : by);

	if (by < 0)
		scroll_to(p, p->top > n ? p->top - n : 0);
	else
		scroll_to(p, p->top + n);
}

/* ---- searching ---- */

static bool has_upper(const char *s)
{
	for (; *s; s++) {
		if (*s >= 'A' && *s <= 'Z')
			return true;
	}
	return false;
}

/* Where the row has the search text; NULL: nowhere. */
static const char *found_in(const struct text_pane *p, size_t row)
{
	const char *s = lk_wrap_str(&p->wrap, row);

	if (!p->search || !*p->search)
		return NULL;
	return has_upper(p->search) ? strstr(s, p->search) : strcasestr(s, p->search);
}

/* Scrolls the next row from `from` on, around the end, that has the search text to the top. false: there is none. */
static bool search_from(struct text_pane *p, size_t from, int direction)
{
	size_t n = p->wrap.rows.n;

	for (size_t i = 0; i < n; i++) {
		size_t row = direction > 0 ? (from + i) % n : (from + n - i % n) % n;

		if (found_in(p, row)) {
			scroll_to(p, row);
			return true;
		}
	}
	return false;
}

static unsigned search_again(struct text_pane *p, struct lk_tui *t, int direction)
{
	size_t n = p->wrap.rows.n;

	if (!p->search || !n)
		lk_tui_say(t, LK_STYLE_DIM, "Nothing to search for yet: press /.");
	else if (!search_from(p, (p->top + (direction > 0 ? 1 : n - 1)) % n, direction))
		lk_tui_say(t, LK_STYLE_ALARM, "Not found: %s", p->search);
	return LK_DIRTY_PAINT;
}

/* For the prompt of a search. */
struct searching {
	uint64_t serial; /* of the pane */
	size_t top; /* the first row that the pane showed before */
};

static struct text_pane *pane_of(struct lk_tui *t, const struct searching *s)
{
	return (struct text_pane *)lk_pane_find(t, s->serial);
}

static unsigned search_changed(struct lk_tui *t, void *arg, const char *text)
{
	const struct searching *s = arg;
	struct text_pane *p = pane_of(t, s);

	if (!p)
		return LK_DIRTY_NONE;
	free(p->search);
	p->search = lk_strdup(text);
	if (!*text || !search_from(p, s->top, 1))
		scroll_to(p, s->top);
	return LK_DIRTY_PAINT;
}

static unsigned search_enter(struct lk_tui *t, void *arg, const char *text)
{
	const struct text_pane *p;

	search_changed(t, arg, text);
	p = pane_of(t, arg);
	if (p && *text && (p->top >= p->wrap.rows.n || !search_from((struct text_pane *)p, p->top, 1)))
		lk_tui_say(t, LK_STYLE_ALARM, "Not found: %s", text);
	return LK_DIRTY_PAINT;
}

static unsigned search_cancel(struct lk_tui *t, void *arg)
{
	const struct searching *s = arg;
	struct text_pane *p = pane_of(t, s);

	if (!p)
		return LK_DIRTY_PAINT;
	free(p->search);
	p->search = NULL;
	scroll_to(p, s->top);
	return LK_DIRTY_PAINT;
}

static const struct lk_prompt_ops search_prompt = {
	.label = "Find: ",
	.keys = "Enter stay here   Esc go back",
	.changed = search_changed,
	.enter = search_enter,
	.cancel = search_cancel,
};

static unsigned search_open(struct text_pane *p, struct lk_tui *t)
{
	struct searching *s = lk_alloc(1, sizeof(*s));

	*s = (struct searching){ p->pane.serial, p->top };
	return lk_prompt_open(t, &search_prompt, s, NULL);
}

/* ---- the pane ---- */

static void paint_title(const struct text_pane *p, struct lk_canvas *c, struct lk_rect r)
{
	size_t n = p->wrap.rows.n, last = p->top + p->page < n ? p->top + p->page : n;
	const char *title = p->pane.title ? p->pane.title : "";
	int used;

	lk_canvas_fill(c, (struct lk_rect){ r.x, r.y, r.w, 1 }, LK_STYLE_HEADING, ' ');
	used = 1 + lk_canvas_put(c, r.x + 1, r.y, r.w - 1, LK_STYLE_HEADING, title);
	if (p->gone)
		used += lk_canvas_put(c, r.x + used, r.y, r.w - used, LK_STYLE_ALARM, "  (gone by now: as last seen)");
	if (last < n || p->top)
		lk_canvas_printf(c, r.x + used, r.y, r.w - used, LK_STYLE_HEADING, "  %zu-%zu of %zu", p->top + 1, last,
				 n);
}

static void mark_found(const struct text_pane *p, struct lk_canvas *c, struct lk_rect r)
{
	for (int y = 0; y < r.h && p->top + (size_t)y < p->wrap.rows.n; y++) {
		size_t row = p->top + (size_t)y;
		const char *s = lk_wrap_str(&p->wrap, row), *at = found_in(p, row);
		int x = at ? (int)lk_sanitize_width_n(s, (size_t)(at - s), c->utf8) + p->wrap.rows.v[row].indent : r.w;
		int w = at ? (int)lk_sanitize_width(p->search, c->utf8) : 0;

		if (x < r.w)
			lk_canvas_mark(c, (struct lk_rect){ r.x + x, r.y + y, w < r.w - x ? w : r.w - x, 1 },
				       LK_MARK_FOUND);
	}
}

static void paint(struct lk_pane *pane, struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	struct text_pane *p = (struct text_pane *)pane;
	struct lk_rect rows = { r.x + 1, r.y + 1, r.w - 2, r.h - 1 };

	if (r.h < 1 || r.w < 1)
		return;
	if (r.w < 24)
		rows.x = r.x, rows.w = r.w;
	if (p->units != t->set.units)
		refill(p, t);
	wrap_to(p, rows.w, c->utf8);
	p->page = rows.h > 0 ? (size_t)rows.h : 1;
	scroll_to(p, p->top);
	paint_title(p, c, r);
	lk_wrap_paint(&p->wrap, &p->text, p->top, c, rows);
	mark_found(p, c, rows);
	c->cursor_x = r.x;
	c->cursor_y = rows.h > 0 ? rows.y : r.y;
}

/* Rows to move by; 0: the key is none of these. */
static int64_t step_of(const struct text_pane *p, lk_press k)
{
	int64_t page = (int64_t)p->page, half = page > 1 ? page / 2 : 1;

	switch (k) {
	case LK_KEY_UP:
	case 'k':
		return -1;
	case LK_KEY_DOWN:
	case LK_KEY_ENTER:
	case 'j':
		return 1;
	case LK_KEY_PAGE_UP:
	case LK_KEY_CTRL('B'):
		return -page;
	case LK_KEY_PAGE_DOWN:
	case LK_KEY_CTRL('F'):
	case ' ':
		return page;
	case LK_KEY_CTRL('U'):
		return -half;
	case LK_KEY_CTRL('D'):
		return half;
	case LK_KEY_HOME:
	case 'g':
		return -INT32_MAX;
	case LK_KEY_END:
	case 'G':
		return INT32_MAX;
	default:
		return 0;
	}
}

static unsigned key(struct lk_pane *pane, struct lk_tui *t, lk_press k)
{
	struct text_pane *p = (struct text_pane *)pane;
	int64_t by = step_of(p, k);

	if (by) {
		scroll_by(p, by);
		return LK_DIRTY_PAINT;
	}
	switch (k) {
	case '/':
	case LK_KEY_F3:
		return search_open(p, t);
	case 'n':
		return search_again(p, t, 1);
	case 'N':
	case LK_KEY_SHIFT_F3:
		return search_again(p, t, -1);
	default:
		return LK_DIRTY_NOT_MINE;
	}
}

static unsigned mouse(struct lk_pane *pane, struct lk_tui *t, const struct lk_mouse *m)
{
	struct text_pane *p = (struct text_pane *)pane;

	(void)t;
	if (m->kind == LK_MOUSE_WHEEL_UP)
		scroll_by(p, -WHEEL_ROWS);
	else if (m->kind == LK_MOUSE_WHEEL_DOWN)
		scroll_by(p, WHEEL_ROWS);
	else
		return LK_DIRTY_NONE;
	return LK_DIRTY_PAINT;
}

static unsigned frame(struct lk_pane *pane, struct lk_tui *t)
{
	struct text_pane *p = (struct text_pane *)pane;
	bool was_gone = p->gone;

	return refill(p, t) || p->gone != was_gone ? LK_DIRTY_PAINT : LK_DIRTY_NONE;
}

static void free_pane(struct lk_pane *pane, struct lk_tui *t)
{
	struct text_pane *p = (struct text_pane *)pane;

	(void)t;
	lk_text_done(&p->text);
	lk_wrap_done(&p->wrap);
	free(p->search);
	free(p->arg);
	free(p);
}

static const struct lk_pane_ops pane_ops = {
	.name = "text",
	.place = LK_PANE_BODY,
	.context = LK_KEYS_TEXT,
	.paint = paint,
	.key = key,
	.mouse = mouse,
	.frame = frame,
	.free = free_pane,
	.keys = "Up Down PgUp PgDn move   / find   Esc back",
};

unsigned lk_text_open(struct lk_tui *t, const char *title, lk_text_fill fill, void *arg)
{
	struct text_pane *p = lk_alloc(1, sizeof(*p));

	*p = (struct text_pane){ .pane = { .ops = &pane_ops, .title = title }, .fill = fill, .arg = arg, .page = 1 };
	if (refill(p, t))
		return lk_pane_push(t, &p->pane);
	free_pane(&p->pane, t);
	return lk_tui_say(t, LK_STYLE_ALARM, "It is gone by now.");
}

/* ---- about one row ---- */

struct row {
	enum lk_view_id view;
	uint64_t id;
	lk_row_fill fill;
};

static void say_ghost(const struct lk_tui *t, const struct lk_item *it, struct lk_text *ret)
{
	char ago[LK_AGO_TEXT];

	lk_text_add(ret, LK_STYLE_ALARM, "Gone since %s. This is how it was.", lk_tui_ago(t, it->gone_ms, ago));
}

static bool fill_row(struct lk_tui *t, void *arg, struct lk_text *ret)
{
	const struct row *row = arg;
	const struct lk_view *v = &t->views[row->view];
	const struct lk_item *it = lk_list_find_id(&v->list, row->id);
	struct lk_subject s = { 0 };

	if (!it)
		return false;
	v->ops->subject(t, it, &s);
	s.id = it->id;
	if (!s.frame || !s.frame->snap)
		return false;
	if (it->flags & LK_ITEM_GHOST)
		say_ghost(t, it, ret);
	row->fill(t, &s, it, ret);
	return true;
}

unsigned lk_text_open_row(struct lk_tui *t, const char *title, lk_row_fill own_fill)
{
	struct lk_view *v = lk_tui_view(t);
	const struct lk_item *it = lk_list_selected(&v->list);
	struct row *row;

	if (!it)
		return lk_tui_say(t, LK_STYLE_DIM, "No row is selected.");
	row = lk_alloc(1, sizeof(*row));
	*row = (struct row){ v->ops->id, it->id, own_fill };
	return lk_text_open(t, title, fill_row, row);
}

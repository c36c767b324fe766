/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines to scroll through and to search in. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/sanitize.h"
#include "tui/app.h"
#include "tui/textwrap.h"

/* More rows than anybody reads; what is behind them is said to be left out. */
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
	bool gone; /* what it is about */
	size_t top, page; /* rows */
	char *search; /* owned; NULL none */
};

/* ---- the lines ---- */

static void add_line(struct lk_text *x, enum lk_style style, int label, char *text)
{
	*lk_vec_push(&x->lines) = (struct lk_text_line){ .style = style, .text = text, .label = label };
}

int lk_text_add(struct lk_text *x, enum lk_style style, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(x, style, -1, lk_vprintf(fmt, ap));
	va_end(ap);
	return 0;
}

int lk_text_add_label(struct lk_text *x, int cells, const char *label, const char *fmt, ...)
{
	lk_auto_mem char *value = NULL;
	va_list ap;

	va_start(ap, fmt);
	value = lk_vprintf(fmt, ap);
	va_end(ap);
	add_line(x, LK_STYLE_PLAIN, cells,
		 lk_printf("%-*s%s%s", cells, label, (int)strlen(label) >= cells ? " " : "", value));
	return 0;
}

void lk_text_done(struct lk_text *x)
{
	for (size_t i = 0; i < x->lines.n; i++)
		free(x->lines.v[i].text);
	lk_vec_done(&x->lines);
}

/* What it is about may be gone: then the old lines stay. */
static int refill(struct text_pane *p, struct lk_tui *t)
{
	struct lk_text text = { 0 };
	int rc = p->fill(t, p->arg, &text);

	p->units = t->set.units;
	p->gone = rc < 0;
	if (rc < 0) {
		lk_text_done(&text);
		return rc;
	}
	lk_text_done(&p->text);
	p->text = text;
	p->wrapped_to = 0;
	return 0;
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

/* Where the row says it; NULL: it does not. */
static const char *found_in(const struct text_pane *p, size_t row)
{
	const char *s = lk_wrap_str(&p->wrap, row);

	if (!p->search || !*p->search)
		return NULL;
	return has_upper(p->search) ? strstr(s, p->search) : strcasestr(s, p->search);
}

/* The next row from `from` on that says it comes to the top. False: there is none. */
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

/* Of a search while it is typed. */
struct searching {
	uint64_t serial; /* of the pane */
	size_t top; /* where it was before */
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
		lk_auto_mem char *before = at ? lk_strndup(s, (size_t)(at - s)) : NULL;
		int x = before ? (int)lk_sanitize_width(before, c->utf8) + p->wrap.rows.v[row].indent : r.w;
		int w = before ? (int)lk_sanitize_width(p->search, c->utf8) : 0;

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

	return refill(p, t) == 0 || p->gone != was_gone ? LK_DIRTY_PAINT : LK_DIRTY_NONE;
}

static void free_pane(struct lk_pane *pane, struct lk_tui *t)
{
	struct text_pane *p = (struct text_pane *)pane;

	(void)t;
	lk_text_done(&p->text);
	lk_wrap_done(&p->wrap);
	free(p->search);
	free(p->arg);
	free((struct lk_pane_ops *)p->pane.ops);
	free(p);
}

unsigned lk_text_open(struct lk_tui *t, const char *name, const char *title, lk_text_fill fill, void *arg)
{
	struct text_pane *p = lk_alloc(1, sizeof(*p));
	/* Of its own, because the name is the pane's. */
	struct lk_pane_ops *ops = lk_alloc(1, sizeof(*ops));

	*ops = (struct lk_pane_ops){
		.name = name,
		.place = LK_PANE_BODY,
		.context = LK_KEYS_TEXT,
		.paint = paint,
		.key = key,
		.mouse = mouse,
		.frame = frame,
		.free = free_pane,
		.keys = "Up Down PgUp PgDn move   / find   Esc back",
	};
	*p = (struct text_pane){ .pane = { .ops = ops, .title = title }, .fill = fill, .arg = arg, .page = 1 };
	if (refill(p, t) == 0)
		return lk_pane_push(t, &p->pane);
	lk_tui_say(t, LK_STYLE_ALARM, "It is gone by now.");
	free_pane(&p->pane, t);
	return LK_DIRTY_PAINT;
}

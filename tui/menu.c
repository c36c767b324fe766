/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list to choose one line from. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/sanitize.h"
#include "tui/app.h"

struct menu {
	struct lk_pane pane;
	struct lk_menu_row *rows; /* owned, texts too */
	size_t n, selected, top;
	size_t page; /* rows that fitted when painted last */
	lk_menu_chosen chosen;
	void *arg; /* owned */
};

static void free_rows(struct lk_menu_row *rows, size_t n)
{
	for (size_t i = 0; rows && i < n; i++)
		free(rows[i].text);
	free(rows);
}

static void free_menu(struct lk_pane *p, struct lk_tui *t)
{
	struct menu *m = (struct menu *)p;

	(void)t;
	free_rows(m->rows, m->n);
	free(m->arg);
	free(m);
}

/* ---- painting ---- */

static int cells_of(const char *bytes)
{
	return lk_canvas_cells(bytes, strlen(bytes), lk_sanitize_locale_is_utf8());
}

static int row_cells(const struct lk_menu_row *row)
{
	return cells_of(row->text) + (row->why_not ? cells_of(row->why_not) + 4 : 0);
}

static void size(struct lk_pane *p, struct lk_tui *t, int *w, int *h)
{
	const struct menu *m = (const struct menu *)p;
	int widest = p->title ? (int)strlen(p->title) + 4 : 0;

	(void)t;
	for (size_t i = 0; i < m->n; i++) {
		int cells = row_cells(&m->rows[i]);

		widest = cells > widest ? cells : widest;
	}
	/* The border, the marker, and a blank on either side. */
	*w = widest + 6 < *w ? widest + 6 : *w;
	*h = m->n + 2 < (size_t)*h ? (int)m->n + 2 : *h;
}

static void paint_row(const struct menu *m, size_t i, struct lk_canvas *c, struct lk_rect r, int y)
{
	const struct lk_menu_row *row = &m->rows[i];
	int cells = cells_of(row->text), left = r.w - 2, used;
	enum lk_style style = row->why_not ? LK_STYLE_OFF : LK_STYLE_PLAIN;

	cells = cells < left ? cells : left;
	lk_canvas_put(c, r.x, y, r.w, LK_STYLE_BRIGHT, i == m->selected ? ">" : " ");
	used = 2 + lk_canvas_bytes(c, r.x + 2, y, cells, style, LK_FIT_LEFT, row->text, strlen(row->text));
	if (row->why_not && r.w - used > 6) {
		used += lk_canvas_put(c, r.x + used, y, r.w - used, LK_STYLE_OFF, "  [");
		left = cells_of(row->why_not) < r.w - used - 1 ? cells_of(row->why_not) : r.w - used - 1;
		used += lk_canvas_bytes(c, r.x + used, y, left, LK_STYLE_OFF, LK_FIT_LEFT, row->why_not,
					strlen(row->why_not));
		lk_canvas_put(c, r.x + used, y, 1, LK_STYLE_OFF, "]");
	}
	if (i != m->selected)
		return;
	lk_canvas_mark(c, (struct lk_rect){ r.x, y, r.w, 1 }, LK_MARK_SELECTED);
	c->cursor_x = r.x;
	c->cursor_y = y;
}

static void paint(struct lk_pane *p, struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	struct menu *m = (struct menu *)p;

	(void)t;
	if (r.w < 1 || r.h < 1)
		return;
	m->page = (size_t)r.h;
	if (m->selected < m->top)
		m->top = m->selected;
	if (m->selected >= m->top + m->page)
		m->top = m->selected - m->page + 1;
	for (size_t i = 0; i < m->page && m->top + i < m->n; i++)
		paint_row(m, m->top + i, c, r, r.y + (int)i);
}

/* ---- keys ---- */

/* The menu is gone before the choice is acted on. */
static unsigned choose(struct menu *m, struct lk_tui *t)
{
	const struct lk_menu_row *row = m->selected < m->n ? &m->rows[m->selected] : NULL;
	lk_menu_chosen chosen = m->chosen;
	lk_auto_mem void *arg = NULL;
	unsigned dirty;
	long value;

	if (!row)
		return LK_DIRTY_NONE;
	if (row->why_not)
		return lk_tui_say(t, LK_STYLE_ALARM, "%s: not possible, %s.", row->text, row->why_not);
	value = row->value;
	arg = m->arg;
	m->arg = NULL;
	dirty = lk_pane_close(t, &m->pane);
	return dirty | chosen(t, arg, value);
}

static unsigned select_row(struct menu *m, size_t i)
{
	m->selected = i < m->n ? i : m->n ? m->n - 1 : 0;
	return LK_DIRTY_PAINT;
}

/* The next row that begins with this letter. */
static unsigned jump(struct menu *m, lk_press k)
{
	for (size_t i = 1; i <= m->n && k < 0x80; i++) {
		size_t at = (m->selected + i) % m->n;
		char first = m->rows[at].text[0];

		if (first == (char)k || (first >= 'A' && first <= 'Z' && first - 'A' + 'a' == (char)k))
			return select_row(m, at);
	}
	return LK_DIRTY_NOT_MINE;
}

static unsigned key(struct lk_pane *p, struct lk_tui *t, lk_press k)
{
	struct menu *m = (struct menu *)p;
	size_t page = m->page > 1 ? m->page - 1 : 1;

	switch (k) {
	case LK_KEY_UP:
	case 'k':
		return select_row(m, m->selected ? m->selected - 1 : m->n);
	case LK_KEY_DOWN:
	case 'j':
		return select_row(m, m->selected + 1 < m->n ? m->selected + 1 : 0);
	case LK_KEY_PAGE_UP:
		return select_row(m, m->selected > page ? m->selected - page : 0);
	case LK_KEY_PAGE_DOWN:
		return select_row(m, m->selected + page);
	case LK_KEY_HOME:
	case 'g':
		return select_row(m, 0);
	case LK_KEY_END:
	case 'G':
		return select_row(m, m->n);
	case LK_KEY_ENTER:
	case LK_KEY_RIGHT:
		return choose(m, t);
	case LK_KEY_LEFT:
	case LK_KEY_BACKSPACE:
	case 'q':
		return lk_pane_close(t, p);
	default:
		return jump(m, k);
	}
}

/* The first click selects, another one on the same row chooses. */
static unsigned mouse(struct lk_pane *p, struct lk_tui *t, const struct lk_mouse *e)
{
	struct menu *m = (struct menu *)p;
	size_t at = m->top + (e->y > 0 ? (size_t)e->y : 0);

	if (e->kind == LK_MOUSE_WHEEL_UP)
		return select_row(m, m->selected ? m->selected - 1 : 0);
	if (e->kind == LK_MOUSE_WHEEL_DOWN)
		return select_row(m, m->selected + 1);
	if (at >= m->n)
		return LK_DIRTY_NONE;
	if (m->selected == at)
		return choose(m, t);
	return select_row(m, at);
}

static const struct lk_pane_ops ops = {
	.name = "menu",
	.place = LK_PANE_BOX,
	.context = LK_KEYS_NONE,
	.size = size,
	.paint = paint,
	.key = key,
	.mouse = mouse,
	.free = free_menu,
	.keys = "Enter choose   Esc cancel",
};

unsigned lk_menu_open(struct lk_tui *t, const char *title, struct lk_menu_row *rows, size_t n, size_t selected,
		      lk_menu_chosen chosen, void *arg)
{
	struct menu *m = calloc(1, sizeof(*m));

	if (m) {
		*m = (struct menu){
			.pane = { .ops = &ops, .title = title }, .rows = rows, .n = n, .chosen = chosen, .arg = arg
		};
		select_row(m, selected);
		return lk_pane_push(t, &m->pane);
	}
	free_rows(rows, n);
	free(arg);
	return lk_tui_say(t, LK_STYLE_ALARM, "There is no memory left for that.");
}

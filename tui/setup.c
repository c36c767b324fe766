/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The setup pane: every change is seen at once, and is kept only by its row "Save". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "tui/setup_private.h"

#define LABEL_CELLS 24
#define VALUE_CELLS 14

struct setup {
	struct lk_pane pane;
	lk_setup_rows rows;
	size_t at; /* selected; never a title */
	size_t top, page; /* first visible row, visible rows */
};

/* -- moving -- */

static void scroll(struct setup *s, size_t page)
{
	s->page = page ? page : 1;
	if (s->at < s->top)
		s->top = s->at;
	if (s->at >= s->top + s->page)
		s->top = s->at + 1 - s->page;
	if (s->top + s->page > s->rows.n)
		s->top = s->rows.n > s->page ? s->rows.n - s->page : 0;
	/* The title above the first rows comes along. */
	if (s->at == 0)
		s->top = 0;
}

static unsigned select_row(struct setup *s, size_t at, int direction)
{
	at = at < s->rows.n ? at : s->rows.n - 1;
	/* Titles stand between rows, never at an end. */
	if (s->rows.v[at].kind == LK_SETUP_TITLE)
		at = direction < 0 ? at - 1 : at + 1;
	s->at = at < s->rows.n ? at : s->at;
	return LK_DIRTY_PAINT;
}

static unsigned move(struct setup *s, size_t by, int direction)
{
	if (direction < 0)
		return select_row(s, s->at > by ? s->at - by : 0, -1);
	return select_row(s, s->at + by, 1);
}

/* -- changing -- */

static unsigned toggle_column(struct setup *s, struct lk_tui *t)
{
	s->rows.v[s->at].on = !s->rows.v[s->at].on;
	return lk_setup_use_columns(t, &s->rows);
}

static unsigned move_column(struct setup *s, struct lk_tui *t, int by)
{
	size_t other = s->at + (size_t)by;
	struct lk_setup_row row = s->rows.v[s->at];

	if (row.kind != LK_SETUP_COLUMN || other >= s->rows.n || s->rows.v[other].kind != LK_SETUP_COLUMN)
		return LK_DIRTY_NONE;
	s->rows.v[s->at] = s->rows.v[other];
	s->rows.v[other] = row;
	s->at = other;
	return lk_setup_use_columns(t, &s->rows);
}

static unsigned change(struct setup *s, struct lk_tui *t, int by)
{
	const struct lk_setup_row *row = &s->rows.v[s->at];

	switch (row->kind) {
	case LK_SETUP_SETTING:
		return lk_setup_step(t, row->name, by);
	case LK_SETUP_COLUMN:
		return toggle_column(s, t);
	default:
		return LK_DIRTY_NONE;
	}
}

static unsigned enter(struct setup *s, struct lk_tui *t)
{
	return s->rows.v[s->at].kind == LK_SETUP_SAVE ? lk_setup_save(t) : change(s, t, 1);
}

/* As the keys of a list, and some of their own. */
static unsigned key(struct lk_pane *p, struct lk_tui *t, lk_press k)
{
	struct setup *s = (struct setup *)p;

	switch (k) {
	case LK_KEY_UP:
	case 'k':
		return move(s, 1, -1);
	case LK_KEY_DOWN:
	case 'j':
		return move(s, 1, 1);
	case LK_KEY_PAGE_UP:
	case LK_KEY_CTRL('B'):
		return move(s, s->page, -1);
	case LK_KEY_PAGE_DOWN:
	case LK_KEY_CTRL('F'):
		return move(s, s->page, 1);
	case LK_KEY_HOME:
	case 'g':
		return select_row(s, 0, 1);
	case LK_KEY_END:
	case 'G':
		return select_row(s, s->rows.n - 1, -1);
	case LK_KEY_LEFT:
	case 'h':
	case '-':
		return change(s, t, -1);
	case LK_KEY_RIGHT:
	case 'l':
	case '+':
	case ' ':
		return change(s, t, 1);
	case LK_KEY_ENTER:
		return enter(s, t);
	case '<':
	case '[':
		return move_column(s, t, -1);
	case '>':
	case ']':
		return move_column(s, t, 1);
	case 'q':
	case 'S':
	case LK_KEY_F1 + 1:
		return lk_pane_close(t, p);
	default:
		return LK_DIRTY_NOT_MINE;
	}
}

static unsigned mouse(struct lk_pane *p, struct lk_tui *t, const struct lk_mouse *m)
{
	struct setup *s = (struct setup *)p;
	size_t at = s->top + (size_t)(m->y < 0 ? 0 : m->y);

	if (m->kind == LK_MOUSE_WHEEL_UP)
		return move(s, 3, -1);
	if (m->kind == LK_MOUSE_WHEEL_DOWN)
		return move(s, 3, 1);
	if (at >= s->rows.n || s->rows.v[at].kind == LK_SETUP_TITLE)
		return LK_DIRTY_NONE;
	select_row(s, at, 1);
	return m->kind == LK_MOUSE_DOUBLE ? enter(s, t) : LK_DIRTY_PAINT;
}

/* -- painting -- */

static void paint_setting(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r, const struct lk_setup_row *row)
{
	lk_auto_mem char *value = lk_setup_value(&t->set, row->name);
	int x = r.x + LABEL_CELLS, end = r.x + r.w;

	lk_canvas_put(c, r.x, r.y, r.w, LK_STYLE_PLAIN, row->label);
	lk_canvas_put(c, x, r.y, end - x, LK_STYLE_BRIGHT, value);
	x += VALUE_CELLS;
	lk_canvas_put(c, x, r.y, end - x, LK_STYLE_DIM, row->help);
}

static void paint_column(struct lk_canvas *c, struct lk_rect r, const struct lk_setup_row *row)
{
	lk_canvas_put(c, r.x, r.y, r.w, row->on ? LK_STYLE_BRIGHT : LK_STYLE_DIM, row->on ? "[x]" : "[ ]");
	lk_canvas_put(c, r.x + 4, r.y, r.w - 4, row->on ? LK_STYLE_PLAIN : LK_STYLE_DIM, row->label);
	lk_canvas_put(c, r.x + LABEL_CELLS, r.y, r.w - LABEL_CELLS, LK_STYLE_DIM, row->help);
}

static void paint_save(struct lk_canvas *c, struct lk_rect r)
{
	lk_auto_mem char *path = lk_settings_path();
	int x = r.x + LABEL_CELLS;

	lk_canvas_put(c, r.x, r.y, r.w, LK_STYLE_BUTTON, "[ Save ]");
	if (path)
		lk_canvas_bytes(c, x, r.y, r.x + r.w - x, LK_STYLE_DIM, LK_FIT_PATH, path, strlen(path));
	else
		lk_canvas_put(c, x, r.y, r.x + r.w - x, LK_STYLE_DIM, "there is no home folder to write to");
}

static void paint_row(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r, const struct lk_setup_row *row)
{
	switch (row->kind) {
	case LK_SETUP_SETTING:
		paint_setting(t, c, r, row);
		break;
	case LK_SETUP_COLUMN:
		paint_column(c, r, row);
		break;
	case LK_SETUP_SAVE:
		paint_save(c, r);
		break;
	case LK_SETUP_TITLE:
		lk_canvas_put(c, r.x, r.y, r.w, LK_STYLE_METER, row->label);
		break;
	}
}

static void paint(struct lk_pane *p, struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	struct setup *s = (struct setup *)p;

	if (r.h <= 0 || r.w <= 0)
		return;
	scroll(s, (size_t)r.h);
	for (int y = 0; y < r.h && s->top + (size_t)y < s->rows.n; y++) {
		size_t at = s->top + (size_t)y;
		struct lk_rect line = { r.x, r.y + y, r.w, 1 }, inside = { r.x + 2, r.y + y, r.w - 2, 1 };

		paint_row(t, c, inside, &s->rows.v[at]);
		if (at != s->at)
			continue;
		lk_canvas_put(c, r.x, r.y + y, 1, LK_STYLE_PLAIN, ">");
		lk_canvas_mark(c, line, LK_MARK_SELECTED);
		c->cursor_x = r.x;
		c->cursor_y = r.y + y;
	}
}

static void pane_free(struct lk_pane *p, struct lk_tui *t)
{
	struct setup *s = (struct setup *)p;

	(void)t;
	lk_vec_done(&s->rows);
	free(s);
}

static const struct lk_pane_ops ops = {
	.name = "setup",
	.place = LK_PANE_BODY,
	.context = LK_KEYS_TEXT,
	.paint = paint,
	.key = key,
	.mouse = mouse,
	.free = pane_free,
	.keys = "Left/Right change  Space column on/off  < > move column  Enter save  Esc close",
};

unsigned lk_do_setup(struct lk_tui *t)
{
	struct setup *s = lk_alloc(1, sizeof(*s));

	lk_setup_make(t, &s->rows);
	s->pane.ops = &ops;
	s->pane.title = "Setup";
	return lk_pane_push(t, &s->pane);
}

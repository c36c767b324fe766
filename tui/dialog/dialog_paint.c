/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paints dialogs: everything above the buttons is one page, which scrolls so that the control with the focus is visible. */
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/sanitize.h"
#include "tui/dialog/dialog.h"

#define WIDTH_MAX 78
#define SAY_ROWS 3
#define PINNED_WORTH 8 /* rows of the box beside pinned controls; with no more than these nothing is pinned */

/* Where the next line is put; c NULL: lines are only counted. */
struct page {
	struct lk_canvas *c;
	int w, y;
};

static void put_text(struct page *p, enum lk_style style, const char *text)
{
	if (!*text) {
		p->y++;
		return;
	}
	p->y += lk_canvas_wrap(p->c, 1, p->y, p->w > 3 ? p->w - 2 : p->w - 1, 1000, style, text);
}

static void put_lines(struct page *p, const struct lk_text *x)
{
	for (size_t i = 0; i < x->lines.n; i++)
		put_text(p, x->lines.v[i].style, x->lines.v[i].text);
}

/* Returns the cells that it takes, also when lines are only counted. */
static int put(struct page *p, int x, enum lk_style style, const char *text)
{
	int left = p->w - x, cells = (int)strlen(text);

	if (left < 1)
		return 0;
	if (!p->c)
		return cells < left ? cells : left;
	return lk_canvas_put(p->c, x, p->y, left, style, text);
}

static int put_label(struct page *p, int x, enum lk_style style, const struct lk_control *c)
{
	int cells = (int)strlen(c->label);

	cells = cells < p->w - x ? cells : p->w - x;
	if (!p->c || cells < 1)
		return cells > 0 ? cells : 0;
	return lk_canvas_bytes(p->c, x, p->y, cells, style, LK_FIT_LEFT, c->label, strlen(c->label));
}

/* What stands behind a control: why it is impossible, or its hint; where that has no room, below it. Nothing of it is ever cut. */
static void put_hint(struct page *p, int x, const struct lk_control *c)
{
	lk_auto_mem char *text = c->why_not ? lk_printf("[%s]", c->why_not) : lk_strdup(c->hint);
	enum lk_style style = c->why_not ? LK_STYLE_OFF : c->danger ? LK_STYLE_ALARM : LK_STYLE_DIM;
	int cells = text ? (int)strlen(text) : 0, indent = p->w > 24 ? 6 : 0;

	if (!cells)
		return;
	if (x + 2 + cells < p->w) {
		x = c->why_not ? x + 2 : p->w - 1 - cells;
		if (p->c)
			lk_canvas_bytes(p->c, x, p->y, cells, style, LK_FIT_LEFT, text, (size_t)cells);
		return;
	}
	p->y += lk_canvas_wrap(p->c, indent, p->y + 1, p->w - indent - 1, 1000, style, text);
}

static int put_switch(struct page *p, int x, const struct lk_control *c)
{
	x += put_label(p, x, LK_STYLE_PLAIN, c);
	x += put(p, x, LK_STYLE_KEY, "< ");
	x += put(p, x, c->why_not ? LK_STYLE_OFF : LK_STYLE_BRIGHT, c->words[c->at]);
	return x + put(p, x, LK_STYLE_KEY, " >");
}

static int put_field(struct page *p, int x, struct lk_control *c, bool focus)
{
	x += put_label(p, x, c->why_not ? LK_STYLE_OFF : LK_STYLE_PLAIN, c);
	if (p->c && p->w - x > 0 && !c->why_not)
		lk_field_paint(&c->field, p->c, x, p->y, p->w - x, focus);
	return c->why_not ? x : p->w;
}

static void put_control(struct page *p, struct lk_control *c, bool focus)
{
	enum lk_style style = c->why_not ? LK_STYLE_OFF : LK_STYLE_PLAIN;
	int x = 2;

	c->row = p->y;
	if (focus && p->c) {
		put(p, 0, LK_STYLE_BRIGHT, ">");
		p->c->cursor_x = 0;
		p->c->cursor_y = p->y;
	}
	switch (c->kind) {
	case LK_CONTROL_CHOICE:
	case LK_CONTROL_CHECK:
		x += put(p, x, style,
			 c->kind == LK_CONTROL_CHECK ? (c->on ? "[x] " : "[ ] ") : (c->on ? "(*) " : "( ) "));
		x += put_label(p, x, style, c);
		break;
	case LK_CONTROL_SWITCH:
		x = put_switch(p, x, c);
		break;
	default:
		x = put_field(p, x, c, focus);
		break;
	}
	put_hint(p, x, c);
	if (focus && p->c && c->kind != LK_CONTROL_FIELD)
		lk_canvas_mark(p->c, (struct lk_rect){ 0, c->row, p->w, p->y - c->row + 1 }, LK_MARK_SELECTED);
	p->y++;
}

/* below: those below the text, else those above it. Returns whether there was any. */
static bool put_controls(struct lk_dialog *d, struct page *p, bool below)
{
	bool any = false;

	for (size_t i = 0; i < d->controls.n; i++) {
		struct lk_control *c = &d->controls.v[i];

		if (c->kind == LK_CONTROL_BUTTON || c->hidden || c->below != below)
			continue;
		put_control(p, c, d->focus == i);
		any = true;
	}
	return any;
}

/* Everything above the buttons; pinned: without the controls below the text. c NULL: only counts. Returns its rows. */
static int put_page(struct lk_dialog *d, struct lk_canvas *c, int w, bool pinned)
{
	struct page p = { c, w, 0 };

	put_lines(&p, &d->head);
	if (d->lock_gone && !d->over)
		put_text(&p, LK_STYLE_ALARM, "The target changed: the newest look does not have this lock any more.");
	put_controls(d, &p, false);
	if (d->head.lines.n || p.y)
		p.y++;
	put_lines(&p, &d->body);
	if (!pinned)
		put_controls(d, &p, true);
	return p.y;
}

static int count_below(const struct lk_dialog *d)
{
	int n = 0;

	for (size_t i = 0; i < d->controls.n; i++) {
		const struct lk_control *c = &d->controls.v[i];

		n += c->kind != LK_CONTROL_BUTTON && c->below && !c->hidden;
	}
	return n;
}

static int say_rows(const struct lk_dialog *d, int w)
{
	int n = d->say ? lk_canvas_wrap(NULL, 0, 0, w, SAY_ROWS, LK_STYLE_PLAIN, d->say) : 0;

	return n < SAY_ROWS ? n : SAY_ROWS;
}

void lk_dialog_size(struct lk_pane *pane, struct lk_tui *t, int *w, int *h)
{
	struct lk_dialog *d = (struct lk_dialog *)pane;
	int inner, rows;

	(void)t;
	*w = *w > WIDTH_MAX ? WIDTH_MAX : *w;
	inner = *w - 2 > 1 ? *w - 2 : 1;
	rows = put_page(d, NULL, inner, false) + say_rows(d, inner) + 4;
	*h = rows < *h ? rows : *h;
}

/* ---- buttons ---- */

static int button_cells(const struct lk_control *c)
{
	return (int)strlen(c->label) + 4;
}

static int buttons_cells(const struct lk_dialog *d)
{
	int n = 0;

	for (size_t i = 0; i < d->controls.n; i++) {
		if (d->controls.v[i].kind == LK_CONTROL_BUTTON)
			n += button_cells(&d->controls.v[i]) + 3;
	}
	return n;
}

static void paint_button(struct lk_canvas *c, struct lk_rect r, int x, int y, struct lk_control *b, bool focus)
{
	enum lk_style style = b->why_not ? LK_STYLE_OFF : LK_STYLE_BUTTON;
	int left = r.x + r.w - x, n = 0;

	b->place = (struct lk_rect){ x - r.x, y - r.y, button_cells(b), 1 };
	if (left < 1)
		return;
	n += lk_canvas_put(c, x, y, left, style, "[ ");
	n += lk_canvas_put(c, x + n, y, left - n, style, b->label);
	n += lk_canvas_put(c, x + n, y, left - n, style, " ]");
	if (!focus)
		return;
	lk_canvas_mark(c, (struct lk_rect){ x, y, n, 1 }, LK_MARK_SELECTED);
	if (x - 2 >= r.x)
		lk_canvas_put(c, x - 2, y, 1, LK_STYLE_BRIGHT, ">");
	c->cursor_x = x - 2 >= r.x ? x - 2 : x;
	c->cursor_y = y;
}

static void paint_buttons(struct lk_dialog *d, struct lk_canvas *c, struct lk_rect r)
{
	int y = r.y + r.h - 1, x = r.x + r.w - buttons_cells(d) + 2;
	bool all = x >= r.x + 2;

	x = all ? x : r.x + (r.w > 12 ? 2 : 0);
	for (size_t i = 0; i < d->controls.n; i++) {
		struct lk_control *b = &d->controls.v[i];

		b->place = b->kind == LK_CONTROL_BUTTON ? (struct lk_rect){ 0 } : b->place;
		/* Where there is no room for all buttons, only the one with the focus is shown. */
		if (b->kind != LK_CONTROL_BUTTON || (!all && d->focus != i))
			continue;
		paint_button(c, r, x, y, b, d->focus == i);
		x += button_cells(b) + 3;
	}
}

/* ---- the page ---- */

static void keep_focus_visible(struct lk_dialog *d)
{
	const struct lk_control *c = d->focus < d->controls.n ? &d->controls.v[d->focus] : NULL;
	int most = d->rows > d->page ? d->rows - d->page : 0;

	if (c && c->kind != LK_CONTROL_BUTTON && c->row >= 0) {
		if (c->row < d->scroll)
			d->scroll = c->row;
		if (c->row >= d->scroll + d->page)
			d->scroll = c->row - d->page + 1;
	}
	d->scroll = d->scroll > most ? most : d->scroll;
	d->scroll = d->scroll < 0 ? 0 : d->scroll;
}

static void copy_rows(const struct lk_canvas *from, int scroll, struct lk_canvas *c, struct lk_rect r)
{
	for (int y = 0; y < r.h && y + scroll < from->h; y++) {
		for (int x = 0; x < r.w && x < from->w; x++) {
			if (r.x + x < 0 || r.x + x >= c->w || r.y + y < 0 || r.y + y >= c->h)
				continue;
			c->cells[(size_t)(r.y + y) * (size_t)c->w + (size_t)(r.x + x)] =
				from->cells[(size_t)(y + scroll) * (size_t)from->w + (size_t)x];
		}
	}
	if (from->cursor_y < scroll || from->cursor_y >= scroll + r.h)
		return;
	c->cursor_x = r.x + from->cursor_x;
	c->cursor_y = r.y + from->cursor_y - scroll;
	c->cursor_visible = from->cursor_visible;
}

/* In the right corners, names the key that scrolls to what is above or below. */
static void paint_more(const struct lk_dialog *d, struct lk_canvas *c, struct lk_rect r)
{
	if (r.h < 2 || r.w < 12 || d->rows <= d->page)
		return;
	if (d->scroll > 0)
		lk_canvas_put(c, r.x + r.w - 6, r.y, 6, LK_STYLE_KEY, " PgUp ");
	if (d->scroll + d->page < d->rows)
		lk_canvas_put(c, r.x + r.w - 6, r.y + r.h - 1, 6, LK_STYLE_KEY, " PgDn ");
}

static void paint_page(struct lk_dialog *d, struct lk_canvas *c, struct lk_rect r, bool pinned)
{
	struct lk_canvas page = { .utf8 = c->utf8, .ascii = c->ascii };

	d->rows = put_page(d, NULL, r.w, pinned);
	d->page = r.h;
	keep_focus_visible(d);
	if (r.h < 1 || r.w < 1)
		return;
	lk_canvas_resize(&page, r.w, d->rows > r.h ? d->rows : r.h);
	put_page(d, &page, r.w, pinned);
	copy_rows(&page, d->scroll, c, r);
	paint_more(d, c, r);
	lk_canvas_done(&page);
}

/* The controls below the text do not scroll: a field to type in is visible however long the text is. r: their rows; top: y of the
 * dialog's first row. */
static void paint_pinned(struct lk_dialog *d, struct lk_canvas *c, struct lk_rect r, int top)
{
	struct lk_canvas rows = { .utf8 = c->utf8, .ascii = c->ascii };
	struct page p = { &rows, r.w, 0 };

	lk_canvas_resize(&rows, r.w, r.h);
	put_controls(d, &p, true);
	copy_rows(&rows, 0, c, r);
	lk_canvas_done(&rows);
	for (size_t i = 0; i < d->controls.n; i++) {
		struct lk_control *control = &d->controls.v[i];

		if (control->kind == LK_CONTROL_BUTTON || !control->below)
			continue;
		control->place = (struct lk_rect){ 0, r.y - top + control->row, r.w, 1 };
		control->row = -1;
	}
}

/* The screen is painted again when Enter counts. */
static void note_painted(struct lk_dialog *d, struct lk_tui *t)
{
	if (!d->painted)
		d->painted_ms = t->now_ms;
	d->painted = true;
	if (d->acts && lk_dialog_is_early(d, t))
		t->repaint_ms = d->painted_ms + LK_DIALOG_EARLY_MS;
}

static void paint_early(const struct lk_dialog *d, const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	int room = r.w - buttons_cells(d) - 4;

	if (d->acts && lk_dialog_is_early(d, t) && room >= (int)strlen(LK_DIALOG_EARLY_WORDS))
		lk_canvas_put(c, r.x + 1, r.y + r.h - 1, room, LK_STYLE_DIM, LK_DIALOG_EARLY_WORDS);
}

void lk_dialog_paint(struct lk_pane *pane, struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	struct lk_dialog *d = (struct lk_dialog *)pane;
	int say = say_rows(d, r.w), above, below = count_below(d);
	bool pinned = below && r.h > PINNED_WORTH + below;

	note_painted(d, t);
	if (r.w < 1 || r.h < 1)
		return;
	if (r.h - 1 < say)
		say = r.h - 1;
	above = r.h - 1 - say - (pinned ? below : 0);
	/* A blank line before the buttons, where there is room for it. */
	paint_page(d, c, (struct lk_rect){ r.x, r.y, r.w, above > 4 ? above - 1 : above }, pinned);
	if (pinned)
		paint_pinned(d, c, (struct lk_rect){ r.x, r.y + above, r.w, below }, r.y);
	if (say > 0)
		lk_canvas_wrap(c, r.x, r.y + r.h - 1 - say, r.w, say, d->say_style, d->say);
	paint_buttons(d, c, r);
	paint_early(d, t, c, r);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paints the whole screen: the view, the lines around it, and the panes over it. */
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "tui/chrome/paint.h"
#include "tui/pane/detail.h"

/* From this width on there is room for the advice to run as root. */
#define HINT_W 74

/* The place of a pane that replaces the view (LK_PANE_BODY). */
static struct lk_rect body_of(const struct lk_layout *l)
{
	struct lk_rect r = l->heading_and_rows;

	r.w = l->tabs.w;
	r.h += l->words.h;
	return r;
}

/* The place of messages and one-line prompts; without a message line they cover another line. */
static struct lk_rect line_of(const struct lk_layout *l)
{
	if (l->message.h)
		return l->message;
	if (l->words.h)
		return (struct lk_rect){ l->words.x, l->words.y + l->words.h - 1, l->words.w, 1 };
	return l->bar.h ? l->bar : l->tabs;
}

static void blank(struct lk_canvas *c, struct lk_rect r)
{
	lk_canvas_fill(c, r, LK_STYLE_PLAIN, ' ');
}

/* ---- the view ---- */

int lk_paint_footer_height(const struct lk_tui *t, const struct lk_view *v, struct lk_rect r)
{
	int h = v->ops->footer_height && t->frame ? v->ops->footer_height(t, v, r.h) : 0;

	/* Leave room for a heading and at least one row. */
	h = h > r.h - 2 ? r.h - 2 : h;
	return h > 0 ? h : 0;
}

static void say_nothing_yet(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	const char *text = t->source_name ? t->source_name : "this machine";
	lk_buf b = { 0 };

	if (t->failed)
		lk_buf_printf(&b, "The locks could not be read: %s", lk_err_text(&t->failed->failure));
	else
		lk_buf_printf(&b, "Looking at %s ...", text);
	lk_buf_str(&b);
	if (r.h > 1 && r.w > 4)
		lk_canvas_wrap(c, r.x + 2, r.y + 1, r.w - 4, r.h - 1, t->failed ? LK_STYLE_ALARM : LK_STYLE_PLAIN, b.v);
	else
		lk_canvas_wrap(c, r.x, r.y, r.w, r.h, LK_STYLE_PLAIN, b.v);
	lk_vec_done(&b);
}

static void paint_view(struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	struct lk_view *v = lk_tui_view(t);
	int footer = lk_paint_footer_height(t, v, r);
	struct lk_rect below = { r.x, r.y + r.h - footer, r.w, footer };

	if (!t->frame) {
		say_nothing_yet(t, c, r);
		return;
	}
	r.h -= footer;
	if (v->ops->paint)
		v->ops->paint(t, v, c, r);
	else
		lk_table_paint(t, v, c, r);
	if (footer && v->ops->paint_footer)
		v->ops->paint_footer(t, v, c, below);
}

static void paint_detail(struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	if (r.w < 4 || r.h < 1 || !t->frame)
		return;
	blank(c, r);
	lk_canvas_vline(c, r.x, r.y, r.h);
	lk_detail_paint(t, c, (struct lk_rect){ r.x + 2, r.y, r.w - 2, r.h });
}

/* ---- the lines below the view ---- */

static void add_gone(const struct lk_tui *t, const struct lk_item *it, lk_buf *out)
{
	char ago[LK_AGO_TEXT];

	if (it->flags & LK_ITEM_GHOST)
		lk_buf_printf(out, "gone %s ago; last seen: ", lk_tui_ago(t, it->gone_ms, ago));
}

static void paint_words(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	const struct lk_view *v = lk_tui_view(t);
	const struct lk_item *it = t->frame ? lk_list_selected(&v->list) : NULL;
	lk_buf b = { 0 };

	if (!it || !v->ops->describe || r.h < 1)
		return;
	add_gone(t, it, &b);
	v->ops->describe(t, it, &b);
	if (b.n)
		lk_canvas_wrap(c, r.x + 1, r.y, r.w - 1, r.h, LK_STYLE_WORDS, lk_buf_str(&b));
	lk_vec_done(&b);
}

static void add_unseen(const struct lk_tui *t, lk_buf *out)
{
	const struct lk_snapshot *s = t->frame ? t->frame->snap : NULL;
	size_t n = s ? s->end.n_unreadable : 0;

	if (t->failed && t->frame)
		lk_buf_printf(out, "The last look failed: %s [P]", lk_err_text(&t->failed->failure));
	else if (!s || (s->complete && !s->relations_cut))
		return;
	else if (s->complete)
		lk_buf_printf(out, "%s [P]", lk_snapshot_problem(s, LK_UNREAD_RELATIONS)->text);
	else if (n)
		lk_buf_printf(out, "%zu process%s could not be inspected%s [P]", n, n == 1 ? "" : "es",
			      s->host.euid && t->w >= HINT_W ? " (run as root for full detail)" : "");
	else
		lk_buf_printf(out, "%s [P]", s->n_problems ? s->problems[0].text : "Not all could be seen");
}

/* Shown while there is no message: how many rows are tagged, what could not be seen. */
static void paint_standing_message(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	size_t n_tags = lk_tui_view(t)->list.tags.n;
	lk_buf b = { 0 };

	if (n_tags)
		lk_buf_printf(&b, "%zu tagged. ", n_tags);
	add_unseen(t, &b);
	if (b.n)
		lk_canvas_bytes(c, r.x + 1, r.y, r.w - 1, t->failed ? LK_STYLE_ALARM : LK_STYLE_PLAIN, LK_FIT_LEFT, b.v,
				b.n);
	lk_vec_done(&b);
}

static bool has_message(const struct lk_tui *t)
{
	return t->message && t->now_ms < t->message_until_ms;
}

/* What nobody asked for just now must not be missed: it covers as many lines above as it needs. */
static void paint_kept_message(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	int lines = lk_canvas_wrap(NULL, 0, 0, r.w - 2, 1000, t->message_style, t->message);

	lines = lines > r.y + r.h ? r.y + r.h : lines;
	r = (struct lk_rect){ r.x, r.y + r.h - lines, r.w, lines };
	blank(c, r);
	lk_canvas_wrap(c, r.x + 1, r.y, r.w - 2, lines, t->message_style, t->message);
}

/* Shows only the first line of other messages; there is no room for more. */
static void paint_message(const struct lk_tui *t, struct lk_canvas *c, const struct lk_layout *l)
{
	struct lk_rect r = line_of(l);

	if (has_message(t) && t->message_until_ms == INT64_MAX) {
		paint_kept_message(t, c, r);
	} else if (has_message(t)) {
		blank(c, r);
		lk_canvas_bytes(c, r.x + 1, r.y, r.w - 1, t->message_style, LK_FIT_LEFT, t->message,
				strcspn(t->message, "\n"));
	} else if (l->message.h) {
		paint_standing_message(t, c, r);
	}
}

/* ---- panes ---- */

static struct lk_rect box_place(struct lk_tui *t, struct lk_pane *p, int w, int h)
{
	/* The last line stays free: the key bar there names the keys of the box. */
	int room = h > 4 ? h - 1 : h, bw = w, bh = room;

	if (p->ops->size)
		p->ops->size(p, t, &bw, &bh);
	bw = bw > w ? w : bw < 1 ? 1 : bw;
	bh = bh > room ? room : bh < 1 ? 1 : bh;
	return (struct lk_rect){ (w - bw) / 2, (room - bh) / 2, bw, bh };
}

/* Where there is no room for a border there is none. */
static bool has_border(struct lk_rect r)
{
	return r.w >= 8 && r.h >= 4;
}

struct lk_rect lk_paint_pane_place(struct lk_tui *t, struct lk_pane *p, const struct lk_layout *l, int w, int h)
{
	struct lk_rect r;

	if (p->ops->place == LK_PANE_BODY)
		return body_of(l);
	if (p->ops->place == LK_PANE_LINE)
		return line_of(l);
	r = box_place(t, p, w, h);
	if (has_border(r))
		r = (struct lk_rect){ r.x + 1, r.y + 1, r.w - 2, r.h - 2 };
	return r;
}

static void paint_pane(struct lk_tui *t, struct lk_pane *p, struct lk_canvas *c, const struct lk_layout *l)
{
	struct lk_rect r = lk_paint_pane_place(t, p, l, c->w, c->h);

	if (p->ops->place == LK_PANE_BOX) {
		struct lk_rect outside = box_place(t, p, c->w, c->h);

		if (has_border(outside))
			r = lk_canvas_box(c, outside, p->title);
	}
	c->cursor_x = c->cursor_y = -1;
	c->cursor_visible = false;
	blank(c, r);
	p->ops->paint(p, t, c, r);
}

/* Index of the topmost pane that hides everything below it; t->panes.n: there is none. */
static size_t first_pane(const struct lk_tui *t)
{
	for (size_t i = t->panes.n; i > 0; i--) {
		if (t->panes.v[i - 1]->ops->place == LK_PANE_BODY)
			return i - 1;
	}
	return t->panes.n;
}

static void paint_panes(struct lk_tui *t, struct lk_canvas *c, const struct lk_layout *l)
{
	size_t first = first_pane(t);

	if (first == t->panes.n)
		first = 0;
	for (size_t i = first; i < t->panes.n; i++)
		paint_pane(t, t->panes.v[i], c, l);
}

/* ---- all of it ---- */

static void paint_around(struct lk_tui *t, struct lk_canvas *c, const struct lk_layout *l)
{
	if (l->header.h)
		lk_header_paint(t, c, l->header);
	if (l->meters.h)
		lk_meters_paint(t, c, l->meters);
	if (lk_layout_is_short(c->w, c->h))
		lk_short_paint(t, c, l->tabs);
	else
		lk_tabs_paint(t, c, l->tabs);
	if (l->bar.h)
		lk_bar_paint(t, c, l->bar);
}

/* On one line, or wrapped where that is too short. */
static void paint_too_small(struct lk_canvas *c)
{
	lk_auto_mem char *text = lk_printf("lockscope: %dx%d too small (q quits)", c->w, c->h);

	lk_canvas_wrap(c, 0, 0, c->w, c->h, LK_STYLE_ALARM, text);
}

void lk_tui_paint(struct lk_tui *t, struct lk_canvas *c)
{
	struct lk_layout l = lk_layout_make(t, c->w, c->h);

	lk_canvas_clear(c);
	if (l.too_small) {
		paint_too_small(c);
		return;
	}
	if (first_pane(t) == t->panes.n) {
		paint_view(t, c, l.heading_and_rows);
		paint_detail(t, c, l.detail);
		paint_words(t, c, l.words);
	}
	paint_around(t, c, &l);
	paint_message(t, c, &l);
	paint_panes(t, c, &l);
}

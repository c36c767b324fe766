/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of several texts, of which the least important are dropped on a narrow screen. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/sanitize.h"
#include "tui/chrome/paint.h"

struct lk_piece *lk_pieces_add(struct lk_pieces *p, int drop, enum lk_style style, const char *fmt, ...)
{
	struct lk_piece *slot = lk_vec_push(&p->list);
	lk_auto_mem char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = lk_vprintf(fmt, ap);
	va_end(ap);
	*slot = (struct lk_piece){ .text = lk_sanitize_str(text, p->utf8), .drop = drop, .style = style };
	slot->cells = (int)lk_sanitize_width(slot->text, p->utf8);
	return slot;
}

int lk_pieces_cells(const struct lk_pieces *p)
{
	int cells = 0;

	for (size_t i = 0; i < p->list.n; i++)
		cells += p->list.v[i].cells + (i ? p->gap : 0);
	return cells;
}

static void drop_at(struct lk_pieces *p, size_t i)
{
	free(p->list.v[i].text);
	memmove(&p->list.v[i], &p->list.v[i + 1], (p->list.n - i - 1) * sizeof(*p->list.v));
	p->list.n--;
}

/* Drops the piece with the highest `drop`. false: all that are left have to stay. */
static bool drop_one(struct lk_pieces *p)
{
	size_t worst = 0;

	for (size_t i = 0; i < p->list.n; i++) {
		if (p->list.v[i].drop >= p->list.v[worst].drop)
			worst = i;
	}
	if (!p->list.n || !p->list.v[worst].drop)
		return false;
	drop_at(p, worst);
	return true;
}

static void paint_piece(const struct lk_piece *q, struct lk_canvas *c, int x, int y, int cells)
{
	const char *last = q->figure ? strrchr(q->text, ' ') : NULL;
	int before;

	if (!last) {
		lk_canvas_put(c, x, y, cells, q->style, q->text);
		return;
	}
	before = (int)(last + 1 - q->text);
	before = before > cells ? cells : before;
	lk_canvas_put(c, x, y, before, LK_STYLE_PLAIN, q->text);
	lk_canvas_put(c, x + before, y, cells - before, q->style, last + 1);
}

/* Cuts the text before the tail, by up to that many cells, and marks the cut; never to less than `least` cells. */
static void shrink(struct lk_piece *q, int cells, bool utf8)
{
	size_t n = strlen(q->text), tail = q->tail < n ? q->tail : n, head = n - tail;
	int tail_cells = (int)lk_sanitize_width(q->text + head, utf8);
	int room = (q->cells - cells > q->least ? q->cells - cells : q->least) - tail_cells;

	if (room < 1 || q->cells <= room + tail_cells)
		return;
	while (head && (((unsigned char)q->text[head] & 0xc0) == 0x80 ||
			(int)lk_sanitize_width_n(q->text, head, utf8) > room - 1))
		head--;
	if (head + 1 > n - tail)
		return;
	q->text[head] = '~';
	memmove(q->text + head + 1, q->text + n - tail, tail + 1);
	q->cells = (int)lk_sanitize_width(q->text, utf8);
}

static void shrink_all(struct lk_pieces *p, int w)
{
	for (size_t i = 0; i < p->list.n; i++) {
		int over = lk_pieces_cells(p) - w;

		if (over > 0 && p->list.v[i].tail)
			shrink(&p->list.v[i], over, p->utf8);
	}
}

void lk_pieces_done(struct lk_pieces *p)
{
	for (size_t i = 0; i < p->list.n; i++)
		free(p->list.v[i].text);
	lk_vec_done(&p->list);
}

void lk_pieces_paint(struct lk_pieces *p, struct lk_canvas *c, struct lk_rect r)
{
	int x = r.x, right = 0;

	if (lk_pieces_cells(p) > r.w)
		p->gap = 1;
	shrink_all(p, r.w);
	while (lk_pieces_cells(p) > r.w) {
		if (!drop_one(p))
			break;
	}
	for (size_t i = 0; i < p->list.n; i++)
		right += p->list.v[i].right ? p->list.v[i].cells + p->gap : 0;
	for (size_t i = 0, n_right = 0; i < p->list.n; i++) {
		const struct lk_piece *q = &p->list.v[i];

		if (q->right && !n_right++ && r.x + r.w - right + p->gap > x)
			x = r.x + r.w - right + p->gap;
		if (x < r.x + r.w)
			paint_piece(q, c, x, r.y, r.x + r.w - x);
		x += q->cells + p->gap;
	}
	lk_pieces_done(p);
}

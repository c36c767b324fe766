/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lays out the columns of a table: how wide they are, and which of them there is room for. */
#include <limits.h>
#include <string.h>

#include "tui/widget/table_private.h"

/* In a table narrower than this, the marks of a row have one cell and the column that grows may be narrower. */
#define NARROW_W 30
#define NARROW_PATH 8
/* The first columns do not scroll, as long as their priority number is not above this. */
#define FIXED_PRIORITY 2
#define MAX_PRIORITY 20
#define MODE_MOST 8 /* cells of a column whose words may be cut to a letter */
/* Columns get up to these widths before others get more. */
#define ENOUGH 11
#define ENOUGH_TO_GROW 30

struct wish {
	size_t column;
	int priority;
	int least, most; /* cells */
	int w;
	bool grows;
	bool gone;
};

struct wishes {
	struct wish v[LK_COLUMNS_MAX];
	size_t n;
	int gutter;
};

size_t lk_table_shown(const struct lk_tui *t, const struct lk_view *v, size_t ret[LK_COLUMNS_MAX])
{
	size_t n = lk_column_count(v->ops->list.columns);

	if (v->ops->shown)
		return v->ops->shown(t, ret);
	for (size_t i = 0; i < n; i++)
		ret[i] = i;
	return n;
}

size_t lk_table_order(const struct lk_tui *t, const struct lk_view *v, size_t ret[LK_COLUMNS_MAX])
{
	size_t n = lk_table_shown(t, v, ret), n_all = lk_column_count(v->ops->list.columns);
	bool is_shown[LK_COLUMNS_MAX] = { false };

	for (size_t i = 0; i < n; i++)
		is_shown[ret[i]] = true;
	for (size_t i = 0; i < n_all; i++) {
		if (!is_shown[i])
			ret[n++] = i;
	}
	return n;
}

static int clamp(int x, int least, int most)
{
	return x < least ? least : x > most ? most : x;
}

/* Numbers are not cut as long as there is room: their column is as wide as the widest content seen in it. */
static struct wish wish_for(const struct lk_view *v, size_t column, int w)
{
	const struct lk_column *col = &v->ops->list.columns[column];
	struct wish r = { .column = column, .priority = col->priority, .least = col->min_width, .most = col->width };

	/* The mode of a lease that is being broken is a longer word. */
	if (col->flags & LK_COL_INITIAL)
		r.most = clamp(v->seen[column], col->width, MODE_MOST);
	r.grows = col->flags & LK_COL_GROW;
	if (r.grows)
		r.most = r.least = w < NARROW_W && col->min_width > NARROW_PATH ? NARROW_PATH : col->min_width;
	else if (col->flags & (RIGHT | LK_COL_WHOLE))
		r.most = r.least = clamp(v->seen[column], col->min_width, col->width);
	return r;
}

static void make_wishes(const struct lk_tui *t, const struct lk_view *v, int w, struct wishes *ret)
{
	size_t shown[LK_COLUMNS_MAX];

	ret->n = lk_table_shown(t, v, shown);
	ret->gutter = w < NARROW_W ? 1 : 2;
	for (size_t i = 0; i < ret->n; i++)
		ret->v[i] = wish_for(v, shown[i], w);
}

static int total(const struct wishes *s, bool least)
{
	int cells = s->gutter, n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].gone)
			continue;
		cells += (least ? s->v[i].least : s->v[i].w) + (n++ ? 1 : 0);
	}
	return cells;
}

/* Drops the column with the highest priority number, never the one that grows. false: none can go. */
static bool drop_one(struct wishes *s)
{
	size_t worst = SIZE_MAX, left = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].gone)
			continue;
		left++;
		if (!s->v[i].grows && (worst == SIZE_MAX || s->v[i].priority >= s->v[worst].priority))
			worst = i;
	}
	if (left < 2 || worst == SIZE_MAX)
		return false;
	s->v[worst].gone = true;
	return true;
}

/* Widens the columns that grow, or the others, up to `most` each, the most important first. Returns the cells that are left. */
static int widen(struct wishes *s, int spare, bool grows, int most)
{
	for (int priority = 0; priority <= MAX_PRIORITY; priority++) {
		for (size_t i = 0; i < s->n; i++) {
			struct wish *x = &s->v[i];
			int up_to = x->grows || x->most > most ? most : x->most;
			int more = up_to - x->w < spare ? up_to - x->w : spare;

			if (x->gone || x->grows != grows || x->priority != priority || more <= 0)
				continue;
			x->w += more;
			spare -= more;
		}
	}
	return spare;
}

/* Shares out the spare cells: first short columns are shown in full, then the column that grows gets its share, then the others, and that
 * which grows takes the rest. */
static void share_out(struct wishes *s, int spare)
{
	spare = widen(s, spare, false, ENOUGH);
	spare = widen(s, spare, true, ENOUGH_TO_GROW);
	spare = widen(s, spare, false, INT_MAX);
	widen(s, spare, true, INT_MAX);
}

/* Without scrolling: columns that do not fit are left out. */
static void fit(struct wishes *s, int w)
{
	while (total(s, true) > w) {
		if (!drop_one(s))
			break;
	}
	for (size_t i = 0; i < s->n; i++)
		s->v[i].w = s->v[i].least;
	share_out(s, w - total(s, true));
	/* What cannot be dropped is cut to the room there is. */
	for (size_t i = 0; i < s->n && total(s, false) > w; i++) {
		if (!s->v[i].gone)
			s->v[i].w = clamp(s->v[i].w - (total(s, false) - w), 1, s->v[i].w);
	}
}

/* Scrolled sideways: all columns are there, as wide as they want to be. */
static void spread(struct wishes *s, const struct lk_view *v)
{
	for (size_t i = 0; i < s->n; i++) {
		struct wish *x = &s->v[i];

		x->w = x->grows && v->seen[x->column] > x->most ? v->seen[x->column] : x->most;
	}
}

static void place(const struct wishes *s, struct lk_table_layout *ret)
{
	int x = s->gutter;
	bool first_ones = true;

	for (size_t i = 0; i < s->n; i++) {
		const struct wish *q = &s->v[i];

		if (q->gone)
			continue;
		first_ones = first_ones && !q->grows && q->priority <= FIXED_PRIORITY;
		ret->spots[ret->n++] = (struct lk_table_spot){ q->column, x, q->w, first_ones };
		x += q->w + 1;
		if (first_ones)
			ret->fixed_w = x;
	}
}

static void scroll(struct lk_table_layout *l, int w, int side)
{
	const struct lk_table_spot *last = l->n ? &l->spots[l->n - 1] : NULL;
	int most = last ? last->x + last->w - w : 0;

	l->side = clamp(side, 0, most > 0 ? most : 0);
	for (size_t i = 0; i < l->n; i++)
		l->spots[i].x -= l->spots[i].fixed ? 0 : l->side;
}

void lk_table_lay_out(const struct lk_tui *t, const struct lk_view *v, int w, struct lk_table_layout *ret)
{
	struct wishes s = { 0 };

	make_wishes(t, v, w, &s);
	*ret = (struct lk_table_layout){ .gutter = s.gutter, .fixed_w = s.gutter };
	if (v->list.side > 0) {
		spread(&s, v);
		place(&s, ret);
		scroll(ret, w, v->list.side);
		if (ret->side > 0)
			return;
		*ret = (struct lk_table_layout){ .gutter = s.gutter, .fixed_w = s.gutter };
	}
	fit(&s, w);
	place(&s, ret);
}

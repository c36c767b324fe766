/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carries the rows from frame to frame: identity, ghosts, the cursor, tags. */
#include "tui/widget/list.h"

#include <stdlib.h>
#include <string.h>

#include "tui/widget/list_private.h"

void lk_list_init(struct lk_list *l, const struct lk_list_ops *ops, const void *view)
{
	*l = (struct lk_list){ .ops = ops, .view = view, .sort_column = SIZE_MAX, .page = 1 };
}

static void drop_kept(struct lk_list *l)
{
	for (size_t i = 0; i < l->kept.n; i++)
		lk_frame_drop(l->kept.v[i]);
	l->kept.n = 0;
}

void lk_list_done(struct lk_list *l)
{
	drop_kept(l);
	lk_frame_drop(l->frame);
	lk_vec_done(&l->kept);
	lk_vec_done(&l->all);
	lk_vec_done(&l->shown);
	lk_vec_done(&l->order);
	lk_vec_done(&l->tags);
	lk_vec_done(&l->folded);
	lk_map_done(&l->by_id);
	lk_filter_free(l->filter);
	lk_filter_free(l->user_filter);
	free(l->filter_text);
	free(l->user);
	free(l->search);
}

/* ---- a new frame ---- */

/* A row that is gone, and the new row that it is shown after. */
struct ghost {
	struct lk_item item;
	size_t behind; /* index + 1 in the new rows; 0: before all of them */
	size_t was; /* index in the old rows: keeps parents before their children */
};
typedef LK_VEC(struct ghost) ghosts;

static void map_items(const lk_items *items, struct lk_map *ret)
{
	for (size_t i = 0; i < items->n; i++) {
		if (items->v[i].id)
			lk_map_set(ret, &items->v[i].id, sizeof(items->v[i].id), i);
	}
}

/* Makes an old row that is not among the new ones a ghost, or ages the ghost it is. false: it is not shown any more. */
static bool turn_into_ghost(struct lk_item *it, const struct lk_frame *f, bool new_frame)
{
	if (it->flags & LK_ITEM_FIXED)
		return false;
	if (!(it->flags & LK_ITEM_GHOST)) {
		if (!new_frame)
			return false;
		it->flags |= LK_ITEM_GHOST;
		it->gone_ms = f->taken_ms;
		it->ghost_looks = 0;
	}
	it->flags &= (unsigned char)~(LK_ITEM_HAS_CHILDREN | LK_ITEM_CONTENDED | LK_ITEM_WAITING);
	if (new_frame)
		it->ghost_looks++;
	return it->ghost_looks <= LK_GHOST_LOOKS;
}

static void find_ghosts(const struct lk_list *l, const struct lk_frame *f, const struct lk_map *fresh, ghosts *ret)
{
	bool new_frame = f != l->frame;
	size_t behind = 0;

	for (size_t i = 0; i < l->all.n; i++) {
		struct lk_item it = l->all.v[i];
		size_t at;

		if (it.id && lk_map_find(fresh, &it.id, sizeof(it.id), &at)) {
			behind = at + 1;
			continue;
		}
		if (turn_into_ghost(&it, f, new_frame))
			*lk_vec_push(ret) = (struct ghost){ it, behind, i };
	}
}

static int compare_ghosts(const void *a, const void *b)
{
	const struct ghost *x = a, *y = b;
	int order = lk_compare(x->behind, y->behind);

	return order ? order : lk_compare(x->was, y->was);
}

static void merge(const lk_items *fresh, ghosts *g, lk_items *ret)
{
	size_t next = 0;

	lk_vec_reserve(&ret->v, &ret->cap, 0, fresh->n + g->n, sizeof(*ret->v));
	if (g->n)
		qsort(g->v, g->n, sizeof(*g->v), compare_ghosts);
	for (size_t i = 0; i <= fresh->n; i++) {
		while (next < g->n && g->v[next].behind == i)
			ret->v[ret->n++] = g->v[next++].item;
		if (i < fresh->n)
			ret->v[ret->n++] = fresh->v[i];
	}
}

/* Holds every frame that a ghost points into. */
static void keep_frames(struct lk_list *l, const struct lk_frame *f)
{
	LK_VEC(const struct lk_frame *) before = { l->kept.v, l->kept.n, l->kept.cap };

	l->kept.v = NULL, l->kept.n = l->kept.cap = 0;
	for (size_t i = 0; i < l->all.n; i++) {
		const struct lk_frame *own = l->all.v[i].frame;
		bool known = own == f || !(l->all.v[i].flags & LK_ITEM_GHOST);

		for (size_t k = 0; k < l->kept.n && !known; k++)
			known = l->kept.v[k] == own;
		if (!known)
			*lk_vec_push(&l->kept) = lk_frame_hold(own);
	}
	for (size_t i = 0; i < before.n; i++)
		lk_frame_drop(before.v[i]);
	lk_vec_done(&before);
}

/* The new rows with those old ones that are gone now. fresh is taken over. */
static lk_items with_ghosts(const struct lk_list *l, const struct lk_frame *f, lk_items *fresh)
{
	struct lk_map by_id = { 0 };
	lk_items all = { 0 };
	ghosts g = { 0 };

	/* Nothing can be missing, or nobody wants to see it. */
	if (!l->ops->ghosts || !l->all.n)
		return *fresh;
	map_items(fresh, &by_id);
	find_ghosts(l, f, &by_id, &g);
	merge(fresh, &g, &all);
	lk_map_done(&by_id);
	lk_vec_done(&g);
	lk_vec_done(fresh);
	return all;
}

static void count_total(struct lk_list *l)
{
	l->n_total = 0;
	for (size_t i = 0; i < l->all.n; i++)
		l->n_total += !(l->all.v[i].flags & (LK_ITEM_FIXED | LK_ITEM_GHOST));
}

/* Nothing can act on a row that has gone. */
static void drop_tags(struct lk_list *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->tags.n; i++) {
		const struct lk_item *it = lk_list_find_id(l, l->tags.v[i]);

		if (it && !(it->flags & LK_ITEM_GHOST))
			l->tags.v[kept++] = l->tags.v[i];
	}
	l->n_tags_dropped += l->tags.n - kept;
	l->tags.n = kept;
}

void lk_list_refresh(struct lk_list *l, const struct lk_frame *f)
{
	lk_items fresh = { 0 }, all;

	l->ops->fill(l->view, f, l->tree, &fresh);
	all = with_ghosts(l, f, &fresh);
	lk_vec_done(&l->all);
	l->all = all;
	lk_map_done(&l->by_id);
	l->by_id = (struct lk_map){ 0 };
	map_items(&l->all, &l->by_id);
	keep_frames(l, f);
	drop_tags(l);
	l->order.n = 0;
	lk_frame_hold(f);
	lk_frame_drop(l->frame);
	l->frame = f;
	count_total(l);
	lk_list_arrange(l);
}

void lk_list_forget(struct lk_list *l)
{
	drop_kept(l);
	lk_frame_drop(l->frame);
	l->frame = NULL;
	lk_vec_done(&l->all);
	lk_vec_done(&l->shown);
	lk_vec_done(&l->order);
	lk_map_done(&l->by_id);
	l->by_id = (struct lk_map){ 0 };
	l->n_total = l->n_hidden_waiting = 0;
}

/* ---- the cursor ---- */

const struct lk_item *lk_list_at(const struct lk_list *l, size_t i)
{
	return i < l->shown.n ? &l->all.v[l->shown.v[i]] : NULL;
}

const struct lk_item *lk_list_find_id(const struct lk_list *l, uint64_t id)
{
	size_t at;

	return id && lk_map_find(&l->by_id, &id, sizeof(id), &at) ? &l->all.v[at] : NULL;
}

const struct lk_item *lk_list_selected(const struct lk_list *l)
{
	const struct lk_item *it = lk_list_at(l, l->cursor_at);

	return it && l->cursor && it->id == l->cursor ? it : NULL;
}

void lk_list_place_cursor(struct lk_list *l)
{
	for (size_t i = 0; l->cursor && i < l->shown.n; i++) {
		if (lk_list_at(l, i)->id != l->cursor)
			continue;
		/* When following, the selected row keeps its line on the screen and the others move. */
		if (l->follow && l->cursor_at >= l->top && i >= l->cursor_at - l->top)
			l->top = i - (l->cursor_at - l->top);
		l->cursor_at = i;
		lk_list_scroll(l);
		return;
	}
	/* No neighbour gets selected instead: the user selects the row that commands act on. */
	if (l->cursor_at >= l->shown.n)
		l->cursor_at = l->shown.n ? l->shown.n - 1 : 0;
	lk_list_scroll(l);
}

void lk_list_scroll(struct lk_list *l)
{
	size_t page = l->page ? l->page : 1;

	if (l->cursor_at < l->top)
		l->top = l->cursor_at;
	if (l->cursor_at >= l->top + page)
		l->top = l->cursor_at - page + 1;
	if (l->top + page > l->shown.n)
		l->top = l->shown.n > page ? l->shown.n - page : 0;
}

/* The nearest row that can be selected, searched from `at` first in the given direction, then in the other; SIZE_MAX: none. */
static size_t selectable(const struct lk_list *l, size_t at, int direction)
{
	for (int turn = 0; turn < 2; turn++, direction = -direction) {
		for (size_t i = at; i < l->shown.n; i += (size_t)(ptrdiff_t)direction) {
			if (!(lk_list_at(l, i)->flags & LK_ITEM_FIXED))
				return i;
		}
	}
	return SIZE_MAX;
}

static bool select_near(struct lk_list *l, size_t at, int direction)
{
	uint64_t before = l->cursor;
	size_t was = l->cursor_at;

	if (!l->shown.n)
		return false;
	at = selectable(l, at < l->shown.n ? at : l->shown.n - 1, direction);
	if (at == SIZE_MAX)
		return false;
	l->cursor_at = at;
	l->cursor = lk_list_at(l, at)->id;
	lk_list_scroll(l);
	return l->cursor != before || was != at;
}

bool lk_list_select(struct lk_list *l, size_t at)
{
	return select_near(l, at, 1);
}

bool lk_list_select_id(struct lk_list *l, uint64_t id)
{
	for (size_t i = 0; id && i < l->shown.n; i++) {
		if (lk_list_at(l, i)->id == id)
			return select_near(l, i, 1);
	}
	return false;
}

bool lk_list_move(struct lk_list *l, int64_t by)
{
	size_t at = l->cursor_at, last = l->shown.n ? l->shown.n - 1 : 0;

	/* With nothing selected, the first step selects the row at the place of the cursor. */
	if (!lk_list_selected(l))
		return select_near(l, at, by < 0 ? -1 : 1);
	if (by < 0)
		at = (uint64_t)-by > at ? 0 : at - (size_t)-by;
	else
		at = (uint64_t)by > last - at ? last : at + (size_t)by;
	return select_near(l, at, by < 0 ? -1 : 1);
}

void lk_list_reselect(struct lk_list *l)
{
	if (!lk_list_selected(l))
		select_near(l, l->cursor_at, 1);
}

bool lk_list_contended(struct lk_list *l, int direction)
{
	size_t n = l->shown.n;

	for (size_t step = 1; step <= n; step++) {
		size_t i = direction > 0 ? (l->cursor_at + step) % n : (l->cursor_at + n - step) % n;

		if (!(lk_list_at(l, i)->flags & LK_ITEM_CONTENDED))
			continue;
		lk_list_select(l, i);
		return true;
	}
	return false;
}

/* ---- sets of rows ---- */

static size_t lower_bound(const uint64_t *v, size_t n, uint64_t id)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v[mid] < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void set_member(lk_u64s *s, uint64_t id, bool on)
{
	size_t at = lower_bound(s->v, s->n, id);
	bool is = at < s->n && s->v[at] == id;

	if (is == on || !id)
		return;
	if (!on) {
		memmove(s->v + at, s->v + at + 1, (s->n - at - 1) * sizeof(*s->v));
		s->n--;
		return;
	}
	lk_vec_push(s);
	memmove(s->v + at + 1, s->v + at, (s->n - 1 - at) * sizeof(*s->v));
	s->v[at] = id;
}

bool lk_list_is_tagged(const struct lk_list *l, uint64_t id)
{
	return lk_u64s_has(&l->tags, id);
}

void lk_list_tag(struct lk_list *l, uint64_t id, bool on)
{
	set_member(&l->tags, id, on);
}

size_t lk_list_hidden_tags(const struct lk_list *l)
{
	size_t n = l->tags.n;

	for (size_t i = 0; n && i < l->shown.n; i++)
		n -= lk_list_is_tagged(l, lk_list_at(l, i)->id);
	return n;
}

bool lk_list_is_folded(const struct lk_list *l, uint64_t id)
{
	return lk_u64s_has(&l->folded, id);
}

void lk_list_fold(struct lk_list *l, uint64_t id, bool on)
{
	set_member(&l->folded, id, on);
	lk_list_arrange(l);
	lk_list_reselect(l);
}

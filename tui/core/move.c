/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that move about in the rows, order them and mark them. */
#include <string.h>

#include "table/get.h"
#include "tui/core/app.h"
#include "tui/widget/table_private.h"

#define SIDE_STEP 8

static struct lk_list *list_of(const struct lk_tui *t)
{
	return &lk_tui_view(t)->list;
}

unsigned lk_do_rows(struct lk_tui *t, int by)
{
	lk_list_move(list_of(t), by);
	return LK_DIRTY_PAINT;
}

unsigned lk_do_pages(struct lk_tui *t, int by)
{
	size_t page = list_of(t)->page;

	return lk_do_rows(t, by * (page > 1 ? (int)page : 1));
}

unsigned lk_do_half_pages(struct lk_tui *t, int by)
{
	size_t page = list_of(t)->page;

	return lk_do_rows(t, by * (page > 1 ? (int)(page + 1) / 2 : 1));
}

unsigned lk_do_end(struct lk_tui *t, int direction)
{
	struct lk_list *l = list_of(t);

	lk_list_select(l, direction > 0 && l->shown.n ? l->shown.n - 1 : 0);
	return LK_DIRTY_PAINT;
}

static unsigned fold(struct lk_list *l, uint64_t id, bool on)
{
	lk_list_fold(l, id, on);
	return LK_DIRTY_PAINT;
}

unsigned lk_do_left(struct lk_tui *t)
{
	struct lk_list *l = list_of(t);
	const struct lk_item *it = lk_list_selected(l);

	if (l->side > 0) {
		l->side -= l->side < SIDE_STEP ? l->side : SIDE_STEP;
		return LK_DIRTY_PAINT;
	}
	if (!l->tree || !it)
		return LK_DIRTY_NONE;
	if ((it->flags & LK_ITEM_HAS_CHILDREN) && !lk_list_is_folded(l, it->id))
		return fold(l, it->id, true);
	lk_list_select_id(l, it->parent);
	return LK_DIRTY_PAINT;
}

unsigned lk_do_right(struct lk_tui *t)
{
	struct lk_list *l = list_of(t);
	const struct lk_item *it = lk_list_selected(l);

	if (l->tree && it && lk_list_is_folded(l, it->id))
		return fold(l, it->id, false);
	/* No cell is longer than the longest path that the kernel takes. */
	if (l->side < 4096)
		l->side += SIDE_STEP;
	return LK_DIRTY_PAINT;
}

unsigned lk_do_expand(struct lk_tui *t)
{
	struct lk_list *l = list_of(t);
	const struct lk_item *it = lk_list_selected(l);

	return it && l->tree ? fold(l, it->id, false) : LK_DIRTY_NONE;
}

/* On a row that has nothing to fold, folds its parent. */
unsigned lk_do_collapse(struct lk_tui *t)
{
	struct lk_list *l = list_of(t);
	const struct lk_item *it = lk_list_selected(l);

	if (!it || !l->tree)
		return LK_DIRTY_NONE;
	if ((it->flags & LK_ITEM_HAS_CHILDREN) && !lk_list_is_folded(l, it->id))
		return fold(l, it->id, true);
	if (!it->parent)
		return LK_DIRTY_NONE;
	lk_list_select_id(l, it->parent);
	return fold(l, l->cursor, true);
}

unsigned lk_do_tag(struct lk_tui *t)
{
	struct lk_list *l = list_of(t);
	const struct lk_item *it = lk_list_selected(l);

	if (!it)
		return LK_DIRTY_NONE;
	lk_list_tag(l, it->id, !lk_list_is_tagged(l, it->id));
	lk_list_move(l, 1);
	return LK_DIRTY_PAINT;
}

/* In Files and Map by file, elsewhere by process. */
static bool is_same(const struct lk_tui *t, const struct lk_subject *a, const struct lk_subject *b)
{
	if (t->current == LK_VIEW_FILES || t->current == LK_VIEW_MAP)
		return a->file && b->file && a->file == b->file;
	return a->proc && b->proc && a->proc->pid == b->proc->pid && a->proc->start_ticks == b->proc->start_ticks;
}

unsigned lk_do_tag_same(struct lk_tui *t)
{
	struct lk_view *v = lk_tui_view(t);
	struct lk_list *l = &v->list;
	struct lk_subject one;

	lk_tui_subject(t, &one);
	for (size_t i = 0; one.frame && i < l->shown.n; i++) {
		const struct lk_item *it = lk_list_at(l, i);
		struct lk_subject other = { 0 };

		if (it->flags & (LK_ITEM_FIXED | LK_ITEM_GHOST))
			continue;
		v->ops->subject(t, it, &other);
		if (is_same(t, &one, &other))
			lk_list_tag(l, it->id, true);
	}
	return LK_DIRTY_PAINT;
}

unsigned lk_do_untag(struct lk_tui *t)
{
	list_of(t)->tags.n = 0;
	return LK_DIRTY_PAINT;
}

unsigned lk_do_follow(struct lk_tui *t)
{
	struct lk_list *l = list_of(t);

	l->follow = !l->follow;
	return lk_tui_say(t, LK_STYLE_WORDS,
			  l->follow ? "Following: the selected row keeps its line." : "No longer following.");
}

unsigned lk_do_invert(struct lk_tui *t)
{
	struct lk_list *l = list_of(t);

	l->descending = !l->descending;
	return LK_DIRTY_ORDER | LK_DIRTY_PAINT;
}

/* The shown column right (step 1) or left (step -1) of the one that orders the rows, around the ends; SIZE_MAX: none is shown. */
static size_t neighbour(const struct lk_tui *t, const struct lk_view *v, int step)
{
	size_t shown[LK_COLUMNS_MAX];
	size_t n = lk_table_shown(t, v, shown);

	for (size_t i = 0; i < n; i++) {
		if (shown[i] == v->list.sort_column)
			return shown[(i + n + (size_t)(ptrdiff_t)step) % n];
	}
	return n ? shown[step > 0 ? 0 : n - 1] : SIZE_MAX;
}

unsigned lk_do_next_sort(struct lk_tui *t, int step)
{
	struct lk_view *v = lk_tui_view(t);
	struct lk_list *l = &v->list;
	size_t column = neighbour(t, v, step);

	if (column == SIZE_MAX)
		return LK_DIRTY_NONE;
	l->sort_column = column;
	l->descending = v->ops->list.columns[column].flags & LK_COL_DESCENDING;
	lk_tui_say(t, LK_STYLE_WORDS, "Ordered by %s.", v->ops->list.columns[column].name);
	return LK_DIRTY_ORDER | LK_DIRTY_PAINT;
}

unsigned lk_do_next_contended(struct lk_tui *t, int direction)
{
	if (!lk_list_contended(list_of(t), direction))
		lk_tui_say(t, LK_STYLE_WORDS, "Nobody waits for any of these.");
	return LK_DIRTY_PAINT;
}

/* The shown row that is about this lock or request; 0: none. */
static uint64_t row_about(const struct lk_tui *t, const struct lk_lock *l)
{
	const struct lk_view *v = lk_tui_view(t);

	for (size_t i = 0; l && i < v->list.shown.n; i++) {
		const struct lk_item *it = lk_list_at(&v->list, i);
		struct lk_subject s = { 0 };

		if (it->flags & (LK_ITEM_FIXED | LK_ITEM_GHOST))
			continue;
		v->ops->subject(t, it, &s);
		if (s.lock == l)
			return it->id;
	}
	return 0;
}

/* From a lock back to the request that one came from, else to the first that waits for it. */
unsigned lk_do_blocker(struct lk_tui *t)
{
	struct lk_list *l = list_of(t);
	const struct lk_lock *to = NULL;
	struct lk_subject s;

	lk_tui_subject(t, &s);
	if (!s.lock || (!lk_lock_is_waiting(s.lock) && !s.lock->n_blocks))
		return lk_tui_say(t, LK_STYLE_WORDS, "Nobody waits here.");
	if (lk_lock_is_waiting(s.lock)) {
		l->back = s.id;
		to = lk_lock_blocker(s.lock);
	} else if (l->back && lk_list_select_id(l, l->back)) {
		l->back = 0;
		return LK_DIRTY_PAINT;
	} else {
		to = s.lock->blocks[0];
	}
	if (!lk_list_select_id(l, row_about(t, to)))
		lk_tui_say(t, LK_STYLE_ALARM, to ? "Its row is not shown here." : "What is in its way cannot be seen.");
	return LK_DIRTY_PAINT;
}

unsigned lk_do_only_contended(struct lk_tui *t)
{
	struct lk_list *l = list_of(t);

	l->only_contended = !l->only_contended;
	return LK_DIRTY_ORDER | LK_DIRTY_PAINT;
}

unsigned lk_do_find_next(struct lk_tui *t, int direction)
{
	struct lk_list *l = list_of(t);

	if (!l->search || !*l->search)
		return lk_tui_say(t, LK_STYLE_WORDS, "Nothing was searched for yet: press / first.");
	if (!lk_list_search_on(l, direction))
		lk_tui_say(t, LK_STYLE_ALARM, "Not found: %s", l->search);
	return LK_DIRTY_PAINT;
}

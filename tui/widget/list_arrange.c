/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rows are shown, and in which order. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "table/sort.h"
#include "tui/widget/list_private.h"

static struct lk_value value_of(const void *arg, size_t i, lk_buf *scratch)
{
	const struct lk_list *l = arg;

	return l->ops->value(l->view, &l->all.v[i], l->sort_column, scratch);
}

void lk_list_sort_by(struct lk_list *l, size_t column)
{
	if (column == l->sort_column)
		l->descending = !l->descending;
	else
		l->descending = column != SIZE_MAX && (l->ops->columns[column].flags & LK_COL_DESCENDING);
	l->sort_column = column;
}

/* Sorts the rows, unless they are sorted so already: a change of the filter does not need it. */
static void want_order(struct lk_list *l)
{
	bool same = l->ordered_column == l->sort_column && l->ordered_descending == l->descending;
	struct lk_sort how = { .descending = l->descending };

	if (same && l->order.n == l->all.n)
		return;
	if (l->sort_column != SIZE_MAX)
		how.column = &l->ops->columns[l->sort_column];
	lk_vec_reserve(&l->order.v, &l->order.cap, 0, l->all.n, sizeof(*l->order.v));
	lk_sort_order(&how, l->all.n, value_of, l, l->order.v);
	l->order.n = l->all.n;
	l->ordered_column = l->sort_column;
	l->ordered_descending = l->descending;
}

/* The rows as a tree, by index: parent, first child, last child, next sibling; SIZE_MAX: none. */
struct tree {
	size_t *parent, *child, *last, *next;
	bool *wanted; /* the row, or one below it, passes the filters */
	size_t first, last_root;
};

static void tree_done(struct tree *t)
{
	free(t->parent);
	free(t->child);
	free(t->last);
	free(t->next);
	free(t->wanted);
}

static void hang(struct tree *t, size_t at, size_t parent)
{
	size_t *first = parent == SIZE_MAX ? &t->first : &t->child[parent];
	size_t *last = parent == SIZE_MAX ? &t->last_root : &t->last[parent];

	if (*last == SIZE_MAX)
		*first = at;
	else
		t->next[*last] = at;
	*last = at;
}

/* before: the parent of the previous row, which often is the parent of this one too. */
static size_t parent_of(const struct lk_list *l, size_t at, size_t before)
{
	uint64_t id = l->all.v[at].parent;
	size_t found;

	if (id && before != SIZE_MAX && l->all.v[before].id == id)
		return before;
	if (!id || !lk_map_find(&l->by_id, &id, sizeof(id), &found) || found == at)
		return SIZE_MAX;
	/* Parents stand before their children, so that no row can be its own ancestor; a ghost does not hang below a newer row. */
	return found < at ? found : SIZE_MAX;
}

static size_t *numbers(size_t n)
{
	size_t *v = lk_alloc(n, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = SIZE_MAX;
	return v;
}

static void tree_make(const struct lk_list *l, const bool *passes, struct tree *t)
{
	size_t n = l->all.n;

	*t = (struct tree){ .first = SIZE_MAX, .last_root = SIZE_MAX };
	t->parent = numbers(n);
	t->child = numbers(n);
	t->last = numbers(n);
	t->next = numbers(n);
	t->wanted = lk_alloc(n, sizeof(*t->wanted));
	for (size_t i = 0; i < n; i++)
		t->parent[i] = parent_of(l, i, i ? t->parent[i - 1] : SIZE_MAX);
	for (size_t i = 0; i < n; i++)
		hang(t, l->order.v[i], t->parent[l->order.v[i]]);
	for (size_t i = n; i-- > 0;) {
		t->wanted[i] = t->wanted[i] || passes[i];
		if (t->wanted[i] && t->parent[i] != SIZE_MAX)
			t->wanted[t->parent[i]] = true;
	}
}

static void show(struct lk_list *l, size_t at)
{
	*lk_vec_push(&l->shown) = at;
}

static bool has_shown_child(const struct tree *t, size_t at)
{
	for (size_t c = t->child[at]; c != SIZE_MAX; c = t->next[c]) {
		if (t->wanted[c])
			return true;
	}
	return false;
}

/* Depth first, without recursion. */
static void show_tree(struct lk_list *l, const struct tree *t)
{
	size_t at = t->first;

	while (at != SIZE_MAX) {
		struct lk_item *it = &l->all.v[at];
		bool down = t->wanted[at] && t->child[at] != SIZE_MAX && !lk_list_is_folded(l, it->id);

		if (t->wanted[at]) {
			show(l, at);
			it->level = (unsigned short)(t->parent[at] == SIZE_MAX ? 0 : l->all.v[t->parent[at]].level + 1);
			it->flags &= (unsigned char)~LK_ITEM_HAS_CHILDREN;
			if (has_shown_child(t, at))
				it->flags |= LK_ITEM_HAS_CHILDREN;
		}
		if (down) {
			at = t->child[at];
			continue;
		}
		while (at != SIZE_MAX && t->next[at] == SIZE_MAX)
			at = t->parent[at];
		if (at != SIZE_MAX)
			at = t->next[at];
	}
}

static void arrange_tree(struct lk_list *l, const bool *passes)
{
	struct tree t;

	tree_make(l, passes, &t);
	show_tree(l, &t);
	tree_done(&t);
}

static void arrange_flat(struct lk_list *l, const bool *passes)
{
	bool sorted = l->sort_column != SIZE_MAX;

	for (size_t i = 0; i < l->all.n; i++) {
		size_t at = l->order.v[i];

		if (passes[at] && !((l->all.v[at].flags & LK_ITEM_FIXED) && sorted))
			show(l, at);
	}
}

/* Fills ret, which has room for l->all.n. */
static void filter_rows(struct lk_list *l, bool *ret)
{
	lk_buf words = { 0 };

	l->n_hidden_waiting = 0;
	for (size_t i = 0; i < l->all.n; i++) {
		ret[i] = lk_list_passes(l, &l->all.v[i], &words);
		l->n_hidden_waiting += !ret[i] && (l->all.v[i].flags & LK_ITEM_WAITING);
	}
	lk_vec_done(&words);
}

void lk_list_arrange(struct lk_list *l)
{
	lk_auto_mem bool *passes = lk_alloc(l->all.n, sizeof(*passes));

	l->epoch++;
	l->shown.n = 0;
	want_order(l);
	filter_rows(l, passes);
	if (l->tree)
		arrange_tree(l, passes);
	else
		arrange_flat(l, passes);
	/* At the very first rows nothing has been selected yet. */
	if (!l->cursor)
		lk_list_select(l, 0);
	lk_list_place_cursor(l);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rows are shown, and in which order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "tui/list_private.h"

/* A row with what it is ordered by, computed once. */
struct sort_key {
	struct lk_value value;
	enum lk_col_type type;
	size_t at; /* index in all */
	bool descending;
};

static int compare_values(const struct sort_key *x, const struct sort_key *y)
{
	switch (x->type) {
	case LK_COL_UNSIGNED:
		return x->value.u < y->value.u ? -1 : x->value.u > y->value.u;
	case LK_COL_STRING:
	case LK_COL_ENUM:
		return strcmp(x->value.s, y->value.s);
	default:
		return x->value.i < y->value.i ? -1 : x->value.i > y->value.i;
	}
}

/* Unknown values stand last, whichever way. */
static int compare_keys(const void *a, const void *b)
{
	const struct sort_key *x = a, *y = b;
	int order = 0;

	if (x->value.known != y->value.known)
		return x->value.known ? -1 : 1;
	if (x->value.known)
		order = compare_values(x, y);
	if (order)
		return x->descending ? -order : order;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int make_key(const struct lk_list *l, size_t at, lk_buf *scratch, struct lk_arena *a, struct sort_key *ret)
{
	enum lk_col_type type = LK_COL_NUMBER;
	struct lk_value v;

	scratch->n = 0;
	v = l->ops->value(l->view, &l->all.v[at], l->sort_column, scratch, &type);
	if (v.known && (type == LK_COL_STRING || type == LK_COL_ENUM)) {
		bool own = scratch->v && v.s >= scratch->v && v.s < scratch->v + scratch->cap;

		v.s = !v.s ? "" : own ? lk_arena_strdup(a, v.s) : v.s;
		if (!v.s)
			return -ENOMEM;
	}
	*ret = (struct sort_key){ .value = v, .type = type, .at = at, .descending = l->descending };
	return 0;
}

/* ret: all rows in order, room for l->all.n. */
static int order_rows(const struct lk_list *l, size_t *ret)
{
	lk_auto_mem struct sort_key *keys = NULL;
	struct lk_arena arena = { 0 };
	lk_buf scratch = { 0 };
	size_t n = l->all.n;
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		ret[i] = i;
	if (l->sort_column >= l->ops->n_columns || n < 2)
		return 0;
	keys = calloc(n, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < n && !rc; i++)
		rc = make_key(l, i, &scratch, &arena, &keys[i]);
	if (!rc) {
		qsort(keys, n, sizeof(*keys), compare_keys);
		for (size_t i = 0; i < n; i++)
			ret[i] = keys[i].at;
	}
	lk_arena_done(&arena);
	lk_vec_done(&scratch);
	return rc;
}

/* The order outlives changes of the filter. */
static int want_order(struct lk_list *l)
{
	bool same = l->ordered_column == l->sort_column && l->ordered_descending == l->descending;
	int rc;

	if (same && l->order.n == l->all.n)
		return 0;
	l->order.n = 0;
	if (lk_vec_reserve(&l->order.v, &l->order.cap, 0, l->all.n, sizeof(*l->order.v)) < 0)
		return -ENOMEM;
	rc = order_rows(l, l->order.v);
	if (rc)
		return rc;
	l->order.n = l->all.n;
	l->ordered_column = l->sort_column;
	l->ordered_descending = l->descending;
	return 0;
}

/* The tree of the rows: first child and next sibling, in order; SIZE_MAX: none. */
struct tree {
	size_t *parent, *child, *last, *next;
	bool *wanted; /* passes, or something below it does */
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

/* before: the parent of the row before, which mostly is this one's too. */
static size_t parent_of(const struct lk_list *l, size_t at, size_t before)
{
	uint64_t id = l->all.v[at].parent;
	size_t found;

	if (id && before != SIZE_MAX && l->all.v[before].id == id)
		return before;
	if (!id || !lk_map_find(&l->by_id, &id, sizeof(id), &found) || found == at)
		return SIZE_MAX;
	/* A ghost cannot hang under what came later, nor anything under itself: parents stand before their children. */
	return found < at ? found : SIZE_MAX;
}

static int tree_make(const struct lk_list *l, const bool *passes, struct tree *t)
{
	size_t n = l->all.n ? l->all.n : 1;

	*t = (struct tree){ .first = SIZE_MAX, .last_root = SIZE_MAX };
	t->parent = malloc(n * sizeof(*t->parent));
	t->child = malloc(n * sizeof(*t->child));
	t->last = malloc(n * sizeof(*t->last));
	t->next = malloc(n * sizeof(*t->next));
	t->wanted = calloc(n, sizeof(*t->wanted));
	if (!t->parent || !t->child || !t->last || !t->next || !t->wanted)
		return -ENOMEM;
	for (size_t i = 0; i < l->all.n; i++) {
		t->parent[i] = parent_of(l, i, i ? t->parent[i - 1] : SIZE_MAX);
		t->child[i] = t->last[i] = t->next[i] = SIZE_MAX;
	}
	for (size_t i = 0; i < l->all.n; i++)
		hang(t, l->order.v[i], t->parent[l->order.v[i]]);
	for (size_t i = l->all.n; i-- > 0;) {
		t->wanted[i] = t->wanted[i] || passes[i];
		if (t->wanted[i] && t->parent[i] != SIZE_MAX)
			t->wanted[t->parent[i]] = true;
	}
	return 0;
}

static int show(struct lk_list *l, size_t at)
{
	size_t *slot = lk_vec_push(&l->shown);

	if (!slot)
		return -ENOMEM;
	*slot = at;
	return 0;
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
static int show_tree(struct lk_list *l, const struct tree *t)
{
	size_t at = t->first;
	int rc = 0;

	while (at != SIZE_MAX && !rc) {
		struct lk_item *it = &l->all.v[at];
		bool down = t->wanted[at] && t->child[at] != SIZE_MAX && !lk_list_is_folded(l, it->id);

		if (t->wanted[at]) {
			rc = show(l, at);
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
	return rc;
}

static int arrange_tree(struct lk_list *l, const bool *passes)
{
	struct tree t;
	int rc = tree_make(l, passes, &t);

	if (!rc)
		rc = show_tree(l, &t);
	tree_done(&t);
	return rc;
}

static int arrange_flat(struct lk_list *l, const bool *passes)
{
	bool sorted = l->sort_column < l->ops->n_columns;
	int rc = 0;

	for (size_t i = 0; i < l->all.n && !rc; i++) {
		size_t at = l->order.v[i];

		if ((l->all.v[at].flags & LK_ITEM_FIXED) && sorted)
			continue;
		if (passes[at])
			rc = show(l, at);
	}
	return rc;
}

/* ret: room for l->all.n. */
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

int lk_list_arrange(struct lk_list *l)
{
	lk_auto_mem bool *passes = calloc(l->all.n ? l->all.n : 1, sizeof(*passes));
	int rc = passes ? want_order(l) : -ENOMEM;

	l->epoch++;
	l->shown.n = 0;
	if (rc)
		return rc;
	filter_rows(l, passes);
	rc = l->tree ? arrange_tree(l, passes) : arrange_flat(l, passes);
	if (rc)
		return rc;
	/* The very first rows: somebody must be the first. */
	if (!l->cursor)
		lk_list_select(l, 0);
	lk_list_place_cursor(l);
	return 0;
}

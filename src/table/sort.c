/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders rows by a column: for `list --sort` and for the screen. */
#include "table/sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cleanup.h"

/* The value that a row is sorted by, made once rather than at every comparison. */
struct entry {
	struct lk_value value;
	size_t place;
};

int lk_sort_parse(const char *text, const struct lk_column *columns, struct lk_sort *ret, struct lk_err *err)
{
	bool descending = text[0] == '-';
	const char *name = text + (descending || text[0] == '+' ? 1 : 0);
	const struct lk_column *col = lk_column_named(columns, name, strlen(name));
	const char *near = lk_column_suggest(columns, name, strlen(name));

	if (col) {
		*ret = (struct lk_sort){ .column = col, .descending = descending };
		return 0;
	}
	if (near)
		return lk_err_set(err, -EINVAL, "cannot sort by \"%s\": there is no such column; did you mean %s?",
				  name, near);
	return lk_err_set(err, -EINVAL, "cannot sort by \"%s\": there is no such column; %s lists them", name,
			  lk_columns_lister(columns));
}

static int compare(const void *x, const void *y, void *arg)
{
	const struct entry *a = x, *b = y;
	const struct lk_sort *sort = arg;
	int order;

	if (!a->value.known || !b->value.known) {
		order = (int)b->value.known - (int)a->value.known;
	} else {
		order = lk_value_compare(sort->column, &a->value, &b->value);
		order = sort->descending ? -order : order;
	}
	if (order)
		return order;
	return (a->place > b->place) - (a->place < b->place);
}

/* Copies a string that lies in scratch, which the next row overwrites. */
static struct lk_value keep(struct lk_value v, const lk_buf *scratch, struct lk_arena *arena)
{
	if (v.s && scratch->v && v.s >= scratch->v && v.s < scratch->v + scratch->cap)
		v.s = lk_arena_strdup(arena, v.s);
	return v;
}

void lk_sort_order(const struct lk_sort *sort, size_t n, lk_sort_value value, const void *arg, size_t *ret)
{
	lk_auto_mem struct entry *entries = lk_alloc(n, sizeof(*entries));
	struct lk_sort how = *sort;
	struct lk_arena arena = { 0 };
	lk_buf scratch = { 0 };

	for (size_t i = 0; i < n; i++) {
		scratch.n = 0;
		entries[i].place = i;
		if (sort->column)
			entries[i].value = keep(value(arg, i, &scratch), &scratch, &arena);
	}
	if (sort->column)
		qsort_r(entries, n, sizeof(*entries), compare, &how);
	for (size_t i = 0; i < n; i++)
		ret[i] = entries[i].place;
	lk_arena_done(&arena);
	lk_vec_done(&scratch);
}

/* The argument of value_of(). */
struct rows {
	const struct lk_row *v;
	const struct lk_column *column;
};

static struct lk_value value_of(const void *arg, size_t i, lk_buf *scratch)
{
	const struct rows *rows = arg;

	return rows->column->get(&rows->v[i], scratch);
}

void lk_sort_rows(const struct lk_sort *sort, struct lk_row *rows, size_t n)
{
	lk_auto_mem struct lk_row *before = NULL;
	lk_auto_mem size_t *order = NULL;

	if (!sort->column || n < 2)
		return;
	before = lk_alloc(n, sizeof(*before));
	memcpy(before, rows, n * sizeof(*before));
	order = lk_alloc(n, sizeof(*order));
	lk_sort_order(sort, n, value_of, &(struct rows){ before, sort->column }, order);
	for (size_t i = 0; i < n; i++)
		rows[i] = before[order[i]];
}

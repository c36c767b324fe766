/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table/sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A row with its value, made once rather than at every comparison. */
struct entry {
	struct lk_row row;
	struct lk_value value;
	lk_buf scratch;
	size_t place;
};

int lk_sort_parse(const char *text, struct lk_sort *ret, struct lk_err *err)
{
	bool descending = text[0] == '-';
	const char *name = text + (descending || text[0] == '+' ? 1 : 0);
	const struct lk_column *col = lk_column_find(name, strlen(name));
	const char *near = lk_column_suggest(name, strlen(name));

	if (col) {
		*ret = (struct lk_sort){ .column = col, .descending = descending };
		return 0;
	}
	if (near)
		return lk_err_set(err, -EINVAL, "cannot sort by \"%s\": there is no such column; did you mean %s?",
				  name, near);
	return lk_err_set(err, -EINVAL, "cannot sort by \"%s\": there is no such column; -H lists them", name);
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

int lk_sort_rows(const struct lk_sort *sort, struct lk_row *rows, size_t n)
{
	struct entry *entries;
	struct lk_sort how = *sort;

	if (!sort->column || n < 2)
		return 0;
	entries = calloc(n, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		entries[i].row = rows[i];
		entries[i].place = i;
		entries[i].value = sort->column->get(&rows[i], &entries[i].scratch);
	}
	qsort_r(entries, n, sizeof(*entries), compare, &how);
	for (size_t i = 0; i < n; i++) {
		rows[i] = entries[i].row;
		lk_vec_done(&entries[i].scratch);
	}
	free(entries);
	return 0;
}

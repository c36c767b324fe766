/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows in the order of one column. */
#ifndef LK_TABLE_SORT_H
#define LK_TABLE_SORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "table/column.h"

struct lk_sort {
	const struct lk_column *column; /* NULL: leave the order as it is */
	bool descending;
};

/* "COL" or "+COL" for ascending, "-COL" for descending. 0 or -EINVAL with a sentence. */
int lk_sort_parse(const char *text, const struct lk_column *columns, struct lk_sort *ret, struct lk_err *err);

/* The value that the i-th row is sorted by. scratch: an empty buffer for strings that have to be made. */
typedef struct lk_value (*lk_sort_value)(const void *arg, size_t i, lk_buf *scratch);

/* Writes the indexes of the n rows to ret in sorted order. Stable; unknown values come last in either direction. */
void lk_sort_order(const struct lk_sort *sort, size_t n, lk_sort_value value, const void *arg, size_t *ret);
/* Sorts the rows in place, by the getter of the column. */
void lk_sort_rows(const struct lk_sort *sort, struct lk_row *rows, size_t n);

#endif

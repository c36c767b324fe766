/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows in the order of one column. */
#ifndef LK_TABLE_SORT_H
#define LK_TABLE_SORT_H

#include <stdbool.h>
#include <stddef.h>

#include "table/column.h"

struct lk_sort {
	const struct lk_column *column; /* NULL: leave the order as it is */
	bool descending;
};

/* "COL", or "-COL" for descending. 0 or -EINVAL with a sentence. */
int lk_sort_parse(const char *text, struct lk_sort *ret, struct lk_err *err);

/* Stable; numbers as numbers; unknown values last, whichever way. 0 or -ENOMEM (rows unchanged). */
int lk_sort_rows(const struct lk_sort *sort, struct lk_row *rows, size_t n);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a filter is made of: shared by the parser and the evaluator only. */
#ifndef LK_TABLE_FILTER_TREE_H
#define LK_TABLE_FILTER_TREE_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "table/column.h"

enum lk_filter_kind { LK_FILTER_OR, LK_FILTER_AND, LK_FILTER_NOT, LK_FILTER_TEST };

enum lk_filter_op {
	LK_FILTER_BARE, /* no operator: is it known and true */
	LK_FILTER_EQ,
	LK_FILTER_NE,
	LK_FILTER_LT,
	LK_FILTER_LE,
	LK_FILTER_GT,
	LK_FILTER_GE,
	LK_FILTER_MATCH,
	LK_FILTER_NOMATCH,
};

struct lk_filter_node {
	enum lk_filter_kind kind;
	size_t left, right; /* indexes of nodes; AND, OR; NOT has left only */
	/* TEST: */
	const struct lk_column *column;
	enum lk_filter_op op;
	bool is_null; /* compares with null */
	struct lk_value value; /* of the column's type; value.s is text */
	char *text; /* owned; the value as written, unquoted */
	regex_t regex;
	bool has_regex;
};

struct lk_filter {
	LK_VEC(struct lk_filter_node) nodes;
	size_t root;
};

#endif

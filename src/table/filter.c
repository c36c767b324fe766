/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evaluates a parsed --filter expression. */
#include "table/filter.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "table/filter_tree.h"

void lk_filter_free(struct lk_filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->nodes.n; i++) {
		struct lk_filter_node *node = &f->nodes.v[i];

		free(node->text);
		if (node->has_regex)
			regfree(&node->regex);
	}
	lk_vec_done(&f->nodes);
	free(f);
}

unsigned lk_filter_needs(const struct lk_filter *f)
{
	unsigned needs = 0;

	for (size_t i = 0; f && i < f->nodes.n; i++)
		needs |= f->nodes.v[i].column ? f->nodes.v[i].column->needs : 0;
	return needs;
}

static bool is_true(const struct lk_column *col, const struct lk_value *v)
{
	if (!v->known)
		return false;
	switch (col->type) {
	case LK_COL_NUMBER:
	case LK_COL_BOOL:
		return v->i != 0;
	case LK_COL_UNSIGNED:
		return v->u != 0;
	case LK_COL_STRING:
	case LK_COL_ENUM:
	case LK_COL_RANGE:
		break;
	}
	return v->s[0] != '\0';
}

static bool order_fits(enum lk_filter_op op, int order)
{
	switch (op) {
	case LK_FILTER_EQ:
		return order == 0;
	case LK_FILTER_NE:
		return order != 0;
	case LK_FILTER_LT:
		return order < 0;
	case LK_FILTER_LE:
		return order <= 0;
	case LK_FILTER_GT:
		return order > 0;
	case LK_FILTER_GE:
		return order >= 0;
	default:
		return false;
	}
}

static bool test_value(const struct lk_filter_node *node, const struct lk_value *v)
{
	if (node->op == LK_FILTER_BARE)
		return is_true(node->column, v);
	if (node->is_null)
		return (node->op == LK_FILTER_EQ) == !v->known;
	if (!v->known)
		return false;
	if (node->has_regex)
		return (regexec(&node->regex, v->s, 0, NULL, 0) == 0) == (node->op == LK_FILTER_MATCH);
	/* Words are the same or not; their order is for sorting. */
	if (node->column->type == LK_COL_ENUM)
		return order_fits(node->op, strcasecmp(v->s, node->value.s));
	return order_fits(node->op, lk_value_compare(node->column, v, &node->value));
}

static bool test_row(const struct lk_filter_node *node, const struct lk_row *row)
{
	lk_buf scratch = { 0 };
	struct lk_value v = node->column->get(row, &scratch);
	bool yes = test_value(node, &v);

	lk_vec_done(&scratch);
	return yes;
}

/* The parser bounds the depth. */
static bool match(const struct lk_filter *f, size_t at, const struct lk_row *row)
{
	const struct lk_filter_node *node = &f->nodes.v[at];

	switch (node->kind) {
	case LK_FILTER_OR:
		return match(f, node->left, row) || match(f, node->right, row);
	case LK_FILTER_AND:
		return match(f, node->left, row) && match(f, node->right, row);
	case LK_FILTER_NOT:
		return !match(f, node->left, row);
	case LK_FILTER_TEST:
		break;
	}
	return test_row(node, row);
}

bool lk_filter_match(const struct lk_filter *f, const struct lk_row *row)
{
	return !f || match(f, f->root, row);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lock means to the program that took it. */
#include "table/meaning.h"

#include "base/alloc.h"
#include "base/cleanup.h"

#define MOST_ROWS 8192 /* rows of a file; with more no meaning is given, because each row needs a look at all of them */

const struct lk_lock *lk_meaning_rows(const struct lk_snapshot *s, const struct lk_lock *l, size_t *ret_n)
{
	size_t first = l->index, end = l->index + 1;

	while (first > 0 && s->locks[first - 1].file == l->file && end - first <= MOST_ROWS)
		first--;
	while (end < s->n_locks && s->locks[end].file == l->file && end - first <= MOST_ROWS)
		end++;
	*ret_n = end - first;
	return &s->locks[first];
}

/* The rows of the file of l, as heap memory; NULL: too many, or l cannot have a meaning. */
static const struct lk_lock **rows_of(const struct lk_snapshot *s, const struct lk_lock *l, size_t *ret_n)
{
	const struct lk_lock **rows, *first;

	/* A lock that fits no layout by itself has no meaning. */
	if (!s || l->index >= s->n_locks || &s->locks[l->index] != l || !lk_known_may_fit(l))
		return NULL;
	first = lk_meaning_rows(s, l, ret_n);
	rows = *ret_n <= MOST_ROWS ? lk_alloc(*ret_n, sizeof(*rows)) : NULL;
	for (size_t i = 0; rows && i < *ret_n; i++)
		rows[i] = &first[i];
	return rows;
}

const struct lk_known_layout *lk_meaning_layout(const struct lk_snapshot *s, const struct lk_lock *l)
{
	size_t n = 0;
	lk_auto_mem const struct lk_lock **rows = rows_of(s, l, &n);

	return rows ? lk_known_find(rows, n, l->file->path) : NULL;
}

/* A lock within one range is explained in words; for several ranges only their names are given. */
static void put_ranges(const struct lk_known_layout *layout, const struct lk_lock *l, lk_buf *out)
{
	const struct lk_known_range *known = lk_known_at(layout, l->rec.range.start);
	size_t before = out->n, named;

	lk_buf_printf(out, "%s ", layout->name);
	named = out->n;
	lk_known_name(layout, l->rec.range, out);
	/* Bytes outside of the layout are not locked by that program. */
	if (out->n == named) {
		out->n = before;
	} else if (known && l->rec.range.end <= known->range.end && !lk_lock_is_waiting(l)) {
		lk_buf_puts(out, ": ");
		lk_known_text(known, l->rec.mode, out);
	}
}

void lk_meaning_text(const struct lk_snapshot *s, const struct lk_lock *l, lk_buf *out)
{
	size_t n = 0;
	lk_auto_mem const struct lk_lock **rows = rows_of(s, l, &n);
	const struct lk_known_layout *layout = rows ? lk_known_find(rows, n, l->file->path) : NULL;
	const struct lk_known_state *state = layout ? lk_known_state_of(layout, l, rows, n) : NULL;

	if (!layout)
		return;
	if (!state) {
		put_ranges(layout, l, out);
		return;
	}
	lk_buf_printf(out, "%s %s: ", layout->name, state->name);
	if (layout->tells_ranges)
		lk_known_name(layout, l->rec.range, out);
	else
		lk_buf_puts(out, state->text);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joins the lines of /proc/locks with the descriptors that show the same line: "union, because each misses what the other has". */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/build_private.h"

uint32_t lk_build_add_row(struct lk_build *b, const struct lk_record *rec, size_t line, uint32_t group)
{
	struct lk_lock *l = lk_vec_push(&b->rows);
	struct build_link *link = l ? lk_vec_push(&b->links) : NULL;
	uint32_t at = (uint32_t)(b->rows.n - 1);

	if (!link || b->rows.n >= BUILD_NONE)
		return BUILD_NONE;
	*l = (struct lk_lock){ .rec = *rec, .line = line, .wait_ms = -1, .wait_error_ms = -1, .break_left_ms = -1 };
	l->state = rec->phase == LK_PHASE_BREAKING ? LK_STATE_BREAKING : LK_STATE_HELD;
	*link = (struct build_link){ .group = group, .waiter = BUILD_NONE, .root = at, .file = BUILD_NONE };
	return at;
}

static int set_held(struct lk_build *b, uint32_t row, uint32_t group)
{
	b->links.v[row].group = group;
	b->links.v[row].file = group == BUILD_NONE ? lk_build_file_by_key(b, &b->rows.v[row].rec.key)
						   : lk_build_first_hit(b, group)->file;
	return b->links.v[row].file == BUILD_NONE ? -ENOMEM : 0;
}

/* root: BUILD_NONE where its line could not be understood, or was not seen. */
static int set_waiting(struct lk_build *b, uint32_t row, uint32_t root)
{
	struct lk_lock *l = &b->rows.v[row];
	struct build_link *link = &b->links.v[row];

	l->state = l->rec.phase == LK_PHASE_BREAKER ? LK_STATE_BREAKER : LK_STATE_WAITING;
	link->group = BUILD_NONE;
	if (root == BUILD_NONE) {
		link->file = lk_build_file_by_key(b, &l->rec.key);
		return link->file == BUILD_NONE ? -ENOMEM : 0;
	}
	link->root = root;
	/* The kernel lists it under a lock of the same file, even where it prints no key (fs/locks.c, lease breakers). */
	link->file = b->links.v[root].file;
	return 0;
}

static int set_lines(struct lk_build *b)
{
	uint32_t root = BUILD_NONE;
	int rc = 0;

	for (uint32_t i = 0; i < b->n_lines && !rc; i++) {
		const struct lk_record *rec = &b->rows.v[i].rec;
		bool below = root != BUILD_NONE && b->rows.v[root].rec.group == rec->group;

		if (rec->depth) {
			rc = set_waiting(b, i, below ? root : BUILD_NONE);
			continue;
		}
		root = i;
		rc = set_held(b, i, lk_build_take_group(b, i));
	}
	return rc;
}

static int compare_groups(const void *x, const void *y, void *arg)
{
	return lk_build_compare_groups(arg, *(const uint32_t *)x, *(const uint32_t *)y);
}

/* Locks that only fdinfo shows: hidden from this namespace's list, taken since it was read, or there is no list. */
static int add_unlisted(struct lk_build *b)
{
	lk_auto_mem uint32_t *left = malloc((b->groups.n + 1) * sizeof(*left));
	size_t n = 0;

	if (!left)
		return -ENOMEM;
	for (uint32_t g = 0; g < b->groups.n; g++) {
		if (!b->groups.v[g].taken)
			left[n++] = g;
	}
	qsort_r(left, n, sizeof(*left), compare_groups, b);
	for (size_t i = 0; i < n; i++) {
		struct lk_record rec = *lk_build_group_record(b, left[i]);
		uint32_t row = lk_build_add_row(b, &rec, 0, left[i]);

		if (row == BUILD_NONE || set_held(b, row, left[i]) < 0)
			return -ENOMEM;
		b->groups.v[left[i]].taken = true;
	}
	return 0;
}

/* Several equal lines shown by descriptors that cannot be told apart: their candidates are shared, and said to be. */
static void mark_shared_out(struct lk_build *b)
{
	for (size_t i = 0; i < b->rows.n; i++) {
		uint32_t group = b->links.v[i].group;

		if (group != BUILD_NONE && b->groups.v[group].shared_out)
			b->rows.v[i].how = LK_HOW_AMBIGUOUS;
	}
}

int lk_build_join(struct lk_build *b)
{
	int rc;

	b->n_lines = b->rows.n;
	rc = lk_build_group(b);
	rc = rc ? rc : set_lines(b);
	rc = rc ? rc : add_unlisted(b);
	if (rc)
		return rc;
	mark_shared_out(b);
	rc = lk_build_match_waiters(b);
	return rc ? rc : lk_build_sort(b);
}

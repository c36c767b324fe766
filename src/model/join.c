/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joins the lines of /proc/locks with the descriptors that show the same line: a union, because each has locks that the other lacks. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "model/build_private.h"

uint32_t lk_build_add_row(struct lk_build *b, const struct lk_record *rec, size_t line, uint32_t group)
{
	struct lk_lock *l = lk_vec_push(&b->rows);
	struct build_link *link = lk_vec_push(&b->links);
	uint32_t at = (uint32_t)(b->rows.n - 1);

	*l = (struct lk_lock){ .rec = *rec, .line = line, .wait_ms = -1, .wait_error_ms = -1, .break_left_ms = -1 };
	l->state = rec->phase == LK_PHASE_BREAKING ? LK_STATE_BREAKING : LK_STATE_HELD;
	*link = (struct build_link){ .group = group, .waiter = BUILD_NONE, .root = at, .file = BUILD_NONE };
	return at;
}

static void set_held(struct lk_build *b, uint32_t row, uint32_t group)
{
	b->links.v[row].group = group;
	b->links.v[row].file = group == BUILD_NONE ? lk_build_file_by_key(b, &b->rows.v[row].rec.key)
						   : lk_build_first_hit(b, group)->file;
}

/* root: BUILD_NONE if the root's line could not be parsed or was not seen. */
static void set_waiting(struct lk_build *b, uint32_t row, uint32_t root)
{
	struct lk_lock *l = &b->rows.v[row];
	struct build_link *link = &b->links.v[row];

	l->state = l->rec.phase == LK_PHASE_BREAKER ? LK_STATE_BREAKER : LK_STATE_WAITING;
	link->group = BUILD_NONE;
	if (root == BUILD_NONE) {
		link->file = lk_build_file_by_key(b, &l->rec.key);
		return;
	}
	link->root = root;
	/* The kernel lists a request under a lock of the same file, even where it prints no key (fs/locks.c, lease breakers). */
	link->file = b->links.v[root].file;
}

static void set_lines(struct lk_build *b)
{
	uint32_t root = BUILD_NONE;

	for (uint32_t i = 0; i < b->n_lines; i++) {
		const struct lk_record *rec = &b->rows.v[i].rec;
		bool below = root != BUILD_NONE && b->rows.v[root].rec.group == rec->group;

		if (rec->depth) {
			set_waiting(b, i, below ? root : BUILD_NONE);
			continue;
		}
		root = i;
		set_held(b, i, lk_build_take_group(b, i));
	}
}

static int compare_groups(const void *x, const void *y, void *arg)
{
	return lk_build_compare_groups(arg, *(const uint32_t *)x, *(const uint32_t *)y);
}

/* Locks that only fdinfo shows: hidden from this namespace's list, taken since it was read, or there is no list. */
static void add_unlisted(struct lk_build *b)
{
	lk_auto_mem uint32_t *left = lk_alloc(b->groups.n, sizeof(*left));
	size_t n = 0;

	for (uint32_t g = 0; g < b->groups.n; g++) {
		if (!b->groups.v[g].taken)
			left[n++] = g;
	}
	qsort_r(left, n, sizeof(*left), compare_groups, b);
	for (size_t i = 0; i < n; i++) {
		struct lk_record rec = *lk_build_group_record(b, left[i]);

		set_held(b, lk_build_add_row(b, &rec, 0, left[i]), left[i]);
		b->groups.v[left[i]].taken = true;
	}
}

/* Marks rows as ambiguous whose lines are equal and whose descriptors cannot be told apart: the rows share these descriptors as
 * candidates. */
static void mark_shared_out(struct lk_build *b)
{
	for (size_t i = 0; i < b->rows.n; i++) {
		uint32_t group = b->links.v[i].group;

		if (group != BUILD_NONE && b->groups.v[group].shared_out)
			b->rows.v[i].how = LK_HOW_AMBIGUOUS;
	}
}

void lk_build_join(struct lk_build *b)
{
	b->n_lines = b->rows.n;
	lk_build_group(b);
	set_lines(b);
	add_unlisted(b);
	mark_shared_out(b);
	lk_build_match_waiters(b);
	lk_build_sort(b);
}

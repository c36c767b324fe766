/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joins the lines of /proc/locks with the descriptors that show the same line: "union, because each misses what the other has". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/build_private.h"

/* Equal bodies belong to one lock when the open file description is the same; for POSIX locks the table is the owner. */
static uint64_t owner_of(const struct build_hit *h)
{
	if (h->rec.type == LK_TYPE_POSIX)
		return h->tid ? (uint64_t)h->tid : 0;
	return h->ofd;
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_hits(const void *a, const void *b)
{
	const struct build_hit *x = a, *y = b;
	int rc = memcmp(&x->body, &y->body, sizeof(x->body));

	rc = rc ? rc : compare_u64(owner_of(x), owner_of(y));
	rc = rc ? rc : compare_u64((uint64_t)x->pid, (uint64_t)y->pid);
	rc = rc ? rc : compare_u64((uint64_t)x->tid, (uint64_t)y->tid);
	return rc ? rc : compare_u64((uint64_t)x->fd, (uint64_t)y->fd);
}

static bool same_body(const struct build_hit *a, const struct build_hit *b)
{
	return memcmp(&a->body, &b->body, sizeof(a->body)) == 0;
}

static bool same_group(const struct build_hit *a, const struct build_hit *b)
{
	return same_body(a, b) && owner_of(a) == owner_of(b);
}

static int make_groups(struct lk_build *b)
{
	if (b->hits.n)
		qsort(b->hits.v, b->hits.n, sizeof(*b->hits.v), compare_hits);
	for (size_t i = 0; i < b->hits.n; i++) {
		const struct build_hit *h = &b->hits.v[i];
		struct build_group *g;

		if (i && same_group(&h[-1], h)) {
			b->groups.v[b->groups.n - 1].n++;
			continue;
		}
		g = lk_vec_push(&b->groups);
		if (!g)
			return -ENOMEM;
		*g = (struct build_group){ .first = i, .n = 1 };
		if ((i == 0 || !same_body(&h[-1], h)) &&
		    lk_map_set(&b->by_body, &h->body, sizeof(h->body), b->groups.n - 1) < 0)
			return -ENOMEM;
	}
	return 0;
}

static bool has_body(const struct lk_build *b, size_t group, const struct lk_body *body)
{
	return group < b->groups.n && memcmp(&b->hits.v[b->groups.v[group].first].body, body, sizeof(*body)) == 0;
}

static bool owner_known(const struct lk_build *b, size_t group)
{
	const struct build_hit *h = &b->hits.v[b->groups.v[group].first];

	return h->rec.type == LK_TYPE_POSIX || h->ofd != 0;
}

/* The next group that shows this line, SIZE_MAX when all are used up. The group of unknown descriptions stands first and is
 * shared by the lines for which no better one is left. */
static size_t take_group(struct lk_build *b, const struct lk_record *rec)
{
	struct lk_body body = lk_record_body(rec);
	size_t first, unknown, next;

	if (!lk_map_find(&b->by_body, &body, sizeof(body), &first))
		return SIZE_MAX;
	unknown = owner_known(b, first) ? SIZE_MAX : first;
	next = first + (unknown != SIZE_MAX) + b->groups.v[first].n_out;
	if (has_body(b, next, &body)) {
		b->groups.v[first].n_out++;
		b->groups.v[next].taken = true;
		return next;
	}
	if (unknown != SIZE_MAX) {
		b->groups.v[unknown].shared_out = b->groups.v[unknown].taken;
		b->groups.v[unknown].taken = true;
	}
	return unknown;
}

struct build_row *lk_build_add_row(struct lk_build *b, const struct lk_record *rec, size_t line, size_t group)
{
	struct build_row *r = lk_vec_push(&b->rows);

	if (!r)
		return NULL;
	*r = (struct build_row){ .group = group, .waiter = SIZE_MAX, .root = b->rows.n - 1 };
	r->lock.wait_error_ms = -1;
	r->lock.rec = *rec;
	r->lock.line = line;
	r->lock.wait_ms = -1;
	r->lock.state = rec->phase == LK_PHASE_BREAKING ? LK_STATE_BREAKING : LK_STATE_HELD;
	return r;
}

static int add_held(struct lk_build *b, const struct lk_record *rec, size_t line, size_t group)
{
	struct build_row *r = lk_build_add_row(b, rec, line, group);

	if (!r)
		return -ENOMEM;
	r->lock.file = group == SIZE_MAX ? lk_build_file_by_key(b, &rec->key)
					 : b->hits.v[b->groups.v[group].first].file;
	return r->lock.file ? 0 : -ENOMEM;
}

static int add_waiting(struct lk_build *b, const struct lk_record *rec, size_t line, size_t root)
{
	struct build_row *r = lk_build_add_row(b, rec, line, SIZE_MAX);

	if (!r)
		return -ENOMEM;
	r->root = root;
	r->lock.state = rec->phase == LK_PHASE_BREAKER ? LK_STATE_BREAKER : LK_STATE_WAITING;
	/* The kernel lists it under a lock of the same file, even where it prints no key (fs/locks.c, lease breakers). */
	r->lock.file = b->rows.v[root].lock.file;
	return 0;
}

/* Its root's line could not be understood, or was not seen. */
static int add_stray_waiter(struct lk_build *b, const struct lk_fact_lock *l)
{
	struct build_row *r = lk_build_add_row(b, &l->rec, l->line, SIZE_MAX);

	if (!r)
		return -ENOMEM;
	r->lock.state = l->rec.phase == LK_PHASE_BREAKER ? LK_STATE_BREAKER : LK_STATE_WAITING;
	r->lock.file = lk_build_file_by_key(b, &l->rec.key);
	return r->lock.file ? 0 : -ENOMEM;
}

static int add_lines(struct lk_build *b)
{
	size_t root = SIZE_MAX;
	int rc = 0;

	for (size_t i = 0; i < b->lines.n && !rc; i++) {
		const struct lk_fact_lock *l = &b->lines.v[i];

		if (!l->rec.depth) {
			root = b->rows.n;
			rc = add_held(b, &l->rec, l->line, take_group(b, &l->rec));
		} else if (root != SIZE_MAX && b->rows.v[root].lock.rec.group == l->rec.group) {
			rc = add_waiting(b, &l->rec, l->line, root);
		} else {
			rc = add_stray_waiter(b, l);
		}
	}
	return rc;
}

/* Locks that only fdinfo shows: hidden from this namespace's list, taken since it was read, or there is no list. */
static int add_unlisted(struct lk_build *b)
{
	int rc = 0;

	for (size_t g = 0; g < b->groups.n && !rc; g++) {
		if (b->groups.v[g].taken)
			continue;
		b->groups.v[g].taken = true;
		rc = add_held(b, &b->hits.v[b->groups.v[g].first].rec, 0, g);
	}
	return rc;
}

/* Several equal lines shown by descriptors that cannot be told apart: their candidates are shared, and said to be. */
static void mark_shared_out(struct lk_build *b)
{
	for (size_t i = 0; i < b->rows.n; i++) {
		struct build_row *r = &b->rows.v[i];

		if (r->group != SIZE_MAX && b->groups.v[r->group].shared_out)
			r->lock.how = LK_HOW_AMBIGUOUS;
	}
}

static int compare_paths(const struct lk_file *a, const struct lk_file *b)
{
	if (a == b)
		return 0;
	if (!a->path || !b->path)
		return a->path ? -1 : b->path ? 1 : 0;
	return strcmp(a->path, b->path);
}

static int compare_files(const struct lk_file *a, const struct lk_file *b)
{
	int rc = compare_paths(a, b);

	rc = rc ? rc : compare_u64(a->key.major, b->key.major);
	rc = rc ? rc : compare_u64(a->key.minor, b->key.minor);
	rc = rc ? rc : compare_u64(a->key.ino, b->key.ino);
	rc = rc ? rc : compare_u64(a->st_major, b->st_major);
	rc = rc ? rc : compare_u64(a->st_minor, b->st_minor);
	return rc ? rc : compare_u64(a->index, b->index);
}

static int first_pid(const struct lk_build *b, const struct build_row *r)
{
	return r->group == SIZE_MAX ? (int)r->lock.rec.pid : b->hits.v[b->groups.v[r->group].first].pid;
}

static int compare_roots(const struct lk_build *b, const struct build_row *x, const struct build_row *y)
{
	int rc = compare_files(x->lock.file, y->lock.file);

	rc = rc ? rc : lk_range_compare(x->lock.rec.range, y->lock.rec.range);
	rc = rc ? rc : (int)x->lock.rec.type - (int)y->lock.rec.type;
	rc = rc ? rc : (int)x->lock.rec.mode - (int)y->lock.rec.mode;
	return rc ? rc : first_pid(b, x) - first_pid(b, y);
}

static int compare_order(const void *a, const void *b, void *arg)
{
	const struct lk_build *build = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	size_t rx = build->rows.v[x].root, ry = build->rows.v[y].root;
	int rc = rx == ry ? 0 : compare_roots(build, &build->rows.v[rx], &build->rows.v[ry]);

	rc = rc ? rc : compare_u64(rx, ry);
	return rc ? rc : compare_u64(x, y);
}

/* By file, then range: what belongs together stands together, in the same order from run to run. Waiters follow their root. */
static int sort_rows(struct lk_build *b)
{
	size_t n = b->rows.n;
	lk_auto_mem size_t *order = calloc(n ? n : 1, sizeof(*order));
	lk_auto_mem size_t *place = calloc(n ? n : 1, sizeof(*place));
	struct build_row *sorted = calloc(n ? n : 1, sizeof(*sorted));

	if (!order || !place || !sorted) {
		free(sorted);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(*order), compare_order, b);
	for (size_t i = 0; i < n; i++) {
		place[order[i]] = i;
		sorted[i] = b->rows.v[order[i]];
	}
	for (size_t i = 0; i < n; i++)
		sorted[i].root = place[sorted[i].root];
	free(b->rows.v);
	b->rows.v = sorted;
	b->rows.cap = n ? n : 1;
	return 0;
}

int lk_build_join(struct lk_build *b)
{
	int rc = make_groups(b);

	rc = rc ? rc : add_lines(b);
	rc = rc ? rc : add_unlisted(b);
	if (rc)
		return rc;
	mark_shared_out(b);
	rc = lk_build_match_waiters(b);
	return rc ? rc : sort_rows(b);
}

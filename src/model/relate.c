/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel lists a waiter under one of its blockers only; all of them follow from file, kind, range, mode and owner. */
#include "model/relate.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/vec.h"

struct pair {
	size_t waiter, blocker; /* rows */
};

typedef LK_VEC(struct pair) pairs;

/* Held locks of one file, by start, as an implicit balanced tree over a sorted array; most[mid] is the largest end in the part
 * that mid is the middle of. Finds the k locks that overlap a range in O(k log n). */
struct index {
	struct lk_lock **v;
	int64_t *most;
	size_t n;
};

/* The table that the holder is seen in is the waiter's too, as far as is known: a holder's thread tells of a private table, or only of
 * a process whose first thread has ended. */
static bool shares_table(const struct lk_holder *h, const struct lk_lock *waiting)
{
	int tid = waiting->waiter ? waiting->waiter->tid : 0;

	if (h->pid != waiting->pid)
		return false;
	return !h->tid || tid <= 0 || h->tid == tid || (h->proc && h->proc->state == 'Z');
}

static bool in_table(const struct lk_lock *held, const struct lk_lock *waiting)
{
	for (size_t i = 0; i < held->n_holders; i++) {
		if (shares_table(&held->holders[i], waiting))
			return true;
	}
	return !held->n_holders && held->pid == waiting->pid;
}

static bool is_held_by_thread(const struct lk_lock *held, const struct lk_holder *w)
{
	for (size_t i = 0; w && w->tid > 0 && i < held->n_holders; i++) {
		if (held->holders[i].pid == w->pid && held->holders[i].tid == w->tid)
			return true;
	}
	return false;
}

/* A POSIX owner is a table of descriptors: the process's, or the private one of a thread. Who waits for a lock that is in the
 * process's table, by the word of the kernel, has a private one. */
static bool same_table(const struct lk_lock *held, const struct lk_lock *waiting)
{
	const struct lk_lock *root = waiting->root;

	if (!waiting->pid)
		return held->rec.pid > 0 && held->rec.pid == waiting->rec.pid;
	if (!in_table(held, waiting))
		return false;
	if (!root || root->rec.type != LK_TYPE_POSIX || !in_table(root, waiting) ||
	    is_held_by_thread(root, waiting->waiter))
		return true;
	if (waiting->waiter && waiting->waiter->tid > 0)
		return is_held_by_thread(held, waiting->waiter);
	return held != root;
}

/* Any other owner is an open file description. Where two of one process could not be compared they may be the same one, unless the
 * kernel says that one waits for the other. flock(2) drops what the description has before it waits. */
static bool same_description(const struct lk_lock *held, const struct lk_lock *waiting)
{
	const struct lk_holder *w = waiting->waiter;

	if (held->ofd && waiting->ofd)
		return held->ofd == waiting->ofd;
	if (held->rec.type != LK_TYPE_OFD)
		return false;
	for (size_t i = 0; w && i < held->n_holders; i++) {
		if (held->holders[i].pid == w->pid && (held->holders[i].fd == w->fd || waiting->root != held))
			return true;
	}
	return false;
}

/* One owner never blocks itself. */
static bool same_owner(const struct lk_lock *held, const struct lk_lock *waiting)
{
	if (held->rec.type != waiting->rec.type)
		return false;
	return held->rec.type == LK_TYPE_POSIX ? same_table(held, waiting) : same_description(held, waiting);
}

/* Lines of equal locks cannot be told apart, so that even the root may be the waiter's own: the owner comes first. */
static bool blocks(const struct lk_lock *held, const struct lk_lock *waiting)
{
	if (same_owner(held, waiting))
		return false;
	return waiting->root == held || lk_record_conflicts(&held->rec, &waiting->rec);
}

static int compare_by_file(const void *a, const void *b)
{
	const struct lk_lock *const *x = a, *const *y = b;

	if ((*x)->file->index != (*y)->file->index)
		return (*x)->file->index < (*y)->file->index ? -1 : 1;
	return (*x)->index < (*y)->index ? -1 : (*x)->index > (*y)->index;
}

static int compare_start(const void *a, const void *b)
{
	const struct lk_lock *const *x = a, *const *y = b;
	int rc = lk_range_compare((*x)->rec.range, (*y)->rec.range);

	return rc ? rc : (*x)->index < (*y)->index ? -1 : (*x)->index > (*y)->index;
}

/* The depth is log n: the halves shrink. */
static int64_t fill_most(struct index *ix, size_t lo, size_t hi)
{
	size_t mid = lo + (hi - lo) / 2;
	int64_t most = -1, part;

	if (lo >= hi)
		return -1;
	most = ix->v[mid]->rec.range.end;
	part = fill_most(ix, lo, mid);
	most = part > most ? part : most;
	part = fill_most(ix, mid + 1, hi);
	most = part > most ? part : most;
	ix->most[mid] = most;
	return most;
}

static int add_pair(const struct lk_lock *held, const struct lk_lock *waiting, pairs *out)
{
	struct pair *p;

	if (!blocks(held, waiting))
		return 0;
	p = lk_vec_push(out);
	if (!p)
		return -ENOMEM;
	*p = (struct pair){ waiting->index, held->index };
	return 0;
}

static int query(const struct index *ix, size_t lo, size_t hi, const struct lk_lock *waiting, pairs *out)
{
	size_t mid = lo + (hi - lo) / 2;
	struct lk_range want = waiting->rec.range;
	int rc;

	if (lo >= hi || ix->most[mid] < want.start || out->n > LK_RELATE_MAX_PAIRS)
		return 0;
	rc = query(ix, lo, mid, waiting, out);
	if (rc || ix->v[mid]->rec.range.start > want.end)
		return rc;
	if (lk_range_overlaps(ix->v[mid]->rec.range, want))
		rc = add_pair(ix->v[mid], waiting, out);
	return rc ? rc : query(ix, mid + 1, hi, waiting, out);
}

/* Locks of different spaces never block each other; N_SPACES: a kind that is not known. */
#define N_SPACES 3

static int space_of(enum lk_type t)
{
	static const enum lk_type first[N_SPACES] = { LK_TYPE_POSIX, LK_TYPE_FLOCK, LK_TYPE_LEASE };

	for (int i = 0; i < N_SPACES; i++) {
		if (lk_type_same_space(t, first[i]))
			return i;
	}
	return N_SPACES;
}

/* Readers do not block readers: kept apart, so that they are not even looked at. */
static bool belongs(const struct lk_lock *l, int space, bool reads)
{
	return !lk_lock_is_waiting(l) && space_of(l->rec.type) == space && (l->rec.mode == LK_MODE_READ) == reads;
}

static int build_index(struct lk_lock **rows, size_t n, int space, bool reads, struct index *ret)
{
	struct index ix = { calloc(n, sizeof(*ix.v)), calloc(n, sizeof(*ix.most)), 0 };

	if (!ix.v || !ix.most) {
		free(ix.v);
		free(ix.most);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		if (belongs(rows[i], space, reads))
			ix.v[ix.n++] = rows[i];
	}
	qsort(ix.v, ix.n, sizeof(*ix.v), compare_start);
	fill_most(&ix, 0, ix.n);
	*ret = ix;
	return 0;
}

static int relate_part(struct lk_lock **rows, size_t n, int space, bool reads, pairs *out)
{
	struct index ix = { 0 };
	int rc = build_index(rows, n, space, reads, &ix);

	for (size_t w = 0; w < n && !rc; w++) {
		const struct lk_lock *l = rows[w];
		bool lease = space == 2;

		if (!lk_lock_is_waiting(l) || space_of(l->rec.type) != space)
			continue;
		if (!reads || lease || l->rec.mode != LK_MODE_READ)
			rc = query(&ix, 0, ix.n, l, out);
	}
	free(ix.v);
	free(ix.most);
	return rc;
}

static bool any_waiting(struct lk_lock **rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (lk_lock_is_waiting(rows[i]))
			return true;
	}
	return false;
}

/* Of kinds that are not known, the kernel's word is all there is. */
static int relate_unknown(struct lk_lock **rows, size_t n, pairs *out)
{
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++) {
		if (rows[i]->root && space_of(rows[i]->rec.type) == N_SPACES)
			rc = add_pair(rows[i]->root, rows[i], out);
	}
	return rc;
}

static int relate_file(struct lk_lock **rows, size_t n, pairs *out)
{
	int rc = 0;

	if (!any_waiting(rows, n))
		return 0;
	for (int space = 0; space < N_SPACES && !rc; space++) {
		rc = relate_part(rows, n, space, true, out);
		rc = rc ? rc : relate_part(rows, n, space, false, out);
	}
	return rc ? rc : relate_unknown(rows, n, out);
}

static int compare_waiter(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->waiter != y->waiter)
		return x->waiter < y->waiter ? -1 : 1;
	return x->blocker < y->blocker ? -1 : x->blocker > y->blocker;
}

static int compare_blocker(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->blocker != y->blocker)
		return x->blocker < y->blocker ? -1 : 1;
	return x->waiter < y->waiter ? -1 : x->waiter > y->waiter;
}

/* Hands each row its run of the sorted pairs. */
static int fill(struct lk_snapshot *s, pairs *p, bool by_waiter)
{
	const struct lk_lock **list = lk_arena_array(&s->arena, p->n, sizeof(*list));

	if (!list)
		return -ENOMEM;
	if (p->n)
		qsort(p->v, p->n, sizeof(*p->v), by_waiter ? compare_waiter : compare_blocker);
	for (size_t i = 0; i < p->n; i++) {
		struct lk_lock *row = &s->locks[by_waiter ? p->v[i].waiter : p->v[i].blocker];

		list[i] = &s->locks[by_waiter ? p->v[i].blocker : p->v[i].waiter];
		if (by_waiter && !row->n_blocked_by++)
			row->blocked_by = &list[i];
		if (!by_waiter && !row->n_blocks++)
			row->blocks = &list[i];
	}
	return 0;
}

/* Too many: what the kernel itself says is kept. */
static int keep_roots(struct lk_snapshot *s, pairs *p)
{
	int rc = 0;

	s->relations_cut = true;
	p->n = 0;
	for (size_t i = 0; i < s->n_locks && !rc; i++) {
		if (s->locks[i].root)
			rc = add_pair(s->locks[i].root, &s->locks[i], p);
	}
	return rc;
}

int lk_relate(struct lk_snapshot *s)
{
	lk_auto_mem struct lk_lock **rows = calloc(s->n_locks ? s->n_locks : 1, sizeof(*rows));
	pairs p = { 0 };
	size_t first = 0;
	int rc = 0;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_locks; i++)
		rows[i] = &s->locks[i];
	if (s->n_waiting)
		qsort(rows, s->n_locks, sizeof(*rows), compare_by_file);
	for (size_t i = 1; s->n_waiting && i <= s->n_locks && !rc; i++) {
		if (i < s->n_locks && rows[i]->file == rows[first]->file)
			continue;
		rc = relate_file(rows + first, i - first, &p);
		first = i;
	}
	if (!rc && p.n > LK_RELATE_MAX_PAIRS)
		rc = keep_roots(s, &p);
	rc = rc ? rc : fill(s, &p, true);
	rc = rc ? rc : fill(s, &p, false);
	lk_vec_done(&p);
	return rc;
}

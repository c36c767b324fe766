/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel lists a waiter under one of its blockers only; all of them follow from file, kind, range, mode and owner. */
#include "model/relate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"

struct pair {
	uint32_t waiter, blocker; /* rows */
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
	*p = (struct pair){ (uint32_t)waiting->index, (uint32_t)held->index };
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
	bool sorted = true; /* as a rule, for rows are ordered like that */

	if (!ix.v || !ix.most) {
		free(ix.v);
		free(ix.most);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		if (!belongs(rows[i], space, reads))
			continue;
		sorted = sorted && (!ix.n || compare_start(&ix.v[ix.n - 1], &rows[i]) < 0);
		ix.v[ix.n++] = rows[i];
	}
	if (!sorted)
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

	for (int space = 0; space < N_SPACES && !rc; space++) {
		rc = relate_part(rows, n, space, true, out);
		rc = rc ? rc : relate_part(rows, n, space, false, out);
	}
	return rc ? rc : relate_unknown(rows, n, out);
}

static uint32_t end_of(const struct pair *p, bool by_waiter)
{
	return by_waiter ? p->waiter : p->blocker;
}

/* Stable. next: room for a number for each row and one more. */
static void sort_pairs(const struct pair *from, size_t n, bool by_waiter, uint32_t *next, size_t n_rows,
		       struct pair *to)
{
	memset(next, 0, (n_rows + 1) * sizeof(*next));
	for (size_t i = 0; i < n; i++)
		next[end_of(&from[i], by_waiter) + 1]++;
	for (size_t i = 0; i < n_rows; i++)
		next[i + 1] += next[i];
	for (size_t i = 0; i < n; i++)
		to[next[end_of(&from[i], by_waiter)]++] = from[i];
}

/* Hands each row its run of the sorted pairs. */
static int fill(struct lk_snapshot *s, const struct pair *p, size_t n, bool by_waiter)
{
	const struct lk_lock **list = lk_arena_array(&s->arena, n, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct lk_lock *row = &s->locks[end_of(&p[i], by_waiter)];

		list[i] = &s->locks[end_of(&p[i], !by_waiter)];
		if (by_waiter && !row->n_blocked_by++)
			row->blocked_by = &list[i];
		if (!by_waiter && !row->n_blocks++)
			row->blocks = &list[i];
	}
	return 0;
}

/* Sorted by one end after the other, both lists are in the order of rows. */
static int fill_both(struct lk_snapshot *s, const pairs *p)
{
	lk_auto_mem struct pair *a = malloc((p->n + 1) * sizeof(*a)), *b = malloc((p->n + 1) * sizeof(*b));
	lk_auto_mem uint32_t *next = malloc((s->n_locks + 1) * sizeof(*next));
	int rc;

	if (!a || !b || !next)
		return -ENOMEM;
	sort_pairs(p->v, p->n, false, next, s->n_locks, a);
	sort_pairs(a, p->n, true, next, s->n_locks, b);
	rc = fill(s, b, p->n, true);
	sort_pairs(b, p->n, false, next, s->n_locks, a);
	return rc ? rc : fill(s, a, p->n, false);
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

/* Rows of files that somebody waits for, file by file. */
struct by_file {
	struct lk_lock **rows;
	uint32_t *begin; /* by file, n_files + 1; empty for the others */
};

static void by_file_done(struct by_file *f)
{
	free(f->rows);
	free(f->begin);
}

/* begin[file + 1] counts, then begin[file] runs through the rows of the file, then all is moved up by one. */
static int list_by_file(struct lk_snapshot *s, struct by_file *f)
{
	lk_auto_mem unsigned char *wanted = calloc(s->n_files + 1, 1);

	f->rows = malloc((s->n_locks + 1) * sizeof(*f->rows));
	f->begin = calloc(s->n_files + 2, sizeof(*f->begin));
	if (!wanted || !f->rows || !f->begin)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_locks; i++)
		wanted[s->locks[i].file->index] |= lk_lock_is_waiting(&s->locks[i]);
	for (size_t i = 0; i < s->n_locks; i++)
		f->begin[s->locks[i].file->index + 1] += wanted[s->locks[i].file->index];
	for (size_t i = 0; i < s->n_files; i++)
		f->begin[i + 1] += f->begin[i];
	for (size_t i = 0; i < s->n_locks; i++) {
		if (wanted[s->locks[i].file->index])
			f->rows[f->begin[s->locks[i].file->index]++] = &s->locks[i];
	}
	memmove(f->begin + 1, f->begin, s->n_files * sizeof(*f->begin));
	f->begin[0] = 0;
	return 0;
}

static int find_pairs(struct lk_snapshot *s, pairs *p)
{
	struct by_file f = { 0 };
	int rc = list_by_file(s, &f);

	for (size_t i = 0; i < s->n_files && !rc; i++) {
		if (f.begin[i + 1] > f.begin[i])
			rc = relate_file(f.rows + f.begin[i], f.begin[i + 1] - f.begin[i], p);
	}
	by_file_done(&f);
	if (!rc && p->n > LK_RELATE_MAX_PAIRS)
		rc = keep_roots(s, p);
	return rc;
}

int lk_relate(struct lk_snapshot *s)
{
	pairs p = { 0 };
	int rc = s->n_waiting ? find_pairs(s, &p) : 0;

	if (!rc && p.n)
		rc = fill_both(s, &p);
	lk_vec_done(&p);
	return rc;
}

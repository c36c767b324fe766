/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds all blockers of each waiter: the kernel lists it under one only; the others follow from file, kind, range, mode and owner.
 * See doc/kernel.md 1.3. */
#include "model/relate.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/ints.h"
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

/* Whether holder and waiter share a table of descriptors, as far as is known. A holder with a tid has a private table, or its process's
 * first thread has ended, so that fdinfo is found only below task/TID. */
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

/* A POSIX lock is owned by a table of descriptors: the process's, or a thread's private one. If the kernel lists a thread as waiting for a
 * lock of its own process's table, that thread has a private one. */
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

/* Any other lock is owned by an open file description. If two descriptors of one process could not be compared, they may have the same one,
 * unless the kernel says that one waits for the other. flock(2) drops the description's own lock before it waits. */
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

/* The owner is checked first: lines of equal locks cannot be told apart, so that even the root may be the waiter's own lock. */
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

	return rc ? rc : lk_compare((*x)->index, (*y)->index);
}

/* Recursion is log2(n) deep: each level halves the part. */
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

/* Where the pairs of one request go. */
struct taker {
	pairs *out;
	size_t left; /* how many more pairs are kept */
	const struct lk_lock *first; /* added before all others, so not again */
	bool cut; /* there were more pairs than fit */
};

static void add_pair(const struct lk_lock *held, const struct lk_lock *waiting, struct taker *t)
{
	if (held == t->first || !blocks(held, waiting))
		return;
	t->cut = t->cut || !t->left;
	if (!t->left)
		return;
	*lk_vec_push(t->out) = (struct pair){ (uint32_t)waiting->index, (uint32_t)held->index };
	t->left--;
}

static void query(const struct index *ix, size_t lo, size_t hi, const struct lk_lock *waiting, struct taker *t)
{
	size_t mid = lo + (hi - lo) / 2;
	struct lk_range want = waiting->rec.range;

	if (lo >= hi || ix->most[mid] < want.start || t->cut)
		return;
	query(ix, lo, mid, waiting, t);
	if (ix->v[mid]->rec.range.start > want.end)
		return;
	if (lk_range_overlaps(ix->v[mid]->rec.range, want))
		add_pair(ix->v[mid], waiting, t);
	query(ix, mid + 1, hi, waiting, t);
}

/* Locks of different spaces never block each other. N_SPACES: an unknown kind. */
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

/* Read locks do not block read requests: they have an index of their own, which such requests do not search. */
static bool belongs(const struct lk_lock *l, int space, bool reads)
{
	return !lk_lock_is_waiting(l) && space_of(l->rec.type) == space && (l->rec.mode == LK_MODE_READ) == reads;
}

static struct index build_index(struct lk_lock **rows, size_t n, int space, bool reads)
{
	struct index ix = { lk_alloc(n, sizeof(*ix.v)), lk_alloc(n, sizeof(*ix.most)), 0 };
	bool sorted = true; /* usually true: rows are in this order */

	for (size_t i = 0; i < n; i++) {
		if (!belongs(rows[i], space, reads))
			continue;
		sorted = sorted && (!ix.n || compare_start(&ix.v[ix.n - 1], &rows[i]) < 0);
		ix.v[ix.n++] = rows[i];
	}
	if (!sorted)
		qsort(ix.v, ix.n, sizeof(*ix.v), compare_start);
	fill_most(&ix, 0, ix.n);
	return ix;
}

static bool minds_readers(const struct lk_lock *waiting, int space)
{
	return space == 2 || waiting->rec.mode != LK_MODE_READ;
}

/* Adds the lock that the kernel lists the request under, before all others. */
static void take_root(const struct lk_lock *w, int space, struct taker *t)
{
	const struct lk_lock *root = w->root;

	if (!root || lk_lock_is_waiting(root) || space_of(root->rec.type) != space ||
	    !lk_range_overlaps(root->rec.range, w->rec.range) ||
	    (root->rec.mode == LK_MODE_READ && !minds_readers(w, space)))
		return;
	add_pair(root, w, t);
	t->first = root;
}

/* How many pairs the requests of one file may keep. They are shared evenly; what one request does not need is left to the later ones. */
struct share {
	pairs *out;
	size_t pairs, requests; /* still to be shared out */
	bool cut;
};

static struct taker begin_request(const struct share *share)
{
	size_t left = share->requests ? share->pairs / share->requests : share->pairs;

	return (struct taker){ .out = share->out, .left = left ? left : 1 };
}

static void end_request(struct share *share, const struct taker *t, size_t n_before)
{
	size_t used = share->out->n - n_before;

	share->pairs -= used < share->pairs ? used : share->pairs;
	share->requests -= share->requests > 0;
	share->cut = share->cut || t->cut;
}

/* ix: the held locks of one space, read locks first, then the others. */
static void relate_request(const struct index ix[2], const struct lk_lock *w, int space, struct share *share)
{
	struct taker t = begin_request(share);
	size_t n_before = share->out->n;

	take_root(w, space, &t);
	if (minds_readers(w, space))
		query(&ix[0], 0, ix[0].n, w, &t);
	query(&ix[1], 0, ix[1].n, w, &t);
	end_request(share, &t, n_before);
}

static void relate_space(struct lk_lock **rows, size_t n, int space, struct share *share)
{
	struct index ix[2] = { build_index(rows, n, space, true), build_index(rows, n, space, false) };

	for (size_t w = 0; w < n; w++) {
		if (lk_lock_is_waiting(rows[w]) && space_of(rows[w]->rec.type) == space)
			relate_request(ix, rows[w], space, share);
	}
	for (int i = 0; i < 2; i++) {
		free(ix[i].v);
		free(ix[i].most);
	}
}

/* For unknown kinds, the root that the kernel lists the request under is all that is known. */
static void relate_unknown(struct lk_lock **rows, size_t n, struct share *share)
{
	for (size_t i = 0; i < n; i++) {
		struct taker t = begin_request(share);
		size_t n_before = share->out->n;

		if (!rows[i]->root || space_of(rows[i]->rec.type) != N_SPACES)
			continue;
		add_pair(rows[i]->root, rows[i], &t);
		end_request(share, &t, n_before);
	}
}

static void relate_file(struct lk_lock **rows, size_t n, struct share *share)
{
	for (size_t i = 0; i < n; i++)
		share->requests += lk_lock_is_waiting(rows[i]);
	for (int space = 0; space < N_SPACES; space++)
		relate_space(rows, n, space, share);
	relate_unknown(rows, n, share);
}

static uint32_t end_of(const struct pair *p, bool by_waiter)
{
	return by_waiter ? p->waiter : p->blocker;
}

/* A stable counting sort. next: room for a number for each row and one more. */
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
static void fill(struct lk_snapshot *s, const struct pair *p, size_t n, bool by_waiter)
{
	const struct lk_lock **list = lk_arena_array(&s->arena, n, sizeof(*list));

	for (size_t i = 0; i < n; i++) {
		struct lk_lock *row = &s->locks[end_of(&p[i], by_waiter)];

		list[i] = &s->locks[end_of(&p[i], !by_waiter)];
		if (by_waiter && !row->n_blocked_by++)
			row->blocked_by = &list[i];
		if (!by_waiter && !row->n_blocks++)
			row->blocks = &list[i];
	}
}

/* Sorting by one end and then by the other puts both lists in the order of rows. */
static void fill_both(struct lk_snapshot *s, const pairs *p)
{
	lk_auto_mem struct pair *a = lk_alloc(p->n, sizeof(*a)), *b = lk_alloc(p->n, sizeof(*b));
	lk_auto_mem uint32_t *next = lk_alloc(s->n_locks + 1, sizeof(*next));

	sort_pairs(p->v, p->n, false, next, s->n_locks, a);
	sort_pairs(a, p->n, true, next, s->n_locks, b);
	fill(s, b, p->n, true);
	sort_pairs(b, p->n, false, next, s->n_locks, a);
	fill(s, a, p->n, false);
}

/* Rows of files that somebody waits for, file by file. */
struct by_file {
	struct lk_lock **rows;
	uint32_t *begin; /* by file, n_files + 1; empty for the others */
};

/* begin[file + 1] first counts; then begin[file] advances through the rows of the file; at the end all are moved up by one. */
static void list_by_file(struct lk_snapshot *s, struct by_file *f)
{
	lk_auto_mem unsigned char *wanted = lk_alloc(s->n_files, 1);

	f->rows = lk_alloc(s->n_locks, sizeof(*f->rows));
	f->begin = lk_alloc(s->n_files + 2, sizeof(*f->begin));
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
}

/* A file that somebody waits for, and how many pairs it could make at most. */
struct demand {
	uint32_t file;
	uint64_t pairs;
};

static int compare_demands(const void *a, const void *b)
{
	const struct demand *x = a, *y = b;
	int rc = lk_compare(x->pairs, y->pairs);

	return rc ? rc : lk_compare(x->file, y->file);
}

static uint64_t demand_of(struct lk_lock **rows, size_t n)
{
	uint64_t waiting = 0;

	for (size_t i = 0; i < n; i++)
		waiting += lk_lock_is_waiting(rows[i]);
	return waiting * (n - waiting);
}

static size_t list_demands(const struct by_file *f, size_t n_files, struct demand *out)
{
	size_t n = 0;

	for (size_t i = 0; i < n_files; i++) {
		size_t n_rows = f->begin[i + 1] - f->begin[i];

		if (n_rows)
			out[n++] = (struct demand){ (uint32_t)i, demand_of(f->rows + f->begin[i], n_rows) };
	}
	qsort(out, n, sizeof(*out), compare_demands);
	return n;
}

/* Files that need least come first, and each may keep an even part of what is left: no file can use up the pairs of another. */
static void find_pairs(struct lk_snapshot *s, pairs *p, size_t max_pairs)
{
	lk_auto_mem struct demand *demands = lk_alloc(s->n_files, sizeof(*demands));
	struct by_file f;
	size_t n;

	list_by_file(s, &f);
	n = list_demands(&f, s->n_files, demands);
	for (size_t i = 0; i < n; i++) {
		uint32_t file = demands[i].file, begin = f.begin[file];
		size_t left = max_pairs > p->n ? max_pairs - p->n : 0;
		struct share share = { .out = p, .pairs = left / (n - i) };

		relate_file(f.rows + begin, f.begin[file + 1] - begin, &share);
		s->files[file].relations_cut = share.cut;
		s->relations_cut = s->relations_cut || share.cut;
	}
	free(f.rows);
	free(f.begin);
}

void lk_relate_within(struct lk_snapshot *s, size_t max_pairs)
{
	pairs p = { 0 };

	if (s->n_waiting)
		find_pairs(s, &p, max_pairs);
	if (p.n)
		fill_both(s, &p);
	lk_vec_done(&p);
}

void lk_relate(struct lk_snapshot *s)
{
	lk_relate_within(s, LK_RELATE_MAX_PAIRS);
}

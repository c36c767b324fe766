/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches threads found blocked in lock calls with the "->" lines of /proc/locks. Only identical requests can be mistaken for each
 * other. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/ints.h"
#include "model/build_private.h"

/* What a line and a blocked call have in common; compared as bytes. */
struct request {
	uint64_t type;
	int64_t pid; /* -1 for OFD: the kernel prints none */
	uint64_t dev, ino;
	int64_t start, end;
};

struct entry {
	struct request req;
	uint32_t at; /* a waiter, or a row */
	uint32_t n_used; /* in the first of a run of equal ones: how many of the run are given out */
};

static struct request make_request(const struct lk_record *rec, const struct lk_key *key, int64_t pid)
{
	bool ofd = rec->type == LK_TYPE_OFD;
	/* A breaker's line has no key, and its type may be lease or delegation. */
	bool lease = rec->type == LK_TYPE_LEASE || rec->type == LK_TYPE_DELEG;
	struct request r = { .type = lease ? LK_TYPE_LEASE : rec->type, .pid = ofd ? -1 : pid, .end = LK_RANGE_EOF };

	if (lease)
		return r;
	r.type |= (uint64_t)rec->mode << 8;
	r.dev = (uint64_t)key->major << 32 | key->minor;
	r.ino = key->ino;
	r.start = rec->range.start;
	r.end = rec->range.end;
	return r;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int rc = memcmp(&x->req, &y->req, sizeof(x->req));

	return rc ? rc : lk_compare(x->at, y->at);
}

/* The first entry with this request; NULL: none. */
static struct entry *find_run(struct entry *v, size_t n, const struct request *req)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (memcmp(&v[mid].req, req, sizeof(*req)) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && memcmp(&v[lo].req, req, sizeof(*req)) == 0 ? &v[lo] : NULL;
}

/* The next entry with this request that is not given out yet; NULL: none. */
static struct entry *take_next(struct entry *v, size_t n, const struct request *req)
{
	struct entry *run = find_run(v, n, req), *e = run ? run + run->n_used : NULL;

	if (!e || e == v + n || memcmp(&e->req, req, sizeof(*req)) != 0)
		return NULL;
	run->n_used++;
	return e;
}

static bool is_open(const struct lk_build *b, uint32_t row)
{
	return b->links.v[row].waiter == BUILD_NONE && lk_lock_is_waiting(&b->rows.v[row]);
}

static const struct lk_key *key_of(const struct lk_build *b, uint32_t row)
{
	const struct lk_record *rec = &b->rows.v[row].rec;

	return rec->key.none ? &b->rows.v[b->links.v[row].root].rec.key : &rec->key;
}

static void take(struct lk_build *b, struct lk_equals *eq, uint32_t row, uint32_t waiter)
{
	struct build_waiter *w = &b->waiters.v[waiter];

	w->used = true;
	b->links.v[row].waiter = waiter;
	if (b->rows.v[row].rec.mode == LK_MODE_UNKNOWN)
		b->rows.v[row].rec.mode = w->f.rec.mode;
	if (!w->f.line)
		lk_equals_move(b, eq, row, w->file);
}

/* Waiters whose line the source knows need no search. Each line made one row, in order. */
static void match_lines(struct lk_build *b, struct lk_equals *eq)
{
	for (uint32_t k = 0; k < b->waiters.n; k++) {
		size_t line = b->waiters.v[k].f.line;

		if (line && line <= b->n_lines && b->rows.v[line - 1].line == line && is_open(b, (uint32_t)(line - 1)))
			take(b, eq, (uint32_t)(line - 1), k);
	}
}

/* Which requests a pass compares, and whether by their range. */
struct pass {
	bool by_range;
	struct entry *v;
	size_t n;
};

/* A range relative to the file position or size is resolved in /proc/locks only: pid, file, kind and mode must do. */
static struct request request_of(const struct pass *p, const struct lk_record *rec, const struct lk_key *key,
				 int64_t pid)
{
	struct request r = make_request(rec, key, pid);

	if (!p->by_range)
		r.start = r.end = 0;
	return r;
}

static bool belongs_to(const struct pass *p, const struct lk_fact_waiter *f)
{
	bool lease = f->rec.type == LK_TYPE_LEASE;

	if (f->rec.key.none && !lease)
		return false;
	return p->by_range == (f->range_resolved || lease);
}

static void match_pass(struct lk_build *b, struct lk_equals *eq, struct pass *p)
{
	for (uint32_t i = 0; i < b->waiters.n; i++) {
		const struct lk_fact_waiter *f = &b->waiters.v[i].f;

		if (!b->waiters.v[i].used && belongs_to(p, f))
			p->v[p->n++] = (struct entry){ request_of(p, &f->rec, &f->rec.key, f->pid), i, 0 };
	}
	qsort(p->v, p->n, sizeof(*p->v), compare_entries);
	for (uint32_t i = 0; p->n && i < b->rows.n; i++) {
		const struct lk_record *rec = &b->rows.v[i].rec;
		struct request req;
		struct entry *e;

		if (!is_open(b, i))
			continue;
		req = request_of(p, rec, key_of(b, i), rec->pid);
		e = take_next(p->v, p->n, &req);
		if (e)
			take(b, eq, i, e->at);
	}
}

/* ---- waiters of an unknown file ---- */

/* Without a file, kind, mode, pid and what is known of the range must do. pid 0: for lines that name nobody. */
static struct request loose_request(const struct lk_record *rec, int64_t pid, bool by_range)
{
	struct request r = { .type = (uint64_t)rec->type | (uint64_t)rec->mode << 8, .pid = pid > 0 ? pid : 0 };

	if (by_range) {
		r.type |= (uint64_t)1 << 63;
		r.start = rec->range.start;
		r.end = rec->range.end;
	}
	return r;
}

/* The first row of this request that no waiter has taken; NULL: none. Rows that were taken are skipped once and for all. */
static struct entry *first_open(const struct lk_build *b, struct entry *v, size_t n, const struct request *req)
{
	struct entry *run = find_run(v, n, req);

	for (; run; run->n_used++) {
		struct entry *e = run + run->n_used;

		if (e == v + n || memcmp(&e->req, req, sizeof(*req)) != 0)
			return NULL;
		if (is_open(b, e->at))
			return e;
	}
	return NULL;
}

static void take_loose(struct lk_build *b, struct lk_equals *eq, struct entry *v, size_t n, uint32_t waiter)
{
	const struct lk_fact_waiter *f = &b->waiters.v[waiter].f;
	struct request named = loose_request(&f->rec, f->pid, f->range_resolved);
	struct request nameless = loose_request(&f->rec, 0, f->range_resolved);
	struct entry *x = first_open(b, v, n, &named), *y = first_open(b, v, n, &nameless);

	if (y && (!x || y->at < x->at))
		x = y;
	if (x)
		take(b, eq, x->at, waiter);
}

/* Lists each waiting row that no waiter has taken twice: with its range, and without, for waiters whose range is not known. */
static size_t list_open(const struct lk_build *b, struct entry *v)
{
	size_t n = 0;

	for (uint32_t i = 0; i < b->rows.n; i++) {
		const struct lk_record *rec = &b->rows.v[i].rec;

		if (!is_open(b, i))
			continue;
		v[n++] = (struct entry){ loose_request(rec, rec->pid, true), i, 0 };
		v[n++] = (struct entry){ loose_request(rec, rec->pid, false), i, 0 };
	}
	qsort(v, n, sizeof(*v), compare_entries);
	return n;
}

static void match_loose(struct lk_build *b, struct lk_equals *eq)
{
	lk_auto_mem struct entry *v = NULL;
	size_t n = 0;

	for (uint32_t k = 0; k < b->waiters.n; k++) {
		const struct build_waiter *w = &b->waiters.v[k];

		if (w->used || !w->f.rec.key.none)
			continue;
		if (!v) {
			v = lk_alloc(b->rows.n, 2 * sizeof(*v));
			n = list_open(b, v);
		}
		take_loose(b, eq, v, n, k);
	}
}

/* Whether a request that /proc/locks does not have becomes a row of its own: its thread is stopped (the kernel drops the request), the list
 * of this namespace hides it, or a server keeps it. Any other was granted or given up during the scan. */
static bool stands_alone(const struct lk_build *b, const struct build_waiter *w)
{
	bool lease = w->f.rec.type == LK_TYPE_LEASE;

	if (w->used || w->file == BUILD_NONE || lease)
		return false;
	if (w->f.stopped || b->files.v[w->file].local == LK_NO)
		return true;
	return !b->snap->host.initial_pidns || !b->snap->host.has_locks_file;
}

static void add_alone(struct lk_build *b, uint32_t waiter)
{
	struct build_waiter *w = &b->waiters.v[waiter];
	uint32_t row = lk_build_add_row(b, &w->f.rec, 0, BUILD_NONE);

	w->used = true;
	b->links.v[row].waiter = waiter;
	b->links.v[row].file = w->file;
	b->rows.v[row].state = w->f.stopped ? LK_STATE_STOPPED_WAITING : LK_STATE_WAITING;
}

static void match(struct lk_build *b, struct lk_equals *eq)
{
	lk_auto_mem struct entry *v = lk_alloc(b->waiters.n, sizeof(*v));
	struct pass exact = { .by_range = true, .v = v }, relative = { .v = v };

	match_lines(b, eq);
	match_pass(b, eq, &exact);
	match_pass(b, eq, &relative);
	match_loose(b, eq);
}

void lk_build_match_waiters(struct lk_build *b)
{
	struct lk_equals eq = { 0 };

	if (b->waiters.n)
		match(b, &eq);
	lk_equals_part(b, &eq);
	lk_equals_done(&eq);
	for (uint32_t i = 0; i < b->waiters.n; i++) {
		if (stands_alone(b, &b->waiters.v[i]))
			add_alone(b, i);
	}
}

/* ---- lines that print the same are told apart by who waits behind them ---- */

#define MAX_TRIED 1000 /* how many equal lines are tried to swap with */

struct kind {
	uint32_t file;
	const struct lk_record *rec;
};

static bool is_kind(const void *arg, uint32_t value, const void *key)
{
	const struct lk_build *b = arg;
	const struct kind *k = key;

	return b->links.v[value].file == k->file && lk_record_same_body(&b->rows.v[value].rec, k->rec);
}

static uint64_t hash_kind(const struct kind *k)
{
	return lk_build_hash_body(k->rec) + k->file;
}

static uint32_t first_equal(const struct lk_build *b, const struct lk_equals *eq, const struct kind *k)
{
	return lk_index_find(&eq->by_kind, hash_kind(k), is_kind, b, k);
}

/* Chains the root rows of each kind, when the first chain is needed. */
static void make_chains(struct lk_build *b, struct lk_equals *eq)
{
	lk_auto_mem uint32_t *last = eq->next ? NULL : lk_alloc(b->rows.n, sizeof(*last));

	if (!last)
		return;
	eq->next = lk_alloc(b->rows.n, sizeof(*eq->next));
	for (uint32_t i = 0; i < b->rows.n; i++) {
		struct kind k = { b->links.v[i].file, &b->rows.v[i].rec };
		uint32_t first;

		eq->next[i] = BUILD_NONE;
		last[i] = i;
		if (b->links.v[i].root != i)
			continue;
		first = first_equal(b, eq, &k);
		if (first != BUILD_NONE) {
			eq->next[last[first]] = i;
			last[first] = i;
		} else {
			lk_index_add(&eq->by_kind, hash_kind(&k), i);
		}
	}
}

void lk_equals_move(struct lk_build *b, struct lk_equals *eq, uint32_t row, uint32_t file)
{
	struct build_link *link = &b->links.v[row];
	struct kind k = { file, &b->rows.v[link->root].rec };
	uint32_t first;

	if (file == BUILD_NONE || file == link->file ||
	    !lk_key_equal(&b->files.v[file].key, &b->files.v[link->file].key))
		return;
	if (!b->files.v[link->file].ambiguous && !b->files.v[file].has_stat)
		return;
	link->file = file;
	if (link->root == row)
		return;
	make_chains(b, eq);
	first = first_equal(b, eq, &k);
	if (first != BUILD_NONE)
		link->root = first;
}

/* ---- equal OFD locks ---- */

static size_t description_of(const struct lk_build *b, uint32_t row)
{
	uint32_t group = b->links.v[row].group;

	return group == BUILD_NONE ? 0 : lk_build_first_hit(b, group)->ofd;
}

static size_t waiting_description(const struct lk_build *b, uint32_t row)
{
	uint32_t waiter = b->links.v[row].waiter;

	return waiter == BUILD_NONE ? 0 : b->waiters.v[waiter].f.ofd;
}

struct below {
	uint32_t root;
	size_t ofd;
};

static bool is_below(const void *arg, uint32_t value, const void *key)
{
	const struct lk_build *b = arg;
	const struct below *w = key;

	return b->links.v[value].root == w->root && waiting_description(b, value) == w->ofd;
}

static bool waits_under(const struct lk_build *b, const struct lk_equals *eq, uint32_t root, size_t ofd)
{
	struct below w = { root, ofd };

	return lk_index_find(&eq->below, lk_hash_add(lk_hash_begin(), root, ofd), is_below, b, &w) != BUILD_NONE;
}

static void note_waiting(struct lk_build *b, struct lk_equals *eq)
{
	for (uint32_t i = 0; i < b->rows.n; i++) {
		size_t ofd = waiting_description(b, i);
		uint32_t root = b->links.v[i].root;

		if (ofd && root != i && !waits_under(b, eq, root, ofd))
			lk_index_add(&eq->below, lk_hash_add(lk_hash_begin(), root, ofd), i);
	}
}

/* No waiter is listed under its own lock. Where one seems to be, its root line swaps descriptors with another equal line. False: none
 * fits. */
static bool swap_own_root(struct lk_build *b, const struct lk_equals *eq, uint32_t root, size_t ofd)
{
	struct kind k = { b->links.v[root].file, &b->rows.v[root].rec };
	int n_tried = 0;

	for (uint32_t i = first_equal(b, eq, &k); i != BUILD_NONE && n_tried < MAX_TRIED; i = eq->next[i], n_tried++) {
		uint32_t group = b->links.v[i].group;
		size_t other = description_of(b, i);

		if (i == root || !other || other == ofd)
			continue;
		if (waits_under(b, eq, root, other) || waits_under(b, eq, i, ofd))
			continue;
		b->links.v[i].group = b->links.v[root].group;
		b->links.v[root].group = group;
		return true;
	}
	return false;
}

void lk_equals_part(struct lk_build *b, struct lk_equals *eq)
{
	uint32_t stuck = BUILD_NONE;
	bool noted = false;

	for (uint32_t i = 0; i < b->rows.n; i++) {
		size_t ofd = b->rows.v[i].rec.type == LK_TYPE_OFD ? waiting_description(b, i) : 0;
		uint32_t root = b->links.v[i].root;

		if (!ofd || root == i || root == stuck || b->rows.v[root].rec.type != LK_TYPE_OFD ||
		    description_of(b, root) != ofd)
			continue;
		make_chains(b, eq);
		if (!noted)
			note_waiting(b, eq);
		noted = true;
		if (!swap_own_root(b, eq, root, ofd))
			stuck = root;
	}
}

void lk_equals_done(struct lk_equals *eq)
{
	lk_index_done(&eq->by_kind);
	lk_index_done(&eq->below);
	free(eq->next);
}

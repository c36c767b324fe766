/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches threads found blocked in lock calls with the "->" lines of /proc/locks. Only between identical requests could one be
 * taken for the other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
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
	size_t waiter;
	size_t n_used; /* in the first of a run of equal ones: how many of the run are given out */
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

	if (rc)
		return rc;
	return x->waiter < y->waiter ? -1 : x->waiter > y->waiter;
}

/* The next waiter with this request that is not given out yet; NULL: none. */
static struct entry *take_next(struct entry *v, size_t n, const struct request *req)
{
	size_t lo = 0, hi = n, at;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (memcmp(&v[mid].req, req, sizeof(*req)) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == n || memcmp(&v[lo].req, req, sizeof(*req)) != 0)
		return NULL;
	at = lo + v[lo].n_used;
	if (at >= n || memcmp(&v[at].req, req, sizeof(*req)) != 0)
		return NULL;
	v[lo].n_used++;
	return &v[at];
}

static const struct lk_key *key_of(const struct lk_build *b, const struct build_row *r)
{
	return r->lock.rec.key.none ? &b->rows.v[r->root].lock.rec.key : &r->lock.rec.key;
}

/* Equal root lines of two files that share a key: the waiter's own descriptor tells which of them it waits for. */
static void move_to_own_file(struct lk_build *b, struct build_row *r, struct lk_file *file)
{
	const struct lk_record *root = &b->rows.v[r->root].lock.rec;

	if (!file || file == r->lock.file || !lk_key_equal(&file->key, &r->lock.file->key))
		return;
	if (!r->lock.file->ambiguous && !file->has_stat)
		return;
	r->lock.file = file;
	if (&b->rows.v[r->root] == r)
		return;
	for (size_t i = 0; i < b->rows.n; i++) {
		const struct build_row *o = &b->rows.v[i];

		if (o->root == i && o->lock.file == file && lk_record_same_body(&o->lock.rec, root)) {
			r->root = i;
			return;
		}
	}
}

static void take(struct lk_build *b, struct build_row *r, size_t waiter)
{
	struct build_waiter *w = &b->waiters.v[waiter];

	w->used = true;
	r->waiter = waiter;
	if (r->lock.rec.mode == LK_MODE_UNKNOWN)
		r->lock.rec.mode = w->f.rec.mode;
	move_to_own_file(b, r, w->file);
}

/* Which requests a pass compares, and whether by their range. */
struct pass {
	bool by_range;
	struct entry *v;
	size_t n;
};

/* A range given relative to the file position or size is resolved in the list only: pid, file, kind and mode must do. */
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

static void match_pass(struct lk_build *b, struct pass *p)
{
	for (size_t i = 0; i < b->waiters.n; i++) {
		const struct lk_fact_waiter *f = &b->waiters.v[i].f;

		if (belongs_to(p, f))
			p->v[p->n++] = (struct entry){ request_of(p, &f->rec, &f->rec.key, f->pid), i, 0 };
	}
	qsort(p->v, p->n, sizeof(*p->v), compare_entries);
	for (size_t i = 0; p->n && i < b->rows.n; i++) {
		struct build_row *r = &b->rows.v[i];
		struct request req;
		struct entry *e;

		if (!lk_lock_is_waiting(&r->lock) || r->waiter != SIZE_MAX)
			continue;
		req = request_of(p, &r->lock.rec, key_of(b, r), r->lock.rec.pid);
		e = take_next(p->v, p->n, &req);
		if (e)
			take(b, r, e->waiter);
	}
}

/* Which file is not known: kind, mode, pid and what is known of the range must do. */
static bool loosely_same(const struct build_row *r, const struct build_waiter *w)
{
	const struct lk_record *line = &r->lock.rec, *rec = &w->f.rec;

	if (line->type != rec->type || line->mode != rec->mode)
		return false;
	if (w->f.range_resolved && lk_range_compare(line->range, rec->range) != 0)
		return false;
	return line->pid <= 0 || line->pid == w->f.pid;
}

static void match_loose(struct lk_build *b)
{
	for (size_t k = 0; k < b->waiters.n; k++) {
		struct build_waiter *w = &b->waiters.v[k];

		for (size_t i = 0; i < b->rows.n && !w->used && w->f.rec.key.none; i++) {
			struct build_row *r = &b->rows.v[i];

			if (lk_lock_is_waiting(&r->lock) && r->waiter == SIZE_MAX && loosely_same(r, w))
				take(b, r, k);
		}
	}
}

/* ---- equal lines ---- */

static size_t description_of(const struct lk_build *b, const struct build_row *r)
{
	return r->group == SIZE_MAX ? 0 : b->hits.v[b->groups.v[r->group].first].ofd;
}

static bool waits_under(const struct lk_build *b, size_t root, size_t ofd)
{
	for (size_t i = root + 1; i < b->rows.n && b->rows.v[i].lock.rec.depth; i++) {
		const struct build_row *r = &b->rows.v[i];

		if (r->root == root && r->waiter != SIZE_MAX && b->waiters.v[r->waiter].f.ofd == ofd)
			return true;
	}
	return false;
}

/* Lines of equal OFD locks are told apart by nothing but this: no waiter is listed under its own lock. Where one is, its line and
 * another one change places. */
static void swap_own_root(struct lk_build *b, struct build_row *r, size_t ofd)
{
	struct build_row *root = &b->rows.v[r->root];

	for (size_t i = 0; i < b->rows.n; i++) {
		struct build_row *o = &b->rows.v[i];
		size_t group = o->group, other = description_of(b, o);

		if (o->root != i || o == root || !other || other == ofd || o->lock.file != root->lock.file ||
		    !lk_record_same_body(&o->lock.rec, &root->lock.rec))
			continue;
		if (waits_under(b, r->root, other) || waits_under(b, i, ofd))
			continue;
		o->group = root->group;
		root->group = group;
		return;
	}
}

static void part_from_own_locks(struct lk_build *b)
{
	for (size_t i = 0; i < b->rows.n; i++) {
		struct build_row *r = &b->rows.v[i];
		size_t ofd = r->waiter == SIZE_MAX || r->lock.rec.type != LK_TYPE_OFD ? 0
										      : b->waiters.v[r->waiter].f.ofd;

		if (ofd && r->root != i && b->rows.v[r->root].lock.rec.type == LK_TYPE_OFD &&
		    description_of(b, &b->rows.v[r->root]) == ofd)
			swap_own_root(b, r, ofd);
	}
}

/* A request that the list does not have: stopped (the kernel drops it), hidden from this namespace, or kept by a server. What is
 * left otherwise was granted or given up while we looked. */
static bool stands_alone(const struct lk_build *b, const struct build_waiter *w)
{
	bool lease = w->f.rec.type == LK_TYPE_LEASE;

	if (w->used || !w->file || lease)
		return false;
	if (w->f.stopped || (w->file->local == LK_NO))
		return true;
	return !b->snap->host.initial_pidns || !b->snap->host.has_locks_file;
}

static int add_alone(struct lk_build *b, size_t waiter)
{
	struct build_waiter *w = &b->waiters.v[waiter];
	struct build_row *r = lk_build_add_row(b, &w->f.rec, 0, SIZE_MAX);

	if (!r)
		return -ENOMEM;
	w->used = true;
	r->waiter = waiter;
	r->lock.state = w->f.stopped ? LK_STATE_STOPPED_WAITING : LK_STATE_WAITING;
	r->lock.file = w->file;
	return 0;
}

int lk_build_match_waiters(struct lk_build *b)
{
	lk_auto_mem struct entry *v = calloc(b->waiters.n ? b->waiters.n : 1, sizeof(*v));
	struct pass exact = { .by_range = true, .v = v }, relative = { .v = v };
	int rc = 0;

	if (!v)
		return -ENOMEM;
	match_pass(b, &exact);
	match_pass(b, &relative);
	match_loose(b);
	part_from_own_locks(b);
	for (size_t i = 0; i < b->waiters.n && !rc; i++) {
		if (stands_alone(b, &b->waiters.v[i]))
			rc = add_alone(b, i);
	}
	return rc;
}

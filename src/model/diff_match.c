/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows whose id is gone, and rows with an id nobody saw before: which of them are the same lock? */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/ints.h"
#include "model/diff_private.h"

#define ANY_FD (-1)
#define MAX_STEPS 64 /* how many locks of one owner are tried where they may overlap each other */

/* A fresh lock of one owner, to be sorted by owner and start. The locks of a descriptor never overlap each other; those of a process only
 * where it has several open file descriptions. */
struct link {
	uint64_t dev, ino;
	int type, pid, fd;
	int64_t start;
	size_t row; /* in diff->next */
};

/* Gone rows by a hash of their body, handed out one by one. */
struct pool {
	LK_VEC(struct pool_item {
		uint64_t hash;
		size_t row; /* in diff->rows */
		size_t next; /* in the first item with this hash: the first one that was not yet handed out */
	})
	items;
	struct lk_map first; /* hash -> the first item with it */
};

struct matcher {
	struct lk_diff *d;
	LK_VEC(struct link) links; /* sorted */
	struct pool nameless, held, unseen, waiting;
};

static bool same_file(const struct lk_file *a, const struct lk_file *b)
{
	if (!lk_key_equal(&a->key, &b->key))
		return false;
	if (!a->has_stat || !b->has_stat)
		return true;
	return a->st_major == b->st_major && a->st_minor == b->st_minor && a->st_ino == b->st_ino;
}

/* ---- locks of one owner ---- */

/* POSIX locks belong to the process, whatever the descriptor. */
static struct link make_link(const struct lk_lock *l, int pid, int fd, int64_t start)
{
	const struct lk_key *k = &l->file->key;

	return (struct link){
		.dev = (uint64_t)k->major << 32 | k->minor,
		.ino = k->ino,
		.type = (int)l->rec.type,
		.pid = pid,
		.fd = l->rec.type == LK_TYPE_POSIX ? ANY_FD : fd,
		.start = start,
	};
}

static int compare_owner(const struct link *a, const struct link *b)
{
	int rc = lk_compare(a->dev, b->dev);

	rc = rc ? rc : lk_compare(a->ino, b->ino);
	rc = rc ? rc : lk_compare(a->type, b->type);
	rc = rc ? rc : lk_compare(a->pid, b->pid);
	return rc ? rc : lk_compare(a->fd, b->fd);
}

static int compare_links(const void *a, const void *b)
{
	const struct link *x = a, *y = b;
	int rc = compare_owner(x, y);

	rc = rc ? rc : lk_compare(x->start, y->start);
	return rc ? rc : lk_compare(x->row, y->row);
}

static void add_link(struct matcher *m, size_t row, int pid, int fd)
{
	const struct lk_lock *l = m->d->next.v[row].lock;
	struct link *slot = lk_vec_push(&m->links);

	*slot = make_link(l, pid, fd, l->rec.range.start);
	slot->row = row;
}

/* Adds a link for each descriptor, and one for each process. */
static void link_row(struct matcher *m, size_t row)
{
	const struct lk_lock *l = m->d->next.v[row].lock;
	int last = 0;

	if (!l->n_holders && l->pid > 0)
		add_link(m, row, l->pid, ANY_FD);
	for (size_t i = 0; i < l->n_holders; i++) {
		const struct lk_holder *h = &l->holders[i];

		if (h->pid != last)
			add_link(m, row, h->pid, ANY_FD);
		last = h->pid;
		if (l->rec.type != LK_TYPE_POSIX && h->fd >= 0)
			add_link(m, row, h->pid, h->fd);
	}
}

static void link_fresh(struct matcher *m)
{
	for (size_t i = 0; i < m->d->next.n; i++) {
		const struct diff_entry *e = &m->d->next.v[i];

		if (!e->settled && !lk_lock_is_waiting(e->lock))
			link_row(m, i);
	}
	if (m->links.n)
		qsort(m->links.v, m->links.n, sizeof(*m->links.v), compare_links);
}

/* How many links are not after the key's owner and start: the last of them is the nearest one. */
static size_t find_links(const struct matcher *m, struct link key)
{
	size_t lo = 0, hi = m->links.n;

	key.row = SIZE_MAX;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare_links(&m->links.v[mid], &key) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* ---- a request that was granted ---- */

static bool grants(const struct lk_lock *held, const struct lk_lock *request)
{
	const struct lk_range *a = &held->rec.range, *b = &request->rec.range;

	return held->rec.mode == request->rec.mode && a->start <= b->start && a->end >= b->end &&
	       same_file(held->file, request->file);
}

static void grant(struct matcher *m, struct diff_entry *request, struct diff_entry *lock)
{
	struct lk_event *ev = lk_diff_tell(m->d, LK_EVENT_GRANTED, lock);

	ev->held_ms = 0;
	ev->waited_ms = lk_diff_elapsed(m->d, request, request->start_ms);
	ev->at_least = request->at_least;
	ev->before = request->lock;
	ev->before_row = request->row;
	ev->before_snap = request->snap;
	request->settled = lock->settled = true;
}

/* Several requests of one process can become one lock, because the kernel merges ranges. */
static void grant_to_owner(struct matcher *m, struct diff_entry *request, int fd)
{
	const struct lk_lock *l = request->lock;
	struct link key = make_link(l, l->pid, fd, l->rec.range.start);
	size_t at = find_links(m, key);

	for (size_t steps = 0; at-- > 0 && steps < MAX_STEPS; steps++) {
		struct diff_entry *e = &m->d->next.v[m->links.v[at].row];

		if (compare_owner(&m->links.v[at], &key) != 0)
			return;
		if (grants(e->lock, l)) {
			grant(m, request, e);
			return;
		}
	}
}

static void match_requests(struct matcher *m)
{
	for (size_t i = 0; i < m->d->rows.n; i++) {
		struct diff_entry *e = &m->d->rows.v[i];

		/* An open(2) that waited for a lease gets no lock. */
		if (e->settled || !lk_lock_is_waiting(e->lock) || e->lock->state == LK_STATE_BREAKER ||
		    e->lock->pid <= 0)
			continue;
		if (e->lock->waiter && e->lock->waiter->fd >= 0)
			grant_to_owner(m, e, e->lock->waiter->fd);
		if (!e->settled)
			grant_to_owner(m, e, ANY_FD);
	}
}

/* ---- a lock that its owner changed ---- */

/* The mode of a lease that is being broken is not known at every look. */
static bool same_mode(const struct lk_record *a, const struct lk_record *b)
{
	if (a->break_to && b->break_to)
		return a->break_to == b->break_to;
	return a->mode == b->mode;
}

/* The lock `from` continues as `to`, which is settled (no event) if nothing of it has changed. */
static void continue_as(struct diff_entry *from, struct diff_entry *to)
{
	const struct lk_lock *a = from->lock, *b = to->lock;

	from->settled = true;
	lk_diff_carry_row(from, to);
	if (from->first_ms < to->first_ms)
		to->first_ms = from->first_ms;
	to->at_least = to->at_least || from->at_least;
	if (to->settled)
		return;
	to->before = to->before ? to->before : from;
	to->settled = a->state == b->state && same_mode(&a->rec, &b->rec) &&
		      lk_range_compare(a->rec.range, b->rec.range) == 0;
}

/* Continues `from` as all fresh locks of the owner that overlap it. The search goes towards lower starts and ends at the first lock that
 * does not overlap: as fresh locks do not overlap each other, no earlier one reaches further. */
static void continue_as_overlapping(struct matcher *m, struct diff_entry *from, int pid, int fd)
{
	struct link key = make_link(from->lock, pid, fd, from->lock->rec.range.end);
	size_t at = find_links(m, key);

	while (at-- > 0 && compare_owner(&m->links.v[at], &key) == 0) {
		struct diff_entry *to = &m->d->next.v[m->links.v[at].row];

		if (!lk_range_overlaps(from->lock->rec.range, to->lock->rec.range))
			return;
		if (same_file(from->lock->file, to->lock->file))
			continue_as(from, to);
	}
}

static void match_owners(struct matcher *m, struct diff_entry *e)
{
	const struct lk_lock *l = e->lock;
	int last = 0;

	for (size_t i = 0; i < l->n_holders && !e->settled; i++) {
		const struct lk_holder *h = &l->holders[i];

		if (l->rec.type != LK_TYPE_POSIX && h->fd >= 0)
			continue_as_overlapping(m, e, h->pid, h->fd);
		else if (l->rec.type == LK_TYPE_POSIX && h->pid != last)
			continue_as_overlapping(m, e, h->pid, ANY_FD);
		last = h->pid;
	}
	if (!l->n_holders && l->rec.type == LK_TYPE_POSIX && l->pid > 0)
		continue_as_overlapping(m, e, l->pid, ANY_FD);
}

static void match_locks(struct matcher *m)
{
	for (size_t i = 0; i < m->d->rows.n; i++) {
		struct diff_entry *e = &m->d->rows.v[i];

		if (!e->settled && !lk_lock_is_waiting(e->lock))
			match_owners(m, e);
	}
}

/* ---- rows without a known owner, in one of the two looks ---- */

static uint64_t hash_body(const struct lk_lock *l, int pid)
{
	return lk_hash_fnv(lk_record_hash(&l->rec), &pid, sizeof(pid));
}

static void pool_add(struct pool *p, uint64_t hash, size_t row)
{
	*lk_vec_push(&p->items) = (struct pool_item){ .hash = hash, .row = row };
}

static int compare_items(const void *a, const void *b)
{
	const struct pool_item *x = a, *y = b;
	int rc = lk_compare(x->hash, y->hash);

	return rc ? rc : lk_compare(x->row, y->row);
}

static void pool_seal(struct pool *p)
{
	if (p->items.n)
		qsort(p->items.v, p->items.n, sizeof(*p->items.v), compare_items);
	for (size_t i = 0; i < p->items.n; i++) {
		struct pool_item *item = &p->items.v[i];

		item->next = i;
		if (!i || item[-1].hash != item->hash)
			lk_map_set(&p->first, &item->hash, sizeof(item->hash), i);
	}
}

static void pool_done(struct pool *p)
{
	lk_vec_done(&p->items);
	lk_map_done(&p->first);
}

/* The next gone row with this hash and file, NULL: none is left. Each item is passed once. */
static struct diff_entry *pool_take(struct pool *p, struct lk_diff *d, uint64_t hash, const struct lk_file *file)
{
	size_t first, at;

	if (!lk_map_find(&p->first, &hash, sizeof(hash), &first))
		return NULL;
	at = p->items.v[first].next;
	while (at < p->items.n && p->items.v[at].hash == hash) {
		struct diff_entry *e = &d->rows.v[p->items.v[at++].row];

		p->items.v[first].next = at;
		if (!e->settled && same_file(e->lock->file, file))
			return e;
	}
	return NULL;
}

static bool knows_thread(const struct lk_lock *l)
{
	return l->waiter && l->waiter->tid > 0;
}

static void pool_gone(struct matcher *m, size_t row)
{
	const struct lk_lock *l = m->d->rows.v[row].lock;
	uint64_t any = hash_body(l, 0);

	if (lk_lock_is_waiting(l)) {
		if (l->pid <= 0)
			pool_add(&m->unseen, any, row);
		else
			pool_add(&m->waiting, hash_body(l, l->pid), row);
		pool_add(&m->waiting, any, row);
		return;
	}
	pool_add(&m->held, any, row);
	if (!l->n_holders)
		pool_add(&m->nameless, any, row);
}

static void pool_all(struct matcher *m)
{
	for (size_t i = 0; i < m->d->rows.n; i++) {
		if (!m->d->rows.v[i].settled)
			pool_gone(m, i);
	}
	pool_seal(&m->nameless);
	pool_seal(&m->held);
	pool_seal(&m->unseen);
	pool_seal(&m->waiting);
}

/* For a held lock whose owner is known in only one of the two looks. */
static void match_held_body(struct matcher *m, struct diff_entry *e)
{
	uint64_t hash = hash_body(e->lock, 0);
	struct diff_entry *old = pool_take(e->lock->n_holders ? &m->nameless : &m->held, m->d, hash, e->lock->file);

	if (old) {
		continue_as(old, e);
		return;
	}
	old = pool_take(&m->unseen, m->d, hash, e->lock->file);
	if (old)
		grant(m, old, e);
}

/* For a request of which one look knew less than the other. If both looks know the thread, these are two requests. */
static void match_waiting_body(struct matcher *m, struct diff_entry *e)
{
	bool known = knows_thread(e->lock);
	uint64_t hash = hash_body(e->lock, known ? e->lock->pid : 0);
	struct diff_entry *old;

	do {
		old = pool_take(&m->waiting, m->d, hash, e->lock->file);
	} while (old && known && knows_thread(old->lock));
	if (!old && known)
		old = pool_take(&m->unseen, m->d, hash_body(e->lock, 0), e->lock->file);
	if (!old)
		return;
	old->settled = e->settled = true;
	lk_diff_carry_row(old, e);
	if (old->start_ms < e->start_ms)
		e->start_ms = old->start_ms;
	e->first_ms = old->first_ms;
	e->at_least = old->at_least;
}

static void match_bodies(struct matcher *m)
{
	pool_all(m);
	for (size_t i = 0; i < m->d->next.n; i++) {
		struct diff_entry *e = &m->d->next.v[i];

		if (e->settled || e->before)
			continue;
		if (lk_lock_is_waiting(e->lock))
			match_waiting_body(m, e);
		else
			match_held_body(m, e);
	}
}

static bool has_gone(const struct lk_diff *d)
{
	for (size_t i = 0; i < d->rows.n; i++) {
		if (!d->rows.v[i].settled)
			return true;
	}
	return false;
}

void lk_diff_match(struct lk_diff *d)
{
	struct matcher m = { .d = d };

	if (!has_gone(d))
		return;
	link_fresh(&m);
	match_requests(&m);
	match_locks(&m);
	match_bodies(&m);
	lk_vec_done(&m.links);
	pool_done(&m.nameless);
	pool_done(&m.held);
	pool_done(&m.unseen);
	pool_done(&m.waiting);
}

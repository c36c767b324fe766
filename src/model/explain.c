/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of a row: who holds it and how that is known, or why nobody is named; its lease; its id.
 * See doc/kernel.md 1.8 and 5.6. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "model/build_private.h"
#include "source/unread.h"

static bool is_same_holder(const struct lk_holder *h, const struct build_hit *hit)
{
	return h->pid == hit->pid && h->tid == hit->tid && h->fd == hit->fd;
}

/* One process often holds many locks with one descriptor: they share the list. */
static const struct lk_holder *share_holder(const struct lk_build *b, uint32_t row, const struct build_hit *hit)
{
	const struct lk_lock *before = row ? &b->rows.v[row - 1] : NULL;

	if (!before || before->n_holders != 1 || !is_same_holder(before->holders, hit))
		return NULL;
	return before->holders;
}

static void list_holders(struct lk_build *b, const struct build_group *g, struct lk_lock *l)
{
	struct lk_holder *h = lk_arena_array(&b->snap->arena, g->n, sizeof(*h));
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++) {
		const struct build_hit *hit = &b->hits.v[b->order[g->first + i]];

		if (!n || !is_same_holder(&h[n - 1], hit))
			h[n++] = (struct lk_holder){ hit->pid, hit->tid, hit->fd, lk_build_proc(b, hit->pid) };
	}
	l->holders = h;
	l->n_holders = n;
}

static void fill_holders(struct lk_build *b, uint32_t row)
{
	const struct build_group *g = &b->groups.v[b->links.v[row].group];
	const struct build_hit *first = &b->hits.v[b->order[g->first]];
	struct lk_lock *l = &b->rows.v[row];

	l->holders = g->n == 1 ? share_holder(b, row, first) : NULL;
	l->n_holders = 1;
	if (!l->holders)
		list_holders(b, g, l);
	l->pid = l->holders[0].pid;
	l->proc = l->holders[0].proc;
	l->ofd = first->ofd;
	if (l->how != LK_HOW_AMBIGUOUS)
		l->how = LK_HOW_EXACT;
}

/* The recorded pid is named only where nothing speaks against it: a process whose descriptors were read and do not show the lock is a
 * stranger that got the pid later. */
static bool may_be_recorded(const struct lk_proc *p)
{
	return p && !(p->flags & LK_PROC_GONE) && (p->flags & (LK_PROC_UNREADABLE | LK_PROC_KTHREAD));
}

static void name_recorded(struct lk_build *b, struct lk_lock *l)
{
	const struct lk_proc *p = lk_build_proc(b, l->rec.pid);
	bool plausible = may_be_recorded(p);

	l->how = l->file->ambiguous ? LK_HOW_AMBIGUOUS : plausible ? LK_HOW_RECORDED : LK_HOW_UNKNOWN;
	if (plausible) {
		l->pid = p->pid;
		l->proc = p;
	}
}

/* While a lease is being broken down to a read lease, an open(2) for reading does not sleep all the time but looks again every few
 * milliseconds (__break_lease() in fs/locks.c): when it last woke up says nothing about how long it waits. */
static bool wakes_again_and_again(const struct lk_build *b, uint32_t row)
{
	return b->rows.v[row].state == LK_STATE_BREAKER &&
	       b->rows.v[b->links.v[row].root].rec.break_to == LK_BREAK_READ;
}

/* A blocked request cannot outlive its process, so the pid in the list is that of the waiter. */
static void name_waiter(struct lk_build *b, uint32_t row)
{
	uint32_t at = b->links.v[row].waiter;
	const struct lk_fact_waiter *f = at == BUILD_NONE ? NULL : &b->waiters.v[at].f;
	struct lk_lock *l = &b->rows.v[row];
	const struct lk_proc *p = lk_build_proc(b, f ? f->pid : l->rec.pid);
	struct lk_holder *w;

	l->how = LK_HOW_UNKNOWN;
	if (!p)
		return;
	w = lk_arena_alloc(&b->snap->arena, sizeof(*w));
	*w = (struct lk_holder){ .pid = p->pid, .tid = f ? f->tid : 0, .fd = f ? f->fd : -1, .proc = p };
	l->waiter = w;
	l->pid = p->pid;
	l->proc = p;
	l->how = !f ? LK_HOW_RECORDED : f->line ? LK_HOW_EXACT : LK_HOW_MATCHED;
	if (f && !wakes_again_and_again(b, row)) {
		l->wait_ms = f->wait_ms;
		l->wait_error_ms = f->wait_error_ms;
	}
	l->ofd = f ? f->ofd : 0;
}

struct reasons {
	const char *v[12];
	size_t n;
};

static void add_reason(struct reasons *r, const char *text)
{
	if (text && r->n < sizeof(r->v) / sizeof(*r->v))
		r->v[r->n++] = text;
}

/* Orphans are sorted (model/build.c). */
static const struct lk_fact_orphan *orphan_of(const struct lk_build *b, const struct lk_key *key)
{
	if (!b->orphans.n || key->none)
		return NULL;
	return bsearch(key, b->orphans.v, b->orphans.n, sizeof(*b->orphans.v), lk_key_compare);
}

static const char *problem_text(const struct lk_build *b, enum lk_unread_what what)
{
	for (size_t i = 0; i < b->denied.n; i++) {
		if (b->denied.v[i].what == what)
			return b->denied.v[i].text;
	}
	return NULL;
}

static void reason_recorded(struct lk_build *b, const struct lk_lock *l, struct reasons *out)
{
	struct lk_arena *a = &b->snap->arena;
	const struct lk_proc *p = lk_build_proc(b, l->rec.pid);

	if (l->rec.pid <= 0 || !p)
		return;
	if (p->flags & LK_PROC_GONE)
		add_reason(
			out,
			lk_arena_printf(
				a,
				"exited: process %d, which took it, is gone; a descriptor it passed on keeps the lock",
				p->pid));
	else if (p->flags & LK_PROC_KTHREAD)
		add_reason(out,
			   lk_arena_printf(
				   a, "kernel: kernel thread %d took it, for a client of a file server or the like",
				   p->pid));
	else if (p->flags & LK_PROC_UNREADABLE)
		add_reason(
			out,
			lk_arena_printf(
				a,
				"unreadable: the descriptors of process %d, which is recorded as its taker, could not be read",
				p->pid));
	else
		add_reason(out,
			   lk_arena_printf(
				   a, "stranger: process %d, which has the recorded number, does not show the lock",
				   p->pid));
}

/* POSIX locks belong to a table of descriptors and end with any close(2); the others live as long as the description does. */
static void reason_detached(struct lk_build *b, const struct lk_lock *l, struct reasons *out)
{
	struct lk_arena *a = &b->snap->arena;
	const struct lk_fact_orphan *o = orphan_of(b, &l->rec.key);

	if (l->rec.type == LK_TYPE_POSIX)
		return;
	if (o && o->mapped_pid)
		add_reason(out,
			   lk_arena_printf(a, "mapped: process %d maps this file; a mapping keeps the lock after close",
					   o->mapped_pid));
	else if (!o || !o->maps_read)
		add_reason(out, "mapped: a process whose memory map could not be read may map the file");
	add_reason(out, "in_flight: its descriptor may be on its way through a socket");
	add_reason(out, "kernel: the kernel itself may keep the file open (loop device, swap, io_uring, file server)");
}

static void reason_hidden(struct lk_build *b, const struct lk_lock *l, struct reasons *out)
{
	static const enum lk_unread_what whats[] = { LK_UNREAD_FDINFO, LK_UNREAD_HIDDEN, LK_UNREAD_PROCESSES,
						     LK_UNREAD_TIMEOUT };

	for (size_t i = 0; i < sizeof(whats) / sizeof(*whats); i++) {
		const char *text = problem_text(b, whats[i]);

		if (text && !b->hidden[i])
			b->hidden[i] = lk_arena_printf(&b->snap->arena, "%s: %s",
						       i == 0 ? "unreadable" : lk_unread_word(whats[i]), text);
		add_reason(out, b->hidden[i]);
	}
	if (l->rec.pid == 0 || !b->snap->host.initial_pidns)
		add_reason(out, "namespace: its holder may be in a pid namespace that cannot be seen from here");
	if (!b->snap->end.stable || l->rec.type == LK_TYPE_POSIX)
		add_reason(out, "released: it may have been released while the scan was looking");
}

/* Takes over the reasons of the last row that was explained, if all they depend on is the same. False: it is not. */
static bool share_reasons(const struct lk_build *b, struct lk_lock *l)
{
	const struct lk_lock *before = b->explained ? &b->rows.v[b->explained - 1] : NULL;

	if (!before || before->rec.pid != l->rec.pid || before->rec.type != l->rec.type ||
	    !lk_key_equal(&before->rec.key, &l->rec.key))
		return false;
	l->no_holder_because = before->no_holder_because;
	l->n_because = before->n_because;
	return true;
}

static void explain_missing(struct lk_build *b, struct lk_lock *l)
{
	struct reasons out = { .n = 0 };

	if (share_reasons(b, l))
		return;
	b->explained = (uint32_t)(l - b->rows.v) + 1;
	reason_recorded(b, l, &out);
	reason_detached(b, l, &out);
	reason_hidden(b, l, &out);
	l->no_holder_because = lk_arena_memdup(&b->snap->arena, out.v, out.n * sizeof(*out.v));
	l->n_because = (uint8_t)out.n;
}

void lk_build_explain(struct lk_build *b, uint32_t row)
{
	struct lk_lock *l = &b->rows.v[row];

	if (lk_lock_is_waiting(l)) {
		name_waiter(b, row);
	} else if (b->links.v[row].group != BUILD_NONE) {
		fill_holders(b, row);
	} else {
		name_recorded(b, l);
		explain_missing(b, l);
	}
}

/* An unreadable process can only change an answer that leaves room for it: a lock without a proven holder, or one that it may
 * share because the open file description was passed on. */
static bool unreadable_matters(const struct lk_snapshot *s)
{
	for (size_t i = 0; i < s->n_locks; i++) {
		const struct lk_lock *l = &s->locks[i];

		if (lk_lock_is_waiting(l) ? !l->waiter : !lk_lock_is_exact(l) || l->rec.type != LK_TYPE_POSIX)
			return true;
	}
	return !s->locks_proven;
}

/* Lists the processes that a problem counts, as far as they are named. */
static void name_processes(const struct lk_build *b, struct lk_problem *p)
{
	struct lk_fact_unread *list = lk_arena_array(&b->snap->arena, b->unread.n + 1, sizeof(*list));

	for (size_t i = 0; i < b->unread.n; i++) {
		const struct lk_fact_unread *u = &b->unread.v[i];

		if (u->code == p->code && u->what == p->what)
			list[p->n_unread++] = *u;
	}
	p->unread = list;
}

static void add_problem(struct lk_build *b, size_t *n, const struct lk_fact_denied *d)
{
	struct lk_problem *p = &b->snap->problems[(*n)++];

	*p = (struct lk_problem){
		.what = d->what,
		.text = d->text,
		.code = d->code,
		.count = d->count,
		.hides_locks = d->hides_locks,
	};
	name_processes(b, p);
}

/* Adds a problem for files with too many relations to list. `complete` does not change: it is about what could not be read. */
static void add_relations(struct lk_build *b, size_t *n)
{
	struct lk_snapshot *s = b->snap;
	struct lk_fact_denied cut = { .what = LK_UNREAD_RELATIONS, .code = -E2BIG };
	const struct lk_file *file = NULL;

	for (size_t i = 0; i < s->n_files; i++) {
		if (s->files[i].relations_cut && !cut.count++)
			file = &s->files[i];
	}
	if (!cut.count)
		return;
	cut.text = lk_unread_text(cut.what,
				  &(struct lk_unread_count){ .n = cut.count,
							     .subject = cut.count == 1 ? file->path : NULL },
				  &s->arena);
	add_problem(b, n, &cut);
}

/* A file that no descriptor was seen of has no path here; one of a process that may not be read could tell it. */
static void note_unseen_names(struct lk_build *b)
{
	struct lk_snapshot *s = b->snap;
	bool refused = false;

	for (size_t i = 0; i < b->denied.n && !refused; i++) {
		const struct lk_fact_denied *d = &b->denied.v[i];

		refused = (d->what == LK_UNREAD_FDINFO || d->what == LK_UNREAD_HIDDEN) &&
			  (d->code == -EACCES || d->code == -EPERM);
	}
	for (size_t i = 0; refused && i < s->n_files; i++)
		s->files[i].name_unseen = !s->files[i].path && !s->files[i].key.none;
}

void lk_build_completeness(struct lk_build *b)
{
	struct lk_snapshot *s = b->snap;
	struct lk_fact_denied outside = {
		.what = LK_UNREAD_PID_NAMESPACE,
		.count = 1,
		.code = -EPERM,
		.hides_locks = true,
		.text = lk_unread_text(LK_UNREAD_PID_NAMESPACE, &(struct lk_unread_count){ 0 }, &s->arena),
	};
	size_t n = 0;

	s->locks_proven = s->host.initial_pidns && s->host.has_locks_file && s->end.stable && !s->end.n_bad_lines;
	s->complete = s->locks_proven;
	s->problems = lk_arena_array(&s->arena, b->denied.n + 2, sizeof(*s->problems));
	for (size_t i = 0; i < b->denied.n; i++) {
		const struct lk_fact_denied *d = &b->denied.v[i];
		bool processes = d->what == LK_UNREAD_FDINFO || d->what == LK_UNREAD_HIDDEN;

		if (d->hides_locks && (!processes || unreadable_matters(s)))
			s->complete = false;
		add_problem(b, &n, d);
	}
	if (!s->host.initial_pidns)
		add_problem(b, &n, &outside);
	add_relations(b, &n);
	s->n_problems = n;
	note_unseen_names(b);
}

/* ---- leases that are being broken: what they still are, and how long the kernel will leave them ---- */

static bool is_breaking(const struct lk_lock *l)
{
	return l->state == LK_STATE_BREAKING && l->rec.type == LK_TYPE_LEASE;
}

/* Finds the mode of a lease being broken from other rows; those of the same file are adjacent. A write lease is the only lease of its file,
 * and an open(2) for reading never waits for a read lease (fs/locks.c generic_add_lease(), leases_conflict()). */
static enum lk_mode mode_by_others(const struct lk_snapshot *s, const struct lk_lock *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_blocks; i++) {
		if (l->blocks[i]->root == l && l->blocks[i]->rec.mode == LK_MODE_READ)
			return LK_MODE_WRITE;
	}
	for (size_t i = l->index; i > 0 && s->locks[i - 1].file == l->file; i--)
		n += s->locks[i - 1].rec.type == LK_TYPE_LEASE && !lk_lock_is_waiting(&s->locks[i - 1]);
	for (size_t i = l->index + 1; i < s->n_locks && s->locks[i].file == l->file; i++)
		n += s->locks[i].rec.type == LK_TYPE_LEASE && !lk_lock_is_waiting(&s->locks[i]);
	return n && !l->file->ambiguous ? LK_MODE_READ : LK_MODE_UNKNOWN;
}

/* In ms, -1 unknown or never. The time runs from the first open(2) that asked for this break, and ends the lease only while somebody waits.
 * How long that open(2) has waited is a lower bound, so that the result is an upper bound. */
static int64_t left_ms(const struct lk_snapshot *s, const struct lk_lock *l)
{
	enum lk_mode asked = l->rec.break_to == LK_BREAK_READ ? LK_MODE_READ : LK_MODE_WRITE;
	int64_t limit = s->host.lease_break_s, waited = -1;

	for (size_t i = 0; i < l->n_blocks; i++) {
		const struct lk_lock *w = l->blocks[i];
		int64_t error = w->wait_error_ms > 0 ? w->wait_error_ms : 0;
		int64_t ms = w->wait_ms > error ? w->wait_ms - error : 0;

		if (w->state == LK_STATE_BREAKER && w->rec.mode == asked && ms > waited)
			waited = ms;
	}
	/* lease-break-time 0 means for ever. */
	if (waited < 0 || limit <= 0 || limit > INT32_MAX)
		return -1;
	return limit * 1000 > waited ? limit * 1000 - waited : 0;
}

void lk_build_settle_leases(struct lk_snapshot *s)
{
	for (size_t i = 0; i < s->n_locks; i++) {
		struct lk_lock *l = &s->locks[i];

		if (!is_breaking(l))
			continue;
		if (l->rec.mode == LK_MODE_UNKNOWN)
			l->rec.mode = mode_by_others(s, l);
		l->break_left_ms = left_ms(s, l);
	}
}

/* ---- the id of a row: 64-bit FNV-1a of what identifies the lock ---- */

#define FNV_PRIME UINT64_C(0x100000001b3)

/* The same as lk_hash_fnv() of the 8 bytes of v, lowest first, but faster: a zero byte only multiplies, and most numbers are small. */
static uint64_t hash_number(uint64_t h, int64_t v)
{
	static const uint64_t power[] = {
		1,
		FNV_PRIME,
		FNV_PRIME * FNV_PRIME,
		FNV_PRIME * FNV_PRIME * FNV_PRIME,
		FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME,
		FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME,
		FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME,
		FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME,
		FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME * FNV_PRIME,
	};
	size_t n_zero = 8;

	for (uint64_t rest = (uint64_t)v; rest; rest >>= 8, n_zero--)
		h = (h ^ (rest & 0xff)) * FNV_PRIME;
	return h * power[n_zero];
}

static uint64_t hash_file(uint64_t h, const struct lk_file *f)
{
	h = hash_number(h, (int64_t)((uint64_t)f->key.major << 32 | f->key.minor));
	h = hash_number(h, (int64_t)f->key.ino);
	h = hash_number(h, f->has_stat ? (int64_t)((uint64_t)f->st_major << 32 | f->st_minor) : -1);
	return hash_number(h, f->has_stat ? (int64_t)f->st_ino : -1);
}

static uint64_t hash_owner(uint64_t h, const struct lk_lock *l)
{
	const struct lk_holder *o = l->waiter ? l->waiter : l->n_holders ? &l->holders[0] : NULL;

	/* Not every source knows the taker of an OFD lock. */
	if (!o)
		return hash_number(h, l->rec.type == LK_TYPE_OFD ? -1 : l->rec.pid);
	h = hash_number(h, o->pid);
	h = hash_number(h, (int64_t)o->proc->start_ticks);
	return hash_number(h, l->waiter ? o->tid : o->fd);
}

/* h: the hash of the machine and the file. */
static uint64_t hash_lock(uint64_t h, const struct lk_lock *l)
{
	/* A lease stays the same one when its mode changes, and the mode of one being broken is not always known. */
	bool held_lease = lk_type_same_space(l->rec.type, LK_TYPE_LEASE) && !lk_lock_is_waiting(l);

	h = hash_number(h, (int64_t)l->rec.type << 8 | (int64_t)(held_lease ? LK_MODE_UNKNOWN : l->rec.mode));
	h = hash_number(h, lk_lock_is_waiting(l));
	h = hash_number(h, l->rec.range.start);
	h = hash_number(h, l->rec.range.end);
	return hash_owner(h, l);
}

static bool has_id(const void *arg, uint32_t value, const void *key)
{
	const struct lk_snapshot *s = arg;

	return s->locks[value].id == *(const uint64_t *)key;
}

static void note_id(struct lk_snapshot *s, struct lk_index *ids, uint32_t row)
{
	struct lk_lock *l = &s->locks[row];
	uint64_t hash = lk_hash_add(lk_hash_begin(), l->id, 0);
	uint32_t other = lk_index_find(ids, hash, has_id, s, &l->id);

	if (other == LK_INDEX_NONE)
		lk_index_add(ids, hash, row);
	else
		l->id_shared = s->locks[other].id_shared = true;
}

void lk_build_name_ids(struct lk_snapshot *s)
{
	uint64_t machine = lk_hash_fnv(LK_HASH_FNV, s->host.boot_id, strlen(s->host.boot_id)), of_file = 0;
	const struct lk_file *file = NULL;
	struct lk_index ids = { 0 };

	for (size_t i = 0; i < s->n_locks; i++) {
		struct lk_lock *l = &s->locks[i];

		if (l->file != file)
			of_file = hash_file(machine, l->file);
		file = l->file;
		l->id = hash_lock(of_file, l);
		note_id(s, &ids, (uint32_t)i);
	}
	lk_index_done(&ids);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who holds a row and how that is known; where nobody is proven, the reasons that remain possible. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model/build_private.h"

static const struct lk_proc *proc_of(struct lk_build *b, int pid)
{
	return lk_snapshot_proc(b->snap, pid);
}

static int fill_holders(struct lk_build *b, struct build_row *r)
{
	const struct build_group *g = &b->groups.v[r->group];
	struct lk_holder *h = lk_arena_array(&b->snap->arena, g->n, sizeof(*h));
	size_t n = 0;

	if (!h)
		return -ENOMEM;
	for (size_t i = 0; i < g->n; i++) {
		const struct build_hit *hit = &b->hits.v[g->first + i];

		if (n && h[n - 1].pid == hit->pid && h[n - 1].tid == hit->tid && h[n - 1].fd == hit->fd)
			continue;
		h[n++] = (struct lk_holder){ hit->pid, hit->tid, hit->fd, proc_of(b, hit->pid) };
		if (!h[n - 1].proc)
			return -ENOENT;
	}
	r->lock.holders = h;
	r->lock.n_holders = n;
	r->lock.pid = h[0].pid;
	r->lock.proc = h[0].proc;
	r->lock.ofd = b->hits.v[g->first].ofd;
	if (r->lock.how != LK_HOW_AMBIGUOUS)
		r->lock.how = LK_HOW_EXACT;
	return 0;
}

/* The recorded number may be named only where nothing speaks against it: a process whose descriptors were read and do not show
 * the lock is a stranger that got the number later. */
static bool may_be_recorded(const struct lk_proc *p)
{
	return p && !(p->flags & LK_PROC_GONE) && (p->flags & (LK_PROC_UNREADABLE | LK_PROC_KTHREAD));
}

static void name_recorded(struct lk_build *b, struct build_row *r)
{
	int64_t pid = r->lock.rec.pid;
	const struct lk_proc *p = pid > 0 && pid <= INT32_MAX ? proc_of(b, (int)pid) : NULL;
	bool plausible = may_be_recorded(p);

	r->lock.how = r->lock.file->ambiguous ? LK_HOW_AMBIGUOUS : plausible ? LK_HOW_RECORDED : LK_HOW_UNKNOWN;
	if (plausible) {
		r->lock.pid = p->pid;
		r->lock.proc = p;
	}
}

/* While a lease is only being broken down to a read lease, who opens the file for reading does not sleep but looks again every few
 * milliseconds (__break_lease() in fs/locks.c): when it last woke up says nothing. */
static bool wakes_again_and_again(const struct lk_build *b, const struct build_row *r)
{
	return r->lock.state == LK_STATE_BREAKER && b->rows.v[r->root].lock.rec.mode == LK_MODE_READ;
}

/* A blocked request cannot outlive its process, so the number in the list is its own. */
static int name_waiter(struct lk_build *b, struct build_row *r)
{
	const struct lk_fact_waiter *f = r->waiter == SIZE_MAX ? NULL : &b->waiters.v[r->waiter].f;
	int64_t pid = f ? f->pid : r->lock.rec.pid;
	const struct lk_proc *p = pid > 0 && pid <= INT32_MAX ? proc_of(b, (int)pid) : NULL;
	struct lk_holder *w;

	r->lock.how = LK_HOW_UNKNOWN;
	if (!p)
		return 0;
	w = lk_arena_zalloc(&b->snap->arena, sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct lk_holder){ .pid = p->pid, .tid = f ? f->tid : 0, .fd = f ? f->fd : -1, .proc = p };
	r->lock.waiter = w;
	r->lock.pid = p->pid;
	r->lock.proc = p;
	r->lock.how = f ? LK_HOW_MATCHED : LK_HOW_RECORDED;
	if (f && !wakes_again_and_again(b, r)) {
		r->lock.wait_ms = f->wait_ms;
		r->lock.wait_error_ms = f->wait_error_ms;
	}
	r->lock.ofd = f ? f->ofd : 0;
	return 0;
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

static int compare_orphan(const void *key, const void *elem)
{
	return lk_build_compare_keys(key, &((const struct lk_fact_orphan *)elem)->key);
}

/* They are sorted (model/build.c). */
static const struct lk_fact_orphan *orphan_of(const struct lk_build *b, const struct lk_key *key)
{
	if (!b->orphans.n || key->none)
		return NULL;
	return bsearch(key, b->orphans.v, b->orphans.n, sizeof(*b->orphans.v), compare_orphan);
}

static const char *problem_text(const struct lk_build *b, const char *what)
{
	for (size_t i = 0; i < b->denied.n; i++) {
		if (strcmp(b->denied.v[i].what, what) == 0)
			return b->denied.v[i].text;
	}
	return NULL;
}

static void reason_recorded(struct lk_build *b, const struct lk_lock *l, struct reasons *out)
{
	struct lk_arena *a = &b->snap->arena;
	const struct lk_proc *p = l->rec.pid > 0 && l->rec.pid <= INT32_MAX ? proc_of(b, (int)l->rec.pid) : NULL;

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
	struct lk_arena *a = &b->snap->arena;
	static const char *const whats[] = { "fdinfo", "hidden", "processes", "timeout" };

	for (size_t i = 0; i < sizeof(whats) / sizeof(*whats); i++) {
		const char *text = problem_text(b, whats[i]);

		if (text)
			add_reason(out, lk_arena_printf(a, "%s: %s", i == 0 ? "unreadable" : whats[i], text));
	}
	if (l->rec.pid == 0 || !b->snap->host.initial_pidns)
		add_reason(out, "namespace: its holder may be in a pid namespace that cannot be seen from here");
	if (!b->snap->end.stable || l->rec.type == LK_TYPE_POSIX)
		add_reason(out, "released: it may have been released while the scan was looking");
}

static int explain_missing(struct lk_build *b, struct build_row *r)
{
	struct reasons out = { .n = 0 };

	reason_recorded(b, &r->lock, &out);
	reason_detached(b, &r->lock, &out);
	reason_hidden(b, &r->lock, &out);
	r->lock.no_holder_because = lk_arena_memdup(&b->snap->arena, out.v, out.n * sizeof(*out.v));
	r->lock.n_because = out.n;
	return r->lock.no_holder_because ? 0 : -ENOMEM;
}

int lk_build_explain(struct lk_build *b, struct build_row *r)
{
	if (lk_lock_is_waiting(&r->lock))
		return name_waiter(b, r);
	if (r->group != SIZE_MAX)
		return fill_holders(b, r);
	name_recorded(b, r);
	return explain_missing(b, r);
}

static uint64_t hash_number(uint64_t h, int64_t v)
{
	return lk_hash(h, &v, sizeof(v));
}

static uint64_t hash_owner(uint64_t h, const struct lk_lock *l)
{
	const struct lk_holder *o = l->waiter ? l->waiter : l->n_holders ? &l->holders[0] : NULL;

	if (!o)
		return hash_number(h, l->rec.pid);
	h = hash_number(h, o->pid);
	h = hash_number(h, (int64_t)o->proc->start_ticks);
	return hash_number(h, l->waiter ? o->tid : o->fd);
}

static uint64_t lock_id(const struct lk_snapshot *s, const struct lk_lock *l)
{
	const struct lk_file *f = l->file;
	uint64_t h = lk_hash(LK_HASH_INIT, s->host.boot_id, strlen(s->host.boot_id));

	h = hash_number(h, (int64_t)((uint64_t)f->key.major << 32 | f->key.minor));
	h = hash_number(h, (int64_t)f->key.ino);
	h = hash_number(h, f->has_stat ? (int64_t)((uint64_t)f->st_major << 32 | f->st_minor) : -1);
	h = hash_number(h, f->has_stat ? (int64_t)f->st_ino : -1);
	h = hash_number(h, (int64_t)l->rec.type << 8 | (int64_t)l->rec.mode);
	h = hash_number(h, lk_lock_is_waiting(l));
	h = hash_number(h, l->rec.range.start);
	h = hash_number(h, l->rec.range.end);
	return hash_owner(h, l);
}

static int compare_ids(const void *a, const void *b)
{
	const struct lk_lock *const *x = a, *const *y = b;

	return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

void lk_build_name_ids(struct lk_snapshot *s)
{
	struct lk_lock **order = lk_arena_array(&s->arena, s->n_locks, sizeof(*order));

	for (size_t i = 0; i < s->n_locks; i++) {
		s->locks[i].id = lock_id(s, &s->locks[i]);
		s->locks[i].id_shared = !order; /* without memory to compare, none may be acted on */
		if (order)
			order[i] = &s->locks[i];
	}
	if (!order || !s->n_locks)
		return;
	qsort(order, s->n_locks, sizeof(*order), compare_ids);
	for (size_t i = 1; i < s->n_locks; i++) {
		if (order[i - 1]->id == order[i]->id)
			order[i - 1]->id_shared = order[i]->id_shared = true;
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

static int add_problem(struct lk_build *b, size_t *n, const struct lk_fact_denied *d)
{
	struct lk_arena *a = &b->snap->arena;
	struct lk_problem *p = &b->snap->problems[(*n)++];

	*p = (struct lk_problem){
		.what = lk_arena_strdup(a, d->what),
		.text = lk_arena_strdup(a, d->text),
		.code = d->code,
		.count = d->count,
		.hides_locks = d->hides_locks,
	};
	return p->what && p->text ? 0 : -ENOMEM;
}

int lk_build_completeness(struct lk_build *b)
{
	struct lk_snapshot *s = b->snap;
	struct lk_fact_denied outside = {
		.what = "pid_namespace",
		.count = 1,
		.code = -EPERM,
		.hides_locks = true,
		.text = "this is not known to be the initial pid namespace: locks held from outside of it may be missing",
	};
	size_t n = 0;
	int rc = 0;

	s->locks_proven = s->host.initial_pidns && s->host.has_locks_file && s->end.stable && !s->end.n_bad_lines;
	s->complete = s->locks_proven;
	s->problems = lk_arena_array(&s->arena, b->denied.n + 1, sizeof(*s->problems));
	if (!s->problems)
		return -ENOMEM;
	for (size_t i = 0; i < b->denied.n && !rc; i++) {
		const struct lk_fact_denied *d = &b->denied.v[i];
		bool processes = strcmp(d->what, "fdinfo") == 0 || strcmp(d->what, "hidden") == 0;

		if (d->hides_locks && (!processes || unreadable_matters(s)))
			s->complete = false;
		rc = add_problem(b, &n, d);
	}
	if (!rc && !s->host.initial_pidns)
		rc = add_problem(b, &n, &outside);
	s->n_problems = n;
	return rc;
}

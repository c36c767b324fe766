/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The threads of a sweep: this one and, where there are two processors, a second one that first reads the lock list (which may have to
 * wait, and tells which files matter) and then takes its share of the processes. The results of both are merged by process. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "source/procfs/procfs_private.h"

#define MAX_PARTS 2

struct scan_threads {
	struct scan *whole; /* until both threads have ended, changed only by the one that reads the lock list */
	const int *pids;
	size_t n;
	bool may_skip;
	struct scan_lines *before; /* NULL: not to be read */
	int list_rc;
	_Atomic size_t next; /* index of the next process to sweep */
	_Atomic(const struct lk_map *) locked;
	struct scan parts[MAX_PARTS];
};

const struct lk_map *lk_scan_threads_locked(const struct scan_threads *c)
{
	return c ? atomic_load_explicit(&c->locked, memory_order_acquire) : NULL;
}

const struct lk_mounts *lk_scan_threads_mounts(const struct scan_threads *c)
{
	return c ? &c->whole->mounts : NULL;
}

static void read_list(struct scan_threads *c)
{
	struct scan *s = c->whole;

	if (c->before)
		c->list_rc = lk_scan_read_lines(s, c->before);
	if (c->before && !c->list_rc && (c->may_skip || s->req->needs & LK_NEED_WAITS))
		lk_scan_note_inodes(s, c->before);
	if (!c->list_rc && c->may_skip)
		atomic_store_explicit(&c->locked, &s->locked_inodes, memory_order_release);
}

static void sweep_part(struct scan_threads *c, struct scan *part)
{
	for (;;) {
		size_t i = atomic_fetch_add_explicit(&c->next, 1, memory_order_relaxed);

		if (i >= c->n || lk_scan_is_late(part))
			return;
		lk_scan_sweep_one(part, c->pids[i]);
	}
}

static void *second_main(void *arg)
{
	struct scan_threads *c = arg;

	if (c->whole->guarded)
		lk_procroot_watch(&c->whole->guarded->touches[1]);
	read_list(c);
	sweep_part(c, &c->parts[1]);
	lk_procroot_touch(0);
	return NULL;
}

/* A seccomp filter may kill a process that starts a thread. */
static bool may_have_second(const struct scan *s)
{
	cpu_set_t set;

	if (!s->root->is_proc || sched_getaffinity(0, sizeof(set), &set) < 0 || CPU_COUNT(&set) < 2)
		return false;
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0;
}

/* The second thread blocks all signals: they are for the other threads. */
static bool start_second(struct scan_threads *c, pthread_t *ret)
{
	sigset_t all, old;
	int rc;

	if (!may_have_second(c->whole))
		return false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(ret, NULL, second_main, c);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc == 0;
}

static void begin_part(struct scan_threads *c, struct scan *part)
{
	struct scan *s = c->whole;

	*part = (struct scan){ .root = s->root,
			       .guarded = s->guarded,
			       .req = s->req,
			       .deadline_ms = s->deadline_ms,
			       .credit = s->credit };
	part->threads = c;
	lk_vec_reserve(&part->devs.v, &part->devs.cap, 0, s->devs.n, sizeof(*s->devs.v));
	if (s->devs.n)
		memcpy(part->devs.v, s->devs.v, s->devs.n * sizeof(*s->devs.v));
	part->devs.n = s->devs.n;
}

/* Appends `count` elements. */
#define TAKE(to, from, count) \
	do { \
		if (!(count)) \
			break; \
		lk_vec_reserve(&(to)->v, &(to)->cap, (to)->n, (count), sizeof(*(to)->v)); \
		memcpy((to)->v + (to)->n, (from), (count) * sizeof(*(to)->v)); \
		(to)->n += (count); \
	} while (0)

/* How much of a part has been merged. */
struct taken {
	size_t procs, fds, hits, seen, tables;
};

/* Merges what a part found about its next process. Everything in a part is in the order of processes. */
static void take_process(struct scan *s, const struct scan *p, struct taken *t)
{
	int pid = p->procs.v[t->procs].pid;
	size_t first = s->hits.n, fds = t->fds, hits = t->hits, seen = t->seen, tables = t->tables;
	size_t shift = s->fds.n - t->fds;

	while (t->fds < p->fds.n && p->fds.v[t->fds].pid <= pid)
		t->fds++;
	while (t->hits < p->hits.n && p->hits.v[t->hits].fd < t->fds)
		t->hits++;
	while (t->seen < p->seen.n && p->seen.v[t->seen].pid <= pid)
		t->seen++;
	while (t->tables < p->tables.n && p->tables.v[t->tables].pid <= pid)
		t->tables++;
	TAKE(&s->procs, p->procs.v + t->procs, 1);
	t->procs++;
	TAKE(&s->fds, p->fds.v + fds, t->fds - fds);
	TAKE(&s->hits, p->hits.v + hits, t->hits - hits);
	TAKE(&s->seen, p->seen.v + seen, t->seen - seen);
	TAKE(&s->tables, p->tables.v + tables, t->tables - tables);
	for (size_t i = first; i < s->hits.n; i++)
		s->hits.v[i].fd += shift;
}

static void take_denied(struct scan *s, const struct scan *p)
{
	for (size_t i = 0; i < p->denied.n; i++) {
		const struct scan_denied *d = &p->denied.v[i];

		for (size_t k = 0; k < d->count; k++) {
			if (k < d->n_pids)
				lk_scan_deny_process(s, d->what, d->code, d->pids[k]);
			else
				lk_scan_deny(s, d->what, d->code);
		}
	}
}

#define SWAP(a, b) \
	do { \
		__typeof__(a) swapped = (a); \
		(a) = (b); \
		(b) = swapped; \
	} while (0)

/* If only one part has locks, they are moved: a hundred thousand of them are not copied. */
static void take_all_locks(struct scan *s, struct scan *part)
{
	SWAP(s->fds, part->fds);
	SWAP(s->hits, part->hits);
}

static void take_parts(struct scan *s, struct scan *parts, size_t n)
{
	struct taken taken[MAX_PARTS] = { 0 };

	if (!s->fds.n && (n == 1 || !parts[0].fds.n || !parts[1].fds.n))
		take_all_locks(s, &parts[n > 1 && !parts[0].fds.n]);
	for (;;) {
		size_t next = n;

		for (size_t i = 0; i < n; i++) {
			if (taken[i].procs < parts[i].procs.n &&
			    (next == n ||
			     parts[i].procs.v[taken[i].procs].pid < parts[next].procs.v[taken[next].procs].pid))
				next = i;
		}
		if (next == n)
			break;
		take_process(s, &parts[next], &taken[next]);
	}
	for (size_t i = 0; i < n; i++) {
		take_denied(s, &parts[i]);
		s->n_skipped += parts[i].n_skipped;
		s->late = s->late || parts[i].late;
	}
	s->credit = parts[0].credit;
}

void lk_scan_threads_run(struct scan *s, const int *pids, size_t n, struct scan_lines *ret_before, int *ret_list_rc)
{
	struct scan_threads *c = lk_alloc(1, sizeof(*c));
	bool has_second;
	pthread_t second;

	c->whole = s;
	c->pids = pids;
	c->n = n;
	c->before = ret_before;
	c->may_skip = lk_scan_can_skip_fds(s) && (ret_before || s->has_locks_file);
	begin_part(c, &c->parts[0]);
	begin_part(c, &c->parts[1]);
	has_second = start_second(c, &second);
	if (!has_second)
		read_list(c);
	sweep_part(c, &c->parts[0]);
	lk_procroot_touch(0);
	if (has_second)
		pthread_join(second, NULL);
	take_parts(s, c->parts, has_second ? 2 : 1);
	if (ret_before)
		*ret_list_rc = c->list_rc;
	lk_scan_done(&c->parts[0]);
	lk_scan_done(&c->parts[1]);
	free(c);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about the processes that locks, descriptors, waiters and mappings name. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "source/host/procfacts.h"
#include "source/procfs/procfs_private.h"

struct list {
	lk_ints pids;
	struct lk_fact_proc *facts;
	struct lk_procfacts_who *who;
	size_t *asked; /* while the dear facts are read: index in facts of each element of `who` */
	struct lk_arena *arena;
};

static void collect(const struct scan *s, struct list *l)
{
	for (size_t i = 0; i < s->lines.v.n; i++)
		lk_scan_add_pid(&l->pids, s->lines.v.v[i].rec.pid);
	for (size_t i = 0; i < s->hits.n; i++) {
		if (s->hits.v[i].dead)
			continue;
		lk_scan_add_pid(&l->pids, s->fds.v[s->hits.v[i].fd].pid);
		lk_scan_add_pid(&l->pids, s->hits.v[i].rec.pid);
	}
	for (size_t i = 0; i < s->orphans.n; i++)
		lk_scan_add_pid(&l->pids, s->orphans.v[i].mapped_pid);
	for (size_t i = 0; i < s->waiters.n; i++)
		lk_scan_add_pid(&l->pids, s->waiters.v[i].fact.pid);
	for (size_t i = 0; i < s->told.named.n; i++)
		lk_scan_add_pid(&l->pids, s->told.named.v[i]);
	lk_ints_sort(&l->pids);
}

/* s->procs is sorted by pid, as /proc lists processes. */
static const struct scan_proc *find_swept(const struct scan *s, int pid)
{
	return s->procs.n ? bsearch(&pid, s->procs.v, s->procs.n, sizeof(*s->procs.v), lk_compare_int) : NULL;
}

/* A process hidden by hidepid= has no directory, but the kernel still knows it (kill(2): EPERM, not ESRCH). */
static unsigned flags_without_dir(const struct scan *s, int pid)
{
	bool there = s->root->own_pids && (kill(pid, 0) == 0 || errno == EPERM);

	return there ? LK_PROC_UNREADABLE : LK_PROC_GONE;
}

static void read_stat(struct scan *s, struct list *l, struct lk_fact_proc *p)
{
	const struct scan_proc *swept = find_swept(s, p->pid);
	struct lk_stat st;
	int rc;

	if (lk_scan_skips(s, p->pid)) {
		p->flags = LK_PROC_UNREADABLE;
		return;
	}
	/* The number belongs to a thread of another process by now. */
	if (!swept && lk_scan_is_thread(s, p->pid)) {
		p->flags = LK_PROC_GONE;
		return;
	}
	rc = lk_scan_read(s, p->pid, 0, "stat");
	if (rc < 0 || lk_parse_stat(s->buf.v, s->buf.n, &st) < 0) {
		p->flags = rc == -ENOENT || rc == -ESRCH ? flags_without_dir(s, p->pid) : LK_PROC_UNREADABLE;
		return;
	}
	if (!s->told.all_swept && (!swept || swept->denied))
		p->flags |= LK_PROC_UNREADABLE;
	if (st.flags & LK_PF_KTHREAD)
		p->flags |= LK_PROC_KTHREAD;
	if (st.state == 'Z' || st.state == 'X')
		p->flags |= LK_PROC_ZOMBIE;
	p->start_ticks = st.start_ticks;
	p->ppid = st.ppid;
	p->state = st.state;
	p->num_threads = st.num_threads;
	p->comm = lk_arena_strndup(l->arena, st.comm, st.comm_len);
	p->comm_len = st.comm_len;
}

static void read_uid(struct scan *s, struct lk_fact_proc *p)
{
	unsigned uid;

	if (lk_scan_read(s, p->pid, 0, "status") == 0 && lk_parse_status_uid(s->buf.v, s->buf.n, &uid) == 0)
		p->uid = uid;
}

static const struct lk_fact_proc *find_known(const struct scan *s, int pid)
{
	return s->told.n_known ? bsearch(&pid, s->told.known, s->told.n_known, sizeof(*s->told.known), lk_compare_int)
			       : NULL;
}

static void read_cheap(struct scan *s, struct list *l, size_t i)
{
	const struct lk_fact_proc *known = find_known(s, l->pids.v[i]);
	struct lk_fact_proc *p = &l->facts[i];

	*p = known ? *known : (struct lk_fact_proc){ .pid = l->pids.v[i], .uid = -1 };
	if (!known)
		read_stat(s, l, p);
	if (!known && !(p->flags & LK_PROC_GONE) && !lk_scan_skips(s, p->pid))
		read_uid(s, p);
	if (s->req->needs & LK_NEED_NS && !lk_scan_skips(s, p->pid)) {
		p->pid_ns = lk_procroot_ns(s->root, p->pid, "pid");
		p->mnt_ns = lk_procroot_ns(s->root, p->pid, "mnt");
		p->user_ns = lk_procroot_ns(s->root, p->pid, "user");
	}
	l->who[i] = (struct lk_procfacts_who){ .pid = p->pid, .uid = p->uid };
}

static int take_dear(void *arg, size_t i, const struct lk_procfacts *f)
{
	struct list *l = arg;
	size_t at = l->asked[i];
	struct lk_fact_proc *p = &l->facts[at];

	p->user = lk_arena_strdup(l->arena, f->user);
	p->cmdline = lk_arena_strdup(l->arena, f->cmdline);
	p->cgroup = lk_arena_strdup(l->arena, f->cgroup);
	return 0;
}

/* Takes facts from the cache. Leaves in `who` and `asked` the processes that have to be read, and returns how many. Strings are copied,
 * because the cache is replaced after the scan. */
static size_t recall(struct scan *s, struct list *l, unsigned needs)
{
	size_t n = 0;

	for (size_t i = 0; i < l->pids.n; i++) {
		struct lk_fact_proc *p = &l->facts[i];
		const struct scan_cached *e = s->cache ? lk_scan_cache_find(s->cache, p, needs, s->began_ms) : NULL;

		if (e) {
			p->user = lk_arena_strdup(l->arena, e->user);
			p->cmdline = lk_arena_strdup(l->arena, e->cmdline);
			p->cgroup = lk_arena_strdup(l->arena, e->cgroup);
			p->parent_comm = lk_arena_strdup(l->arena, e->parent_comm);
			p->session_comm = lk_arena_strdup(l->arena, e->session_comm);
			p->tty = lk_arena_strdup(l->arena, e->tty);
			p->session = e->session;
			continue;
		}
		if (lk_scan_skips(s, p->pid))
			continue;
		l->who[n] = l->who[i];
		l->asked[n++] = i;
	}
	return n;
}

static void read_dear(struct scan *s, struct list *l)
{
	unsigned needs = s->req->needs & LK_SCAN_DEAR;
	struct lk_helper_result res = { 0 };
	size_t n;
	int rc = 0;

	if (!needs || !l->pids.n)
		return;
	l->asked = lk_arena_array(l->arena, l->pids.n, sizeof(*l->asked));
	n = recall(s, l, needs);
	if (needs & LK_NEED_JOB)
		lk_scan_read_jobs(s, l->facts, l->asked, n);
	if (n && needs & ~(unsigned)LK_NEED_JOB)
		rc = lk_procfacts_read(s->root, l->who, n, needs & ~(unsigned)LK_NEED_JOB, s->deadline_ms, take_dear, l,
				       &res);
	if (rc < 0)
		lk_scan_deny(s, LK_UNREAD_DETAILS, rc);
	else if (res.n_given_up || res.n_left)
		lk_scan_deny(s, LK_UNREAD_DETAILS, -ETIMEDOUT);
}

int lk_scan_emit_procs(struct scan *s, const struct lk_sink *sink)
{
	struct list l = { .arena = &s->arena };
	int rc = 0;

	collect(s, &l);
	l.facts = lk_arena_array(&s->arena, l.pids.n, sizeof(*l.facts));
	l.who = lk_arena_array(&s->arena, l.pids.n, sizeof(*l.who));
	for (size_t i = 0; i < l.pids.n; i++)
		read_cheap(s, &l, i);
	read_dear(s, &l);
	for (size_t i = 0; i < l.pids.n && !rc; i++)
		rc = lk_sink_proc(sink, &l.facts[i]);
	lk_vec_done(&l.pids);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps the dear facts of processes (LK_SCAN_DEAR) from scan to scan: a source that scans every two seconds would spend most of its time
 * on command lines that do not change. A process is recognised by pid, start time, name, user and parent; its facts are used again for
 * some seconds only, because programs rewrite their titles. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "source/procfs/procfs_private.h"

#define FRESH_MS 10000
/* Added by pid, so that not all facts have to be read again in the same scan. */
#define SPREAD_MS 8000

static void forget(struct scan_cached *m)
{
	free(m->user);
	free(m->cmdline);
	free(m->cgroup);
	free(m->parent_comm);
	free(m->session_comm);
	free(m->tty);
	free(m->comm);
}

static void forget_all(scan_cache_list *v)
{
	for (size_t i = 0; i < v->n; i++)
		forget(&v->v[i]);
	lk_vec_done(v);
}

void lk_scan_cache_done(struct scan_cache *m)
{
	forget_all(&m->v);
	forget_all(&m->fresh);
}

static bool is_same(const struct scan_cached *e, const struct lk_fact_proc *p)
{
	if (!p->start_ticks || e->start_ticks != p->start_ticks || e->uid != p->uid || e->ppid != p->ppid)
		return false;
	return e->comm && p->comm && strlen(e->comm) == p->comm_len && memcmp(e->comm, p->comm, p->comm_len) == 0;
}

static struct scan_cached *find_known(const struct scan_cache *m, const struct lk_fact_proc *p, unsigned needs,
				      int64_t now_ms)
{
	struct scan_cached *e = m->v.n ? bsearch(&p->pid, m->v.v, m->v.n, sizeof(*m->v.v), lk_compare_int) : NULL;

	if (!e || (e->needs & needs) != needs || !is_same(e, p) || (needs & LK_NEED_JOB && p->state == 't'))
		return NULL;
	return now_ms - e->read_ms < FRESH_MS + p->pid % SPREAD_MS ? e : NULL;
}

const struct scan_cached *lk_scan_cache_find(const struct scan_cache *m, const struct lk_fact_proc *p, unsigned needs,
					     int64_t now_ms)
{
	return find_known(m, p, needs, now_ms);
}

static struct scan_cached remember(const struct lk_fact_proc *p, unsigned needs, int64_t read_ms)
{
	return (struct scan_cached){
		.pid = p->pid,
		.ppid = p->ppid,
		.start_ticks = p->start_ticks,
		.uid = p->uid,
		.needs = needs,
		.read_ms = read_ms,
		.comm = p->comm ? lk_strndup(p->comm, p->comm_len) : NULL,
		.user = lk_strdup(p->user),
		.cmdline = lk_strdup(p->cmdline),
		.cgroup = lk_strdup(p->cgroup),
		.parent_comm = lk_strdup(p->parent_comm),
		.session_comm = lk_strdup(p->session_comm),
		.tty = lk_strdup(p->tty),
		.session = p->session,
	};
}

/* A recent entry is moved to the new list with its strings. */
static void move(struct scan_cached *to, struct scan_cached *from)
{
	*to = *from;
	from->comm = from->user = from->cmdline = from->cgroup = NULL;
	from->parent_comm = from->session_comm = from->tty = NULL;
	from->needs = 0;
}

static bool has_all(const struct lk_fact_proc *p, unsigned needs)
{
	return (!(needs & LK_NEED_USER) || p->user) && (!(needs & LK_NEED_CMDLINE) || p->cmdline) &&
	       (!(needs & LK_NEED_CGROUP) || p->cgroup);
}

void lk_scan_cache_put(struct scan_cache *m, const struct lk_fact_proc *p, unsigned needs, int64_t now_ms)
{
	struct scan_cached *known = find_known(m, p, needs, now_ms), *e;

	/* A tracer can come and go at any time: a traced process is not cached. */
	if (!needs || p->tracer || (!known && !has_all(p, needs)))
		return;
	e = lk_vec_push(&m->fresh);
	if (known)
		move(e, known);
	else
		*e = remember(p, needs, now_ms);
}

void lk_scan_cache_turn(struct scan_cache *m)
{
	struct scan_cache old = { .v = m->v };

	m->v = m->fresh;
	m->fresh = (scan_cache_list){ 0 };
	lk_scan_cache_done(&old);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dear facts of processes from scan to scan: a source that looks every two seconds would spend most of its time on command
 * lines that do not change. A process is known again by number, start, name and user; what it says of itself is believed for some
 * seconds only, because programs rewrite their titles. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "source/procfs_private.h"

#define FRESH_MS 10000
/* Not all of them in the same scan. */
#define SPREAD_MS 8000

static void forget(struct scan_memory *m)
{
	free(m->user);
	free(m->cmdline);
	free(m->cgroup);
	free(m->parent_comm);
	free(m->session_comm);
	free(m->tty);
	free(m->comm);
}

void lk_scan_memo_done(struct scan_memo *m)
{
	for (size_t i = 0; i < m->v.n; i++)
		forget(&m->v.v[i]);
	lk_vec_done(&m->v);
}

static int compare(const void *key, const void *elem)
{
	return lk_scan_compare_pids(key, &((const struct scan_memory *)elem)->pid);
}

static bool is_same(const struct scan_memory *e, const struct lk_fact_proc *p)
{
	if (!p->start_ticks || e->start_ticks != p->start_ticks || e->uid != p->uid || e->ppid != p->ppid)
		return false;
	return e->comm && p->comm && strlen(e->comm) == p->comm_len && memcmp(e->comm, p->comm, p->comm_len) == 0;
}

const struct scan_memory *lk_scan_recall(const struct scan_memo *m, const struct lk_fact_proc *p, unsigned needs,
					 int64_t now_ms)
{
	const struct scan_memory *e = m->v.n ? bsearch(&p->pid, m->v.v, m->v.n, sizeof(*m->v.v), compare) : NULL;

	if (!e || (e->needs & needs) != needs || !is_same(e, p) || (needs & LK_NEED_JOB && p->state == 't'))
		return NULL;
	return now_ms - e->read_ms < FRESH_MS + p->pid % SPREAD_MS ? e : NULL;
}

static char *copy(const char *s, bool *failed)
{
	char *own = s ? strdup(s) : NULL;

	*failed |= s && !own;
	return own;
}

/* false: no memory; e is left alone. */
static bool remember(struct scan_memory *e, const struct lk_fact_proc *p, unsigned needs, int64_t read_ms)
{
	bool failed = false;
	struct scan_memory fresh = {
		.pid = p->pid,
		.ppid = p->ppid,
		.start_ticks = p->start_ticks,
		.uid = p->uid,
		.needs = needs,
		.read_ms = read_ms,
		.comm = p->comm ? strndup(p->comm, p->comm_len) : NULL,
		.user = copy(p->user, &failed),
		.cmdline = copy(p->cmdline, &failed),
		.cgroup = copy(p->cgroup, &failed),
		.parent_comm = copy(p->parent_comm, &failed),
		.session_comm = copy(p->session_comm, &failed),
		.tty = copy(p->tty, &failed),
		.session = p->session,
	};

	if (failed || !fresh.comm) {
		forget(&fresh);
		return false;
	}
	*e = fresh;
	return true;
}

/* What did not have to be read again goes over as it is. */
static bool move(struct scan_memory *e, struct scan_memo *old, const struct lk_fact_proc *p, int64_t read_ms)
{
	struct scan_memory *o = old->v.n ? bsearch(&p->pid, old->v.v, old->v.n, sizeof(*old->v.v), compare) : NULL;

	if (!o || o->read_ms != read_ms || !is_same(o, p))
		return false;
	*e = *o;
	o->comm = o->user = o->cmdline = o->cgroup = o->parent_comm = o->session_comm = o->tty = NULL;
	return true;
}

void lk_scan_memorize(struct scan_memo *m, const struct lk_fact_proc *p, const int64_t *read_ms, size_t n,
		      unsigned needs)
{
	struct scan_memo fresh = { 0 };

	for (size_t i = 0; i < n; i++) {
		/* Who traces it can change at any time, and is not remembered. */
		struct scan_memory *e = read_ms[i] && !p[i].tracer ? lk_vec_push(&fresh.v) : NULL;

		if (e && !move(e, m, &p[i], read_ms[i]) && !remember(e, &p[i], needs, read_ms[i]))
			fresh.v.n--;
	}
	lk_scan_memo_done(m);
	*m = fresh;
}

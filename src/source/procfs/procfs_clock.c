/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a thread has slept. se.exec_start in its sched file is when it last began to run, by the clock of its processor; that is also
 * about when it fell asleep. The present time by the same clock is our own exec_start while we run on that processor. The clocks of
 * different processors differ from each other and from CLOCK_MONOTONIC by up to some tenths of a second. See doc/kernel.md 4.2. */
#include <sched.h>

#include "base/io.h"
#include "record/blocked.h"
#include "source/procfs/procfs_private.h"

#define PINNED_ERROR_MS 10
#define LOOSE_ERROR_MS 500

static int read_start(struct scan *s, int pid, int tid, double *ret_ms)
{
	int rc = lk_scan_read(s, pid, tid, "sched");

	return rc < 0 ? rc : lk_parse_sched_exec_start(s->buf.v, s->buf.n, ret_ms);
}

static int read_processor(struct scan *s, int pid, int tid, int *ret)
{
	int rc = lk_scan_read(s, pid, tid, "stat");

	return rc < 0 ? rc : lk_parse_stat_processor(s->buf.v, s->buf.n, ret);
}

static int own_start(struct scan *s, double *ret_ms)
{
	int rc;

	s->buf.n = 0;
	rc = lk_procroot_own_sched(&s->buf);
	return rc < 0 ? rc : lk_parse_sched_exec_start(s->buf.v, s->buf.n, ret_ms);
}

/* The present time by the clock of processor cpu: this thread runs there for a moment. */
static int pinned_now(struct scan *s, int cpu, double *ret_ms)
{
	cpu_set_t before, one;
	int rc;

	CPU_ZERO(&one);
	if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof(before), &before) < 0)
		return -1;
	CPU_SET((size_t)cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		return -1;
	rc = own_start(s, ret_ms);
	sched_setaffinity(0, sizeof(before), &before);
	return rc;
}

static struct scan_clock *clock_of(struct scan *s, int cpu)
{
	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return NULL;
	while (s->asleep.clocks.n <= (size_t)cpu)
		*lk_vec_push(&s->asleep.clocks) = (struct scan_clock){ .known = false };
	return &s->asleep.clocks.v[cpu];
}

/* A processor is visited only once in a scan: if a real-time thread keeps it busy, we have to wait there. */
static int now_on(struct scan *s, int cpu, double *ret_ms)
{
	struct scan_clock *c = clock_of(s, cpu);
	double there;

	if (!c)
		return -1;
	if (!c->known) {
		if (lk_scan_is_late(s) || pinned_now(s, cpu, &there) < 0)
			return -1;
		c->ahead_ms = there - lk_io_now_ms_exact();
		c->known = true;
	}
	*ret_ms = lk_io_now_ms_exact() + c->ahead_ms;
	return 0;
}

int64_t lk_scan_slept_ms(struct scan *s, int pid, int tid, int64_t *ret_error_ms)
{
	double start, now;
	int cpu;

	*ret_error_ms = -1;
	if (lk_scan_skips(s, pid) || !s->root->is_default || !s->root->own_pids || read_start(s, pid, tid, &start) < 0)
		return -1;
	*ret_error_ms = PINNED_ERROR_MS;
	/* exec_start is 0 if the thread was woken up on another processor and has not run there yet: its sleep starts anew
	 * (migrate_task_rq_fair()). */
	if (start <= 0)
		return 0;
	if (read_processor(s, pid, tid, &cpu) < 0 || now_on(s, cpu, &now) < 0) {
		*ret_error_ms = LOOSE_ERROR_MS;
		now = lk_io_now_ms_exact();
	}
	return now > start ? (int64_t)(now - start) : 0;
}

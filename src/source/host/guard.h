/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scan of other processes, made in a helper process. Whoever reads /proc/PID (or compares its descriptors, kcmp(2)) can be made to
 * wait for ever: the kernel holds exec_update_lock while PID sits in execve(2), for example for a file server that does not answer.
 * So the process that wants the answer reads none of it. The helper says which process each of its threads is reading; where that
 * stands still, it is given up, and the next helper scans without that process, which then counts as unreadable. */
#ifndef LK_SOURCE_GUARD_H
#define LK_SOURCE_GUARD_H

#include "base/vec.h"
#include "source/host/helper.h"
#include "source/host/procroot.h"
#include "source/source.h"

#define LK_GUARD_THREADS 4

/* One that made a helper wait. */
struct lk_guard_stall {
	int pid; /* first: they are sorted and found by it */
	int64_t uid; /* owner of its files in /proc; -1 unknown */
	int64_t until_ms; /* lk_io_now_ms(): it is not asked before */
};

/* What is remembered from scan to scan. Zero-initialised is empty. */
struct lk_guard {
	LK_VEC(struct lk_guard_stall) stalls; /* by pid */
};

/* How the scan has to go about it. */
struct lk_guarded {
	const struct lk_guard *guard;
	struct lk_touch *touches; /* LK_GUARD_THREADS; the first is the scan's own already */
	size_t n_stalls; /* in this scan */
};

/* Not to be read: it has stalled, or several of its user's have in this scan. g may be NULL: the scan is not guarded. */
bool lk_guarded_skips(const struct lk_guarded *g, const struct lk_procroot *root, int pid);
/* One of its user's processes has stalled: to be read last. */
bool lk_guarded_is_late(const struct lk_guarded *g, const struct lk_procroot *root, int pid);

/* What a helper asks when it asks a process: that process, and by its owner who else may make it wait. */
struct lk_helper_about lk_guard_about(const struct lk_procroot *root, int pid);

/* A thread of a helper of ours (0: its first one) sleeps; one that runs, or waits for a processor, is not stuck. Its state can be asked
 * for: it is no stranger. */
bool lk_guard_is_asleep(const struct lk_procroot *root, pid_t child, int tid);

/* In the helper: looks, and tells the sink, which keeps it until all of it is there. 0 or -errno with err. */
typedef int (*lk_guard_scan)(void *arg, const struct lk_guarded *how, const struct lk_sink *sink, struct lk_err *err);

struct lk_guard_job {
	const struct lk_procroot *root;
	lk_guard_scan scan;
	/* Here, for each process that the helper told of. What scan() itself keeps in memory is lost with the helper. */
	void (*saw_proc)(void *arg, const struct lk_fact_proc *f);
	void *arg;
	uint32_t timeout_ms; /* 0: no limit */
};

/* When a scan that began then should stop reading: what was read has still to be put together and told. 0: no limit. */
int64_t lk_guard_deadline_ms(int64_t began_ms, uint32_t timeout_ms);

/* Runs the scan; the facts reach the sink when nothing can go wrong any more but the sink itself (*ret_emitted). Where no helper is
 * to be had (no process, root is no proc of this machine) the scan is made here. 0 or -errno with err. */
int lk_guard_run(struct lk_guard *g, const struct lk_guard_job *job, const struct lk_sink *sink, bool *ret_emitted,
		 struct lk_err *err);
void lk_guard_done(struct lk_guard *g);

#endif

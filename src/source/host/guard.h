/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scan of other processes, made in a helper process. Whoever reads /proc/PID (or compares its descriptors, kcmp(2)) can be made to wait
 * for ever: the kernel holds exec_update_lock while PID sits in execve(2), for example for a file server that does not answer. So the
 * process that wants the answer reads none of it. The helper says which process it is reading; if it makes no
 * progress, the helper is given up, and the next helper scans without that process, which then counts as unreadable. */
#ifndef LK_SOURCE_GUARD_H
#define LK_SOURCE_GUARD_H

#include "base/vec.h"
#include "source/host/helper.h"
#include "source/host/procroot.h"
#include "source/source.h"

/* A process that made a helper wait. */
struct lk_guard_stall {
	int pid; /* must be first: the list is sorted and searched by it */
	int64_t uid; /* owner of its files in /proc; -1 unknown */
	int64_t until_ms; /* lk_io_now_ms(): nothing is read of it before */
};

/* What is remembered from scan to scan. Zero-initialised is empty. */
struct lk_guard {
	LK_VEC(struct lk_guard_stall) stalls; /* by pid */
};

/* What a guarded scan needs to know. */
struct lk_guarded {
	const struct lk_guard *guard;
	size_t n_stalls; /* in this scan */
};

/* true: this process is not to be read, for it has stalled, or this scan has met several stalls and another process of the same user has
 * stalled. g may be NULL: the scan is not guarded. */
bool lk_guarded_skips(const struct lk_guarded *g, const struct lk_procroot *root, int pid);
/* A process of the same user (not of root) has stalled: this one is to be read last. */
bool lk_guarded_is_late(const struct lk_guarded *g, const struct lk_procroot *root, int pid);

/* For a helper item that reads a process: `what` is that process, `group` its owner, who may make others stall too (root: nobody). */
struct lk_helper_about lk_guard_about(const struct lk_procroot *root, int pid);

/* Runs in the helper: scans, and hands the facts to the sink, which keeps them until the scan is complete. 0 or -errno with err. */
typedef int (*lk_guard_scan)(void *arg, const struct lk_guarded *how, const struct lk_sink *sink, struct lk_err *err);

struct lk_guard_job {
	const struct lk_procroot *root;
	lk_guard_scan scan;
	/* In the process that asked, for each process fact of the helper: what scan() itself keeps in memory is lost with the helper. May
	 * be NULL. */
	void (*saw_proc)(void *arg, const struct lk_fact_proc *f);
	void *arg;
	uint32_t timeout_ms; /* 0: no limit */
};

/* When a scan that began at began_ms should stop reading, so that time is left to put the facts together and hand them over. 0: no
 * limit. */
int64_t lk_guard_deadline_ms(int64_t began_ms, uint32_t timeout_ms);

/* Runs the scan. The facts of a helper reach the sink (*ret_emitted) only when nothing but the sink itself can fail any more. Where there
 * can be no helper (it could not be started, or root is no proc file system) the scan is made in this process. 0 or -errno with err. */
int lk_guard_run(struct lk_guard *g, const struct lk_guard_job *job, const struct lk_sink *sink, bool *ret_emitted,
		 struct lk_err *err);
void lk_guard_done(struct lk_guard *g);

#endif

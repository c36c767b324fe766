/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Releases a lock, or some of its bytes, while its holder lives on and is not told. */
#ifndef LK_ACTION_RELEASE_H
#define LK_ACTION_RELEASE_H

#include "action/action.h"
#include "action/trace.h"

struct lk_release {
	struct lk_action action;
	const struct lk_trace *trace;
	const struct lk_snapshot *snap; /* of the plan; borrowed: must outlive this struct */
	const struct lk_lock *lock; /* in snap */
	const struct lk_holder *holder; /* the one through which the lock is released; NULL when refused */
	struct lk_target target;
	struct lk_range range; /* the bytes to release; within those of the lock */
	bool unchanged; /* the run was refused before it changed anything */
	uint32_t settle_ms; /* how long to look for the next holder; set by lk_release_plan() */
};

/* Makes the plan: what will happen, or why the lock cannot be released. pid: the holder through which to release it; 0: any. range
 * NULL: all of the lock. Call lk_action_free(&r->action) when done. */
void lk_release_plan(struct lk_release *r, const struct lk_sys *sys, const struct lk_trace *trace,
		     struct lk_source *source, const struct lk_snapshot *snap, const struct lk_lock *lock, int pid,
		     const struct lk_range *range);

/* For lk_action_ops; in release_run.c and release_verify.c. */
int lk_release_run(struct lk_action *a, struct lk_err *err);
int lk_release_verify(struct lk_action *a, struct lk_err *err);

#endif

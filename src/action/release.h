/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking away a lock, or some of its bytes, while its holder lives on and knows nothing of it. */
#ifndef LK_ACTION_RELEASE_H
#define LK_ACTION_RELEASE_H

#include "action/action.h"
#include "action/trace.h"

struct lk_release {
	struct lk_action action;
	const struct lk_trace *trace;
	const struct lk_snapshot *snap; /* of the plan; borrowed: it must outlive this */
	const struct lk_lock *lock; /* in it */
	const struct lk_holder *holder; /* the one it is done through; NULL when refused */
	struct lk_target target;
	struct lk_range range; /* the bytes to release; within those of the lock */
	bool unchanged; /* the run was refused before it changed anything */
	uint32_t settle_ms; /* how long to look for who has it next; set by lk_release_plan() */
};

/* The plan: what will happen, or why it cannot. pid: the holder it is to be done through; 0: any. range: NULL: all of the lock.
 * lk_action_free() of r->action. */
void lk_release_plan(struct lk_release *r, const struct lk_sys *sys, const struct lk_trace *trace,
		     struct lk_source *source, const struct lk_snapshot *snap, const struct lk_lock *lock, int pid,
		     const struct lk_range *range);

/* The operations of the driver; release_run.c and release_verify.c. */
int lk_release_run(struct lk_action *a, struct lk_err *err);
int lk_release_verify(struct lk_action *a, struct lk_err *err);

#endif

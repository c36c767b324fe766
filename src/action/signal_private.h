/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by signal.c and signal_plan.c only. */
#ifndef LK_ACTION_SIGNAL_PRIVATE_H
#define LK_ACTION_SIGNAL_PRIVATE_H

#include "action/look.h"
#include "action/signal.h"

/* A lock that the process held when the plan was made. */
struct lk_signal_lock {
	const struct lk_lock *lock; /* in the snapshot of the plan */
	const char *words;
};

struct lk_signal_target {
	struct lk_target target;
	struct lk_look look; /* when the plan was made */
	const char *words; /* "process 12 (cat)" */
	struct lk_signal_lock *locks;
	size_t n_locks;
	int last_sig; /* the last one that was sent; 0: none */
	int failed; /* -errno of sending; 0: none */
	bool ended; /* seen through its pidfd */
	bool let_go; /* it still runs, but no longer has the lock because of which it was signalled */
	const char *left_alone; /* why no more signals are sent: the target had changed; NULL: it had not */
};

/* Fills in the locks of a target and adds its lines to the plan. proc: the target in snap; NULL: not there. */
void lk_signal_explain(struct lk_signal *s, struct lk_signal_target *t, const struct lk_snapshot *snap,
		       const struct lk_proc *proc);

/* Whether t is the first target that holds l: what is to be said of a lock that several share is said once, with that one. */
bool lk_signal_is_first(const struct lk_signal *s, const struct lk_signal_target *t, const struct lk_lock *l);

#endif

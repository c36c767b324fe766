/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends signals to exactly the processes that the plan names, and sees what became of them and of their locks. */
#ifndef LK_ACTION_SIGNAL_H
#define LK_ACTION_SIGNAL_H

#include "action/action.h"

/* "TERM", "SIGTERM", "term", "15", "RTMIN+3". 0 or -EINVAL. */
int lk_signal_parse(const char *word, int *ret);
/* "SIGTERM", "SIGRTMIN+3", or "signal N" if it has no name. Returns buf. */
#define LK_SIGNAL_NAME 24
const char *lk_signal_name(int sig, char buf[LK_SIGNAL_NAME]);
/* Does this signal end a process that neither catches nor ignores it? */
bool lk_signal_ends(int sig);

struct lk_signal_step {
	uint32_t delay_ms; /* after the step before; 0 for the first */
	int sig;
};

/* Whom to signal, and because of which lock. */
struct lk_signal_wanted {
	int pid;
	uint64_t start_ticks; /* as the user gave it; 0: whoever has the number now */
	const struct lk_lock *lock; /* NULL: it is about the process alone */
	const struct lk_holder *holder; /* of lock; NULL if lock is NULL */
};

typedef LK_VEC(struct lk_signal_wanted) lk_signal_list; /* each process once */

/* Adds a process. If it is in the list already, the first lock and the first start time that were given for it are kept. */
void lk_signal_want(lk_signal_list *list, struct lk_signal_wanted w);

struct lk_signal_target;

struct lk_signal {
	struct lk_action base;
	struct lk_signal_target *targets; /* in the arena of base */
	size_t n_targets;
	const char **left_out; /* sentences about wanted processes that are not targets; in the arena of base */
	size_t n_left_out;
	size_t n_missing; /* those of them that may still be in the way; the outcome is then at most PARTLY */
	const struct lk_signal_step *steps; /* in the arena of base */
	size_t n_steps;
	uint32_t settle_ms; /* how long to wait for processes to end after the last signal */
};

/* Makes the plan and pins each process. snap must outlive the action; steps has at least one. If a target must not be signalled, the
 * plan is refused and says why. A process that cannot be pinned is left out. 0, or -errno with a sentence in *err when none is left:
 * -ESRCH: gone, -ESTALE: the number belongs to another process. Call lk_action_free(&ret->base) in either case.
 *
 * A process that has changed by the time of the run is left alone, and the others are signalled. */
int lk_signal_plan(struct lk_signal *ret, const struct lk_sys *sys, struct lk_source *source,
		   const struct lk_snapshot *snap, const struct lk_signal_wanted *wanted, size_t n_wanted,
		   const struct lk_signal_step *steps, size_t n_steps, struct lk_err *err);

/* Makes the plan anew with other signals, for the processes that are already pinned. Only before it is executed. snap: that of the first
 * plan. 0, or -errno with a sentence in *err; then the plan is refused. */
int lk_signal_choose(struct lk_signal *s, const struct lk_snapshot *snap, const struct lk_signal_step *steps,
		     size_t n_steps, struct lk_err *err);

#endif

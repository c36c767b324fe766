/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a signal would do, in words. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "action/signal_private.h"
#include "base/ints.h"
#include "source/host/rights.h"
#include "words/words.h"

#define LOCKS_SHOWN 8

static void collect_locks(struct lk_signal *s, struct lk_signal_target *t, const struct lk_snapshot *snap)
{
	size_t n = 0;

	for (size_t i = 0; i < snap->n_locks; i++)
		n += lk_lock_is_held_by(&snap->locks[i], t->target.pid);
	t->locks = lk_arena_array(&s->base.arena, n, sizeof(*t->locks));
	for (size_t i = 0; i < snap->n_locks; i++) {
		const struct lk_lock *l = &snap->locks[i];

		if (lk_lock_is_held_by(l, t->target.pid))
			t->locks[t->n_locks++] = (struct lk_signal_lock){ l, lk_words_lock(&s->base.arena, l) };
	}
}

static bool is_target(const struct lk_signal *s, int pid)
{
	for (size_t i = 0; i < s->n_targets; i++) {
		if (s->targets[i].target.pid == pid)
			return true;
	}
	return false;
}

/* Another process that has the same lock and is not going to be signalled; NULL: none. */
static const struct lk_holder *sharer(const struct lk_signal *s, const struct lk_lock *l)
{
	for (size_t i = 0; i < l->n_holders; i++) {
		if (!is_target(s, l->holders[i].pid))
			return &l->holders[i];
	}
	return NULL;
}

bool lk_signal_is_first(const struct lk_signal *s, const struct lk_signal_target *t, const struct lk_lock *l)
{
	for (const struct lk_signal_target *before = s->targets; before != t; before++) {
		if (lk_lock_is_held_by(l, before->target.pid))
			return false;
	}
	return true;
}

/* All targets that share the lock, in words; NULL: there is only one. */
static const char *sharing_targets(struct lk_signal *s, const struct lk_snapshot *snap, const struct lk_lock *l)
{
	const char *words = NULL;
	lk_ints pids = { 0 };

	for (size_t i = 0; i < s->n_targets; i++) {
		if (lk_lock_is_held_by(l, s->targets[i].target.pid))
			*lk_vec_push(&pids) = s->targets[i].target.pid;
	}
	if (pids.n > 1)
		words = lk_words_processes(&s->base.arena, snap, pids.v, pids.n);
	lk_vec_done(&pids);
	return words;
}

static void explain_lock(struct lk_signal *s, const struct lk_signal_target *t, const struct lk_signal_lock *sl,
			 const struct lk_snapshot *snap)
{
	const struct lk_holder *other = sharer(s, sl->lock);
	const char *waiters = lk_words_waiters(&s->base.arena, sl->lock);
	const char *all = sharing_targets(s, snap, sl->lock), *when = "If it ends";

	if (other) {
		lk_action_say(&s->base, LK_LINE_RISK, "%s stays locked even if %s %s: %s shares it.", sl->words,
			      all ? all : t->words, all ? "end" : "ends", lk_words_proc(&s->base.arena, other->proc));
		return;
	}
	if (all)
		when = lk_arena_printf(&s->base.arena, "When all that share it have ended (%s)", all);
	if (waiters)
		lk_action_say(&s->base, LK_LINE_STEP, "%s, %s goes away, and this can go on: %s.", when, sl->words,
			      waiters);
	else
		lk_action_say(&s->base, LK_LINE_STEP, "%s, %s goes away; nobody is seen waiting for it.", when,
			      sl->words);
}

static void explain_locks(struct lk_signal *s, const struct lk_signal_target *t, const struct lk_snapshot *snap)
{
	if (!t->n_locks)
		lk_action_say(&s->base, LK_LINE_NOT, "No lock will go away: %s is not known to hold one.", t->words);
	for (size_t i = 0; i < t->n_locks && i < LOCKS_SHOWN; i++) {
		if (lk_signal_is_first(s, t, t->locks[i].lock))
			explain_lock(s, t, &t->locks[i], snap);
	}
	if (t->n_locks > LOCKS_SHOWN)
		lk_action_say(&s->base, LK_LINE_STEP, "It holds %zu more locks.", t->n_locks - LOCKS_SHOWN);
}

static void explain_steps(struct lk_signal *s, const struct lk_signal_target *t)
{
	char name[LK_SIGNAL_NAME];

	for (size_t i = 0; i < s->n_steps; i++) {
		const struct lk_signal_step *step = &s->steps[i];

		lk_signal_name(step->sig, name);
		if (i == 0)
			lk_action_say(&s->base, LK_LINE_STEP, "Send %s to %s.", name, t->words);
		else
			lk_action_say(&s->base, LK_LINE_STEP, "%u.%u s later, if it is still there, send it %s.",
				      step->delay_ms / 1000, step->delay_ms % 1000 / 100, name);
	}
}

static bool has_bit(uint64_t mask, int sig)
{
	return sig >= 1 && sig <= 64 && mask >> (sig - 1) & 1;
}

static void explain_one_signal(struct lk_signal *s, const struct lk_signal_target *t, int sig)
{
	const struct lk_look *look = &t->look;
	char name[LK_SIGNAL_NAME];

	lk_signal_name(sig, name);
	if (sig == SIGKILL)
		lk_action_say(&s->base, LK_LINE_RISK,
			      "SIGKILL gives %s no chance to finish what it writes or to clean up.", t->words);
	else if (sig == SIGSTOP)
		lk_action_say(&s->base, LK_LINE_RISK, "A stopped process keeps its locks.");
	else if (has_bit(look->ignored, sig))
		lk_action_say(&s->base, LK_LINE_RISK, "%s ignores %s: nothing will happen.", t->words, name);
	else if (has_bit(look->blocked, sig))
		lk_action_say(&s->base, LK_LINE_RISK,
			      "%s holds %s back for now; it takes effect when the program lets it.", t->words, name);
	else if (has_bit(look->caught, sig))
		lk_action_say(&s->base, LK_LINE_RISK, "%s handles %s itself: it decides whether it ends.", t->words,
			      name);
	else if (!lk_signal_ends(sig))
		lk_action_say(&s->base, LK_LINE_RISK, "%s does not end a process, so its locks stay.", name);
}

static void explain_stop(struct lk_signal *s, const struct lk_signal_target *t)
{
	int last = s->steps[s->n_steps - 1].sig;

	if (last == SIGKILL)
		return;
	if (t->look.state == 't')
		lk_action_say(&s->base, LK_LINE_RISK,
			      "%s is stopped while it is traced: its debugger decides when a signal gets through.",
			      t->words);
	else if (t->look.state == 'T' && last == SIGCONT)
		lk_action_say(&s->base, LK_LINE_STEP, "%s is stopped, and this lets it go on.", t->words);
	else if (t->look.state == 'T')
		lk_action_say(&s->base, LK_LINE_RISK,
			      "%s is stopped: most signals take effect only when SIGCONT lets it go on.", t->words);
}

static void explain_state(struct lk_signal *s, const struct lk_signal_target *t, const struct lk_proc *proc)
{
	const char *user_unit = proc ? proc->user_unit : NULL, *unit = user_unit ? user_unit : proc ? proc->unit : NULL;
	size_t n = unit ? strlen(unit) : 0;

	if (t->look.state == 'D')
		lk_action_say(&s->base, LK_LINE_RISK,
			      "%s is in an uninterruptible sleep (state D): the signal waits until that ends.",
			      t->words);
	explain_stop(s, t);
	if (n > 8 && strcmp(unit + n - 8, ".service") == 0)
		lk_action_say(&s->base, LK_LINE_RISK, "Its %s %s may restart it, and then it may take the lock again.",
			      user_unit ? "user unit" : "unit", unit);
}

static void explain_refusal(struct lk_signal *s, const struct lk_signal_target *t)
{
	struct lk_action *a = &s->base;
	size_t n_lines = a->lines.n;
	int rc;

	if (t->target.pid == 1)
		lk_action_say(a, LK_LINE_REFUSED, "%s is the init process: ending it takes the system down.", t->words);
	else if (t->look.kernel_thread)
		lk_action_say(a, LK_LINE_REFUSED, "%s is a thread of the kernel: signals do nothing to it.", t->words);
	else if (lk_look_is_ancestor(t->target.pid))
		lk_action_say(a, LK_LINE_REFUSED,
			      t->target.pid == getpid() ? "%s is this program itself."
							: "%s is what this program was started from.",
			      t->words);
	else if (lk_proc_is_over(&(struct lk_proc){ .state = t->look.state, .num_threads = t->look.num_threads }))
		lk_action_say(a, LK_LINE_REFUSED, "%s has ended already and waits only for its parent to notice.",
			      t->words);
	if (a->lines.n > n_lines)
		return;
	rc = a->sys->pidfd_send_signal(a->sys->arg, t->target.pidfd, 0);
	if (rc == -EPERM)
		lk_action_say(a, LK_LINE_REFUSED, "%s belongs to user %lld: %s.", t->words, (long long)t->look.uid,
			      lk_rights_advice(LK_RIGHT_SIGNAL));
}

void lk_signal_explain(struct lk_signal *s, struct lk_signal_target *t, const struct lk_snapshot *snap,
		       const struct lk_proc *proc)
{
	collect_locks(s, t, snap);
	explain_refusal(s, t);
	explain_steps(s, t);
	explain_locks(s, t, snap);
	for (size_t i = 0; i < s->n_steps; i++)
		explain_one_signal(s, t, s->steps[i].sig);
	explain_state(s, t, proc);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals: pinning the processes, sending, and looking what became of the processes and their locks. */
#include "action/signal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "action/signal_private.h"
#include "base/io.h"
#include "model/build.h"
#include "words/words.h"

#define SETTLE_MS 2000
#define LOCKS_SHOWN 8
#define LOOKS 10 /* further looks at most, until a waiter that was woken has the lock */

void lk_signal_want(lk_signal_list *list, struct lk_signal_wanted w)
{
	for (size_t i = 0; i < list->n; i++) {
		struct lk_signal_wanted *old = &list->v[i];

		if (old->pid != w.pid)
			continue;
		if (!old->lock) {
			old->lock = w.lock;
			old->holder = w.holder;
		}
		old->start_ticks = old->start_ticks ? old->start_ticks : w.start_ticks;
		return;
	}
	*lk_vec_push(list) = w;
}

/* ---- sending ---- */

static void leave_alone(struct lk_signal *s, struct lk_signal_target *t, const struct lk_err *why)
{
	t->left_alone = lk_arena_strdup(&s->base.arena, lk_err_text(why));
}

static int check(struct lk_action *a, struct lk_err *err)
{
	struct lk_signal *s = (struct lk_signal *)a;
	const char *first = NULL;
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < s->n_targets; i++) {
		struct lk_signal_target *t = &s->targets[i];
		struct lk_err why = { 0 };
		int failed = lk_target_check(&t->target, a->sys, &why);

		n += failed == 0;
		t->ended = failed < 0 && a->sys->poll_exit(a->sys->arg, t->target.pidfd, 0) > 0;
		if (failed < 0)
			leave_alone(s, t, &why);
		if (failed < 0 && !rc) {
			rc = failed;
			first = t->left_alone;
		}
		lk_err_done(&why);
	}
	return n || !rc ? 0 : lk_err_set(err, rc, "%s", first);
}

static void send_to(struct lk_signal *s, struct lk_signal_target *t, int sig)
{
	int rc = s->base.sys->pidfd_send_signal(s->base.sys->arg, t->target.pidfd, sig);

	if (rc == -ESRCH)
		t->ended = true;
	else if (rc < 0)
		t->failed = rc;
	else
		t->last_sig = sig;
}

/* Waits until all have ended, or until the time is over. */
static void wait_for_ends(struct lk_signal *s, uint32_t ms)
{
	const struct lk_sys *sys = s->base.sys;
	int64_t end = lk_io_now_ms() + ms;

	for (size_t i = 0; i < s->n_targets; i++) {
		int64_t left = end - lk_io_now_ms();

		if (!s->targets[i].ended)
			s->targets[i].ended = sys->poll_exit(sys->arg, s->targets[i].target.pidfd,
							     left > 0 ? (int)left : 0) > 0;
	}
}

/* A process that no longer has the lock because of which it is signalled, or runs another program, is left alone. */
static bool is_still_wanted(struct lk_signal *s, struct lk_signal_target *t)
{
	struct lk_target process = t->target;
	struct lk_err why = { 0 };
	int rc;

	if (t->ended || t->failed || t->let_go || t->left_alone)
		return false;
	rc = lk_target_check(&t->target, s->base.sys, NULL);
	if (rc == 0)
		return true;
	process.has_lock = false;
	rc = lk_target_check(&process, s->base.sys, &why);
	if (rc < 0)
		leave_alone(s, t, &why);
	else
		t->let_go = true;
	lk_err_done(&why);
	return false;
}

static int run(struct lk_action *a, struct lk_err *err)
{
	struct lk_signal *s = (struct lk_signal *)a;
	int rc = 0;

	for (size_t k = 0; k < s->n_steps; k++) {
		if (k > 0)
			wait_for_ends(s, s->steps[k].delay_ms);
		for (size_t i = 0; i < s->n_targets; i++) {
			struct lk_signal_target *t = &s->targets[i];

			if (k == 0 ? !t->ended && !t->left_alone : is_still_wanted(s, t))
				send_to(s, t, s->steps[k].sig);
		}
	}
	wait_for_ends(s, lk_signal_ends(s->steps[s->n_steps - 1].sig) ? s->settle_ms : 100);
	for (size_t i = 0; i < s->n_targets && !rc; i++) {
		if (s->targets[i].failed)
			rc = lk_err_set(err, s->targets[i].failed, "%s could not be signalled: %s", s->targets[i].words,
					strerror(-s->targets[i].failed));
	}
	return rc;
}

/* ---- looking again ---- */

static bool same_place(const struct lk_lock *then, const struct lk_lock *now)
{
	return lk_type_same_space(then->rec.type, now->rec.type) && lk_key_equal(&then->rec.key, &now->rec.key) &&
	       lk_range_overlaps(then->rec.range, now->rec.range) && !lk_lock_is_waiting(now);
}

/* The first target that has the lock; NULL: none of them. */
static const struct lk_signal_target *target_with(const struct lk_signal *s, const struct lk_lock *l)
{
	for (size_t i = 0; i < s->n_targets; i++) {
		if (lk_lock_involves(l, s->targets[i].target.pid))
			return &s->targets[i];
	}
	return NULL;
}

static void say_lock(struct lk_signal *s, const struct lk_signal_lock *sl, const struct lk_snapshot *now)
{
	const struct lk_lock *other = NULL;

	for (size_t i = 0; i < now->n_locks; i++) {
		const struct lk_lock *l = &now->locks[i];

		if (!same_place(sl->lock, l))
			continue;
		if (target_with(s, l)) {
			lk_action_say(&s->base, LK_LINE_RESULT, "%s is still there, and %s still has it.", sl->words,
				      target_with(s, l)->words);
			return;
		}
		if (!other || (l->pid > 0 && other->pid <= 0))
			other = l;
	}
	if (!other)
		lk_action_say(&s->base, LK_LINE_RESULT, "%s is gone.", sl->words);
	else if (other->pid > 0)
		lk_action_say(&s->base, LK_LINE_RESULT, "%s is gone; %s has a lock there now.", sl->words,
			      lk_words_who(&s->base.arena, other));
	else
		lk_action_say(&s->base, LK_LINE_RESULT, "%s: somebody who is not known has a lock there.", sl->words);
}

static bool ignores(const struct lk_look *now, int sig)
{
	return sig >= 1 && sig <= 64 && now->ignored >> (sig - 1) & 1;
}

static void say_alive(struct lk_signal *s, const struct lk_signal_target *t)
{
	char name[LK_SIGNAL_NAME];
	struct lk_look now;

	lk_signal_name(t->last_sig, name);
	if (lk_look_at(t->target.pid, &now, NULL) < 0)
		lk_action_say(&s->base, LK_LINE_RESULT, "%s cannot be seen any more.", t->words);
	else if (ignores(&now, t->last_sig))
		lk_action_say(&s->base, LK_LINE_RESULT, "%s is still there: it ignores %s.", t->words, name);
	else if (now.state == 'D')
		lk_action_say(&s->base, LK_LINE_RESULT,
			      "%s is still there: it is in an uninterruptible sleep, and %s waits for that.", t->words,
			      name);
	else if (now.state == 'T' || now.state == 't')
		lk_action_say(&s->base, LK_LINE_RESULT, "%s got %s and is stopped.", t->words, name);
	else
		lk_action_say(&s->base, LK_LINE_RESULT, "%s got %s and still runs.", t->words, name);
}

static void say_process(struct lk_signal *s, const struct lk_signal_target *t)
{
	struct lk_look now;

	if (t->failed)
		lk_action_say(&s->base, LK_LINE_RESULT, "%s could not be signalled: %s.", t->words,
			      strerror(-t->failed));
	else if (t->left_alone && !t->ended)
		lk_action_say(&s->base, LK_LINE_RESULT, "%s was left alone: %s.", t->words, t->left_alone);
	else if (t->let_go)
		lk_action_say(&s->base, LK_LINE_RESULT, "%s let go of the lock and lives on; it was sent nothing more.",
			      t->words);
	else if (!t->ended)
		say_alive(s, t);
	else if (lk_look_at(t->target.pid, &now, NULL) == 0 && now.start_ticks == t->target.start_ticks &&
		 now.state == 'Z')
		lk_action_say(&s->base, LK_LINE_RESULT, "%s has ended; it is a zombie until its parent notices.",
			      t->words);
	else
		lk_action_say(&s->base, LK_LINE_RESULT, "%s has ended.", t->words);
}

static bool reached_its_end(const struct lk_signal *s, const struct lk_signal_target *t)
{
	int sig = s->steps[s->n_steps - 1].sig;
	struct lk_target now = t->target;

	if (t->ended || t->let_go)
		return true;
	if (t->failed || t->left_alone)
		return false;
	/* A signal that the program catches has only to be delivered, unless it is one that asks the program to end. */
	if (!lk_signal_ends(sig) ||
	    (sig != SIGTERM && sig != SIGINT && sig != SIGQUIT && sig != SIGKILL && t->look.caught >> (sig - 1) & 1))
		return true;
	return t->target.has_lock && lk_target_check(&now, s->base.sys, NULL) == -ESTALE;
}

static void conclude(struct lk_signal *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_targets; i++)
		n += reached_its_end(s, &s->targets[i]);
	if (n == s->n_targets && !s->n_missing)
		s->base.outcome = LK_OUTCOME_DONE;
	else
		s->base.outcome = n ? LK_OUTCOME_PARTLY : LK_OUTCOME_NOT_DONE;
}

static bool has_successor(const struct lk_signal_lock *sl, const struct lk_snapshot *now)
{
	for (size_t i = 0; i < now->n_locks; i++) {
		if (same_place(sl->lock, &now->locks[i]) && now->locks[i].pid > 0)
			return true;
	}
	return false;
}

/* A waiter that was woken is in no list until it has the lock; just after that it may not be known yet which process has it. */
static bool is_between(const struct lk_signal *s, const struct lk_snapshot *now)
{
	for (size_t i = 0; i < s->n_targets; i++) {
		for (size_t k = 0; k < s->targets[i].n_locks; k++) {
			const struct lk_signal_lock *sl = &s->targets[i].locks[k];

			if (sl->lock->n_blocks && !has_successor(sl, now))
				return true;
		}
	}
	return false;
}

static int look_again(const struct lk_signal *s, const struct lk_request *req, struct lk_snapshot **ret,
		      struct lk_err *err)
{
	struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	int rc = lk_snapshot_take(s->base.source, req, ret, err);

	for (int i = 0; rc == 0 && i < LOOKS && is_between(s, *ret); i++) {
		nanosleep(&pause, NULL);
		lk_snapshot_free(*ret);
		*ret = NULL;
		rc = lk_snapshot_take(s->base.source, req, ret, err);
	}
	return rc;
}

static void say_locks(struct lk_signal *s, const struct lk_signal_target *t, const struct lk_snapshot *now)
{
	for (size_t i = 0; i < t->n_locks && i < LOCKS_SHOWN; i++) {
		if (lk_signal_is_first(s, t, t->locks[i].lock))
			say_lock(s, &t->locks[i], now);
	}
}

static int verify(struct lk_action *a, struct lk_err *err)
{
	struct lk_request req = { .needs = LK_NEED_WAITS, .timeout_ms = 30000 };
	struct lk_signal *s = (struct lk_signal *)a;
	struct lk_snapshot *now = NULL;
	int rc = 0;

	for (size_t i = 0; i < s->n_targets; i++)
		say_process(s, &s->targets[i]);
	conclude(s);
	if (!a->source)
		return 0;
	rc = look_again(s, &req, &now, err);
	if (rc < 0)
		return lk_err_set(err, rc, "the signal was sent, but the locks could not be read again: %s",
				  strerror(-rc));
	for (size_t i = 0; i < s->n_targets; i++)
		say_locks(s, &s->targets[i], now);
	lk_snapshot_free(now);
	return 0;
}

/* ---- the plan ---- */

static void done(struct lk_action *a)
{
	struct lk_signal *s = (struct lk_signal *)a;

	for (size_t i = 0; i < s->n_targets; i++)
		lk_target_done(&s->targets[i].target, a->sys);
	s->n_targets = 0;
}

static const struct lk_action_ops ops = {
	.name = "signal",
	.check = check,
	.run = run,
	.verify = verify,
	.done = done,
};

/* n_targets counts only processes that are pinned, so that done() frees exactly those. */
static int pin_one(struct lk_signal *s, const struct lk_snapshot *snap, const struct lk_signal_wanted *w,
		   struct lk_err *err)
{
	const struct lk_proc *known = lk_snapshot_proc(snap, w->pid);
	struct lk_signal_target *t = &s->targets[s->n_targets];
	struct lk_proc proc = { .pid = w->pid, .start_ticks = w->start_ticks, .uid = -1 };
	int rc;

	if (known) {
		if (w->start_ticks && known->start_ticks && w->start_ticks != known->start_ticks)
			return lk_err_set(
				err, -ESTALE,
				"target changed since you looked: number %d belongs to another process by now", w->pid);
		proc = *known;
		if (!proc.start_ticks)
			proc.start_ticks = w->start_ticks;
	}
	rc = lk_target_pin(&t->target, s->base.sys, &proc, w->lock, w->holder, err);
	if (rc < 0)
		return rc;
	rc = lk_look_at(w->pid, &t->look, err);
	t->words = lk_words_process(&s->base.arena, w->pid, t->target.comm);
	if (rc < 0)
		lk_target_done(&t->target, s->base.sys);
	s->n_targets += rc == 0;
	return rc;
}

/* A holder that is gone no longer has the lock, so it is not missing. */
static void leave_out(struct lk_signal *s, const struct lk_signal_wanted *w, int rc, const struct lk_err *why)
{
	s->left_out[s->n_left_out++] = lk_arena_printf(&s->base.arena, "Process %d is left out: %s.", w->pid,
						       lk_err_text(why));
	s->n_missing += !w->lock || (rc != -ESRCH && rc != -ESTALE);
}

/* If no process could be pinned, the first error is returned. */
static int pin_all(struct lk_signal *s, const struct lk_snapshot *snap, const struct lk_signal_wanted *wanted, size_t n,
		   struct lk_err *err)
{
	struct lk_err first = { 0 };
	int rc;

	for (size_t i = 0; i < n; i++) {
		struct lk_err one = { 0 };
		int failed = pin_one(s, snap, &wanted[i], &one);

		if (failed < 0) {
			leave_out(s, &wanted[i], failed, &one);
			lk_err_set(&first, failed, "%s", lk_err_text(&one));
		}
		lk_err_done(&one);
	}
	rc = s->n_targets ? 0 : first.code;
	if (rc < 0)
		lk_err_set(err, rc, "%s", lk_err_text(&first));
	lk_err_done(&first);
	return rc;
}

static void name_it(struct lk_signal *s)
{
	const char *text = s->n_targets ? s->targets[0].words : "nobody";
	char name[LK_SIGNAL_NAME];

	for (size_t i = 1; i < s->n_targets; i++)
		text = lk_arena_printf(&s->base.arena, "%s, %s", text, s->targets[i].words);
	lk_action_name(&s->base, "%s to %s", lk_signal_name(s->steps[0].sig, name), text);
}

static bool uses_kill(const struct lk_signal *s)
{
	for (size_t i = 0; i < s->n_steps; i++) {
		if (s->steps[i].sig == SIGKILL)
			return true;
	}
	return false;
}

static void say_rest(struct lk_signal *s)
{
	for (size_t i = 0; i < s->n_left_out; i++)
		lk_action_say(&s->base, LK_LINE_NOT, "%s", s->left_out[i]);
	lk_action_say(&s->base, LK_LINE_NOT, "No other process is sent a signal, not even its children.");
	if (!uses_kill(s))
		lk_action_say(&s->base, LK_LINE_NOT, "SIGKILL is not sent.");
	name_it(s);
}

static void use_steps(struct lk_signal *s, const struct lk_signal_step *steps, size_t n_steps)
{
	s->steps = lk_arena_memdup(&s->base.arena, steps, n_steps * sizeof(*steps));
	s->n_steps = n_steps;
}

int lk_signal_plan(struct lk_signal *ret, const struct lk_sys *sys, struct lk_source *source,
		   const struct lk_snapshot *snap, const struct lk_signal_wanted *wanted, size_t n_wanted,
		   const struct lk_signal_step *steps, size_t n_steps, struct lk_err *err)
{
	int rc;

	*ret = (struct lk_signal){ .settle_ms = SETTLE_MS };
	lk_action_init(&ret->base, &ops, sys, source);
	ret->targets = lk_arena_array(&ret->base.arena, n_wanted, sizeof(*ret->targets));
	ret->left_out = lk_arena_array(&ret->base.arena, n_wanted, sizeof(*ret->left_out));
	use_steps(ret, steps, n_steps);
	rc = pin_all(ret, snap, wanted, n_wanted, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < ret->n_targets; i++)
		lk_signal_explain(ret, &ret->targets[i], snap, lk_snapshot_proc(snap, ret->targets[i].target.pid));
	say_rest(ret);
	return 0;
}

int lk_signal_choose(struct lk_signal *s, const struct lk_snapshot *snap, const struct lk_signal_step *steps,
		     size_t n_steps, struct lk_err *err)
{
	s->base.lines.n = 0;
	s->base.refused = false;
	use_steps(s, steps, n_steps);
	for (size_t i = 0; i < s->n_targets; i++) {
		struct lk_signal_target *t = &s->targets[i];
		int rc = lk_look_at(t->target.pid, &t->look, err);

		if (rc < 0) {
			lk_action_say(&s->base, LK_LINE_REFUSED, "process %d cannot be looked at: %s.", t->target.pid,
				      strerror(-rc));
			return rc;
		}
		t->n_locks = 0;
		lk_signal_explain(s, t, snap, lk_snapshot_proc(snap, t->target.pid));
	}
	say_rest(s);
	return 0;
}

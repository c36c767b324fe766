/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan of a release. */
#include "action/release.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "action/inject.h"
#include "source/host/rights.h"
#include "words/words.h"

#define SETTLE_MS 500

static int check(struct lk_action *a, struct lk_err *err)
{
	struct lk_release *r = (struct lk_release *)a;

	return lk_target_check(&r->target, a->sys, err);
}

static void done(struct lk_action *a)
{
	struct lk_release *r = (struct lk_release *)a;

	lk_target_done(&r->target, a->sys);
}

static const struct lk_action_ops ops = {
	.name = "release",
	.check = check,
	.run = lk_release_run,
	.verify = lk_release_verify,
	.done = done,
};

static void refuse(struct lk_release *r, const char *text)
{
	lk_action_say(&r->action, LK_LINE_REFUSED, "%s", text);
}

/* Refuses to release a part of a lock that has no parts, and bytes that the lock does not cover. */
static void check_range(struct lk_release *r, const struct lk_range *range)
{
	const struct lk_record *rec = &r->lock->rec;
	char held[LK_RANGE_WORDS], wanted[LK_RANGE_WORDS];

	r->range = rec->range;
	if (!range)
		return;
	if (rec->type == LK_TYPE_FLOCK || rec->type == LK_TYPE_LEASE) {
		refuse(r, "a flock lock or a lease has no parts: it can be released only as a whole, without --range");
		return;
	}
	if (!lk_range_overlaps(rec->range, *range)) {
		lk_action_say(&r->action, LK_LINE_REFUSED, "the lock covers %s, nothing of %s",
			      lk_range_words(rec->range, held), lk_range_words(*range, wanted));
		return;
	}
	r->range.start = range->start > rec->range.start ? range->start : rec->range.start;
	r->range.end = range->end < rec->range.end ? range->end : rec->range.end;
}

static void refuse_holderless(struct lk_release *r)
{
	const struct lk_lock *l = r->lock;
	struct lk_rights own = lk_rights_own();

	if (!lk_rights_have(&own, LK_RIGHT_LOOK)) {
		lk_action_say(&r->action, LK_LINE_REFUSED,
			      "no process that you may look into is proven to hold it%s; %s",
			      l->how == LK_HOW_RECORDED ? ", the number in the kernel's list is only a hint" : "",
			      lk_rights_remedy(&own, LK_RIGHT_LOOK));
		return;
	}
	refuse(r,
	       "no process is proven to hold it, and it can be released only through a process that has its descriptor");
	for (size_t i = 0; i < l->n_because; i++)
		refuse(r, lk_words_reason(l->no_holder_because[i]));
}

static void check_kind(struct lk_release *r, const struct lk_lock *l)
{
	if (lk_lock_is_waiting(l))
		refuse(r, "this is a request that waits, not a lock; only the process that waits can give it up");
	else if (l->rec.type == LK_TYPE_DELEG)
		refuse(r, "a delegation belongs to the kernel's NFS server and is taken back only through it");
	else if (l->rec.type == LK_TYPE_UNKNOWN)
		refuse(r, "this program does not know how to release this kind of lock");
	else if (l->file->local == LK_NO)
		refuse(r,
		       "locks of this file system live elsewhere; releasing it here could leave both sides disagreeing");
	else if (l->rec.type == LK_TYPE_POSIX && !lk_inject_is_possible())
		refuse(r,
		       "a POSIX lock is released by running a call inside its holder, which this program can do on x86-64 "
		       "processors only");
}

/* A holder that lives; preferably one with the descriptor in its own table rather than in that of a thread. NULL: none. */
static const struct lk_holder *choose_holder(const struct lk_lock *l, int pid)
{
	const struct lk_holder *thread = NULL;

	for (size_t i = 0; i < l->n_holders; i++) {
		const struct lk_holder *h = &l->holders[i];

		if (pid && h->pid != pid)
			continue;
		if (h->fd < 0 || h->proc->flags & (LK_PROC_GONE | LK_PROC_UNREADABLE | LK_PROC_KTHREAD))
			continue;
		if (!h->tid)
			return h;
		thread = thread ? thread : h;
	}
	return thread;
}

static void check_holder(struct lk_release *r, int pid)
{
	const struct lk_holder *other = lk_lock_is_exact(r->lock) ? choose_holder(r->lock, 0) : NULL;

	r->holder = other && pid ? choose_holder(r->lock, pid) : other;
	if (!other) {
		refuse_holderless(r);
	} else if (!r->holder) {
		lk_action_say(&r->action, LK_LINE_REFUSED, "process %d does not hold this lock, process %d does", pid,
			      other->pid);
	} else if (r->holder->pid == getpid()) {
		r->holder = NULL;
		refuse(r, "this process holds it itself");
	}
}

static const char *method(enum lk_type type)
{
	switch (type) {
	case LK_TYPE_POSIX:
		return "a thread of it is stopped for about a millisecond and made to call fcntl(F_SETLK, F_UNLCK)";
	case LK_TYPE_LEASE:
		return "through a duplicate of its descriptor, fcntl(F_SETLEASE, F_UNLCK)";
	case LK_TYPE_OFD:
		return "through a duplicate of its descriptor, fcntl(F_OFD_SETLK, F_UNLCK)";
	default:
		return "through a duplicate of its descriptor, flock(LOCK_UN)";
	}
}

static bool is_part(const struct lk_release *r)
{
	return lk_range_compare(r->range, r->lock->rec.range) != 0;
}

static void say_steps(struct lk_release *r)
{
	struct lk_action *a = &r->action;
	const char *lock = lk_words_lock(&a->arena, r->lock), *waiters = lk_words_waiters(&a->arena, r->lock);
	const char *holder = lk_words_process(&a->arena, r->holder->pid, r->holder->proc->comm);
	char range[LK_RANGE_TEXT];

	lk_action_name(a, "pid %d, %s", r->holder->pid, lock);
	if (is_part(r))
		lk_action_say(a, LK_LINE_STEP, "Bytes %s of %s are taken away from %s, descriptor %d: %s.",
			      lk_range_format(r->range, range), lock, holder, r->holder->fd, method(r->lock->rec.type));
	else
		lk_action_say(a, LK_LINE_STEP, "%s is taken away from %s, descriptor %d: %s.", lock, holder,
			      r->holder->fd, method(r->lock->rec.type));
	if (waiters)
		lk_action_say(a, LK_LINE_STEP, "Waiting for it: %s. Whoever of them is first goes on.", waiters);
}

static void say_sharers(struct lk_release *r)
{
	int last = r->holder->pid;

	for (size_t i = 0; i < r->lock->n_holders; i++) {
		const struct lk_holder *h = &r->lock->holders[i];

		if (h->pid == last || h->pid == r->holder->pid)
			continue;
		last = h->pid;
		lk_action_say(&r->action, LK_LINE_RISK, "%s shares this lock and loses it too.",
			      lk_words_proc(&r->action.arena, h->proc));
	}
}

/* A holder that is stopped finds out only later that its lock is gone. */
static void say_state(struct lk_release *r)
{
	lk_buf words = { 0 };

	if (!lk_proc_is_unusual(r->holder->proc))
		return;
	lk_words_put_state(r->holder->proc, &words);
	lk_action_say(&r->action, LK_LINE_RISK, "Process %d is now: %s.", r->holder->pid, lk_buf_str(&words));
	lk_vec_done(&words);
}

static void say_risks(struct lk_release *r)
{
	struct lk_action *a = &r->action;
	int pid = r->holder->pid;

	lk_action_say(
		a, LK_LINE_RISK,
		"Process %d is not told: it goes on as if it still had the lock. If it and another one write at the same "
		"time, the file can be corrupted.",
		pid);
	say_state(r);
	say_sharers(r);
	if (r->lock->rec.type == LK_TYPE_POSIX)
		lk_action_say(a, LK_LINE_RISK,
			      "Should the child process that does it be killed (SIGKILL) in that millisecond, "
			      "process %d may crash.",
			      pid);
	if (r->holder->proc->state == 'D')
		lk_action_say(a, LK_LINE_RISK,
			      "Process %d sleeps in the kernel (state D) now; it may not be possible to stop it.", pid);
	if (r->lock->rec.type == LK_TYPE_LEASE)
		lk_action_say(a, LK_LINE_RISK,
			      "What process %d has cached of the file under the lease can be out of date from then on.",
			      pid);
	lk_action_say(a, LK_LINE_NOT,
		      "Process %d is not ended, its descriptor stays open, its other locks stay, and the "
		      "file is not changed.",
		      pid);
}

static void explain(struct lk_release *r)
{
	struct lk_err err = { 0 };

	if (lk_target_pin(&r->target, r->action.sys, r->holder->proc, r->lock, r->holder, &err) < 0) {
		refuse(r, lk_err_text(&err));
	} else {
		say_steps(r);
		say_risks(r);
	}
	lk_err_done(&err);
}

void lk_release_plan(struct lk_release *r, const struct lk_sys *sys, const struct lk_trace *trace,
		     struct lk_source *source, const struct lk_snapshot *snap, const struct lk_lock *lock, int pid,
		     const struct lk_range *range)
{
	*r = (struct lk_release){
		.trace = trace, .snap = snap, .lock = lock, .settle_ms = SETTLE_MS, .range = lock->rec.range
	};
	r->target.pidfd = -1;
	lk_action_init(&r->action, &ops, sys, source);
	check_kind(r, lock);
	if (!r->action.refused)
		check_range(r, range);
	if (!r->action.refused)
		check_holder(r, pid);
	if (!r->action.refused)
		explain(r);
}

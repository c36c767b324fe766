/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan of a release. */
#include "action/release.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "action/inject.h"
#include "action/words.h"
#include "source/rights.h"

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

static int refuse(struct lk_release *r, const char *text)
{
	return lk_action_say(&r->action, LK_LINE_REFUSED, "%s", text);
}

static const char *process(struct lk_release *r)
{
	const char *words = lk_words_process(&r->action.arena, r->holder->pid, r->holder->proc->comm);

	return words ? words : "its holder";
}

/* Part of a lock that has no parts, or none of its bytes. */
static int check_range(struct lk_release *r, const struct lk_range *range)
{
	const struct lk_record *rec = &r->lock->rec;
	char held[LK_RANGE_TEXT], wanted[LK_RANGE_TEXT];

	r->range = rec->range;
	if (!range)
		return 0;
	if (rec->type == LK_TYPE_FLOCK || rec->type == LK_TYPE_LEASE)
		return refuse(
			r, "a flock lock or a lease has no parts: it can be released only as a whole, without --range");
	if (!lk_range_overlaps(rec->range, *range))
		return lk_action_say(&r->action, LK_LINE_REFUSED, "the lock covers bytes %s, none of the bytes %s",
				     lk_range_format(rec->range, held), lk_range_format(*range, wanted));
	r->range.start = range->start > rec->range.start ? range->start : rec->range.start;
	r->range.end = range->end < rec->range.end ? range->end : rec->range.end;
	return 0;
}

static int refuse_holderless(struct lk_release *r)
{
	const struct lk_lock *l = r->lock;
	struct lk_rights own = lk_rights_own();
	int rc;

	if (!lk_rights_have(&own, LK_RIGHT_LOOK))
		return lk_action_say(&r->action, LK_LINE_REFUSED,
				     "no process that you may look into is proven to hold it%s; %s",
				     l->how == LK_HOW_RECORDED ? ", the number in the kernel's list is only a hint"
							       : "",
				     lk_rights_remedy(&own, LK_RIGHT_LOOK));
	rc = refuse(
		r,
		"no process is proven to hold it, and it can be released only through a process that has its descriptor");
	for (size_t i = 0; i < l->n_because && rc == 0; i++)
		rc = refuse(r, lk_words_reason(l->no_holder_because[i]));
	return rc;
}

static int check_kind(struct lk_release *r, const struct lk_lock *l)
{
	if (lk_lock_is_waiting(l))
		return refuse(r,
			      "this is a request that waits, not a lock; only the process that waits can give it up");
	if (l->rec.type == LK_TYPE_DELEG)
		return refuse(r, "a delegation belongs to the kernel's NFS server and is taken back only through it");
	if (l->rec.type == LK_TYPE_UNKNOWN)
		return refuse(r, "this program does not know how to release this kind of lock");
	if (l->file->local == LK_NO)
		return refuse(
			r,
			"locks of this file system live elsewhere; releasing it here could leave both sides disagreeing");
	if (l->rec.type == LK_TYPE_POSIX && !lk_inject_is_possible())
		return refuse(
			r,
			"a POSIX lock is released by running a call inside its holder, which this program can do on x86-64 "
			"processors only");
	return 0;
}

/* A holder that lives, its own table of descriptors before that of a thread. */
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

static int check_holder(struct lk_release *r, int pid)
{
	if (!lk_lock_is_exact(r->lock))
		return refuse_holderless(r);
	r->holder = choose_holder(r->lock, pid);
	if (!r->holder && pid && choose_holder(r->lock, 0))
		return lk_action_say(&r->action, LK_LINE_REFUSED, "process %d does not hold this lock, process %d does",
				     pid, choose_holder(r->lock, 0)->pid);
	if (!r->holder)
		return refuse_holderless(r);
	if (r->holder->pid != getpid())
		return 0;
	r->holder = NULL;
	return refuse(r, "this process holds it itself");
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

static int say_steps(struct lk_release *r)
{
	const char *lock = lk_words_lock(&r->action.arena, r->lock),
		   *waiters = lk_words_waiters(&r->action.arena, r->lock);
	char range[LK_RANGE_TEXT];
	int rc;

	if (!lock)
		return -ENOMEM;
	lk_action_name(&r->action, "pid %d, %s", r->holder->pid, lock);
	if (is_part(r))
		rc = lk_action_say(&r->action, LK_LINE_STEP,
				   "Bytes %s of %s are taken away from %s, descriptor %d: %s.",
				   lk_range_format(r->range, range), lock, process(r), r->holder->fd,
				   method(r->lock->rec.type));
	else
		rc = lk_action_say(&r->action, LK_LINE_STEP, "%c%s is taken away from %s, descriptor %d: %s.",
				   lock[0] == 't' ? 'T' : lock[0], lock + 1, process(r), r->holder->fd,
				   method(r->lock->rec.type));
	if (rc == 0 && waiters)
		rc = lk_action_say(&r->action, LK_LINE_STEP, "Waiting for it: %s. Whoever of them is first goes on.",
				   waiters);
	return rc;
}

static int say_sharers(struct lk_release *r)
{
	int last = r->holder->pid, rc = 0;

	for (size_t i = 0; i < r->lock->n_holders && rc == 0; i++) {
		const struct lk_holder *h = &r->lock->holders[i];

		if (h->pid == last || h->pid == r->holder->pid)
			continue;
		last = h->pid;
		rc = lk_action_say(&r->action, LK_LINE_RISK, "Process %d (%s%s) shares this lock and loses it too.",
				   h->pid, h->proc->comm ? h->proc->comm : "?", lk_words_mark(h->proc));
	}
	return rc;
}

/* It stands still, and finds its lock gone only later. */
static int say_state(struct lk_release *r)
{
	lk_buf words = { 0 };
	int rc = 0;

	if (lk_proc_is_unusual(r->holder->proc))
		rc = lk_words_put_state(r->holder->proc, &words);
	if (!rc && words.n && lk_buf_str(&words))
		rc = lk_action_say(&r->action, LK_LINE_RISK, "Process %d is now: %s.", r->holder->pid, words.v);
	lk_vec_done(&words);
	return rc;
}

static int say_risks(struct lk_release *r)
{
	struct lk_action *a = &r->action;
	int rc = lk_action_say(
		a, LK_LINE_RISK,
		"Process %d is not told: it goes on as if it still had the lock. If it and another one write at the same "
		"time, the file can be corrupted.",
		r->holder->pid);

	if (rc == 0)
		rc = say_state(r);
	if (rc == 0)
		rc = say_sharers(r);
	if (rc == 0 && r->lock->rec.type == LK_TYPE_POSIX)
		rc = lk_action_say(a, LK_LINE_RISK,
				   "Should the child process that does it be killed (SIGKILL) in that millisecond, "
				   "process %d may crash.",
				   r->holder->pid);
	if (rc == 0 && r->holder->proc->state == 'D')
		rc = lk_action_say(a, LK_LINE_RISK,
				   "Process %d sleeps in the kernel (state D) now; it may not be possible to stop it.",
				   r->holder->pid);
	if (rc == 0 && r->lock->rec.type == LK_TYPE_LEASE)
		rc = lk_action_say(
			a, LK_LINE_RISK,
			"What process %d has cached of the file under the lease can be out of date from then on.",
			r->holder->pid);
	return rc;
}

static int say_the_rest(struct lk_release *r)
{
	return lk_action_say(&r->action, LK_LINE_NOT,
			     "Process %d is not ended, its descriptor stays open, its other locks stay, and the "
			     "file is not changed.",
			     r->holder->pid);
}

static int explain(struct lk_release *r, struct lk_err *err)
{
	int rc = lk_target_pin(&r->target, r->action.sys, r->holder->proc, r->lock, r->holder, err);

	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		struct lk_err reason = *err;

		*err = (struct lk_err){ 0 };
		rc = refuse(r, lk_err_text(&reason));
		lk_err_done(&reason);
		return rc;
	}
	rc = say_steps(r);
	if (rc == 0)
		rc = say_risks(r);
	return rc ? rc : say_the_rest(r);
}

static int plan(struct lk_release *r, int pid, const struct lk_range *range, struct lk_err *err)
{
	int rc = check_kind(r, r->lock);

	if (rc == 0 && !r->action.refused)
		rc = check_range(r, range);
	if (rc == 0 && !r->action.refused)
		rc = check_holder(r, pid);
	return rc || r->action.refused ? rc : explain(r, err);
}

int lk_release_plan(struct lk_release *r, const struct lk_sys *sys, const struct lk_trace *trace,
		    struct lk_source *source, const struct lk_snapshot *snap, const struct lk_lock *lock, int pid,
		    const struct lk_range *range, struct lk_err *err)
{
	struct lk_err own = { 0 };
	int rc;

	*r = (struct lk_release){
		.trace = trace, .snap = snap, .lock = lock, .settle_ms = SETTLE_MS, .range = lock->rec.range
	};
	r->target.pidfd = -1;
	lk_action_init(&r->action, &ops, sys, source);
	rc = plan(r, pid, range, err ? err : &own);
	lk_err_done(&own);
	if (rc == 0)
		return 0;
	lk_err_set(err, rc, "out of memory");
	lk_action_free(&r->action);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of it, as sentences. */
#include <string.h>

#include "action/inject.h"
#include "source/rights.h"

#define CHANGED "target changed since you looked: "

/* About the program and what it has set up. */
static int explain_refusal(const struct lk_inject *job, const struct lk_inject_answer *a, struct lk_err *err)
{
	switch (a->why) {
	case LK_INJECT_REDIRECTED:
		return lk_err_set(err, a->rc,
				  "process %d has its system calls redirected to itself, so none can be run in it",
				  job->pid);
	case LK_INJECT_FILTERED:
		return lk_err_set(
			err, a->rc,
			"process %d filters its system calls (seccomp), which could kill it; to have the filter "
			"suspended for the call: %s",
			job->pid, lk_rights_advice(LK_RIGHT_SUSPEND_SECCOMP));
	case LK_INJECT_STRICT:
		return lk_err_set(err, a->rc,
				  "process %d is in the strict mode of seccomp(2), in which no such call can be run",
				  job->pid);
	case LK_INJECT_NO_INSTRUCTION:
		return lk_err_set(err, a->rc, "no system call instruction was found in process %d", job->pid);
	case LK_INJECT_FOREIGN_CALL:
		return lk_err_set(err, a->rc,
				  "process %d changed the code that was to make the call; what it would have done "
				  "instead was not let through",
				  job->pid);
	case LK_INJECT_NO_PAGE:
		return lk_err_set(err, a->rc, "no page of memory is to be had in process %d for the call: %s", job->pid,
				  strerror((int)a->number));
	case LK_INJECT_OTHER_MACHINE:
		return lk_err_set(err, a->rc,
				  "a POSIX lock of process %d can only be released by running a call in it, which this "
				  "program can do on x86-64 processors only",
				  job->pid);
	default:
		return lk_err_set(err, a->rc, "cannot run a call in process %d: %s", job->pid, strerror(-a->rc));
	}
}

/* About what was done half, or may be. */
static int explain_half(const struct lk_inject *job, const struct lk_inject_answer *a, struct lk_err *err)
{
	switch (a->why) {
	case LK_INJECT_NOT_RELEASED:
		return lk_err_set(err, a->rc, "the kernel refused to release the lock inside process %d: %s", job->pid,
				  strerror(-a->rc));
	case LK_INJECT_PAGE_LEFT:
		return lk_err_set(
			err, a->rc,
			"one page of memory could not be taken out of process %d again; it does no harm there",
			job->pid);
	case LK_INJECT_NOT_RESTORED:
		return lk_err_set(err, a->rc, "process %d could not be put back as it was: %s", job->pid,
				  strerror(-a->rc));
	case LK_INJECT_LATE:
		return lk_err_set(
			err, a->rc,
			"process %d does not come back from the call that was run in it; process %lld of this "
			"program waits for it, to put it back as it was: do not kill that one",
			job->pid, (long long)a->number);
	default:
		return explain_refusal(job, a, err);
	}
}

int lk_inject_explain(const struct lk_inject *job, const struct lk_inject_answer *a, struct lk_err *err)
{
	switch (a->why) {
	case LK_INJECT_DONE:
		return a->rc;
	case LK_INJECT_ENDED:
		return lk_err_set(err, a->rc, "process %d ended meanwhile", job->pid);
	case LK_INJECT_NO_RIGHT:
		return lk_err_set(err, a->rc, "no right to stop process %d and run a call in it; %s", job->pid,
				  lk_rights_advice(LK_RIGHT_ATTACH));
	case LK_INJECT_TRACED:
		return lk_err_set(err, a->rc, "process %d is being traced by process %lld; end that first", job->pid,
				  (long long)a->number);
	case LK_INJECT_NO_STOP:
		return lk_err_set(err, a->rc, "thread %lld of process %d did not stop", (long long)a->number, job->pid);
	case LK_INJECT_NO_RUN:
		return lk_err_set(err, a->rc,
				  "process %d does not run: it may be frozen (its cgroup), or the machine has no time "
				  "for it; nothing was changed",
				  job->pid);
	case LK_INJECT_NOT_SEEN:
		return lk_err_set(err, a->rc, "cannot see what process %d is and has by now: %s", job->pid,
				  strerror(-a->rc));
	case LK_INJECT_OTHER_PROCESS:
		return lk_err_set(err, a->rc, CHANGED "number %d belongs to another process by now", job->pid);
	case LK_INJECT_LOCK_GONE:
		return lk_err_set(err, a->rc, CHANGED "the lock is no longer on descriptor %d of process %d", job->fd,
				  job->pid);
	case LK_INJECT_CANNOT_STOP:
		return lk_err_set(err, a->rc, "cannot stop process %d: %s", job->pid, strerror(-a->rc));
	default:
		return explain_half(job, a, err);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs system calls in a thread that is held. See doc/kernel.md 5.3. */
#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "action/inject_private.h"
#include "base/io.h"

#define CALL_MS 2000 /* for a call; a thread that is not scheduled for so long is let go */
#define UNMAP_TRIES 30 /* each takes CALL_MS at most */
#define FOREIGN_USEC 10000 /* pause after another thread has exchanged the instruction */

#define SIG_OF_CALL (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */

int lk_tracee_wait(struct lk_tracee *t, int64_t deadline_ms)
{
	int status = 0, rc = t->trace->wait(t->trace->arg, t->tid, deadline_ms, &status);

	if (rc < 0)
		return rc;
	if (!WIFSTOPPED(status)) {
		t->gone = true;
		return -ESRCH;
	}
	t->sig = 0;
	t->at = LK_TRACEE_IN_SIGNAL;
	if (WSTOPSIG(status) == SIG_OF_CALL)
		t->at = LK_TRACEE_IN_CALL;
	else if (status >> 16 != PTRACE_EVENT_STOP)
		t->sig = WSTOPSIG(status);
	return 0;
}

static void answer_early(struct lk_tracee *t)
{
	lk_tracee_fail(t, -ETIMEDOUT, LK_INJECT_LATE, getpid());
	if (t->early)
		t->early(t->early_arg, &t->answer);
	t->early = NULL;
}

int lk_tracee_wait_for_sure(struct lk_tracee *t, int64_t ms)
{
	int rc = lk_tracee_wait(t, lk_io_now_ms() + ms);

	if (rc != -ETIMEDOUT)
		return rc;
	answer_early(t);
	return lk_tracee_wait(t, 0);
}

int lk_tracee_resume(struct lk_tracee *t, bool to_call)
{
	int rc = t->trace->resume(t->trace->arg, t->tid, to_call, t->sig);

	if (rc < 0)
		return rc;
	t->at = LK_TRACEE_RUNS;
	t->sig = 0;
	return 0;
}

static int set_suspended(struct lk_tracee *t, bool suspended)
{
	unsigned options = PTRACE_O_TRACESYSGOOD | (suspended ? (unsigned)PTRACE_O_SUSPEND_SECCOMP : 0);
	int rc = t->suspended == suspended ? 0 : t->trace->set_options(t->trace->arg, t->tid, options);

	if (rc == 0)
		t->suspended = suspended;
	return rc;
}

/* The filter would see the call and might kill the process. Another thread may have installed one since the last look. */
static int suspend_filter(struct lk_tracee *t)
{
	uint64_t mode = 0;
	int rc = lk_tracee_status(t, "\nSeccomp:\t", &mode);

	if (rc < 0)
		return lk_tracee_fail(t, rc, LK_INJECT_NOT_SEEN, 0);
	if (mode == SECCOMP_MODE_STRICT)
		return lk_tracee_fail(t, -EPERM, LK_INJECT_STRICT, 0);
	rc = mode == SECCOMP_MODE_DISABLED ? 0 : set_suspended(t, true);
	return rc < 0 ? lk_tracee_fail(t, rc == -ESRCH ? rc : -EPERM, LK_INJECT_FILTERED, 0) : 0;
}

int lk_tracee_check_filter(struct lk_tracee *t)
{
	int rc = suspend_filter(t), back = set_suspended(t, false);

	return rc < 0 ? rc : back < 0 ? lk_tracee_fail(t, back, LK_INJECT_CANNOT_RUN, 0) : 0;
}

static int turn_away(struct lk_tracee *t)
{
	/* Before the filter is suspended, because without it the thread must not make a call that is not ours. Then the filter is
	 * suspended, because it might kill the thread even for a call that is skipped. */
	int rc = lk_tracee_skip_call(t);

	if (rc == 0)
		suspend_filter(t);
	return rc;
}

static int let_go_of_call(struct lk_tracee *t)
{
	struct lk_trace_call now = { 0 };
	int rc = t->trace->get_call(t->trace->arg, t->tid, &now);

	if (rc == 0 && now.at == LK_TRACE_ENTRY)
		rc = turn_away(t);
	return rc ? rc : lk_tracee_resume(t, false);
}

int lk_tracee_bring_to_signal(struct lk_tracee *t)
{
	int rc = t->at == LK_TRACEE_IN_SIGNAL ? 0 : t->trace->interrupt(t->trace->arg, t->tid);

	while (rc == 0 && t->at != LK_TRACEE_IN_SIGNAL) {
		if (t->at == LK_TRACEE_IN_CALL)
			rc = let_go_of_call(t);
		if (rc == 0)
			rc = lk_tracee_wait_for_sure(t, CALL_MS);
	}
	return rc ? rc : set_suspended(t, false);
}

/* Lets the thread run to the entry of a call. Its signals are blocked: only SIGSTOP and faults of its own code can stop it before. */
static int run_to_entry(struct lk_tracee *t, struct lk_trace_call *now)
{
	int64_t deadline = lk_io_now_ms() + CALL_MS;
	int rc = set_suspended(t, false);

	for (;;) {
		if (rc == 0)
			rc = lk_tracee_resume(t, true);
		if (rc == 0)
			rc = lk_tracee_wait(t, deadline);
		if (rc == -ETIMEDOUT)
			return lk_tracee_fail(t, -EBUSY, LK_INJECT_NO_RUN, 0);
		if (rc < 0)
			return lk_tracee_fail(t, rc, LK_INJECT_CANNOT_RUN, 0);
		if (t->at == LK_TRACEE_IN_CALL)
			rc = t->trace->get_call(t->trace->arg, t->tid, now);
		if (rc < 0 || (t->at == LK_TRACEE_IN_CALL && now->at == LK_TRACE_ENTRY))
			return rc ? lk_tracee_fail(t, rc, LK_INJECT_CANNOT_RUN, 0) : 0;
		if (t->sig && t->sig != SIGSTOP) {
			t->sig = 0;
			return lk_tracee_fail(t, -EPERM, LK_INJECT_FOREIGN_CALL, 0);
		}
		if (lk_io_now_ms() > deadline)
			return lk_tracee_fail(t, -EBUSY, LK_INJECT_NO_RUN, 0);
	}
}

/* This check is the one that counts: the kernel has read the call from the registers, and now only the tracer can change it. */
static int check_entry(struct lk_tracee *t, const struct lk_trace_call *now, const struct lk_call *call)
{
	int rc;

	if (!lk_tracee_is_call(t, now, call))
		return lk_tracee_fail(t, -EPERM, LK_INJECT_FOREIGN_CALL, 0);
	/* Another thread may have closed the descriptor since the last look. */
	rc = call->is_release ? lk_tracee_check_lock(t) : 0;
	return rc < 0 ? rc : suspend_filter(t);
}

static int run_to_exit(struct lk_tracee *t, int64_t *ret)
{
	struct lk_trace_call now = { 0 };
	int rc = lk_tracee_resume(t, true);

	if (rc == 0)
		rc = lk_tracee_wait_for_sure(t, CALL_MS);
	if (rc == 0)
		rc = set_suspended(t, false);
	if (rc == 0)
		rc = t->trace->get_call(t->trace->arg, t->tid, &now);
	if (rc == 0 && now.at != LK_TRACE_EXIT)
		rc = -EIO;
	if (rc < 0)
		return lk_tracee_fail(t, rc, LK_INJECT_CANNOT_RUN, 0);
	*ret = now.result;
	return 0;
}

/* *ret: what the call returned, or -errno. A call that check_entry() refuses is skipped. */
static int run_call(struct lk_tracee *t, const struct lk_call *call, int64_t *ret)
{
	struct lk_trace_call now = { 0 };
	int rc = lk_tracee_set_call(t, call), done;

	*ret = -ENOSYS;
	if (rc < 0)
		return lk_tracee_fail(t, rc, LK_INJECT_CANNOT_RUN, 0);
	rc = run_to_entry(t, &now);
	if (rc < 0)
		return rc;
	rc = check_entry(t, &now, call);
	done = rc < 0 ? turn_away(t) : 0;
	if (done == 0)
		done = run_to_exit(t, ret);
	return rc ? rc : done;
}

static bool is_address(int64_t result)
{
	return result > 0 || result < -4095;
}

static int map_page(struct lk_tracee *t)
{
	struct lk_call call = lk_tracee_map_call(t);
	int64_t result;
	int rc = run_call(t, &call, &result);

	if (is_address(result))
		t->page = (uint64_t)result;
	else if (rc == 0)
		return lk_tracee_fail(t, -EBUSY, LK_INJECT_NO_PAGE, -result);
	if (rc == 0) {
		rc = lk_tracee_write_flock(t);
		if (rc < 0)
			return lk_tracee_fail(t, rc, LK_INJECT_CANNOT_RUN, 0);
	}
	/* The call may have returned too late: then LK_INJECT_LATE has been answered, which ends the attempt. */
	return rc ? rc : t->answer.rc;
}

static int release(struct lk_tracee *t)
{
	struct lk_call call = lk_tracee_release_call(t);
	int64_t result;
	int rc = run_call(t, &call, &result);

	return rc < 0 || result == 0 ? rc : lk_tracee_fail(t, (int)result, LK_INJECT_NOT_RELEASED, 0);
}

static int try_to_unmap(struct lk_tracee *t)
{
	struct lk_call call = lk_tracee_unmap_call(t);
	int64_t result = -EIO;
	int rc = t->at == LK_TRACEE_RUNS ? lk_tracee_bring_to_signal(t) : 0;

	if (rc == 0)
		rc = run_call(t, &call, &result);
	if (rc == 0 && result == 0)
		t->page = 0;
	return rc;
}

/* Tries again for a while if the thread does not run (it may be frozen by its cgroup) or is about to make another call. */
static void unmap_page(struct lk_tracee *t)
{
	struct lk_inject_answer so_far = t->answer;
	bool slow = false, again = true;

	for (int i = 0; again && i < UNMAP_TRIES; i++) {
		if (slow)
			answer_early(t);
		t->answer = (struct lk_inject_answer){ 0 };
		again = try_to_unmap(t) < 0 &&
			(t->answer.why == LK_INJECT_NO_RUN || t->answer.why == LK_INJECT_FOREIGN_CALL);
		slow = slow || (i > 0 && t->answer.why == LK_INJECT_NO_RUN);
		if (t->answer.why == LK_INJECT_FOREIGN_CALL)
			usleep(FOREIGN_USEC);
	}
	if (t->answer.why != LK_INJECT_LATE || so_far.rc)
		t->answer = so_far;
	if (t->page && !t->gone)
		lk_tracee_fail(t, -EIO, LK_INJECT_PAGE_LEFT, 0);
}

int lk_tracee_release(struct lk_tracee *t)
{
	int rc = map_page(t);

	if (rc == 0)
		release(t);
	if (t->page && !t->gone)
		unmap_page(t);
	return t->answer.rc;
}

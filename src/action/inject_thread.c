/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One thread: stop it, let it make the call, let it go. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "action/inject_private.h"
#include "base/io.h"

#ifdef __x86_64__

#define STOP_MS 500
#define CALL_MS 2000 /* for the call itself; a thread that is not scheduled for so long is let go */
#define LEAVE_MS 3000
#define ATTEMPTS 5000 /* each is cut short by a signal */

#define SIG_OF_CALL (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */

enum stop { STOP_CALL, STOP_EVENT, STOP_SIGNAL };

static int fail(const struct lk_tracee *t, int rc, const char *what, struct lk_err *err)
{
	if (rc == -ESRCH || rc == -ECHILD)
		return lk_err_set(err, -ESRCH, "process %d ended meanwhile", t->job->pid);
	return lk_err_set(err, rc, "cannot %s process %d: %s", what, t->job->pid, strerror(-rc));
}

static int next_stop(struct lk_tracee *t, int64_t deadline, enum stop *ret)
{
	int status = 0, rc = t->trace->wait(t->trace->arg, t->tid, deadline, &status);

	if (rc < 0)
		return rc;
	if (!WIFSTOPPED(status)) {
		t->gone = true;
		return -ESRCH;
	}
	t->sig = 0;
	t->at = LK_TRACEE_IN_SIGNAL;
	if (status >> 16 == PTRACE_EVENT_STOP) {
		*ret = STOP_EVENT;
	} else if (WSTOPSIG(status) == SIG_OF_CALL) {
		*ret = STOP_CALL;
		t->at = LK_TRACEE_IN_CALL;
	} else {
		*ret = STOP_SIGNAL;
		t->sig = WSTOPSIG(status);
	}
	return 0;
}

static int resume(struct lk_tracee *t, bool to_call)
{
	int rc = t->trace->resume(t->trace->arg, t->tid, to_call, t->sig);

	if (rc < 0)
		return rc;
	t->at = LK_TRACEE_RUNS;
	t->sig = 0;
	return 0;
}

/* Until the stop that was asked for; a signal that comes first is passed on. */
static int wait_for_interrupt(struct lk_tracee *t, int64_t deadline)
{
	enum stop stop = STOP_CALL;
	int rc;

	for (;;) {
		rc = next_stop(t, deadline, &stop);
		if (rc < 0 || stop == STOP_EVENT)
			return rc;
		rc = resume(t, false);
		if (rc < 0)
			return rc;
	}
}

/* Lets it run on with its own registers and stops it again. */
static int step_aside(struct lk_tracee *t)
{
	int rc = lk_tracee_restore(t);

	if (rc == 0)
		rc = t->trace->interrupt(t->trace->arg, t->tid);
	if (rc == 0)
		rc = resume(t, false);
	return rc ? rc : wait_for_interrupt(t, lk_io_now_ms() + CALL_MS);
}

/* From where it was stopped to the entry of our call. -EINTR: a signal came first; it has been passed on. */
static int run_to_entry(struct lk_tracee *t, int64_t deadline)
{
	enum stop stop = STOP_EVENT;
	int rc;

	while (stop != STOP_CALL) {
		rc = resume(t, true);
		if (rc == 0)
			rc = next_stop(t, deadline, &stop);
		if (rc < 0)
			return rc;
		if (stop == STOP_SIGNAL) {
			rc = step_aside(t);
			return rc ? rc : -EINTR;
		}
	}
	return 0;
}

static int run_to_exit(struct lk_tracee *t, int64_t deadline)
{
	enum stop stop = STOP_EVENT;
	int rc = resume(t, true);

	if (rc == 0)
		rc = next_stop(t, deadline, &stop);
	return rc == 0 && stop != STOP_CALL ? -EIO : rc;
}

/* At its entry there is a last chance to leave it: another thread may have closed the descriptor since. */
static int make_call(struct lk_tracee *t, int *ret_result, struct lk_err *err)
{
	int64_t deadline = lk_io_now_ms() + CALL_MS;
	int rc = run_to_entry(t, deadline), stale;

	if (rc == -EINTR)
		return rc;
	if (rc < 0)
		return fail(t, rc, "run the call in", err);
	stale = lk_tracee_check_lock(t, err);
	if (stale < 0 && lk_tracee_skip_call(t) < 0)
		return stale;
	rc = run_to_exit(t, deadline);
	if (rc == 0 && stale == 0)
		rc = lk_tracee_result(t, ret_result);
	return rc < 0 && stale == 0 ? fail(t, rc, "run the call in", err) : stale;
}

/* 0; -EINTR: try again. */
static int attempt(struct lk_tracee *t, int *ret_result, struct lk_err *err)
{
	int rc = t->trace->get_regs(t->trace->arg, t->tid, &t->regs);

	if (rc < 0)
		return fail(t, rc, "read the registers of", err);
	t->has_regs = true;
	rc = lk_tracee_check_process(t, err);
	if (rc == 0)
		rc = lk_tracee_check_lock(t, err);
	if (rc < 0)
		return rc;
	if (lk_tracee_is_in_sequence(t)) {
		rc = step_aside(t);
		return rc < 0 ? fail(t, rc, "stop", err) : -EINTR;
	}
	rc = lk_tracee_prepare(t, err);
	return rc ? rc : make_call(t, ret_result, err);
}

static int run(struct lk_tracee *t, struct lk_err *err)
{
	int rc = -EINTR, result = 0;

	if (t->trace->redirects_calls(t->trace->arg, t->tid))
		return lk_err_set(err, -EPERM,
				  "process %d has its system calls redirected to itself, so none can be run in it",
				  t->job->pid);
	for (int i = 0; i < ATTEMPTS && rc == -EINTR; i++)
		rc = attempt(t, &result, err);
	if (rc == -EINTR)
		return lk_err_set(err, -EBUSY,
				  "process %d gets signals faster than a call can be run in it; nothing was changed",
				  t->job->pid);
	if (rc == 0 && result < 0)
		return lk_err_set(err, result, "the kernel refused to release the lock inside process %d: %s",
				  t->job->pid, strerror(-result));
	return rc;
}

/* Registers are given back only inside its signal code, where the kernel then restarts the call it was stopped in. */
static int bring_to_signal(struct lk_tracee *t)
{
	int64_t deadline = lk_io_now_ms() + LEAVE_MS;
	enum stop stop;
	int rc = 0;

	if (t->at != LK_TRACEE_IN_SIGNAL)
		rc = t->trace->interrupt(t->trace->arg, t->tid);
	while (rc == 0 && t->at != LK_TRACEE_IN_SIGNAL) {
		if (t->at == LK_TRACEE_IN_CALL)
			rc = resume(t, false);
		if (rc == 0)
			rc = next_stop(t, deadline, &stop);
	}
	return rc;
}

static int leave(struct lk_tracee *t, struct lk_err *err)
{
	int rc = bring_to_signal(t), restored;

	if (t->gone || rc == -ESRCH || rc == -ECHILD)
		return 0;
	restored = rc == 0 ? lk_tracee_restore(t) : rc;
	rc = t->trace->detach(t->trace->arg, t->tid, t->sig);
	if (restored < 0 && restored != -ESRCH)
		return lk_err_set(err, restored, "process %d could not be put back as it was: %s", t->job->pid,
				  strerror(-restored));
	return rc < 0 && rc != -ESRCH ? fail(t, rc, "let go of", err) : 0;
}

static int refuse_attach(const struct lk_tracee *t, int rc, bool filtered, struct lk_err *err)
{
	int pid = t->job->pid;
	uint64_t tracer = lk_tracee_status(t->trace, pid, t->tid, "\nTracerPid:\t", 10);

	if (rc == -ESRCH)
		return fail(t, rc, "stop", err);
	if (tracer)
		return lk_err_set(err, -EPERM, "process %d is being traced by process %llu; end that first", pid,
				  (unsigned long long)tracer);
	if (filtered)
		return lk_err_set(
			err, -EPERM,
			"process %d filters its system calls (seccomp), which could kill it; run as root to have "
			"the filter suspended",
			pid);
	if (rc == -EPERM || rc == -EACCES)
		return lk_err_set(err, -EPERM,
				  "no right to stop process %d and run a call in it; run as root (CAP_SYS_PTRACE)",
				  pid);
	return fail(t, rc, "stop", err);
}

static int attach(struct lk_tracee *t, struct lk_err *err)
{
	bool filtered = lk_tracee_status(t->trace, t->job->pid, t->tid, "\nSeccomp:\t", 10) != 0;
	unsigned options = PTRACE_O_TRACESYSGOOD | (filtered ? (unsigned)PTRACE_O_SUSPEND_SECCOMP : 0);
	int rc = t->trace->seize(t->trace->arg, t->tid, options);

	return rc < 0 ? refuse_attach(t, rc, filtered, err) : 0;
}

int lk_inject_thread(const struct lk_trace *trace, const struct lk_inject *job, int tid, struct lk_err *err)
{
	struct lk_tracee t = { .trace = trace, .job = job, .tid = tid };
	int rc = attach(&t, err), left;

	if (rc < 0)
		return rc;
	rc = trace->interrupt(trace->arg, tid);
	if (rc == 0)
		rc = wait_for_interrupt(&t, lk_io_now_ms() + (job->stop_ms ? job->stop_ms : STOP_MS));
	if (rc == -ETIMEDOUT)
		return lk_err_set(err, -EAGAIN, "thread %d of process %d did not stop", tid, job->pid);
	rc = rc < 0 ? fail(&t, rc, "stop", err) : run(&t, err);
	left = leave(&t, err);
	return rc ? rc : left;
}

#else

int lk_inject_thread(const struct lk_trace *trace __attribute__((unused)), const struct lk_inject *job,
		     int tid __attribute__((unused)), struct lk_err *err)
{
	return lk_err_set(err, -EOPNOTSUPP,
			  "a POSIX lock of process %d can only be released by running a call in it, which this "
			  "program can do on x86-64 processors only",
			  job->pid);
}

#endif

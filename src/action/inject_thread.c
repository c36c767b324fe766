/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One thread: stop it, hold it, let it make the calls, let it go. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>

#include "action/inject_private.h"
#include "base/io.h"

#ifdef __x86_64__

#define STOP_MS 500

/* Waits for the stop that PTRACE_INTERRUPT asked for; a signal that comes first is passed on to the thread. */
static int wait_for_interrupt(struct lk_tracee *t)
{
	int64_t deadline = lk_io_now_ms() + (t->job->stop_ms ? t->job->stop_ms : STOP_MS);
	int rc = lk_tracee_wait(t, deadline);

	while (rc == 0 && (t->sig || t->at != LK_TRACEE_IN_SIGNAL)) {
		rc = lk_tracee_resume(t, false);
		if (rc == 0)
			rc = lk_tracee_wait(t, deadline);
	}
	return rc;
}

/* All checks that can be made before anything is changed. */
static int look(struct lk_tracee *t)
{
	const struct lk_trace *trace = t->trace;
	int rc = trace->get_regs(trace->arg, t->tid, &t->regs);

	if (rc < 0)
		return lk_tracee_fail(t, rc, LK_INJECT_CANNOT_RUN, 0);
	t->has_regs = true;
	rc = trace->get_mask(trace->arg, t->tid, &t->mask);
	if (rc < 0)
		return lk_tracee_fail(t, rc, LK_INJECT_CANNOT_RUN, 0);
	if (trace->redirects_calls(trace->arg, t->tid))
		return lk_tracee_fail(t, -EPERM, LK_INJECT_REDIRECTED, 0);
	rc = lk_tracee_check_process(t);
	if (rc == 0)
		rc = lk_tracee_check_filter(t);
	if (rc == 0)
		rc = lk_tracee_check_lock(t);
	if (rc == 0 && lk_tracee_find_instruction(t) < 0)
		rc = lk_tracee_fail(t, -ENOENT, LK_INJECT_NO_INSTRUCTION, 0);
	t->abort = lk_tracee_sequence_abort(t);
	return rc;
}

/* From here on the thread has to be restored. Nothing is done if the waiting parent has given up. */
static int hold(struct lk_tracee *t)
{
	int rc;

	if (t->job->turn && atomic_exchange(t->job->turn, LK_INJECT_HOLDS) == LK_INJECT_CANCELLED)
		return lk_tracee_fail(t, -ECANCELED, LK_INJECT_NOBODY_WAITS, 0);
	rc = t->trace->set_mask(t->trace->arg, t->tid, UINT64_MAX);
	if (rc < 0)
		return lk_tracee_fail(t, rc, LK_INJECT_CANNOT_RUN, 0);
	t->held = true;
	return 0;
}

static int restore(struct lk_tracee *t)
{
	int rc = t->held ? t->trace->set_mask(t->trace->arg, t->tid, t->mask) : 0;
	int regs = t->has_regs ? lk_tracee_restore_regs(t) : 0;

	return rc ? rc : regs;
}

static void leave(struct lk_tracee *t)
{
	int rc = t->gone ? -ESRCH : lk_tracee_bring_to_signal(t), let;

	if (rc == 0)
		rc = restore(t);
	let = t->gone ? -ESRCH : t->trace->detach(t->trace->arg, t->tid, t->sig);
	if (rc < 0 && rc != -ESRCH && rc != -ECHILD)
		lk_tracee_fail(t, rc, LK_INJECT_NOT_RESTORED, 0);
	else if (let < 0 && let != -ESRCH)
		lk_tracee_fail(t, let, LK_INJECT_CANNOT_STOP, 0);
}

static int refuse_attach(struct lk_tracee *t, int rc)
{
	uint64_t tracer = 0;

	if (rc != -ESRCH)
		lk_tracee_status(t, "\nTracerPid:\t", &tracer);
	if (tracer)
		return lk_tracee_fail(t, -EPERM, LK_INJECT_TRACED, (int64_t)tracer);
	if (rc == -EPERM || rc == -EACCES)
		return lk_tracee_fail(t, -EPERM, LK_INJECT_NO_RIGHT, 0);
	return lk_tracee_fail(t, rc, LK_INJECT_CANNOT_STOP, 0);
}

static void run(struct lk_tracee *t)
{
	int rc = t->trace->interrupt(t->trace->arg, t->tid);

	if (rc == 0)
		rc = wait_for_interrupt(t);
	if (rc == -ETIMEDOUT) {
		lk_tracee_fail(t, -EAGAIN, LK_INJECT_NO_STOP, t->tid);
		return;
	}
	if (rc < 0)
		lk_tracee_fail(t, rc, LK_INJECT_CANNOT_STOP, 0);
	else if (look(t) == 0 && hold(t) == 0)
		lk_tracee_release(t);
	leave(t);
}

struct lk_inject_answer lk_inject_thread(const struct lk_trace *trace, const struct lk_inject *job, int tid,
					 void (*early)(void *arg, const struct lk_inject_answer *answer), void *arg)
{
	struct lk_tracee t = { .trace = trace, .job = job, .tid = tid, .early = early, .early_arg = arg };
	int rc = trace->seize(trace->arg, tid, PTRACE_O_TRACESYSGOOD);

	if (rc < 0)
		refuse_attach(&t, rc);
	else
		run(&t);
	lk_vec_done(&t.text);
	return t.answer;
}

#else

struct lk_inject_answer lk_inject_thread(const struct lk_trace *trace __attribute__((unused)),
					 const struct lk_inject *job __attribute__((unused)),
					 int tid __attribute__((unused)),
					 void (*early)(void *arg, const struct lk_inject_answer *answer)
						 __attribute__((unused)),
					 void *arg __attribute__((unused)))
{
	return (struct lk_inject_answer){ .rc = -EOPNOTSUPP, .why = LK_INJECT_OTHER_MACHINE };
}

#endif

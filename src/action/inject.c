/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Releasing a POSIX lock inside its process: the short-lived child that traces, and the choice of the thread. See doc/kernel.md 5.2. */
#include "action/inject.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "record/parse.h"
#include "source/host/helper.h"
#include "source/host/rights.h"

#define THREADS_MAX 16 /* threads of one process that are tried */
#define CHILD_MS 15000 /* longer than all time limits of the child together */
#define REAP_MS 1000
#define STAT_MAX 4096
#define CHANGED "target changed since you looked: "

bool lk_inject_is_possible(void)
{
#ifdef __x86_64__
	return true;
#else
	return false;
#endif
}

/* ---- answers as sentences ---- */

/* Why no call can be run in this process. */
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

/* Failures after which the process may have been changed. */
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

/* ---- the child ---- */

static void answer(void *arg, const struct lk_inject_answer *what)
{
	int *out = arg;

	lk_io_write_all(*out, what, sizeof(*what));
	close(*out);
	*out = -1;
}

/* Runs in the child, which must not end before the thread is restored, even if its parent ends: it blocks all signals, so that only
 * SIGKILL ends it, and leaves the session and process group, so that it gets no signals from a terminal. It closes the descriptors that
 * it does not need, so that nobody who waits for those to be closed has to wait for it. */
static _Noreturn void trace_in_child(const struct lk_trace *trace, const struct lk_inject *job, int tid, int out)
{
	struct sigaction normal = { .sa_handler = SIG_DFL };
	struct lk_inject_answer what;
	sigset_t all;

	lk_alloc_on_failure(NULL); /* without a message: the parent sees that the child ended */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigaction(SIGCHLD, &normal, NULL);
	setsid();
	lk_helper_keep_only(lk_trace_proc_fd(), out);
	what = lk_inject_thread(trace, job, tid, answer, &out);
	if (out >= 0)
		answer(&out, &what);
	_exit(0);
}

/* 0; -ETIMEDOUT; -ECHILD: the child ended without an answer. */
static int read_answer(int fd, struct lk_inject_answer *ret)
{
	int64_t deadline = lk_io_now_ms() + CHILD_MS;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - lk_io_now_ms();
		ssize_t n;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		/* So few bytes are written and read in one piece, pipe(7). */
		n = read(fd, ret, sizeof(*ret));
		if (n < 0 && errno == EINTR)
			continue;
		return n == (ssize_t)sizeof(*ret) ? 0 : -ECHILD;
	}
}

/* A child that holds the thread is never killed: it restores the thread as soon as it can. */
static void end_child(pid_t child, const struct lk_inject *job, int rc, const struct lk_inject_answer *what)
{
	int64_t deadline = lk_io_now_ms() + REAP_MS;
	bool lives_on = rc == 0 && what->why == LK_INJECT_LATE;

	if (rc == -ETIMEDOUT && atomic_exchange(job->turn, LK_INJECT_CANCELLED) == LK_INJECT_OPEN)
		kill(child, SIGKILL);
	while (!lives_on && waitpid(child, NULL, WNOHANG) == 0 && lk_io_now_ms() < deadline)
		usleep(200);
}

static int run_traced(const struct lk_trace *trace, const struct lk_inject *job, int tid, struct lk_err *err)
{
	struct lk_inject_answer what = { 0 };
	lk_auto_fd in = -1;
	int ends[2], rc;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return lk_err_set(err, -errno, "cannot make a pipe: %s", strerror(errno));
	in = ends[0];
	child = fork();
	if (child == 0)
		trace_in_child(trace, job, tid, ends[1]);
	rc = child < 0 ? -errno : 0;
	close(ends[1]);
	if (rc < 0)
		return lk_err_set(err, rc, "cannot make a child process: %s", strerror(-rc));
	rc = read_answer(in, &what);
	end_child(child, job, rc, &what);
	if (rc == 0)
		return lk_inject_explain(job, &what, err);
	return lk_err_set(err, rc,
			  rc == -ETIMEDOUT
				  ? "the process that was to release the lock inside process %d gave no answer"
				  : "the process that was to release the lock inside process %d ended before it "
				    "said what came of it",
			  job->pid);
}

static int run_child(const struct lk_trace *trace, const struct lk_inject *job, int tid, struct lk_err *err)
{
	struct lk_inject shared = *job;
	int rc;

	shared.turn = mmap(NULL, sizeof(*shared.turn), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared.turn == MAP_FAILED)
		return lk_err_set(err, -errno, "cannot share memory with a child process: %s", strerror(errno));
	rc = run_traced(trace, &shared, tid, err);
	munmap(shared.turn, sizeof(*shared.turn));
	return rc;
}

/* The thread sleeps uninterruptibly or has ended, so it will not stop. */
static bool is_hopeless(const struct lk_trace *trace, int pid, int tid)
{
	char text[STAT_MAX];
	struct lk_stat st = { 0 };
	ssize_t n = trace->read_task(trace->arg, pid, tid, "stat", text, sizeof(text));

	return n < 0 || lk_parse_stat(text, (size_t)n, &st) < 0 || st.state == 'D' || st.state == 'Z' ||
	       st.state == 'X';
}

/* Moves the hopeless threads to the end. The others keep the order of /proc, in which the main thread comes first. */
static void order(const struct lk_trace *trace, int pid, lk_ints *tids)
{
	size_t n = 0;

	for (size_t i = 0; i < tids->n; i++) {
		int tid = tids->v[i];

		if (is_hopeless(trace, pid, tid))
			continue;
		memmove(&tids->v[n + 1], &tids->v[n], (i - n) * sizeof(*tids->v));
		tids->v[n++] = tid;
	}
}

static int choose(const struct lk_trace *trace, const struct lk_inject *job, lk_ints *tids, struct lk_err *err)
{
	int rc;

	if (job->tid) {
		*lk_vec_push(tids) = job->tid;
		return 0;
	}
	rc = trace->threads(trace->arg, job->pid, tids);
	if (rc == 0 && !tids->n)
		rc = -ESRCH;
	if (rc == -ENOENT || rc == -ESRCH)
		return lk_err_set(err, -ESRCH, "process %d is gone", job->pid);
	if (rc < 0)
		return lk_err_set(err, rc, "cannot list the threads of process %d: %s", job->pid, strerror(-rc));
	order(trace, job->pid, tids);
	return 0;
}

int lk_inject_unlock(const struct lk_trace *trace, const struct lk_inject *job, struct lk_err *err)
{
	struct lk_err one = { 0 };
	lk_ints tids = { 0 };
	int rc = choose(trace, job, &tids, err);
	bool chosen = rc == 0;

	for (size_t i = 0; chosen && i < tids.n && i < THREADS_MAX; i++) {
		lk_err_done(&one);
		one = (struct lk_err){ 0 };
		rc = run_child(trace, job, tids.v[i], &one);
		if (rc != -EAGAIN)
			break;
	}
	if (rc == -EAGAIN)
		lk_err_set(
			err, rc,
			"process %d does not stop: it sleeps in the kernel where nothing reaches it (state D, or it waits for "
			"a child of vfork); nothing was changed, try again later",
			job->pid);
	else if (chosen && rc < 0)
		lk_err_set(err, rc, "%s", lk_err_text(&one));
	lk_err_done(&one);
	lk_vec_done(&tids);
	return rc;
}

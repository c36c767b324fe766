/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The short-lived child that traces, and the choice of the thread. */
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
#include "source/helper.h"

#define THREADS_MAX 16 /* of a process that are tried */
#define CHILD_MS 15000 /* longer than all its own limits together */
#define REAP_MS 1000
#define STAT_MAX 4096

bool lk_inject_is_possible(void)
{
#ifdef __x86_64__
	return true;
#else
	return false;
#endif
}

static void answer(void *arg, const struct lk_inject_answer *what)
{
	int *out = arg;

	lk_io_write_all(*out, what, sizeof(*what));
	close(*out);
	*out = -1;
}

/* Whatever becomes of its parent, it ends only when the thread is as it was: no signal of a terminal or for a group reaches it, and
 * nothing but SIGKILL ends it. Nobody who waits for our descriptors waits for it. */
static _Noreturn void trace_in_child(const struct lk_trace *trace, const struct lk_inject *job, int tid, int out)
{
	struct sigaction normal = { .sa_handler = SIG_DFL };
	struct lk_inject_answer what;
	sigset_t all;

	lk_alloc_on_failure(NULL); /* its parent sees that it ended */
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

/* 0; -ETIMEDOUT; -ECHILD: it ended without an answer. */
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
		/* So few bytes come whole. */
		n = read(fd, ret, sizeof(*ret));
		if (n < 0 && errno == EINTR)
			continue;
		return n == (ssize_t)sizeof(*ret) ? 0 : -ECHILD;
	}
}

/* One that holds the thread is never ended: it puts the thread back whenever it can. */
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

/* Sleeps so that no signal wakes it, or has ended already. */
static bool is_hopeless(const struct lk_trace *trace, int pid, int tid)
{
	char text[STAT_MAX];
	struct lk_stat st = { 0 };
	ssize_t n = trace->read_task(trace->arg, pid, tid, "stat", text, sizeof(text));

	return n < 0 || lk_parse_stat(text, (size_t)n, &st) < 0 || st.state == 'D' || st.state == 'Z' ||
	       st.state == 'X';
}

/* The numbers come sorted: the first thread is tried first, the hopeless ones last. */
static void order(const struct lk_trace *trace, int pid, lk_tids *tids)
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

static int choose(const struct lk_trace *trace, const struct lk_inject *job, lk_tids *tids, struct lk_err *err)
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
	lk_tids tids = { 0 };
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

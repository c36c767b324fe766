/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The short-lived child that traces, and the choice of the thread. */
#include "action/inject.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "record/parse.h"

#define THREADS_MAX 16 /* of a process that are tried */
#define CHILD_MS 15000 /* longer than all its own limits together */
#define REAP_MS 1000

bool lk_inject_is_possible(void)
{
#ifdef __x86_64__
	return true;
#else
	return false;
#endif
}

/* In the child. What it has to say is its -errno, then a sentence. */
static _Noreturn void trace_in_child(const struct lk_trace *trace, const struct lk_inject *job, int tid, int out)
{
	struct sigaction normal = { .sa_handler = SIG_DFL };
	struct lk_err err = { 0 };
	sigset_t all;
	int rc;

	/* Nothing but SIGKILL may end us while the thread has registers that are not its own. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigaction(SIGCHLD, &normal, NULL);
	rc = lk_inject_thread(trace, job, tid, &err);
	if (lk_io_write_all(out, &rc, sizeof(rc)) == 0 && rc < 0)
		lk_io_write_all(out, lk_err_text(&err), strlen(lk_err_text(&err)));
	_exit(0);
}

static int read_until_end(int fd, lk_buf *b)
{
	int64_t deadline = lk_io_now_ms() + CHILD_MS;
	char part[512];

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - lk_io_now_ms();
		ssize_t n;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		n = read(fd, part, sizeof(part));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (lk_buf_add(b, part, (size_t)n) < 0)
			return -ENOMEM;
	}
}

/* One that sleeps in the kernel for ever cannot be waited for, even killed. */
static void reap(pid_t child, bool kill_it)
{
	int64_t deadline = lk_io_now_ms() + REAP_MS;

	if (kill_it)
		kill(child, SIGKILL);
	while (waitpid(child, NULL, kill_it ? WNOHANG : 0) == 0 && lk_io_now_ms() < deadline)
		usleep(1000);
}

static int understand(const struct lk_inject *job, lk_buf *b, struct lk_err *err)
{
	const char *text = lk_buf_str(b);
	int rc;

	if (!text || b->n < sizeof(rc))
		return lk_err_set(
			err, -ECHILD,
			"the process that was to release the lock inside process %d ended before it said what "
			"came of it",
			job->pid);
	memcpy(&rc, b->v, sizeof(rc));
	return rc < 0 ? lk_err_set(err, rc, "%s", text + sizeof(rc)) : 0;
}

static int run_child(const struct lk_trace *trace, const struct lk_inject *job, int tid, struct lk_err *err)
{
	lk_auto_fd in = -1;
	int ends[2], rc;
	lk_buf b = { 0 };
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
	rc = read_until_end(in, &b);
	reap(child, rc < 0);
	if (rc < 0)
		lk_err_set(err, rc, "the process that was to release the lock inside process %d gave no answer",
			   job->pid);
	else
		rc = understand(job, &b, err);
	lk_vec_done(&b);
	return rc;
}

/* Sleeps so that no signal wakes it, or has ended already. */
static bool is_hopeless(const struct lk_trace *trace, int pid, int tid)
{
	lk_buf b = { 0 };
	struct lk_stat st = { 0 };
	bool hopeless = trace->read_task(trace->arg, pid, tid, "stat", &b) < 0 || lk_parse_stat(b.v, b.n, &st) < 0 ||
			st.state == 'D' || st.state == 'Z' || st.state == 'X';

	lk_vec_done(&b);
	return hopeless;
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
	int rc = 0, *slot;

	if (job->tid) {
		slot = lk_vec_push(tids);
		if (!slot)
			return lk_err_set(err, -ENOMEM, "out of memory");
		*slot = job->tid;
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

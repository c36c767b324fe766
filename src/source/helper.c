/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/vec.h"

#define MAX_RECORD ((size_t)16 << 20)

enum frame_kind { FRAME_DATA = 1, FRAME_DONE = 2 };

struct frame {
	uint32_t kind;
	uint32_t n; /* bytes that follow */
	uint64_t item;
};

struct lk_helper_out {
	int fd;
	size_t item;
};

/* The parent's side of one child. */
struct child {
	pid_t pid;
	int fd;
	lk_buf buf;
	size_t next; /* the item it works on */
};

static int send_frame(struct lk_helper_out *out, enum frame_kind kind, const void *data, size_t n)
{
	struct frame f = { .kind = kind, .n = (uint32_t)n, .item = out->item };
	int rc = lk_io_write_all(out->fd, &f, sizeof(f));

	return rc < 0 ? rc : lk_io_write_all(out->fd, data, n);
}

int lk_helper_emit(struct lk_helper_out *out, const void *data, size_t n)
{
	if (n > MAX_RECORD)
		return -EMSGSIZE;
	return send_frame(out, FRAME_DATA, data, n);
}

/* A child that is stuck may outlive us: it must keep no pipe of a reader open and, worse, no lock that came with a descriptor we
 * were started with (flock FILE lockscope ...). */
void lk_helper_keep_only(int keep1, int keep2)
{
	int low = keep1 < keep2 ? keep1 : keep2, high = keep1 < keep2 ? keep2 : keep1;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++) {
		if (fd == low || fd == high)
			continue;
		if (null >= 0)
			dup2(null, fd);
		else
			close(fd);
	}
	if (low > 3)
		close_range(3, (unsigned)low - 1, 0);
	if (high > low + 1 && high > 3)
		close_range(low + 1 > 3 ? (unsigned)low + 1 : 3, (unsigned)high - 1, 0);
	close_range((unsigned)high + 1 > 3 ? (unsigned)high + 1 : 3, ~0U, 0);
}

static void child_main(const struct lk_helper_job *job, size_t first, int fd)
{
	struct lk_helper_out out = { .fd = fd };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	lk_helper_keep_only(job->keep_fd, fd);
	signal(SIGPIPE, SIG_DFL);
	for (size_t i = first; i < job->n_items; i++) {
		out.item = i;
		if (job->work(job->arg, i, &out) != 0 || send_frame(&out, FRAME_DONE, "", 0) < 0)
			_exit(1);
	}
	_exit(0);
}

static int child_start(const struct lk_helper_job *job, size_t first, struct child *c)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	c->pid = fork();
	if (c->pid < 0) {
		int rc = -errno;

		close(fds[0]);
		close(fds[1]);
		return rc;
	}
	if (c->pid == 0) {
		close(fds[0]);
		child_main(job, first, fds[1]);
	}
	close(fds[1]);
	c->fd = fds[0];
	c->buf.n = 0;
	c->next = first;
	return 0;
}

/* Children that were given up: a screen that runs for days would collect them as zombies. Several threads may have some. */
static pid_t left_behind[32];
static pthread_mutex_t left_behind_lock = PTHREAD_MUTEX_INITIALIZER;

static void reap_left_behind(void)
{
	pthread_mutex_lock(&left_behind_lock);
	for (size_t i = 0; i < sizeof(left_behind) / sizeof(*left_behind); i++) {
		if (left_behind[i] > 0 && waitpid(left_behind[i], NULL, WNOHANG) != 0)
			left_behind[i] = 0;
	}
	pthread_mutex_unlock(&left_behind_lock);
}

static void leave_behind(pid_t pid)
{
	bool kept = false;

	pthread_mutex_lock(&left_behind_lock);
	for (size_t i = 0; !kept && i < sizeof(left_behind) / sizeof(*left_behind); i++) {
		kept = left_behind[i] <= 0;
		if (kept)
			left_behind[i] = pid;
	}
	pthread_mutex_unlock(&left_behind_lock);
}

/* finished: it closed its pipe by itself and will end; otherwise it may be stuck in the kernel, where SIGKILL does not reach, and
 * is not waited for. */
static void child_end(struct child *c, bool finished)
{
	pid_t got;

	if (!finished)
		kill(c->pid, SIGKILL);
	do {
		got = waitpid(c->pid, NULL, finished ? 0 : WNOHANG);
	} while (got < 0 && errno == EINTR);
	if (got == 0)
		leave_behind(c->pid);
	close(c->fd);
}

/* Takes whole frames from the buffer. 0, or what take() returned. */
static int child_frames(const struct lk_helper_job *job, struct child *c, struct lk_helper_result *ret)
{
	size_t used = 0;
	int rc = 0;

	while (!rc && c->buf.n - used >= sizeof(struct frame)) {
		struct frame f;

		memcpy(&f, c->buf.v + used, sizeof(f));
		if (c->buf.n - used - sizeof(f) < f.n)
			break;
		if (f.kind == FRAME_DONE) {
			ret->n_done++;
			c->next = (size_t)f.item + 1;
		} else if (f.n) {
			rc = job->take(job->arg, (size_t)f.item, c->buf.v + used + sizeof(f), f.n);
		}
		used += sizeof(f) + f.n;
	}
	memmove(c->buf.v, c->buf.v + used, c->buf.n - used);
	c->buf.n -= used;
	return rc;
}

static int wait_ms(const struct lk_helper_job *job)
{
	int64_t left = job->stall_ms;

	if (job->deadline_ms && job->deadline_ms - lk_io_now_ms() < left)
		left = job->deadline_ms - lk_io_now_ms();
	return left < 0 ? 0 : (int)left;
}

/* 1: some bytes came; 0: the child is done or dead; -ETIMEDOUT: silence; -errno. */
static int child_read(const struct lk_helper_job *job, struct child *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	ssize_t got;
	int n;

	do {
		n = poll(&p, 1, wait_ms(job));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ETIMEDOUT;
	if (lk_vec_reserve(&c->buf.v, &c->buf.cap, c->buf.n, 65536, 1) < 0)
		return -ENOMEM;
	do {
		got = read(c->fd, c->buf.v + c->buf.n, 65536);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	c->buf.n += (size_t)got;
	return got > 0;
}

/* Runs one child to its end. 0: it closed its pipe or fell silent (see c->next), else an error to return. */
static int child_serve(const struct lk_helper_job *job, struct child *c, struct lk_helper_result *ret,
		       bool *ret_finished)
{
	for (;;) {
		int rc = child_read(job, c);

		*ret_finished = rc == 0;
		if (rc == 0 || rc == -ETIMEDOUT)
			return 0;
		if (rc > 0)
			rc = child_frames(job, c, ret);
		if (rc != 0)
			return rc;
	}
}

static void note_given_up(const struct lk_helper_job *job, struct lk_helper_result *ret, size_t item)
{
	if (!ret->n_given_up)
		ret->first_given_up = item;
	ret->n_given_up++;
	if (job->gave_up)
		job->gave_up(job->arg, item);
}

int lk_helper_run(const struct lk_helper_job *job, struct lk_helper_result *ret)
{
	struct child c = { .fd = -1 };
	size_t next = 0;
	int rc = 0;

	*ret = (struct lk_helper_result){ 0 };
	reap_left_behind();
	while (!rc && next < job->n_items) {
		bool finished, late = job->deadline_ms && lk_io_now_ms() >= job->deadline_ms;

		if (late || ret->n_given_up > job->max_given_up)
			break;
		rc = child_start(job, next, &c);
		if (rc < 0)
			break;
		rc = child_serve(job, &c, ret, &finished);
		child_end(&c, finished);
		next = c.next;
		if (!rc && next < job->n_items)
			note_given_up(job, ret, next++);
	}
	ret->n_left = job->n_items - next;
	lk_vec_done(&c.buf);
	return rc;
}

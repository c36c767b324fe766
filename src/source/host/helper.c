/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does work that may never end in child processes. The parent keeps the queue of items and hands each child a few at a time. */
#include "source/host/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/debug.h"
#include "base/ints.h"
#include "base/io.h"
#include "base/vec.h"
#include "record/parse.h"
#include "source/host/procroot.h"

#define MAX_RECORD ((size_t)16 << 20)
#define MAX_CHILDREN 4
#define MAX_BATCH 64
#define MAX_GROUP_STALLS 3 /* after so many the rest of a group is not tried */
#define STAT_MOST 4096
#define SILENT_PART 8 /* after stall_ms / SILENT_PART of silence another child takes over the rest */

enum frame_kind { FRAME_DATA = 1, FRAME_DONE = 2 };

struct frame {
	uint32_t kind;
	uint32_t n; /* bytes that follow */
	uint64_t item;
};

struct batch {
	size_t n;
	size_t items[MAX_BATCH];
};

struct lk_helper_out {
	int fd;
	size_t item;
};

/* -- children that were given up and still exist. Their number is limited, or a screen that runs for days would collect them. Used from any
 * thread -- */

struct left {
	struct lk_helper_stuck stuck; /* pid 0: a free place */
	enum { OWN, ADOPTED, INHERITED } kind; /* INHERITED: a child of our parent, which cannot be watched from here */
	int pidfd; /* of an adopted one */
};

static struct left left_behind[LK_HELPER_MAX_STUCK];
static pthread_mutex_t left_behind_lock = PTHREAD_MUTEX_INITIALIZER;

static bool has_ended(struct left *l)
{
	struct pollfd p = { .fd = l->pidfd, .events = POLLIN };

	if (l->kind == INHERITED)
		return false;
	if (l->kind == OWN)
		return waitpid(l->stuck.pid, NULL, WNOHANG) != 0;
	if (poll(&p, 1, 0) == 0)
		return false;
	close(l->pidfd);
	return true;
}

/* Forgets the children that have ended. Returns how many still exist. Call with left_behind_lock held. */
static size_t reap_left_behind(void)
{
	size_t n = 0;

	for (size_t i = 0; i < LK_HELPER_MAX_STUCK; i++) {
		if (left_behind[i].stuck.pid > 0 && has_ended(&left_behind[i]))
			left_behind[i] = (struct left){ .stuck.pid = 0 };
		n += left_behind[i].stuck.pid > 0;
	}
	return n;
}

static void leave_behind(struct left l)
{
	pthread_mutex_lock(&left_behind_lock);
	for (size_t i = 0; i < LK_HELPER_MAX_STUCK; i++) {
		if (left_behind[i].stuck.pid > 0)
			continue;
		left_behind[i] = l;
		break;
	}
	pthread_mutex_unlock(&left_behind_lock);
}

/* In a new child: the stuck children of the parent stay known, but can no longer be watched; and nobody watches what this child reads. */
static void begin_child(void)
{
	lk_alloc_on_failure(NULL); /* no message: the parent sees that the child has ended */
	lk_procroot_watch(NULL); /* what this child reads must not be noted as read by its parent */
	pthread_mutex_init(&left_behind_lock, NULL);
	for (size_t i = 0; i < LK_HELPER_MAX_STUCK; i++)
		left_behind[i].kind = INHERITED;
}

static size_t count_stuck(void)
{
	size_t n;

	pthread_mutex_lock(&left_behind_lock);
	n = reap_left_behind();
	pthread_mutex_unlock(&left_behind_lock);
	return n;
}

/* Is a child stuck on this process or file system? 0: never. */
static bool is_stuck_on(uint64_t what)
{
	bool found = false;

	pthread_mutex_lock(&left_behind_lock);
	for (size_t i = 0; what && i < LK_HELPER_MAX_STUCK; i++)
		found = found || (left_behind[i].stuck.pid > 0 && left_behind[i].stuck.what == what);
	pthread_mutex_unlock(&left_behind_lock);
	return found;
}

size_t lk_helper_list_stuck(struct lk_helper_stuck *ret)
{
	size_t n = 0;

	pthread_mutex_lock(&left_behind_lock);
	reap_left_behind();
	for (size_t i = 0; i < LK_HELPER_MAX_STUCK; i++) {
		if (left_behind[i].stuck.pid > 0 && left_behind[i].kind != INHERITED)
			ret[n++] = left_behind[i].stuck;
	}
	pthread_mutex_unlock(&left_behind_lock);
	return n;
}

void lk_helper_adopt(const struct lk_helper_stuck *stuck)
{
	int pidfd = (int)syscall(SYS_pidfd_open, stuck->pid, 0);

	if (pidfd < 0)
		return;
	fcntl(pidfd, F_SETFD, FD_CLOEXEC);
	leave_behind((struct left){ .stuck = *stuck, .kind = ADOPTED, .pidfd = pidfd });
}

/* -- frames, and what runs in a child -- */

static int send_all(int fd, const void *data, size_t n, int flags)
{
	size_t sent = 0;

	while (sent < n) {
		ssize_t more = send(fd, (const char *)data + sent, n - sent, flags);

		if (more < 0 && errno != EINTR)
			return -errno;
		sent += more > 0 ? (size_t)more : 0;
	}
	return 0;
}

static int send_frame(struct lk_helper_out *out, enum frame_kind kind, const char *mark, const void *data, size_t n)
{
	struct frame f = { .kind = kind, .n = (uint32_t)n + (mark != NULL), .item = out->item };
	int rc = send_all(out->fd, &f, sizeof(f), f.n ? MSG_MORE : 0);

	if (!rc && mark)
		rc = send_all(out->fd, mark, 1, n ? MSG_MORE : 0);
	return rc < 0 ? rc : send_all(out->fd, data, n, 0);
}

int lk_helper_emit_marked(struct lk_helper_out *out, const char *mark, const void *data, size_t n)
{
	return n > MAX_RECORD ? -EMSGSIZE : send_frame(out, FRAME_DATA, mark, data, n);
}

/* A stuck child may outlive us: it must not keep a pipe open whose reader waits for the end, nor, worse, a lock that came with a descriptor
 * we were started with (flock FILE lockscope ...). */
void lk_helper_keep_only(int keep1, int keep2)
{
	int keep[] = { keep1, keep2, lk_debug_fd() }, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	unsigned next = 3;

	for (int fd = 0; fd < 3; fd++) {
		if (fd == keep1 || fd == keep2)
			continue;
		if (null >= 0)
			dup2(null, fd);
		else
			close(fd);
	}
	qsort(keep, sizeof(keep) / sizeof(*keep), sizeof(*keep), lk_compare_int);
	for (size_t i = 0; i < sizeof(keep) / sizeof(*keep); i++) {
		if (keep[i] < 3)
			continue;
		if ((unsigned)keep[i] > next)
			close_range(next, (unsigned)keep[i] - 1, 0);
		next = (unsigned)keep[i] + 1;
	}
	close_range(next, ~0U, 0);
}

static int read_all(int fd, void *to, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t more = read(fd, (char *)to + got, n - got);

		if (more < 0 && errno == EINTR)
			continue;
		if (more <= 0)
			return -EPIPE;
		got += (size_t)more;
	}
	return 0;
}

/* Batches come in, frames go out on the same socket. */
static void child_main(const struct lk_helper_job *job, int fd)
{
	struct lk_helper_out out = { .fd = fd };
	struct batch b;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	lk_helper_keep_only(job->keep_fd, fd);
	begin_child();
	signal(SIGPIPE, SIG_DFL);
	while (read_all(fd, &b, sizeof(b)) == 0) {
		for (size_t i = 0; i < b.n; i++) {
			out.item = b.items[i];
			if (job->work(job->arg, out.item, &out) != 0 || send_frame(&out, FRAME_DONE, NULL, "", 0) < 0)
				_exit(1);
		}
	}
	_exit(0);
}

/* -- in the parent: its side of one child -- */

struct child {
	pid_t pid; /* 0: there is none */
	int fd;
	lk_buf buf;
	struct batch batch; /* what it has to do */
	size_t n_done; /* of the batch */
	int64_t heard_ms; /* when it last gave a sign of life, or got its batch */
};

struct group {
	uint64_t group;
	size_t n_stalls;
};

struct run {
	const struct lk_helper_job *job;
	struct lk_helper_result *ret;
	struct child children[MAX_CHILDREN];
	size_t *queue; /* items */
	size_t next, n_queue;
	LK_VEC(struct group) groups; /* that have stalled */
};

static struct lk_helper_about about(const struct run *r, size_t item)
{
	return r->job->about ? r->job->about(r->job->arg, item) : (struct lk_helper_about){ 0 };
}

static int child_start(struct run *r, struct child *c)
{
	int fds[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	c->pid = fork();
	rc = c->pid < 0 ? -errno : 0;
	if (c->pid == 0) {
		close(fds[0]);
		child_main(r->job, fds[1]);
	}
	close(fds[1]);
	if (rc < 0) {
		close(fds[0]);
		c->pid = 0;
		return rc;
	}
	c->fd = fds[0];
	c->buf.n = 0;
	c->batch.n = c->n_done = 0;
	return 0;
}

/* finished: it has nothing to do and will end by itself; otherwise it may be stuck in the kernel, where SIGKILL does not reach, and
 * is not waited for. */
static void child_end(struct child *c, bool finished, uint64_t what)
{
	pid_t got;

	close(c->fd);
	if (!finished)
		kill(c->pid, SIGKILL);
	do {
		got = waitpid(c->pid, NULL, finished ? 0 : WNOHANG);
	} while (got < 0 && errno == EINTR);
	if (got == 0)
		leave_behind((struct left){ .stuck = { c->pid, what }, .kind = OWN });
	c->pid = 0;
}

static bool is_idle(const struct child *c)
{
	return c->pid && c->n_done == c->batch.n;
}

/* Takes whole frames from the buffer. 0, or what take() returned. */
static int child_frames(struct run *r, struct child *c)
{
	size_t used = 0;
	int rc = 0;

	while (!rc && c->buf.n - used >= sizeof(struct frame)) {
		struct frame f;

		memcpy(&f, c->buf.v + used, sizeof(f));
		if (c->buf.n - used - sizeof(f) < f.n)
			break;
		if (f.kind == FRAME_DONE) {
			r->ret->n_done++;
			c->n_done++;
		} else if (f.n) {
			rc = r->job->take(r->job->arg, (size_t)f.item, c->buf.v + used + sizeof(f), f.n);
		}
		used += sizeof(f) + f.n;
	}
	if (used)
		memmove(c->buf.v, c->buf.v + used, c->buf.n - used);
	c->buf.n -= used;
	return rc;
}

/* 1: some bytes came; 0: the child is done or dead; -errno. */
static int child_read(struct child *c)
{
	ssize_t got;

	lk_vec_reserve(&c->buf.v, &c->buf.cap, c->buf.n, 65536, 1);
	do {
		got = read(c->fd, c->buf.v + c->buf.n, 65536);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	c->buf.n += (size_t)got;
	c->heard_ms = lk_io_now_ms();
	return got > 0;
}

static void lose(struct run *r, size_t item)
{
	if (r->job->gave_up)
		r->job->gave_up(r->job->arg, item);
}

static void leave_out(struct run *r, size_t item)
{
	r->ret->n_left++;
	lose(r, item);
}

static size_t *stalls_of(struct run *r, uint64_t group)
{
	for (size_t i = 0; group && i < r->groups.n; i++) {
		if (r->groups.v[i].group == group)
			return &r->groups.v[i].n_stalls;
	}
	return NULL;
}

/* Moves the items of this group to the end of the queue. */
static void move_back(struct run *r, uint64_t group)
{
	size_t n = r->n_queue - r->next, n_last = 0, at = r->next;
	size_t *last = lk_alloc(n, sizeof(*last));

	for (size_t i = r->next; i < r->n_queue; i++) {
		if (about(r, r->queue[i]).group == group)
			last[n_last++] = r->queue[i];
		else
			r->queue[at++] = r->queue[i];
	}
	memcpy(r->queue + at, last, n_last * sizeof(*last));
	free(last);
}

static void note_stall(struct run *r, uint64_t group)
{
	size_t *n = stalls_of(r, group);

	if (n) {
		++*n;
	} else if (group) {
		*lk_vec_push(&r->groups) = (struct group){ group, 1 };
		move_back(r, group);
	}
}

/* Gives up the item that the child works on, and puts those it had still to do back into the queue: there is room, for they came from
 * there. */
static void give_up(struct run *r, struct child *c)
{
	size_t item = c->batch.items[c->n_done], n = c->batch.n - c->n_done - 1;
	struct lk_helper_about a = about(r, item);

	child_end(c, false, a.what);
	r->next -= n;
	memcpy(r->queue + r->next, c->batch.items + c->n_done + 1, n * sizeof(*r->queue));
	r->ret->n_given_up++;
	lose(r, item);
	note_stall(r, a.group);
}

static bool is_worth_trying(struct run *r, size_t item)
{
	struct lk_helper_about a = r->groups.n || count_stuck() ? about(r, item) : (struct lk_helper_about){ 0 };
	const size_t *n = stalls_of(r, a.group);

	return !is_stuck_on(a.what) && (!n || *n < MAX_GROUP_STALLS);
}

/* Takes a few items from the queue: the fewer are left, the fewer it takes, so that several children share them. */
static void next_batch(struct run *r, struct batch *b)
{
	size_t most = (r->n_queue - r->next + MAX_CHILDREN - 1) / MAX_CHILDREN;

	*b = (struct batch){ 0 };
	while (r->next < r->n_queue && b->n < MAX_BATCH && b->n < most) {
		size_t item = r->queue[r->next++];

		if (is_worth_trying(r, item))
			b->items[b->n++] = item;
		else
			leave_out(r, item);
	}
}

static int hand_out(struct run *r, struct child *c)
{
	int rc = 0;

	c->n_done = 0;
	do
		next_batch(r, &c->batch);
	while (!c->batch.n && r->next < r->n_queue);
	c->heard_ms = lk_io_now_ms();
	if (c->batch.n)
		rc = send_all(c->fd, &c->batch, sizeof(c->batch), MSG_NOSIGNAL);
	/* A child that has died is noticed by listen_to(). */
	return rc == -EPIPE || rc == -ECONNRESET ? 0 : rc;
}

/* Every child is at work and has been silent for a while, so that another one can be of use. */
static bool are_all_silent(const struct run *r, int64_t now)
{
	for (size_t i = 0; i < MAX_CHILDREN; i++) {
		const struct child *c = &r->children[i];

		if (c->pid && (is_idle(c) || now - c->heard_ms < r->job->stall_ms / SILENT_PART))
			return false;
	}
	return true;
}

/* Gives work to idle children; starts a first child, or one more. *ret_busy: how many are at work. */
static int employ(struct run *r, size_t *ret_busy)
{
	struct child *free_one = NULL;
	int rc = 0;

	*ret_busy = 0;
	for (size_t i = 0; i < MAX_CHILDREN && !rc; i++) {
		struct child *c = &r->children[i];

		if (is_idle(c))
			rc = hand_out(r, c);
		*ret_busy += c->pid && !is_idle(c);
		if (!c->pid && !free_one)
			free_one = c;
	}
	if (rc || r->next == r->n_queue || !free_one || !are_all_silent(r, lk_io_now_ms()))
		return rc;
	rc = count_stuck() == LK_HELPER_MAX_STUCK ? -EBUSY : child_start(r, free_one);
	rc = rc ? rc : hand_out(r, free_one);
	*ret_busy += !rc && !is_idle(free_one);
	/* No error while other children are at work: they may still do the rest. */
	return rc && *ret_busy ? 0 : rc;
}

static int wait_ms(const struct run *r, int64_t now)
{
	int64_t left = r->job->stall_ms;

	for (size_t i = 0; i < MAX_CHILDREN; i++) {
		const struct child *c = &r->children[i];

		if (c->pid && !is_idle(c))
			left = MIN(left, c->heard_ms + r->job->stall_ms - now);
	}
	if (r->next < r->n_queue)
		left = MIN(left, r->job->stall_ms / SILENT_PART);
	if (r->job->deadline_ms)
		left = MIN(left, r->job->deadline_ms - now);
	return left < 0 ? 0 : (int)left;
}

bool lk_helper_is_asleep(pid_t child)
{
	struct lk_procroot root;
	lk_buf text = { 0 };
	struct lk_stat st;
	bool asleep = true;

	if (lk_procroot_open(&root, NULL, NULL) < 0)
		return true;
	if (root.own_pids)
		asleep = lk_io_read_at(root.fd, lk_procroot_task_name(child, 0, "stat").s, STAT_MOST, &text) == 0 &&
			 lk_parse_stat(text.v, text.n, &st) == 0 && (st.state == 'S' || st.state == 'D');
	lk_vec_done(&text);
	lk_procroot_done(&root);
	return asleep;
}

static bool is_busy(const struct run *r, const struct child *c)
{
	return r->job->is_busy ? r->job->is_busy(r->job->arg, c->pid) : !lk_helper_is_asleep(c->pid);
}

static int listen_to(struct run *r, struct child *c, bool readable, int64_t now)
{
	int rc = readable ? child_read(c) : 1;

	if (rc > 0 && readable)
		return child_frames(r, c);
	if (rc < 0)
		return rc;
	if (rc > 0 && now - c->heard_ms < r->job->stall_ms)
		return 0;
	if (rc > 0 && !is_idle(c) && is_busy(r, c))
		c->heard_ms = now;
	else if (is_idle(c))
		child_end(c, rc == 0, 0);
	else
		give_up(r, c);
	return 0;
}

/* Waits until something is heard, or until a child has been silent for too long. */
static int listen_to_all(struct run *r)
{
	struct pollfd p[MAX_CHILDREN];
	int64_t now = lk_io_now_ms();
	int rc = 0;

	for (size_t i = 0; i < MAX_CHILDREN; i++)
		p[i] = (struct pollfd){ .fd = r->children[i].pid ? r->children[i].fd : -1, .events = POLLIN };
	/* While it waits for a helper, this thread reads nothing itself, whatever the job's functions have noted before. */
	lk_procroot_touch(0);
	if (poll(p, MAX_CHILDREN, wait_ms(r, now)) < 0)
		return errno == EINTR ? 0 : -errno;
	now = lk_io_now_ms();
	for (size_t i = 0; i < MAX_CHILDREN && !rc; i++) {
		struct child *c = &r->children[i];

		if (c->pid && (p[i].revents || !is_idle(c)))
			rc = listen_to(r, c, p[i].revents != 0, now);
	}
	return rc;
}

static int serve(struct run *r)
{
	size_t busy;
	int rc = employ(r, &busy);

	while (!rc && (busy || r->next < r->n_queue)) {
		if (r->job->deadline_ms && lk_io_now_ms() >= r->job->deadline_ms)
			break;
		rc = listen_to_all(r);
		rc = rc ? rc : employ(r, &busy);
	}
	return rc;
}

static void end_all(struct run *r)
{
	for (size_t i = 0; i < MAX_CHILDREN; i++) {
		struct child *c = &r->children[i];

		if (is_idle(c))
			child_end(c, true, 0);
		else if (c->pid)
			give_up(r, c);
		lk_vec_done(&c->buf);
	}
	while (r->next < r->n_queue)
		leave_out(r, r->queue[r->next++]);
}

int lk_helper_run(const struct lk_helper_job *job, struct lk_helper_result *ret)
{
	struct run r = { .job = job, .ret = ret, .n_queue = job->n_items };
	int rc;

	*ret = (struct lk_helper_result){ 0 };
	if (!job->n_items)
		return 0;
	r.queue = lk_alloc(job->n_items, sizeof(*r.queue));
	for (size_t i = 0; i < job->n_items; i++)
		r.queue[i] = i;
	rc = serve(&r);
	end_all(&r);
	free(r.queue);
	lk_vec_done(&r.groups);
	return rc;
}

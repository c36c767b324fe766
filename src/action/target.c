/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pinning what an action is aimed at, and checking later that it is still the same. See doc/kernel.md 7.1. */
#include "action/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/io.h"
#include "record/parse.h"
#include "source/host/helper.h"
#include "source/host/procroot.h"
#include "source/host/rights.h"

#define STAT_MAX ((size_t)64 * 1024)
#define FDINFO_MAX ((size_t)256 << 20)
#define STALL_MS 2000
#define CHANGED "target changed since you looked: "

/* ---- reading about the process, in a helper: while a process is in execve(2), reading about it can hang ---- */

/* What a look at the target showed. */
struct seen {
	int rc; /* 0; -ESRCH: there is no such process; -ETIMEDOUT: reading does not end; another -errno */
	uint64_t start_ticks;
	char comm[64]; /* without NUL; the kernel keeps 15 bytes, /proc shows more for workqueue threads */
	size_t comm_len;
	struct lk_program program;
	int lock_rc; /* 0: the lock shows on its descriptor; -ENOENT: it does not; -errno */
};

struct work {
	const struct lk_target *target;
	int proc_fd;
	struct seen *seen;
};

/* A lease that is being broken by now shows another phase and mode, but it is still the same lease. */
static int is_that_lock(void *arg, const struct lk_record *now, const char *line __attribute__((unused)),
			size_t n __attribute__((unused)))
{
	const struct lk_record *then = arg;

	if (now->type != then->type || !lk_key_equal(&now->key, &then->key))
		return 0;
	if (then->type == LK_TYPE_LEASE || then->type == LK_TYPE_DELEG)
		return 1;
	return now->mode == then->mode && lk_range_compare(now->range, then->range) == 0;
}

static int find_lock(const struct work *w)
{
	const struct lk_target *t = w->target;
	struct lk_proc_name name = lk_procroot_task_name(t->pid, t->tid, "fdinfo");
	struct lk_record then = t->rec;
	struct lk_fdinfo info;
	lk_buf b = { 0 };
	int rc;

	name = lk_procroot_name("%s/%d", name.s, t->fd);
	rc = lk_io_read_at(w->proc_fd, name.s, FDINFO_MAX, &b);
	if (rc == 0)
		rc = lk_parse_fdinfo(b.v, b.n, &info, is_that_lock, &then) == 1 ? 0 : -ENOENT;
	lk_vec_done(&b);
	return rc;
}

static int read_stat(const struct work *w, struct seen *s)
{
	struct lk_proc_name name = lk_procroot_task_name(w->target->pid, 0, "stat");
	struct lk_stat st;
	lk_buf b = { 0 };
	int rc = lk_io_read_at(w->proc_fd, name.s, STAT_MAX, &b);

	if (rc == 0)
		rc = lk_parse_stat(b.v, b.n, &st);
	if (rc == 0) {
		s->start_ticks = st.start_ticks;
		s->comm_len = st.comm_len < sizeof(s->comm) ? st.comm_len : sizeof(s->comm);
		memcpy(s->comm, st.comm, s->comm_len);
	}
	lk_vec_done(&b);
	return rc == -ENOENT ? -ESRCH : rc;
}

/* Device and inode number, not the path, which may change. If they cannot be read, programs are not compared. */
static void read_program(const struct work *w, struct lk_program *ret)
{
	struct lk_proc_name name = lk_procroot_task_name(w->target->pid, 0, "exe");
	struct statx st;

	if (statx(w->proc_fd, name.s, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_INO, &st) == 0)
		*ret = (struct lk_program){ true, st.stx_dev_major, st.stx_dev_minor, st.stx_ino };
}

/* Runs in the helper. What was read is sent before the program's file is looked at, because that may hang. */
static int read_target(void *arg, size_t item __attribute__((unused)), struct lk_helper_out *out)
{
	const struct work *w = arg;
	struct seen s = { .rc = -ETIMEDOUT };
	int rc = read_stat(w, &s);

	s.rc = rc;
	if (rc == 0 && w->target->has_lock && w->target->fd >= 0)
		s.lock_rc = find_lock(w);
	rc = lk_helper_emit(out, &s, sizeof(s));
	if (rc == 0 && s.rc == 0) {
		read_program(w, &s.program);
		rc = lk_helper_emit(out, &s, sizeof(s));
	}
	return rc;
}

static int take(void *arg, size_t item __attribute__((unused)), const char *data, size_t n)
{
	const struct work *w = arg;

	if (n == sizeof(*w->seen))
		memcpy(w->seen, data, n);
	return 0;
}

/* Returns ret->rc, or -errno when no helper could be started. */
static int look_in_helper(const struct lk_target *t, const struct lk_procroot *root, struct seen *ret)
{
	struct work w = { .target = t, .proc_fd = root->fd, .seen = ret };
	struct lk_helper_job job = {
		.n_items = 1, .work = read_target, .take = take, .arg = &w, .keep_fd = root->fd, .stall_ms = STALL_MS
	};
	struct lk_helper_result result;
	int rc;

	*ret = (struct seen){ .rc = -ETIMEDOUT };
	rc = lk_helper_run(&job, &result);
	return rc < 0 ? rc : ret->rc;
}

/* ---- pinning and checking ---- */

static int open_proc(struct lk_procroot *root, struct lk_err *err)
{
	int rc = lk_procroot_open(root, NULL, err);

	if (rc < 0)
		return rc;
	if (root->own_pids)
		return 0;
	lk_procroot_done(root);
	return lk_err_set(err, -EPERM,
			  "the process numbers in /proc are not those of this pid namespace, so nothing can be aimed "
			  "at them; mount the right one with 'mount -t proc proc /proc'");
}

static int look(const struct lk_target *t, const struct lk_procroot *root, struct seen *ret, struct lk_err *err)
{
	int rc = look_in_helper(t, root, ret);

	if (rc == -ESRCH)
		return lk_err_set(err, rc, "process %d is gone", t->pid);
	if (rc == -ETIMEDOUT)
		return lk_err_set(err, rc,
				  "process %d cannot be looked at: the kernel does not answer about it, as when it is "
				  "stuck while it executes another program",
				  t->pid);
	return rc < 0 ? lk_err_set(err, rc, "cannot read about process %d: %s", t->pid, strerror(-rc)) : 0;
}

static bool is_same_program(const struct lk_program *a, const struct lk_program *b)
{
	return !a->known || !b->known || (a->major == b->major && a->minor == b->minor && a->ino == b->ino);
}

static int compare_process(const struct lk_target *t, const struct seen *now, struct lk_err *err)
{
	if (t->start_ticks && now->start_ticks != t->start_ticks)
		return lk_err_set(err, -ESTALE, CHANGED "number %d belongs to another process by now", t->pid);
	if (!is_same_program(&t->program, &now->program))
		return lk_err_set(err, -ESTALE, CHANGED "process %d runs another program now, \"%.*s\"", t->pid,
				  (int)now->comm_len, now->comm);
	return 0;
}

/* The first look. The pidfd is open already, so from here on it is noticed if the number passes to another process. */
static int look_first(struct lk_target *t, const struct lk_procroot *root, struct lk_err *err)
{
	struct seen now;
	int rc = look(t, root, &now, err);

	if (rc == 0)
		rc = compare_process(t, &now, err);
	if (rc < 0)
		return rc;
	t->start_ticks = now.start_ticks;
	t->program = now.program;
	t->comm = lk_strndup(now.comm, now.comm_len);
	return 0;
}

static int pin(struct lk_target *t, const struct lk_sys *sys, struct lk_err *err)
{
	struct lk_procroot root;
	int rc = open_proc(&root, err);

	if (rc < 0)
		return rc;
	t->pidfd = sys->pidfd_open(sys->arg, t->pid, 0);
	if (t->pidfd == -ESRCH)
		rc = lk_err_set(err, -ESRCH, "process %d is gone", t->pid);
	else if (t->pidfd < 0)
		rc = lk_err_set(err, t->pidfd, "cannot pin process %d: %s", t->pid, strerror(-t->pidfd));
	else
		rc = look_first(t, &root, err);
	lk_procroot_done(&root);
	return rc;
}

int lk_target_pin(struct lk_target *t, const struct lk_sys *sys, const struct lk_proc *proc, const struct lk_lock *lock,
		  const struct lk_holder *holder, struct lk_err *err)
{
	int rc;

	*t = (struct lk_target){
		.pid = proc->pid, .start_ticks = proc->start_ticks, .pidfd = -1, .uid = proc->uid, .fd = -1
	};
	if (lock) {
		t->lock_id = lock->id;
		t->rec = lock->rec;
	}
	if (lock && holder) {
		t->has_lock = true;
		t->tid = holder->tid;
		t->fd = holder->fd;
	}
	rc = pin(t, sys, err);
	if (rc < 0)
		lk_target_done(t, sys);
	return rc;
}

void lk_target_done(struct lk_target *t, const struct lk_sys *sys)
{
	if (t->pidfd >= 0)
		sys->close(sys->arg, t->pidfd);
	t->pidfd = -1;
	free(t->comm);
	t->comm = NULL;
}

static int check_lock(const struct lk_target *t, int rc, struct lk_err *err)
{
	if (rc == -EACCES || rc == -EPERM)
		return lk_err_set(err, rc, "cannot see whether process %d still has the lock (%s); %s", t->pid,
				  strerror(-rc), lk_rights_advice(LK_RIGHT_LOOK));
	return rc < 0 ? lk_err_set(err, -ESTALE, CHANGED "the lock is no longer on descriptor %d of process %d", t->fd,
				   t->pid)
		      : 0;
}

int lk_target_check(const struct lk_target *t, const struct lk_sys *sys, struct lk_err *err)
{
	struct seen now = { 0 };
	struct lk_procroot root;
	int rc = sys->poll_exit(sys->arg, t->pidfd, 0);

	if (rc < 0)
		return lk_err_set(err, rc, "cannot see whether process %d still runs: %s", t->pid, strerror(-rc));
	if (rc > 0)
		return lk_err_set(err, -ESTALE, CHANGED "process %d has ended", t->pid);
	rc = open_proc(&root, err);
	if (rc < 0)
		return rc;
	rc = look(t, &root, &now, err);
	lk_procroot_done(&root);
	if (rc == 0)
		rc = compare_process(t, &now, err);
	if (rc == 0)
		rc = check_lock(t, now.lock_rc, err);
	return rc == -ESRCH ? -ESTALE : rc;
}

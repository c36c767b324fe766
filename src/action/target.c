/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "action/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "record/parse.h"
#include "source/procroot.h"

#define CHANGED "target changed since you looked: "
#define STAT_MAX ((size_t)64 * 1024)
#define FDINFO_MAX ((size_t)256 << 20)

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

static int read_stat(const struct lk_procroot *root, int pid, lk_buf *b, struct lk_stat *ret, struct lk_err *err)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, "stat");
	int rc = lk_io_read_at(root->fd, name.s, STAT_MAX, b);

	if (rc == -ENOENT || rc == -ESRCH)
		return lk_err_set(err, -ESRCH, "process %d is gone", pid);
	if (rc < 0)
		return lk_err_set(err, rc, "cannot read about process %d: %s", pid, strerror(-rc));
	rc = lk_parse_stat(b->v, b->n, ret);
	return rc < 0 ? lk_err_set(err, rc, "cannot understand what the kernel says about process %d", pid) : 0;
}

/* Heap, NULL: not readable. */
static char *read_exe(const struct lk_procroot *root, int pid)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, "exe");
	lk_buf link = { 0 };

	if (lk_io_readlink_at(root->fd, name.s, &link) < 0 || !lk_buf_str(&link)) {
		lk_vec_done(&link);
		return NULL;
	}
	return link.v;
}

static int compare_process(const struct lk_target *t, const struct lk_stat *now, const char *exe, struct lk_err *err)
{
	if (t->start_ticks && now->start_ticks != t->start_ticks)
		return lk_err_set(err, -ESTALE, CHANGED "number %d belongs to another process by now", t->pid);
	if (t->comm && (strlen(t->comm) != now->comm_len || memcmp(t->comm, now->comm, now->comm_len) != 0))
		return lk_err_set(err, -ESTALE, CHANGED "process %d was \"%s\" and is \"%.*s\" now", t->pid, t->comm,
				  (int)now->comm_len, now->comm);
	if (t->exe && exe && strcmp(t->exe, exe) != 0)
		return lk_err_set(err, -ESTALE, CHANGED "process %d runs another program now, %s", t->pid, exe);
	return 0;
}

/* Reads who has the number now; the first time fills what is not known yet. */
static int look_at_process(struct lk_target *t, const struct lk_procroot *root, bool first, struct lk_err *err)
{
	lk_auto_mem char *exe = NULL;
	struct lk_stat now = { 0 };
	lk_buf b = { 0 };
	int rc = read_stat(root, t->pid, &b, &now, err);

	if (rc == 0) {
		exe = read_exe(root, t->pid);
		rc = compare_process(t, &now, exe, err);
	}
	if (rc == 0 && first) {
		t->start_ticks = now.start_ticks;
		if (!t->comm)
			t->comm = strndup(now.comm, now.comm_len);
		t->exe = exe;
		exe = NULL;
		rc = t->comm ? 0 : lk_err_set(err, -ENOMEM, "out of memory");
	}
	lk_vec_done(&b);
	return rc;
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
		/* Only now: from here on the number cannot be given to another process unseen. */
		rc = look_at_process(t, &root, true, err);
	lk_procroot_done(&root);
	return rc;
}

int lk_target_pin(struct lk_target *t, const struct lk_sys *sys, const struct lk_proc *proc, const struct lk_lock *lock,
		  const struct lk_holder *holder, struct lk_err *err)
{
	int rc = 0;

	*t = (struct lk_target){
		.pid = proc->pid, .start_ticks = proc->start_ticks, .pidfd = -1, .uid = proc->uid, .fd = -1
	};
	if (proc->comm) {
		t->comm = strdup(proc->comm);
		rc = t->comm ? 0 : lk_err_set(err, -ENOMEM, "out of memory");
	}
	if (lock) {
		t->lock_id = lock->id;
		t->rec = lock->rec;
	}
	if (lock && holder) {
		t->has_lock = true;
		t->tid = holder->tid;
		t->fd = holder->fd;
	}
	if (rc == 0)
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
	free(t->exe);
	t->comm = t->exe = NULL;
}

/* A lease that is being broken meanwhile prints another phase and mode, and is still the same lease. */
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

static int check_lock(const struct lk_target *t, const struct lk_procroot *root, struct lk_err *err)
{
	struct lk_proc_name name = lk_procroot_task_name(t->pid, t->tid, "fdinfo");
	struct lk_record then = t->rec;
	struct lk_fdinfo info;
	lk_buf b = { 0 };
	int rc;

	name = lk_procroot_name("%s/%d", name.s, t->fd);
	rc = lk_io_read_at(root->fd, name.s, FDINFO_MAX, &b);
	if (rc == 0)
		rc = lk_parse_fdinfo(b.v, b.n, &info, is_that_lock, &then) == 1 ? 0 : -ESTALE;
	lk_vec_done(&b);
	if (rc == -EACCES || rc == -EPERM)
		return lk_err_set(err, rc, "cannot see whether process %d still has the lock: %s", t->pid,
				  strerror(-rc));
	return rc < 0 ? lk_err_set(err, -ESTALE, CHANGED "the lock is no longer on descriptor %d of process %d", t->fd,
				   t->pid)
		      : 0;
}

int lk_target_check(const struct lk_target *t, const struct lk_sys *sys, struct lk_err *err)
{
	struct lk_target now = *t;
	struct lk_procroot root;
	int rc = sys->poll_exit(sys->arg, t->pidfd, 0);

	if (rc < 0)
		return lk_err_set(err, rc, "cannot see whether process %d still runs: %s", t->pid, strerror(-rc));
	if (rc > 0)
		return lk_err_set(err, -ESTALE, CHANGED "process %d has ended", t->pid);
	rc = open_proc(&root, err);
	if (rc < 0)
		return rc;
	rc = look_at_process(&now, &root, false, err);
	if (rc == 0 && t->has_lock && t->fd >= 0)
		rc = check_lock(t, &root, err);
	lk_procroot_done(&root);
	return rc == -ESRCH ? -ESTALE : rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pinning what an action is aimed at, and checking later that it is still the same. */
#include "action/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "action/target_private.h"
#include "base/alloc.h"
#include "source/rights.h"

#define CHANGED "target changed since you looked: "

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

static int look(const struct lk_target *t, const struct lk_procroot *root, struct lk_target_seen *ret,
		struct lk_err *err)
{
	int rc = lk_target_look(t, root, ret);

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

static int compare_process(const struct lk_target *t, const struct lk_target_seen *now, struct lk_err *err)
{
	if (t->start_ticks && now->start_ticks != t->start_ticks)
		return lk_err_set(err, -ESTALE, CHANGED "number %d belongs to another process by now", t->pid);
	if (!is_same_program(&t->program, &now->program))
		return lk_err_set(err, -ESTALE, CHANGED "process %d runs another program now, \"%.*s\"", t->pid,
				  (int)now->comm_len, now->comm);
	return 0;
}

/* The first look: from here on the number cannot be given to another process unseen. */
static int look_first(struct lk_target *t, const struct lk_procroot *root, struct lk_err *err)
{
	struct lk_target_seen now;
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
	struct lk_target_seen now = { 0 };
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

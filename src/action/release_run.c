/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The run of a release: a POSIX lock by a call inside its process, all others through a duplicate of the holder's descriptor.
 * See doc/kernel.md 5.1. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "action/inject.h"
#include "action/release.h"
#include "record/parse.h"
#include "source/host/helper.h"
#include "source/host/procroot.h"
#include "source/host/rights.h"

#define STALL_MS 5000
#define CLOSE_MS 500 /* for closing the duplicate, once the answer is there */

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL /* linux/pidfd.h, since Linux 6.9 */
#endif

static int is_that_lock(void *arg, const struct lk_record *now, const char *line __attribute__((unused)),
			size_t n __attribute__((unused)))
{
	const struct lk_release *r = arg;
	const struct lk_record *then = &r->lock->rec;

	return now->type == then->type && lk_key_equal(&now->key, &then->key) &&
	       lk_range_overlaps(now->range, r->range);
}

/* This check is the one that counts: nobody else can make our own duplicate lead to another file. */
static int check_duplicate(struct lk_release *r, int fd, struct lk_err *err)
{
	struct lk_fdinfo info;
	lk_buf b = { 0 };
	int rc = lk_procroot_own_fdinfo(fd, &b);

	if (rc == 0)
		rc = lk_parse_fdinfo(b.v, b.n, &info, is_that_lock, r) == 1 ? 0 : -ESTALE;
	lk_vec_done(&b);
	if (rc == -ESTALE)
		return lk_err_set(
			err, rc,
			"target changed since you looked: descriptor %d of process %d does not have the lock any more; "
			"nothing was changed",
			r->target.fd, r->target.pid);
	return rc < 0 ? lk_err_set(err, rc, "cannot look at the duplicate of descriptor %d: %s", r->target.fd,
				   strerror(-rc))
		      : 0;
}

static int unlock(const struct lk_release *r, int fd)
{
	const struct lk_sys *sys = r->action.sys;
	struct flock range = lk_sys_flock(F_UNLCK, r->range);

	switch (r->lock->rec.type) {
	case LK_TYPE_OFD:
		return sys->fcntl_lock(sys->arg, fd, F_OFD_SETLK, &range);
	case LK_TYPE_LEASE:
		return sys->set_lease(sys->arg, fd, F_UNLCK);
	default:
		return sys->flock(sys->arg, fd, LOCK_UN);
	}
}

static int explain_unlock(const struct lk_release *r, int rc, struct lk_err *err)
{
	if (rc == -EACCES && r->lock->rec.type == LK_TYPE_LEASE)
		return lk_err_set(err, rc, "only the owner of the file may end a lease on it; %s",
				  lk_rights_advice(LK_RIGHT_LEASE));
	return lk_err_set(err, rc, "the kernel did not release the lock: %s", strerror(-rc));
}

static int explain_getfd(const struct lk_release *r, int rc, struct lk_err *err)
{
	int pid = r->target.pid;

	switch (-rc) {
	case EPERM:
	case EACCES:
		return lk_err_set(err, -EPERM, "no right to duplicate a descriptor of process %d; %s", pid,
				  lk_rights_advice(LK_RIGHT_ATTACH));
	case ESRCH:
		return lk_err_set(err, -ESTALE, "target changed since you looked: process %d has ended", pid);
	case EBADF:
		return lk_err_set(err, -ESTALE, "target changed since you looked: process %d has closed descriptor %d",
				  pid, r->target.fd);
	default:
		return lk_err_set(err, rc, "cannot duplicate descriptor %d of process %d: %s", r->target.fd, pid,
				  strerror(-rc));
	}
}

/* A release through a duplicate of the descriptor, made in a helper process. */
struct duplicate {
	struct lk_release *release;
	int pidfd;
	struct lk_helper_job *job;
	bool answered;
	int rc; /* the result, if answered */
	struct lk_err *err;
};

/* Runs in the helper. The result is sent before the duplicate is closed, because closing may wait for a file server. */
static int run_on_duplicate(void *arg, size_t item __attribute__((unused)), struct lk_helper_out *out)
{
	struct duplicate *d = arg;
	struct lk_release *r = d->release;
	const struct lk_sys *sys = r->action.sys;
	struct lk_err err = { 0 };
	int fd = sys->pidfd_getfd(sys->arg, d->pidfd, r->target.fd);
	int rc = fd < 0 ? explain_getfd(r, fd, &err) : check_duplicate(r, fd, &err);
	lk_buf b = { 0 };

	if (rc == 0) {
		rc = unlock(r, fd);
		if (rc < 0)
			explain_unlock(r, rc, &err);
	}
	lk_buf_add(&b, &rc, sizeof(rc));
	if (rc < 0)
		lk_buf_puts(&b, lk_err_text(&err));
	lk_helper_emit(out, b.v, b.n);
	if (fd >= 0)
		sys->close(sys->arg, fd);
	return 0;
}

static int take_answer(void *arg, size_t item __attribute__((unused)), const char *data, size_t n)
{
	struct duplicate *d = arg;

	if (n < sizeof(d->rc))
		return 0;
	memcpy(&d->rc, data, sizeof(d->rc));
	d->answered = true;
	d->job->stall_ms = CLOSE_MS;
	if (d->rc < 0)
		lk_err_set(d->err, d->rc, "%.*s", (int)(n - sizeof(d->rc)), data + sizeof(d->rc));
	return 0;
}

/* Uses a helper process, which can be given up: pidfd_getfd(2) waits while the holder is in execve(2), and close(2) may wait for a file
 * server. */
static int run_in_helper(struct lk_release *r, int pidfd, struct lk_err *err)
{
	struct duplicate d = { .release = r, .pidfd = pidfd, .err = err };
	struct lk_helper_job job = { .n_items = 1,
				     .work = run_on_duplicate,
				     .take = take_answer,
				     .arg = &d,
				     .keep_fd = pidfd,
				     .stall_ms = STALL_MS };
	struct lk_helper_result result;
	int rc;

	d.job = &job;
	rc = lk_helper_run(&job, &result);
	if (d.answered)
		return d.rc < 0 ? d.rc : 0;
	/* The helper may have released the lock: no code that lk_release_run() takes for "unchanged", but for -EBUSY: none was started. */
	if (rc < 0)
		return lk_err_set(err, rc == -EBUSY ? rc : -ECHILD,
				  "there is no answer of a process that was to release the lock: %s", strerror(-rc));
	return lk_err_set(
		err, -ETIMEDOUT,
		"the process that was to release the lock through a duplicate of descriptor %d of process %d gave no "
		"answer",
		r->target.fd, r->target.pid);
}

/* The private descriptor table of a thread can be reached only through a pidfd of that thread. */
static int run_on_thread(struct lk_release *r, struct lk_err *err)
{
	const struct lk_sys *sys = r->action.sys;
	int tid = r->target.tid, rc, pidfd = sys->pidfd_open(sys->arg, tid, PIDFD_THREAD);

	if (pidfd == -EINVAL)
		return lk_err_set(
			err, -EOPNOTSUPP,
			"the lock is on a descriptor that thread %d of process %d alone has; this kernel gives no "
			"access to it (Linux 6.9 does)",
			tid, r->target.pid);
	if (pidfd == -ESRCH)
		return lk_err_set(err, -ESTALE, "target changed since you looked: thread %d of process %d has ended",
				  tid, r->target.pid);
	if (pidfd < 0)
		return lk_err_set(err, pidfd, "cannot pin thread %d: %s", tid, strerror(-pidfd));
	/* The number may have passed to a thread of another process just before it was pinned. */
	rc = lk_target_check(&r->target, sys, err);
	if (rc == 0)
		rc = run_in_helper(r, pidfd, err);
	sys->close(sys->arg, pidfd);
	return rc;
}

static int run_inside(struct lk_release *r, struct lk_err *err)
{
	struct lk_inject job = {
		.pid = r->target.pid,
		.tid = r->target.tid,
		.fd = r->target.fd,
		.start_ticks = r->target.start_ticks,
		.rec = r->lock->rec,
		.range = r->range,
	};

	return lk_inject_unlock(r->trace, &job, err);
}

static int run(struct lk_release *r, struct lk_err *err)
{
	if (r->lock->rec.type == LK_TYPE_POSIX)
		return run_inside(r, err);
	if (r->target.tid)
		return run_on_thread(r, err);
	return run_in_helper(r, r->target.pidfd, err);
}

int lk_release_run(struct lk_action *a, struct lk_err *err)
{
	struct lk_release *r = (struct lk_release *)a;
	int rc = run(r, err);

	r->unchanged = rc == -ESTALE || rc == -ESRCH || rc == -EPERM || rc == -EACCES || rc == -EOPNOTSUPP ||
		       rc == -EAGAIN || rc == -EBUSY;
	return rc;
}

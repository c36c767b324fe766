/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Releases, by the kind of the lock. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "action/inject.h"
#include "action/release.h"
#include "record/parse.h"
#include "source/procroot.h"

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

/* Nobody can change any more what our own duplicate is: this look is the one that counts. */
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
	struct flock range = {
		.l_type = F_UNLCK,
		.l_whence = SEEK_SET,
		.l_start = r->range.start,
		.l_len = lk_range_is_to_eof(r->range) ? 0 : r->range.end - r->range.start + 1,
	};

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
		return lk_err_set(err, rc, "only the owner of the file may end a lease on it; run as root (CAP_LEASE)");
	return lk_err_set(err, rc, "the kernel did not release the lock: %s", strerror(-rc));
}

static int explain_getfd(const struct lk_release *r, int rc, struct lk_err *err)
{
	int pid = r->target.pid;

	switch (-rc) {
	case EPERM:
	case EACCES:
		return lk_err_set(err, -EPERM,
				  "no right to duplicate a descriptor of process %d; run as root (CAP_SYS_PTRACE)",
				  pid);
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

static int run_on_duplicate(struct lk_release *r, int pidfd, struct lk_err *err)
{
	const struct lk_sys *sys = r->action.sys;
	int fd = sys->pidfd_getfd(sys->arg, pidfd, r->target.fd), rc;

	if (fd < 0)
		return explain_getfd(r, fd, err);
	rc = check_duplicate(r, fd, err);
	if (rc == 0) {
		rc = unlock(r, fd);
		if (rc < 0)
			explain_unlock(r, rc, err);
	}
	sys->close(sys->arg, fd);
	return rc < 0 ? rc : 0;
}

/* A thread with a table of its own is reached by a pidfd of its own. */
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
	/* The number may have been given to a stranger just before it was pinned. */
	rc = lk_target_check(&r->target, sys, err);
	if (rc == 0)
		rc = run_on_duplicate(r, pidfd, err);
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
	return run_on_duplicate(r, r->target.pidfd, err);
}

int lk_release_run(struct lk_action *a, struct lk_err *err)
{
	struct lk_release *r = (struct lk_release *)a;
	int rc = run(r, err);

	r->unchanged = rc == -ESTALE || rc == -ESRCH || rc == -EPERM || rc == -EACCES || rc == -EOPNOTSUPP ||
		       rc == -EAGAIN || rc == -EBUSY;
	return rc;
}

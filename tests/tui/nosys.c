/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nosys.h"

#include <errno.h>
#include <stdbool.h>

static int no_pidfd(void *arg, int pid, unsigned flags)
{
	(void)arg, (void)pid, (void)flags;
	return -ESRCH;
}

static int count_change(void *arg)
{
	(*(size_t *)arg)++;
	return -EPERM;
}

static int no_signal(void *arg, int pidfd, int sig)
{
	(void)pidfd;
	return sig ? count_change(arg) : -ESRCH;
}

static int no_getfd(void *arg, int pidfd, int fd)
{
	(void)pidfd, (void)fd;
	return count_change(arg);
}

static int no_flock(void *arg, int fd, int op)
{
	(void)fd, (void)op;
	return count_change(arg);
}

static int no_fcntl(void *arg, int fd, int cmd, struct flock *fl)
{
	(void)fd, (void)fl;
	return cmd == F_OFD_GETLK || cmd == F_GETLK ? -EBADF : count_change(arg);
}

static int no_lease(void *arg, int fd, int type)
{
	(void)fd, (void)type;
	return count_change(arg);
}

static int no_open(void *arg, int dirfd, const char *path, int flags, mode_t mode)
{
	(void)arg, (void)dirfd, (void)path, (void)flags, (void)mode;
	return -ENOENT;
}

static int no_unlink(void *arg, int dirfd, const char *name, int flags)
{
	(void)dirfd, (void)name, (void)flags;
	return count_change(arg);
}

static int no_rename(void *arg, int olddir, const char *old, int newdir, const char *new_name, unsigned flags)
{
	(void)olddir, (void)old, (void)newdir, (void)new_name, (void)flags;
	return count_change(arg);
}

static int no_stat(void *arg, int dirfd, const char *name, int flags, struct statx *ret)
{
	(void)arg, (void)dirfd, (void)name, (void)flags, (void)ret;
	return -ENOENT;
}

static int no_poll(void *arg, int pidfd, int timeout_ms)
{
	(void)arg, (void)pidfd, (void)timeout_ms;
	return 0;
}

static int no_close(void *arg, int fd)
{
	(void)arg, (void)fd;
	return 0;
}

struct lk_sys nosys_make(size_t *n_changes)
{
	return (struct lk_sys){ .arg = n_changes,
				.pidfd_open = no_pidfd,
				.pidfd_send_signal = no_signal,
				.pidfd_getfd = no_getfd,
				.poll_exit = no_poll,
				.flock = no_flock,
				.fcntl_lock = no_fcntl,
				.set_lease = no_lease,
				.open_at = no_open,
				.unlink_at = no_unlink,
				.rename_at2 = no_rename,
				.stat_at = no_stat,
				.close = no_close };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of system calls through which actions reach the kernel: every call that changes something, or whose result decides whether
 * to, goes through it, so that tests can replace it and produce each failure. Results are those of the call: >= 0, or -errno. */
#ifndef LK_ACTION_SYS_H
#define LK_ACTION_SYS_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "record/range.h"

/* The argument of fcntl(2) for these bytes. type: F_RDLCK, F_WRLCK or F_UNLCK. */
struct flock lk_sys_flock(short type, struct lk_range range);

struct lk_sys {
	void *arg;
	int (*pidfd_open)(void *arg, int pid, unsigned flags); /* pidfd_open(2) */
	int (*pidfd_send_signal)(void *arg, int pidfd, int sig); /* pidfd_send_signal(2); sig 0: only checks */
	int (*pidfd_getfd)(void *arg, int pidfd, int fd); /* pidfd_getfd(2) */
	int (*poll_exit)(void *arg, int pidfd, int timeout_ms); /* waits; 1: the process ended, 0: not in that time */
	int (*flock)(void *arg, int fd, int op); /* flock(2) */
	int (*fcntl_lock)(void *arg, int fd, int cmd, struct flock *fl); /* fcntl(2), the lock commands */
	/* fcntl(2) F_SETLEASE. That somebody breaks it is told by SIGURG, which does nothing unless it is caught. */
	int (*set_lease)(void *arg, int fd, int type);
	int (*get_lease)(void *arg, int fd); /* fcntl(2) F_GETLEASE: the type, while it is being broken that to which */
	int (*open_at)(void *arg, int dirfd, const char *path, int flags, mode_t mode); /* openat(2), O_CLOEXEC added */
	/* openat2(2) likewise, with RESOLVE_NO_SYMLINKS: -ELOOP if there is a link on the way. */
	int (*open_no_links)(void *arg, const char *path, int flags);
	int (*read_start)(void *arg, int fd, char *buf, size_t n); /* pread(2) from the beginning */
	int (*make_link_at)(void *arg, const char *target, int dirfd, const char *name); /* symlinkat(2) */
	int (*make_dir_at)(void *arg, int dirfd, const char *name, mode_t mode); /* mkdirat(2) */
	int (*unlink_at)(void *arg, int dirfd, const char *name, int flags); /* unlinkat(2) */
	int (*rename_at2)(void *arg, int olddir, const char *old, int newdir, const char *new_name,
			  unsigned flags); /* renameat2(2) */
	/* statx(2) without sync. name "" with AT_EMPTY_PATH in flags: the descriptor itself. */
	int (*stat_at)(void *arg, int dirfd, const char *name, int flags, struct statx *ret);
	int (*close)(void *arg, int fd);
	/* Sends one datagram to syslog, facility authpriv. Never waits: the line is lost if /dev/log does not take it at once. NULL:
	 * nothing is logged. */
	void (*log)(void *arg, const char *line);
};

/* Logs one line, with uid and euid in front. Bytes that are not printable ASCII, as in names, are escaped. */
void lk_sys_log(const struct lk_sys *sys, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The real system calls. */
extern const struct lk_sys lk_sys_real;

#endif

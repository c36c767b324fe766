/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real system calls of actions, and the lines for syslog. */
#include "action/sys.h"

#include <errno.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/sanitize.h"

#define LOG_LINE_MAX 8000 /* bytes; syslog daemons cut longer lines */

struct flock lk_sys_flock(short type, struct lk_range range)
{
	return (struct flock){
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = range.start,
		.l_len = lk_range_is_to_eof(range) ? 0 : range.end - range.start + 1,
	};
}

static int result(long rc)
{
	return rc < 0 ? -errno : (int)rc;
}

static int real_pidfd_open(void *arg __attribute__((unused)), int pid, unsigned flags)
{
	return result(syscall(SYS_pidfd_open, pid, flags));
}

static int real_pidfd_send_signal(void *arg __attribute__((unused)), int pidfd, int sig)
{
	return result(syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0u));
}

static int real_pidfd_getfd(void *arg __attribute__((unused)), int pidfd, int fd)
{
	return result(syscall(SYS_pidfd_getfd, pidfd, fd, 0u));
}

static int real_poll_exit(void *arg __attribute__((unused)), int pidfd, int timeout_ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int64_t end = lk_io_now_ms() + (timeout_ms > 0 ? timeout_ms : 0);
	int rc;

	for (;;) {
		rc = poll(&p, 1, timeout_ms);
		if (rc >= 0)
			return rc > 0;
		if (errno != EINTR)
			return -errno;
		if (timeout_ms > 0) {
			int64_t left = end - lk_io_now_ms();

			timeout_ms = left > 0 ? (int)left : 0;
		}
	}
}

static int real_flock(void *arg __attribute__((unused)), int fd, int op)
{
	return result(flock(fd, op));
}

static int real_fcntl_lock(void *arg __attribute__((unused)), int fd, int cmd, struct flock *fl)
{
	return result(fcntl(fd, cmd, fl));
}

static int real_set_lease(void *arg __attribute__((unused)), int fd, int type)
{
	/* The default, SIGIO, would end the program. */
	if (type != F_UNLCK && fcntl(fd, F_SETSIG, SIGURG) < 0)
		return -errno;
	return result(fcntl(fd, F_SETLEASE, type));
}

static int real_get_lease(void *arg __attribute__((unused)), int fd)
{
	return result(fcntl(fd, F_GETLEASE));
}

static int real_open_at(void *arg __attribute__((unused)), int dirfd, const char *path, int flags, mode_t mode)
{
	return result(openat(dirfd, path, flags | O_CLOEXEC, mode));
}

static int real_open_no_links(void *arg __attribute__((unused)), const char *path, int flags)
{
	struct open_how how = { .flags = (unsigned)flags | (unsigned)O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };

	return result(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
}

static int real_read_start(void *arg __attribute__((unused)), int fd, char *buf, size_t n)
{
	return result(pread(fd, buf, n, 0));
}

static int real_make_link_at(void *arg __attribute__((unused)), const char *target, int dirfd, const char *name)
{
	return result(symlinkat(target, dirfd, name));
}

static int real_make_dir_at(void *arg __attribute__((unused)), int dirfd, const char *name, mode_t mode)
{
	return result(mkdirat(dirfd, name, mode));
}

static int real_unlink_at(void *arg __attribute__((unused)), int dirfd, const char *name, int flags)
{
	return result(unlinkat(dirfd, name, flags));
}

static int real_rename_at2(void *arg __attribute__((unused)), int olddir, const char *old, int newdir,
			   const char *new_name, unsigned flags)
{
	return result(renameat2(olddir, old, newdir, new_name, flags));
}

static int real_stat_at(void *arg __attribute__((unused)), int dirfd, const char *name, int flags, struct statx *ret)
{
	return result(statx(dirfd, name, flags | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_MNT_ID,
			    ret));
}

static int real_close(void *arg __attribute__((unused)), int fd)
{
	return result(close(fd));
}

/* The format that syslog(3) writes (RFC 3164). Not with strftime(3), whose month names depend on the locale. */
static char *log_entry(const char *line)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t now = time(NULL);
	struct tm tm = { 0 };

	localtime_r(&now, &tm);
	return lk_printf("<%d>%s %2d %02d:%02d:%02d lockscope[%d]: %.*s", LOG_AUTHPRIV | LOG_NOTICE, months[tm.tm_mon],
			 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)getpid(), LOG_LINE_MAX, line);
}

/* Does not use syslog(3), which waits while the queue of /dev/log is full: every user can fill that queue. */
static void real_log(void *arg __attribute__((unused)), const char *line)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	lk_auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	lk_auto_mem char *text = log_entry(line);

	if (fd >= 0)
		(void)!sendto(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof(to));
}

void lk_sys_log(const struct lk_sys *sys, const char *fmt, ...)
{
	lk_auto_mem char *safe = NULL;
	lk_buf text = { 0 };
	va_list ap;

	if (!sys->log)
		return;
	va_start(ap, fmt);
	lk_buf_printf(&text, "uid=%u euid=%u ", (unsigned)getuid(), (unsigned)geteuid());
	lk_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	safe = lk_sanitize(text.v, text.n, false);
	sys->log(sys->arg, safe);
	lk_vec_done(&text);
}

const struct lk_sys lk_sys_real = {
	.pidfd_open = real_pidfd_open,
	.pidfd_send_signal = real_pidfd_send_signal,
	.pidfd_getfd = real_pidfd_getfd,
	.poll_exit = real_poll_exit,
	.flock = real_flock,
	.fcntl_lock = real_fcntl_lock,
	.set_lease = real_set_lease,
	.get_lease = real_get_lease,
	.open_at = real_open_at,
	.open_no_links = real_open_no_links,
	.read_start = real_read_start,
	.make_link_at = real_make_link_at,
	.make_dir_at = real_make_dir_at,
	.unlink_at = real_unlink_at,
	.rename_at2 = real_rename_at2,
	.stat_at = real_stat_at,
	.close = real_close,
	.log = real_log,
};

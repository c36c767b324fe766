/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The root directory of a /proc, and our own entries of the real one. */
#include "source/host/procroot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "record/parse.h"

/* include/linux/proc_ns.h: PROC_PID_INIT_INO, the same on every kernel. */
#define INITIAL_PID_NS UINT64_C(0xEFFFFFFC)
#define INITIAL_USER_NS UINT64_C(0xEFFFFFFD) /* PROC_USER_INIT_INO */
#define SMALL_FILE ((size_t)64 * 1024)

static struct lk_touch *touching; /* set in helpers, which have one thread */

void lk_procroot_watch(struct lk_touch *t)
{
	touching = t;
}

void lk_procroot_touch(int pid)
{
	if (!touching)
		return;
	atomic_store_explicit(&touching->pid, pid, memory_order_relaxed);
	atomic_fetch_add_explicit(&touching->turn, 1, memory_order_relaxed);
}

struct lk_proc_name lk_procroot_name(const char *fmt, ...)
{
	struct lk_proc_name n;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(n.s, sizeof(n.s), fmt, ap);
	va_end(ap);
	return n;
}

struct lk_proc_name lk_procroot_task_name(int pid, int tid, const char *what)
{
	lk_procroot_touch(pid);
	if (tid > 0)
		return lk_procroot_name("%d/task/%d/%s", pid, tid, what);
	return lk_procroot_name("%d/%s", pid, what);
}

void lk_procroot_spell(int pid, int tid, const char *what, lk_buf *out)
{
	if (tid > 0)
		lk_buf_printf(out, "/proc/%d/task/%d/%s", pid, tid, what);
	else
		lk_buf_printf(out, "/proc/%d/%s", pid, what);
}

static uint64_t ns_inode(int rootfd, const char *name)
{
	lk_buf link = { 0 };
	uint64_t ino = 0;
	char *s, *open;

	if (lk_io_readlink_at(rootfd, name, &link) == 0) {
		s = lk_buf_str(&link);
		open = strchr(s, '[');
		if (open && s[link.n - 1] == ']' &&
		    lk_text_u64(open + 1, (size_t)(s + link.n - open - 2), 10, &ino) < 0)
			ino = 0;
	}
	lk_vec_done(&link);
	return ino;
}

uint64_t lk_procroot_ns(const struct lk_procroot *r, int pid, const char *which)
{
	struct lk_proc_name n = pid > 0 ? lk_procroot_name("%d/ns/%s", pid, which)
					: lk_procroot_name("self/ns/%s", which);

	lk_procroot_touch(pid);
	return ns_inode(r->fd, n.s);
}

/* "NSpid:" names one number for each namespace from this proc's down to the process's own (proc_pid_status(5)): exactly one
 * means that this proc and we are in the same namespace. */
static void find_namespace(struct lk_procroot *r)
{
	lk_buf status = { 0 };

	if (lk_io_read_at(r->fd, "self/status", SMALL_FILE, &status) == 0) {
		r->own_pids = lk_parse_status_nspid(status.v, status.n) == 1;
		r->initial_pidns = lk_procroot_ns(r, r->own_pids ? 0 : 1, "pid") == INITIAL_PID_NS;
	}
	lk_vec_done(&status);
}

/* A copied or invented tree need not have all of these. */
static bool looks_like_proc(const struct lk_procroot *r)
{
	return faccessat(r->fd, "locks", F_OK, 0) == 0 || faccessat(r->fd, "self", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	       faccessat(r->fd, "1", F_OK, 0) == 0;
}

int lk_procroot_open(struct lk_procroot *r, const char *dir, struct lk_err *err)
{
	const char *path = dir ? dir : "/proc";
	struct statfs fs;
	int fd = lk_io_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);

	*r = (struct lk_procroot){ .fd = fd, .is_default = !dir };
	if (fd < 0)
		return lk_err_set(err, fd, "cannot open %s: %s%s", path, strerror(-fd),
				  dir ? "" : "; mount it with 'mount -t proc proc /proc'");
	r->is_proc = fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
	if (r->is_proc)
		find_namespace(r);
	else if (!dir || !looks_like_proc(r)) {
		lk_procroot_done(r);
		return lk_err_set(err, -ENOENT,
				  dir ? "%s does not look like a copy of /proc: it has neither 'locks' nor 'self'"
				      : "%s is not mounted; mount it with 'mount -t proc proc /proc'",
				  path);
	} else {
		/* A copied tree tells by its self/ns/pid of which pid namespace it was. */
		r->initial_pidns = lk_procroot_ns(r, 0, "pid") == INITIAL_PID_NS;
	}
	return 0;
}

void lk_procroot_done(struct lk_procroot *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

int lk_procroot_own_fdinfo(int fd, lk_buf *out)
{
	struct lk_proc_name n = lk_procroot_name("/proc/self/fdinfo/%d", fd);

	return lk_io_read_at(AT_FDCWD, n.s, (size_t)64 << 20, out);
}

int lk_procroot_own_link(int fd, lk_buf *out)
{
	struct lk_proc_name n = lk_procroot_name("/proc/self/fd/%d", fd);

	return lk_io_readlink_at(AT_FDCWD, n.s, out);
}

struct lk_proc_name lk_procroot_own_fd_name(int fd)
{
	return lk_procroot_name("/proc/self/fd/%d", fd);
}

bool lk_procroot_mounts_are_trusted(const struct lk_procroot *r, int pid)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, "ns/mnt");
	lk_auto_fd fd = lk_io_openat(r->fd, name.s, O_RDONLY);
	lk_auto_fd owner = fd < 0 ? -1 : ioctl(fd, NS_GET_USERNS);
	struct stat st;

	return owner >= 0 && fstat(owner, &st) == 0 && st.st_ino == lk_procroot_own_ns("user");
}

uint64_t lk_procroot_own_ns(const char *which)
{
	struct lk_proc_name n = lk_procroot_name("/proc/self/ns/%s", which);

	return ns_inode(AT_FDCWD, n.s);
}

int lk_procroot_own_mountinfo(void)
{
	return lk_io_openat(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY);
}

int lk_procroot_own_sched(lk_buf *out)
{
	return lk_io_read_at(AT_FDCWD, "/proc/thread-self/sched", SMALL_FILE, out);
}

bool lk_procroot_own_userns_is_initial(void)
{
	uint64_t ino = ns_inode(AT_FDCWD, "/proc/self/ns/user");

	return !ino || ino == INITIAL_USER_NS;
}

int lk_procroot_own_sysctl(const char *name)
{
	struct lk_proc_name n = lk_procroot_name("/proc/sys/%s", name);
	lk_buf text = { 0 };
	uint64_t v;
	int ret = -1;

	if (lk_io_read_at(AT_FDCWD, n.s, SMALL_FILE, &text) == 0 && text.n &&
	    lk_text_u64(text.v, text.n - (text.v[text.n - 1] == '\n'), 10, &v) == 0 && v <= INT_MAX)
		ret = (int)v;
	lk_vec_done(&text);
	return ret;
}

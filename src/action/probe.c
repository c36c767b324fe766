/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening a file to ask the kernel about a lock on it, or to take one. See doc/kernel.md 3.4, 6.1 and 6.2. */
#include "action/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "source/host/procroot.h"

#define FOUND_MAX 10000 /* locks in the way of one wish that are listed */

static int check_identity(int fd, const char *path, const struct lk_fact_file *expect, struct lk_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return lk_err_set(err, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return lk_err_set(
			err, -EINVAL,
			"%s is no regular file or directory; opening it could do something, so the kernel is not asked",
			path);
	if (expect->has_stat && !lk_fact_file_has_numbers(expect, st.st_ino, major(st.st_dev), minor(st.st_dev)))
		return lk_err_set(err, -ESTALE, "target changed since you looked: %s is another file by now", path);
	return 0;
}

int lk_probe_pin(struct lk_probe *p, const struct lk_sys *sys, const char *path, const struct lk_fact_file *expect,
		 struct lk_err *err)
{
	*p = (struct lk_probe){ .sys = sys, .path_fd = -1, .fd = -1 };
	/* Opening on a server that does not answer would hang for ever. */
	if (expect->local != LK_YES)
		return lk_err_set(
			err, -EOPNOTSUPP,
			"%s is on a file system that does not keep its locks in this kernel, so it is not asked", path);
	p->path_fd = sys->open_at(sys->arg, AT_FDCWD, path, O_PATH, 0);
	if (p->path_fd < 0)
		return lk_err_set(err, p->path_fd, "cannot open %s: %s", path, strerror(-p->path_fd));
	return check_identity(p->path_fd, path, expect, err);
}

void lk_probe_done(struct lk_probe *p)
{
	if (p->fd >= 0)
		p->sys->close(p->sys->arg, p->fd);
	if (p->path_fd >= 0)
		p->sys->close(p->sys->arg, p->path_fd);
	p->fd = p->path_fd = -1;
}

int lk_probe_open(const struct lk_sys *sys, int path_fd, int access, struct lk_err *err)
{
	struct lk_proc_name name = lk_procroot_own_fd_name(path_fd);
	int flags = access | O_NONBLOCK | O_NOCTTY;
	int fd = sys->open_at(sys->arg, AT_FDCWD, name.s, flags | O_NOATIME, 0);

	/* Only the owner of a file may use O_NOATIME, open(2). */
	if (fd == -EPERM)
		fd = sys->open_at(sys->arg, AT_FDCWD, name.s, flags, 0);
	if (fd == -EAGAIN)
		return lk_err_set(err, -EAGAIN, "a lease is in the way of opening it");
	if (fd < 0)
		return lk_err_set(err, fd, "cannot open it for %s: %s", access == O_RDONLY ? "reading" : "writing",
				  strerror(-fd));
	return fd;
}

static struct flock to_flock(enum lk_mode mode, struct lk_range range)
{
	return lk_sys_flock(mode == LK_MODE_READ ? F_RDLCK : F_WRLCK, range);
}

static struct lk_probe_found from_flock(const struct flock *fl)
{
	return (struct lk_probe_found){
		.mode = fl->l_type == F_RDLCK ? LK_MODE_READ : LK_MODE_WRITE,
		.range = { fl->l_start, fl->l_len == 0 || fl->l_len > LK_RANGE_EOF - fl->l_start
						? LK_RANGE_EOF
						: fl->l_start + fl->l_len - 1 },
		.pid = fl->l_pid > 0 ? fl->l_pid : 0,
	};
}

typedef LK_VEC(struct lk_range) range_list;

static void push_range(range_list *todo, int64_t start, int64_t end)
{
	if (start <= end)
		*lk_vec_push(todo) = (struct lk_range){ start, end };
}

/* The kernel reports any one of the locks in the way, not the first, so the bytes before and after it are asked about again. */
static int ask_one(struct lk_probe *p, int fd, enum lk_mode mode, struct lk_range range, range_list *todo,
		   lk_probe_list *ret)
{
	struct flock fl = to_flock(mode, range);
	struct lk_probe_found found;
	int rc = p->sys->fcntl_lock(p->sys->arg, fd, F_OFD_GETLK, &fl);

	if (rc < 0 || fl.l_type == F_UNLCK)
		return rc;
	found = from_flock(&fl);
	*lk_vec_push(ret) = found;
	if (found.range.start > range.start)
		push_range(todo, range.start, found.range.start - 1);
	if (found.range.end < range.end)
		push_range(todo, found.range.end + 1, range.end);
	return rc;
}

static int by_start(const void *a, const void *b)
{
	const struct lk_probe_found *x = a, *y = b;

	return lk_range_compare(x->range, y->range);
}

int lk_probe_ask(struct lk_probe *p, const struct lk_probe_wish *wish, lk_probe_list *ret, struct lk_err *err)
{
	range_list todo = { 0 };
	int fd = lk_probe_open(p->sys, p->path_fd, O_RDONLY, err), rc = fd < 0 ? fd : 0;

	push_range(&todo, wish->range.start, wish->range.end);
	while (rc == 0 && todo.n && ret->n < FOUND_MAX) {
		struct lk_range next = todo.v[--todo.n];

		rc = ask_one(p, fd, wish->mode, next, &todo, ret);
	}
	/* A lock that is taken afterwards needs an open file description of its own, which may be for writing. */
	if (fd >= 0)
		p->sys->close(p->sys->arg, fd);
	lk_vec_done(&todo);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_start);
	return rc < 0 ? lk_err_set(err, rc, "the kernel cannot be asked: %s", strerror(-rc)) : 0;
}

/* A write lock of fcntl(2) needs a descriptor for writing; flock(2) does not. */
static int access_for(const struct lk_probe_wish *wish)
{
	return wish->type != LK_TYPE_FLOCK && wish->mode == LK_MODE_WRITE ? O_RDWR : O_RDONLY;
}

static int set_lock(struct lk_probe *p, const struct lk_probe_wish *wish)
{
	struct flock fl = to_flock(wish->mode, wish->range);
	int rc;

	if (wish->type == LK_TYPE_FLOCK)
		rc = p->sys->flock(p->sys->arg, p->fd, (wish->mode == LK_MODE_READ ? LOCK_SH : LOCK_EX) | LOCK_NB);
	else
		rc = p->sys->fcntl_lock(p->sys->arg, p->fd, wish->type == LK_TYPE_OFD ? F_OFD_SETLK : F_SETLK, &fl);
	/* fcntl(2) may return either for a conflicting lock. */
	return rc == -EACCES ? -EAGAIN : rc;
}

int lk_probe_take(struct lk_probe *p, const struct lk_probe_wish *wish, struct lk_err *err)
{
	int rc;

	if (p->fd < 0)
		p->fd = lk_probe_open(p->sys, p->path_fd, access_for(wish), err);
	rc = p->fd < 0 ? p->fd : set_lock(p, wish);
	if (rc == -EAGAIN)
		return lk_err_set(err, rc, "another process has a lock that is in the way");
	return rc < 0 ? lk_err_set(err, rc, "the lock cannot be taken: %s", strerror(-rc)) : 0;
}

/* The exit status is the errno. Exiting closes the descriptor that was opened here, which releases the lock whatever happens. */
static void try_in_child(struct lk_probe *p, const struct lk_probe_wish *wish)
{
	int rc = lk_probe_take(p, wish, NULL);

	_exit(rc < 0 && rc > -256 ? -rc : rc ? EIO : 0);
}

int lk_probe_try(struct lk_probe *p, const struct lk_probe_wish *wish, struct lk_err *err)
{
	pid_t pid = fork();
	int status = 0, rc;

	if (pid < 0)
		return lk_err_set(err, -errno, "cannot start a process: %s", strerror(errno));
	if (pid == 0)
		try_in_child(p, wish);
	do {
		rc = waitpid(pid, &status, 0) < 0 ? -errno : 0;
	} while (rc == -EINTR);
	if (rc == 0)
		rc = WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
	if (rc == -EAGAIN)
		return lk_err_set(err, rc, "another process has a lock or a lease that is in the way");
	/* These errors come from opening the file: a lock in the way would have been -EAGAIN. */
	if (rc == -EACCES || rc == -EPERM || rc == -EROFS || rc == -ETXTBSY || rc == -EISDIR)
		return lk_err_set(err, rc, "cannot open it for %s: %s",
				  access_for(wish) == O_RDONLY ? "reading" : "writing", strerror(-rc));
	return rc < 0 ? lk_err_set(err, rc, "the lock cannot be taken: %s", strerror(-rc)) : 0;
}

void lk_probe_log(const struct lk_sys *sys, const struct lk_probe_wish *wish, const char *path, int rc)
{
	const char *result = rc > 0 ? "begun" : rc == 0 ? "granted" : rc == -EAGAIN ? "refused" : "failed";
	char range[LK_RANGE_WORDS];

	lk_sys_log(sys, "test: %s %s lock on %.1500s, %s: %s", lk_type_name(wish->type), lk_mode_name(wish->mode), path,
		   lk_range_words(wish->range, range), result);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads with a size limit, complete writes, and files that appear whole or not at all. */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"

#define TMP_NAMES_MAX 8 /* random names that are tried */

int lk_io_openat(int dirfd, const char *path, int flags)
{
	int fd;

	do {
		fd = openat(dirfd, path, flags | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

int lk_io_open_no_links(int dirfd, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
				.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	int fd;

	do {
		fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	} while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

int lk_io_read_fd(int fd, size_t limit, lk_buf *out)
{
	return lk_io_read_fd_until(fd, limit, 0, out);
}

int lk_io_read_fd_until(int fd, size_t limit, int64_t deadline_ms, lk_buf *out)
{
	size_t start = out->n;

	for (;;) {
		size_t room = out->cap - out->n;
		ssize_t got;

		if (room < 4096) {
			lk_vec_reserve(&out->v, &out->cap, out->n, 4096, 1);
			room = out->cap - out->n;
		}
		got = read(fd, out->v + out->n, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return 0;
		out->n += (size_t)got;
		if (out->n - start > limit) {
			out->n = start + limit;
			return -EFBIG;
		}
		if (deadline_ms && lk_io_now_ms() >= deadline_ms)
			return -ETIMEDOUT;
	}
}

int lk_io_read_at(int dirfd, const char *path, size_t limit, lk_buf *out)
{
	lk_auto_fd fd = lk_io_openat(dirfd, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);

	return fd < 0 ? fd : lk_io_read_fd(fd, limit, out);
}

/* State of lk_io_each_line(): a buffer that moves through the file. */
struct lines {
	char *v;
	size_t n;
	bool skips; /* within a line that was too long: skip the rest of it */
	lk_io_line_cb cb;
	void *arg;
};

static int pass_line(struct lines *l, const char *line, size_t n)
{
	bool skips = l->skips;

	l->skips = false;
	return skips ? 0 : l->cb(l->arg, line, n);
}

/* Passes complete lines to the callback and moves the incomplete rest to the front of the buffer. */
static int pass_lines(struct lines *l)
{
	size_t at = 0;
	const char *nl;
	int rc = 0;

	while (!rc && (nl = memchr(l->v + at, '\n', l->n - at)) != NULL) {
		rc = pass_line(l, l->v + at, (size_t)(nl - l->v) - at);
		at = (size_t)(nl - l->v) + 1;
	}
	memmove(l->v, l->v + at, l->n - at);
	l->n -= at;
	if (rc || l->n < LK_IO_LINE_MAX)
		return rc;
	rc = pass_line(l, l->v, l->n);
	l->skips = true;
	l->n = 0;
	return rc;
}

static int read_lines(int fd, struct lines *l)
{
	int rc = 0;

	while (!rc) {
		ssize_t got = read(fd, l->v + l->n, LK_IO_LINE_MAX - l->n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return l->n ? pass_line(l, l->v, l->n) : 0;
		l->n += (size_t)got;
		rc = pass_lines(l);
	}
	return rc;
}

int lk_io_each_line(int dirfd, const char *path, lk_io_line_cb cb, void *arg)
{
	lk_auto_fd fd = lk_io_openat(dirfd, path, O_RDONLY);
	struct lines l = { .cb = cb, .arg = arg };
	int rc;

	if (fd < 0)
		return fd;
	l.v = lk_alloc(LK_IO_LINE_MAX, 1);
	rc = read_lines(fd, &l);
	free(l.v);
	return rc;
}

int lk_io_readlink_at(int dirfd, const char *path, lk_buf *out)
{
	size_t want = 256;

	for (;;) {
		ssize_t got;

		lk_vec_reserve(&out->v, &out->cap, out->n, want, 1);
		got = readlinkat(dirfd, path, out->v + out->n, want);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if ((size_t)got < want) {
			out->n += (size_t)got;
			return 0;
		}
		if (want > (size_t)1 << 20)
			return -ENAMETOOLONG;
		want *= 2;
	}
}

int lk_io_each_entry(int dirfd, const char *path, lk_io_entry_cb cb, void *arg)
{
	int fd = lk_io_openat(dirfd, path, O_RDONLY | O_DIRECTORY);
	lk_auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);
	int rc = 0;

	if (fd < 0)
		return fd;
	if (!dir) {
		rc = -errno;
		close(fd);
		return rc;
	}
	while (!rc) {
		struct dirent *e;

		errno = 0;
		e = readdir(dir);
		if (!e && errno == EINTR)
			continue;
		if (!e)
			return -errno;
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = cb(arg, fd, e->d_name);
	}
	return rc;
}

int lk_io_write_all(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n) {
		ssize_t put = write(fd, s, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		s += put;
		n -= (size_t)put;
	}
	return 0;
}

static ssize_t stream_write(void *cookie, const char *p, size_t n)
{
	const int *fd = cookie;
	int rc = lk_io_write_all(*fd, p, n);

	if (rc == 0)
		return (ssize_t)n;
	errno = -rc;
	return 0;
}

static int stream_close(void *cookie)
{
	int *fd = cookie;
	int rc = close(*fd);

	free(fd);
	return rc;
}

FILE *lk_io_stream(int fd)
{
	int *cookie = lk_alloc(1, sizeof(*cookie));
	FILE *f;

	*cookie = fd;
	f = fopencookie(cookie, "w", (cookie_io_functions_t){ .write = stream_write, .close = stream_close });
	if (!f)
		lk_alloc_fail();
	return f;
}

static double clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

int64_t lk_io_now_ms(void)
{
	return (int64_t)clock_ms(CLOCK_MONOTONIC);
}

static double used_ms(int who)
{
	struct rusage u;

	if (getrusage(who, &u) < 0)
		return 0;
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

double lk_io_cpu_ms(void)
{
	return used_ms(RUSAGE_THREAD) + used_ms(RUSAGE_CHILDREN);
}

double lk_io_now_ms_exact(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t lk_io_wall_ms(void)
{
	return (int64_t)clock_ms(CLOCK_REALTIME);
}

static void atomic_free(struct lk_io_atomic *a)
{
	if (a->fd >= 0)
		close(a->fd);
	free(a->tmp);
	free(a->path);
	*a = (struct lk_io_atomic){ .fd = -1 };
}

/* Like mkostemp(3), but relative to a directory. */
static int make_tmp(struct lk_io_atomic *a)
{
	for (int i = 0; i < TMP_NAMES_MAX; i++) {
		uint64_t number;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -EIO;
		free(a->tmp);
		a->tmp = lk_printf("%s.%016llx", a->path, (unsigned long long)number);
		a->fd = openat(a->dirfd, a->tmp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (a->fd >= 0 || errno != EEXIST)
			return a->fd < 0 ? -errno : 0;
	}
	return -EEXIST;
}

int lk_io_atomic_begin_at(struct lk_io_atomic *a, int dirfd, const char *path, struct lk_err *err)
{
	int rc;

	*a = (struct lk_io_atomic){ .fd = -1, .dirfd = dirfd, .path = lk_strdup(path) };
	rc = make_tmp(a);
	if (rc < 0) {
		lk_err_set(err, rc, "cannot create a file beside %s: %s", path, strerror(-rc));
		atomic_free(a);
	}
	return rc;
}

int lk_io_atomic_begin(struct lk_io_atomic *a, const char *path, struct lk_err *err)
{
	return lk_io_atomic_begin_at(a, AT_FDCWD, path, err);
}

FILE *lk_io_atomic_stream(const struct lk_io_atomic *a)
{
	int fd = dup(a->fd);

	return fd < 0 ? NULL : lk_io_stream(fd);
}

static int sync_dir_of(const struct lk_io_atomic *a)
{
	lk_auto_mem char *copy = lk_strdup(a->path);
	lk_auto_fd fd = lk_io_openat(a->dirfd, dirname(copy), O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return fd;
	/* Some file systems cannot fsync(2) a directory (EINVAL); the rename is done all the same. */
	return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

/* Some file systems do not know RENAME_NOREPLACE; link(2) does not replace either, and those with hard links can do that. */
static int name_new(const struct lk_io_atomic *a)
{
	if (renameat2(a->dirfd, a->tmp, a->dirfd, a->path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (linkat(a->dirfd, a->tmp, a->dirfd, a->path, 0) < 0)
		return -errno;
	unlinkat(a->dirfd, a->tmp, 0);
	return 0;
}

static int name_it(const struct lk_io_atomic *a, bool replace)
{
	if (fsync(a->fd) < 0)
		return -errno;
	if (!replace)
		return name_new(a);
	return renameat(a->dirfd, a->tmp, a->dirfd, a->path) < 0 ? -errno : 0;
}

static int commit(struct lk_io_atomic *a, bool replace, struct lk_err *err)
{
	int rc = name_it(a, replace);

	if (rc < 0) {
		lk_err_set(err, rc, "cannot write %s: %s", a->path, strerror(-rc));
		lk_io_atomic_abort(a);
		return rc;
	}
	rc = sync_dir_of(a);
	if (rc < 0)
		lk_err_set(err, rc, "cannot sync the directory of %s: %s", a->path, strerror(-rc));
	atomic_free(a);
	return rc;
}

int lk_io_atomic_commit(struct lk_io_atomic *a, struct lk_err *err)
{
	return commit(a, true, err);
}

int lk_io_atomic_commit_new(struct lk_io_atomic *a, struct lk_err *err)
{
	return commit(a, false, err);
}

void lk_io_atomic_abort(struct lk_io_atomic *a)
{
	if (a->tmp)
		unlinkat(a->dirfd, a->tmp, 0);
	atomic_free(a);
}

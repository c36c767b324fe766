/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounded reads that survive EINTR, and files that appear whole or not at all. */
#ifndef LK_BASE_IO_H
#define LK_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

/* openat(2) with O_CLOEXEC, repeated on EINTR. A descriptor or -errno. */
int lk_io_openat(int dirfd, const char *path, int flags);
/* The same, but follows no symbolic link: -ELOOP where the path leads through one (openat2(2), RESOLVE_NO_SYMLINKS). With O_PATH and
 * O_NOFOLLOW the last part may be one, which is then opened itself. */
int lk_io_open_no_links(int dirfd, const char *path, int flags);

/* Appends to *out until end of file, at most `limit` bytes. 0; -EFBIG: the file is longer, *out has got its first `limit` bytes; or
 * -errno. */
int lk_io_read_fd(int fd, size_t limit, lk_buf *out);
/* The same, but -ETIMEDOUT if deadline_ms, by lk_io_now_ms(), passes before end of file (checked after each read(2)). 0: no deadline. */
int lk_io_read_fd_until(int fd, size_t limit, int64_t deadline_ms, lk_buf *out);
/* Opens for reading, reads as lk_io_read_fd() does, closes. Only for kernel files and our own files, not for arbitrary files of users. */
int lk_io_read_at(int dirfd, const char *path, size_t limit, lk_buf *out);
/* Calls cb for each line (without its newline) of a kernel file of any length. If cb returns non-zero, stops and returns that. Of a line
 * longer than LK_IO_LINE_MAX only the first LK_IO_LINE_MAX bytes are passed. 0 or -errno. */
#define LK_IO_LINE_MAX 65536
typedef int (*lk_io_line_cb)(void *arg, const char *line, size_t n);
int lk_io_each_line(int dirfd, const char *path, lk_io_line_cb cb, void *arg);
/* Appends the whole text of a link, up to about 2 MiB, to *out. 0 or -errno. */
int lk_io_readlink_at(int dirfd, const char *path, lk_buf *out);

/* Calls cb for each entry of a directory except "." and "..". If cb returns non-zero, stops and returns that. The dirfd of cb is the
 * directory itself, borrowed. 0 or -errno. */
typedef int (*lk_io_entry_cb)(void *arg, int dirfd, const char *name);
int lk_io_each_entry(int dirfd, const char *path, lk_io_entry_cb cb, void *arg);

/* Writes all n bytes, however few of them write(2) takes at once. 0 or -errno. */
int lk_io_write_all(int fd, const void *p, size_t n);
/* A stream that writes with lk_io_write_all(), because a signal (EINTR) can make stdio lose what it was writing. Fully buffered; closing
 * the stream closes fd. */
FILE *lk_io_stream(int fd);

/* In ms: CLOCK_MONOTONIC, CLOCK_REALTIME, and CLOCK_MONOTONIC with its fraction. */
int64_t lk_io_now_ms(void);
int64_t lk_io_wall_ms(void);
double lk_io_now_ms_exact(void);
/* CPU time of this thread, and of the child processes of this program that have been waited for, in ms (getrusage(2)). */
double lk_io_cpu_ms(void);

/* A new file, written under a temporary name beside its final name. */
/* Milliseconds, of a struct timespec or a struct statx_timestamp. */
#define lk_io_to_ms(t) ((int64_t)(t).tv_sec * 1000 + (t).tv_nsec / 1000000)

struct lk_io_atomic {
	int fd; /* write here; -1 when not open */
	int dirfd; /* borrowed; `path` and `tmp` are relative to it */
	char *tmp; /* owned */
	char *path; /* owned */
};

/* Creates the temporary file (0600). 0 or -errno with err. */
int lk_io_atomic_begin(struct lk_io_atomic *a, const char *path, struct lk_err *err);
/* The same for a path relative to dirfd, which the caller keeps open until commit or abort. */
int lk_io_atomic_begin_at(struct lk_io_atomic *a, int dirfd, const char *path, struct lk_err *err);
/* A stream on a duplicate of a->fd; closing it leaves a->fd open. NULL with errno set. */
FILE *lk_io_atomic_stream(const struct lk_io_atomic *a);
/* fsync(2), rename(2) over `path`, fsync(2) of the directory. On failure the temporary file is removed. Either way *a is freed. 0 or -errno
 * with err. */
int lk_io_atomic_commit(struct lk_io_atomic *a, struct lk_err *err);
/* The same, but never replaces an existing file: -EEXIST. */
int lk_io_atomic_commit_new(struct lk_io_atomic *a, struct lk_err *err);
void lk_io_atomic_abort(struct lk_io_atomic *a);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounded reads that survive EINTR, and files that appear whole or not at all. */
#ifndef LK_BASE_IO_H
#define LK_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/vec.h"

/* openat(2) again on EINTR, always O_CLOEXEC. fd or -errno. */
int lk_io_openat(int dirfd, const char *path, int flags);

/* Appends what there is until end of file, at most `limit` bytes. 0; -EFBIG: there is more, and *out has the first `limit`; or
 * -errno. */
int lk_io_read_fd(int fd, size_t limit, lk_buf *out);
/* The same, but when it is that late by lk_io_now_ms(), and there is more, -ETIMEDOUT. 0: no limit. */
int lk_io_read_fd_until(int fd, size_t limit, int64_t deadline_ms, lk_buf *out);
/* Opens O_RDONLY, reads, closes. Not for files of users: only for kernel files and our own. */
int lk_io_read_at(int dirfd, const char *path, size_t limit, lk_buf *out);
/* Calls cb for each line, without its newline, of a kernel file of any length, until it returns non-zero, which is returned. Of a line
 * longer than LK_IO_LINE_MAX only the beginning is passed. 0 or -errno. */
#define LK_IO_LINE_MAX 65536
typedef int (*lk_io_line_cb)(void *arg, const char *line, size_t n);
int lk_io_each_line(int dirfd, const char *path, lk_io_line_cb cb, void *arg);
/* The whole link text in *out, however long. 0 or -errno. */
int lk_io_readlink_at(int dirfd, const char *path, lk_buf *out);

/* Calls cb for each entry of a directory, "." and ".." left out, until it returns non-zero, which is
 * returned. dirfd of cb is the directory itself. 0 or -errno. */
typedef int (*lk_io_entry_cb)(void *arg, int dirfd, const char *name);
int lk_io_each_entry(int dirfd, const char *path, lk_io_entry_cb cb, void *arg);

/* All of it, or -errno. */
int lk_io_write_all(int fd, const void *p, size_t n);
/* A stream that writes so, for a signal would make stdio lose what it was writing. Fully buffered; closing it closes fd. */
FILE *lk_io_stream(int fd);

/* CLOCK_MONOTONIC and CLOCK_REALTIME in ms. */
int64_t lk_io_now_ms(void);
int64_t lk_io_wall_ms(void);
double lk_io_now_ms_exact(void);
/* CPU time of this thread, and of the child processes of this program that have been waited for, in ms (getrusage(2)). */
double lk_io_cpu_ms(void);

/* A file under construction beside its final name. */
struct lk_io_atomic {
	int fd; /* write here; -1 when not open */
	int dirfd; /* borrowed; where the path begins */
	char *tmp; /* owned */
	char *path; /* owned */
};

/* Creates the temporary file (0600). 0 or -errno with err. */
int lk_io_atomic_begin(struct lk_io_atomic *a, const char *path, struct lk_err *err);
/* The same for a name beneath a directory, which stays open until the end. */
int lk_io_atomic_begin_at(struct lk_io_atomic *a, int dirfd, const char *path, struct lk_err *err);
/* A stream on a descriptor of its own: closing it leaves the file open for the end. NULL with errno. */
FILE *lk_io_atomic_stream(const struct lk_io_atomic *a);
/* fsync, rename over `path`, fsync of the directory. On failure the temporary file is removed. Either way *a is done. */
int lk_io_atomic_commit(struct lk_io_atomic *a, struct lk_err *err);
/* The same, but what has the name already stays: -EEXIST. */
int lk_io_atomic_commit_new(struct lk_io_atomic *a, struct lk_err *err);
void lk_io_atomic_abort(struct lk_io_atomic *a);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

/* Each test runs in its own process, so one directory per process is one per test. */
static char *dir;
static int dirfd_;

static void make_dir(void)
{
	const char *base = getenv("TMPDIR");

	cr_assert_gt(asprintf(&dir, "%s/lockscope-unit-XXXXXX", base ? base : "/tmp"), 0);
	cr_assert_not_null(mkdtemp(dir));
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(dirfd_, 0);
}

static void remove_dir(void)
{
	static const char *const names[] = { "file", "big", "link", "out", "fifo" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlinkat(dirfd_, names[i], 0);
	close(dirfd_);
	cr_expect_eq(rmdir(dir), 0, "something was left in %s", dir);
	free(dir);
}

TestSuite(io, .init = make_dir, .fini = remove_dir);

static void write_file(const char *name, const char *bytes, size_t n)
{
	int fd = openat(dirfd_, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	cr_assert_geq(fd, 0);
	cr_assert_eq(lk_io_write_all(fd, bytes, n), 0);
	close(fd);
}

static char *in_dir(const char *name)
{
	char *path;

	cr_assert_gt(asprintf(&path, "%s/%s", dir, name), 0);
	return path;
}

Test(io, open_is_cloexec_and_says_errno)
{
	int fd;

	write_file("file", "x", 1);
	fd = lk_io_openat(dirfd_, "file", O_RDONLY);
	cr_assert_geq(fd, 0);
	cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	cr_assert_eq(lk_io_openat(dirfd_, "none", O_RDONLY), -ENOENT);
	cr_assert_eq(lk_io_openat(-1, "none", O_RDONLY), -EBADF);
}

Test(io, read_appends)
{
	lk_buf b = { 0 };

	write_file("file", "a\0b", 3);
	cr_assert_eq(lk_io_read_at(dirfd_, "file", 100, &b), 0);
	cr_assert_eq(lk_io_read_at(dirfd_, "file", 100, &b), 0);
	cr_assert_eq(b.n, 6);
	cr_assert_arr_eq(b.v, "a\0ba\0b", 6);
	lk_vec_done(&b);
}

Test(io, read_more_than_one_buffer)
{
	size_t n = (size_t)1 << 20;
	char *bytes = malloc(n);
	lk_buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	write_file("big", bytes, n);
	cr_assert_eq(lk_io_read_at(dirfd_, "big", n, &b), 0);
	cr_assert_eq(b.n, n);
	cr_assert_eq(memcmp(b.v, bytes, n), 0);
	lk_vec_done(&b);
	free(bytes);
}

Test(io, read_keeps_to_the_limit)
{
	lk_buf b = { 0 };

	write_file("file", "12345", 5);
	cr_assert_eq(lk_io_read_at(dirfd_, "file", 5, &b), 0, "the limit itself is allowed");
	cr_assert_eq(b.n, 5);
	cr_assert_eq(lk_io_read_at(dirfd_, "file", 4, &b), -EFBIG);
	cr_assert(b.n == 9 && memcmp(b.v + 5, "1234", 4) == 0, "more than the limit was appended");
	lk_vec_done(&b);
}

Test(io, read_errors)
{
	lk_buf b = { 0 };

	cr_assert_eq(lk_io_read_at(dirfd_, "none", 10, &b), -ENOENT);
	cr_assert_eq(lk_io_read_at(dirfd_, ".", 10, &b), -EISDIR);
	cr_assert_eq(lk_io_read_fd(-1, 10, &b), -EBADF);
	cr_assert_eq(b.n, 0);
	lk_vec_done(&b);
}

Test(io, readlink_of_any_length)
{
	char target[4000];
	lk_buf b = { 0 };

	for (size_t n = 1; n < sizeof(target); n = n * 2 + 1) {
		memset(target, 'x', n);
		target[n] = '\0';
		cr_assert_eq(symlinkat(target, dirfd_, "link"), 0);
		b.n = 0;
		cr_assert_eq(lk_io_readlink_at(dirfd_, "link", &b), 0);
		cr_assert_eq(b.n, n);
		cr_assert_eq(memcmp(b.v, target, n), 0);
		unlinkat(dirfd_, "link", 0);
	}
	cr_assert_eq(lk_io_readlink_at(dirfd_, "link", &b), -ENOENT);
	write_file("file", "", 0);
	cr_assert_eq(lk_io_readlink_at(dirfd_, "file", &b), -EINVAL);
	lk_vec_done(&b);
}

Test(io, write_says_errno)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	cr_assert_eq(lk_io_write_all(-1, "x", 1), -EBADF);
	cr_assert_eq(lk_io_write_all(-1, "", 0), 0);
	if (full >= 0)
		cr_assert_eq(lk_io_write_all(full, "x", 1), -ENOSPC);
	close(full);
}

Test(io, clocks_run_forward)
{
	int64_t a = lk_io_now_ms();
	double b = lk_io_now_ms_exact();

	cr_assert_geq(b, (double)a);
	cr_assert_geq(lk_io_now_ms(), a);
	cr_assert_gt(lk_io_wall_ms(), INT64_C(1600000000000));
}

Test(io, atomic_commit_replaces_whole)
{
	char *path = in_dir("out");
	struct lk_io_atomic a;
	struct lk_err err = { 0 };
	lk_buf b = { 0 };
	struct stat st;

	write_file("out", "old and longer", 14);
	cr_assert_eq(lk_io_atomic_begin(&a, path, &err), 0, "%s", lk_err_text(&err));
	cr_assert_eq(lk_io_write_all(a.fd, "new", 3), 0);
	cr_assert_eq(lk_io_read_at(dirfd_, "out", 100, &b), 0);
	cr_assert_eq(b.n, 14, "the old file stands until the commit");
	cr_assert_eq(lk_io_atomic_commit(&a, &err), 0, "%s", lk_err_text(&err));
	cr_assert_eq(a.fd, -1);
	b.n = 0;
	cr_assert_eq(lk_io_read_at(dirfd_, "out", 100, &b), 0);
	cr_assert_str_eq(lk_buf_str(&b), "new");
	cr_assert_eq(fstatat(dirfd_, "out", &st, 0), 0);
	cr_assert_eq(st.st_mode & 07777, 0600);
	lk_vec_done(&b);
	free(path);
}

Test(io, atomic_abort_leaves_nothing)
{
	char *path = in_dir("out");
	struct lk_io_atomic a;

	cr_assert_eq(lk_io_atomic_begin(&a, path, NULL), 0);
	cr_assert_eq(lk_io_write_all(a.fd, "half", 4), 0);
	lk_io_atomic_abort(&a);
	cr_assert_eq(a.fd, -1);
	cr_assert_lt(faccessat(dirfd_, "out", F_OK, 0), 0);
	lk_io_atomic_abort(&a);
	free(path);
}

Test(io, atomic_begin_fails_with_a_sentence)
{
	char *path = in_dir("none/out");
	struct lk_io_atomic a;
	struct lk_err err = { 0 };

	cr_assert_eq(lk_io_atomic_begin(&a, path, &err), -ENOENT);
	cr_assert_eq(a.fd, -1);
	cr_assert(strstr(lk_err_text(&err), path), "%s", lk_err_text(&err));
	lk_err_done(&err);
	free(path);
}

Test(io, atomic_commit_fails_and_cleans_up)
{
	char *path = in_dir("out");
	struct lk_io_atomic a;
	struct lk_err err = { 0 };

	cr_assert_eq(lk_io_atomic_begin(&a, path, &err), 0);
	/* A directory has taken the name meanwhile. */
	cr_assert_eq(mkdirat(dirfd_, "out", 0700), 0);
	cr_assert_eq(lk_io_atomic_commit(&a, &err), -EISDIR);
	cr_assert_eq(err.code, -EISDIR);
	cr_assert_eq(unlinkat(dirfd_, "out", AT_REMOVEDIR), 0);
	lk_err_done(&err);
	free(path);
}

static int count_entry(void *arg, int dirfd, const char *name)
{
	int *left = arg;

	cr_expect_eq(faccessat(dirfd, name, F_OK, 0), 0, "%s is not in the directory that is handed on", name);
	return --*left ? 0 : 7;
}

Test(io, entries_until_one_says_stop)
{
	int left = 10;

	write_file("file", "a", 1);
	write_file("big", "b", 1);
	cr_assert_eq(lk_io_each_entry(AT_FDCWD, dir, count_entry, &left), 0);
	cr_assert_eq(left, 8, "hidden names are no entries, all others are");
	left = 1;
	cr_assert_eq(lk_io_each_entry(AT_FDCWD, dir, count_entry, &left), 7);
	cr_assert_eq(lk_io_each_entry(dirfd_, "file", count_entry, &left), -ENOTDIR);
	cr_assert_eq(lk_io_each_entry(dirfd_, "nothing", count_entry, &left), -ENOENT);
}

struct seen_lines {
	size_t n, bytes, longest;
	int stop_at;
};

static int see_line(void *arg, const char *line, size_t n)
{
	struct seen_lines *seen = arg;

	seen->n++;
	seen->bytes += n;
	seen->longest = n > seen->longest ? n : seen->longest;
	cr_expect(!n || line[0] == 'a', "a line does not begin where it should");
	return seen->stop_at && --seen->stop_at == 0 ? 9 : 0;
}

Test(io, lines_of_any_length)
{
	static const size_t lengths[] = {
		0, 5, LK_IO_LINE_MAX - 1, LK_IO_LINE_MAX, LK_IO_LINE_MAX + 1, 3 * LK_IO_LINE_MAX, 7, 0
	};
	struct seen_lines seen = { 0 };
	lk_buf text = { 0 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		for (size_t k = 0; k < lengths[i]; k++)
			lk_buf_puts(&text, k ? "b" : "a");
		lk_buf_puts(&text, "\n");
	}
	lk_buf_puts(&text, "aend");
	write_file("file", text.v, text.n);
	cr_assert_eq(lk_io_each_line(dirfd_, "file", see_line, &seen), 0);
	cr_assert_eq(seen.n, 9, "%zu lines", seen.n);
	cr_assert_eq(seen.longest, LK_IO_LINE_MAX, "the rest of a line is dropped");
	cr_assert_eq(seen.bytes, 5 + 7 + 4 + 4 * (size_t)LK_IO_LINE_MAX - 1);
	seen = (struct seen_lines){ .stop_at = 2 };
	cr_assert_eq(lk_io_each_line(dirfd_, "file", see_line, &seen), 9);
	cr_assert_eq(seen.n, 2);
	cr_assert_eq(lk_io_each_line(dirfd_, "nothing", see_line, &seen), -ENOENT);
	cr_assert_eq(lk_io_each_line(AT_FDCWD, dir, see_line, &seen), -EISDIR);
	lk_vec_done(&text);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory and a machine that exist only here, where every call can be made to fail: for the tests of rm and mv. */
#ifndef LK_TESTS_FILE_WORLD_H
#define LK_TESTS_FILE_WORLD_H

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "action/file.h"
#include "source/uses.h"

#define DIR_FD 100
#define N_NAMES 6
#define HOLDER 77 /* the inode of the empty file that keeps a name */

enum { HERE = 2, AWAY, PRIVATE }; /* directories: "/d", "/away", the private one in "/d"; also their inodes */

/* A name with inode 0 is free. */
struct world {
	struct {
		const char *name;
		uint64_t ino;
		uint16_t mode;
		uint64_t attributes;
		uint32_t nlink;
		int dir;
	} names[N_NAMES];
	char private_dir[40]; /* empty: it is not there */
	bool private_is_open; /* others may write to it */
	uint16_t dir_mode;
	uint64_t dir_attributes;
	uint64_t other_mount; /* mount id of the directory "away" */
	uint64_t gone_ino; /* deleted */
	int open_fds[64]; /* 0: closed; -1: a directory; n: names[n - 1] when it was opened */
	struct statx stats[64];
	int n_open;
	size_t n_calls, fail_at; /* the call with this number, from 1, fails */
	int fail_with;
	size_t n_changes; /* files deleted, the empty one that keeps a name left out */
	unsigned rename_flags; /* of the last one */
	size_t n_renames;
	bool no_flags; /* a file system that knows no flags of rename */
	bool lie; /* unlink, and rename to the new name, return 0 and do nothing */
	void (*before_rename)(struct world *w);
	/* What looking at the machine shows. */
	bool locked, used, uncertain;
	int uses_rc, scan_rc, resolve_rc;
	size_t n_refused, n_unanswered; /* processes that could not be asked */
	size_t n_kernel_unanswered;
	bool silent_later; /* n_unanswered only from the second look on */
	void (*between)(struct world *w); /* when users are looked for */
	int looks;
	char logged[512];
};

static struct world *w;

static int step(void)
{
	w->n_calls++;
	return w->n_calls == w->fail_at ? w->fail_with : 0;
}

static int name_in(int dir, const char *name)
{
	for (int i = 0; i < N_NAMES; i++) {
		if (w->names[i].name && w->names[i].ino && w->names[i].dir == dir &&
		    strcmp(w->names[i].name, name) == 0)
			return i;
	}
	return -1;
}

static int dir_of(int fd)
{
	cr_assert_geq(fd, DIR_FD, "names are looked up in a held directory only");
	return (int)w->stats[fd - DIR_FD].stx_ino;
}

static bool is_private(const char *name)
{
	return *w->private_dir && strcmp(name, w->private_dir) == 0;
}

static int add_name(int dir, const char *name, uint64_t ino)
{
	for (int i = 0; i < N_NAMES; i++) {
		if (w->names[i].ino)
			continue;
		w->names[i].name = name;
		w->names[i].ino = ino;
		w->names[i].mode = S_IFREG | 0600;
		w->names[i].nlink = 1;
		w->names[i].attributes = 0;
		w->names[i].dir = dir;
		return i;
	}
	cr_assert_fail("too many names");
	return -1;
}

static int new_fd(const struct statx *st)
{
	for (int i = 1; i < 64; i++) {
		if (w->open_fds[i])
			continue;
		w->open_fds[i] = 1;
		w->stats[i] = *st;
		w->n_open++;
		return i + DIR_FD;
	}
	cr_assert_fail("too many descriptors");
	return -EMFILE;
}

static struct statx make_stat(uint64_t ino, uint16_t mode, uint64_t attributes, uint32_t nlink, uint64_t mount)
{
	return (struct statx){ .stx_ino = ino,
			       .stx_dev_major = 0xfe,
			       .stx_mode = mode,
			       .stx_attributes = attributes,
			       .stx_attributes_mask = ~0ULL,
			       .stx_nlink = nlink,
			       .stx_mask = STATX_MNT_ID,
			       .stx_mnt_id = mount,
			       .stx_uid = 1 };
}

static struct statx stat_of(int i)
{
	return make_stat(w->names[i].ino, w->names[i].mode, w->names[i].attributes, w->names[i].nlink, 1);
}

static int open_dir(int dirfd, const char *path)
{
	bool away = strcmp(path, "/away/") == 0 || strcmp(path, "/away") == 0;
	struct statx st;

	if (dirfd >= DIR_FD && is_private(path)) {
		st = make_stat(PRIVATE, S_IFDIR | (w->private_is_open ? 0777 : 0700), 0, 2, 1);
		st.stx_uid = geteuid();
		return new_fd(&st);
	}
	if (strcmp(path, "/d/") != 0 && !away)
		return strcmp(path, "/none/") == 0 ? -ENOENT : -ENOTDIR;
	st = make_stat(away ? AWAY : HERE, w->dir_mode, w->dir_attributes, 2, away ? w->other_mount : 1);
	return new_fd(&st);
}

static int fake_open(void *arg __attribute__((unused)), int dirfd, const char *path, int flags,
		     mode_t mode __attribute__((unused)))
{
	struct statx st;
	int i, rc = step();

	cr_assert(flags & O_PATH || (flags & O_CREAT && flags & O_EXCL), "a file must not be opened");
	if (rc)
		return rc;
	if (flags & O_DIRECTORY)
		return open_dir(dirfd, path);
	cr_assert(flags & O_NOFOLLOW);
	if (flags & O_CREAT) {
		cr_assert(dir_of(dirfd) == PRIVATE && name_in(PRIVATE, path) < 0 && strcmp(path, "f") == 0);
		add_name(PRIVATE, "f", HOLDER);
	}
	i = name_in(dir_of(dirfd), path);
	if (i < 0)
		return -ENOENT;
	st = stat_of(i);
	return new_fd(&st);
}

/* The descriptor of a file shows how many names it has by now. */
static int fake_stat(void *arg __attribute__((unused)), int dirfd, const char *name, int flags, struct statx *ret)
{
	int rc = step(), i;

	if (*name) {
		cr_assert_eq(flags, AT_SYMLINK_NOFOLLOW);
		i = name_in(dir_of(dirfd), name);
		if (!rc && i >= 0)
			*ret = stat_of(i);
		return rc ? rc : i < 0 ? -ENOENT : 0;
	}
	cr_assert(flags == AT_EMPTY_PATH);
	*ret = w->stats[dirfd - DIR_FD];
	for (i = 0; i < N_NAMES; i++) {
		if (w->names[i].ino == ret->stx_ino && w->names[i].name)
			ret->stx_nlink = w->names[i].nlink;
	}
	if (ret->stx_ino == w->gone_ino)
		ret->stx_nlink = 0;
	return rc;
}

static int fake_make_dir(void *arg __attribute__((unused)), int dirfd, const char *name, mode_t mode)
{
	int rc = step();

	cr_assert(dir_of(dirfd) == HERE && mode == 0700 && !*w->private_dir && strlen(name) < sizeof(w->private_dir));
	if (rc)
		return rc;
	snprintf(w->private_dir, sizeof(w->private_dir), "%s", name);
	return 0;
}

static int fake_close(void *arg __attribute__((unused)), int fd)
{
	cr_assert(w->open_fds[fd - DIR_FD], "closed twice");
	w->open_fds[fd - DIR_FD] = 0;
	w->n_open--;
	return 0;
}

static int remove_dir(void)
{
	for (int i = 0; i < N_NAMES; i++) {
		if (w->names[i].ino && w->names[i].dir == PRIVATE)
			return -ENOTEMPTY;
	}
	w->private_dir[0] = 0;
	return 0;
}

static int fake_unlink(void *arg __attribute__((unused)), int dirfd, const char *name, int flags)
{
	int rc = step(), i = name_in(dir_of(dirfd), name);

	cr_assert(!strchr(name, '/'));
	if (rc)
		return rc;
	if (flags == AT_REMOVEDIR && dir_of(dirfd) == HERE) {
		cr_assert(is_private(name));
		return remove_dir();
	}
	cr_assert_eq(dir_of(dirfd), PRIVATE, "only what nobody else can exchange is deleted");
	if (w->lie)
		return 0;
	if (i < 0)
		return -ENOENT;
	if (w->names[i].ino != HOLDER) {
		w->n_changes++;
		w->gone_ino = w->names[i].ino;
	}
	w->names[i].ino = 0;
	return 0;
}

static int exchange(int a, int b)
{
	const char *name = w->names[a].name;
	int dir = w->names[a].dir;

	w->names[a].name = w->names[b].name;
	w->names[a].dir = w->names[b].dir;
	w->names[b].name = name;
	w->names[b].dir = dir;
	return 0;
}

static int fake_rename(void *arg __attribute__((unused)), int olddir, const char *old, int newdir, const char *new_name,
		       unsigned flags)
{
	int rc = step(), i, to;

	w->n_renames++;
	if (w->before_rename)
		w->before_rename(w);
	cr_assert(dir_of(olddir) == PRIVATE || dir_of(newdir) == PRIVATE);
	cr_assert(flags == RENAME_NOREPLACE || flags == RENAME_EXCHANGE);
	i = name_in(dir_of(olddir), old);
	to = name_in(dir_of(newdir), new_name);
	w->rename_flags = flags;
	if (rc || w->no_flags)
		return rc ? rc : -EINVAL;
	if (w->lie && strcmp(new_name, "g") == 0)
		return 0;
	if (i < 0 || (flags == RENAME_EXCHANGE && to < 0))
		return -ENOENT;
	if (to >= 0 && flags == RENAME_NOREPLACE)
		return -EEXIST;
	if (to >= 0)
		return exchange(i, to);
	w->names[i].dir = dir_of(newdir);
	w->names[i].name = strcmp(new_name, "g") == 0 ? "g" : "f";
	return 0;
}

static void fake_log(void *arg __attribute__((unused)), const char *line)
{
	snprintf(w->logged, sizeof(w->logged), "%s", line);
}

static const struct lk_sys sys = {
	.open_at = fake_open,
	.stat_at = fake_stat,
	.close = fake_close,
	.make_dir_at = fake_make_dir,
	.unlink_at = fake_unlink,
	.rename_at2 = fake_rename,
	.log = fake_log,
};

/* -- the machine -- */

static struct lk_fact_file fact_of(uint64_t ino, const char *path)
{
	return (struct lk_fact_file){ .key = { 0xfe, 0, ino, false },
				      .local = LK_YES,
				      .has_stat = true,
				      .st_major = 0xfe,
				      .st_ino = ino,
				      .nlink = 1,
				      .size = 0,
				      .path = path,
				      .deleted = LK_NO,
				      .replaced = LK_NO,
				      .fstype = "ext4",
				      .mount_point = "/",
				      .mnt_id = 1 };
}

static int fake_scan(struct lk_source *s __attribute__((unused)), const struct lk_request *req __attribute__((unused)),
		     const struct lk_sink *sink, struct lk_err *err)
{
	struct lk_fact_host host = {
		.scanner = "test", .host = "h", .boot_id = "b", .initial_pidns = true, .has_locks_file = true
	};
	struct lk_fact_lock lock = { .line = 1,
				     .rec = { .group = 1,
					      .type = LK_TYPE_FLOCK,
					      .mode = LK_MODE_WRITE,
					      .pid = 42,
					      .key = { 0xfe, 0, 10, false },
					      .range = { 0, INT64_MAX } } };
	struct lk_fact_file file = fact_of(10, "/d/f");
	struct lk_fact_fd fd = { .pid = 42, .fd = 3, .rec = lock.rec, .file = &file };
	struct lk_fact_proc proc = {
		.pid = 42, .start_ticks = 1, .comm = "prog", .comm_len = 4, .uid = 1, .state = 'S'
	};
	struct lk_fact_end end = { .stable = true, .n_procs = 1 };

	if (w->scan_rc)
		return lk_err_set(err, w->scan_rc, "scan");
	lk_sink_host(sink, &host);
	if (w->locked) {
		lk_sink_lock(sink, &lock);
		lk_sink_fd(sink, &fd);
		lk_sink_proc(sink, &proc);
	}
	return lk_sink_end(sink, &end);
}

static int fake_resolve(struct lk_source *s __attribute__((unused)), const char *path, bool follow,
			struct lk_fact_file *ret, struct lk_err *err)
{
	const char *name = strrchr(path, '/');
	int i = name ? name_in(HERE, name + 1) : -1;

	cr_assert(!follow || strcmp(path, "/d/f") != 0, "a link itself is meant");
	if (w->resolve_rc || i < 0)
		return lk_err_set(err, w->resolve_rc ? w->resolve_rc : -ENOENT, "resolve");
	*ret = fact_of(w->names[i].ino, path);
	return 0;
}

static void add_unread(struct lk_uses *u, int pid, int code)
{
	lk_uses_add_unread(u, &(struct lk_fact_unread){ .pid = pid, .comm = "silent", .code = code });
}

static int fake_uses(struct lk_source *s __attribute__((unused)), const struct lk_uses_request *req,
		     struct lk_uses *ret, struct lk_err *err)
{
	struct lk_use use = { .kind = LK_USE_OPEN, .pid = 43, .comm = "reader", .fd = 5, .certain = !w->uncertain };

	if (w->looks++ && w->between)
		w->between(w);
	if (w->uses_rc)
		return lk_err_set(err, w->uses_rc, "uses");
	ret->n_procs = 40;
	for (size_t i = 0; i < w->n_refused; i++)
		add_unread(ret, 100 + (int)i, -EACCES);
	for (size_t i = 0; i < w->n_unanswered && (!w->silent_later || w->looks > 1); i++)
		add_unread(ret, 200 + (int)i, -ETIMEDOUT);
	ret->n_kernel_unknown = ret->n_kernel_unanswered = w->n_kernel_unanswered;
	lk_uses_finish(ret);
	if (w->used && req->files->st_ino == 10)
		lk_uses_add(ret, &use);
	return 0;
}

static const struct lk_source_ops ops = { .scan = fake_scan, .resolve = fake_resolve, .uses = fake_uses };
static struct lk_source source = { .ops = &ops };

#endif

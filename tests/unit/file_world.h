/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory and a machine that exist only here, where every call can be made to fail: for the tests of rm and mv. */
#ifndef LK_TESTS_FILE_WORLD_H
#define LK_TESTS_FILE_WORLD_H

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "action/file.h"
#include "source/uses.h"

#define DIR_FD 100
#define N_NAMES 4

/* One directory. A name with inode 0 is free. */
struct world {
	struct {
		const char *name;
		uint64_t ino;
		uint16_t mode;
		uint64_t attributes;
		uint32_t nlink;
	} names[N_NAMES];
	uint16_t dir_mode;
	uint64_t dir_attributes;
	uint64_t other_mount; /* mount id of the directory "away" */
	int open_fds[64]; /* 0: closed; -1: a directory; n: names[n - 1] when it was opened */
	struct statx stats[64];
	int n_open;
	size_t n_calls, fail_at; /* the call with this number, from 1, fails */
	int fail_with;
	size_t n_changes; /* names deleted or renamed */
	unsigned rename_flags;
	bool lie; /* unlink and rename return 0 and do nothing */
	/* What looking at the machine shows. */
	bool locked, used, uncertain;
	int uses_rc, scan_rc, resolve_rc;
	size_t n_unreadable;
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

static int name_index(const char *name)
{
	for (int i = 0; i < N_NAMES; i++) {
		if (w->names[i].name && w->names[i].ino && strcmp(w->names[i].name, name) == 0)
			return i;
	}
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

static int fake_open(void *arg __attribute__((unused)), int dirfd, const char *path, int flags,
		     mode_t mode __attribute__((unused)))
{
	struct statx st;
	int i, rc = step();

	cr_assert(flags & O_PATH, "a file must not be opened");
	if (rc)
		return rc;
	if (flags & O_DIRECTORY) {
		bool away = strcmp(path, "/away/") == 0 || strcmp(path, "/away") == 0;

		if (strcmp(path, "/d/") != 0 && !away)
			return strcmp(path, "/none/") == 0 ? -ENOENT : -ENOTDIR;
		st = make_stat(away ? 3 : 2, w->dir_mode, w->dir_attributes, 2, away ? w->other_mount : 1);
		return new_fd(&st);
	}
	cr_assert_geq(dirfd, DIR_FD, "names are looked up in a held directory only");
	cr_assert(flags & O_NOFOLLOW);
	i = w->stats[dirfd - DIR_FD].stx_ino == 2 ? name_index(path) : -1;
	if (i < 0)
		return -ENOENT;
	st = make_stat(w->names[i].ino, w->names[i].mode, w->names[i].attributes, w->names[i].nlink, 1);
	return new_fd(&st);
}

static int fake_stat(void *arg __attribute__((unused)), int dirfd, const char *name, int flags, struct statx *ret)
{
	int rc = step();

	cr_assert(!*name && flags & AT_EMPTY_PATH);
	*ret = w->stats[dirfd - DIR_FD];
	return rc;
}

static int fake_close(void *arg __attribute__((unused)), int fd)
{
	cr_assert(w->open_fds[fd - DIR_FD], "closed twice");
	w->open_fds[fd - DIR_FD] = 0;
	w->n_open--;
	return 0;
}

static int fake_unlink(void *arg __attribute__((unused)), int dirfd, const char *name, int flags)
{
	int rc = step(), i = name_index(name);

	cr_assert(dirfd >= DIR_FD && flags == 0 && !strchr(name, '/'));
	if (rc)
		return rc;
	if (w->lie)
		return 0;
	if (i < 0)
		return -ENOENT;
	w->n_changes++;
	w->names[i].ino = 0;
	return 0;
}

static int fake_rename(void *arg __attribute__((unused)), int olddir, const char *old, int newdir, const char *new_name,
		       unsigned flags)
{
	int rc = step(), i = name_index(old), to = name_index(new_name);

	cr_assert(olddir >= DIR_FD && newdir >= DIR_FD && !strchr(new_name, '/'));
	w->rename_flags = flags;
	if (rc)
		return rc;
	if (w->lie)
		return 0;
	if (i < 0)
		return -ENOENT;
	if (to >= 0 && flags & RENAME_NOREPLACE)
		return -EEXIST;
	w->n_changes++;
	if (to >= 0)
		w->names[to].ino = 0;
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
	sink->host(sink->arg, &host);
	if (w->locked) {
		sink->lock(sink->arg, &lock);
		sink->fd(sink->arg, &fd);
		sink->proc(sink->arg, &proc);
	}
	return sink->end(sink->arg, &end);
}

static int fake_resolve(struct lk_source *s __attribute__((unused)), const char *path, bool follow,
			struct lk_fact_file *ret, struct lk_err *err)
{
	const char *name = strrchr(path, '/');
	int i = name ? name_index(name + 1) : -1;

	cr_assert(!follow || strcmp(path, "/d/f") != 0, "a link itself is meant");
	if (w->resolve_rc || i < 0)
		return lk_err_set(err, w->resolve_rc ? w->resolve_rc : -ENOENT, "resolve");
	*ret = fact_of(w->names[i].ino, path);
	return 0;
}

static int fake_uses(struct lk_source *s __attribute__((unused)), const struct lk_fact_file *files,
		     size_t n_files __attribute__((unused)), uint32_t timeout_ms __attribute__((unused)),
		     struct lk_uses *ret, struct lk_err *err)
{
	struct lk_use use = { .kind = LK_USE_OPEN, .pid = 43, .comm = "reader", .fd = 5, .certain = !w->uncertain };

	if (w->looks++ && w->between)
		w->between(w);
	if (w->uses_rc)
		return lk_err_set(err, w->uses_rc, "uses");
	ret->n_procs = 9;
	ret->n_unreadable = w->n_unreadable;
	return w->used && files->st_ino == 10 ? lk_uses_add(ret, &use) : 0;
}

static const struct lk_source_ops ops = { .scan = fake_scan, .resolve = fake_resolve, .uses = fake_uses };
static struct lk_source source = { .ops = &ops };

#endif

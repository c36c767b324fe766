/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks through a directory tree. */
#include "source/host/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/io.h"
#include "source/host/procroot.h"

#define HEARTBEAT 256

int lk_tree_dirfd(const struct lk_tree *t)
{
	return dirfd(t->levels.v[t->levels.n - 1].dir);
}

static void fail(struct lk_tree *t, const char *name, int rc)
{
	if (rc < 0 && rc != -ENOENT)
		t->failed(t, name, rc);
}

/* With O_NOATIME the access time of the directory stays; only its owner may use it. */
static int open_dir(int dirfd, const char *name, int flags, DIR **ret)
{
	int rc, fd = lk_io_openat(dirfd, name, flags | O_RDONLY | O_DIRECTORY | O_NOATIME);

	if (fd == -EPERM)
		fd = lk_io_openat(dirfd, name, flags | O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	*ret = fdopendir(fd);
	rc = *ret ? 0 : -errno;
	if (rc)
		close(fd);
	return rc;
}

static int enter(struct lk_tree *t, const char *name)
{
	struct lk_tree_level level = { 0 };
	int rc = open_dir(lk_tree_dirfd(t), name, O_NOFOLLOW, &level.dir);

	if (rc < 0)
		return rc;
	lk_buf_puts(&t->path, "/");
	lk_buf_puts(&t->path, name);
	level.n_path = t->path.n;
	*lk_vec_push(&t->levels) = level;
	return 0;
}

static void leave(struct lk_tree *t)
{
	closedir(t->levels.v[--t->levels.n].dir);
	t->path.n = t->levels.n ? t->levels.v[t->levels.n - 1].n_path : 0;
}

static int look_at(struct lk_tree *t, const char *name)
{
	bool go_in;
	struct statx st;
	int rc;

	if (statx(lk_tree_dirfd(t), name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		  STATX_TYPE | STATX_INO | STATX_MNT_ID, &st) < 0) {
		fail(t, name, -errno);
		return 0;
	}
	go_in = S_ISDIR(st.stx_mode);
	rc = t->visit(t, name, &st, &go_in);
	if (!rc && go_in) {
		int entered = enter(t, name);

		/* -ENOTDIR, -ELOOP: replaced by something else since, so the directory is gone. */
		fail(t, name, entered == -ENOTDIR || entered == -ELOOP ? 0 : entered);
	}
	return rc;
}

/* The next name of the innermost directory. */
static int walk_on(struct lk_tree *t)
{
	struct dirent *e;
	int rc = 0;

	errno = 0;
	e = readdir(t->levels.v[t->levels.n - 1].dir);
	if (!e) {
		fail(t, NULL, -errno);
		leave(t);
		return 0;
	}
	if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
		return 0;
	if (++t->n_met % HEARTBEAT == 0)
		rc = lk_helper_emit(t->out, "", 0);
	return rc ? rc : look_at(t, e->d_name);
}

/* Each directory above the current one stays open: a deep tree needs many descriptors. */
static void allow_depth(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int lk_tree_walk(struct lk_tree *t, const char *path, bool follow)
{
	struct lk_tree_level first = { 0 };
	int rc;

	allow_depth();
	rc = open_dir(AT_FDCWD, path, follow ? 0 : O_NOFOLLOW, &first.dir);
	if (rc < 0 || !first.dir)
		return rc < 0 ? rc : -EIO;
	t->path.n = 0;
	if (lk_procroot_own_link(dirfd(first.dir), &t->path) < 0)
		lk_buf_puts(&t->path, path);
	while (t->path.n && t->path.v[t->path.n - 1] == '/')
		t->path.n--;
	first.n_path = t->path.n;
	*lk_vec_push(&t->levels) = first;
	while (!rc && t->levels.n)
		rc = walk_on(t);
	while (t->levels.n)
		leave(t);
	lk_vec_done(&t->levels);
	lk_vec_done(&t->path);
	return rc;
}

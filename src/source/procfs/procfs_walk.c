/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the files with certain keys below a directory. The walk runs in a helper: it calls stat(2) on all it meets. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "source/host/helper.h"
#include "source/procfs/procfs_private.h"

#define HEARTBEAT 256
/* The bytes of a key that identify a file: without `none` and the padding. */
#define KEY_BYTES offsetof(struct lk_key, none)

struct walk {
	const struct lk_procroot *root;
	struct lk_mounts mounts;
	const char *path;
	bool follow;
	const struct lk_key *keys;
	size_t n_keys;
	struct lk_map inodes, by_key; /* to find keys by inode number, by key */
	LK_VEC(DIR *) dirs; /* in the helper: the directories being read, each below the one before */
	size_t n_met;
	lk_tree_cb cb;
	void *arg;
	int rc; /* -errno of what could not be read; 0: everything was */
};

/* Kept for the report at the end; the walk goes on. A name that vanished since its directory was read is no part of the tree. */
static void note_failure(struct walk *w, int rc)
{
	if (rc < 0 && rc != -ENOENT)
		w->rc = rc;
}

/* Reports the file that has this name now, if it is among those asked for. */
static int match(struct walk *w, int dirfd, const char *name, struct lk_helper_out *out)
{
	lk_auto_fd fd = lk_io_openat(dirfd, name, O_PATH | O_NOFOLLOW);
	struct lk_fact_file file;
	int rc = fd < 0 ? fd : lk_resolve_identity(w->root, &w->mounts, fd, &file);

	if (rc < 0) {
		note_failure(w, rc);
		return 0;
	}
	return lk_map_find(&w->by_key, &file.key, KEY_BYTES, NULL) ? lk_resolve_send(out, &w->mounts, fd, 0, &file) : 0;
}

/* With O_NOATIME the access time of the directory stays; only its owner may use it. */
static int enter(struct walk *w, int dirfd, const char *name, int flags)
{
	DIR *dir;
	int fd = lk_io_openat(dirfd, name, flags | O_RDONLY | O_DIRECTORY | O_NOATIME);

	if (fd == -EPERM)
		fd = lk_io_openat(dirfd, name, flags | O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	*lk_vec_push(&w->dirs) = dir;
	return 0;
}

static int visit(struct walk *w, int dirfd, const char *name, struct lk_helper_out *out)
{
	struct statx st;
	uint64_t ino;
	size_t i;
	int rc = 0;

	if (statx(dirfd, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE | STATX_INO,
		  &st) < 0) {
		note_failure(w, -errno);
		return 0;
	}
	ino = st.stx_ino;
	/* Most files can be ruled out by their inode number alone. */
	if (lk_map_find(&w->inodes, &ino, sizeof(ino), &i))
		rc = match(w, dirfd, name, out);
	/* -ENOTDIR, -ELOOP: replaced by something else since, so the directory is gone. */
	if (!rc && S_ISDIR(st.stx_mode)) {
		int entered = enter(w, dirfd, name, O_NOFOLLOW);

		note_failure(w, entered == -ENOTDIR || entered == -ELOOP ? 0 : entered);
	}
	return rc;
}

/* Visits the next name of the innermost directory. */
static int walk_on(struct walk *w, struct lk_helper_out *out)
{
	DIR *dir = w->dirs.v[w->dirs.n - 1];
	struct dirent *e;
	int rc = 0;

	errno = 0;
	e = readdir(dir);
	if (!e) {
		note_failure(w, -errno);
		closedir(dir);
		w->dirs.n--;
		return 0;
	}
	if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
		return 0;
	if (++w->n_met % HEARTBEAT == 0)
		rc = lk_helper_emit(out, "", 0);
	return rc ? rc : visit(w, dirfd(dir), e->d_name, out);
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

static int walk_work(void *arg, size_t item __attribute__((unused)), struct lk_helper_out *out)
{
	struct walk *w = arg;
	int rc = 0;

	allow_depth();
	w->rc = enter(w, AT_FDCWD, w->path, w->follow ? 0 : O_NOFOLLOW);
	while (!rc && w->dirs.n)
		rc = walk_on(w, out);
	/* After a failure the end of this process closes the open directories. */
	return !rc && w->rc ? lk_resolve_send(out, &w->mounts, -1, w->rc, NULL) : rc;
}

static int walk_take(void *arg, size_t i __attribute__((unused)), const char *data, size_t n)
{
	struct walk *w = arg;
	struct lk_arena a = { 0 };
	struct lk_fact_file file;
	int answer_rc, rc = lk_resolve_take(&a, data, n, &answer_rc, &file);

	if (!rc && answer_rc < 0)
		w->rc = answer_rc;
	else if (!rc)
		rc = w->cb(w->arg, &file);
	lk_arena_done(&a);
	return rc;
}

static int walk_run(struct procfs *p, struct walk *w, struct lk_err *err)
{
	struct lk_helper_job job = {
		.n_items = 1,
		.work = walk_work,
		.take = walk_take,
		.arg = w,
		.keep_fd = p->root.fd,
		.stall_ms = LK_RESOLVE_STALL_MS,
	};
	struct lk_helper_result res;
	int rc = lk_scan_load_own_mounts(&p->root, &w->mounts);

	for (size_t i = 0; i < w->n_keys && !rc; i++) {
		lk_map_set(&w->inodes, &w->keys[i].ino, sizeof(w->keys[i].ino), i);
		lk_map_set(&w->by_key, &w->keys[i], KEY_BYTES, i);
	}
	rc = rc ? rc : lk_helper_run(&job, &res);
	if (rc < 0)
		return lk_err_set(err, rc, "cannot walk %s: %s", w->path, strerror(-rc));
	if (res.n_given_up)
		return lk_err_set(err, -ETIMEDOUT,
				  "%s: a file system in it does not answer; what lies behind it was not looked at",
				  w->path);
	if (w->rc == -ENOTDIR)
		return lk_err_set(err, w->rc, "%s: %s", w->path, strerror(-w->rc));
	if (w->rc < 0)
		return lk_err_set(err, w->rc, "%s: part of it could not be read: %s", w->path, strerror(-w->rc));
	return 0;
}

int lk_procfs_walk(struct lk_source *s, const char *path, bool follow, const struct lk_key *keys, size_t n_keys,
		   lk_tree_cb cb, void *arg, struct lk_err *err)
{
	struct procfs *p = (struct procfs *)s;
	struct walk w = {
		.root = &p->root,
		.path = path,
		.follow = follow,
		.keys = keys,
		.n_keys = n_keys,
		.cb = cb,
		.arg = arg,
	};
	int rc;

	if (!p->root.is_proc)
		return lk_err_set(err, -EOPNOTSUPP, "%s: a copied tree has no directories to walk", path);
	rc = walk_run(p, &w, err);
	lk_mounts_done(&w.mounts);
	lk_map_done(&w.inodes);
	lk_map_done(&w.by_key);
	return rc;
}

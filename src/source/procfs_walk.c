/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files below a directory that are among the locked ones. The walk runs in a helper: it stats what it meets. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "source/helper.h"
#include "source/procfs_private.h"

#define HEARTBEAT 256
/* The bytes of a key that name a file; behind them is padding. */
#define KEY_BYTES offsetof(struct lk_key, none)

struct walk {
	const struct lk_procroot *root;
	struct lk_mounts mounts;
	const char *path;
	const struct lk_key *keys;
	size_t n_keys;
	struct lk_map inodes; /* of the keys: most files are dismissed by their inode number */
	struct lk_map by_key;
	lk_tree_cb cb;
	void *arg;
	int rc; /* of the top directory */
};

static int walk_entry(struct walk *w, const FTSENT *e, struct lk_helper_out *out)
{
	lk_auto_fd fd = -1;
	struct resolve_answer a = { .mnt_id = -1, .size = -1 };
	uint64_t ino = e->fts_statp->st_ino;
	size_t i;

	if (!lk_map_find(&w->inodes, &ino, sizeof(ino), &i))
		return 0;
	fd = lk_io_openat(AT_FDCWD, e->fts_accpath, O_PATH | O_NOFOLLOW);
	if (fd < 0 || lk_resolve_identity(w->root, &w->mounts, fd, &a) < 0)
		return 0;
	if (!lk_map_find(&w->by_key, &a.key, KEY_BYTES, &i))
		return 0;
	return lk_resolve_send(out, &w->mounts, fd, &a);
}

static int walk_work(void *arg, size_t item __attribute__((unused)), struct lk_helper_out *out)
{
	struct walk *w = arg;
	char *const paths[] = { (char *)w->path, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW, NULL);
	FTSENT *e;
	int rc = fts ? 0 : -errno;
	struct resolve_answer failed = { .mnt_id = -1 };

	for (size_t n = 1; !rc && (e = fts_read(fts)) != NULL; n++) {
		if (n % HEARTBEAT == 0)
			rc = lk_helper_emit(out, "", 0);
		if (e->fts_info == FTS_DNR || e->fts_info == FTS_NS || e->fts_info == FTS_ERR)
			failed.rc = -e->fts_errno;
		else if (e->fts_info != FTS_DP && e->fts_info != FTS_DC)
			rc = rc ? rc : walk_entry(w, e, out);
	}
	if (fts)
		fts_close(fts);
	if (!rc && failed.rc)
		rc = lk_resolve_send(out, &w->mounts, -1, &failed);
	return rc;
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
		rc = lk_map_set(&w->inodes, &w->keys[i].ino, sizeof(w->keys[i].ino), i);
		rc = rc ? rc : lk_map_set(&w->by_key, &w->keys[i], KEY_BYTES, i);
	}
	rc = rc ? rc : lk_helper_run(&job, &res);
	if (rc < 0)
		return lk_err_set(err, rc, "cannot walk %s: %s", w->path, strerror(-rc));
	if (res.n_given_up)
		return lk_err_set(err, -ETIMEDOUT,
				  "%s: a file system in it does not answer; what lies behind it was not looked at",
				  w->path);
	if (w->rc < 0)
		return lk_err_set(err, w->rc, "%s: part of it could not be read: %s", w->path, strerror(-w->rc));
	return 0;
}

int lk_procfs_walk(struct lk_source *s, const char *path, const struct lk_key *keys, size_t n_keys, lk_tree_cb cb,
		   void *arg, struct lk_err *err)
{
	struct procfs *p = (struct procfs *)s;
	struct walk w = { .root = &p->root, .path = path, .keys = keys, .n_keys = n_keys, .cb = cb, .arg = arg };
	int rc;

	if (s->ops->resolve != lk_procfs_resolve || !p->root.is_proc)
		return lk_err_set(err, -EOPNOTSUPP, "%s: a directory tree can only be walked on the live machine",
				  path);
	rc = walk_run(p, &w, err);
	lk_mounts_done(&w.mounts);
	lk_map_done(&w.inodes);
	lk_map_done(&w.by_key);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the files with certain keys below a directory. The walk runs in a helper: it calls stat(2) on all it meets. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "source/host/helper.h"
#include "source/host/tree.h"
#include "source/procfs/procfs_private.h"

/* The bytes of a key that identify a file: without `none` and the padding. */
#define KEY_BYTES offsetof(struct lk_key, none)

struct walk {
	const struct lk_procroot *root;
	struct lk_mounts mounts;
	const struct lk_walk_request *req;
	struct lk_map inodes, by_key; /* to find keys by inode number, by key */
	lk_tree_cb cb;
	void *arg;
	int rc; /* -errno of what could not be read; 0: everything was */
};

/* Reported at the end. */
static void failed(struct lk_tree *t, const char *name __attribute__((unused)), int rc)
{
	struct walk *w = t->arg;

	w->rc = rc;
}

/* Was it made after the keys had been seen? A time to come says only that the clock was wrong once. */
static bool is_younger(const struct walk *w, int fd)
{
	struct statx st;
	int64_t made_ms;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BTIME, &st) < 0 || !(st.stx_mask & STATX_BTIME))
		return false;
	made_ms = lk_io_to_ms(st.stx_btime);
	return made_ms > w->req->seen_ms && made_ms <= lk_io_wall_ms();
}

/* Reports the file that has this name now, if it is among those asked for. */
static int match(struct walk *w, struct lk_tree *t, const char *name)
{
	lk_auto_fd fd = lk_io_openat(lk_tree_dirfd(t), name, O_PATH | O_NOFOLLOW);
	struct lk_fact_file file;
	int rc = fd < 0 ? fd : lk_resolve_identity(w->root, &w->mounts, fd, &file);

	if (rc < 0) {
		w->rc = rc == -ENOENT ? w->rc : rc;
		return 0;
	}
	if (!lk_map_find(&w->by_key, &file.key, KEY_BYTES, NULL) || is_younger(w, fd))
		return 0;
	return lk_resolve_send(t->out, &w->mounts, fd, 0, &file);
}

/* Most files can be ruled out by their inode number alone. */
static int visit(struct lk_tree *t, const char *name, const struct statx *st, bool *enter __attribute__((unused)))
{
	struct walk *w = t->arg;
	uint64_t ino = st->stx_ino;

	return lk_map_find(&w->inodes, &ino, sizeof(ino), NULL) ? match(w, t, name) : 0;
}

static int walk_work(void *arg, size_t item __attribute__((unused)), struct lk_helper_out *out)
{
	struct walk *w = arg;
	struct lk_tree t = { .visit = visit, .failed = failed, .arg = w, .out = out };
	int rc = lk_tree_walk(&t, w->req->path, w->req->follow);

	w->rc = rc < 0 && !t.n_met ? rc : w->rc;
	return w->rc ? lk_resolve_send(out, &w->mounts, -1, w->rc, NULL) : rc;
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

	for (size_t i = 0; i < w->req->n_keys && !rc; i++) {
		lk_map_set(&w->inodes, &w->req->keys[i].ino, sizeof(w->req->keys[i].ino), i);
		lk_map_set(&w->by_key, &w->req->keys[i], KEY_BYTES, i);
	}
	rc = rc ? rc : lk_helper_run(&job, &res);
	if (rc < 0)
		return lk_err_set(err, rc, "cannot walk %s: %s", w->req->path, strerror(-rc));
	if (res.n_given_up)
		return lk_err_set(err, -ETIMEDOUT,
				  "%s: a file system in it does not answer; what lies behind it was not looked at",
				  w->req->path);
	if (w->rc == -ENOTDIR)
		return lk_err_set(err, w->rc, "%s: %s", w->req->path, strerror(-w->rc));
	if (w->rc < 0)
		return lk_err_set(err, w->rc, "%s: part of it could not be read: %s", w->req->path, strerror(-w->rc));
	return 0;
}

int lk_procfs_walk(struct lk_source *s, const struct lk_walk_request *req, lk_tree_cb cb, void *arg, struct lk_err *err)
{
	struct procfs *p = (struct procfs *)s;
	struct walk w = { .root = &p->root, .req = req, .cb = cb, .arg = arg };
	int rc;

	if (!p->root.is_proc)
		return lk_err_set(err, -EOPNOTSUPP, "%s: a copied tree has no directories to walk", req->path);
	rc = walk_run(p, &w, err);
	lk_mounts_done(&w.mounts);
	lk_map_done(&w.inodes);
	lk_map_done(&w.by_key);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A capture as a source: replays its facts, and finds files by the paths and keys in it. */
#include "source/capture/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "source/capture/capture_read.h"
#include "source/file_name.h"

struct lk_capture {
	struct lk_source base;
	struct lk_arena arena;
	lk_capture_facts facts;
	char *name; /* for messages */
};

static int capture_scan(struct lk_source *s, const struct lk_request *req, const struct lk_sink *sink,
			struct lk_err *err)
{
	struct lk_capture *c = (struct lk_capture *)s;

	(void)req;
	for (size_t i = 0; i < c->facts.n; i++) {
		int rc = sink->put(sink->arg, &c->facts.v[i]);

		if (rc < 0)
			return lk_err_set(err, rc, "cannot replay %s: %s", c->name, strerror(-rc));
	}
	return 0;
}

static const struct lk_fact_file *file_of(const struct lk_fact *f)
{
	if (f->kind == LK_FACT_FD)
		return f->fd->file;
	if (f->kind == LK_FACT_WAITER)
		return f->waiter->file;
	return NULL;
}

static bool same_file(const struct lk_fact_file *a, const struct lk_fact_file *b)
{
	if (!lk_key_equal(&a->key, &b->key))
		return false;
	return !a->has_stat || !b->has_stat ||
	       (a->st_major == b->st_major && a->st_minor == b->st_minor && a->st_ino == b->st_ino);
}

static struct lk_fact_file nothing_known(void)
{
	return (struct lk_fact_file){ .key.none = true,
				      .local = LK_UNKNOWN,
				      .size = -1,
				      .mnt_id = -1,
				      .deleted = LK_UNKNOWN,
				      .replaced = LK_UNKNOWN };
}

/* A capture knows nothing of a directory but that it is above a recorded file. */
static int resolve_rest(const char *path, bool gone, bool is_dir, struct lk_fact_file *ret, struct lk_err *err)
{
	if (gone)
		return lk_err_set(
			err, -ENODATA,
			"the file of this capture that was %s is deleted or replaced; give MAJOR:MINOR:INODE instead",
			path);
	if (!is_dir)
		return lk_err_set(err, -ENODATA, "%s is not among the files of this capture", path);
	*ret = nothing_known();
	ret->path = path;
	return 0;
}

static int resolve_path(struct lk_capture *c, const char *path, struct lk_fact_file *ret, struct lk_err *err)
{
	const struct lk_fact_file *found = NULL;
	bool gone = false, is_dir = false;

	for (size_t i = 0; i < c->facts.n; i++) {
		const struct lk_fact_file *file = file_of(&c->facts.v[i]);

		if (!file || !file->path)
			continue;
		is_dir = is_dir || (file->unreachable != LK_YES && (*path == '/' && lk_text_below(file->path, path)));
		if (file->key.none || !lk_file_is_called(file, path))
			continue;
		if (file->deleted == LK_YES || file->replaced == LK_YES) {
			gone = true;
			continue;
		}
		if (found && !same_file(found, file))
			return lk_err_set(err, -ENODATA,
					  "%s names several files in this capture; give MAJOR:MINOR:INODE instead",
					  path);
		if (!found || file->has_stat)
			found = file;
	}
	if (!found)
		return resolve_rest(path, gone, is_dir, ret, err);
	*ret = *found;
	return 0;
}

/* Do locks on this file system live in the kernel of the captured machine? */
static enum lk_tri local_of(const struct lk_capture *c, const struct lk_key *key)
{
	for (size_t i = 0; i < c->facts.n; i++) {
		const struct lk_fact_mount *m = c->facts.v[i].mount;

		if (c->facts.v[i].kind == LK_FACT_MOUNT && m->major == key->major && m->minor == key->minor)
			return m->local;
	}
	return LK_UNKNOWN;
}

static bool has_lock_on(const struct lk_capture *c, const struct lk_key *key)
{
	for (size_t i = 0; i < c->facts.n; i++) {
		const struct lk_fact_lock *l = c->facts.v[i].lock;

		if (c->facts.v[i].kind == LK_FACT_LOCK && lk_key_equal(&l->rec.key, key))
			return true;
	}
	return false;
}

static int resolve_key(struct lk_capture *c, const struct lk_key *key, const char *text, struct lk_fact_file *ret,
		       struct lk_err *err)
{
	const struct lk_fact_file *found = NULL;

	for (size_t i = 0; i < c->facts.n; i++) {
		const struct lk_fact_file *file = file_of(&c->facts.v[i]);

		if (!file || !lk_key_equal(&file->key, key))
			continue;
		if (found && !same_file(found, file))
			return lk_err_set(err, -ENODATA,
					  "%s belongs to several files in this capture; give a path instead", text);
		if (!found || (file->has_stat && !found->has_stat))
			found = file;
	}
	if (!found && !has_lock_on(c, key))
		return lk_err_set(err, -ENODATA, "%s is not among the files of this capture", text);
	*ret = found ? *found : nothing_known();
	if (!found) {
		ret->key = *key;
		ret->local = local_of(c, key);
	}
	return 0;
}

static int capture_resolve(struct lk_source *s, const char *path, bool follow, struct lk_fact_file *ret,
			   struct lk_err *err)
{
	struct lk_capture *c = (struct lk_capture *)s;
	struct lk_key key;

	(void)follow;
	if (lk_key_parse(path, strlen(path), &key) == 0)
		return resolve_key(c, &key, path, ret, err);
	return resolve_path(c, path, ret, err);
}

static void capture_free(struct lk_source *s)
{
	struct lk_capture *c = (struct lk_capture *)s;

	lk_vec_done(&c->facts);
	lk_arena_done(&c->arena);
	free(c->name);
	free(c);
}

static const struct lk_source_ops capture_ops = {
	.scan = capture_scan,
	.resolve = capture_resolve,
	.free = capture_free,
};

static int open_capture(const char *name, int fd, const char *text, size_t n, struct lk_source **ret,
			struct lk_err *err)
{
	struct lk_capture *c = lk_alloc(1, sizeof(*c));
	int rc;

	c->base.ops = &capture_ops;
	c->name = lk_strdup(name);
	rc = lk_capture_read(name, fd, text, n, &c->arena, &c->facts, err);
	if (rc < 0)
		capture_free(&c->base);
	else
		*ret = &c->base;
	return rc;
}

int lk_capture_open_text(const char *name, const char *text, size_t n, struct lk_source **ret, struct lk_err *err)
{
	return open_capture(name, -1, text, n, ret, err);
}

int lk_capture_open(const char *path, struct lk_source **ret, struct lk_err *err)
{
	lk_auto_fd fd = -1;

	if (strcmp(path, "-") == 0)
		return open_capture("standard input", STDIN_FILENO, "", 0, ret, err);
	fd = lk_io_openat(AT_FDCWD, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return lk_err_set(err, fd, "cannot read the capture %s: %s", path, strerror(-fd));
	return open_capture(path, fd, "", 0, ret, err);
}

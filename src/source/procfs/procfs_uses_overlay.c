/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file in a layer of an overlay file system that is mounted here is seen there as another file, which has locks and users of its own.
 * Only local layers with absolute paths are looked at, and only the mount tables say what they are. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "source/procfs/procfs_uses.h"

/* The layers of one mount, topmost first. */
struct layers {
	lk_ints fds; /* O_PATH */
	LK_VEC(char *) paths; /* as the kernel prints them */
};

static void layers_done(struct layers *l)
{
	for (size_t i = 0; i < l->fds.n; i++)
		close(l->fds.v[i]);
	for (size_t i = 0; i < l->paths.n; i++)
		free(l->paths.v[i]);
	lk_vec_done(&l->fds);
	lk_vec_done(&l->paths);
}

struct adding {
	struct uses_job *j;
	struct layers *l;
};

static int add_layer(void *arg, const char *path)
{
	struct uses_job *j = ((struct adding *)arg)->j;
	struct layers *l = ((struct adding *)arg)->l;
	int fd = path[0] == '/' && lk_mounts_path_is_local(&j->mounts, 0, path)
			 ? lk_io_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY)
			 : -ENOENT;

	if (fd < 0)
		return 0;
	j->link.n = 0;
	if (lk_procroot_own_link(fd, &j->link) < 0) {
		close(fd);
		return 0;
	}
	*lk_vec_push(&l->fds) = fd;
	*lk_vec_push(&l->paths) = lk_strdup(lk_buf_str(&j->link));
	return 0;
}

/* Anything of that name in a layer above hides it; so does a whiteout, the mark of a deleted file. */
static bool is_hidden(const struct layers *l, size_t layer, const char *name)
{
	for (size_t i = 0; i < layer; i++) {
		if (faccessat(l->fds.v[i], name + 1, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	}
	return false;
}

/* Whether the path leads to a file on the overlay m: something else may be mounted over it. */
static bool is_seen_at(struct uses_job *j, const struct lk_mount *m, const char *path)
{
	lk_auto_fd fd = lk_mounts_path_is_local(&j->mounts, 0, path) ? lk_io_openat(AT_FDCWD, path, O_PATH | O_NOFOLLOW)
								     : -ENOENT;
	struct lk_fact_file seen;

	return fd >= 0 && lk_resolve_identity(j->root, &j->mounts, fd, &seen) == 0 && seen.mnt_id == m->id;
}

static int look_at_file(struct uses_job *j, struct lk_helper_out *out, const struct lk_mount *m, const struct layers *l,
			size_t file)
{
	lk_auto_mem char *seen = NULL;
	const char *name = NULL;
	size_t i = 0;

	for (; i < l->paths.n && !name; i++)
		name = lk_text_below(j->files[file].path, l->paths.v[i]);
	if (!name || is_hidden(l, i - 1, name))
		return 0;
	seen = lk_printf("%s%s", m->target, name);
	return is_seen_at(j, m, seen) ? lk_uses_emit_kernel(out, file, LK_USE_OVERLAY, seen, true) : 0;
}

static bool may_be_in_layer(const struct lk_fact_file *file)
{
	return file->path && file->unreachable != LK_YES && file->local == LK_YES && file->mode && !S_ISDIR(file->mode);
}

static int look_at_overlay(struct uses_job *j, struct lk_helper_out *out, const struct lk_mount *m)
{
	struct layers l = { 0 };
	struct adding adding = { j, &l };
	int rc = lk_mounts_each_layer(m->overlay, true, add_layer, &adding);

	rc = rc ? rc : lk_mounts_each_layer(m->overlay, false, add_layer, &adding);
	for (size_t i = 0; i < j->n_files && !rc; i++) {
		if (may_be_in_layer(&j->files[i]))
			rc = look_at_file(j, out, m, &l, i);
	}
	layers_done(&l);
	/* There may be many overlays: this shows the parent that the helper is at work. */
	return rc ? rc : lk_helper_emit(out, "", 0);
}

int lk_uses_of_overlays(struct uses_job *j, struct lk_helper_out *out)
{
	bool wanted = false;
	int rc = 0;

	for (size_t i = 0; i < j->n_files; i++)
		wanted = wanted || may_be_in_layer(&j->files[i]);
	for (size_t i = 0, n = j->mounts.v.n; wanted && i < n && !rc; i++) {
		const struct lk_mount *m = j->mounts.v.v[i];

		if (m->ns == 0 && m->overlay)
			rc = look_at_overlay(j, out, m);
	}
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uses of what is below a directory: on the mount whose root it is, which makes umount(2) fail with EBUSY, or anywhere in its tree. They
 * are found by mount ids and by the paths that the kernel prints, so that no file server is asked. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/text.h"
#include "source/file_name.h"
#include "source/procfs/procfs_uses.h"

/* The file type is not known on a file server; the root of a mount is hardly anything but a directory. */
static bool may_be_directory(const struct lk_fact_file *file)
{
	return file->path && (!file->mode || S_ISDIR(file->mode));
}

static bool is_mount_root(const struct lk_fact_file *file)
{
	return may_be_directory(file) && file->mnt_id >= 0 && file->mount_point &&
	       strcmp(file->path, file->mount_point) == 0;
}

static bool is_in_tree(const struct uses_job *j, const struct lk_fact_file *file, const char *path)
{
	const char *rest = j->tree && may_be_directory(file) ? lk_text_below(path, file->path) : NULL;

	return rest && rest[1];
}

/* Whether the paths of the file and of what is on m belong to one mount namespace, so that they can be compared. */
static bool is_in_view(const struct lk_fact_file *file, const struct lk_mount *m)
{
	if (file->unreachable == LK_YES)
		return file->foreign_mnt_ns && m->ns_id == file->foreign_mnt_ns;
	return m->ns == 0;
}

/* LK_UNKNOWN: a mount of another namespace, which may be a copy that is unmounted together with that of the file. */
static enum lk_tri is_on_mount(const struct uses_job *j, const struct lk_fact_file *file, const struct lk_mount *m)
{
	if (is_mount_root(file) && m->id == file->mnt_id)
		return LK_YES;
	if (!is_in_view(file, m))
		return is_mount_root(file) && m->major == file->key.major && m->minor == file->key.minor ? LK_UNKNOWN
													 : LK_NO;
	return is_in_tree(j, file, m->target) ? LK_YES : LK_NO;
}

/* m: the mount that the path leads into; NULL: not known, for example after a lazy unmount. */
static enum lk_tri is_below(const struct uses_job *j, const struct lk_fact_file *file, const struct lk_mount *m,
			    const char *path)
{
	enum lk_tri on;

	if (!m || path[0] != '/' || (may_be_directory(file) && strcmp(path, file->path) == 0))
		return LK_NO;
	on = is_on_mount(j, file, m);
	return on == LK_NO && is_in_view(file, m) && is_in_tree(j, file, path) ? LK_YES : on;
}

bool lk_uses_wants_below(const struct uses_job *j, const struct lk_fact_file *file)
{
	return j->tree ? may_be_directory(file) : is_mount_root(file);
}

bool lk_uses_is_below_path(const struct uses_job *j, const struct lk_fact_file *file, const char *path)
{
	return lk_uses_wants_below(j, file) &&
	       is_below(j, file, lk_mounts_by_path(&j->mounts, 0, path), path) == LK_YES;
}

static int emit_below(struct lk_helper_out *out, const struct uses_proc *p, size_t file, enum lk_use_kind kind, int fd,
		      const char *what, bool certain)
{
	struct lk_use use = { .file = file, .kind = kind, .fd = fd, .what = what, .below = true, .certain = certain };

	return lk_uses_emit(out, p, &use);
}

/* Reports one use of each kind for each process. m: the mount that the path leads into; it may be one of another namespace. */
static int emit_once(const struct uses_job *j, struct lk_helper_out *out, struct uses_proc *p, const struct lk_mount *m,
		     struct lk_use use, enum lk_tri is)
{
	struct lk_fact_file at = { .unreachable = LK_UNKNOWN };
	unsigned bit = 1U << use.kind, *seen = &p->seen[use.file].below;
	struct lk_arena names = { 0 };
	int rc;

	if (is == LK_NO || *seen & bit)
		return 0;
	*seen |= is == LK_YES ? bit : 0;
	lk_mounts_place(&j->mounts, m, use.what, &at);
	rc = emit_below(out, p, use.file, use.kind, use.fd, lk_file_name(&names, &at, use.what), is == LK_YES);
	lk_arena_done(&names);
	return rc;
}

int lk_uses_below_fd(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, const struct lk_fdinfo *info,
		     int fd)
{
	struct lk_proc_name what = lk_procroot_name("fd/%d", fd);
	struct lk_proc_name name = lk_procroot_task_name(p->pid, p->tid, what.s);
	enum lk_use_kind kind = info->has_flags && info->flags & O_PATH ? LK_USE_PATH : LK_USE_OPEN;
	const struct lk_mount *m = NULL;
	const char *path = NULL;
	int rc = 0;

	for (size_t i = 0; i < j->n_files && !rc; i++) {
		if (!lk_uses_wants_below(j, &j->files[i]))
			continue;
		m = m ? m : lk_uses_find_mount(j, p, info->mnt_id);
		if (!m || (!j->tree && is_on_mount(j, &j->files[i], m) == LK_NO))
			continue;
		j->link.n = 0;
		if (!path && lk_io_readlink_at(j->root->fd, name.s, &j->link) == 0)
			path = lk_buf_str(&j->link);
		if (path)
			rc = emit_once(j, out, p, m, (struct lk_use){ .file = i, .kind = kind, .fd = fd, .what = path },
				       is_below(j, &j->files[i], m, path));
	}
	return rc;
}

/* A memfd has a name like "/memfd:x (deleted)", which leads nowhere. */
static bool is_gone(const char *path)
{
	static const char mark[] = " (deleted)";
	size_t n = strlen(path);

	return n >= sizeof(mark) - 1 && strcmp(path + n - (sizeof(mark) - 1), mark) == 0;
}

/* Whether the file in use is on m, the mount that its path leads into. */
static bool is_there(const struct uses_job *j, const struct lk_mount *m, const struct uses_place *place)
{
	const struct lk_key *key = place->key;
	struct statx st;

	/* Before Linux 6.8 a mapping of a file on overlay shows the key of the file in the layer. */
	if (key)
		return (key->major == m->major && key->minor == m->minor) ||
		       (strcmp(m->fstype, "overlay") == 0 && !is_gone(place->path));
	if (!is_gone(place->path))
		return true;
	return m->local == LK_YES &&
	       statx(j->root->fd, place->name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) == 0 &&
	       st.stx_mask & STATX_MNT_ID && st.stx_mnt_id == (uint64_t)m->id;
}

int lk_uses_below_place(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out,
			const struct uses_place *place)
{
	const struct lk_mount *m = NULL;
	int rc = 0, ns;

	for (size_t i = 0; i < j->n_files && !rc; i++) {
		if (!lk_uses_wants_below(j, &j->files[i]) || p->seen[i].below & 1U << place->kind ||
		    place->path[0] != '/')
			continue;
		ns = m ? 0 : lk_uses_namespace(j, p->pid);
		m = m || ns < 0 ? m : lk_mounts_by_path(&j->mounts, (unsigned)ns, place->path);
		if (m && is_there(j, m, place))
			rc = emit_once(j, out, p, m,
				       (struct lk_use){ .file = i, .kind = place->kind, .fd = -1, .what = place->path },
				       is_below(j, &j->files[i], m, place->path));
	}
	return rc;
}

int lk_uses_below_kernel(struct uses_job *j, struct lk_helper_out *out, enum lk_use_kind kind, const char *path,
			 const char *what)
{
	int rc = 0;

	for (size_t i = 0; i < j->n_files && !rc; i++) {
		if (lk_uses_is_below_path(j, &j->files[i], path))
			rc = emit_below(out, NULL, i, kind, -1, what, true);
	}
	return rc;
}

/* Mounts that are mounted on the file's own mount, or at a path below the file. */
int lk_uses_below_mount(struct uses_job *j, struct lk_helper_out *out, const struct lk_mount *m, size_t i)
{
	const struct lk_fact_file *file = &j->files[i];
	bool below;

	if (m->ns != 0 || m->id == file->mnt_id || !lk_uses_wants_below(j, file))
		return 0;
	below = (is_mount_root(file) && m->parent == file->mnt_id) ||
		(is_in_view(file, m) && is_in_tree(j, file, m->target));
	return below ? emit_below(out, NULL, i, LK_USE_MOUNT, -1, m->target, true) : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uses of a block device, found by its number and not by the node that was asked for: mounted, swapped to, part of another device, open. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "source/file_name.h"
#include "source/host/sysroot.h"
#include "source/procfs/procfs_uses.h"

/* partition: "sda1"; NULL: the device itself. */
static void add_one(struct uses_job *j, const struct uses_block *from, const char *partition)
{
	struct uses_block *slot = lk_vec_push(&j->blocks);

	*slot = *from;
	slot->partition = partition ? lk_printf("/dev/%s", partition) : NULL;
}

/* For on_sibling() and on_partition(). */
struct adding {
	struct uses_job *j;
	struct uses_block block;
	const char *partition;
};

static int on_sibling(void *arg, uint32_t major, uint32_t minor, const char *name __attribute__((unused)),
		      const char *label __attribute__((unused)))
{
	struct adding *a = arg;
	struct uses_block sibling = { .file = a->block.file, .major = major, .minor = minor, .sibling = true };

	if (major != a->block.major || minor != a->block.minor)
		add_one(a->j, &sibling, a->partition);
	return 0;
}

static void add(struct uses_job *j, size_t file, uint32_t major, uint32_t minor, const char *partition)
{
	struct adding a = { j, { .file = file, .major = major, .minor = minor }, partition };

	add_one(j, &a.block, partition);
	lk_sysroot_each_of_btrfs(major, minor, on_sibling, &a);
}

static int on_partition(void *arg, uint32_t major, uint32_t minor, const char *name,
			const char *label __attribute__((unused)))
{
	const struct adding *a = arg;

	add(a->j, a->block.file, major, minor, name);
	return 0;
}

static void prepare(struct uses_job *j)
{
	for (size_t i = 0; !j->blocks_read && i < j->n_files; i++) {
		const struct lk_fact_file *file = &j->files[i];
		struct adding a = { .j = j, .block = { .file = i } };

		if (!S_ISBLK(file->mode))
			continue;
		add(j, i, file->rdev_major, file->rdev_minor, NULL);
		lk_sysroot_each_partition(file->rdev_major, file->rdev_minor, on_partition, &a);
	}
	j->blocks_read = true;
}

/* what NULL: only the partition is named. */
static int emit_block(struct lk_helper_out *out, const struct uses_proc *p, const struct uses_block *b,
		      enum lk_use_kind kind, int fd, const char *what)
{
	struct lk_use use = { .file = b->file, .kind = kind, .fd = fd, .what = what, .certain = true };
	lk_auto_mem char *both = NULL;

	if (b->partition && what && strcmp(what, b->partition) != 0)
		use.what = both = lk_printf("%s (%s)", what, b->partition);
	else if (b->partition)
		use.what = b->partition;
	return lk_uses_emit(out, p, &use);
}

/* -- mounts -- */

/* The superblock has the number of the device or, like btrfs, one of its own; then the name that was mounted is compared. */
static bool is_mounted_from(struct uses_job *j, const struct lk_mount *m, const struct uses_block *b)
{
	struct statx st;

	if (m->major || !m->source || m->source[0] != '/' || m->ns != 0)
		return m->major == b->major && m->minor == b->minor;
	return lk_mounts_path_is_local(&j->mounts, 0, m->source) &&
	       statx(AT_FDCWD, m->source, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &st) == 0 &&
	       S_ISBLK(st.stx_mode) && st.stx_rdev_major == b->major && st.stx_rdev_minor == b->minor;
}

static int emit_mount(struct lk_helper_out *out, const struct uses_block *b, const struct lk_mount *m)
{
	struct lk_fact_file at = { .unreachable = m->ns == 0 ? LK_NO : LK_YES, .foreign_mnt_ns = m->ns_id };
	struct lk_arena names = { 0 };
	int rc = emit_block(out, NULL, b, LK_USE_MOUNT, -1, lk_file_name(&names, &at, m->target));

	lk_arena_done(&names);
	return rc;
}

/* Whether the mount has to be reported: one of our own namespace always, a copy of it in another namespace not again. */
static bool is_new_place(const struct uses_job *j, const struct lk_mount *m)
{
	for (size_t i = 0; m->ns != 0 && i < j->mounts.v.n; i++) {
		const struct lk_mount *e = j->mounts.v.v[i];

		if (e->ns == 0 && e->major == m->major && e->minor == m->minor && strcmp(e->target, m->target) == 0)
			return false;
	}
	return true;
}

static int look_at_mounts(struct uses_job *j, struct lk_helper_out *out)
{
	int rc = 0;

	for (size_t i = 0; i < j->mounts.v.n && !rc; i++) {
		const struct lk_mount *m = j->mounts.v.v[i];

		for (size_t k = 0; k < j->blocks.n && !rc; k++) {
			if (is_mounted_from(j, m, &j->blocks.v[k]) && is_new_place(j, m))
				rc = emit_mount(out, &j->blocks.v[k], m);
		}
	}
	return rc;
}

/* -- what is built on it, and the file behind it -- */

struct holders {
	struct lk_helper_out *out;
	const struct uses_block *b;
};

static int on_holder(void *arg, uint32_t major __attribute__((unused)), uint32_t minor __attribute__((unused)),
		     const char *name, const char *label)
{
	struct holders *h = arg;
	lk_auto_mem char *what = label ? lk_printf("/dev/%s (%s)", name, label) : lk_printf("/dev/%s", name);

	return emit_block(h->out, NULL, h->b, LK_USE_HOLDER, -1, what);
}

static int look_at_device(struct uses_job *j, struct lk_helper_out *out, const struct uses_block *b)
{
	struct holders h = { out, b };
	int rc = lk_sysroot_each_holder(b->major, b->minor, on_holder, &h);

	if (rc == -EPIPE)
		return rc;
	/* There can be a node without a device of that number. */
	if (rc < 0 && rc != -ENOENT)
		return lk_uses_emit_unknown(out);
	j->link.n = 0;
	return !b->partition && lk_sysroot_backing_file(b->major, b->minor, &j->link) == 0
		       ? emit_block(out, NULL, b, LK_USE_BACKING, -1, j->link.v)
		       : 0;
}

int lk_uses_of_blocks(struct uses_job *j, struct lk_helper_out *out)
{
	int rc = 0;

	prepare(j);
	for (size_t i = 0; j->blocks.n && i < j->spaces.n && !rc; i++) {
		lk_uses_namespace(j, j->spaces.v[i].pid);
		rc = lk_helper_emit(out, "", 0);
	}
	rc = rc || !j->blocks.n ? rc : look_at_mounts(j, out);
	for (size_t i = 0; i < j->blocks.n && !rc; i++)
		rc = j->blocks.v[i].sibling ? 0 : look_at_device(j, out, &j->blocks.v[i]);
	return rc;
}

static int emit_if_device(struct uses_job *j, struct lk_helper_out *out, const struct uses_proc *p,
			  enum lk_use_kind kind, int fd, const struct statx *st, const char *what)
{
	int rc = 0;

	for (size_t i = 0; S_ISBLK(st->stx_mode) && i < j->blocks.n && !rc; i++) {
		const struct uses_block *b = &j->blocks.v[i];

		/* A process that has this very node open was reported as with any other file. */
		if (!b->sibling && b->major == st->stx_rdev_major && b->minor == st->stx_rdev_minor &&
		    !(p && lk_uses_same_stat(&j->files[b->file], st)))
			rc = emit_block(out, p, b, kind, fd, what);
	}
	return rc;
}

int lk_uses_block_path(struct uses_job *j, struct lk_helper_out *out, enum lk_use_kind kind, const char *path)
{
	struct statx st;

	prepare(j);
	if (!j->blocks.n || !lk_mounts_path_is_local(&j->mounts, 0, path) ||
	    statx(AT_FDCWD, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &st) < 0)
		return 0;
	return emit_if_device(j, out, NULL, kind, -1, &st, NULL);
}

int lk_uses_block_fd(struct uses_job *j, struct uses_proc *p, struct lk_helper_out *out, const struct lk_fdinfo *info,
		     int fd)
{
	struct lk_proc_name what = lk_procroot_name("fd/%d", fd);
	struct lk_proc_name name = lk_procroot_task_name(p->pid, p->tid, what.s);
	const struct lk_mount *m;
	struct statx st;

	prepare(j);
	if (!j->blocks.n)
		return 0;
	/* A node on a file server is not looked at: that could hang. */
	m = lk_uses_find_mount(j, p, info->mnt_id);
	if (!m || m->local != LK_YES ||
	    statx(j->root->fd, name.s, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE | STATX_INO, &st) < 0)
		return 0;
	j->link.n = 0;
	if (!S_ISBLK(st.stx_mode) || lk_io_readlink_at(j->root->fd, name.s, &j->link) < 0)
		return 0;
	return emit_if_device(j, out, p, info->has_flags && info->flags & O_PATH ? LK_USE_PATH : LK_USE_OPEN, fd, &st,
			      lk_buf_str(&j->link));
}

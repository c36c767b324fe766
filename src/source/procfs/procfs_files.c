/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which file a descriptor refers to: link text, mount, statx(2) without sync. Nothing here may reach a file server: statx(2) is called
 * only on file systems known to be local. See doc/kernel.md 3.1. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "source/procfs/procfs_private.h"

/* Time limit for reading the mount tables of all other namespaces together. */
#define TABLES_MS 700
#define MAX_TABLE ((size_t)64 << 20)

static const char deleted_mark[] = " (deleted)";

/* Even a proc of another pid namespace is read by this process: the paths in its links are paths of our own mount namespace. */
int lk_scan_load_own_mounts(const struct lk_procroot *root, struct lk_mounts *m)
{
	int fd = root->is_proc ? lk_procroot_own_mountinfo() : -ENOENT;

	if (fd >= 0)
		return lk_mounts_add(m, fd, 0, lk_procroot_own_ns("mnt"));
	fd = lk_io_openat(root->fd, "self/mountinfo", O_RDONLY);
	return fd < 0 ? fd : lk_mounts_add(m, fd, 0, lk_procroot_ns(root, 0, "mnt"));
}

static bool tried_mountinfo(const struct scan *s, int pid)
{
	for (size_t i = 0; i < s->spaces.tried.n; i++) {
		if (s->spaces.tried.v[i] == pid)
			return true;
	}
	return false;
}

static bool has_table(const struct scan *s, uint64_t ns_id)
{
	for (size_t i = 0; i < s->spaces.read.n; i++) {
		if (s->spaces.read.v[i] == ns_id)
			return true;
	}
	return false;
}

/* Reads each mount table once. Users can mount so much that the kernel takes minutes to print it: all tables together have a limit. */
static void add_table(struct scan *s, int pid, const char *name)
{
	uint64_t ns_id = lk_procroot_ns(s->root, pid, "mnt");
	int64_t began = lk_io_now_ms();
	lk_auto_fd fd = -1;
	lk_buf text = { 0 };
	int rc;

	if (has_table(s, ns_id) || s->spaces.ms >= TABLES_MS)
		return;
	if (ns_id)
		*lk_vec_push(&s->spaces.read) = ns_id;
	fd = lk_io_openat(s->root->fd, name, O_RDONLY);
	rc = fd < 0 ? fd : lk_io_read_fd_until(fd, MAX_TABLE, began + TABLES_MS - s->spaces.ms, &text);
	rc = rc < 0 ? rc : lk_mounts_add_text(&s->mounts, &text, ++s->spaces.n, ns_id);
	if (rc == -ETIMEDOUT || rc == -EFBIG)
		lk_scan_deny_process(s, LK_UNREAD_MOUNTS_OF, rc, pid);
	if (rc == 0 && !lk_procroot_mounts_are_trusted(s->root, pid))
		lk_mounts_distrust(&s->mounts, s->spaces.n);
	s->spaces.ms += lk_io_now_ms() - began;
	lk_vec_done(&text);
}

/* The mount of a descriptor is looked up in the mount table of the process that has it. */
static const struct lk_mount *find_mount(struct scan *s, const struct scan_fd *f)
{
	const struct lk_mount *m = lk_mounts_by_id(&s->mounts, f->info.mnt_id);
	struct lk_proc_name name = lk_procroot_task_name(f->pid, f->tid, "mountinfo");

	if (m || f->info.mnt_id < 0 || lk_scan_skips(s, f->pid) || tried_mountinfo(s, f->pid))
		return m;
	*lk_vec_push(&s->spaces.tried) = f->pid;
	add_table(s, f->pid, name.s);
	return lk_mounts_by_id(&s->mounts, f->info.mnt_id);
}

bool lk_scan_mandatory_bits(unsigned mode)
{
	return S_ISREG(mode) && (mode & S_ISGID) && !(mode & S_IXGRP);
}

void lk_scan_take_stat(struct lk_fact_file *file, const struct statx *st)
{
	file->has_stat = true;
	file->st_major = st->stx_dev_major;
	file->st_minor = st->stx_dev_minor;
	file->st_ino = st->stx_ino;
	file->nlink = st->stx_nlink;
	file->mode = st->stx_mode;
	file->rdev_major = st->stx_rdev_major;
	file->rdev_minor = st->stx_rdev_minor;
	file->mandatory_bits = lk_scan_mandatory_bits(st->stx_mode);
	file->size = st->stx_size > INT64_MAX ? INT64_MAX : (int64_t)st->stx_size;
}

static void stat_fd(struct scan *s, struct scan_fd *f)
{
	struct lk_proc_name what = lk_procroot_name("fd/%d", f->fd);
	struct lk_proc_name name = lk_procroot_task_name(f->pid, f->tid, what.s);
	struct statx st;

	if (!s->root->is_proc || f->asks || lk_scan_skips(s, f->pid))
		return;
	if (statx(s->root->fd, name.s, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &st) == 0)
		lk_scan_take_stat(&f->file, &st);
}

static void read_link(struct scan *s, struct scan_fd *f)
{
	struct lk_proc_name what = lk_procroot_name("fd/%d", f->fd);
	struct lk_proc_name name = lk_procroot_task_name(f->pid, f->tid, what.s);
	int rc;

	s->buf.n = 0;
	rc = lk_scan_skips(s, f->pid) ? -ETIMEDOUT : lk_io_readlink_at(s->root->fd, name.s, &s->buf);
	if (rc == 0)
		f->link = lk_arena_strndup(&s->arena, s->buf.v, s->buf.n);
	else if (rc != -ENOENT && rc != -ESRCH)
		lk_scan_deny(s, LK_UNREAD_NAME, rc);
}

char *lk_scan_unmarked_link(struct lk_arena *a, const char *link)
{
	size_t n = strlen(link), m = sizeof(deleted_mark) - 1;

	if (n <= m || strcmp(link + n - m, deleted_mark) != 0)
		return NULL;
	return lk_arena_strndup(a, link, n - m);
}

/* What the link text tells before anything is verified: the kernel adds " (deleted)" to a name that is gone (fs/d_path.c); without it the
 * name exists. */
static void describe_link(struct scan *s, struct scan_fd *f)
{
	char *base;

	f->file.deleted = LK_UNKNOWN;
	f->file.replaced = LK_UNKNOWN;
	f->file.path = f->link;
	if (!f->link)
		return;
	base = lk_scan_unmarked_link(&s->arena, f->link);
	if (!base) {
		f->file.deleted = LK_NO;
	} else if (f->file.has_stat && f->file.nlink == 0) {
		f->file.deleted = LK_YES;
		f->file.path = base;
	}
}

static const struct lk_mount *describe_mount(struct scan *s, struct scan_fd *f, const struct lk_key *key)
{
	const struct lk_mount *m = find_mount(s, f), *same_fs;

	f->file = (struct lk_fact_file){ .key = *key, .size = -1, .mnt_id = f->info.mnt_id, .local = LK_UNKNOWN };
	/* If the mount is unknown (detached, or not in fdinfo), another mount of the same device still tells the file system. */
	same_fs = m || key->none ? m : lk_mounts_by_dev(&s->mounts, key->major, key->minor);
	f->asks = !same_fs || same_fs->asks;
	if (same_fs) {
		f->file.local = same_fs->local;
		f->file.fstype = same_fs->fstype;
	}
	if (m || (same_fs && f->info.mnt_id < 0))
		f->file.mount_point = same_fs->target;
	return m;
}

static void describe_fd(struct scan *s, struct scan_fd *f, const struct lk_key *key)
{
	const struct lk_mount *m = describe_mount(s, f, key);

	stat_fd(s, f);
	read_link(s, f);
	describe_link(s, f);
	f->here = lk_mounts_place(&s->mounts, m, f->link, &f->file);
}

/* File systems that answer stat(2) from the inode (generic_fillattr()): st_dev and st_ino are those of the lock's key. */
static bool is_plain_fs(const char *fstype)
{
	static const char *const plain[] = { "ext4", "ext3", "ext2", "xfs", "tmpfs", "ramfs", "devtmpfs", "f2fs" };

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (strcmp(fstype, plain[i]) == 0)
			return true;
	}
	return false;
}

static void take_known_stat(struct lk_fact_file *file, const struct lk_key *key, const struct scan_known *k)
{
	file->has_stat = true;
	file->st_major = key->major;
	file->st_minor = key->minor;
	file->st_ino = k->ino;
	file->nlink = k->nlink;
	file->mode = k->mode;
	file->mandatory_bits = lk_scan_mandatory_bits(k->mode);
	file->size = k->size;
}

/* The path as readlink(2) would return it. */
static void take_known_link(struct scan *s, struct scan_fd *f, const struct scan_known *k)
{
	if (!k->path)
		read_link(s, f);
	else
		f->link = lk_arena_printf(&s->arena, "%s%s", k->path, k->unhashed ? deleted_mark : "");
}

/* Whether the name was removed, as the kernel told. A path of our own namespace on mount m leads to its file unless something is mounted
 * over it. */
static void settle_name(struct scan *s, struct scan_fd *f, const struct lk_mount *m, const struct scan_known *k)
{
	const char *base = lk_scan_unmarked_link(&s->arena, f->link), *path = k->unhashed ? base : f->link;

	/* The link text, read later, does not agree: the file was deleted or renamed since. It has to be looked up. */
	if (!path || (base && !k->unhashed && !k->path))
		return;
	f->file.deleted = k->unhashed ? LK_YES : LK_NO;
	f->file.path = path;
	if (!k->unhashed && m == f->here && lk_scan_can_verify(s, f) &&
	    lk_mounts_by_path(&s->mounts, 0, f->link) == m) {
		f->file.replaced = LK_NO;
		f->settled = true;
	}
}

void lk_scan_describe_known(struct scan *s, struct scan_fd *f, const struct lk_key *key, const struct scan_known *k)
{
	const struct lk_mount *m = describe_mount(s, f, key);
	bool told = m && k->has_name;

	if (m && is_plain_fs(m->fstype) && m->local == LK_YES)
		take_known_stat(&f->file, key, k);
	else
		stat_fd(s, f);
	if (told)
		take_known_link(s, f, k);
	else
		read_link(s, f);
	describe_link(s, f);
	f->here = lk_mounts_place(&s->mounts, m, f->link, &f->file);
	if (told && f->link)
		settle_name(s, f, m, k);
}

/* A waiter's descriptor may show no lock line: the key is made of the device of its mount and its inode number. */
void lk_scan_describe_waiters(struct scan *s)
{
	for (size_t i = 0; i < s->waiters.n; i++) {
		struct scan_fd *f = s->waiters.v[i].fd == SIZE_MAX ? NULL : &s->fds.v[s->waiters.v[i].fd];
		const struct lk_mount *m = f ? find_mount(s, f) : NULL;
		struct lk_key key = { .none = true };

		if (m && f->info.has_ino)
			key = (struct lk_key){ .major = m->major, .minor = m->minor, .ino = f->info.ino };
		if (f)
			describe_fd(s, f, &key);
		s->waiters.v[i].fact.rec.key = key;
	}
}

void lk_scan_describe_files(struct scan *s)
{
	size_t last = SIZE_MAX;

	for (size_t i = 0; i < s->hits.n; i++) {
		const struct scan_hit *h = &s->hits.v[i];

		if (h->dead || h->fd == last)
			continue;
		last = h->fd;
		describe_fd(s, &s->fds.v[h->fd], &h->rec.key);
	}
	lk_scan_describe_waiters(s);
	lk_scan_verify_names(s);
}

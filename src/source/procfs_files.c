/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What file a descriptor stands for: link text, mount, statx without sync, and whether the name still names it. Nothing here may
 * reach a file server: statx and look-ups are made on file systems known to be local only, look-ups in a helper process. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "source/helper.h"
#include "source/procfs_private.h"

#define STALL_MS 500

static const char deleted_mark[] = " (deleted)";

static bool can_verify(const struct scan *s, const struct scan_fd *f)
{
	const struct lk_mount *m = lk_mounts_by_id(&s->mounts, f->info.mnt_id);

	return !f->dead && !f->settled && s->root->is_proc && f->link && f->link[0] == '/' && f->file.has_stat && m &&
	       lk_mounts_path_is_local(&s->mounts, m->ns, f->link);
}

int lk_scan_load_own_mounts(const struct lk_procroot *root, struct lk_mounts *m)
{
	int fd = root->is_proc && root->own_pids ? lk_procroot_own_mountinfo() : -ENOENT;

	if (fd < 0)
		fd = lk_io_openat(root->fd, "self/mountinfo", O_RDONLY);
	return fd < 0 ? fd : lk_mounts_add(m, fd, 0);
}

static bool tried_mountinfo(const struct scan *s, int pid)
{
	for (size_t i = 0; i < s->mountinfo_tried.n; i++) {
		if (s->mountinfo_tried.v[i] == pid)
			return true;
	}
	return false;
}

/* The mount of a descriptor is looked up in the mount table of the process that has it. */
static const struct lk_mount *find_mount(struct scan *s, const struct scan_fd *f)
{
	const struct lk_mount *m = lk_mounts_by_id(&s->mounts, f->info.mnt_id);
	struct lk_proc_name name = lk_procroot_task_name(f->pid, f->tid, "mountinfo");
	int fd, *slot;

	if (m || f->info.mnt_id < 0 || lk_scan_skips(s, f->pid) || tried_mountinfo(s, f->pid))
		return m;
	slot = lk_vec_push(&s->mountinfo_tried);
	if (slot)
		*slot = f->pid;
	fd = lk_io_openat(s->root->fd, name.s, O_RDONLY);
	if (fd < 0 || lk_mounts_add(&s->mounts, fd, ++s->n_ns) < 0)
		return NULL;
	return lk_mounts_by_id(&s->mounts, f->info.mnt_id);
}

bool lk_scan_mandatory_bits(unsigned mode)
{
	return S_ISREG(mode) && (mode & S_ISGID) && !(mode & S_IXGRP);
}

static void take_stat(struct lk_fact_file *file, const struct statx *st)
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

	if (!s->root->is_proc || f->file.local != LK_YES || lk_scan_skips(s, f->pid))
		return;
	if (statx(s->root->fd, name.s, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &st) == 0)
		take_stat(&f->file, &st);
}

static int read_link(struct scan *s, struct scan_fd *f)
{
	struct lk_proc_name what = lk_procroot_name("fd/%d", f->fd);
	struct lk_proc_name name = lk_procroot_task_name(f->pid, f->tid, what.s);
	int rc;

	s->buf.n = 0;
	rc = lk_scan_skips(s, f->pid) ? -ETIMEDOUT : lk_io_readlink_at(s->root->fd, name.s, &s->buf);
	if (rc == -ENOENT || rc == -ESRCH)
		return 0;
	if (rc < 0) {
		lk_scan_deny(s, "file name", rc);
		return 0;
	}
	f->link = lk_arena_strndup(&s->arena, s->buf.v, s->buf.n);
	return f->link ? 0 : -ENOMEM;
}

/* The link text without its mark, NULL when it has none. */
static char *without_mark(struct lk_arena *a, const char *link)
{
	size_t n = strlen(link), m = sizeof(deleted_mark) - 1;

	if (n <= m || strcmp(link + n - m, deleted_mark) != 0)
		return NULL;
	return lk_arena_strndup(a, link, n - m);
}

/* Before anything is verified: the kernel marks a name that is gone (fs/d_path.c); without the mark it is there. */
static int describe_link(struct scan *s, struct scan_fd *f)
{
	char *base;

	f->file.deleted = LK_UNKNOWN;
	f->file.replaced = LK_UNKNOWN;
	f->file.path = f->link;
	if (!f->link)
		return 0;
	base = without_mark(&s->arena, f->link);
	if (!base) {
		f->file.deleted = LK_NO;
	} else if (f->file.has_stat && f->file.nlink == 0) {
		f->file.deleted = LK_YES;
		f->file.path = base;
	}
	return 0;
}

static const struct lk_mount *describe_mount(struct scan *s, struct scan_fd *f, const struct lk_key *key)
{
	const struct lk_mount *m = find_mount(s, f), *same_fs;

	f->file = (struct lk_fact_file){ .key = *key, .size = -1, .mnt_id = f->info.mnt_id, .local = LK_UNKNOWN };
	/* An unknown mount (detached, or not said) is still one of a known file system. */
	same_fs = m || key->none ? m : lk_mounts_by_dev(&s->mounts, key->major, key->minor);
	if (same_fs) {
		f->file.local = same_fs->local;
		f->file.fstype = same_fs->fstype;
	}
	if (m || (same_fs && f->info.mnt_id < 0))
		f->file.mount_point = same_fs->target;
	return m;
}

static int describe_fd(struct scan *s, struct scan_fd *f, const struct lk_key *key)
{
	int rc;

	describe_mount(s, f, key);
	stat_fd(s, f);
	rc = read_link(s, f);
	return rc < 0 ? rc : describe_link(s, f);
}

/* File systems that answer stat(2) with what stands in the inode (generic_fillattr()): st_dev and st_ino are the key's. */
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

/* The path as readlink(2) would say it. */
static int take_known_link(struct scan *s, struct scan_fd *f, const struct scan_known *k)
{
	if (!k->path)
		return read_link(s, f);
	f->link = k->unhashed ? lk_arena_printf(&s->arena, "%s%s", k->path, deleted_mark)
			      : lk_arena_strdup(&s->arena, k->path);
	return f->link ? 0 : -ENOMEM;
}

/* A name that is there leads to its file unless something is mounted over it. */
static void settle_name(struct scan *s, struct scan_fd *f, const struct lk_mount *m, const struct scan_known *k)
{
	const char *base = without_mark(&s->arena, f->link), *path = k->unhashed ? base : f->link;

	/* Deleted, or given a name that looks like it, since: it has to be looked up. */
	if (!path || (base && !k->unhashed && !k->path))
		return;
	f->file.deleted = k->unhashed ? LK_YES : LK_NO;
	f->file.path = path;
	if (!k->unhashed && lk_mounts_by_path(&s->mounts, m->ns, f->link) == m) {
		f->file.replaced = LK_NO;
		f->settled = true;
	}
}

int lk_scan_describe_known(struct scan *s, struct scan_fd *f, const struct lk_key *key, const struct scan_known *k)
{
	const struct lk_mount *m = describe_mount(s, f, key);
	bool told = m && k->has_name;
	int rc;

	if (m && is_plain_fs(m->fstype) && m->local == LK_YES)
		take_known_stat(&f->file, key, k);
	else
		stat_fd(s, f);
	rc = told ? take_known_link(s, f, k) : read_link(s, f);
	rc = rc < 0 ? rc : describe_link(s, f);
	if (!rc && told && can_verify(s, f))
		settle_name(s, f, m, k);
	return rc;
}

/* What a name leads to now. */
struct seen {
	int rc; /* 0 or -errno */
	uint32_t major, minor;
	uint64_t ino;
};

struct verdict {
	struct seen whole; /* the link text as it is */
	struct seen base; /* without the mark; rc -EINVAL when there is none */
};

struct verify {
	struct scan *s;
	LK_VEC(size_t) fds; /* to verify */
	size_t *first_same; /* for each fd: the item that answers for it */
};

static struct seen look_at(const struct scan *s, const struct scan_fd *f, const struct lk_mount *m, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	struct lk_proc_name rootname = lk_procroot_task_name(f->pid, f->tid, "root");
	lk_auto_fd dir = -1;
	lk_auto_fd fd = -1;
	struct seen r = { .rc = 0 };
	struct statx st;

	if (m->ns != 0) {
		dir = lk_io_openat(s->root->fd, rootname.s, O_PATH | O_DIRECTORY);
		if (dir < 0)
			return (struct seen){ .rc = -EACCES };
		how.resolve |= RESOLVE_IN_ROOT;
	}
	fd = (int)syscall(SYS_openat2, m->ns ? dir : AT_FDCWD, path, &how, sizeof(how));
	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) < 0) {
		r.rc = -errno;
		return r;
	}
	r.major = st.stx_dev_major;
	r.minor = st.stx_dev_minor;
	r.ino = st.stx_ino;
	return r;
}

static int verify_work(void *arg, size_t i, struct lk_helper_out *out)
{
	struct verify *v = arg;
	const struct scan_fd *f = &v->s->fds.v[v->fds.v[i]];
	const struct lk_mount *m = lk_mounts_by_id(&v->s->mounts, f->info.mnt_id);
	struct lk_arena a = { 0 };
	char *base = without_mark(&a, f->link);
	struct verdict verdict = { .whole = look_at(v->s, f, m, f->link), .base = { .rc = -EINVAL } };

	if (base)
		verdict.base = look_at(v->s, f, m, base);
	lk_arena_done(&a);
	return lk_helper_emit(out, &verdict, sizeof(verdict));
}

static bool is_same(const struct lk_fact_file *file, const struct seen *r)
{
	return r->rc == 0 && r->major == file->st_major && r->minor == file->st_minor && r->ino == file->st_ino;
}

static enum lk_tri other_there(const struct lk_fact_file *file, const struct seen *r)
{
	if (r->rc == 0)
		return is_same(file, r) ? LK_NO : LK_YES;
	return r->rc == -ENOENT || r->rc == -ENOTDIR ? LK_NO : LK_UNKNOWN;
}

static void judge(struct lk_arena *a, struct scan_fd *f, const struct verdict *v)
{
	char *base = without_mark(a, f->link);
	struct lk_fact_file *file = &f->file;

	if (is_same(file, &v->whole)) {
		file->deleted = LK_NO;
		file->replaced = LK_NO;
		file->path = f->link;
	} else if (base) {
		/* Were it the whole name, it would have been found. */
		file->deleted = LK_YES;
		file->replaced = other_there(file, &v->base);
		file->path = base;
	} else {
		file->replaced = v->whole.rc == 0 ? LK_YES : LK_UNKNOWN;
	}
}

/* The file system, which a server may stand behind after all. */
static struct lk_helper_about about_name(void *arg, size_t i)
{
	const struct verify *v = arg;
	const struct lk_fact_file *f = &v->s->fds.v[v->fds.v[i]].file;
	uint64_t dev = (uint64_t)f->key.major << 32 | f->key.minor;

	return (struct lk_helper_about){ .what = dev << 1 | 1, .group = dev + 1 };
}

static int verify_take(void *arg, size_t i, const char *data, size_t n)
{
	struct verify *v = arg;
	struct verdict verdict;

	if (n != sizeof(verdict))
		return -EBADMSG;
	memcpy(&verdict, data, n);
	judge(&v->s->arena, &v->s->fds.v[v->fds.v[i]], &verdict);
	return 0;
}

static int compare_for_verify(const void *a, const void *b, void *arg)
{
	const struct scan *s = arg;
	const struct scan_fd *x = &s->fds.v[*(const size_t *)a], *y = &s->fds.v[*(const size_t *)b];
	int rc = strcmp(x->link, y->link);

	if (rc)
		return rc;
	if (x->file.mnt_id != y->file.mnt_id)
		return x->file.mnt_id < y->file.mnt_id ? -1 : 1;
	if (x->file.st_major != y->file.st_major)
		return x->file.st_major < y->file.st_major ? -1 : 1;
	if (x->file.st_minor != y->file.st_minor)
		return x->file.st_minor < y->file.st_minor ? -1 : 1;
	return x->file.st_ino < y->file.st_ino ? -1 : x->file.st_ino > y->file.st_ino;
}

/* Descriptors of one file under one name get one look: the others copy the first one's answer. */
static size_t drop_twins(struct verify *v, size_t *all, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (i == 0 || compare_for_verify(&all[i - 1], &all[i], v->s) != 0)
			v->fds.v[kept++] = all[i];
		v->first_same[all[i]] = v->fds.v[kept - 1];
	}
	return kept;
}

static void copy_verdict(struct lk_fact_file *to, const struct lk_fact_file *from)
{
	to->path = from->path;
	to->deleted = from->deleted;
	to->replaced = from->replaced;
}

int lk_scan_verify_names(struct scan *s)
{
	struct verify v = { .s = s };
	lk_auto_mem size_t *all = calloc(s->fds.n ? s->fds.n : 1, sizeof(*all));
	lk_auto_mem size_t *first_same = calloc(s->fds.n ? s->fds.n : 1, sizeof(*first_same));
	struct lk_helper_job job = {
		.work = verify_work,
		.take = verify_take,
		.about = about_name,
		.arg = &v,
		.keep_fd = s->root->fd,
		.stall_ms = STALL_MS,
		.deadline_ms = s->deadline_ms,
	};
	struct lk_helper_result res;
	size_t n = 0;
	int rc;

	if (!all || !first_same || lk_vec_reserve(&v.fds.v, &v.fds.cap, 0, s->fds.n, sizeof(*v.fds.v)) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < s->fds.n; i++) {
		if (can_verify(s, &s->fds.v[i]))
			all[n++] = i;
	}
	v.first_same = first_same;
	qsort_r(all, n, sizeof(*all), compare_for_verify, s);
	job.n_items = v.fds.n = drop_twins(&v, all, n);
	rc = n ? lk_helper_run(&job, &res) : 0;
	if (n && !rc && (res.n_given_up || res.n_left))
		lk_scan_deny(s, "file name", -ETIMEDOUT);
	/* Without a helper (no process to be had) names are just not verified. */
	if (rc < 0 && rc != -ENOMEM) {
		lk_scan_deny(s, "file name", rc);
		rc = 0;
	}
	for (size_t i = 0; i < n; i++)
		copy_verdict(&s->fds.v[all[i]].file, &s->fds.v[first_same[all[i]]].file);
	lk_vec_done(&v.fds);
	return rc;
}

/* A waiter's descriptor shows no lock line: its key is the device of its mount and its inode. */
int lk_scan_describe_waiters(struct scan *s)
{
	int rc = 0;

	for (size_t i = 0; i < s->waiters.n && !rc; i++) {
		struct scan_fd *f = s->waiters.v[i].fd == SIZE_MAX ? NULL : &s->fds.v[s->waiters.v[i].fd];
		const struct lk_mount *m = f ? find_mount(s, f) : NULL;
		struct lk_key key = { .none = true };

		if (m && f->info.has_ino)
			key = (struct lk_key){ .major = m->major, .minor = m->minor, .ino = f->info.ino };
		if (f)
			rc = describe_fd(s, f, &key);
		s->waiters.v[i].fact.rec.key = key;
	}
	return rc;
}

int lk_scan_describe_files(struct scan *s)
{
	size_t last = SIZE_MAX;
	int rc = 0;

	for (size_t i = 0; i < s->hits.n; i++) {
		const struct scan_hit *h = &s->hits.v[i];

		if (h->dead || h->fd == last)
			continue;
		last = h->fd;
		rc = describe_fd(s, &s->fds.v[h->fd], &h->rec.key);
		if (rc < 0)
			return rc;
	}
	rc = lk_scan_describe_waiters(s);
	return rc ? rc : lk_scan_verify_names(s);
}

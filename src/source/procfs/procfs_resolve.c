/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a path that the user gave to the key of its file, without opening it: an O_PATH descriptor breaks no lease, wakes no FIFO and makes
 * an overlay copy nothing up; its own fdinfo has inode number and mount. A lookup can hang on a dead server: a helper does it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "source/file_name.h"
#include "source/host/helper.h"
#include "source/procfs/procfs_private.h"

/* A path may lead into another mount namespace (/proc/PID/root/...): then some process there has the mount in its table. */
static const struct lk_mount *find_foreign_mount(const struct lk_procroot *root, struct lk_mounts *mounts, int id)
{
	int fd = lk_io_openat(root->fd, ".", O_RDONLY | O_DIRECTORY);
	lk_auto_dir *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct lk_mount *m = NULL;
	struct dirent *e;
	uint64_t last = 0;

	while (dir && !m && (e = readdir(dir)) != NULL) {
		struct lk_proc_name name;
		int pid, mountinfo;
		uint64_t ns;

		if (lk_text_pid(e->d_name, strlen(e->d_name), &pid) < 0)
			continue;
		ns = lk_procroot_ns(root, pid, "mnt");
		if (ns && ns == last)
			continue;
		last = ns;
		name = lk_procroot_task_name(pid, 0, "mountinfo");
		mountinfo = lk_io_openat(root->fd, name.s, O_RDONLY);
		if (mountinfo >= 0 && lk_mounts_add(mounts, mountinfo, (unsigned)pid, ns) == 0)
			m = lk_mounts_by_id(mounts, id);
	}
	return m;
}

/* In a chroot the mount may be in no process's table. On these file systems st_dev is the superblock's number (see
 * lk_mounts_fs_keys_unique()). */
static int identify_by_stat(int fd, struct lk_fact_file *ret)
{
	struct statfs fs;
	struct statx st;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_type != EXT4_SUPER_MAGIC && fs.f_type != XFS_SUPER_MAGIC && fs.f_type != TMPFS_MAGIC)
		return -ENOTSUP;
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) < 0)
		return -errno;
	lk_scan_take_stat(ret, &st);
	ret->local = LK_YES;
	ret->key = (struct lk_key){ .major = ret->st_major, .minor = ret->st_minor, .ino = ret->st_ino };
	return 0;
}

static int read_fdinfo(int fd, struct lk_fdinfo *ret)
{
	lk_buf text = { 0 };
	int rc = lk_procroot_own_fdinfo(fd, &text);

	if (rc == 0)
		lk_parse_fdinfo(text.v, text.n, ret, NULL, NULL);
	lk_vec_done(&text);
	return rc;
}

int lk_resolve_identity(const struct lk_procroot *root, struct lk_mounts *mounts, int fd, struct lk_fact_file *ret)
{
	const struct lk_mount *m;
	struct lk_fdinfo info;
	struct statx st;
	int rc = read_fdinfo(fd, &info);

	*ret = (struct lk_fact_file){ .mnt_id = -1, .local = LK_UNKNOWN, .key = { .none = true }, .size = -1 };
	if (rc < 0)
		return rc;
	ret->mnt_id = info.mnt_id;
	m = lk_mounts_by_id(mounts, info.mnt_id);
	m = m ? m : find_foreign_mount(root, mounts, info.mnt_id);
	if (!m)
		return identify_by_stat(fd, ret);
	ret->local = m->local;
	if (m->local == LK_YES && statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) == 0)
		lk_scan_take_stat(ret, &st);
	/* Before Linux 5.14 fdinfo has no ino; st_ino is the same number (st_dev need not be the device of the key). */
	if (!info.has_ino && !ret->has_stat)
		return -ENOTSUP;
	ret->key =
		(struct lk_key){ .major = m->major, .minor = m->minor, .ino = info.has_ino ? info.ino : ret->st_ino };
	return 0;
}

int lk_resolve_send(struct lk_helper_out *out, const struct lk_mounts *mounts, int fd, int rc,
		    const struct lk_fact_file *file)
{
	struct resolve_answer answer = { .rc = rc, .file = file ? *file : (struct lk_fact_file){ .mnt_id = -1 } };
	const struct lk_mount *m = lk_mounts_by_id(mounts, answer.file.mnt_id);
	lk_buf b = { 0 }, link = { 0 };

	answer.file.fstype = m ? m->fstype : "";
	answer.file.mount_point = m ? m->target : "";
	if (fd >= 0 && lk_procroot_own_link(fd, &link) == 0)
		lk_mounts_place(mounts, m, lk_buf_str(&link), &answer.file);
	/* In a chroot no mount table tells whether the path leads to the file from our root directory. */
	if (!lk_mounts_has_root(mounts))
		answer.file.unreachable = LK_UNKNOWN;
	lk_buf_add(&b, &answer, sizeof(answer));
	lk_buf_add(&b, answer.file.fstype, strlen(answer.file.fstype) + 1);
	lk_buf_add(&b, answer.file.mount_point, strlen(answer.file.mount_point) + 1);
	lk_buf_add(&b, link.v, link.n);
	rc = lk_helper_emit(out, b.v, b.n);
	lk_vec_done(&link);
	lk_vec_done(&b);
	return rc;
}

struct resolve {
	const struct lk_procroot *root;
	struct lk_mounts mounts;
	const char *const *paths;
	size_t n;
	bool follow; /* the last part of a path, if it is a symbolic link */
	bool no_links; /* none in the middle, either */
	struct lk_arena *arena; /* NULL: strings live for one call of cb */
	lk_resolve_cb cb;
	void *arg;
};

static int resolve_work(void *arg, size_t i, struct lk_helper_out *out)
{
	struct resolve *r = arg;
	int flags = O_PATH | (r->follow ? 0 : O_NOFOLLOW);
	lk_auto_fd fd = r->no_links ? lk_io_open_no_links(AT_FDCWD, r->paths[i], flags)
				    : lk_io_openat(AT_FDCWD, r->paths[i], flags);
	struct lk_fact_file file;
	int rc = fd < 0 ? fd : lk_resolve_identity(r->root, &r->mounts, fd, &file);

	return lk_resolve_send(out, &r->mounts, fd, rc, fd < 0 ? NULL : &file);
}

/* The next NUL-terminated string of an answer; NULL: it is empty or does not end. */
static const char *take_string(const char **p, const char *end)
{
	const char *s = *p, *nul = memchr(s, '\0', (size_t)(end - s));

	*p = nul ? nul + 1 : end;
	return nul && nul > s ? s : NULL;
}

int lk_resolve_take(struct lk_arena *arena, const char *data, size_t n, int *ret_rc, struct lk_fact_file *ret)
{
	const char *p = data + sizeof(struct resolve_answer), *end = data + n;
	struct resolve_answer a;

	if (n < sizeof(a))
		return -EBADMSG;
	memcpy(&a, data, sizeof(a));
	*ret_rc = a.rc;
	*ret = a.file;
	ret->deleted = ret->replaced = LK_NO;
	ret->fstype = lk_arena_strdup(arena, take_string(&p, end));
	ret->mount_point = lk_arena_strdup(arena, take_string(&p, end));
	ret->path = lk_arena_strndup(arena, p, (size_t)(end - p));
	return 0;
}

static int resolve_take(void *arg, size_t i, const char *data, size_t n)
{
	struct resolve *r = arg;
	struct lk_arena own = { 0 };
	struct lk_fact_file file;
	int answer_rc, rc = lk_resolve_take(r->arena ? r->arena : &own, data, n, &answer_rc, &file);

	rc = rc ? rc : r->cb(r->arg, i, answer_rc, &file);
	lk_arena_done(&own);
	return rc;
}

static void resolve_gave_up(void *arg, size_t i)
{
	struct resolve *r = arg;

	r->cb(r->arg, i, -ETIMEDOUT, NULL);
}

static int resolve_live(struct procfs *p, struct resolve *r, struct lk_err *err)
{
	struct lk_helper_job job = {
		.n_items = r->n,
		.work = resolve_work,
		.take = resolve_take,
		.gave_up = resolve_gave_up,
		.arg = r,
		.keep_fd = p->root.fd,
		.stall_ms = LK_RESOLVE_STALL_MS,
	};
	struct lk_helper_result res;
	int rc = lk_scan_load_own_mounts(&p->root, &r->mounts);

	if (rc < 0)
		return lk_err_set(err, rc, "cannot read the mount table: %s", strerror(-rc));
	rc = lk_helper_run(&job, &res);
	lk_mounts_done(&r->mounts);
	return rc < 0 ? lk_err_set(err, rc, "cannot look up %s: %s", r->paths[0], strerror(-rc)) : 0;
}

static void keep_file(struct lk_arena *a, const struct lk_fact_file *from, struct lk_fact_file *ret)
{
	*ret = *from;
	ret->path = lk_arena_strdup(a, from->path);
	ret->fstype = lk_arena_strdup(a, from->fstype);
	ret->mount_point = lk_arena_strdup(a, from->mount_point);
}

/* In a copied tree a path is known only as a holder saw it. */
static int resolve_in_tree(struct procfs *p, const char *path, struct lk_fact_file *ret, struct lk_err *err)
{
	struct lk_request req = { 0 };
	struct scan s = { .root = &p->root, .req = &req };
	int rc = lk_scan_run(&s, err), found = -ENODATA;

	for (size_t i = 0; rc == 0 && found == -ENODATA && i < s.fds.n; i++) {
		const struct scan_fd *f = &s.fds.v[i];

		if (f->dead || !lk_file_is_called(&f->file, path))
			continue;
		keep_file(&p->resolved, &f->file, ret);
		found = 0;
	}
	lk_scan_done(&s);
	if (rc == 0 && found < 0)
		rc = lk_err_set(err, found, "%s: no process of this tree shows a lock on a file of that name", path);
	return rc;
}

struct one {
	int rc;
	struct lk_fact_file *ret;
};

static int keep_one(void *arg, size_t i __attribute__((unused)), int rc, const struct lk_fact_file *file)
{
	struct one *one = arg;

	one->rc = rc;
	if (rc == 0)
		*one->ret = *file;
	return 0;
}

int lk_procfs_resolve(struct lk_source *src, const char *path, bool follow, struct lk_fact_file *ret,
		      struct lk_err *err)
{
	struct procfs *p = (struct procfs *)src;
	struct one one = { .rc = -ETIMEDOUT, .ret = ret };
	struct resolve r = { .root = &p->root,
			     .paths = &path,
			     .n = 1,
			     .follow = follow,
			     .arena = &p->resolved,
			     .cb = keep_one,
			     .arg = &one };
	int rc;

	lk_arena_done(&p->resolved);
	if (!p->root.is_proc)
		return resolve_in_tree(p, path, ret, err);
	rc = resolve_live(p, &r, err);
	if (rc < 0)
		return rc;
	if (one.rc == -ETIMEDOUT)
		return lk_err_set(err, one.rc, "%s: its file system does not answer", path);
	return one.rc < 0 ? lk_err_set(err, one.rc, "%s: %s", path, strerror(-one.rc)) : 0;
}

int lk_procfs_resolve_all(struct lk_source *src, const char *const *paths, size_t n, lk_resolve_cb cb, void *arg,
			  struct lk_err *err)
{
	struct procfs *p = (struct procfs *)src;
	struct resolve r = { .root = &p->root, .paths = paths, .n = n, .no_links = true, .cb = cb, .arg = arg };

	if (!p->root.is_proc)
		return lk_err_set(err, -EOPNOTSUPP, "names can only be looked up on the live machine");
	return n ? resolve_live(p, &r, err) : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out whether paths still lead to their files. A lookup may not reach a file server: it is made only on file systems known to be
 * local, and in a helper process. See doc/kernel.md 3.3. */
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
#include "source/host/helper.h"
#include "source/procfs/procfs_private.h"

#define STALL_MS 500

/* In a chroot(2) no mount table has the mount of our root directory: a file may be below it if it is of the same file system. */
static bool may_be_below_root(const struct scan *s, const struct lk_fact_file *file)
{
	struct statx st;

	return file->unreachable == LK_YES && file->local == LK_YES && !lk_mounts_has_root(&s->mounts) &&
	       statx(AT_FDCWD, "/", AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &st) == 0 &&
	       st.stx_dev_major == file->st_major && st.stx_dev_minor == file->st_minor;
}

bool lk_scan_can_verify(const struct scan *s, const struct scan_fd *f)
{
	return !f->dead && !f->settled && s->root->is_proc && f->link && f->link[0] == '/' && f->file.has_stat &&
	       (f->here ? lk_mounts_path_is_local(&s->mounts, 0, f->link) : may_be_below_root(s, &f->file));
}

/* What a path leads to now. */
struct seen {
	int rc; /* 0 or -errno */
	uint32_t major, minor;
	uint64_t ino;
};

struct verdict {
	struct seen whole; /* the link text as it is */
	struct seen base; /* the link text without " (deleted)"; rc -EINVAL: it does not end so */
	bool renamed; /* the file has another name by now */
};

struct verify {
	struct scan *s;
	LK_VEC(size_t) fds; /* to verify */
	size_t *first_same; /* by index in scan->fds: the descriptor whose answer it takes */
};

static struct seen look_at(const struct scan_fd *f, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	struct seen r = { .rc = 0 };
	lk_auto_fd fd = -1;
	struct statx st;

	if (!f->here)
		how.resolve |= RESOLVE_NO_XDEV;
	fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) < 0) {
		r.rc = -errno;
		return r;
	}
	r.major = st.stx_dev_major;
	r.minor = st.stx_dev_minor;
	r.ino = st.stx_ino;
	return r;
}

static bool is_gone(const struct seen *r)
{
	return r->rc == -ENOENT || r->rc == -ENOTDIR;
}

static bool was_renamed(const struct scan *s, const struct scan_fd *f)
{
	struct lk_proc_name what = lk_procroot_name("fd/%d", f->fd);
	struct lk_proc_name name = lk_procroot_task_name(f->pid, f->tid, what.s);
	lk_buf now = { 0 };
	bool same = lk_io_readlink_at(s->root->fd, name.s, &now) == 0 && strcmp(lk_buf_str(&now), f->link) == 0;

	lk_vec_done(&now);
	return !same;
}

static int verify_work(void *arg, size_t i, struct lk_helper_out *out)
{
	struct verify *v = arg;
	const struct scan_fd *f = &v->s->fds.v[v->fds.v[i]];
	struct lk_arena a = { 0 };
	char *base = lk_scan_unmarked_link(&a, f->link);
	struct verdict verdict = { .whole = look_at(f, f->link), .base = { .rc = -EINVAL } };

	if (base)
		verdict.base = look_at(f, base);
	else if (is_gone(&verdict.whole))
		verdict.renamed = was_renamed(v->s, f);
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
	return is_gone(r) ? LK_NO : LK_UNKNOWN;
}

/* The name exists, but cannot be reached from here: something is mounted over it, or it lies outside of what is mounted here. */
static void judge_gone(struct lk_fact_file *file, const struct verdict *v)
{
	file->replaced = LK_UNKNOWN;
	if (v->renamed)
		file->deleted = LK_UNKNOWN;
	else
		file->unreachable = LK_YES;
}

static void judge(struct lk_arena *a, struct scan_fd *f, const struct verdict *v)
{
	char *base = lk_scan_unmarked_link(a, f->link);
	struct lk_fact_file *file = &f->file;

	if (is_same(file, &v->whole)) {
		file->deleted = LK_NO;
		file->replaced = LK_NO;
		file->unreachable = LK_NO;
		file->path = f->link;
	} else if (!f->here) {
		file->replaced = LK_UNKNOWN;
	} else if (base) {
		/* If " (deleted)" were part of the name, the whole text would have led to the file. */
		file->deleted = LK_YES;
		file->replaced = other_there(file, &v->base);
		file->path = base;
	} else if (is_gone(&v->whole)) {
		judge_gone(file, v);
	} else {
		file->replaced = v->whole.rc == 0 ? LK_YES : LK_UNKNOWN;
	}
}

/* Lookups are grouped by file system, because a server may stand behind it after all. */
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
	rc = lk_compare(x->file.mnt_id, y->file.mnt_id);
	rc = rc ? rc : lk_compare(x->file.st_major, y->file.st_major);
	rc = rc ? rc : lk_compare(x->file.st_minor, y->file.st_minor);
	return rc ? rc : lk_compare(x->file.st_ino, y->file.st_ino);
}

/* Descriptors of one file with the same link text need one lookup: the others copy the answer of the first. */
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
	to->unreachable = from->unreachable;
}

void lk_scan_verify_names(struct scan *s)
{
	struct verify v = { .s = s };
	lk_auto_mem size_t *all = lk_alloc(s->fds.n, sizeof(*all));
	lk_auto_mem size_t *first_same = lk_alloc(s->fds.n, sizeof(*first_same));
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

	lk_vec_reserve(&v.fds.v, &v.fds.cap, 0, s->fds.n, sizeof(*v.fds.v));
	for (size_t i = 0; i < s->fds.n; i++) {
		if (lk_scan_can_verify(s, &s->fds.v[i]))
			all[n++] = i;
	}
	v.first_same = first_same;
	qsort_r(all, n, sizeof(*all), compare_for_verify, s);
	job.n_items = v.fds.n = drop_twins(&v, all, n);
	rc = n ? lk_helper_run(&job, &res) : 0;
	if (n && !rc && (res.n_given_up || res.n_left))
		lk_scan_deny(s, LK_UNREAD_NAME, -ETIMEDOUT);
	/* Without a helper (no child process could be made) names are just not verified. */
	if (rc < 0)
		lk_scan_deny(s, LK_UNREAD_NAME, rc);
	for (size_t i = 0; i < n; i++)
		copy_verdict(&s->fds.v[all[i]].file, &s->fds.v[first_same[all[i]]].file);
	lk_vec_done(&v.fds);
}

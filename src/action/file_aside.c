/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The private directory beside a file: the file is moved into it to see whether it is the right one. See doc/kernel.md 8.1. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "action/file_private.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "source/host/rights.h"

#define PREFIX ".lockscope-"
#define HEX_DIGITS 16
#define NAMES_MAX 8 /* names tried until one is free */
#define SWAPS_MAX 100 /* tries, against somebody who exchanges the name all the time */

/* -- the directory -- */

static int make_directory(struct lk_aside *a)
{
	int rc = -EEXIST;

	for (int i = 0; i < NAMES_MAX && rc == -EEXIST; i++) {
		uint64_t number;
		ssize_t got;

		do
			got = getrandom(&number, sizeof(number), 0);
		while (got < 0 && errno == EINTR);
		if (got != sizeof(number))
			return got < 0 ? -errno : -EIO;
		free(a->dir);
		a->dir = lk_printf(PREFIX "%0*llx", HEX_DIGITS, (unsigned long long)number);
		rc = a->sys->make_dir_at(a->sys->arg, a->place->dirfd, a->dir, 0700);
	}
	if (rc < 0) {
		free(a->dir);
		a->dir = NULL;
	}
	return rc;
}

/* Checks that the directory is private: whoever may write beside the file may have put another directory in its place, and on some file
 * systems all files are writable for everybody. */
static int open_directory(struct lk_aside *a)
{
	const struct lk_sys *sys = a->sys;
	struct statx st;
	int rc = sys->open_at(sys->arg, a->place->dirfd, a->dir, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);

	if (rc < 0)
		return rc;
	a->dirfd = rc;
	rc = sys->stat_at(sys->arg, a->dirfd, "", AT_EMPTY_PATH, &st);
	if (rc < 0)
		return rc;
	return st.stx_uid != geteuid() || st.stx_mode & (S_IWGRP | S_IWOTH) ? -EMEDIUMTYPE : 0;
}

static int make_link(struct lk_aside *a)
{
	const struct lk_sys *sys = a->sys;
	lk_buf target = { 0 };
	int rc = lk_io_readlink_at(a->place->fd, "", &target);

	rc = rc < 0 ? rc : sys->make_link_at(sys->arg, lk_buf_str(&target), a->dirfd, a->place->name);
	lk_vec_done(&target);
	return rc < 0 ? rc : sys->open_at(sys->arg, a->dirfd, a->place->name, O_PATH | O_NOFOLLOW, 0);
}

static int open_holder(struct lk_aside *a)
{
	int rc = S_ISLNK(a->place->st.stx_mode) ? make_link(a)
						: a->sys->open_at(a->sys->arg, a->dirfd, a->place->name,
								  O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);

	if (rc < 0)
		return rc;
	a->holder_fd = rc;
	return 0;
}

static const char *words_of(int rc)
{
	switch (-rc) {
	case EACCES:
	case EPERM:
		return "you may not write to the directory; ";
	case EROFS:
		return "the file system is mounted read-only";
	case EMEDIUMTYPE:
		return "others can write to all directories of this file system, or it gives them to another user";
	default:
		return strerror(-rc);
	}
}

static int refuse(struct lk_aside *a, int rc, struct lk_err *err)
{
	if (a->dir)
		a->sys->unlink_at(a->sys->arg, a->place->dirfd, a->dir, AT_REMOVEDIR);
	return lk_err_set(
		err, rc,
		"%s: nothing was done: to be sure that it is the right file, a private directory is needed beside it, and that "
		"cannot be made: %s%s",
		a->place->path, words_of(rc), rc == -EACCES || rc == -EPERM ? lk_rights_advice(LK_RIGHT_WRITE) : "");
}

int lk_aside_open(struct lk_aside *a, const struct lk_sys *sys, const struct file_place *p, bool keep_name,
		  struct lk_err *err)
{
	int rc;

	*a = (struct lk_aside){ .sys = sys, .place = p, .dirfd = -1, .holder_fd = -1 };
	rc = make_directory(a);
	if (rc < 0)
		return refuse(a, rc, err);
	a->path = lk_printf("%s%s/%s", p->dir, a->dir, p->name);
	rc = open_directory(a);
	if (!rc && keep_name)
		rc = open_holder(a);
	return rc < 0 ? refuse(a, rc, err) : 0;
}

void lk_aside_done(struct lk_aside *a)
{
	if (a->sys && a->dirfd >= 0)
		a->sys->close(a->sys->arg, a->dirfd);
	if (a->sys && a->holder_fd >= 0)
		a->sys->close(a->sys->arg, a->holder_fd);
	free(a->dir);
	free(a->path);
	*a = (struct lk_aside){ .dirfd = -1, .holder_fd = -1 };
}

/* -- names -- */

static int rename_in(struct lk_aside *a, const struct file_place *p, unsigned flags)
{
	return a->sys->rename_at2(a->sys->arg, p->dirfd, p->name, a->dirfd, a->place->name, flags);
}

static int rename_out(struct lk_aside *a, const struct file_place *p, unsigned flags)
{
	return a->sys->rename_at2(a->sys->arg, a->dirfd, a->place->name, p->dirfd, p->name, flags);
}

static bool has(struct lk_aside *a, const char *name, int fd)
{
	const struct lk_sys *sys = a->sys;
	struct statx there, pinned;
	/* Both are read anew: on some file systems a rename copies the file, which changes its inode number. */
	int rc = sys->stat_at(sys->arg, a->dirfd, name, AT_SYMLINK_NOFOLLOW, &there);

	if (rc >= 0)
		rc = sys->stat_at(sys->arg, fd, "", AT_EMPTY_PATH, &pinned);
	a->not_compared = a->not_compared || (rc < 0 && rc != -ENOENT);
	return rc >= 0 && lk_place_same_file(&there, &pinned);
}

bool lk_aside_has(struct lk_aside *a, int fd)
{
	return has(a, a->place->name, fd);
}

int lk_aside_take(struct lk_aside *a)
{
	int rc = rename_in(a, a->place, a->holder_fd >= 0 ? RENAME_EXCHANGE : RENAME_NOREPLACE);

	return rc < 0 ? rc : lk_aside_has(a, a->place->fd);
}

int lk_aside_swap(struct lk_aside *a, const struct file_place *p, int fd)
{
	for (int i = 0; i < SWAPS_MAX; i++) {
		int rc = rename_out(a, p, RENAME_EXCHANGE);

		if (rc >= 0 && lk_aside_has(a, fd))
			return 0;
		if (rc < 0 && rc != -ENOENT)
			return rc;
		/* Somebody took the name away, and with it the file of fd: leave the name to the file from the directory. */
		if (rc == -ENOENT && rename_out(a, p, RENAME_NOREPLACE) >= 0)
			return -ENOENT;
	}
	return -EBUSY;
}

int lk_aside_give_back(struct lk_aside *a)
{
	int rc;

	if (a->holder_fd < 0)
		return rename_out(a, a->place, RENAME_NOREPLACE);
	rc = lk_aside_swap(a, a->place, a->holder_fd);
	return rc == -ENOENT ? 0 : rc;
}

int lk_aside_delete(struct lk_aside *a, bool is_dir)
{
	return a->sys->unlink_at(a->sys->arg, a->dirfd, a->place->name, is_dir ? AT_REMOVEDIR : 0);
}

int lk_aside_delete_beside(struct lk_aside *a, const struct file_place *p)
{
	const struct lk_sys *sys = a->sys;
	int rc = sys->rename_at2(sys->arg, p->dirfd, p->name, a->dirfd, p->name, RENAME_NOREPLACE);

	if (rc < 0)
		return rc;
	if (has(a, p->name, p->fd))
		return sys->unlink_at(sys->arg, a->dirfd, p->name, 0);
	rc = sys->rename_at2(sys->arg, a->dirfd, p->name, p->dirfd, p->name, RENAME_NOREPLACE);
	return rc < 0 ? rc : -ESTALE;
}

int lk_aside_move(struct lk_aside *a, const struct file_place *to, bool replace)
{
	int rc;

	if (!replace || to->fd < 0)
		return rename_out(a, to, RENAME_NOREPLACE);
	rc = rename_out(a, to, RENAME_EXCHANGE);
	if (rc < 0 || lk_aside_has(a, to->fd))
		return rc;
	lk_aside_swap(a, to, a->place->fd);
	return -ESTALE;
}

/* -- the end -- */

static bool is_empty(struct lk_aside *a)
{
	struct statx st;

	return a->sys->stat_at(a->sys->arg, a->dirfd, a->place->name, AT_SYMLINK_NOFOLLOW, &st) == -ENOENT;
}

/* Has somebody taken the name over from what kept it? */
static bool is_taken_over(struct lk_aside *a)
{
	const struct lk_sys *sys = a->sys;
	struct statx now, holder;

	return sys->stat_at(sys->arg, a->place->dirfd, a->place->name, AT_SYMLINK_NOFOLLOW, &now) >= 0 &&
	       sys->stat_at(sys->arg, a->holder_fd, "", AT_EMPTY_PATH, &holder) >= 0 &&
	       !lk_place_same_file(&now, &holder);
}

/* What kept the name is in the directory if the right file got it back; else it still has the name itself. */
static void remove_holder(struct lk_aside *a)
{
	if (is_empty(a) && (is_taken_over(a) || rename_in(a, a->place, RENAME_NOREPLACE) < 0))
		return;
	if (lk_aside_has(a, a->holder_fd))
		lk_aside_delete(a, false);
	else
		rename_out(a, a->place, RENAME_NOREPLACE);
}

int lk_aside_remove(struct lk_aside *a)
{
	int rc;

	if (a->holder_fd >= 0)
		remove_holder(a);
	rc = a->sys->unlink_at(a->sys->arg, a->place->dirfd, a->dir, AT_REMOVEDIR);
	return rc == -ENOENT ? 0 : rc;
}

/* -- what was left -- */

struct left {
	const struct lk_sys *sys;
	const struct file_place *place;
	lk_aside_left_cb cb;
	void *arg;
	const char *dir;
	unsigned uid;
	int rc;
};

static int tell(struct left *l, const char *name)
{
	lk_auto_mem char *path = lk_printf("%s%s%s%s", l->place->dir, l->dir, *name ? "/" : "", name);

	l->rc = l->cb(l->arg, path, l->uid);
	return 1;
}

static int on_inner(void *arg, int dirfd __attribute__((unused)), const char *name)
{
	return tell(arg, name);
}

static bool is_ours(const char *name)
{
	const char *digits = name + strlen(PREFIX);

	return strncmp(name, PREFIX, strlen(PREFIX)) == 0 && strlen(digits) == HEX_DIGITS &&
	       strspn(digits, "0123456789abcdef") == HEX_DIGITS;
}

static int on_entry(void *arg, int dirfd, const char *name)
{
	struct left *l = arg;
	struct statx st;
	int fd, rc;

	if (!is_ours(name))
		return 0;
	fd = l->sys->open_at(l->sys->arg, dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return 0;
	rc = l->sys->stat_at(l->sys->arg, fd, "", AT_EMPTY_PATH, &st);
	if (rc >= 0) {
		l->dir = name;
		l->uid = st.stx_uid;
		if (lk_io_each_entry(fd, ".", on_inner, l) != 1)
			tell(l, "");
	}
	l->sys->close(l->sys->arg, fd);
	return l->rc;
}

int lk_aside_find_left(const struct lk_sys *sys, const struct file_place *p, lk_aside_left_cb cb, void *arg)
{
	struct left l = { .sys = sys, .place = p, .cb = cb, .arg = arg };

	return lk_io_each_entry(p->dirfd, ".", on_entry, &l);
}

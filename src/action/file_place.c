/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of files: a directory that is held open and the last part of the path, so that no change to the directories above can lead the
 * action to another file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "action/file_private.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"

#define LINKS_MAX 40 /* on the way, as in the kernel */

void lk_place_init(struct file_place *p)
{
	*p = (struct file_place){ .dirfd = -1, .fd = -1 };
}

void lk_place_done(struct file_place *p, const struct lk_sys *sys)
{
	if (p->fd >= 0)
		sys->close(sys->arg, p->fd);
	if (p->dirfd >= 0)
		sys->close(sys->arg, p->dirfd);
	free(p->path);
	free(p->dir);
	free(p->name);
	lk_place_init(p);
}

bool lk_place_same_file(const struct statx *a, const struct statx *b)
{
	return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major && a->stx_dev_minor == b->stx_dev_minor;
}

static int stat_fd(const struct lk_sys *sys, int fd, struct statx *ret)
{
	return sys->stat_at(sys->arg, fd, "", AT_EMPTY_PATH, ret);
}

/* Returns an O_PATH descriptor, or -errno. */
static int open_name(const struct lk_sys *sys, int dirfd, const char *name, struct statx *ret)
{
	int fd = sys->open_at(sys->arg, dirfd, name, O_PATH | O_NOFOLLOW, 0), rc;

	if (fd < 0)
		return fd;
	rc = stat_fd(sys, fd, ret);
	if (rc >= 0)
		return fd;
	sys->close(sys->arg, fd);
	return rc;
}

/* Splits "a/b/" into the directory "a/" and the name "b", and "b" into "" and "b". *ret_slash: a slash followed the name, so the name
 * has to be that of a directory. */
static void split(const char *path, char **ret_dir, char **ret_name, bool *ret_slash)
{
	size_t end = strlen(path), begin;

	while (end > 1 && path[end - 1] == '/')
		end--;
	*ret_slash = path[end] == '/';
	for (begin = end; begin > 0 && path[begin - 1] != '/'; begin--)
		;
	*ret_name = lk_strndup(path + begin, end - begin);
	*ret_dir = lk_strndup(path, begin);
}

static bool is_no_name(const char *name)
{
	return !*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* fd: what the first n bytes of *path lead to, without a link before it. 1: it is a link, and *path, which is freed, is now the way that
 * it shows; 0: it is none. */
static int replace_own_link(const struct lk_sys *sys, int fd, size_t n, char **path, struct lk_err *err)
{
	lk_buf target = { 0 };
	struct statx st;
	size_t dir = n;
	int rc = stat_fd(sys, fd, &st);
	char *way;

	if (rc < 0 || !S_ISLNK(st.stx_mode))
		return rc;
	if (st.stx_uid && st.stx_uid != geteuid())
		return lk_err_set(
			err, -ELOOP,
			"refused: %.*s is a symbolic link that user %u has made; name the directory it leads to, if "
			"that is meant",
			(int)n, *path, st.stx_uid);
	rc = lk_io_readlink_at(fd, "", &target);
	while (dir > 0 && (*path)[dir - 1] != '/')
		dir--;
	way = lk_printf("%.*s%s%s", target.n && target.v[0] == '/' ? 0 : (int)dir, *path, lk_buf_str(&target),
			*path + n);
	lk_vec_done(&target);
	free(*path);
	*path = way;
	return rc < 0 ? rc : 1;
}

/* Replaces the first link of the way. */
static int follow_own_link(const struct lk_sys *sys, char **path, struct lk_err *err)
{
	int rc = 0;

	/* A link ends it: the way is another one then. */
	for (size_t n = 0; rc == 0 && (*path)[n];) {
		lk_auto_mem char *part = NULL;
		int fd;

		n += strspn(*path + n, "/");
		n += strcspn(*path + n, "/");
		part = lk_strndup(*path, n);
		fd = sys->open_no_links(sys->arg, part, O_PATH | O_NOFOLLOW);
		if (fd < 0)
			return fd;
		rc = replace_own_link(sys, fd, n, path, err);
		sys->close(sys->arg, fd);
	}
	return rc < 0 ? rc : 0;
}

/* A link that another user has put on the way, for example in /tmp, could lead anywhere. */
static int open_past_own_links(const struct lk_sys *sys, const char *dir, struct lk_err *err)
{
	lk_auto_mem char *path = lk_strdup(dir);
	int rc = -ELOOP;

	for (int i = 0; i < LINKS_MAX && rc == -ELOOP; i++) {
		int followed = 0;

		rc = sys->open_no_links(sys->arg, path, O_PATH | O_DIRECTORY);
		if (rc == -ELOOP)
			followed = follow_own_link(sys, &path, err);
		if (followed < 0)
			return followed;
	}
	return rc;
}

static int pin_directory(struct file_place *p, const struct lk_sys *sys, const char *dir, struct lk_err *err)
{
	int rc = p->own_links ? open_past_own_links(sys, dir, err)
			      : sys->open_at(sys->arg, AT_FDCWD, dir, O_PATH | O_DIRECTORY, 0);

	if (rc < 0)
		return lk_err_set(err, rc, "%s: %s", dir, strerror(-rc));
	p->dirfd = rc;
	rc = stat_fd(sys, p->dirfd, &p->dir_st);
	return rc < 0 ? lk_err_set(err, rc, "%s: %s", dir, strerror(-rc)) : 0;
}

static int pin_file(struct file_place *p, const struct lk_sys *sys, bool may_be_free, struct lk_err *err)
{
	int rc = open_name(sys, p->dirfd, p->name, &p->st);

	if (rc == -ENOENT && may_be_free)
		return 0;
	if (rc < 0)
		return lk_err_set(err, rc, "%s: %s", p->path, strerror(-rc));
	p->fd = rc;
	return 0;
}

int lk_place_open(struct file_place *p, const struct lk_sys *sys, const char *path, bool may_be_free,
		  struct lk_err *err)
{
	bool slash;
	int rc;

	p->path = lk_strdup(path);
	split(path, &p->dir, &p->name, &slash);
	if (!*path)
		return lk_err_set(err, -EINVAL, "an empty name is no name of a file");
	if (is_no_name(p->name))
		return lk_err_set(err, -EINVAL, "\"%s\" does not end in a name", path);
	rc = pin_directory(p, sys, *p->dir ? p->dir : ".", err);
	rc = rc ? rc : pin_file(p, sys, may_be_free, err);
	if (!rc && slash && (p->fd < 0 || !S_ISDIR(p->st.stx_mode)))
		return lk_err_set(err, -ENOTDIR, "%s: not a directory", path);
	return rc;
}

int lk_place_open_below(struct file_place *p, const struct lk_sys *sys, const char *path, const char *name,
			struct lk_err *err)
{
	size_t n = strlen(path);
	const char *slash = n && path[n - 1] == '/' ? "" : "/";
	int rc = sys->open_at(sys->arg, AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);

	if (rc == -ENOENT || rc == -ENOTDIR)
		return rc;
	if (rc < 0)
		return lk_err_set(err, rc, "%s: %s", path, strerror(-rc));
	p->dirfd = rc;
	p->name = lk_strdup(name);
	p->dir = lk_printf("%s%s", path, slash);
	p->path = lk_printf("%s%s", p->dir, name);
	rc = stat_fd(sys, p->dirfd, &p->dir_st);
	if (rc < 0)
		return lk_err_set(err, rc, "%s: %s", path, strerror(-rc));
	return pin_file(p, sys, true, err);
}

int lk_place_open_beside(struct file_place *p, const struct lk_sys *sys, const struct file_place *beside,
			 const char *name, struct lk_err *err)
{
	int rc = sys->open_at(sys->arg, beside->dirfd, ".", O_PATH | O_DIRECTORY, 0);

	p->name = lk_strdup(name);
	p->dir = lk_strdup(beside->dir);
	p->path = lk_printf("%s%s", p->dir, name);
	if (rc < 0)
		return lk_err_set(err, rc, "%s: %s", p->path, strerror(-rc));
	p->dirfd = rc;
	p->dir_st = beside->dir_st;
	return pin_file(p, sys, true, err);
}

int lk_place_look(const struct file_place *p, const struct lk_sys *sys)
{
	struct statx now, pinned;
	int fd = open_name(sys, p->dirfd, p->name, &now), rc;

	if (fd < 0)
		return fd;
	sys->close(sys->arg, fd);
	if (p->fd < 0)
		return 0;
	/* Read anew: on some file systems a change copies the file, and the copy has another inode number. */
	rc = stat_fd(sys, p->fd, &pinned);
	return rc < 0 ? rc : lk_place_same_file(&pinned, &now);
}

int lk_place_check(const struct file_place *p, const struct lk_sys *sys, struct lk_err *err)
{
	int rc = lk_place_look(p, sys);

	if (rc == 1 || (rc == -ENOENT && p->fd < 0))
		return 0;
	if (rc == -ENOENT)
		return lk_err_set(err, -ESTALE, "target changed since you looked: %s is not there any more", p->path);
	if (rc < 0)
		return lk_err_set(err, rc, "%s: %s", p->path, strerror(-rc));
	return lk_err_set(err, -ESTALE, "target changed since you looked: %s %s", p->path,
			  p->fd < 0 ? "was made meanwhile" : "is another file now");
}

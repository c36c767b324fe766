/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's file of settings: where it is, reading it, writing it. */
#include "cli/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "cli/conf.h"

#define FILE_MAX ((size_t)64 * 1024)

char *lk_settings_path(void)
{
	const char *xdg = secure_getenv("XDG_CONFIG_HOME"), *home = secure_getenv("HOME");

	if (geteuid() != getuid() || getegid() != getgid())
		return NULL;
	if (xdg && *xdg)
		return xdg[0] == '/' ? lk_printf("%s/lockscope/config", xdg) : NULL;
	return home && home[0] == '/' ? lk_printf("%s/.config/lockscope/config", home) : NULL;
}

/* A descriptor or -errno; -EINVAL: it is no regular file. O_NONBLOCK, because opening a FIFO would wait for a writer. */
static int open_file(const char *path)
{
	int fd = lk_io_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

struct reading {
	struct lk_settings *set;
	lk_buf words; /* what is wrong with the last wrong line */
};

static const char *take_line(void *arg, const struct lk_conf_line *line)
{
	struct reading *r = arg;
	lk_auto_mem char *name = lk_strndup(line->name, line->n_name);
	lk_auto_mem char *value = line->n_value ? lk_strndup(line->value, line->n_value) : NULL;
	struct lk_err err = { 0 };
	const char *wrong = NULL;

	if (lk_settings_set(r->set, name, value, &err) < 0) {
		r->words.n = 0;
		lk_buf_puts(&r->words, lk_err_text(&err));
		wrong = lk_buf_str(&r->words);
	}
	lk_err_done(&err);
	return wrong;
}

int lk_settings_read(struct lk_settings *s, const char *path, struct lk_err *err)
{
	lk_auto_fd fd = open_file(path);
	struct reading r = { .set = s };
	lk_buf text = { 0 };
	int rc = fd < 0 ? fd : lk_io_read_fd(fd, FILE_MAX, &text);

	if (rc == -ENOENT || rc == -ENOTDIR)
		return 0;
	if (rc < 0)
		lk_err_set(err, rc, "cannot read %s: %s", path, strerror(-rc));
	else
		rc = lk_conf_each(text.v, text.n, path, take_line, &r, err);
	lk_vec_done(&r.words);
	lk_vec_done(&text);
	return rc;
}

/* -- saving: below a directory of the user, directories are opened one by one, and no link is followed -- */

/* The length of the part of path that is opened in one go, symbolic links followed: the home directory or $XDG_CONFIG_HOME. */
static size_t home_len(const char *path)
{
	static const char *const ends[] = { "/.config/lockscope/config", "/lockscope/config", "/config" };
	size_t n = strlen(path);

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t end = strlen(ends[i]);

		if (n > end && strcmp(path + n - end, ends[i]) == 0)
			return n - end;
	}
	return strrchr(path, '/') ? (size_t)(strrchr(path, '/') - path) : 0;
}

static int check_owner(int fd, const char *path, struct lk_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid == geteuid())
		return 0;
	return lk_err_set(err, -EPERM, "settings are not saved: the folder of %s belongs to another user", path);
}

/* Opens the directory of home_len(), or the nearest above it that exists; it must belong to the user. *rest: the part of path below it. A
 * descriptor (O_PATH) or -errno. */
static int open_home(const char *path, const char **rest, struct lk_err *err)
{
	lk_auto_mem char *folder = lk_strdup(path);
	int fd = -ENOENT, rc;

	folder[home_len(path)] = '\0';
	for (char *slash = folder; fd == -ENOENT && slash;) {
		*rest = path + strlen(folder) + 1;
		fd = lk_io_openat(AT_FDCWD, *folder ? folder : "/", O_PATH | O_DIRECTORY);
		slash = strrchr(folder, '/');
		if (slash)
			*slash = '\0';
	}
	rc = fd < 0 ? fd : check_owner(fd, path, err);
	if (rc < 0 && fd >= 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

/* Opens the directory `name`, and makes it if it is missing; it must belong to the user. path: for errors. A descriptor (O_PATH) or
 * -errno. */
static int enter(int dirfd, const char *name, const char *path, struct lk_err *err)
{
	int fd, rc;

	if (strcmp(name, "..") == 0)
		return lk_err_set(err, -EPERM, "settings are not saved: .. on the way to %s", path);
	if (mkdirat(dirfd, name, 0700) < 0 && errno != EEXIST)
		return lk_err_set(err, -errno, "cannot make the folder %s of %s: %s", name, path, strerror(errno));
	fd = lk_io_openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
	if (fd == -ELOOP || fd == -ENOTDIR)
		return lk_err_set(err, -EPERM, "settings are not saved: %s on the way to %s is a link or no folder",
				  name, path);
	rc = fd < 0 ? fd : check_owner(fd, path, err);
	if (rc < 0 && fd >= 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

/* Opens the directory of the file. *ret_name: the name of the file in it, borrowed from path. A descriptor (O_PATH) or -errno. */
static int open_folder(const char *path, const char **ret_name, struct lk_err *err)
{
	const char *rest = path, *slash;
	int fd = open_home(path, &rest, err);

	while (fd >= 0 && (slash = strchr(rest, '/'))) {
		lk_auto_mem char *name = lk_strndup(rest, (size_t)(slash - rest));
		int next = *name ? enter(fd, name, path, err) : fd;

		if (next != fd)
			close(fd);
		fd = next;
		rest = slash + 1;
	}
	*ret_name = rest;
	return fd;
}

static int may_save(struct lk_err *err)
{
	if (geteuid() != getuid())
		return lk_err_set(err, -EPERM, "settings are not saved while the effective user is another one");
	if (getenv("SUDO_UID"))
		return lk_err_set(err, -EPERM,
				  "settings are not saved under sudo, because the file would belong to root");
	return 0;
}

static void make_text(const struct lk_settings *s, lk_buf *out)
{
	lk_buf_puts(out, "# Settings of lockscope's screen, one a line; written by its setup pane.\n");
	for (const struct lk_option *o = NULL; (o = lk_option_next(o, LK_OPTIONS_SETTING));) {
		lk_auto_mem char *value = lk_settings_changed(s, o);

		if (value)
			lk_buf_printf(out, "%s = %s\n", o->name, value);
	}
	for (size_t i = 0; i < s->binds.n; i++)
		lk_buf_printf(out, "bind = %s\n", s->binds.v[i]);
}

static int write_file(int folder, const char *name, const lk_buf *text, struct lk_err *err)
{
	struct lk_io_atomic file;
	int rc = lk_io_atomic_begin_at(&file, folder, name, err);

	if (rc < 0)
		return rc;
	rc = lk_io_write_all(file.fd, text->v, text->n);
	if (rc == 0)
		return lk_io_atomic_commit(&file, err);
	lk_io_atomic_abort(&file);
	return rc;
}

int lk_settings_save(const struct lk_settings *s, const char *path, struct lk_err *err)
{
	lk_auto_fd folder = -1;
	const char *name = NULL;
	lk_buf text = { 0 };
	int rc = may_save(err);

	make_text(s, &text);
	rc = rc < 0 ? rc : (folder = open_folder(path, &name, err));
	rc = rc < 0 ? rc : write_file(folder, name, &text, err);
	lk_vec_done(&text);
	return rc < 0 ? lk_err_set(err, rc, "cannot write %s: %s", path, strerror(-rc)) : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uses by the kernel itself, which no process shows: loop devices, swap, mounts. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "source/host/sysroot.h"
#include "source/procfs/procfs_uses.h"

/* Whether a path that the kernel printed leads to the file from our root directory. LK_NO also if the path is gone or may ask a server. */
static enum lk_tri is_path_of(struct uses_job *j, const char *path, const struct lk_fact_file *file)
{
	lk_auto_fd fd = -1;

	if (file->local == LK_YES && !lk_mounts_path_is_local(&j->mounts, 0, path))
		return LK_NO;
	fd = lk_io_openat(AT_FDCWD, path, O_PATH | O_NOFOLLOW);
	return fd < 0 ? LK_NO : lk_uses_is_file(j, fd, file);
}

/* -- loop devices -- */

struct loops {
	struct uses_job *j;
	struct lk_helper_out *out;
};

/* Whether the file is behind the loop device. The path may mean another file in another mount namespace; what the driver says is exact. */
static enum lk_tri is_behind(struct uses_job *j, const struct lk_sysroot_loop *loop, const struct lk_fact_file *file)
{
	struct lk_sysroot_loop_file f;

	/* The driver asks the file system of the file behind the device. */
	if (file->local == LK_YES && !lk_mounts_path_is_local(&j->mounts, 0, loop->backing_file))
		return LK_NO;
	if (file->has_stat && lk_sysroot_loop_file(loop->device, &f) == 0) {
		if (S_ISBLK(file->mode) && f.rdev_major == file->rdev_major && f.rdev_minor == file->rdev_minor)
			return LK_YES;
		return f.ino == file->st_ino && f.major == file->st_major && f.minor == file->st_minor ? LK_YES : LK_NO;
	}
	return is_path_of(j, loop->backing_file, file) != LK_NO ? LK_YES : LK_NO;
}

static int look_at_loop(void *arg, const struct lk_sysroot_loop *loop)
{
	struct loops *l = arg;
	lk_auto_mem char *device = lk_printf("/dev/%s", loop->device);
	int rc = lk_uses_below_kernel(l->j, l->out, LK_USE_LOOP, loop->backing_file, device);

	for (size_t i = 0; i < l->j->n_files && !rc; i++) {
		if (is_behind(l->j, loop, &l->j->files[i]) == LK_YES)
			rc = lk_uses_emit_kernel(l->out, i, LK_USE_LOOP, device, true);
	}
	return rc;
}

int lk_uses_of_loops(struct uses_job *j, struct lk_helper_out *out)
{
	struct loops l = { j, out };
	int rc = lk_sysroot_each_loop(look_at_loop, &l);

	if (rc == -EPIPE)
		return rc;
	return rc < 0 ? lk_uses_emit_unknown(out) : 0;
}

/* -- swap -- */

/* The kernel writes blank, tab, newline and backslash as \ooo. In place. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' &&
		    s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* "PATH<blanks>file<tab>…", or "partition", which is any block device; the rest is the heading. */
bool lk_uses_parse_swap(char *line, bool *ret_block)
{
	char *end = strpbrk(line, " \t"), *type;

	if (!end)
		return false;
	type = end + strspn(end, " \t");
	*ret_block = strncmp(type, "partition", 9) == 0;
	if (!*ret_block && strncmp(type, "file", 4) != 0)
		return false;
	*end = '\0';
	unescape(line);
	return true;
}

static int look_at_swap(struct uses_job *j, struct lk_helper_out *out, char *line)
{
	bool is_block;
	int rc = 0;

	if (!lk_uses_parse_swap(line, &is_block))
		return 0;
	if (is_block)
		return lk_uses_block_path(j, out, LK_USE_SWAP, line);
	rc = lk_uses_below_kernel(j, out, LK_USE_SWAP, line, line);
	for (size_t i = 0; i < j->n_files && !rc; i++) {
		if (is_path_of(j, line, &j->files[i]) != LK_NO)
			rc = lk_uses_emit_kernel(out, i, LK_USE_SWAP, NULL, true);
	}
	return rc;
}

int lk_uses_of_swaps(struct uses_job *j, struct lk_helper_out *out)
{
	lk_buf text = { 0 };
	int rc = lk_io_read_at(j->root->fd, "swaps", (size_t)1 << 20, &text);
	char *line, *save = NULL, *s = rc < 0 ? NULL : lk_buf_str(&text);

	/* A kernel without swap has no such file. */
	if (rc < 0 && rc != -ENOENT)
		rc = lk_uses_emit_unknown(out);
	else
		rc = 0;
	for (line = s ? strtok_r(s, "\n", &save) : NULL; line && !rc; line = strtok_r(NULL, "\n", &save))
		rc = look_at_swap(j, out, line);
	lk_vec_done(&text);
	return rc;
}

/* -- mounts -- */

/* Reports a mount of the same file system whose path leads to this very file: the file is mounted there, or the path asked about is that
 * mount point. */
static int look_at_mount(struct uses_job *j, struct lk_helper_out *out, const struct lk_mount *m, size_t i)
{
	const struct lk_fact_file *file = &j->files[i];
	enum lk_tri is;

	if (m->ns != 0 || m->major != file->key.major || m->minor != file->key.minor)
		return 0;
	is = is_path_of(j, m->target, file);
	return is == LK_NO ? 0 : lk_uses_emit_kernel(out, i, LK_USE_MOUNT, m->target, is == LK_YES);
}

int lk_uses_of_mounts(struct uses_job *j, struct lk_helper_out *out)
{
	int rc = 0;

	/* is_path_of() may add tables of other namespaces: only those there now are looked at. */
	for (size_t k = 0, n = j->mounts.v.n; k < n && !rc; k++) {
		for (size_t i = 0; i < j->n_files && !rc; i++) {
			rc = look_at_mount(j, out, j->mounts.v.v[k], i);
			rc = rc ? rc : lk_uses_below_mount(j, out, j->mounts.v.v[k], i);
		}
	}
	return rc;
}

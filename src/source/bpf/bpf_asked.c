/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where not every lock of the machine can be found, all locks of the files that the user asked for still can: an O_PATH descriptor of our
 * own leads the dump to the inode, and the inode to all its locks, even if no other descriptor leads there. The descriptor is open during
 * the scan only, so that it keeps no file system busy; O_PATH does not open the file itself and breaks no lease. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "source/bpf/bpf_private.h"

#define MAX_ASKED 64

static void remember(struct bpf_source *src, const struct lk_fact_file *file)
{
	for (size_t i = 0; i < src->asked.n; i++) {
		if (lk_key_equal(&src->asked.v[i].key, &file->key) && strcmp(src->asked.v[i].path, file->path) == 0)
			return;
	}
	if (src->asked.n >= MAX_ASKED)
		return;
	*lk_vec_push(&src->asked) = (struct bpf_asked){ .path = lk_strdup(file->path),
							.key = file->key,
							.st_major = file->st_major,
							.st_minor = file->st_minor,
							.st_ino = file->st_ino,
							.fd = -1 };
}

static void remember_if_found(struct bpf_source *src, const struct lk_fact_file *file)
{
	if (file->local == LK_YES && file->has_stat && !file->key.none && file->path && file->path[0] == '/' &&
	    file->unreachable != LK_YES)
		remember(src, file);
}

int lk_bpf_resolve(struct lk_source *src, const char *path, bool follow, struct lk_fact_file *ret, struct lk_err *err)
{
	int rc = lk_procfs_resolve(src, path, follow, ret, err);

	if (rc == 0)
		remember_if_found((struct bpf_source *)src, ret);
	return rc;
}

struct all {
	struct bpf_source *src;
	lk_resolve_cb cb;
	void *arg;
};

static int take_one(void *arg, size_t i, int rc, const struct lk_fact_file *file)
{
	struct all *all = arg;

	if (rc == 0)
		remember_if_found(all->src, file);
	return all->cb(all->arg, i, rc, file);
}

int lk_bpf_resolve_all(struct lk_source *src, const char *const *paths, size_t n, lk_resolve_cb cb, void *arg,
		       struct lk_err *err)
{
	struct all all = { (struct bpf_source *)src, cb, arg };

	return lk_procfs_resolve_all(src, paths, n, take_one, &all, err);
}

/* Opens the file by its path if looking that up reaches no file server, and keeps it only if it still is the same file. A descriptor, or
 * -1. */
static int open_asked(const struct lk_mounts *mounts, const struct bpf_asked *a)
{
	struct statx st;
	int fd;

	if (!lk_mounts_path_is_local(mounts, 0, a->path))
		return -1;
	fd = lk_io_open_no_links(AT_FDCWD, a->path, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return -1;
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) == 0 &&
	    st.stx_dev_major == a->st_major && st.stx_dev_minor == a->st_minor && st.stx_ino == a->st_ino)
		return fd;
	close(fd);
	return -1;
}

size_t lk_bpf_open_asked(struct bpf_scan *b)
{
	struct bpf_source *src = b->source;
	size_t n = 0;

	for (size_t i = 0; i < src->asked.n; i++) {
		src->asked.v[i].fd = open_asked(&b->s.mounts, &src->asked.v[i]);
		n += src->asked.v[i].fd >= 0;
	}
	return n;
}

void lk_bpf_close_asked(struct bpf_scan *b)
{
	struct bpf_source *src = b->source;

	for (size_t i = 0; i < src->asked.n; i++) {
		lk_cleanup_fd(&src->asked.v[i].fd);
		src->asked.v[i].fd = -1;
	}
}

/* Does the dump have every lock of this file? Not if an inode with this key (several can have it) was torn or changing and may have more
 * locks. An inode without locks is not in the dump. */
static bool is_proven(const struct bpf_scan *b, const struct bpf_asked *a)
{
	for (size_t i = 0; i < b->dump.n_inodes; i++) {
		const struct lk_bpf_inode *inode = &b->dump.inodes[i];

		if (inode->major == a->key.major && inode->minor == a->key.minor && inode->ino == a->key.ino &&
		    inode->flags & (LK_BPF_INODE_TORN | LK_BPF_INODE_CHANGING))
			return false;
	}
	return a->fd >= 0;
}

int lk_bpf_emit_proven(const struct bpf_scan *b, const struct lk_sink *sink)
{
	const struct bpf_source *src = b->source;
	int rc = 0;

	for (size_t i = 0; i < src->asked.n && !rc; i++) {
		struct lk_fact_proven f = { .key = src->asked.v[i].key };

		if (is_proven(b, &src->asked.v[i]))
			rc = lk_sink_proven(sink, &f);
	}
	return rc;
}

void lk_bpf_asked_done(struct bpf_source *src)
{
	for (size_t i = 0; i < src->asked.n; i++)
		free(src->asked.v[i].path);
	lk_vec_done(&src->asked);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out paths, mounts and sizes of the locked files: from the kernel's structures, and where those are not enough, through a descriptor
 * of a process that has the file open. Only our own mount table is kept from scan to scan: poll(2) tells when it has changed. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "source/bpf/bpf_private.h"

#define PATH_FIRST 4096

static bool is_unchanged(const struct bpf_source *src)
{
	struct pollfd p = { .fd = src->mounts_fd, .events = POLLPRI };

	return src->mounts_fd >= 0 && src->mounts.v.n && poll(&p, 1, 0) == 0;
}

int lk_bpf_load_mounts(struct bpf_scan *b)
{
	struct bpf_source *src = b->source;

	if (is_unchanged(src)) {
		b->s.mounts = src->mounts;
		src->mounts = (struct lk_mounts){ 0 };
		return 0;
	}
	lk_mounts_done(&src->mounts);
	src->mounts = (struct lk_mounts){ 0 };
	/* Opened before the table is read, so that poll(2) reports every change after that. */
	if (src->mounts_fd >= 0)
		close(src->mounts_fd);
	src->mounts_fd = lk_procroot_own_mountinfo();
	return lk_scan_load_own_mounts(b->s.root, &b->s.mounts);
}

/* Keeps the mount table for the next scan, unless it includes tables of other namespaces: nothing tells when those change. */
void lk_bpf_keep_mounts(struct bpf_scan *b)
{
	if (b->s.spaces.n)
		return;
	b->source->mounts = b->s.mounts;
	b->s.mounts = (struct lk_mounts){ 0 };
}

/* NULL: not known. */
static const char *read_path(struct bpf_scan *b, const struct lk_bpf_inode *inode)
{
	lk_buf *buf = &b->s.buf;
	size_t room = PATH_FIRST;
	int n;

	do {
		buf->n = 0;
		lk_vec_reserve(&buf->v, &buf->cap, 0, room, 1);
		n = lk_bpf_path(&b->dump, inode, buf->v, buf->cap);
		room = 2 * buf->cap;
	} while (n == -ENAMETOOLONG && room < INT_MAX);
	return n > 0 ? lk_arena_strndup(&b->s.arena, buf->v, (size_t)n) : NULL;
}

/* The dump's path of an inode is that of the descriptor through which the inode was met first; another descriptor may have been opened by
 * another name. */
static bool has_its_name(const struct bpf_scan *b, uint32_t i, uint32_t hold)
{
	const struct lk_bpf_inode *inode = &b->dump.inodes[i];
	uint32_t met = b->met[i];

	if (hold == met)
		return true;
	if (met == LK_BPF_NONE || b->dump.holds[met].mnt_id != b->dump.holds[hold].mnt_id)
		return false;
	return S_ISDIR(inode->mode) || (inode->nlink == 1 && !(inode->flags & LK_BPF_INODE_UNHASHED));
}

static void describe_one(struct bpf_scan *b, uint32_t i)
{
	const struct lk_bpf_inode *inode = &b->dump.inodes[i];
	const struct lk_bpf_hold *h = &b->dump.holds[b->shown[i]];
	struct lk_key key = { .major = inode->major, .minor = inode->minor, .ino = inode->ino };
	struct scan_known known = {
		.unhashed = inode->flags & LK_BPF_INODE_UNHASHED,
		.ino = inode->ino,
		.nlink = inode->nlink,
		.size = inode->size,
		.mode = inode->mode,
		.fstype = inode->fstype,
	};
	struct scan_fd *f = lk_vec_push(&b->s.fds);

	*f = (struct scan_fd){ .pid = (int)h->tgid, .tid = (int)h->tid, .fd = h->fd };
	f->info.mnt_id = h->mnt_id;
	f->info.ino = inode->ino;
	f->info.has_ino = true;
	b->described[i] = b->s.fds.n - 1;
	known.has_name = has_its_name(b, i, b->shown[i]);
	known.path = known.has_name ? read_path(b, inode) : NULL;
	lk_scan_describe_known(&b->s, f, &key, &known);
}

void lk_bpf_describe(struct bpf_scan *b)
{
	b->described = lk_alloc(b->dump.n_inodes, sizeof(*b->described));
	for (uint32_t i = 0; i < b->dump.n_inodes; i++) {
		b->described[i] = SIZE_MAX;
		if (b->dump.inodes[i].n_locks && b->shown[i] != LK_BPF_NONE && !lk_bpf_is_ours(b, i))
			describe_one(b, i);
	}
	lk_scan_describe_waiters(&b->s);
	lk_scan_verify_names(&b->s);
}

const struct lk_fact_file *lk_bpf_file(const struct bpf_scan *b, uint32_t inode)
{
	size_t at = inode < b->dump.n_inodes ? b->described[inode] : SIZE_MAX;

	return at == SIZE_MAX ? NULL : &b->s.fds.v[at].file;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mount tables (proc_pid_mountinfo(5)) through libmount, of as many mount namespaces as have been met. */
#ifndef LK_SOURCE_MOUNTS_H
#define LK_SOURCE_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "source/source.h"

struct lk_mount {
	int id; /* unique among all namespaces while mounted */
	int parent; /* id of the mount it stands on */
	uint32_t major, minor; /* of the superblock: the device in lock keys */
	const char *fstype, *target; /* target: as seen by the namespace it was read from */
	const char *overlay; /* options of an overlay file system that is mounted as a whole; else NULL */
	const char *source; /* what was mounted: "/dev/sda1", anything; NULL: none */
	const char *root; /* the directory of the file system that is mounted there */
	unsigned
		ns; /* which namespace: 0 is our own, others as the caller numbers them (a mount belongs to exactly one) */
	uint64_t ns_id; /* inode number of that namespace; 0 unknown */
	enum lk_tri local;
	bool asks; /* looking something up there, or asking for its size, may wait for a server: not local, or not all of its layers are */
};

/* In place; zero-initialised is empty. */
struct lk_mounts {
	struct lk_arena arena;
	LK_VEC(struct lk_mount *) v;
	struct lk_map by_id;
	bool has_own; /* our own table is among them */
	uint64_t own_ns_id; /* 0 unknown */
};

void lk_mounts_done(struct lk_mounts *m);

/* Adds the table that stands in the open mountinfo file fd (taken over and closed) as namespace ns, whose inode number is ns_id (0
 * unknown). 0 or -errno; entries whose id is known are left as they are. */
int lk_mounts_add(struct lk_mounts *m, int fd, unsigned ns, uint64_t ns_id);

/* The same from its text. */
int lk_mounts_add_text(struct lk_mounts *m, lk_buf *text, unsigned ns, uint64_t ns_id);
/* The mounts of namespace ns were made by users who may mean harm: the layers of its overlays do not count as local. */
void lk_mounts_distrust(struct lk_mounts *m, unsigned ns);

const struct lk_mount *lk_mounts_by_id(const struct lk_mounts *m, int id); /* NULL: not met */
/* A mount of that superblock, preferring our own namespace; NULL: none. */
const struct lk_mount *lk_mounts_by_dev(const struct lk_mounts *m, uint32_t major, uint32_t minor);

/* The mount of that namespace that an absolute path without symbolic links leads into; NULL: the table does not tell. */
const struct lk_mount *lk_mounts_by_path(const struct lk_mounts *m, unsigned ns, const char *path);

/* Our root directory is a mount, as it is anywhere but in a chroot(2). */
bool lk_mounts_has_root(const struct lk_mounts *m);

/* Tells whether `path`, the link text of a descriptor, leads from our own root directory to its file, which is on mount `on` (NULL: a mount
 * in no table), and if not, of which mount namespace the path is: sets unreachable, foreign_mnt_ns and mount_point of *file. readlink(2)
 * tells none of that: where a file cannot be reached from our root directory, the path begins at the root of the other namespace or of the
 * detached mount (fs/d_path.c). A path of another namespace counts as ours if by both tables it leads to the same place of the same file
 * system. Returns the mount of ours through which the path leads there; NULL: none. */
const struct lk_mount *lk_mounts_place(const struct lk_mounts *m, const struct lk_mount *on, const char *path,
				       struct lk_fact_file *file);

/* true when every mount of that namespace that an absolute path can pass through is local: looking it up reaches no server. */
bool lk_mounts_path_is_local(const struct lk_mounts *m, unsigned ns, const char *path);

/* The layers of an overlay file system, as its mount options name them (kernel: Documentation/filesystems/overlayfs.rst): calls cb for
 * the directory of the upper layer, or of each lower one, topmost first, until it returns non-zero, which is returned. A path can be
 * relative to where mount(8) was run. 0 at the end. */
typedef int (*lk_mounts_layer_cb)(void *arg, const char *path);
int lk_mounts_each_layer(const char *options, bool upper, lk_mounts_layer_cb cb, void *arg);

/* LK_NO: its locks live on a server (nfs, fuse …), or it may ask a server (autofs). LK_UNKNOWN: never heard of it. */
enum lk_tri lk_mounts_fs_is_local(const char *fstype);
/* false: two files may share a (superblock device, inode number) pair there. */
bool lk_mounts_fs_keys_unique(const char *fstype);
/* Its files are made of those of other file systems, which a mapping of such a file may show instead. NULL: true. */
bool lk_mounts_fs_is_stacked(const char *fstype);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks through a directory tree, in a helper (helper.h), because any of it may not answer. Opens only directories, and follows no symbolic
 * link but, if that is wanted, the path that it begins with. */
#ifndef LK_SOURCE_TREE_H
#define LK_SOURCE_TREE_H

#include <dirent.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/vec.h"
#include "source/host/helper.h"

struct lk_tree;

/* For each name in the directory that is being read, with type, inode number and mount id of what is there (statx(2)). *enter: it is a
 * directory, which will be walked as well unless this is set to false. Non-zero ends the walk. */
typedef int (*lk_tree_visit)(struct lk_tree *t, const char *name, const struct statx *st, bool *enter);
/* What could not be read: `name` in that directory; NULL: the rest of it. The walk goes on. A name that vanished meanwhile is no part of
 * the tree and not reported. */
typedef void (*lk_tree_failed)(struct lk_tree *t, const char *name, int rc);

struct lk_tree_level {
	DIR *dir;
	size_t n_path; /* bytes of `path` that name it */
};

struct lk_tree {
	lk_tree_visit visit;
	lk_tree_failed failed;
	void *arg; /* of the caller */
	struct lk_helper_out *out; /* gets a sign of life now and then */
	/* Where it is: */
	LK_VEC(struct lk_tree_level) levels; /* the directories being read, each below the one before */
	lk_buf path; /* of the innermost one as the kernel prints it; "" for the root directory */
	size_t n_met; /* names */
};

/* The directory that is being read; valid in visit() and failed(). */
int lk_tree_dirfd(const struct lk_tree *t);
/* Begins with the directory `path`; follow: also if it is a symbolic link. 0, what visit() returned, or -errno: it could not be opened. */
int lk_tree_walk(struct lk_tree *t, const char *path, bool follow);

#endif

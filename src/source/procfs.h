/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The procfs source: /proc/locks, /proc/PID/fdinfo, mountinfo; each misses some of what another one shows. */
#ifndef LK_SOURCE_PROCFS_H
#define LK_SOURCE_PROCFS_H

#include "source/source.h"

/* root: a directory laid out like /proc, or NULL for the machine's own. Only the machine's own is "live": in another tree no
 * system call is made about its processes, all facts come from its files.
 * 0 with *ret (lk_source_free()), or -errno with a sentence in err (-ENOENT: not a proc file system). */
int lk_procfs_new(const char *root, struct lk_source **ret, struct lk_err *err);

/* Called for each file below a directory whose key is among those asked for. */
typedef int (*lk_tree_cb)(void *arg, const struct lk_fact_file *file);
/* Walks the tree at `path` (not following links, not opening files), without hanging on a file system that does not answer.
 * 0, or -errno; -ETIMEDOUT: some of it did not answer, the rest was walked. Only for the live source. */
int lk_procfs_walk(struct lk_source *s, const char *path, const struct lk_key *keys, size_t n_keys, lk_tree_cb cb,
		   void *arg, struct lk_err *err);

#endif

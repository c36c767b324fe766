/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The procfs source: reads /proc/locks, /proc/PID/fdinfo and mountinfo; each of them misses something that another one shows. */
#ifndef LK_SOURCE_PROCFS_H
#define LK_SOURCE_PROCFS_H

#include "source/source.h"

/* root: a directory laid out like /proc, or NULL for the machine's own. Only the machine's own is "live": in another tree no
 * system call is made about its processes, all facts come from its files.
 * 0 with *ret (lk_source_free()), or -errno with a sentence in err (-ENOENT: not a proc file system). */
int lk_procfs_new(const char *root, struct lk_source **ret, struct lk_err *err);

#endif

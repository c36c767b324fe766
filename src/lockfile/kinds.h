/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kinds of lock files there are, known by their names. */
#ifndef LK_LOCKFILE_KINDS_H
#define LK_LOCKFILE_KINDS_H

struct lk_lockfile_kind {
	const char *maker; /* whose lock file it is, for words */
	const char *pattern; /* of its name, fnmatch(3) with FNM_PERIOD */
};

/* The kind of a regular file that locks by existing: whoever makes it (O_EXCL, link(2)) has the lock, and a moment without it is a
 * moment in which somebody else can take it. name: the last part of its path. Static; NULL: it is not known to be one. Names that are
 * as often locked by the kernel (most "*.lock") are not among them. */
const struct lk_lockfile_kind *lk_lockfile_by_existing(const char *name);

#endif

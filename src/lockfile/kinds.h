/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kinds of lock files there are, known by their names. */
#ifndef LK_LOCKFILE_KINDS_H
#define LK_LOCKFILE_KINDS_H

struct lk_lockfile_kind {
	const char *maker; /* the program whose lock file it is, for messages */
	const char *pattern; /* of the file's name, fnmatch(3) with FNM_PERIOD */
};

/* The kind of a regular file that is a lock by its mere existence: whoever makes it (O_EXCL, link(2)) has the lock, and while it is
 * missing somebody else can take the lock. name: the last part of its path. Static; NULL: not known to be such a file. Names of files
 * that are as often locked with flock(2) or fcntl(2) (most "*.lock") are not in the table. */
const struct lk_lockfile_kind *lk_lockfile_by_existing(const char *name);

#endif

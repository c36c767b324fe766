/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks on files that had a name and lost it: deleted while they were locked, replaced, or covered by a mount. Whoever comes by the
 * name now gets another file and another lock. */
#ifndef LK_ACTION_NAMESAKE_H
#define LK_ACTION_NAMESAKE_H

#include "base/vec.h"
#include "model/snapshot.h"

/* Borrowed from the snapshot, by index. */
typedef LK_VEC(const struct lk_lock *) lk_namesakes;

/* Adds those that are on other files than `file`, with its path or that which `path` stands for: in its directory, and where a link leads
 * that leads to no file. file: what `path` was resolved to, its strings not those of the source; NULL: it could not be, and then
 * follow: links that lead nowhere are followed. Names are looked up only where there is such a file. */
void lk_namesakes_find(struct lk_source *source, const struct lk_snapshot *snap, const char *path,
		       const struct lk_fact_file *file, bool follow, lk_namesakes *ret);

/* "process 17 (flock) holds a lock on a deleted file of this name", with bytes of the machine. */
typedef void (*lk_namesake_cb)(void *arg, const char *sentence);
/* Each process once, and only the first of many. */
void lk_namesakes_tell(const lk_namesakes *list, lk_namesake_cb cb, void *arg);

#endif

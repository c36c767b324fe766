/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks on files that had a name and lost it: deleted while they were locked, replaced, or covered by a mount. Whoever opens
 * the name now gets another file, and so another lock. */
#ifndef LK_ACTION_NAMESAKE_H
#define LK_ACTION_NAMESAKE_H

#include "base/vec.h"
#include "model/snapshot.h"

/* Borrowed from the snapshot; in the order of its locks. */
typedef LK_VEC(const struct lk_lock *) lk_namesakes;

/* Adds the locks on files that lost one of these names: the path of `file`; `path`, with the links in its directory resolved; and, if
 * file is NULL and `follow` is set, the names that `path` leads to as a dangling symbolic link. file: what `path` resolves to, with
 * strings that do not belong to the source; locks on it are left out. NULL: `path` could not be resolved. Nothing is looked up unless
 * some file of the snapshot has lost its name. */
void lk_namesakes_find(struct lk_source *source, const struct lk_snapshot *snap, const char *path,
		       const struct lk_fact_file *file, bool follow, lk_namesakes *ret);

/* sentence: "process 17 (flock) holds a lock on a deleted file of this name"; may hold raw bytes: sanitize before a terminal. */
typedef void (*lk_namesake_cb)(void *arg, const char *sentence);
/* Calls cb with each sentence once; if there are many, only with the first ones, and then with one that says so. */
void lk_namesakes_tell(const lk_namesakes *list, lk_namesake_cb cb, void *arg);

#endif

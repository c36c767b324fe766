/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for lock files below directories, by their names. */
#ifndef LK_LOCKFILE_SEARCH_H
#define LK_LOCKFILE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"

/* Why a search may have ended before all was seen. */
enum lk_search_bound { LK_BOUND_TIME, LK_BOUND_NAMES, LK_BOUND_DEPTH, LK_BOUND_FOUND, LK_N_BOUNDS };
/* "time ran out": the bound in words. */
const char *lk_search_bound_words(enum lk_search_bound b);

/* Something that was left out: how often, and the first of it. */
struct lk_search_gap {
	size_t n;
	const char *first; /* its path; NULL: there is none */
	int code; /* -errno; 0: it does not apply */
};

struct lk_search {
	struct lk_arena arena; /* owns the strings */
	LK_VEC(const char *) paths; /* of what is called as a lock file, sorted, each once */
	struct lk_search_gap unread; /* directories that could not be read */
	struct lk_search_gap mounts; /* file systems of other machines and of containers, which were not entered */
	unsigned bounds; /* bits 1 << enum lk_search_bound */
};

/* Searches each of the directories `dirs`, links followed, and what is below it, no links followed; each in a helper. Lists of versions
 * (Cargo.lock and the like) and data are left out. Does not enter file systems of other machines, overlays (they show a container its files) and
 * those of the kernel, unless they are named. timeout_ms: 0: no limit. A directory that does not exist has no lock files. 0; or -errno with
 * a sentence in *err: the search could not be made. lk_search_done() in either case. */
int lk_search_run(const char *const *dirs, size_t n, uint32_t timeout_ms, struct lk_search *ret, struct lk_err *err);
void lk_search_done(struct lk_search *s);

/* Was all seen? File systems that were not entered do not count: they are beside the question unless they are named. */
bool lk_search_is_complete(const struct lk_search *s);

#endif

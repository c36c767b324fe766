/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which lock files are there, and which of them are live or stale? */
#ifndef LK_QUERY_LOCKFILES_H
#define LK_QUERY_LOCKFILES_H

#include "lockfile/lockfile.h"
#include "lockfile/search.h"
#include "query/session.h"

struct lk_lockfiles {
	struct lk_search search; /* owns the paths that were found in directories */
	LK_VEC(struct lk_fact_file) files; /* strings in the session's arena */
	LK_VEC(struct lk_lockfile) v; /* of each of `files`, judged */
	LK_VEC(const struct lk_asked *) others; /* FILEs that are known neither as a lock file nor as a directory */
	struct lk_search_gap lost; /* lock files that were found, and could not be looked up then */
};

/* Judges the lock files among the session's names and below those that are directories; without names, below the usual places. The
 * session has a source; its targets and its snapshot are made here. search_ms: for the search; 0: no limit. 0, or -errno with a sentence:
 * -EOPNOTSUPP: only the live machine can be searched. lk_lockfiles_done() in either case. */
int lk_lockfiles_find(struct lk_session *s, uint32_t search_ms, struct lk_lockfiles *ret, struct lk_err *err);
void lk_lockfiles_done(struct lk_lockfiles *l);

/* Could there be lock files that were not found? */
bool lk_lockfiles_is_complete(const struct lk_lockfiles *l);
/* Could the verdict of this one be another one, if more were known? */
bool lk_verdict_is_open(enum lk_verdict v);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gathers the facts about one lock file. The one place where a file of a user's is opened: to read at most LK_OWNER_MOST bytes of it, in a
 * helper process, never a file with a lease on it or on a file system of another machine, and only if it is a regular file. */
#ifndef LK_LOCKFILE_EVIDENCE_H
#define LK_LOCKFILE_EVIDENCE_H

#include "base/arena.h"
#include "lockfile/verdict.h"
#include "source/uses.h"

struct lk_evidence {
	struct lk_lockfile_facts facts; /* strings in the arena */
	struct lk_arena arena;
};

struct lk_evidence_request {
	struct lk_source *source;
	const struct lk_snapshot *snap; /* of this machine, now */
	const struct lk_lockfile_kind *kind;
	const struct lk_fact_file *file; /* the lock file as it was looked up, links not followed */
	uint32_t timeout_ms; /* of each step; 0: no limit */
};

/* Fills *ret. What could not be found out is unknown there. Call lk_evidence_done(). */
void lk_evidence_gather(const struct lk_evidence_request *req, struct lk_evidence *ret);
void lk_evidence_done(struct lk_evidence *e);

#endif

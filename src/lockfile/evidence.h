/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gathers the facts about lock files. The one place where a file of a user's is opened: to read at most LK_OWNER_MOST bytes of it, in a
 * helper process, never a file with a lease on it or on a file system of another machine, and only if it is a regular file. */
#ifndef LK_LOCKFILE_EVIDENCE_H
#define LK_LOCKFILE_EVIDENCE_H

#include "base/arena.h"
#include "lockfile/verdict.h"
#include "source/uses.h"

struct lk_evidence {
	struct lk_lockfile_facts facts; /* strings in the arena */
	/* What is written in it: its first LK_OWNER_MOST bytes, or its target; in the arena. NULL: nothing was read, or not from itself. */
	const char *text;
	size_t n_text;
	bool missed; /* a companion may be there that could not be looked up */
	struct lk_arena arena;
};

/* A lock file to gather facts about. */
struct lk_evidence_item {
	const struct lk_lockfile_kind *kind;
	const struct lk_fact_file *file; /* as it was looked up, links not followed; its path begins with '/' */
};

struct lk_evidence_request {
	struct lk_source *source;
	/* Of this machine. If it is older than a file, or was taken a while ago, another one is taken: by now there may be a lease on the
	 * file, which an open would break, or a lock. */
	const struct lk_snapshot *snap;
	const struct lk_evidence_item *items;
	size_t n_items;
	/* Files whose users the caller wants to know besides: they are found in the same look at all processes. `tree` as in struct
	 * lk_uses_request. */
	const struct lk_fact_file *files;
	size_t n_files;
	bool tree;
	uint32_t timeout_ms; /* of each step; 0: no limit */
};

/* Fills ret[0..n_items). What could not be found out is unknown there. Call lk_evidence_done() for each. uses: gets who uses `files`,
 * as lk_uses_find() would find it, also in its return value and *err; to be freed with lk_uses_done(). NULL: not wanted. */
int lk_evidence_gather(const struct lk_evidence_request *req, struct lk_evidence *ret, struct lk_uses *uses,
		       struct lk_err *err);
void lk_evidence_done(struct lk_evidence *e);

#endif

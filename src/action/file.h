/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deletes, renames or moves a file, after finding out who holds locks on it, waits for them or uses the file. */
#ifndef LK_ACTION_FILE_H
#define LK_ACTION_FILE_H

#include "action/action.h"

/* How the user gives the consents of the request below ("give --replace"); ends a sentence such as "wait until it is free, or ...". */
struct lk_file_ways {
	const char *used, *unknown, *replace;
};

struct lk_file_request {
	const struct lk_file_ways *ways; /* of the command line or of the screen; never NULL */
	const char *path;
	const char *new_path; /* NULL: delete `path`; a directory: move `path` into it */
	bool even_if_used; /* act even if the file is locked or proven to be in use */
	bool even_if_unknown; /* act even if it could not be found out whether it is in use */
	/* The file is a lock by its mere existence: its name must never be free, not even while its identity is checked. The plan also
	 * sets this for files that lockfile/kinds.h knows. */
	bool by_existing;
	/* Delete it only if it is a lock file that is proven to be stale, and of a kind that is deleted then, and with it the files that go with
	 * it. The two consents above then count for nothing. Not for a move. */
	bool only_stale;
	bool replace; /* a file that already has the new name is replaced */
	uint32_t timeout_ms; /* for each look at the machine; 0: no limit */
};

/* Looks at the file and makes the plan. snap: a snapshot of the same source, borrowed for the call only. 0 with *ret, which
 * lk_file_free() frees, also if the plan is refused. -errno with a sentence in *err: there is no such file, its name cannot be used, or
 * it cannot be looked at. */
int lk_file_plan(const struct lk_sys *sys, struct lk_source *source, const struct lk_snapshot *snap,
		 const struct lk_file_request *req, struct lk_action **ret, struct lk_err *err);
void lk_file_free(struct lk_action *a);

/* The locks and requests that were, or may have been, on the file (and on the one that would be replaced) when the plan was made:
 * indexes in the snapshot's locks, sorted. Borrowed. */
const size_t *lk_file_locks(const struct lk_action *a, size_t *ret_n);

/* The file that the old name led to when the plan was made; it stays pinned. Borrowed. */
const struct statx *lk_file_stat(const struct lk_action *a);

#endif

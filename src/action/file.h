/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deleting, renaming and moving a file, knowing who holds it, waits for it and uses it. */
#ifndef LK_ACTION_FILE_H
#define LK_ACTION_FILE_H

#include "action/action.h"

/* How the user says what the request says below, to end "wait until it is free, or ...". */
struct lk_file_ways {
	const char *used, *unknown, *replace;
};

struct lk_file_request {
	const struct lk_file_ways *ways; /* of the command line or of the screen; never NULL */
	const char *path;
	const char *new_path; /* NULL: delete it; a directory: move it there under its name */
	bool even_if_used; /* also when it is locked or in proven use */
	bool even_if_unknown; /* also when somebody who may use it did not answer */
	/* It locks by existing: its name is never free, not even while it is made sure that it is the right file. Set for what
	 * lockfile/kinds.h knows. */
	bool by_existing;
	bool replace; /* what has the new name already is replaced */
	uint32_t timeout_ms; /* for each look at the machine; 0: no limit */
};

/* Looks and makes the plan. snap: a snapshot of the same source, borrowed for the call only. 0 with *ret (lk_file_free()), also where
 * the plan refuses; or -errno with a sentence: there is no such file, its name cannot be used, it cannot be looked at. */
int lk_file_plan(const struct lk_sys *sys, struct lk_source *source, const struct lk_snapshot *snap,
		 const struct lk_file_request *req, struct lk_action **ret, struct lk_err *err);
void lk_file_free(struct lk_action *a);

/* The locks on the file (and on the one that would be replaced) when the plan was made: indexes in the snapshot's locks, sorted.
 * Borrowed. */
const size_t *lk_file_locks(const struct lk_action *a, size_t *ret_n);

/* The file that the old name led to when the plan was made; it stays pinned. Borrowed. */
const struct statx *lk_file_stat(const struct lk_action *a);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock files that a search has found, judged: made off the input path, read-only once it is shown, shared by reference counts. Frames
 * hold the newest one. */
#ifndef LK_TUI_FOUND_H
#define LK_TUI_FOUND_H

#include "model/snapshot.h"
#include "query/lockfiles.h"

struct lk_found {
	unsigned refs; /* atomic; lk_found_hold(), lk_found_drop() */
	struct lk_session session;
	struct lk_lockfiles all;
	struct lk_file *
		files; /* of each of `all`, for what acts on files: in no snapshot, so that its index is LK_FOUND_NO_INDEX */
	struct lk_err failure; /* why, if it failed: then there are none */
	int64_t began_ms, took_ms; /* when the search began, by the monotonic clock, and how long it took */
};

#define LK_FOUND_NO_INDEX SIZE_MAX

/* Searches the usual places. source: taken over. The caller's: lk_found_drop(). */
struct lk_found *lk_found_make(struct lk_source *source);
struct lk_found *lk_found_hold(const struct lk_found *f); /* NULL in, NULL out */
void lk_found_drop(const struct lk_found *f);

/* The lock file that is this file of a snapshot; NULL: it is none that is known. found may be NULL. */
const struct lk_lockfile *lk_found_of(const struct lk_found *found, const struct lk_file *file);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that turn snapshots into events. */
#ifndef LK_MODEL_DIFF_PRIVATE_H
#define LK_MODEL_DIFF_PRIVATE_H

#include "base/map.h"
#include "base/vec.h"
#include "model/diff.h"

/* A row from look to look. Times are those of lk_diff_feed()'s clock. */
struct diff_entry {
	struct diff_key {
		uint64_t id;
		uint64_t nth; /* among rows that share the id */
	} key; /* compared as bytes */
	const struct lk_lock *lock; /* as last seen */
	const struct lk_snapshot *snap; /* the snapshot of that look */
	const struct diff_entry
		*before; /* of a fresh row: the gone row that it continues; NULL: none. Valid within one feed */
	uint64_t row; /* lk_diff_row() */
	int64_t first_ms, last_ms; /* first and last seen */
	int64_t start_ms; /* of a request: when it began to wait, as far as is known */
	int64_t gone_ms; /* if missed: the first look without it */
	bool at_least; /* seen in the first look of all */
	bool missed; /* not in the newest look; carried over once */
	bool settled; /* within one feed: what became of the row, or where it came from, is known */
	bool carried; /* within one feed: its number was passed on, or it got the number of an earlier row */
};

typedef LK_VEC(struct diff_entry) diff_entries;

struct diff_dead {
	const struct lk_cycle *cycle; /* as last seen */
	const struct lk_snapshot *snap;
	uint64_t row; /* of the first request when the deadlock was seen first */
	int64_t start_ms, last_ms, gone_ms;
	bool at_least, missed, settled;
};

typedef LK_VEC(struct diff_dead) diff_deads;

struct lk_diff {
	LK_VEC(struct lk_snapshot *) snaps; /* the newest last */
	diff_entries rows; /* of the newest snapshot, by index; then those carried over */
	diff_entries next; /* rows of the look that is being compared */
	struct lk_map by_key; /* of next, within one feed */
	diff_deads deads;
	LK_VEC(struct lk_event) events, sorted;
	struct lk_arena arena; /* texts of the events */
	int64_t now_ms;
	size_t n_looks;
	uint64_t n_rows; /* numbers given so far */
	size_t n_fresh; /* held rows that are new in this feed */
	bool whole; /* the newest look was stable and did not time out */
	bool was_whole, was_complete, was_churning;
};

/* -- diff.c -- */
/* Adds an event about e's row (NULL: about none), for the caller to fill further. Valid until the next one. */
struct lk_event *lk_diff_tell(struct lk_diff *d, enum lk_event_kind kind, const struct diff_entry *e);
/* The number of a row goes to one row only, whatever the kernel made of it. */
void lk_diff_carry_row(struct diff_entry *from, struct diff_entry *to);
/* Ms from since_ms until e was gone, or until now; if e->at_least, only until it was last seen. */
int64_t lk_diff_elapsed(const struct lk_diff *d, const struct diff_entry *e, int64_t since_ms);

/* -- diff_match.c -- */
/* Matches rows that are gone with fresh rows that continue them: settles both, and adds events for what was granted. */
void lk_diff_match(struct lk_diff *d);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns snapshots into events: what has changed from one look to the next.
 *
 * Locks are matched by lk_lock.id. An id contains the first holder and the byte range, so rows whose id is gone are matched by file, kind,
 * owner and bytes: a request that became a lock was granted; a lock that its owner made longer, shorter, stronger or weaker (the kernel
 * merges and splits ranges) was changed, and neither released nor acquired.
 *
 * A request may be missing from the kernel's list for a moment, between waking up and waiting again (fs/locks.c): only one that is missing
 * in two looks is no longer waiting. The same goes for every lock when a look was not whole, and for deadlocks. */
#ifndef LK_MODEL_DIFF_H
#define LK_MODEL_DIFF_H

#include "model/snapshot.h"

enum lk_event_kind {
	LK_EVENT_GAP, /* something may have been missed; `text` says what */
	LK_EVENT_RELEASED,
	LK_EVENT_GAVE_UP, /* no longer waits, and was not seen to hold the lock */
	LK_EVENT_DEADLOCK_OVER,
	LK_EVENT_BREAKING, /* a lease is being broken: somebody else opens or truncates the file */
	LK_EVENT_CHANGED, /* the same owner now holds other bytes, or in another mode */
	LK_EVENT_GRANTED, /* held after having been waited for */
	LK_EVENT_ACQUIRED,
	LK_EVENT_WAITING,
	LK_EVENT_DEADLOCK,
};

const char *lk_event_name(enum lk_event_kind k); /* "released", … as in JSON */

struct lk_event {
	enum lk_event_kind kind;
	int64_t time_unix_ms; /* of the look that showed it */
	const struct lk_lock *lock; /* as it was last seen; of a deadlock its first request; NULL for a gap */
	/* lk_diff_row() of `lock` and of `before`; 0: none. Of a deadlock and its end the row that was its first request at the start. */
	uint64_t row, before_row;
	const struct lk_snapshot
		*snap; /* the one `lock` belongs to, which may be an earlier one; of a gap the newest */
	/* granted: the request; changed, breaking: the lock as it was before. Else NULL. */
	const struct lk_lock *before;
	const struct lk_snapshot *before_snap;
	const struct lk_cycle *cycle; /* deadlock, deadlock_over: in `snap` */
	int64_t held_ms; /* since it was first seen by us; -1 does not apply */
	int64_t waited_ms; /* of the request; of a deadlock how long it stands; -1 does not apply or is not known */
	int64_t gap_ms; /* gap: how long nobody looked; -1 does not apply */
	bool at_least; /* it was there when we began: held_ms and waited_ms are lower bounds */
	bool certain; /* false: released, gave_up or granted (to an open(2)) is a guess: hidden, or held and released between two looks */
	const char *text; /* gap: one sentence; else NULL */
};

struct lk_diff;

struct lk_diff *lk_diff_new(void);
void lk_diff_free(struct lk_diff *d);

/* Takes over s, compares it with the snapshots before it, and keeps it for as long as something refers to it: at most three are kept.
 * now_ms: when s was taken, by a monotonic clock. expected_ms: how long after the snapshot before it should have been taken; 0: whenever.
 * The first snapshot tells only who waits already, which deadlocks stand already, and a gap if it is not whole. Returns how many events
 * there are, in *ret in the order of their kinds, valid until lk_diff_settle() or the next call. O(n log n) for n locks. */
size_t lk_diff_feed(struct lk_diff *d, struct lk_snapshot *s, int64_t now_ms, uint32_t expected_ms,
		    const struct lk_event **ret);

/* Call when the events have been used: drops them, and frees the snapshots that only they needed. */
void lk_diff_settle(struct lk_diff *d);

/* The newest snapshot, owned by d; NULL before the first. */
const struct lk_snapshot *lk_diff_newest(const struct lk_diff *d);

/* Since when a row of the newest snapshot has been seen, in the clock of lk_diff_feed(). *ret_at_least (may be NULL): it was there
 * in the first look. */
int64_t lk_diff_seen_since(const struct lk_diff *d, const struct lk_lock *l, bool *ret_at_least);

/* The number of a row of the newest snapshot, from 1: the row keeps it from look to look, also when its id changes because the first of
 * several sharers ended, or because its owner made it longer. What is released and taken again is another row, though its id may be the
 * same. */
uint64_t lk_diff_row(const struct lk_diff *d, const struct lk_lock *l);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The locks of one file as a map: its bytes cut into segments wherever a lock begins or ends, and a lane for each owner and for each
 * waiting thread. No input or output. lanes_draw.h makes a picture of it. */
#ifndef LK_TABLE_LANES_H
#define LK_TABLE_LANES_H

#include "base/buf.h"
#include "table/known_ranges.h"

enum lk_segment_flag {
	LK_SEGMENT_READ = 1 << 0, /* held */
	LK_SEGMENT_WRITE = 1 << 1,
	LK_SEGMENT_WAIT_READ = 1 << 2, /* waited for */
	LK_SEGMENT_WAIT_WRITE = 1 << 3,
	LK_SEGMENT_CONFLICT = 1 << 4, /* a request overlaps a lock here that is in its way */
};

/* Segments follow each other without gaps. Locks without a range (flock, leases) set no flags. */
struct lk_segment {
	struct lk_range range;
	const struct lk_known_range *known; /* the known range that contains it; NULL: none */
	unsigned flags; /* LK_SEGMENT_*; 0: free */
};

/* A lock and where it lies. */
struct lk_span {
	const struct lk_lock *lock;
	size_t first, last; /* segments, inclusive */
};

/* What one owner holds, or one thread waits for, by start. All locks of one kind whose owner is unknown share a lane. */
struct lk_lane {
	const struct lk_span *spans;
	size_t n_spans; /* at least 1 */
	bool waiting;
	bool whole; /* its kind has no ranges: flock, lease, delegation */
	bool blocks; /* somebody waits for one of its locks */
	const struct lk_known_state *state; /* what its owner does; NULL: not known */
};

struct lk_lanes {
	struct lk_segment *segments; /* at least one */
	size_t n_segments;
	struct lk_span *spans;
	struct lk_lane *
		lanes; /* first lanes that somebody waits for, then lanes that wait, then the others; each by start, then pid */
	size_t n_lanes;
	const struct lk_known_layout *layout; /* NULL: no known one */
	int64_t size; /* of the file; -1 unknown */
	bool has_ranges; /* there is a lock that has a range */
	bool mixed; /* the locks are of more than one kind */
};

struct lk_lanes_options {
	const struct lk_known_layout
		*layout; /* from lk_known_find() with all locks of the file, not only those in view; NULL: none */
	const struct lk_lock *const
		*all; /* all locks of the file, to tell what an owner does; NULL: the locks that are given */
	size_t n_all;
	int64_t size; /* of the file, bytes; -1 unknown */
	struct lk_range view; /* only these bytes; LK_RANGE_WHOLE for all */
};

/* All locks must be on one file; those outside the view are left out. Borrows the locks. O(n log n), and linear in their relations. Freed
 * by lk_lanes_done(). */
void lk_lanes_make(struct lk_lanes *ret, const struct lk_lock *const *locks, size_t n,
		   const struct lk_lanes_options *o);
void lk_lanes_done(struct lk_lanes *l);

/* The index of the segment that contains this byte of the view. */
size_t lk_lanes_segment_at(const struct lk_lanes *l, int64_t offset);

/* Text for people, with unsanitized bytes from the machine in it: sanitize it before it goes to a terminal. */
/* "4420 php-fpm"; "4420 php-fpm +2" when two other processes share the lock. */
void lk_lane_label(const struct lk_lane *lane, lk_buf *out);
/* "holds SQLite PENDING+RESERVED (write), SHARED (read)", "waits 8s for bytes 0-99 (read), behind 4420". */
void lk_lane_words(const struct lk_lanes *l, const struct lk_lane *lane, lk_buf *out);

#endif

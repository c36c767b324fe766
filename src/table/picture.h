/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map of a file's locks as lines of ASCII. It is not to scale: each stretch between two edges gets a few columns. */
#ifndef LK_TABLE_PICTURE_H
#define LK_TABLE_PICTURE_H

#include "base/buf.h"
#include "table/lanes.h"

/* A stretch of columns: one segment, or several where there are more segments than columns. */
struct lk_block {
	size_t first, last; /* segments, inclusive */
	size_t width; /* its columns, without the one for the mark of the file's end */
	unsigned flags; /* LK_SEGMENT_* of all its segments */
	bool at_end; /* the file ends before it, or within it if it is merged: a column with '|' comes first */
};

enum lk_ruler {
	LK_RULER_NAMES, /* every block has its name, or the offset where it begins */
	LK_RULER_NUMBERS, /* no room for that: blocks are numbered from 1 */
	LK_RULER_SOME, /* no room for that either: offsets where they fit */
};

struct lk_picture {
	const struct lk_lanes *lanes; /* borrowed */
	struct lk_block *blocks;
	size_t n_blocks;
	enum lk_ruler ruler;
	size_t merged; /* the largest number of segments in one block; 1: none are merged */
};

/* At most `width` columns, where less than 8 counts as 8. Borrows lanes. Freed by lk_picture_done(). */
void lk_picture_make(struct lk_picture *ret, const struct lk_lanes *lanes, size_t width);
void lk_picture_done(struct lk_picture *p);

/* Each appends one line without a newline. */
void lk_picture_ruler(const struct lk_picture *p, lk_buf *out);
/* All lanes that have ranges, laid over each other. */
void lk_picture_sum(const struct lk_picture *p, lk_buf *out);
void lk_picture_lane(const struct lk_picture *p, const struct lk_lane *lane, lk_buf *out);

/* "1000", or "1G" where that is exact: a form that --range reads. */
void lk_picture_offset(int64_t offset, lk_buf *out);

/* How a lock is drawn: R, W held; r, w waited for; ? mode not known. */
char lk_lane_glyph(const struct lk_lock *l);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A map of locks as lines of ASCII. Columns are not to scale: each stretch between two edges gets a few. */
#ifndef LK_TABLE_LANES_DRAW_H
#define LK_TABLE_LANES_DRAW_H

#include "table/lanes.h"

/* A stretch of columns: one segment, or several where there are more of them than columns. */
struct lk_block {
	size_t first, last; /* segments, inclusive */
	size_t width; /* columns for it, the mark of the file's end not counted */
	unsigned flags; /* LK_SEGMENT_*, of all its segments */
	bool at_end; /* the file ends before it: a column with '|' goes first */
};

enum lk_ruler {
	LK_RULER_NAMES, /* every stretch has its name, or the offset where it begins */
	LK_RULER_NUMBERS, /* there is no room for that: they are numbered from 1 */
	LK_RULER_SOME, /* nor for that: offsets where they fit */
};

struct lk_picture {
	const struct lk_lanes *lanes; /* borrowed */
	struct lk_block *blocks;
	size_t n_blocks;
	enum lk_ruler ruler;
	size_t merged; /* the most segments that one block stands for; 1: none is merged */
};

/* At most `width` columns, at least 8. Freed by lk_picture_done(). */
void lk_picture_make(struct lk_picture *ret, const struct lk_lanes *lanes, size_t width);
void lk_picture_done(struct lk_picture *p);

/* All append one line without its end. */
void lk_picture_ruler(const struct lk_picture *p, lk_buf *out);
/* All lanes that have ranges, one over the other. */
void lk_picture_sum(const struct lk_picture *p, lk_buf *out);
void lk_picture_lane(const struct lk_picture *p, const struct lk_lane *lane, lk_buf *out);

/* "1073741824", "1G" where that is exact: a form that --range reads. */
void lk_picture_offset(int64_t offset, lk_buf *out);

/* "R", "W" held, "r", "w" waited for, "?" not known: how a lock is drawn. */
char lk_lane_glyph(const struct lk_lock *l);

#endif

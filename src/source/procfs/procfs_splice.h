/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joining pieces of a lock list that were read one after the other; see procfs_reread.c. */
#ifndef LK_SOURCE_PROCFS_SPLICE_H
#define LK_SOURCE_PROCFS_SPLICE_H

#include "base/map.h"
#include "base/vec.h"
#include "source/procfs/procfs_private.h"

/* The lines of one read(2). groups: indexes of the held lines; the lines up to the next held line wait for it. */
struct scan_piece {
	struct scan_lines lines;
	LK_VEC(size_t) groups;
	size_t n_bytes;
	bool cut; /* it ended because the buffer was full, perhaps within a group */
};

void lk_piece_reset(struct scan_piece *t);
void lk_piece_done(struct scan_piece *t);
/* Adds the lines of text[0..n) to *t, whose `cut` is set already. mid_line: the text begins within a line. Lines before the first held one
 * belong to a group that the same reader began before; if the piece is cut, its last group may not be whole. Both are left out: the other
 * reader has them. */
void lk_piece_take(struct scan_piece *t, const char *text, size_t n, bool mid_line);

/* Zero-initialised is empty. */
struct scan_splice {
	struct scan_piece now, before; /* the piece just read, and the one that it is joined to */
	struct scan_piece all;
	size_t from, base; /* group `from` of `before` is group `base` of all, and so on */
	struct lk_map places; /* scratch: index of each group in `now` by its hash; SIZE_MAX: it is there twice */
};

/* Starts with `before`, which is the first piece of the list and need not be joined to anything. */
void lk_splice_begin(struct scan_splice *j);
/* Joins `now` to `before`: after the locks that both have, the result goes on with `now`, which is newer. false: they have too little in
 * common. *ret_moved: `now` brought something new and is `before` from here on. */
bool lk_splice_join(struct scan_splice *j, bool *ret_moved);
/* Whether `now` is nothing but the last groups of `before`. */
bool lk_splice_is_same_end(struct scan_splice *j);
void lk_splice_done(struct scan_splice *j);

#endif

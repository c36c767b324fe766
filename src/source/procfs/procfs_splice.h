/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joining pieces of a lock list that were read one after the other; see procfs_reread.c. */
#ifndef LK_SOURCE_PROCFS_SPLICE_H
#define LK_SOURCE_PROCFS_SPLICE_H

#include "base/map.h"
#include "base/vec.h"
#include "source/procfs/procfs_private.h"

/* What one read(2) brought, and where the held lines are in it; what follows each of them waits for it. */
struct scan_piece {
	struct scan_lines lines;
	LK_VEC(size_t) groups;
	size_t n_bytes;
	bool cut; /* it ended because no more was asked for */
};

void lk_piece_reset(struct scan_piece *t);
void lk_piece_done(struct scan_piece *t);
/* The lines of text[0..n), added to *t, of which `cut` is said. mid_line: the text begins within a line.
 * Lines before the first held one belong to a group that the reader was in when it last stopped short; where it stops short now,
 * the last group may not be whole. Either is left out: the other reader has it. */
void lk_piece_take(struct scan_piece *t, const char *text, size_t n, bool mid_line);

/* All zero: empty. */
struct scan_splice {
	struct scan_piece now, before; /* the piece just read, and the one that it is joined to */
	struct scan_piece all;
	size_t from, base; /* group `from` of `before` is group `base` of all, and so on */
	struct lk_map places; /* scratch: of the locks in `now` that stand there once */
};

/* `before` is the first piece: it begins at the beginning, so that it need not be joined to anything. */
void lk_splice_begin(struct scan_splice *j);
/* Joins `now` to `before`, in whose place it comes unless it brought nothing more: behind what they have in common comes what `now`
 * says, which is newer. false: they have too little in common. *ret_moved: `now` is `before` from here on. */
bool lk_splice_join(struct scan_splice *j, bool *ret_moved);
/* `now` is nothing but how the piece before ended. */
bool lk_splice_is_same_end(struct scan_splice *j);
void lk_splice_done(struct scan_splice *j);

#endif

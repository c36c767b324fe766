/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joining stretches of a lock list that were read one after the other; see procfs_chain.c. */
#ifndef LK_SOURCE_PROCFS_JOIN_H
#define LK_SOURCE_PROCFS_JOIN_H

#include "base/map.h"
#include "base/vec.h"
#include "source/procfs/procfs_private.h"

/* What one read(2) brought, and where the held lines are in it; what follows each of them waits for it. */
struct scan_stretch {
	struct scan_lines lines;
	LK_VEC(size_t) groups;
	size_t n_bytes;
	bool cut; /* it ended because no more was asked for */
};

void lk_stretch_reset(struct scan_stretch *t);
void lk_stretch_done(struct scan_stretch *t);
/* The lines of text[0..n), added to *t, of which `cut` is said. mid_line: the text begins within a line.
 * Lines before the first held one belong to a group that the reader was in when it last stopped short; where it stops short now,
 * the last group may not be whole. Either is left out: the other reader has it. */
void lk_stretch_take(struct scan_stretch *t, const char *text, size_t n, bool mid_line);

/* All zero: empty. */
struct scan_joint {
	struct scan_stretch now, before; /* the stretch just read, and the one that it is joined to */
	struct scan_stretch all;
	size_t from, base; /* group `from` of `before` is group `base` of all, and so on */
	struct lk_map places; /* scratch: of the locks in `now` that stand there once */
};

/* `before` is the first stretch: it begins at the beginning, so that it need not be joined to anything. */
void lk_joint_begin(struct scan_joint *j);
/* Joins `now` to `before`, in whose place it comes unless it brought nothing more: behind what they have in common comes what `now`
 * says, which is newer. false: they have too little in common. *ret_moved: `now` is `before` from here on. */
bool lk_joint_join(struct scan_joint *j, bool *ret_moved);
/* `now` is nothing but how the stretch before ended. */
bool lk_joint_is_same_end(struct scan_joint *j);
void lk_joint_done(struct scan_joint *j);

#endif

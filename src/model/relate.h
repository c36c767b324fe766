/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who blocks whom: fills blocked_by and blocks of every lock from file identity, kind, mode, range and owner. */
#ifndef LK_MODEL_RELATE_H
#define LK_MODEL_RELATE_H

#include "model/snapshot.h"

/* No more (waiter, blocker) pairs than this are kept: ten thousand read locks and ten thousand write requests would make a hundred million.
 * They are shared evenly between the files, and between the requests of a file; what one does not need is left to those that need more.
 * Each request keeps at least one, first of all the lock the kernel lists it under. Where some did not fit, file->relations_cut and
 * snapshot->relations_cut are set. */
#define LK_RELATE_MAX_PAIRS ((size_t)4 << 20)

/* O((n + pairs) log n). */
void lk_relate(struct lk_snapshot *s);
/* The same with another limit. */
void lk_relate_within(struct lk_snapshot *s, size_t max_pairs);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is in whose way: fills blocked_by and blocks of every lock from file identity, kind, mode, range and owner. */
#ifndef LK_MODEL_RELATE_H
#define LK_MODEL_RELATE_H

#include "model/snapshot.h"

/* No more pairs than this are kept: ten thousand readers before ten thousand writers would make a hundred million. Beyond it each
 * request keeps the lock the kernel lists it under, and snapshot->relations_cut is set. */
#define LK_RELATE_MAX_PAIRS ((size_t)4 << 20)

/* O((n + pairs) log n). 0 or -ENOMEM. */
int lk_relate(struct lk_snapshot *s);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cycles of waiting, and which of them can never end. The kernel refuses circles of POSIX locks only (EDEADLK); flock, OFD, leases
 * and mixtures hang.
 *
 * A request needs ALL its blockers gone; a lock goes when ANY of its sharers lets go, which each of their threads can do. A
 * deadlock is therefore said only where every thread of every sharer waits within it. A lease never makes one: the kernel takes
 * it away after lease-break-time. */
#ifndef LK_MODEL_DEADLOCK_H
#define LK_MODEL_DEADLOCK_H

#include "model/snapshot.h"

/* Needs lk_relate(). Fills cycles, n_deadlocks and the rows' deadlock. Linear in rows and relations. */
void lk_deadlock_find(struct lk_snapshot *s);

/* Takes back the cycles and deadlocks of s that do not stand, row by row, in a later look too. */
void lk_deadlock_confirm(struct lk_snapshot *s, const struct lk_snapshot *later);

#endif

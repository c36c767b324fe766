/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cycles of waiting, and which of them can never end. The kernel refuses only cycles of POSIX locks (EDEADLK); cycles of other kinds, or of
 * several, hang.
 *
 * A request is granted when ALL its blockers are gone; a lock is gone when ANY of the processes that share it lets go, and any of their
 * threads can do that. So a cycle is called a deadlock only where every thread of every sharer waits within it. A cycle with a lease is
 * none where the kernel takes the lease away after lease-break-time; with 0 seconds it never does. */
#ifndef LK_MODEL_DEADLOCK_H
#define LK_MODEL_DEADLOCK_H

#include "model/snapshot.h"

/* Needs lk_relate(). Fills cycles, n_deadlocks and the rows' deadlock. Linear in rows and relations. */
void lk_deadlock_find(struct lk_snapshot *s);

/* Removes from s the cycles and deadlocks of which not every row is in a cycle (or a deadlock) of a later snapshot too. */
void lk_deadlock_confirm(struct lk_snapshot *s, const struct lk_snapshot *later);

#endif

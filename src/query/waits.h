/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who waits for whom: whether anybody does, and what would let those go on who wait. */
#ifndef LK_QUERY_WAITS_H
#define LK_QUERY_WAITS_H

#include "base/ints.h"
#include "model/forest.h"

/* Does somebody wait, or with only_deadlocks: is there a deadlock? */
enum lk_tri lk_waits_any(const struct lk_snapshot *s, bool only_deadlocks);

/* The processes that hold l, added as a set; none where nobody is proven. */
void lk_waits_holders(const struct lk_lock *l, lk_ints *ret);
/* Which processes to end so that some go on: the holders of the lock at the top of a tree; if others are in the way of `request`, the
 * first below it (NULL: none), with them. Returns how many requests would get on: 0, it is not known how. */
size_t lk_waits_find_signal(const struct lk_snapshot *s, const struct lk_lock *root, const struct lk_lock *request,
			    lk_ints *ret);
/* Whether it cannot be seen who is in the way of the requests below the top of a tree. */
bool lk_waits_is_unseen(const struct lk_tree_node *top);

#endif

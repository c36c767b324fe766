/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who waits for whom: whether anybody waits, and what would let the waiters go on. */
#ifndef LK_QUERY_WAITS_H
#define LK_QUERY_WAITS_H

#include "base/ints.h"
#include "model/forest.h"

/* Does somebody wait, or with only_deadlocks: is there a deadlock? */
enum lk_tri lk_waits_any(const struct lk_snapshot *s, bool only_deadlocks);

/* Adds the processes that hold l to the set *ret; none if no holder is proven. */
void lk_waits_holders(const struct lk_lock *l, lk_ints *ret);
/* Finds processes to end so that some requests go on: the holders of root, the lock at the top of a tree. If that would help none, the
 * holders of all locks in the way of `request`, the first below root (NULL: none). Returns how many requests would go on; 0: it is not
 * known what would help. */
size_t lk_waits_find_signal(const struct lk_snapshot *s, const struct lk_lock *root, const struct lk_lock *request,
			    lk_ints *ret);
/* Is it unknown who is in the way of the requests below this top of a tree? */
bool lk_waits_is_unseen(const struct lk_tree_node *top);

#endif

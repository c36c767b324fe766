/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forest of waits in words: a tree for people, and what would free what. */
#ifndef LK_CLI_WAITS_TREE_H
#define LK_CLI_WAITS_TREE_H

#include "cli/out.h"
#include "model/forest.h"

/* Prints the trees; only_deadlocks: those of deadlocks. 0 or -ENOMEM. */
int lk_waits_put_tree(const struct lk_out *o, const struct lk_forest *f, bool only_deadlocks);

/* Prints what would free what, in sentences. 0 or -ENOMEM. */
int lk_waits_put_advice(const struct lk_out *o, const struct lk_snapshot *s, const struct lk_forest *f,
			bool only_deadlocks);

/* The processes that hold l, sorted, each once; none where nobody is proven. Heap; NULL: no memory. */
int *lk_waits_holders(const struct lk_lock *l, size_t *ret_n);

typedef LK_VEC(int) lk_pid_list;

void lk_waits_sort_pids(lk_pid_list *list); /* each once */
/* Who holds what a request waits for; the holders of the root of its tree are among them. Sorted. 0 or -ENOMEM. */
int lk_waits_add_blockers(lk_pid_list *list, const struct lk_lock *request);
/* Appends, each behind `before`, what would let those go on that stand still at the top of a tree: its holders, or a request that
 * nothing is in the way of. Returns how many sentences. */
size_t lk_waits_put_stopped(lk_buf *b, const struct lk_tree_node *top, const char *before);
/* Appends "11, 12 or 13", or "11, 12, 13, 14 or one of 20 more". */
void lk_waits_put_pids(lk_buf *b, const int *pids, size_t n, const char *last_word, const char *more);

#endif

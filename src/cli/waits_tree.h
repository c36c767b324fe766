/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forest of waits in words: a tree for people, and sentences that say what would let waiters go on. */
#ifndef LK_CLI_WAITS_TREE_H
#define LK_CLI_WAITS_TREE_H

#include "cli/out.h"
#include "model/forest.h"

/* Prints the trees; only_deadlocks: only those of deadlocks. */
void lk_waits_put_tree(const struct lk_out *o, const struct lk_forest *f, bool only_deadlocks);

/* Prints sentences that say which processes to signal, so that waiters can go on, and what would end deadlocks. */
void lk_waits_put_advice(const struct lk_out *o, const struct lk_snapshot *s, const struct lk_forest *f,
			 bool only_deadlocks);

#endif

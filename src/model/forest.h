/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who must move first: the requests of a snapshot as a forest. At the top are cycles, and locks whose holders do not wait themselves; below
 * each are the requests that it blocks, below a request those that queue behind it and those that want what its process holds. Each request
 * is in it once. */
#ifndef LK_MODEL_FOREST_H
#define LK_MODEL_FOREST_H

#include "model/snapshot.h"

#define LK_FOREST_NONE SIZE_MAX

enum lk_tree_kind {
	LK_TREE_CYCLE, /* at the top: `cycle`; its own requests stand right below it */
	LK_TREE_LOCK, /* at the top: the held `lock` */
	LK_TREE_UNSEEN, /* at the top, for requests whose blocker is not known; `lock` is the first of them */
	LK_TREE_REQUEST, /* everywhere else: the waiting `lock` */
};

/* Why a request stands where it does. */
enum lk_tree_why {
	LK_TREE_TOP, /* it is no request */
	LK_TREE_WAITS, /* for the lock above it, or in the cycle above it */
	LK_TREE_QUEUED, /* for the same lock as the request above it, and behind it in the kernel's queue */
	LK_TREE_CHAINED, /* for a lock that the process of the request above it holds */
};

struct lk_tree_node {
	enum lk_tree_kind kind;
	enum lk_tree_why why;
	const struct lk_lock *lock; /* NULL for a cycle */
	const struct lk_cycle *cycle; /* of a cycle; NULL otherwise */
	const struct lk_lock *by; /* requests: the blocker that decides its place, of blocked_by; NULL: none known */
	size_t parent; /* index; LK_FOREST_NONE at the top */
	size_t level; /* 0 at the top */
	size_t n_behind; /* requests below it */
	int64_t oldest_wait_ms; /* the longest wait of these; -1 unknown */
};

/* Parents come before their children, children directly after their parent in the order of the kernel's queues. At the top: deadlocks,
 * other cycles, then locks, then requests without a known blocker, those with most requests behind them first. */
struct lk_forest {
	struct lk_tree_node *nodes;
	size_t n;
};

/* Borrows s, which must outlive the forest. Linear in rows and relations except for sorting; no recursion. The caller frees it with
 * lk_forest_done(). */
struct lk_forest lk_forest_make(const struct lk_snapshot *s);
void lk_forest_done(struct lk_forest *f);

/* How many requests of other processes could be granted if these processes were gone and nobody else released anything. */
size_t lk_forest_freed_by(const struct lk_snapshot *s, const int *pids, size_t n);

#endif

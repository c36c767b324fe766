/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that could not be looked at, by name: few of them explain an answer better than their number. */
#ifndef LK_SOURCE_UNREAD_H
#define LK_SOURCE_UNREAD_H

#include "base/arena.h"
#include "base/vec.h"
#include "source/procroot.h"
#include "source/source.h"

/* So many are kept of one kind; the others are counted. */
#define LK_UNREAD_MAX 10

typedef LK_VEC(struct lk_fact_unread) lk_unread_list;

/* Adds a copy whose strings are in the arena, unless there are LK_UNREAD_MAX. 0 or -ENOMEM. */
int lk_unread_add(lk_unread_list *list, struct lk_arena *a, const struct lk_fact_unread *u);
/* The name of a process that may refuse everything else (proc_pid_comm(5)); it never has to be waited for. In the arena; NULL unknown. */
const char *lk_unread_comm(const struct lk_procroot *root, int pid, struct lk_arena *a);

/* The reason in words. Borrowed. */
const char *lk_unread_why(int code);

/* "process 1 (init)". 0 or -ENOMEM. */
int lk_unread_put_one(lk_buf *b, const struct lk_fact_unread *u);
/* "1 (init): Permission denied, 17 (x): Permission denied, and 3 more": count is how many there are in all. 0 or -ENOMEM. */
int lk_unread_put(lk_buf *b, const struct lk_fact_unread *u, size_t n, size_t count);

#endif

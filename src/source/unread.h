/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could not be read, in words; of processes the first few by name, for these explain an answer better than their number. */
#ifndef LK_SOURCE_UNREAD_H
#define LK_SOURCE_UNREAD_H

#include "base/arena.h"
#include "base/vec.h"
#include "source/host/procroot.h"
#include "source/source.h"

/* So many are kept of one kind; the others are counted. */
#define LK_UNREAD_MAX 10

typedef LK_VEC(struct lk_fact_unread) lk_unread_list;

/* Its word in JSON and in captures. Static; a number that is none of the enum is LK_UNREAD_OTHER. */
const char *lk_unread_word(enum lk_unread_what what);
/* LK_UNREAD_OTHER: no such word. */
enum lk_unread_what lk_unread_find(const char *word, size_t n);
/* Locks, holders or waiters could be hidden by it. */
bool lk_unread_hides_locks(enum lk_unread_what what);

/* What its sentence is made of. */
struct lk_unread_count {
	int code; /* -errno */
	size_t n; /* how many times */
	size_t of; /* out of how many; 0: does not apply */
	const char *subject; /* what it is about; NULL: the number, and what is counted */
	const char *more; /* where something may follow */
};
/* One sentence. In the arena. */
const char *lk_unread_text(enum lk_unread_what what, const struct lk_unread_count *c, struct lk_arena *a);

/* Adds a copy whose strings are in the arena, unless there are LK_UNREAD_MAX. */
void lk_unread_add(lk_unread_list *list, struct lk_arena *a, const struct lk_fact_unread *u);
/* The name of a process that may refuse everything else (proc_pid_comm(5)); it never has to be waited for. In the arena; NULL unknown. */
const char *lk_unread_comm(const struct lk_procroot *root, int pid, struct lk_arena *a);

/* The reason in words. Borrowed. */
const char *lk_unread_why(int code);

/* "process 1 (init)". */
void lk_unread_put_one(lk_buf *b, const struct lk_fact_unread *u);
/* "1 (init): Permission denied, 17 (x): Permission denied, and 3 more": count is how many there are in all. */
void lk_unread_put(lk_buf *b, const struct lk_fact_unread *u, size_t n, size_t count);

#endif

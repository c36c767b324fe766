/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could not be read, in words and sentences. The first few processes are named, because names explain an answer better than a
 * count. */
#ifndef LK_SOURCE_UNREAD_H
#define LK_SOURCE_UNREAD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "source/host/procroot.h"
#include "source/source.h"

/* So many processes of one kind are named; the others are only counted. */
#define LK_UNREAD_MAX 10

typedef LK_VEC(struct lk_fact_unread) lk_unread_list;

/* The word for it in JSON and in captures. Static; a value outside of the enum counts as LK_UNREAD_OTHER. */
const char *lk_unread_word(enum lk_unread_what what);
/* The first kind with this word; LK_UNREAD_OTHER: no kind has it. */
enum lk_unread_what lk_unread_find(const char *word, size_t n);
/* Whether locks, holders or waiters may be missing because of it. */
bool lk_unread_hides_locks(enum lk_unread_what what);

/* What lk_unread_text() makes the sentence of. */
struct lk_unread_count {
	int code; /* -errno */
	size_t n; /* how many times */
	size_t of; /* out of how many; 0: does not apply */
	const char *subject; /* the subject of the sentence; NULL: made of the counts */
	const char *more; /* added where the sentence has a place for it; NULL: nothing */
};
/* One sentence. In the arena. */
const char *lk_unread_text(enum lk_unread_what what, const struct lk_unread_count *c, struct lk_arena *a);

/* Adds a copy whose strings are in the arena, unless the list has LK_UNREAD_MAX entries already. */
void lk_unread_add(lk_unread_list *list, struct lk_arena *a, const struct lk_fact_unread *u);
/* The name of a process (proc_pid_comm(5)), which can be read even if the process refuses everything else; the read never blocks. In the
 * arena; NULL unknown. */
const char *lk_unread_comm(const struct lk_procroot *root, int pid, struct lk_arena *a);

/* The reason in words. code: -errno. Borrowed. */
const char *lk_unread_why(int code);

/* Appends "process 1 (init)". */
void lk_unread_put_one(lk_buf *b, const struct lk_fact_unread *u);
/* Appends "1 (init): Permission denied, 17 (x): Permission denied, and 3 more": u has the first n of `count` processes. */
void lk_unread_put(lk_buf *b, const struct lk_fact_unread *u, size_t n, size_t count);

#endif

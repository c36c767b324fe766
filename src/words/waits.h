/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who waits for whom, and deadlocks that began or ended, in words. All append bytes of the machine to b. */
#ifndef LK_WORDS_WAITS_H
#define LK_WORDS_WAITS_H

#include "base/vec.h"
#include "model/diff.h"
#include "model/forest.h"

/* "11, 12 or 13", or "11, 12, 13, 14 or one of 20 more". */
void lk_words_put_pids(lk_buf *b, const int *pids, size_t n, const char *last_word, const char *more);
/* "3307", "3307/3309" for another thread of it than the first */
void lk_words_put_thread(lk_buf *b, int pid, int tid);
/* "3307/3309 pg_dump" */
void lk_words_put_member(lk_buf *b, const struct lk_proc *p, int tid);

/* "FLOCK W". true: its range is to be said, too. */
bool lk_words_put_short_kind(lk_buf *b, const struct lk_lock *l);

/* Whose the lock at the top of a tree is: "2211 pg_dump and 2 more (stopped)", "2211 pg_dump (recorded, not proven)", "(owner not
 * visible, perhaps: kept by the kernel)". Returns how many processes hold it; 0: nobody is proven. */
size_t lk_words_put_root_owner(lk_buf *b, const struct lk_lock *l);
/* What there is instead of an owner, where the lock in the way cannot be seen; in brackets. Static. */
const char *lk_words_unseen_root(const struct lk_tree_node *top);
/* What would let those go on that stand still at the top of a tree: its holders, or a request that nothing is in the way of; each behind
 * `before`. Returns how many sentences. */
size_t lk_words_put_stopped(lk_buf *b, const struct lk_tree_node *top, const char *before);

/* "cannot resolve by itself", "but PID 12 could still release" */
void lk_words_put_verdict(lk_buf *b, const struct lk_cycle *c);
/* Of an event about a cycle: "processes 11 and 12 wait for each other and cannot go on; …". */
void lk_words_put_circle(lk_buf *b, const struct lk_event *ev);
/* How long that had lasted which an event ended, or what it is a gap of; -1: does not apply. */
int64_t lk_words_event_ms(const struct lk_event *ev);
/* " (or no longer visible)" of what an event says; "": it is certain. Static. */
const char *lk_words_event_doubt(const struct lk_event *ev);

#endif

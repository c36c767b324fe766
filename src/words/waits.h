/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who waits for whom, and deadlocks that began or ended, in words. What is appended to b may hold raw bytes of names. */
#ifndef LK_WORDS_WAITS_H
#define LK_WORDS_WAITS_H

#include "base/buf.h"
#include "model/diff.h"
#include "model/forest.h"

/* "11, 12 or 13", or "11, 12, 13, 14 or one of 20 more" with last_word " or " and more "one of ". */
void lk_words_put_pids(lk_buf *b, const int *pids, size_t n, const char *last_word, const char *more);
/* "3307", or "3307/3309" if tid is not the main thread */
void lk_words_put_thread(lk_buf *b, int pid, int tid);
/* "3307/3309 pg_dump" */
void lk_words_put_member(lk_buf *b, const struct lk_proc *p, int tid);

/* "FLOCK W". Returns whether the byte range should be shown, too. */
bool lk_words_put_short_kind(lk_buf *b, const struct lk_lock *l);

/* The owner of the lock at the top of a tree: "2211 pg_dump and 2 more (stopped)", "2211 pg_dump (recorded, not proven)", "(owner not
 * visible, perhaps: kept by the kernel)". Returns how many processes hold it; 0: none is proven. */
size_t lk_words_put_root_owner(lk_buf *b, const struct lk_lock *l);
/* The text in place of an owner if the lock in the way cannot be seen; in parentheses. Static. */
const char *lk_words_unseen_root(const struct lk_tree_node *top);
/* What would let stopped processes at the top of a tree go on: the holders of its lock, or a stopped waiter that nothing is in the way of.
 * `before` is put before the first sentence. Returns how many sentences. */
size_t lk_words_put_stopped(lk_buf *b, const struct lk_tree_node *top, const char *before);

/* "cannot resolve by itself", "but PID 12 could still release" */
void lk_words_put_verdict(lk_buf *b, const struct lk_cycle *c);

/* "GAVE_UP": the name of lk_event_name() in capitals. Static. */
const char *lk_words_event(enum lk_event_kind kind);
/* The sentence of an event that is not about one lock. Else what is worth saying behind the lock: " behind 11, 12", " (was READ)",
 * " (or no longer visible)"; often nothing. */
void lk_words_put_event(lk_buf *b, const struct lk_event *ev);
/* How long the wait or lock that the event is about has lasted; of a gap, how long nobody looked. -1: does not apply. */
int64_t lk_words_event_ms(const struct lk_event *ev);

#endif

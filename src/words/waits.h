/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting processes, and events, in words. What is appended to b may hold raw bytes of names. */
#ifndef LK_WORDS_WAITS_H
#define LK_WORDS_WAITS_H

#include "base/buf.h"
#include "model/diff.h"

/* "11, 12 or 13", or "11, 12, 13, 14 or one of 20 more" with last_word " or " and more "one of ". */
void lk_words_put_pids(lk_buf *b, const int *pids, size_t n, const char *last_word, const char *more);
/* "3307", or "3307/3309" if tid is not the main thread */
void lk_words_put_thread(lk_buf *b, int pid, int tid);
/* "3307/3309 pg_dump" */
void lk_words_put_member(lk_buf *b, const struct lk_proc *p, int tid);

/* "GAVE_UP": the name of lk_event_name() in capitals. Static. */
const char *lk_words_event(enum lk_event_kind kind);
/* The sentence of an event that is not about one lock. Else what is worth saying behind the lock: " behind 11, 12", " (was READ)",
 * " (or no longer visible)"; often nothing. */
void lk_words_put_event(lk_buf *b, const struct lk_event *ev);
/* How long the wait or lock that the event is about has lasted; of a gap, how long nobody looked. -1: does not apply. */
int64_t lk_words_event_ms(const struct lk_event *ev);

#endif

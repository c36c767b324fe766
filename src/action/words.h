/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes and locks in the words of plans and reports. */
#ifndef LK_ACTION_WORDS_H
#define LK_ACTION_WORDS_H

#include "base/arena.h"
#include "model/snapshot.h"

/* All in the arena, with bytes of the machine in them; NULL: no memory. */

/* "process 3310 (dpkg)"; comm may be NULL. */
const char *lk_words_process(struct lk_arena *a, int pid, const char *comm);
/* "the flock write lock on /srv/x", with ", bytes 0-99" where it is not the whole file. */
const char *lk_words_lock(struct lk_arena *a, const struct lk_lock *l);
/* The requests that hang on a lock: "process 12 (a), process 13 (b) and 4 more"; NULL also where there are none. */
const char *lk_words_waiters(struct lk_arena *a, const struct lk_lock *l);

#endif

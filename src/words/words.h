/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a process, a lock and the requests that hang on it are said: once, for command line, screen and actions. */
#ifndef LK_WORDS_WORDS_H
#define LK_WORDS_WORDS_H

#include "base/arena.h"
#include "base/vec.h"
#include "model/snapshot.h"

/* All in the arena, with bytes of the machine in them. */

/* "process 3310 (dpkg)"; comm may be NULL. */
const char *lk_words_process(struct lk_arena *a, int pid, const char *comm);
/* ", stopped", ", traced" or ", zombie" to stand behind a name; "" where it is nothing of these. p may be NULL. */
const char *lk_words_mark(const struct lk_proc *p);
/* The same, and what keeps it from going on: "process 3310 (dpkg, stopped)". */
const char *lk_words_proc(struct lk_arena *a, const struct lk_proc *p);
/* The process of a lock or request, likewise: who waits, or else the first holder; "a process that cannot be seen" without one. */
const char *lk_words_who(struct lk_arena *a, const struct lk_lock *l);
/* Those of these pids: "process 12 (a), process 13 (b) and 4 more"; NULL where there are none. */
const char *lk_words_processes(struct lk_arena *a, const struct lk_snapshot *snap, const int *pids, size_t n);
/* "flock write lock", "read lease", "OFD lock" where the mode is not known. */
#define LK_WORDS_KIND 48
const char *lk_words_kind(const struct lk_lock *l, char buf[LK_WORDS_KIND]);
/* "the flock write lock on /srv/x", with ", bytes 0-99" where it is not the whole file. */
const char *lk_words_lock(struct lk_arena *a, const struct lk_lock *l);
/* The requests that hang on a lock: "process 12 (a), process 13 (b) and 4 more"; NULL where there are none. */
const char *lk_words_waiters(struct lk_arena *a, const struct lk_lock *l);

/* A reason of lk_lock.no_holder_because as a sentence, without the word that scripts know it by. */
const char *lk_words_reason(const char *reason);
/* The last part of the path; NULL: it has no path. Borrowed. */
const char *lk_words_file_name(const struct lk_file *file);

/* Appended to out. */

/* "app.db", "app.db (deleted)", "a file without a name (inode 77 on /mnt)". */
void lk_words_put_file(const struct lk_file *file, lk_buf *out);
/* "php-fpm[4410]", "php-fpm[4410/4412]" for another thread of it than the first, "process 4410" where the name is not known. */
void lk_words_put_process(const struct lk_proc *p, int tid, lk_buf *out);
/* "flock[13641] of root"; the user is left out where he is not known. */
void lk_words_put_owner(const struct lk_proc *p, lk_buf *out);
/* All reasons why no holder of the lock is named, in a few words each: "sent through a socket, kept by the kernel". */
void lk_words_put_reasons(const struct lk_lock *l, lk_buf *out);

/* What keeps a process from going on, and what would help: "stopped (Ctrl-Z or SIGSTOP): SIGCONT lets it go on". Nothing where there is
 * nothing to say. */
void lk_words_put_state(const struct lk_proc *p, lk_buf *out);
/* Which job it is, since when, apart by "; ": its state as above, "since 03:11 (2h05m); child of cron[812]; tty pts/3;
 * cron.service". Only what is known. now_unix_ms: when it was looked at. */
void lk_words_put_job(const struct lk_proc *p, int64_t now_unix_ms, lk_buf *out);

#endif

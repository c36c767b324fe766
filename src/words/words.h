/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How processes, locks and the requests that wait for them are named in sentences: the same for command line, screen and actions. */
#ifndef LK_WORDS_WORDS_H
#define LK_WORDS_WORDS_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/snapshot.h"

/* The texts are in the arena and may hold raw bytes of names: sanitize them before a terminal. */

/* A process that is not seen, where a sentence names it; the same of one that holds a lock; and where there is room for a note only. */
#define LK_WORDS_UNSEEN "a process that is not visible"
#define LK_WORDS_UNSEEN_HOLDER "a holder that is not visible"
#define LK_WORDS_UNSEEN_NOTE "owner not visible"

/* "process 3310 (dpkg)"; comm may be NULL. */
const char *lk_words_process(struct lk_arena *a, int pid, const char *comm);
/* ", stopped", ", traced" or ", zombie", to be put after a name; "" in any other state. p may be NULL. Static. */
const char *lk_words_mark(const struct lk_proc *p);
/* lk_words_process() with lk_words_mark(): "process 3310 (dpkg, stopped)". */
const char *lk_words_proc(struct lk_arena *a, const struct lk_proc *p);
/* The same of the process of a lock or request: the waiter, or the first or recorded holder; LK_WORDS_UNSEEN: none. */
const char *lk_words_who(struct lk_arena *a, const struct lk_lock *l);
/* The processes with these numbers: "process 12 (a), process 13 (b) and 4 more"; NULL if n is 0. */
const char *lk_words_processes(struct lk_arena *a, const struct lk_snapshot *snap, const int *pids, size_t n);
/* By enum lk_type, as sentences have it: "POSIX", "OFD", "flock", "lease" ... */
extern const char *const lk_words_types[];
/* "flock write lock", "read lease", "OFD lock" where the mode is not known. */
#define LK_WORDS_KIND 48
const char *lk_words_kind(const struct lk_lock *l, char buf[LK_WORDS_KIND]);
/* "the flock write lock on /srv/x", with ", bytes 0-99" where it is not the whole file. */
const char *lk_words_lock(struct lk_arena *a, const struct lk_lock *l);
/* The processes whose requests wait for a lock: "process 12 (a), process 13 (b) and 4 more"; NULL where there are none. */
const char *lk_words_waiters(struct lk_arena *a, const struct lk_lock *l);

/* A reason of lk_lock.no_holder_because without the word in front of it, which is for scripts. */
const char *lk_words_reason(const char *reason);
/* The last part of the path; NULL: it has no path. Borrowed. */
const char *lk_words_file_name(const struct lk_file *file);

/* These append to out. */

/* "app.db", "app.db (deleted)", "a file without a name (inode 77 on /mnt)", "a file whose name you may not
 * see (inode 77)". */
void lk_words_put_file(const struct lk_file *file, lk_buf *out);
/* "php-fpm[4410]", "php-fpm[4410/4412]" if tid is not the main thread, "process 4410" if the name is not known. */
void lk_words_put_process(const struct lk_proc *p, int tid, lk_buf *out);
/* "4410 php-fpm"; "4410 ?" if the name is not known: comm may be NULL. */
void lk_words_put_pid(int pid, const char *comm, lk_buf *out);
/* "2211 pg_dump uid 113 postgres" */
void lk_words_put_pid_user(const struct lk_proc *p, lk_buf *out);
/* "FLOCK WRITE", as the columns TYPE and MODE have it. */
void lk_words_put_type(const struct lk_lock *l, lk_buf *out);
/* "flock[13641] of root"; the user is left out if not known. */
void lk_words_put_owner(const struct lk_proc *p, lk_buf *out);
/* All reasons why no holder of the lock is named, in a few words each: "sent through a socket, kept by the kernel". */
void lk_words_put_reasons(const struct lk_lock *l, lk_buf *out);

/* What keeps a process from going on, and what would help: "stopped (Ctrl-Z or SIGSTOP): SIGCONT lets it go on". Nothing where there is
 * nothing to say. */
void lk_words_put_state(const struct lk_proc *p, lk_buf *out);
/* What job a process is, as parts separated by "; ": lk_words_put_state(), then "since 03:11 (2h05m); child of cron[812]; tty pts/3;
 * cron.service". Only what is known. now_unix_ms: the time of the snapshot. */
void lk_words_put_job(const struct lk_proc *p, int64_t now_unix_ms, lk_buf *out);

#endif

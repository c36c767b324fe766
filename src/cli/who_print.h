/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a file locked, in words. Functions about one FILE print whole lines, or nothing if there is nothing to say. */
#ifndef LK_CLI_WHO_PRINT_H
#define LK_CLI_WHO_PRINT_H

#include "base/buf.h"
#include "cli/out.h"
#include "cli/select.h"
#include "query/who.h"

/* -- the locks -- */

/* Appends who most likely holds the locks without a proven holder: "flock[13641] of root, who took it"; nothing if nobody is recorded. */
void lk_who_put_likely(const struct lk_who *w, lk_buf *out);
/* Why the holders of some locks are not proven: the reasons that remain possible, each once. */
void lk_who_put_reasons(const struct lk_out *o, const struct lk_snapshot *s, const struct lk_who *w);
/* Says on standard error why nobody is signalled for this lock. */
void lk_who_say_not_proven(const struct lk_snapshot *s, const struct lk_lock *l);
/* Leases that are being broken: to what, and by when. */
void lk_who_put_leases(const struct lk_out *o, const struct lk_who *w);
void lk_who_put_mutex(const struct lk_out *o, const struct lk_who *w);
/* The file's mode asks for mandatory locks, which this kernel does not know (any more). */
void lk_who_note_mandatory(const struct lk_out *o, const struct lk_asked *asked, bool live);
/* Files whose path does not lead to them from here, as in another mount namespace: what the path is, and a name that leads to the file. */
void lk_who_note_paths(const struct lk_out *o, const struct lk_who *w, bool live);
/* Does the command line want lk_who_put_jobs()? Not if it chooses the columns, or asks for no headings. */
bool lk_who_wants_jobs(const struct lk_cli *cli);
/* Each process of the rows once, those that hold a lock first: its command line, and who it is in words. */
void lk_who_put_jobs(const struct lk_out *o, const lk_rows *rows);
/* What the FILE is as a lock file, whether it is in use, why, and what to do. */
void lk_who_put_lockfile(const struct lk_out *o, const struct lk_lockfile *l);
/* What each process does with a SQLite database, and whether it can be written. */
void lk_who_put_sqlite(const struct lk_out *o, const struct lk_who_sqlite *q);

/* -- remarks, which change neither the answer nor the exit status -- */

/* A line for each process that has a lock on a deleted file of that name: put on o, say on standard error. */
void lk_who_put_deleted(const struct lk_out *o, const lk_namesakes *list);
void lk_who_say_deleted(const struct lk_asked *target, const lk_namesakes *list);
/* The same as say for each FILE of the session; finds the locks itself. */
void lk_who_say_all_deleted(const struct lk_session *s);
/* The end of a sentence that says that the only FILE is free: "; but process 17 (flock) holds …". "" where there are none. In the
 * session's arena. */
const char *lk_who_but_deleted(struct lk_session *s);

void lk_who_put_beside(const struct lk_out *o, const struct lk_asked *target, const lk_besides *b);
void lk_who_put_below(const struct lk_out *o, const struct lk_session *s, const struct lk_asked *target);

/* Prints `before` and the uses of one FILE that are no locks, or with `below` of what is below it: "open in 3 processes: 123 (cat), 200
 * (vi)", kinds separated by "; ". file: its index in u. skip: pids that were named already, as holders or waiters; NULL at the end. Prints
 * nothing if there is no use. Returns how many kinds. */
size_t lk_who_put_uses(const struct lk_out *o, const struct lk_uses *u, size_t file, bool below,
		       const lk_ints *const *skip, const char *before);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a file locked, in words. What is about one FILE prints whole lines, and nothing where there is nothing to say. */
#ifndef LK_CLI_WHO_PRINT_H
#define LK_CLI_WHO_PRINT_H

#include "cli/out.h"
#include "cli/select.h"
#include "query/who.h"

/* -- the locks -- */

/* Who most likely has the locks whose holders are not proven: "flock[13641] of root, who took it"; nothing where nobody is recorded. */
void lk_who_put_likely(const struct lk_who *w, lk_buf *out);
/* What may have become of the holders that nobody could name, each reason once. */
void lk_who_put_reasons(const struct lk_out *o, const struct lk_snapshot *s, const struct lk_who *w);
/* Why nobody is signalled for this lock, on standard error. */
void lk_who_say_not_proven(const struct lk_snapshot *s, const struct lk_lock *l);
/* Leases that are being broken: to what, and by when. */
void lk_who_put_leases(const struct lk_out *o, const struct lk_who *w);
void lk_who_put_mutex(const struct lk_out *o, const struct lk_who *w);
/* The file's mode asks for mandatory locks, which this kernel does not know (any more). */
void lk_who_note_mandatory(const struct lk_out *o, const struct lk_asked *asked, bool live);
/* Files whose path is none of this machine's: whose it is, and a name that leads there from here. */
void lk_who_note_paths(const struct lk_out *o, const struct lk_who *w, bool live);
/* Which jobs the processes are. Wanted? Not by who chose the columns, or asked for lines without headings. */
bool lk_who_wants_jobs(const struct lk_cli *cli);
/* Each process of the rows once, those that hold a lock first: its command line, and who it is in words. */
void lk_who_put_jobs(const struct lk_out *o, const lk_rows *rows);
/* What each process does with a SQLite database, and whether it can be written. */
void lk_who_put_sqlite(const struct lk_out *o, const struct lk_who_sqlite *q);

/* -- remarks, which change neither the answer nor the exit status -- */

/* A line for each process that has a lock on a deleted file of that name, on standard output or standard error. */
void lk_who_put_deleted(const struct lk_out *o, const lk_namesakes *list);
void lk_who_say_deleted(const struct lk_asked *target, const lk_namesakes *list);
/* For each FILE of the session, found here. */
void lk_who_say_all_deleted(const struct lk_session *s);
/* The end of a sentence that says that the only FILE is free: "; but process 17 (flock) holds …". "" where there are none. In the
 * session's arena. */
const char *lk_who_but_deleted(struct lk_session *s);

void lk_who_put_beside(const struct lk_out *o, const struct lk_asked *target, const lk_besides *b);
void lk_who_put_below(const struct lk_out *o, const struct lk_session *s, const struct lk_asked *target);

/* Prints `before` and the uses of one FILE that are no locks, or of what is below it, "open in 3 processes: 123 (cat), 200 (vi)",
 * kinds apart by "; ". skip: pids that were named already, as holders or waiters; NULL at the end. Prints nothing where there is no
 * use; returns how many kinds. */
size_t lk_who_put_uses(const struct lk_out *o, const struct lk_uses *u, size_t file, bool below,
		       const lk_ints *const *skip, const char *before);

#endif

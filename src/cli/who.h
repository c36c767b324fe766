/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which process is locking this file? The finding, without the printing. */
#ifndef LK_CLI_WHO_H
#define LK_CLI_WHO_H

#include "cli/out.h"
#include "cli/out_json.h"
#include "cli/session.h"

typedef LK_VEC(int) lk_pids;

/* The answer for one FILE. */
struct lk_who {
	const struct lk_asked *target;
	LK_VEC(struct lk_fact_file)
	below; /* -R: files of the tree that may be locked; strings in the session's arena */
	const char *dir_name; /* -R: what the directory is called in the rows; in the session's arena */
	bool by_path; /* -R: there are no directories to walk, paths of locked files have to do */
	const char *walk_failed; /* -R: why not all of the tree was seen; NULL: it was. In the session's arena */
	LK_VEC(const struct lk_lock *) locks; /* on it (or perhaps: ambiguous), and in the range asked for; by index */
	lk_pids holders, waiters; /* sorted, each once; holders are proven */
	size_t n_nameless; /* held locks without a proven holder */
	size_t n_nameless_waiters; /* requests of processes that are not known */
	bool held_elsewhere; /* there are held locks, outside the range asked for */
	bool ambiguous; /* a lock may be on it, or on another file with the same key */
	enum lk_tri locked;
	const char *reason; /* why it is unknown; NULL: it is known. Lives as long as the session */
};

/* The session has resolved its targets and has taken its snapshot. 0 or -ENOMEM; lk_who_done() in either case. */
int lk_who_find(struct lk_session *s, const struct lk_asked *target, struct lk_who *ret);
void lk_who_done(struct lk_who *w);
/* Why the locks found need not be all there are; NULL: they are. The target is resolved. Lives as long as the session. */
const char *lk_who_doubt(struct lk_session *s, const struct lk_who *w);

/* A line for each lease that is being broken: to what, and by when. 0 or -ENOMEM. */
int lk_who_put_leases(const struct lk_out *o, const struct lk_who *w);

/* Programs that are known to keep a mutex in such a file (LMDB, tdb); the line that says so. */
bool lk_who_may_have_mutex(const struct lk_who *w);
void lk_who_put_mutex(const struct lk_out *o, const struct lk_who *w);
/* Who most likely has the locks whose holders are not proven: "flock[13641] of root, who took it"; nothing where nobody is recorded.
 * Appended; 0 or -ENOMEM. */
int lk_who_put_likely(const struct lk_who *w, lk_buf *out);
/* What may have become of the holders that nobody could name, each reason once: a block of lines. */
void lk_who_put_reasons(const struct lk_out *o, const struct lk_snapshot *s, const struct lk_who *w);
/* Why nobody is signalled for this lock, on standard error. */
void lk_who_say_not_proven(const struct lk_snapshot *s, const struct lk_lock *l);
/* An ordinary user looked, and was refused what root could read. */
bool lk_who_root_sees_more(const struct lk_snapshot *s);

/* One line where the file's mode asks for mandatory locks, which this kernel does not know (any more). */
void lk_who_note_mandatory(const struct lk_out *o, const struct lk_asked *asked, bool live);

#endif

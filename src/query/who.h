/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which process is locking this file? And what else belongs to the answer: who uses it without a lock, lock files beside it, a SQLite
 * database's own files, locks on deleted files of its name. */
#ifndef LK_QUERY_WHO_H
#define LK_QUERY_WHO_H

#include "action/namesake.h"
#include "base/ints.h"
#include "query/session.h"
#include "source/uses.h"
#include "table/sqlite.h"

/* The answer for one FILE. */
struct lk_who {
	const struct lk_asked *target;
	LK_VEC(struct lk_fact_file)
	below; /* -R: files of the tree that may be locked; strings in the session's arena */
	const char *dir_name; /* -R: what the directory is called in the rows; in the session's arena */
	bool by_path; /* -R: there are no directories to walk, paths of locked files have to do */
	const char *walk_failed; /* -R: why not all of the tree was seen; NULL: it was. In the session's arena */
	LK_VEC(const struct lk_lock *) locks; /* on it (or perhaps: ambiguous), and in the range asked for; by index */
	lk_ints holders, waiters; /* sorted, each once; holders are proven */
	size_t n_nameless; /* held locks without a proven holder */
	size_t n_nameless_waiters; /* requests of processes that are not known */
	bool held_elsewhere; /* there are held locks, outside the range asked for */
	bool ambiguous; /* a lock may be on it, or on another file with the same key */
	enum lk_tri locked;
	const char *reason; /* why it is unknown; NULL: it is known. Lives as long as the session */
};

/* The session has resolved its targets and has taken its snapshot. */
void lk_who_find(struct lk_session *s, const struct lk_asked *target, struct lk_who *ret);
void lk_who_done(struct lk_who *w);
/* Why the locks found need not be all there are; NULL: they are. The target is resolved. Lives as long as the session. */
const char *lk_who_doubt(struct lk_session *s, const struct lk_who *w);
/* Programs that are known to keep a mutex in such a file (LMDB, tdb). */
bool lk_who_may_have_mutex(const struct lk_who *w);
/* An ordinary user looked, and was refused what root could read. */
bool lk_who_root_sees_more(const struct lk_snapshot *s);
/* Locks on files that are deleted and were called as the FILE is, which may be missing; lk_vec_done(). */
void lk_who_find_deleted(const struct lk_session *s, const struct lk_asked *target, lk_namesakes *ret);

/* -- who_beside.c -- */

/* A SQLite database and the files beside it, the one case where the locks of another file count for the answer about FILE. It is known
 * by its locks; no file is opened. */
enum { LK_SQLITE_SHM, LK_SQLITE_WAL_FILE, LK_SQLITE_JOURNAL, LK_SQLITE_N_BESIDE };

struct lk_who_sqlite {
	bool found; /* it is one; else nothing below counts */
	struct lk_sqlite s;
	struct lk_who index; /* of X-shm */
	struct lk_asked beside[LK_SQLITE_N_BESIDE]; /* X-shm, X-wal, X-journal; in the session's arena */
	enum lk_tri writable; /* by another process, now */
};

/* w: the answer about the FILE, for all of its bytes. */
void lk_who_sqlite_find(struct lk_session *s, const struct lk_who *w, struct lk_who_sqlite *ret);
void lk_who_sqlite_done(struct lk_who_sqlite *q);
/* *w becomes the answer to "can it not be written?": its holders are those in a writer's way. */
void lk_who_sqlite_as_writer(struct lk_who *w, const struct lk_who_sqlite *q);

/* Locks that are not on the FILE but belong to the question. They are remarks, and change neither the answer nor the exit status. */
struct lk_beside {
	struct lk_asked asked; /* resolved; strings in the session's arena */
	struct lk_who who;
	bool overlay; /* it is the same file as an overlay file system shows it; else a lock file beside it, which is locked */
	struct lk_uses uses; /* of the file of an overlay, where uses are looked for */
};

typedef LK_VEC(struct lk_beside *) lk_besides;

/* How many files below a directory are locked, as their paths say: there may be more. -1: it is no directory. */
int64_t lk_who_count_below(const struct lk_session *s, const struct lk_asked *target);

/* -- all of it -- */

struct lk_who_file {
	struct lk_who who;
	struct lk_who_sqlite sqlite;
	lk_namesakes deleted;
	/* Files that are called as lock files are, and are locked; and uses of it that are overlays. Names are looked up on local file
	 * systems only, and only where a file with a lock may have that name. */
	lk_besides beside;
};

struct lk_who_all {
	struct lk_who_file *files; /* by the targets of the session */
	size_t n;
	struct lk_uses uses; /* of all; v[].file is the index of the target */
	bool has_uses;
};

/* remarks: also what is beside a FILE, and with `uses` who uses it. What was not found out of uses is no failure: 0, or -errno with
 * a sentence that says why (-EOPNOTSUPP: not on this source). lk_who_all_done() in either case. */
int lk_who_find_all(struct lk_session *s, bool remarks, bool uses, struct lk_who_all *ret, struct lk_err *err);
void lk_who_all_done(struct lk_who_all *all);
/* Is any of them locked? */
enum lk_tri lk_who_any(const struct lk_who_all *all);

/* Of one file, for lk_who_find_all(). uses: of all FILEs, NULL: not looked for; i: the number of this one. */
void lk_beside_find(struct lk_session *s, size_t i, const struct lk_uses *uses, lk_besides *ret);
void lk_beside_done(lk_besides *b);

#endif

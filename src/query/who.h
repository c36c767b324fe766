/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which process is locking this file? And what else belongs to the answer: who uses it without a lock, lock files beside it, a SQLite
 * database's own files, locks on deleted files of its name. */
#ifndef LK_QUERY_WHO_H
#define LK_QUERY_WHO_H

#include "action/namesake.h"
#include "base/ints.h"
#include "lockfile/lockfile.h"
#include "query/session.h"
#include "source/uses.h"
#include "table/sqlite.h"

/* The answer for one FILE. */
struct lk_who {
	const struct lk_asked *target;
	LK_VEC(struct lk_fact_file)
	below; /* -R: files of the tree that may be locked; strings in the session's arena */
	const char *dir_name; /* -R: the directory's path, in the form of lk_file.path; lives as long as the session */
	bool by_path; /* -R: there are no directories to walk, so the paths of locked files are compared */
	const char *walk_failed; /* -R: why not all of the tree was seen; NULL: it was. In the session's arena */
	LK_VEC(const struct lk_lock *) locks; /* on it, or perhaps (see ambiguous), in the range asked for; by index */
	lk_ints holders, waiters; /* sorted, each once; holders are proven */
	size_t n_nameless; /* held locks without a proven holder */
	size_t n_nameless_waiters; /* requests of processes that are not known */
	bool held_elsewhere; /* there are held locks, outside the range asked for */
	bool ambiguous; /* a lock may be on it, or on another file with the same key */
	enum lk_tri locked;
	const char *reason; /* why it is unknown; NULL: it is known. Lives as long as the session */
};

/* Needs a session with resolved targets and a snapshot. Call lk_who_done() when done. */
void lk_who_find(struct lk_session *s, const struct lk_asked *target, struct lk_who *ret);
void lk_who_done(struct lk_who *w);
/* Why the locks found may not be all locks; NULL: they are. The target must be resolved. The text lives as long as the session. */
const char *lk_who_doubt(struct lk_session *s, const struct lk_who *w);
/* May the file contain a mutex, which is no lock of the kernel, as files of LMDB and tdb do? */
bool lk_who_may_have_mutex(const struct lk_who *w);
/* Was a user other than root refused what root could read? */
bool lk_who_root_sees_more(const struct lk_snapshot *s);
/* Adds locks on deleted or replaced files that had the name of the FILE, which may not exist itself. Free with lk_vec_done(). */
void lk_who_find_deleted(const struct lk_session *s, const struct lk_asked *target, lk_namesakes *ret);

/* -- who_beside.c -- */

/* A SQLite database and the files beside it, the one case where the locks of another file count for the answer about FILE. A
 * database is recognised by its locks; no file is opened. */
enum { LK_SQLITE_SHM, LK_SQLITE_WAL_FILE, LK_SQLITE_JOURNAL, LK_SQLITE_N_BESIDE };

struct lk_who_sqlite {
	bool found; /* it is a SQLite database; if not, the members below mean nothing */
	struct lk_sqlite s;
	struct lk_who index; /* the answer for X-shm */
	struct lk_asked beside[LK_SQLITE_N_BESIDE]; /* X-shm, X-wal, X-journal; in the session's arena */
	enum lk_tri writable; /* could another process write to it now? */
};

/* w: the answer about the FILE, for all of its bytes. */
void lk_who_sqlite_find(struct lk_session *s, const struct lk_who *w, struct lk_who_sqlite *ret);
void lk_who_sqlite_done(struct lk_who_sqlite *q);
/* Turns *w into the answer to "is a writer blocked?": the holders are then those in a writer's way. */
void lk_who_sqlite_as_writer(struct lk_who *w, const struct lk_who_sqlite *q);

/* Locks that are not on the FILE but matter to the question. They are only remarks: neither answer nor exit status depends on them. With
 * -R, lock files below the FILE are among them, and there one that is live makes the answer that it is locked. */
struct lk_beside {
	struct lk_asked asked; /* resolved; strings in the session's arena */
	struct lk_who who;
	bool overlay; /* true: the same file as an overlay file system shows it; false: a lock file beside it or in it, which is locked or judged */
	struct lk_lockfile lockfile; /* as such; kind NULL: it is not known as one, but locked by the kernel */
	struct lk_uses uses; /* with overlay: of that file */
};

typedef LK_VEC(struct lk_beside *) lk_besides;

/* How many files whose path is below the directory are locked; there may be more. -1: not a directory, or its path is not known. */
int64_t lk_who_count_below(const struct lk_session *s, const struct lk_asked *target);

/* -- all of it -- */

struct lk_who_file {
	struct lk_who who;
	struct lk_who_sqlite sqlite;
	struct lk_lockfile
		lockfile; /* FILE as a lock file: what it is to its programs, whether who made it is alive, and why */
	lk_namesakes deleted;
	/* Lock files for this one, but not those that mean nothing; locked files with such a name; and this file as overlays show it. Names
	 * are looked up on local file systems only, and names that are not among the kinds only if a file with a lock may have them. */
	lk_besides beside;
};

struct lk_who_all {
	struct lk_who_file *files; /* one for each target of the session */
	size_t n;
	struct lk_uses uses; /* of all; v[].file is the index of the target */
	bool has_uses;
};

/* Answers for all FILEs. remarks: also finds what is beside a FILE, and with `uses` who uses it. 0, or -errno with a sentence in *err if
 * the uses could not be found out (-EOPNOTSUPP: not with this source); all else is filled in then, too. Call lk_who_all_done() in
 * either case. */
int lk_who_find_all(struct lk_session *s, bool remarks, bool uses, struct lk_who_all *ret, struct lk_err *err);
void lk_who_all_done(struct lk_who_all *all);
/* Is any of them locked? */
enum lk_tri lk_who_any(const struct lk_who_all *all);

/* For lk_who_find_all(), in who_lockfile.c: FILEs as lock files, with `remarks` the lock files beside and below them, and with `uses`
 * who uses the FILEs, in one look at all processes. Of a lock file that makes
 * the answer of its `who`, where no kernel lock is one already: live is locked, stale and harmless are not, of the others it cannot be
 * told. Returns as lk_who_find_all(). */
int lk_who_users_find(struct lk_session *s, struct lk_who_all *all, bool remarks, bool uses, struct lk_err *err);
/* A new one for the file, whose strings are copied; with the answer for it. To be freed by lk_beside_done(). */
struct lk_beside *lk_beside_new(struct lk_session *s, const char *path, const struct lk_fact_file *file);
void lk_beside_free(struct lk_beside *b);
/* For lk_who_find_all(): adds what else is beside target number i. uses: of all FILEs; NULL: not looked for. */
void lk_beside_find(struct lk_session *s, size_t i, const struct lk_uses *uses, lk_besides *ret);
void lk_beside_done(lk_besides *b);

#endif

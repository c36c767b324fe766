/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who does what with a SQLite database, by the locks on it and on its WAL index alone; no file is opened. Pure.
 *
 * With a rollback journal (SQLite's "File Locking And Concurrency In SQLite Version 3") all is told by the database: a reader is in the
 * way of a writer, who needs it for itself to commit. With a write-ahead log ("Write-Ahead Logging", "WAL-mode File Format" 2.3)
 * every connection has SHARED of the database as long as it has it open, and the rest is told by the file X-shm: only another
 * writer, a recovery, and who has the database for itself are in a writer's way. */
#ifndef LK_TABLE_SQLITE_H
#define LK_TABLE_SQLITE_H

#include "table/known_ranges.h"

enum lk_sqlite_mode { LK_SQLITE_UNKNOWN, LK_SQLITE_ROLLBACK, LK_SQLITE_WAL };

enum lk_sqlite_role {
	LK_SQLITE_OPEN = 1 << 0, /* merely has it open: only where there is a log */
	LK_SQLITE_READS = 1 << 1, /* in a read transaction; with a log: of a snapshot that a checkpoint cannot pass */
	LK_SQLITE_WRITES = 1 << 2,
	LK_SQLITE_PENDING = 1 << 3, /* and waits for the readers to leave */
	LK_SQLITE_CHECKPOINTS = 1 << 4,
	LK_SQLITE_RECOVERS = 1 << 5,
	LK_SQLITE_EXCLUSIVE = 1 << 6, /* has the database for itself */
	LK_SQLITE_N_ROLES = 7,
};

/* "open", "reads", "writes", "pending", "checkpoints", "recovers", "exclusive": as in JSON. bit: 0 to LK_SQLITE_N_ROLES - 1. */
const char *lk_sqlite_role_name(unsigned bit);
/* "rollback", "wal"; NULL: unknown. */
const char *lk_sqlite_mode_name(enum lk_sqlite_mode mode);

struct lk_sqlite_user {
	const struct lk_lock *lock; /* one of its locks: who it is */
	unsigned roles; /* LK_SQLITE_OPEN ... */
	bool in_the_way; /* of a writer */
};

struct lk_sqlite {
	enum lk_sqlite_mode mode;
	struct lk_sqlite_user *users; /* each process once, as its first lock comes */
	size_t n_users;
	size_t n_in_the_way;
	bool journal_left; /* set by who looks at X-journal: it is there and not empty, though nobody writes */
};

struct lk_sqlite_locks {
	const struct lk_lock *const *v;
	size_t n;
};

/* database, index: all locks on the file X, and on X-shm. no_log: it is proven that there is no log, or nobody uses one.
 * Borrows the locks. false: the locks on X are not those of SQLite. lk_sqlite_done() in any case. */
bool lk_sqlite_find(struct lk_sqlite *ret, struct lk_sqlite_locks database, struct lk_sqlite_locks index, bool no_log);
void lk_sqlite_done(struct lk_sqlite *s);

/* "writes", "only has it open, in nobody's way". */
const char *lk_sqlite_user_words(const struct lk_sqlite *s, const struct lk_sqlite_user *u);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who does what with a SQLite database, judged by the locks on it and on its WAL index alone; no file is opened.
 *
 * With a rollback journal (SQLite's "File Locking And Concurrency In SQLite Version 3") the locks on the database tell everything: a
 * reader is in the way of a writer, who needs the database for itself to commit. With a write-ahead log ("Write-Ahead Logging", "WAL-mode
 * File Format" 2.3) every connection holds SHARED of the database as long as it has it open, and the locks on the file X-shm tell the
 * rest: in the way of a writer are only another writer, a recovery, and a connection that has the database for itself. */
#ifndef LK_TABLE_SQLITE_H
#define LK_TABLE_SQLITE_H

#include "table/known_ranges.h"

enum lk_sqlite_mode { LK_SQLITE_UNKNOWN, LK_SQLITE_ROLLBACK, LK_SQLITE_WAL };

enum lk_sqlite_role {
	LK_SQLITE_OPEN = 1 << 0, /* has it open; set only where there is a write-ahead log */
	LK_SQLITE_READS = 1 << 1, /* in a read transaction; with a log: of a snapshot that a checkpoint cannot pass */
	LK_SQLITE_WRITES = 1 << 2,
	LK_SQLITE_PENDING = 1 << 3, /* also waits for the readers to leave */
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
	const struct lk_lock *lock; /* one of its locks, which tells who the user is */
	unsigned roles; /* LK_SQLITE_OPEN ... */
	bool in_the_way; /* it is in the way of a writer */
};

struct lk_sqlite {
	enum lk_sqlite_mode mode;
	struct lk_sqlite_user *users; /* each process once, by its first lock; each lock with an unknown owner */
	size_t n_users;
	size_t n_in_the_way;
	bool journal_left; /* set by the caller, who looks at X-journal: the file is there and not empty though nobody writes */
};

struct lk_sqlite_locks {
	const struct lk_lock *const *v;
	size_t n;
};

/* database, index: all locks on the file X and on X-shm. no_log: it is proven that there is no write-ahead log or that nobody uses it.
 * Borrows the locks. false: the locks on X are not those of SQLite. Call lk_sqlite_done() in any case. */
bool lk_sqlite_find(struct lk_sqlite *ret, struct lk_sqlite_locks database, struct lk_sqlite_locks index, bool no_log);
void lk_sqlite_done(struct lk_sqlite *s);

/* "writes", "only has it open, in nobody's way". */
const char *lk_sqlite_user_words(const struct lk_sqlite *s, const struct lk_sqlite_user *u);

#endif

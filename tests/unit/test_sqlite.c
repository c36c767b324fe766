/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who does what with a SQLite database, by locks alone. */
#include <criterion/criterion.h>

#include "table/sqlite.h"

enum { MOST = 6, PENDING = 0x40000000, RESERVED, SHARED, SHARED_END = 0x400001ff };

struct held {
	int pid;
	enum lk_mode mode;
	int64_t start, end;
};

struct expected {
	int pid;
	unsigned roles;
	bool in_the_way;
};

struct world {
	const char *what;
	struct held database[MOST], index[MOST]; /* up to pid 0 */
	bool no_log;
	int found;
	enum lk_sqlite_mode mode;
	struct expected users[MOST];
};

#define R LK_MODE_READ
#define W LK_MODE_WRITE
#define OPENED(pid) \
	{ \
		pid, R, SHARED, SHARED_END \
	}
#define DMS(pid) \
	{ \
		pid, R, 128, 128 \
	}

static const struct world worlds[] = {
	{ "nobody", { { 0 } }, { { 0 } }, true, 0, LK_SQLITE_UNKNOWN, { { 0 } } },
	{ "another program", { { 1, W, 0, 9 } }, { { 0 } }, true, 0, LK_SQLITE_UNKNOWN, { { 0 } } },
	{ "a reader, rollback journal",
	  { OPENED(1) },
	  { { 0 } },
	  true,
	  1,
	  LK_SQLITE_ROLLBACK,
	  { { 1, LK_SQLITE_READS, true } } },
	{ "a writer beside a reader",
	  { OPENED(1), OPENED(2), { 2, W, RESERVED, RESERVED } },
	  { { 0 } },
	  true,
	  1,
	  LK_SQLITE_ROLLBACK,
	  { { 1, LK_SQLITE_READS, true }, { 2, LK_SQLITE_WRITES, true } } },
	{ "a writer that waits for the reader",
	  { OPENED(1), OPENED(2), { 2, W, PENDING, RESERVED } },
	  { { 0 } },
	  true,
	  1,
	  LK_SQLITE_ROLLBACK,
	  { { 1, LK_SQLITE_READS, true }, { 2, LK_SQLITE_WRITES | LK_SQLITE_PENDING, true } } },
	{ "alone",
	  { { 1, W, PENDING, SHARED_END } },
	  { { 0 } },
	  true,
	  1,
	  LK_SQLITE_ROLLBACK,
	  { { 1, LK_SQLITE_EXCLUSIVE, true } } },
	{ "a tool that locks the whole file to read it",
	  { OPENED(1), { 2, R, 0, LK_RANGE_EOF } },
	  { { 0 } },
	  true,
	  1,
	  LK_SQLITE_ROLLBACK,
	  { { 1, LK_SQLITE_READS, true }, { 2, LK_SQLITE_READS, true } } },
	{ "open with a log",
	  { OPENED(1), OPENED(2) },
	  { DMS(1), DMS(2), { 2, R, 124, 124 } },
	  false,
	  1,
	  LK_SQLITE_WAL,
	  { { 1, LK_SQLITE_OPEN, false }, { 2, LK_SQLITE_OPEN | LK_SQLITE_READS, false } } },
	{ "a writer and a checkpoint",
	  { OPENED(1), OPENED(2) },
	  { DMS(1), DMS(2), { 1, W, 120, 120 }, { 2, W, 121, 121 } },
	  false,
	  1,
	  LK_SQLITE_WAL,
	  { { 1, LK_SQLITE_OPEN | LK_SQLITE_WRITES, true }, { 2, LK_SQLITE_OPEN | LK_SQLITE_CHECKPOINTS, false } } },
	{ "a checkpoint that keeps writers out",
	  { OPENED(1) },
	  { { 1, W, 120, 121 }, DMS(1) },
	  false,
	  1,
	  LK_SQLITE_WAL,
	  { { 1, LK_SQLITE_OPEN | LK_SQLITE_WRITES | LK_SQLITE_CHECKPOINTS, true } } },
	{ "recovery",
	  { OPENED(1) },
	  { { 1, W, 122, 122 } },
	  false,
	  1,
	  LK_SQLITE_WAL,
	  { { 1, LK_SQLITE_OPEN | LK_SQLITE_RECOVERS, true } } },
	{ "it is not known whether there is a log",
	  { OPENED(1) },
	  { { 0 } },
	  false,
	  1,
	  LK_SQLITE_UNKNOWN,
	  { { 1, LK_SQLITE_READS, true } } },
	{ "a tool that locks all of it",
	  { OPENED(1), { 2, W, 0, LK_RANGE_EOF } },
	  { DMS(1) },
	  false,
	  1,
	  LK_SQLITE_WAL,
	  { { 1, LK_SQLITE_OPEN, false }, { 2, LK_SQLITE_EXCLUSIVE, true } } },
};

static struct lk_sqlite_locks make(const struct held *held, struct lk_lock *locks, const struct lk_lock **pointers)
{
	size_t n = 0;

	for (; n < MOST && held[n].pid; n++) {
		locks[n] = (struct lk_lock){ .pid = held[n].pid, .state = LK_STATE_HELD };
		locks[n].rec.mode = held[n].mode;
		locks[n].rec.range = (struct lk_range){ held[n].start, held[n].end };
		pointers[n] = &locks[n];
	}
	return (struct lk_sqlite_locks){ pointers, n };
}

static void check_users(const struct world *w, const struct lk_sqlite *s)
{
	size_t n = 0, in_the_way = 0;

	for (; n < MOST && w->users[n].pid; n++) {
		cr_assert_lt(n, s->n_users, "%s", w->what);
		cr_expect(s->users[n].lock->pid == w->users[n].pid && s->users[n].roles == w->users[n].roles &&
				  s->users[n].in_the_way == w->users[n].in_the_way,
			  "%s: user %zu has roles %x", w->what, n, s->users[n].roles);
		cr_expect(lk_sqlite_user_words(s, &s->users[n])[0]);
		in_the_way += w->users[n].in_the_way;
	}
	cr_expect(s->n_users == n && s->n_in_the_way == in_the_way, "%s: %zu users", w->what, s->n_users);
}

Test(sqlite, worlds)
{
	struct lk_lock database[MOST], index[MOST];
	const struct lk_lock *database_pointers[MOST], *index_pointers[MOST];

	for (size_t i = 0; i < sizeof(worlds) / sizeof(*worlds); i++) {
		const struct world *w = &worlds[i];
		struct lk_sqlite s;
		int rc = lk_sqlite_find(&s, make(w->database, database, database_pointers),
					make(w->index, index, index_pointers), w->no_log);

		cr_expect(rc == w->found && s.mode == w->mode, "%s: %d, mode %d", w->what, rc, (int)s.mode);
		check_users(w, &s);
		lk_sqlite_done(&s);
	}
}

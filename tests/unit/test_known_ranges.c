/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "table/meaning.h"

#define LOCK(type_, mode_, start_, end_) \
	{ \
		.rec = {.type = LK_TYPE_##type_, .mode = LK_MODE_##mode_, .range = { start_, end_ } } \
	}

enum { MOST = 4 };

/* The layout's word, "" for none. */
static const char *found(const char *path, const struct lk_lock *locks, size_t n)
{
	const struct lk_lock *pointers[MOST];
	const struct lk_known_layout *layout;

	for (size_t i = 0; i < n; i++)
		pointers[i] = &locks[i];
	layout = lk_known_find(pointers, n, path);
	return layout ? layout->word : "";
}

#define FOUND(path, ...) \
	found(path, (const struct lk_lock[]){ __VA_ARGS__ }, \
	      sizeof((struct lk_lock[]){ __VA_ARGS__ }) / sizeof(struct lk_lock))

Test(known_ranges, table_is_sane)
{
	size_t n;
	const struct lk_known_layout *table = lk_known_table(&n);

	for (size_t i = 0; i < n; i++) {
		cr_assert(table[i].word && table[i].name && table[i].looks_like && table[i].n_ranges);
		for (size_t k = 0; k < table[i].n_ranges; k++) {
			const struct lk_known_range *r = &table[i].ranges[k];

			/* The names stand in JSON as they are. */
			cr_assert(r->name[0] && r->text[0] && !strpbrk(r->name, "\"\\ "));
			cr_assert_leq(r->range.start, r->range.end);
			cr_assert(k == 0 || r[-1].range.end < r->range.start);
		}
	}
}

Test(known_ranges, sqlite)
{
	struct lk_lock reader = LOCK(POSIX, READ, 0x40000002, 0x40000002 + 509);
	struct lk_lock writer = LOCK(POSIX, WRITE, 0x40000000, 0x40000001);
	struct lk_lock tool = LOCK(POSIX, WRITE, 0, LK_RANGE_EOF);
	struct lk_lock flocked = LOCK(FLOCK, WRITE, 0, LK_RANGE_EOF);
	struct lk_lock byte_0 = LOCK(POSIX, READ, 0, 0);

	cr_assert_str_eq(FOUND("/a.db", reader, writer), "sqlite");
	cr_assert_str_eq(FOUND(NULL, reader), "sqlite");
	cr_assert_str_eq(FOUND("/a.db", reader, flocked), "sqlite");
	cr_assert_str_eq(FOUND("/a.db", reader, tool), "sqlite");
	cr_assert_str_eq(FOUND("/a.db", tool), "");
	cr_assert_str_eq(FOUND("/a.db", flocked), "");
	cr_assert_str_eq(FOUND("/a.db", reader, byte_0), "");
	cr_assert_str_eq(found("/a.db", NULL, 0), "");
}

Test(known_ranges, wal_index_needs_its_name)
{
	struct lk_lock dms = LOCK(POSIX, READ, 128, 128), write = LOCK(POSIX, WRITE, 120, 120),
		       far = LOCK(POSIX, READ, 129, 129);

	cr_assert_str_eq(FOUND("/a.db-shm", dms, write), "wal");
	cr_assert_str_eq(FOUND("/a.db", dms, write), "");
	cr_assert_str_eq(FOUND(NULL, dms, write), "");
	cr_assert_str_eq(FOUND("-shm", dms), "");
	cr_assert_str_eq(FOUND("/a.db-shm", dms, far), "");
}

Test(known_ranges, qemu)
{
	struct lk_lock uses = LOCK(OFD, READ, 100, 101), denies = LOCK(OFD, READ, 201, 201);
	struct lk_lock writes = LOCK(OFD, WRITE, 101, 101), posix = LOCK(POSIX, READ, 100, 100),
		       gap = LOCK(OFD, READ, 104, 200);

	cr_assert_str_eq(FOUND("/a.qcow2", uses, denies), "qemu");
	cr_assert_str_eq(FOUND("/a.raw", uses), "qemu");
	cr_assert_str_eq(FOUND("/a.raw", uses, writes), "");
	cr_assert_str_eq(FOUND("/a.raw", uses, posix), "");
	cr_assert_str_eq(FOUND("/a.raw", uses, gap), "");
}

static bool is_called(size_t layout, int64_t start, int64_t end, const char *expected)
{
	size_t n;
	lk_buf name = { 0 };
	bool same;

	lk_known_name(&lk_known_table(&n)[layout], (struct lk_range){ start, end }, &name);
	same = strcmp(lk_buf_str(&name), expected) == 0;
	lk_vec_done(&name);
	return same;
}

Test(known_ranges, names)
{
	lk_buf name = { 0 };

	cr_assert(is_called(0, 0x40000000, 0x40000000, "PENDING"));
	cr_assert(is_called(0, 0x40000000, 0x40000001, "PENDING+RESERVED"));
	cr_assert(is_called(0, 0x40000000, 0x400001ff, "PENDING+RESERVED+SHARED"));
	cr_assert(is_called(0, 0x40000005, 0x40000005, "part of SHARED"));
	cr_assert(is_called(0, 0x40000001, 0x40000005, "part of RESERVED+SHARED"));
	cr_assert(is_called(0, 0x400001ff, 0x40000200, ""));
	cr_assert(is_called(0, 0, LK_RANGE_EOF, ""));
	cr_assert(is_called(1, 123, 124, "READ0+READ1"));
	cr_assert(is_called(2, 104, 200, ""));
	lk_known_name(NULL, (struct lk_range){ 0, 0 }, &name);
	cr_assert_eq(name.n, 0);
}

/* ---- what an owner does by all its locks ---- */

#define BY(pid_, type_, mode_, start_, end_) \
	{ \
		.pid = pid_, .state = LK_STATE_HELD, \
		.rec = {.type = LK_TYPE_##type_, \
			.mode = LK_MODE_##mode_, \
			.range = { start_, end_ } } \
	}
#define PENDING_BYTE 0x40000000
#define SHARED_READ(pid_) BY(pid_, POSIX, READ, 0x40000002, 0x400001ff)

struct state_case {
	struct lk_lock locks[MOST];
	const char *states[MOST]; /* of the owner of each; NULL: none, or no lock */
};

static const struct state_case state_cases[] = {
	{ { SHARED_READ(1) }, { "SHARED" } },
	{ { SHARED_READ(1), BY(1, POSIX, WRITE, 0x40000001, 0x40000001) }, { "RESERVED", "RESERVED" } },
	{ { SHARED_READ(1), BY(1, POSIX, WRITE, PENDING_BYTE, 0x40000001), SHARED_READ(2) },
	  { "PENDING", "PENDING", "SHARED" } },
	{ { SHARED_READ(1), BY(2, POSIX, WRITE, 0x40000001, 0x40000001) }, { "SHARED", "RESERVED" } },
	/* A hot journal: PENDING without RESERVED. */
	{ { SHARED_READ(1), BY(1, POSIX, WRITE, PENDING_BYTE, PENDING_BYTE) }, { "PENDING", "PENDING" } },
	{ { BY(1, POSIX, WRITE, PENDING_BYTE, 0x400001ff) }, { "EXCLUSIVE" } },
	{ { BY(1, POSIX, WRITE, PENDING_BYTE, PENDING_BYTE), BY(1, POSIX, WRITE, 0x40000002, 0x400001ff) },
	  { "EXCLUSIVE", "EXCLUSIVE" } },
	/* A tool that locks all of it, and what has no range, is no connection. */
	{ { SHARED_READ(1), BY(2, POSIX, WRITE, 0, LK_RANGE_EOF), BY(3, FLOCK, WRITE, 0, LK_RANGE_EOF) },
	  { "SHARED" } },
	/* On its way in. */
	{ { SHARED_READ(1), BY(2, POSIX, READ, PENDING_BYTE, PENDING_BYTE) }, { "SHARED" } },
};

static void check_states(const struct state_case *c, size_t number)
{
	const struct lk_lock *pointers[MOST];
	size_t n = 0;

	while (n < MOST && c->locks[n].pid) {
		pointers[n] = &c->locks[n];
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		const struct lk_known_state *state = lk_known_state_of(lk_known_find(pointers, n, "/a.db"),
								       &c->locks[i], pointers, n);

		cr_expect_str_eq(state ? state->name : "", c->states[i] ? c->states[i] : "", "case %zu, lock %zu",
				 number, i);
	}
}

Test(known_ranges, states_of_sqlite)
{
	for (size_t i = 0; i < sizeof(state_cases) / sizeof(*state_cases); i++)
		check_states(&state_cases[i], i);
}

Test(known_ranges, owners)
{
	struct lk_holder fd_3 = { .pid = 1, .fd = 3 }, fd_4 = { .pid = 1, .fd = 4 };
	struct lk_lock a = BY(1, POSIX, READ, 1, 1), b = BY(1, POSIX, READ, 3, 3), c = BY(1, OFD, READ, 5, 5),
		       d = BY(1, OFD, READ, 7, 7);

	cr_assert(lk_known_same_owner(&a, &b));
	cr_assert_not(lk_known_same_owner(&a, &c));
	c.holders = &fd_3;
	d.holders = &fd_4;
	c.n_holders = d.n_holders = 1;
	cr_assert_not(lk_known_same_owner(&c, &d));
	c.ofd = d.ofd = 9;
	cr_assert(lk_known_same_owner(&c, &d));
	b.state = LK_STATE_WAITING;
	cr_assert_not(lk_known_same_owner(&a, &b));
	a.pid = b.pid = 0;
	b.state = LK_STATE_HELD;
	cr_assert_not(lk_known_same_owner(&a, &b));
}

Test(known_ranges, tdb_lmdb_and_register)
{
	struct lk_lock active = LOCK(POSIX, READ, 4, 4), all = LOCK(POSIX, READ, 168, LK_RANGE_EOF),
		       odd = LOCK(POSIX, READ, 9, 9);
	struct lk_lock user = LOCK(POSIX, READ, 0, 0), own = LOCK(POSIX, WRITE, 77, 77), stranger = own;
	struct lk_lock slot = LOCK(POSIX, WRITE, 25, 25);

	own.rec.pid = 77;
	stranger.rec.pid = 78;
	cr_assert_str_eq(FOUND("/a.tdb", active, all), "tdb");
	cr_assert_str_eq(FOUND("/a.tdb", active, odd), "");
	cr_assert_str_eq(FOUND("/a.db", active), "");
	cr_assert_str_eq(FOUND("/env/lock.mdb", user, stranger), "lmdb");
	cr_assert_str_eq(FOUND("/env/clock.mdb", user), "");
	/* Such names are common: there the number has to be the process's own. */
	cr_assert_str_eq(FOUND("/data.mdb-lock", user, own), "lmdb");
	cr_assert_str_eq(FOUND("/data.mdb-lock", user, stranger), "");
	cr_assert_str_eq(FOUND("/data.mdb-lock", user), "");
	cr_assert_str_eq(FOUND("/env/__db.register", slot), "bdb_register");
	cr_assert_str_eq(FOUND("/env/__db.001", slot), "");
	cr_assert(is_called(3, 168, LK_RANGE_EOF, "records"));
}

/* ---- what a row means ---- */

static struct lk_file some_file = { .path = "/a.db" };

static bool means(const struct lk_lock *locks, size_t n, const char *path, size_t i, const char *text)
{
	struct lk_lock *rows = calloc(n, sizeof(*rows));
	struct lk_snapshot s = { .locks = rows, .n_locks = n };
	lk_buf out = { 0 };
	bool same;

	some_file.path = path;
	for (size_t k = 0; k < n; k++) {
		rows[k] = locks[k];
		rows[k].index = (uint32_t)k;
		rows[k].file = &some_file;
	}
	lk_meaning_text(&s, &rows[i], &out);
	same = strcmp(out.n ? lk_buf_str(&out) : "", text) == 0;
	if (!same)
		cr_log_error("%s", out.n ? lk_buf_str(&out) : "nothing");
	lk_vec_done(&out);
	free(rows);
	return same;
}

Test(known_ranges, meaning)
{
	struct lk_lock pending[] = { SHARED_READ(1), BY(1, POSIX, WRITE, PENDING_BYTE, 0x40000001), SHARED_READ(2),
				     BY(3, POSIX, WRITE, 0, LK_RANGE_EOF), BY(4, FLOCK, WRITE, 0, LK_RANGE_EOF) };
	struct lk_lock qemu[] = { BY(1, OFD, READ, 100, 101), BY(1, OFD, READ, 201, 201), BY(2, OFD, READ, 100, 100) };
	struct lk_lock wal[] = { BY(1, POSIX, WRITE, 120, 120), BY(1, POSIX, READ, 128, 128),
				 BY(2, POSIX, WRITE, 120, 121) };
	struct lk_holder fds[] = { { .pid = 1, .fd = 9 }, { .pid = 2, .fd = 9 } };

	for (size_t i = 0; i < 2; i++)
		cr_expect(means(pending, 5, "/a.db", i,
				"SQLite PENDING: wants to write the database: waits for the readers to leave"));
	cr_expect(means(pending, 5, "/a.db", 2, "SQLite SHARED: reads, or has it open (WAL)"));
	cr_expect(means(pending, 5, "/a.db", 3, ""), "a tool that locks all of it");
	cr_expect(means(pending, 5, "/a.db", 4, ""), "flock has no ranges");
	qemu[0].holders = qemu[1].holders = &fds[0];
	qemu[2].holders = &fds[1];
	qemu[0].n_holders = qemu[1].n_holders = qemu[2].n_holders = 1;
	cr_expect(means(qemu, 3, "/a.qcow2", 0, "QEMU writer: consistent-read+write"));
	cr_expect(means(qemu, 3, "/a.qcow2", 1, "QEMU writer: deny-write"));
	cr_expect(means(qemu, 3, "/a.qcow2", 2, "QEMU reader: consistent-read"));
	cr_expect(means(wal, 3, "/a.db-shm", 0, "WAL WRITE: the one connection that may append to the log"));
	cr_expect(means(wal, 3, "/a.db-shm", 2, "WAL WRITE+CKPT"));
	cr_expect(means(wal, 3, "/a.db", 0, ""), "the name tells the index");
}

Test(known_ranges, meaning_of_the_mode)
{
	struct lk_lock lmdb[] = { BY(1, POSIX, READ, 0, 0), BY(2, POSIX, WRITE, 0, 0), BY(3, POSIX, UNKNOWN, 0, 0) };
	struct lk_lock tdb[] = { BY(1, POSIX, READ, 8, 8), BY(2, POSIX, WRITE, 8, 8) };

	cr_expect(means(lmdb, 3, "/lock.mdb", 0, ""), "the name is a whole one");
	cr_expect(means(lmdb, 3, "/e/lock.mdb", 0, "LMDB users: uses the database, which blocks nobody"));
	cr_expect(means(lmdb, 3, "/e/lock.mdb", 1, "LMDB users: sets the database up"));
	cr_expect(means(lmdb, 3, "/e/lock.mdb", 2,
			"LMDB users: read: uses the database, which blocks nobody; write: sets the database up"));
	cr_expect(means(tdb, 2, "/e/a.tdb", 0, "tdb transaction: goes through all records"));
	cr_expect(means(tdb, 2, "/e/a.tdb", 1, "tdb transaction: in a transaction, or goes through all records"));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "table/known_ranges.h"

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

	cr_assert_eq(lk_known_name(&lk_known_table(&n)[layout], (struct lk_range){ start, end }, &name), 0);
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
	cr_assert_eq(lk_known_name(NULL, (struct lk_range){ 0, 0 }, &name), 0);
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

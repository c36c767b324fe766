/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is in whose way. */
#include <criterion/criterion.h>

#include "facts.h"
#include "model/relate.h"

/* The kernel lists a waiter under one of its blockers only. */
Test(relate, every_reader_is_in_the_way_of_a_writer)
{
	struct facts f = facts_begin();
	struct lk_snapshot *s;
	const struct lk_lock *l;

	add_held(&f, whole(LK_TYPE_FLOCK, LK_MODE_READ, 5, 100), 100, 1);
	add_request(&f, 1, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 200), 200, 200, 9);
	add_held(&f, whole(LK_TYPE_FLOCK, LK_MODE_READ, 5, 101), 101, 2);
	add_held(&f, whole(LK_TYPE_FLOCK, LK_MODE_READ, 6, 102), 102, 3);
	s = facts_end(&f);
	l = request_of(s, 200);
	cr_assert_eq(l->n_blocked_by, 2);
	cr_expect(is_blocked_by(l, held_by(s, 100, 5)) && is_blocked_by(l, held_by(s, 101, 5)));
	cr_expect_eq(held_by(s, 101, 5)->n_blocks, 1);
	cr_expect_eq(held_by(s, 102, 6)->n_blocks, 0);
	lk_snapshot_free(s);
}

Test(relate, ranges_and_modes)
{
	struct facts f = facts_begin();
	struct lk_snapshot *s;
	const struct lk_lock *l;

	add_held(&f, make_record(LK_TYPE_OFD, LK_MODE_WRITE, 5, 0, 9, 0), 100, 1);
	add_request(&f, 1, make_record(LK_TYPE_OFD, LK_MODE_READ, 5, 9, 20, 0), 200, 200, 9);
	add_held(&f, make_record(LK_TYPE_POSIX, LK_MODE_READ, 5, 10, 19, 101), 101, 0);
	add_held(&f, make_record(LK_TYPE_OFD, LK_MODE_WRITE, 5, 20, LK_RANGE_EOF, 0), 102, 3);
	add_held(&f, make_record(LK_TYPE_OFD, LK_MODE_WRITE, 5, 21, 21, 0), 103, 4);
	add_held(&f, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 104), 104, 5);
	s = facts_end(&f);
	l = request_of(s, 200);
	cr_assert_eq(l->n_blocked_by, 2);
	cr_expect(is_blocked_by(l, held_by(s, 100, 5)) && is_blocked_by(l, held_by(s, 102, 5)));
	lk_snapshot_free(s);
}

/* POSIX and OFD share one space; one process can be in its own way through another kind or another description. */
Test(relate, one_owner_never_blocks_itself)
{
	struct facts f = facts_begin();
	struct lk_snapshot *s;
	const struct lk_lock *l;

	add_held(&f, make_record(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 0, 9, 100), 100, 0);
	add_request(&f, 1, make_record(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 0, 99, 200), 200, 200, 0);
	add_held(&f, make_record(LK_TYPE_POSIX, LK_MODE_READ, 5, 50, 50, 200), 200, 0);
	add_held(&f, make_record(LK_TYPE_OFD, LK_MODE_READ, 5, 60, 60, 0), 200, 7);
	s = facts_end(&f);
	l = request_of(s, 200);
	cr_assert_eq(l->n_blocked_by, 2);
	for (size_t i = 0; i < 2; i++)
		cr_expect(l->blocked_by[i]->pid == 100 || l->blocked_by[i]->rec.type == LK_TYPE_OFD);
	lk_snapshot_free(s);
}

/* A thread with a descriptor table of its own is another owner of POSIX locks. */
Test(relate, private_tables_are_owners)
{
	struct facts f = facts_begin();
	struct lk_record held = whole(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 100);
	struct lk_fact_file file = make_file(&held);
	struct lk_fact_fd fd = { .pid = 100, .tid = 101, .fd = 3, .rec = held, .file = &file };
	struct lk_snapshot *s;

	add_line(&f, &held, 0);
	facts_fed(lk_sink_fd(f.sink, &fd));
	add_request(&f, 1, whole(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 100), 100, 102, 0);
	s = facts_end(&f);
	cr_assert_eq(request_of(s, 100)->n_blocked_by, 1);
	lk_snapshot_free(s);
}

/* The other way round: the thread that waits has the private table, as the line it is listed under tells. */
Test(relate, a_private_table_that_waits)
{
	struct facts f = facts_begin();
	struct lk_snapshot *s;

	add_held(&f, make_record(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 0, 9, 100), 100, 0);
	add_request(&f, 1, whole(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 100), 100, 101, 0);
	add_held(&f, make_record(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 20, 29, 100), 100, 0);
	s = facts_end(&f);
	cr_expect_eq(request_of(s, 100)->n_blocked_by, 2);
	lk_snapshot_free(s);
}

/* Where the first thread has ended the descriptors are seen through another one; they are those of all of them. */
Test(relate, the_table_outlives_the_first_thread)
{
	struct facts f = facts_begin();
	struct lk_record own = make_record(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 0, 9, 100);
	struct lk_fact_file file = make_file(&own);
	struct lk_fact_fd fd = { .pid = 100, .tid = 101, .fd = 3, .rec = own, .file = &file };
	struct lk_fact_proc p = { .pid = 100, .start_ticks = 1, .num_threads = 3, .state = 'Z' };
	struct lk_snapshot *s;

	facts_fed(lk_sink_proc(f.sink, &p));
	add_line(&f, &own, 0);
	facts_fed(lk_sink_fd(f.sink, &fd));
	add_held(&f, make_record(LK_TYPE_OFD, LK_MODE_WRITE, 5, 50, 59, 0), 200, 1);
	add_request(&f, 1, make_record(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 0, 99, 100), 100, 101, 0);
	add_request(&f, 1, make_record(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 0, 99, 100), 100, 102, 0);
	s = facts_end(&f);
	for (size_t i = 0; i < s->n_locks; i++) {
		const struct lk_lock *l = &s->locks[i];

		if (!lk_lock_is_waiting(l))
			continue;
		cr_assert_eq(l->n_blocked_by, 1);
		cr_expect_eq(l->blocked_by[0]->pid, 200);
	}
	cr_expect_eq(s->n_cycles, 0);
	lk_snapshot_free(s);
}

/* Where descriptions could not be compared: the kernel's word counts, and a lock of the process's own that it does not name may well
 * be the same description. */
Test(relate, descriptions_that_could_not_be_compared)
{
	struct facts f = facts_begin();
	struct lk_record own = make_record(LK_TYPE_OFD, LK_MODE_READ, 5, 0, 9, 0);
	struct lk_snapshot *s;

	add_held(&f, make_record(LK_TYPE_OFD, LK_MODE_READ, 5, 0, 99, 0), 200, 0);
	add_request(&f, 1, make_record(LK_TYPE_OFD, LK_MODE_WRITE, 5, 0, 9, 0), 100, 100, 0);
	add_line(&f, &own, 0);
	add_fd(&f, &own, 100, 8, 0);
	s = facts_end(&f);
	cr_assert_eq(request_of(s, 100)->n_blocked_by, 1);
	cr_expect_eq(request_of(s, 100)->blocked_by[0]->pid, 200);
	cr_expect_eq(s->n_cycles, 0);
	lk_snapshot_free(s);
}

Test(relate, leases)
{
	struct facts f = facts_begin();
	struct lk_record lease = whole(LK_TYPE_LEASE, LK_MODE_UNLOCK, 5, 100),
			 breaker = whole(LK_TYPE_LEASE, LK_MODE_WRITE, 0, 200);
	struct lk_snapshot *s;

	lease.phase = LK_PHASE_BREAKING;
	breaker.phase = LK_PHASE_BREAKER;
	breaker.key = (struct lk_key){ .none = true };
	add_proc(&f, 200, 1);
	add_held(&f, lease, 100, 1);
	add_line(&f, &breaker, 1);
	lease.pid = 101;
	add_held(&f, lease, 101, 2);
	s = facts_end(&f);
	cr_assert_eq(request_of(s, 200)->n_blocked_by, 2);
	lk_snapshot_free(s);
}

Test(relate, of_unknown_kinds_the_list_is_believed)
{
	struct facts f = facts_begin();
	struct lk_snapshot *s;

	add_proc(&f, 200, 1);
	add_held(&f, whole(LK_TYPE_UNKNOWN, LK_MODE_WRITE, 5, 100), 100, 1);
	add_request(&f, 1, whole(LK_TYPE_UNKNOWN, LK_MODE_WRITE, 5, 200), 200, 200, 2);
	add_held(&f, whole(LK_TYPE_UNKNOWN, LK_MODE_WRITE, 5, 101), 101, 3);
	s = facts_end(&f);
	cr_assert_eq(request_of(s, 200)->n_blocked_by, 1);
	cr_expect_eq(request_of(s, 200)->blocked_by[0]->pid, 100);
	lk_snapshot_free(s);
}

#define MANY 10000

/* Ten thousand who wait for single bytes of ten thousand locks. */
Test(relate, ten_thousand_pairs_on_one_file, .timeout = 20)
{
	struct facts f = facts_begin();
	struct lk_snapshot *s;

	for (int i = 0; i < MANY; i++) {
		add_held(&f, make_record(LK_TYPE_OFD, LK_MODE_WRITE, 5, 10 * i, 10 * i + 9, 0), 100, 1 + (size_t)i);
		add_request(&f, 1, make_record(LK_TYPE_OFD, LK_MODE_WRITE, 5, 10 * i + 4, 10 * i + 5, 0), 200, 1000 + i,
			    MANY + 1 + (size_t)i);
	}
	s = facts_end(&f);
	cr_assert_not(s->relations_cut);
	for (size_t i = 0; i < s->n_locks; i++) {
		const struct lk_lock *l = &s->locks[i];

		cr_assert_eq(lk_lock_is_waiting(l) ? l->n_blocked_by : l->n_blocks, 1);
	}
	lk_snapshot_free(s);
}

/* Nine million pairs are not made: what the kernel says is kept first. */
Test(relate, too_many_pairs, .timeout = 60)
{
	struct facts f = facts_begin();
	struct lk_snapshot *s;

	for (int i = 0; i < 3000; i++)
		add_held(&f, make_record(LK_TYPE_POSIX, LK_MODE_READ, 5, 0, 9 + i, 10000 + i), 10000 + i, 0);
	for (int i = 0; i < 3000; i++)
		add_request(&f, 1, make_record(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 0, 9, 20000 + i), 20000 + i, 20000 + i,
			    0);
	s = facts_end(&f);
	cr_assert(s->relations_cut);
	cr_expect(is_blocked_by(request_of(s, 20000), request_of(s, 20000)->root));
	cr_expect_eq(s->n_cycles, 0);
	lk_snapshot_free(s);
}

static size_t n_pairs(const struct lk_snapshot *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_locks; i++)
		n += s->locks[i].n_blocked_by;
	return n;
}

/* Related again within a limit. */
static void relate_within(struct lk_snapshot *s, size_t max_pairs)
{
	for (size_t i = 0; i < s->n_locks; i++)
		s->locks[i].n_blocked_by = s->locks[i].n_blocks = 0;
	s->relations_cut = false;
	lk_relate_within(s, max_pairs);
}

static const struct lk_file *file_of(const struct lk_snapshot *s, int pid)
{
	return request_of(s, pid)->file;
}

/* Files 5, 6 and 7 with 20 readers before 20 writers, 3 before 1, and 2 before 2. */
static struct lk_snapshot *three_files(void)
{
	static const int readers[] = { 20, 3, 2 }, writers[] = { 20, 1, 2 };
	struct facts f = facts_begin();

	for (int k = 0; k < 3; k++) {
		for (int i = 0; i < readers[k]; i++)
			add_held(&f, whole(LK_TYPE_POSIX, LK_MODE_READ, 5 + (uint64_t)k, 1000 + 100 * k + i),
				 1000 + 100 * k + i, 0);
		for (int i = 0; i < writers[k]; i++)
			add_request(&f, 1, whole(LK_TYPE_POSIX, LK_MODE_WRITE, 5 + (uint64_t)k, 2000 + 100 * k + i),
				    2000 + 100 * k + i, 2000 + 100 * k + i, 0);
	}
	return facts_end(&f);
}

Test(relate, a_file_with_many_does_not_cost_others_theirs)
{
	struct lk_snapshot *s = three_files();

	cr_assert_eq(n_pairs(s), 20 * 20 + 3 + 4);
	for (size_t max = 21; max < 407; max++) {
		relate_within(s, max);
		cr_assert(s->relations_cut && file_of(s, 2000)->relations_cut, "within %zu", max);
		cr_assert_not(file_of(s, 2100)->relations_cut || file_of(s, 2200)->relations_cut, "within %zu", max);
		cr_assert_eq(request_of(s, 2100)->n_blocked_by, 3);
		cr_assert_eq(request_of(s, 2201)->n_blocked_by, 2);
		cr_assert_leq(n_pairs(s), max < 27 ? 27 : max);
	}
	relate_within(s, 407);
	cr_assert_not(s->relations_cut || file_of(s, 2000)->relations_cut, "all of them fit");
	cr_assert_eq(n_pairs(s), 407);
	lk_snapshot_free(s);
}

Test(relate, each_request_keeps_the_lock_it_is_listed_under)
{
	struct lk_snapshot *s = three_files();

	for (size_t max = 0; max < 100; max += 9) {
		relate_within(s, max);
		for (size_t i = 0; i < s->n_locks; i++) {
			const struct lk_lock *l = &s->locks[i];

			if (lk_lock_is_waiting(l))
				cr_assert(is_blocked_by(l, l->root), "row %zu within %zu", i, max);
		}
	}
	lk_snapshot_free(s);
}

/* Every request of a file gets its even part. */
Test(relate, requests_share_evenly)
{
	struct lk_snapshot *s = three_files();

	relate_within(s, 107);
	for (int i = 0; i < 20; i++)
		cr_assert_eq(request_of(s, 2000 + i)->n_blocked_by, 5, "request %d has %zu", i,
			     request_of(s, 2000 + i)->n_blocked_by);
	lk_snapshot_free(s);
}

Test(relate, too_many_are_a_problem_of_the_snapshot)
{
	struct facts f = facts_begin();
	struct lk_snapshot *s;

	for (int i = 0; i < 2100; i++)
		add_held(&f, make_record(LK_TYPE_POSIX, LK_MODE_READ, 5, 2 * i, 2 * i, 100), 100, 0);
	for (int i = 0; i < 2100; i++)
		add_request(&f, 1, whole(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 20000 + i), 20000 + i, 20000 + i, 0);
	s = facts_end(&f);
	cr_assert(s->relations_cut);
	cr_assert(lk_snapshot_problem(s, LK_UNREAD_RELATIONS));
	cr_assert_eq(lk_snapshot_problem(s, LK_UNREAD_RELATIONS)->count, 1);
	lk_snapshot_free(s);
}

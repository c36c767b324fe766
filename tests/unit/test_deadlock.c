/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Circles of waiting, and which of them can never end. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "model/deadlock.h"

static struct lk_record flock_of(uint64_t ino, int pid)
{
	return whole(LK_TYPE_FLOCK, LK_MODE_WRITE, ino, pid);
}

/* 100 has 1 and wants 2, 200 has 2 and wants 1. */
static struct facts two_processes(int64_t threads_of_100)
{
	struct facts f = facts_begin();

	add_proc(&f, 100, threads_of_100);
	add_proc(&f, 200, 1);
	add_held(&f, flock_of(1, 100), 100, 1);
	add_request(&f, 1, flock_of(1, 200), 200, 200, 3);
	add_held(&f, flock_of(2, 200), 200, 2);
	add_request(&f, 1, flock_of(2, 100), 100, 100, 4);
	return f;
}

static void is_deadlock(const struct lk_snapshot *s, size_t n_pids, size_t n_rows, size_t n_breakers)
{
	cr_assert_eq(s->n_cycles, 1);
	cr_assert(s->cycles[0].dead && s->cycles[0].number == 1 && s->n_deadlocks == 1);
	cr_expect_eq(s->cycles[0].n_pids, n_pids);
	cr_expect_eq(s->cycles[0].n_rows, n_rows);
	cr_expect_eq(s->cycles[0].n_breakers, n_breakers);
	for (size_t i = 0; i < s->cycles[0].n_rows; i++)
		cr_expect_eq(s->cycles[0].rows[i]->deadlock, 1);
}

static void is_cycle(const struct lk_snapshot *s, int escape_pid, const char *words)
{
	cr_assert_eq(s->n_cycles, 1);
	cr_assert(!s->cycles[0].dead && s->n_deadlocks == 0 && s->cycles[0].number == 0);
	cr_expect_eq(s->cycles[0].escape_pid, escape_pid);
	cr_expect(strstr(s->cycles[0].escape, words), "%s", s->cycles[0].escape);
	for (size_t i = 0; i < s->n_locks; i++)
		cr_expect_eq(s->locks[i].deadlock, 0);
}

Test(deadlock, two_processes)
{
	struct facts f = two_processes(1);
	struct lk_snapshot *s = facts_end(&f);

	is_deadlock(s, 2, 4, 2);
	cr_expect(s->cycles[0].pids[0] == 100 && s->cycles[0].pids[1] == 200);
	lk_snapshot_free(s);
}

static void add_unreadable(struct facts *f, int pid)
{
	struct lk_fact_proc p = { .pid = pid, .start_ticks = 1, .comm = "prog", .comm_len = 4, .num_threads = 1 };

	p.flags = LK_PROC_UNREADABLE;
	facts_fed(lk_sink_proc(f->sink, &p));
}

/* An ordinary user sees who took the locks and who waits, but nothing of it is proven. */
Test(deadlock, possible_by_the_recorded_holders)
{
	struct facts f = facts_begin();
	struct lk_record held[] = { flock_of(1, 100), flock_of(2, 200) },
			 wanted[] = { flock_of(1, 200), flock_of(2, 100) };
	struct lk_snapshot *s;

	add_unreadable(&f, 100);
	add_unreadable(&f, 200);
	for (size_t i = 0; i < 2; i++) {
		add_line(&f, &held[i], 0);
		add_line(&f, &wanted[i], 1);
	}
	s = facts_end(&f);
	cr_expect_eq(s->n_cycles, 0);
	cr_expect_eq(s->n_possible_cycles, 1);
	lk_snapshot_free(s);
	/* What is proven is not merely possible. */
	f = two_processes(1);
	s = facts_end(&f);
	cr_expect_eq(s->n_cycles, 1);
	cr_expect_eq(s->n_possible_cycles, 0);
	lk_snapshot_free(s);
}

Test(deadlock, a_free_thread_can_let_go)
{
	struct facts f = two_processes(2);
	struct lk_snapshot *s = facts_end(&f);

	is_cycle(s, 100, "has a thread that is not waiting");
	lk_snapshot_free(s);
}

Test(deadlock, an_unknown_number_of_threads_is_no_proof)
{
	struct facts f = two_processes(0);
	struct lk_snapshot *s = facts_end(&f);

	is_cycle(s, 100, "not known");
	lk_snapshot_free(s);
}

/* The other thread waits, too, but for somebody who is free. */
Test(deadlock, a_thread_that_can_still_be_served)
{
	struct facts f = two_processes(2);
	struct lk_snapshot *s;

	add_proc(&f, 300, 1);
	add_held(&f, flock_of(3, 300), 300, 5);
	add_request(&f, 1, flock_of(3, 100), 100, 101, 6);
	s = facts_end(&f);
	is_cycle(s, 100, "waits for something else");
	lk_snapshot_free(s);
}

/* All threads wait within the circle. */
Test(deadlock, every_thread_waits)
{
	struct facts f = two_processes(2);
	struct lk_snapshot *s;

	add_request(&f, 1, flock_of(2, 100), 100, 101, 6);
	s = facts_end(&f);
	is_deadlock(s, 2, 5, 2);
	lk_snapshot_free(s);
}

Test(deadlock, a_forked_child_has_the_lock_too)
{
	struct facts f = two_processes(1);
	struct lk_record rec = flock_of(1, 100);
	struct lk_snapshot *s;

	add_proc(&f, 150, 1);
	add_fd(&f, &rec, 150, 3, 1);
	s = facts_end(&f);
	is_cycle(s, 150, "also holds one of the locks");
	lk_snapshot_free(s);
}

/* The child waits in the circle as well: nobody is left, and no process alone ends it. */
Test(deadlock, a_forked_child_that_waits_too)
{
	struct facts f = two_processes(1);
	struct lk_record rec = flock_of(1, 100);
	struct lk_snapshot *s;

	add_proc(&f, 150, 1);
	add_fd(&f, &rec, 150, 3, 1);
	add_request(&f, 1, flock_of(2, 150), 150, 150, 6);
	s = facts_end(&f);
	is_deadlock(s, 3, 5, 1);
	cr_expect_eq(s->cycles[0].breakers[0], 200);
	lk_snapshot_free(s);
}

Test(deadlock, with_itself)
{
	struct facts f = facts_begin();
	struct lk_snapshot *s;

	add_proc(&f, 100, 1);
	add_held(&f, flock_of(1, 100), 100, 1);
	add_request(&f, 1, flock_of(1, 100), 100, 100, 2);
	s = facts_end(&f);
	is_deadlock(s, 1, 2, 1);
	lk_snapshot_free(s);
}

Test(deadlock, both_want_more)
{
	struct facts f = facts_begin();
	struct lk_record held = make_record(LK_TYPE_OFD, LK_MODE_READ, 1, 0, 9, 0), want = held;
	struct lk_snapshot *s;

	want.mode = LK_MODE_WRITE;
	for (int pid = 100; pid <= 200; pid += 100) {
		add_proc(&f, pid, 1);
		add_line(&f, &held, 0);
		add_line(&f, &want, 1);
		add_fd(&f, &held, pid, 3, (size_t)pid);
		add_thread(&f, &want, pid, pid, (size_t)pid);
	}
	s = facts_end(&f);
	is_deadlock(s, 2, 4, 2);
	for (int pid = 100; pid <= 200; pid += 100) {
		cr_assert_eq(request_of(s, pid)->n_blocked_by, 1);
		cr_expect_eq(request_of(s, pid)->root->pid, 300 - pid);
	}
	lk_snapshot_free(s);
}

Test(deadlock, three_kinds)
{
	struct facts f = facts_begin();
	struct lk_snapshot *s;

	for (int pid = 1; pid <= 3; pid++)
		add_proc(&f, pid, 1);
	add_held(&f, make_record(LK_TYPE_POSIX, LK_MODE_WRITE, 1, 0, 9, 1), 1, 0);
	add_request(&f, 1, make_record(LK_TYPE_POSIX, LK_MODE_READ, 1, 9, 9, 3), 3, 3, 0);
	add_held(&f, flock_of(2, 2), 2, 2);
	add_request(&f, 1, flock_of(2, 1), 1, 1, 4);
	add_held(&f, make_record(LK_TYPE_OFD, LK_MODE_READ, 3, 5, 5, 0), 3, 3);
	add_request(&f, 1, make_record(LK_TYPE_OFD, LK_MODE_WRITE, 3, 0, LK_RANGE_EOF, 0), 2, 2, 5);
	s = facts_end(&f);
	is_deadlock(s, 3, 6, 3);
	lk_snapshot_free(s);
}

/* Process 100 has a lease that 200 waits for, and waits for a flock of 200. */
static struct lk_snapshot *lease_cycle(int64_t lease_break_s)
{
	struct facts f = facts_begin_with(lease_break_s);
	struct lk_record lease = whole(LK_TYPE_LEASE, LK_MODE_UNLOCK, 1, 100),
			 breaker = whole(LK_TYPE_LEASE, LK_MODE_WRITE, 0, 200);

	lease.phase = LK_PHASE_BREAKING;
	breaker.phase = LK_PHASE_BREAKER;
	breaker.key = (struct lk_key){ .none = true };
	add_proc(&f, 100, 1);
	add_proc(&f, 200, 1);
	add_held(&f, lease, 100, 1);
	add_line(&f, &breaker, 1);
	add_held(&f, flock_of(2, 200), 200, 2);
	add_request(&f, 1, flock_of(2, 100), 100, 100, 3);
	return facts_end(&f);
}

/* The kernel takes a lease away after a while, unless it was told never to. */
Test(deadlock, a_lease_makes_one_only_where_it_is_never_taken_away)
{
	struct lk_snapshot *s = lease_cycle(45);

	is_cycle(s, 0, "lease");
	lk_snapshot_free(s);
	s = lease_cycle(0);
	is_deadlock(s, 2, 4, 2);
	lk_snapshot_free(s);
}

/* Two files behind one key: as lines they look like a circle. */
Test(deadlock, no_circle_of_colliding_keys)
{
	struct facts f = facts_begin();
	struct lk_record held = flock_of(1, 100), held2 = flock_of(2, 200), want = flock_of(1, 200),
			 want2 = flock_of(2, 100);
	struct lk_fact_file other = make_file(&want);
	struct lk_fact_fd fd = { .pid = 300, .fd = 3, .rec = flock_of(1, 300), .ofd = 8, .file = &other };
	struct lk_fact_waiter w = { .pid = 200,
				    .tid = 200,
				    .fd = 5,
				    .rec = want,
				    .range_resolved = true,
				    .wait_ms = 1,
				    .ofd = 9,
				    .file = &other };
	struct lk_snapshot *s;

	other.path = "/elsewhere";
	other.st_minor = 77;
	for (int pid = 100; pid <= 300; pid += 100)
		add_proc(&f, pid, 1);
	add_held(&f, held, 100, 1);
	add_line(&f, &fd.rec, 0);
	facts_fed(lk_sink_fd(f.sink, &fd));
	add_line(&f, &want, 1);
	facts_fed(lk_sink_waiter(f.sink, &w));
	add_held(&f, held2, 200, 2);
	add_request(&f, 1, want2, 100, 100, 3);
	s = facts_end(&f);
	cr_expect_eq(s->n_cycles, 0);
	cr_assert_eq(request_of(s, 200)->n_blocked_by, 1);
	cr_expect_eq(request_of(s, 200)->blocked_by[0]->pid, 300);
	lk_snapshot_free(s);
}

/* What hangs behind a deadlock is not in it. */
Test(deadlock, hangers_on_are_not_in_it)
{
	struct facts f = two_processes(1);
	struct lk_snapshot *s;

	add_proc(&f, 300, 1);
	add_request(&f, 1, flock_of(2, 300), 300, 300, 9);
	s = facts_end(&f);
	is_deadlock(s, 2, 4, 2);
	cr_expect_eq(request_of(s, 300)->deadlock, 0);
	lk_snapshot_free(s);
}

Test(deadlock, a_circle_must_stand_in_two_looks)
{
	struct facts f = two_processes(1), again = two_processes(1), other = facts_begin();
	struct lk_snapshot *s = facts_end(&f), *same = facts_end(&again), *none = facts_end(&other);

	lk_deadlock_confirm(s, same);
	is_deadlock(s, 2, 4, 2);
	lk_deadlock_confirm(s, none);
	cr_expect(s->n_deadlocks == 0 && s->n_cycles == 0);
	for (size_t i = 0; i < s->n_locks; i++)
		cr_expect_eq(s->locks[i].deadlock, 0);
	f = two_processes(2);
	lk_snapshot_free(s);
	s = facts_end(&f);
	lk_deadlock_confirm(s, same);
	is_cycle(s, 100, "thread");
	lk_deadlock_confirm(s, none);
	cr_expect_eq(s->n_cycles, 0);
	lk_snapshot_free(s);
	lk_snapshot_free(same);
	lk_snapshot_free(none);
}

#define MANY 1000

/* A circle of a thousand: no recursion gets that deep. */
Test(deadlock, a_thousand_in_a_circle, .timeout = 20)
{
	struct facts f = facts_begin();
	struct lk_snapshot *s;

	for (int i = 0; i < MANY; i++) {
		int next = (i + 1) % MANY;

		add_proc(&f, 1000 + i, 1);
		add_held(&f, flock_of(1 + (uint64_t)i, 1000 + i), 1000 + i, 1 + (size_t)i);
		add_request(&f, 1, flock_of(1 + (uint64_t)i, 1000 + next), 1000 + next, 1000 + next,
			    MANY + 1 + (size_t)i);
	}
	s = facts_end(&f);
	is_deadlock(s, MANY, 2 * MANY, 64);
	lk_snapshot_free(s);
}

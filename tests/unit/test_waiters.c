/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocked threads to the lines of /proc/locks. */
#include <criterion/criterion.h>

#include "facts.h"

Test(waiters, each_kind_by_thread)
{
	struct facts f = facts_begin();
	struct lk_snapshot *s;
	static const enum lk_type types[] = { LK_TYPE_POSIX, LK_TYPE_OFD, LK_TYPE_FLOCK };

	for (int i = 0; i < 3; i++) {
		add_held(&f, whole(types[i], LK_MODE_WRITE, 10 + (uint64_t)i, 100), 100, 1 + (size_t)i);
		add_request(&f, 1, whole(types[i], LK_MODE_WRITE, 10 + (uint64_t)i, 200 + i), 200 + i, 300 + i,
			    11 + (size_t)i);
	}
	s = facts_end(&f);
	cr_assert_eq(s->n_waiting, 3);
	for (int i = 0; i < 3; i++) {
		const struct lk_lock *l = request_of(s, 200 + i);

		cr_assert_not_null(l);
		cr_expect(l->waiter->tid == 300 + i && l->waiter->fd == 3 && l->how == LK_HOW_MATCHED);
		cr_expect(l->wait_ms == 1300 + i && l->wait_error_ms == 10);
		cr_expect_eq(l->root, held_by(s, 100, 10 + (uint64_t)i));
	}
	lk_snapshot_free(s);
}

Test(waiters, without_a_thread_the_line_must_do)
{
	struct facts f = facts_begin();
	struct lk_record posix = whole(LK_TYPE_POSIX, LK_MODE_READ, 5, 200),
			 ofd = whole(LK_TYPE_OFD, LK_MODE_READ, 5, 0);
	struct lk_snapshot *s;

	add_proc(&f, 200, 1);
	add_held(&f, whole(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 100), 100, 0);
	add_line(&f, &posix, 1);
	add_line(&f, &ofd, 1);
	s = facts_end(&f);
	cr_assert_eq(s->n_waiting, 2);
	cr_expect(request_of(s, 200)->how == LK_HOW_RECORDED && request_of(s, 200)->waiter->tid == 0);
	cr_expect_eq(request_of(s, 200)->wait_ms, -1);
	cr_expect(request_of(s, 0)->how == LK_HOW_UNKNOWN && !request_of(s, 0)->waiter);
	lk_snapshot_free(s);
}

/* lockf(3) gives its range relative to the file position: only the list says which bytes. */
Test(waiters, relative_ranges_take_that_of_the_line)
{
	struct facts f = facts_begin();
	struct lk_record line = make_record(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 40, 49, 200);
	struct lk_fact_file file = make_file(&line);
	struct lk_fact_waiter w = {
		.pid = 200, .tid = 201, .fd = 4, .rec = line, .wait_ms = 7, .wait_error_ms = 1, .file = &file
	};
	struct lk_snapshot *s;

	w.rec.range = LK_RANGE_WHOLE;
	add_held(&f, whole(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 100), 100, 0);
	add_line(&f, &line, 1);
	facts_fed(lk_sink_waiter(f.sink, &w));
	s = facts_end(&f);
	cr_assert_eq(s->n_waiting, 1);
	cr_assert_not_null(request_of(s, 200));
	cr_expect_eq(request_of(s, 200)->waiter->tid, 201);
	cr_expect(request_of(s, 200)->rec.range.start == 40 && request_of(s, 200)->rec.range.end == 49);
	lk_snapshot_free(s);
}

Test(waiters, a_stopped_one_that_the_list_dropped)
{
	struct facts f = facts_begin();
	struct lk_record rec = whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 200);
	struct lk_fact_file file = make_file(&rec);
	struct lk_fact_waiter w = { .pid = 200,
				    .tid = 200,
				    .fd = 4,
				    .rec = rec,
				    .range_resolved = true,
				    .stopped = true,
				    .wait_ms = 7,
				    .file = &file };
	struct lk_snapshot *s;

	add_held(&f, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 100), 100, 1);
	facts_fed(lk_sink_waiter(f.sink, &w));
	s = facts_end(&f);
	cr_assert_not_null(request_of(s, 200));
	cr_expect_eq(request_of(s, 200)->state, LK_STATE_STOPPED_WAITING);
	cr_expect_null(request_of(s, 200)->root);
	cr_expect(is_blocked_by(request_of(s, 200), held_by(s, 100, 5)));
	lk_snapshot_free(s);
}

static struct lk_snapshot *opener_of_lease(enum lk_mode target, enum lk_mode wanted)
{
	struct facts f = facts_begin();
	struct lk_record lease = whole(LK_TYPE_LEASE, target, 5, 100), breaker = whole(LK_TYPE_LEASE, wanted, 0, 200);
	struct lk_fact_waiter w = { .pid = 200,
				    .tid = 200,
				    .fd = -1,
				    .rec = breaker,
				    .range_resolved = true,
				    .wait_ms = 4,
				    .wait_error_ms = 10 };

	lease.phase = LK_PHASE_BREAKING;
	lk_record_set_break(&lease, target);
	breaker.phase = LK_PHASE_BREAKER;
	breaker.key = (struct lk_key){ .none = true };
	w.rec.key = breaker.key;
	add_held(&f, lease, 100, 1);
	add_line(&f, &breaker, 1);
	facts_fed(lk_sink_waiter(f.sink, &w));
	return facts_end(&f);
}

/* Who opens for reading while a write lease is broken down to a read lease looks again all the time instead of sleeping. */
Test(waiters, no_time_for_those_who_do_not_sleep)
{
	struct lk_snapshot *reads = opener_of_lease(LK_MODE_READ, LK_MODE_READ);
	struct lk_snapshot *writes = opener_of_lease(LK_MODE_UNLOCK, LK_MODE_WRITE);

	cr_assert(request_of(reads, 200) && request_of(writes, 200));
	cr_expect(request_of(reads, 200)->wait_ms == -1 && request_of(reads, 200)->wait_error_ms == -1);
	cr_expect(request_of(writes, 200)->wait_ms == 4 && request_of(writes, 200)->wait_error_ms == 10);
	cr_expect_eq(request_of(reads, 200)->state, LK_STATE_BREAKER);
	cr_expect(is_blocked_by(request_of(reads, 200), held_by(reads, 100, 5)));
	lk_snapshot_free(reads);
	lk_snapshot_free(writes);
}

/* Two files with one key: equal lines, and the waiter's own descriptor says for which file it waits. */
Test(waiters, colliding_keys)
{
	struct facts f = facts_begin();
	struct lk_record held = whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 100),
			 want = whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 200);
	struct lk_fact_file a = make_file(&held), b = make_file(&held);
	struct lk_fact_fd fd_a = { .pid = 100, .fd = 3, .rec = held, .ofd = 1, .file = &a };
	struct lk_fact_fd fd_b = { .pid = 100, .fd = 4, .rec = held, .ofd = 2, .file = &b };
	struct lk_fact_waiter w = {
		.pid = 200, .tid = 200, .fd = 3, .rec = want, .range_resolved = true, .wait_ms = 1, .ofd = 3, .file = &b
	};
	struct lk_snapshot *s;

	a.path = "/a";
	b.path = "/b";
	b.st_minor = 77;
	add_line(&f, &held, 0);
	add_line(&f, &want, 1);
	add_line(&f, &held, 0);
	facts_fed(lk_sink_fd(f.sink, &fd_a));
	facts_fed(lk_sink_fd(f.sink, &fd_b));
	facts_fed(lk_sink_waiter(f.sink, &w));
	s = facts_end(&f);
	cr_assert_not_null(request_of(s, 200));
	cr_expect_str_eq(request_of(s, 200)->file->path, "/b");
	cr_assert_eq(request_of(s, 200)->n_blocked_by, 1);
	cr_expect_str_eq(request_of(s, 200)->blocked_by[0]->file->path, "/b");
	cr_expect_eq(request_of(s, 200)->root, request_of(s, 200)->blocked_by[0]);
	lk_snapshot_free(s);
}

/* Lines of equal OFD locks differ in nothing: no waiter may end up below the lock of its own description. */
Test(waiters, not_listed_under_their_own_lock)
{
	for (int order = 0; order < 2; order++) {
		struct facts f = facts_begin();
		struct lk_record held = make_record(LK_TYPE_OFD, LK_MODE_READ, 5, 0, 9, 0);
		struct lk_record want = make_record(LK_TYPE_OFD, LK_MODE_WRITE, 5, 0, 9, 0);
		struct lk_snapshot *s;

		add_line(&f, &held, 0);
		add_line(&f, &want, 1);
		add_line(&f, &held, 0);
		add_fd(&f, &held, 100, 3, order ? 2 : 1);
		add_fd(&f, &held, 200, 3, order ? 1 : 2);
		add_thread(&f, &want, 100, 100, order ? 2 : 1);
		s = facts_end(&f);
		cr_assert_not_null(request_of(s, 100));
		cr_expect_eq(request_of(s, 100)->root, held_by(s, 200, 5), "order %d", order);
		cr_expect_eq(request_of(s, 100)->n_blocked_by, 1);
		cr_expect(is_blocked_by(request_of(s, 100), held_by(s, 200, 5)));
		cr_expect_eq(s->n_cycles, 0);
		lk_snapshot_free(s);
	}
}

#define MANY 10000

/* Equal requests of ten thousand threads: each line gets a thread, each thread one line, and it does not take for ever. */
Test(waiters, ten_thousand_equal_ones, .timeout = 20)
{
	struct facts f = facts_begin();
	struct lk_record want = whole(LK_TYPE_OFD, LK_MODE_WRITE, 5, 0);
	static unsigned char seen[MANY];
	struct lk_snapshot *s;

	add_held(&f, whole(LK_TYPE_OFD, LK_MODE_WRITE, 5, 0), 1, 1);
	for (int i = 0; i < MANY; i++)
		add_line(&f, &want, 1);
	for (int i = 0; i < MANY; i++)
		add_thread(&f, &want, 100, 1000 + i, 2 + (size_t)i);
	s = facts_end(&f);
	cr_assert_eq(s->n_waiting, MANY);
	for (size_t i = 0; i < s->n_locks; i++) {
		const struct lk_lock *l = &s->locks[i];

		if (!lk_lock_is_waiting(l))
			continue;
		cr_assert(l->waiter && l->waiter->tid >= 1000 && !seen[l->waiter->tid - 1000]);
		seen[l->waiter->tid - 1000] = 1;
		cr_assert_eq(l->n_blocked_by, 1);
	}
	lk_snapshot_free(s);
}

/* The same with ranges relative to the file position. */
Test(waiters, ten_thousand_relative_ones, .timeout = 20)
{
	struct facts f = facts_begin();
	struct lk_record want = make_record(LK_TYPE_OFD, LK_MODE_WRITE, 5, 7, 8, 0);
	struct lk_fact_file file = make_file(&want);
	struct lk_snapshot *s;

	add_held(&f, whole(LK_TYPE_OFD, LK_MODE_WRITE, 5, 0), 1, 1);
	for (int i = 0; i < MANY; i++)
		add_line(&f, &want, 1);
	for (int i = 0; i < MANY; i++) {
		struct lk_fact_waiter w = {
			.pid = 100, .tid = 1000 + i, .fd = 3, .rec = want, .wait_ms = 1, .file = &file
		};

		facts_fed(lk_sink_waiter(f.sink, &w));
	}
	s = facts_end(&f);
	cr_assert_eq(s->n_waiting, MANY);
	for (size_t i = 0; i < s->n_locks; i++)
		cr_assert(!lk_lock_is_waiting(&s->locks[i]) || s->locks[i].waiter);
	lk_snapshot_free(s);
}

/* Equal locks and equal requests: whose is whose is the source's word, and nothing is matched. */
Test(waiters, a_source_that_knows_the_line)
{
	struct facts f = facts_begin();
	struct lk_record held = whole(LK_TYPE_OFD, LK_MODE_READ, 5, 0),
			 wanted = whole(LK_TYPE_OFD, LK_MODE_WRITE, 5, 0);
	struct lk_fact_file file = make_file(&held);
	struct lk_snapshot *s;

	held.group = 1;
	wanted.group = 1;
	add_line(&f, &held, 0);
	add_line(&f, &wanted, 1);
	held.group = wanted.group = 2;
	add_line(&f, &held, 0);
	add_line(&f, &wanted, 1);
	for (int i = 0; i < 2; i++) {
		struct lk_fact_fd fd = { .pid = 101 - i,
					 .fd = 3,
					 .rec = held,
					 .ofd = 2 - (size_t)i,
					 .line = 1 + 2 * (size_t)i,
					 .file = &file };
		struct lk_fact_waiter w = { .pid = 201 - i,
					    .tid = 301 - i,
					    .fd = 4,
					    .rec = wanted,
					    .range_resolved = true,
					    .wait_ms = -1,
					    .line = 2 + 2 * (size_t)i,
					    .file = &file };

		facts_fed(lk_sink_fd(f.sink, &fd));
		facts_fed(lk_sink_waiter(f.sink, &w));
	}
	s = facts_end(&f);
	cr_assert(s->n_held == 2 && s->n_waiting == 2);
	for (int i = 0; i < 2; i++) {
		const struct lk_lock *l = request_of(s, 201 - i);

		cr_assert_not_null(l);
		cr_expect(l->how == LK_HOW_EXACT && l->waiter->tid == 301 - i && l->root->pid == 101 - i);
	}
	lk_snapshot_free(s);
}

/* Numbers that no line has are nobody's word. */
Test(waiters, lines_that_are_not_there)
{
	struct facts f = facts_begin();
	struct lk_record held = whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 100);
	struct lk_fact_file file = make_file(&held);
	struct lk_fact_fd fd = { .pid = 100, .fd = 3, .rec = held, .line = SIZE_MAX, .file = &file };
	struct lk_fact_waiter w = {
		.pid = 200, .tid = 200, .fd = 4, .rec = held, .wait_ms = -1, .line = 77, .file = &file
	};
	struct lk_snapshot *s;

	add_line(&f, &held, 0);
	facts_fed(lk_sink_fd(f.sink, &fd));
	facts_fed(lk_sink_waiter(f.sink, &w));
	s = facts_end(&f);
	cr_assert_geq(s->n_locks, 1);
	lk_snapshot_free(s);
}

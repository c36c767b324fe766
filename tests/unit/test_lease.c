/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leases that are being broken. */
#include "facts.h"

enum { LIMIT_MS = 45000 };

static struct lk_record lease(enum lk_mode target, int pid)
{
	struct lk_record r = whole(LK_TYPE_LEASE, LK_MODE_READ, 5, pid);

	r.phase = LK_PHASE_BREAKING;
	lk_record_set_break(&r, target);
	return r;
}

static void add_opener(struct facts *f, enum lk_mode wanted, int64_t wait_ms)
{
	struct lk_record r = whole(LK_TYPE_LEASE, wanted, 0, 200);
	struct lk_fact_waiter w = { .pid = 200, .tid = 200, .fd = -1, .wait_ms = wait_ms, .wait_error_ms = 100 };

	r.phase = LK_PHASE_BREAKER;
	r.key = (struct lk_key){ .none = true };
	w.rec = r;
	add_line(f, &r, 1);
	facts_fed(lk_sink_waiter(f->sink, &w));
}

static const struct lk_lock *first_lease(const struct lk_snapshot *s)
{
	for (size_t i = 0; i < s->n_locks; i++) {
		if (s->locks[i].state == LK_STATE_BREAKING)
			return &s->locks[i];
	}
	return NULL;
}

static void expect(struct facts *f, enum lk_mode mode, int64_t left_ms, const char *what)
{
	struct lk_snapshot *s = facts_end(f);
	const struct lk_lock *l = first_lease(s);

	cr_assert(l, "%s", what);
	cr_expect(l->rec.mode == mode && l->break_left_ms == left_ms, "%s: %s, %ld ms", what, lk_mode_name(l->rec.mode),
		  (long)l->break_left_ms);
	lk_snapshot_free(s);
}

Test(lease, what_it_still_is)
{
	struct facts f = facts_begin();
	struct lk_record r;

	add_held(&f, lease(LK_MODE_UNLOCK, 100), 100, 1);
	expect(&f, LK_MODE_UNKNOWN, -1, "alone");
	f = facts_begin();
	add_held(&f, lease(LK_MODE_READ, 100), 100, 1);
	expect(&f, LK_MODE_WRITE, -1, "broken down to a read lease");
	f = facts_begin();
	add_held(&f, lease(LK_MODE_UNLOCK, 100), 100, 1);
	add_held(&f, lease(LK_MODE_UNLOCK, 101), 101, 2);
	expect(&f, LK_MODE_READ, -1, "one of two");
	f = facts_begin();
	r = lease(LK_MODE_UNLOCK, 100);
	add_line(&f, &r, 0);
	r.mode = LK_MODE_WRITE;
	add_fd(&f, &r, 100, 3, 1);
	expect(&f, LK_MODE_WRITE, -1, "the descriptor knows");
}

Test(lease, deadline)
{
	struct facts f = facts_begin();

	add_held(&f, lease(LK_MODE_UNLOCK, 100), 100, 1);
	add_opener(&f, LK_MODE_WRITE, 5000);
	expect(&f, LK_MODE_UNKNOWN, LIMIT_MS - 4900, "a writer waits");
	f = facts_begin();
	add_held(&f, lease(LK_MODE_UNLOCK, 100), 100, 1);
	add_opener(&f, LK_MODE_WRITE, 50);
	expect(&f, LK_MODE_UNKNOWN, LIMIT_MS, "less than the clock's error");
	f = facts_begin();
	add_held(&f, lease(LK_MODE_UNLOCK, 100), 100, 1);
	add_opener(&f, LK_MODE_WRITE, 100000);
	expect(&f, LK_MODE_UNKNOWN, 0, "it is over");
	f = facts_begin();
	add_held(&f, lease(LK_MODE_READ, 100), 100, 1);
	add_opener(&f, LK_MODE_READ, 5000);
	expect(&f, LK_MODE_WRITE, LIMIT_MS, "a reader, whose time is not known");
	f = facts_begin();
	add_held(&f, lease(LK_MODE_UNLOCK, 100), 100, 1);
	add_opener(&f, LK_MODE_READ, 5000);
	expect(&f, LK_MODE_WRITE, -1, "a reader waits for a write lease that a writer began to break");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forest of waits on the screen. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "screen.h"
#include "tui/view/view_waits.h"

static struct lk_record flock_of(uint64_t ino, int pid)
{
	return whole(LK_TYPE_FLOCK, LK_MODE_WRITE, ino, pid);
}

/* n processes in a circle, each with one thread: pid 101 holds file 1 and waits for file 2, and so on. */
static void add_circle(struct facts *f, int n)
{
	for (int i = 1; i <= n; i++)
		add_proc(f, 100 + i, 1);
	/* The line of a lock comes before those who wait for it. */
	for (int i = 1; i <= n; i++) {
		int before = i == 1 ? n : i - 1;

		add_held(f, flock_of((uint64_t)i, 100 + i), 100 + i, (size_t)(100 + i));
		add_request(f, 1, flock_of((uint64_t)i, 100 + before), 100 + before, 100 + before, (size_t)(200 + i));
	}
}

/* 300 holds file 50; the others queue. */
static void add_queue(struct facts *f, int n)
{
	add_proc(f, 300, 1);
	add_held(f, flock_of(50, 300), 300, 300);
	for (int i = 1; i <= n; i++) {
		add_proc(f, 300 + i, 1);
		add_request(f, 1, flock_of(50, 300 + i), 300 + i, 300 + i, (size_t)(300 + i));
	}
}

static struct lk_snapshot *circle_and_queue(int n)
{
	struct facts facts = facts_begin();

	if (n)
		add_circle(&facts, n);
	add_queue(&facts, 2);
	return facts_end(&facts);
}

static const struct lk_item *shown(const struct lk_tui *t, size_t i)
{
	return lk_list_at(&t->views[LK_VIEW_WAITS].list, i);
}

static int pid_at(const struct lk_tui *t, size_t i)
{
	const struct lk_tree_node *node = lk_waits_node(shown(t, i));

	return node && node->lock ? node->lock->pid : 0;
}

Test(tui_waits, a_circle_stands_first_in_the_order_of_waiting)
{
	struct lk_tui *t = screen_new(LK_VIEW_WAITS);
	int before;

	screen_look(t, circle_and_queue(4), 1);
	cr_assert_eq(lk_waits_node(shown(t, 0))->kind, LK_TREE_CYCLE);
	cr_assert_eq(shown(t, 1)->sub, LK_WAITS_FIRST);
	cr_assert_eq(shown(t, 4)->sub, LK_WAITS_LAST);
	cr_assert_eq(shown(t, 5)->sub, LK_WAITS_END);
	cr_assert_eq(shown(t, 5)->flags & LK_ITEM_FIXED, LK_ITEM_FIXED);
	/* Each waits for the next. */
	before = pid_at(t, 1);
	for (size_t i = 2; i <= 4; i++) {
		cr_expect_eq(pid_at(t, i), before == 104 ? 101 : before + 1);
		before = pid_at(t, i);
	}
	cr_assert_eq(lk_waits_node(shown(t, 6))->kind, LK_TREE_LOCK);
	screen_says(t, 80, 24, "CYCLE 1: 4 processes, ");
	screen_says(t, 80, 24, "cannot resolve by itself");
	screen_says(t, 80, 24, " +-> ");
	screen_says(t, 80, 24, "--+");
	screen_says(t, 80, 24, "ROOT 300 prog");
	screen_says(t, 80, 24, "|- 301 prog");
	screen_says(t, 80, 24, "`- 302 prog");
	screen_says(t, 80, 24, "Signalling 300 would let 2 go on. Deadlock 1 ends if 101, 102, 103 or 104");
	screen_says(t, 120, 24, "6 waiters, 1 root, 1 cycle");
	screen_any_size(t);
	lk_tui_free(t);
}

Test(tui_waits, rows_stay_the_same_and_ghosts_say_so)
{
	struct lk_tui *t = screen_new(LK_VIEW_WAITS);
	struct lk_list *l = &t->views[LK_VIEW_WAITS].list;
	struct lk_subject s;
	uint64_t id;

	screen_look(t, circle_and_queue(2), 1);
	lk_list_select(l, 6);
	lk_tui_subject(t, &s);
	cr_assert_eq(s.proc->pid, 302);
	id = l->cursor;
	screen_look(t, circle_and_queue(0), 2);
	cr_assert_eq(l->cursor, id);
	lk_tui_subject(t, &s);
	cr_assert_eq(s.proc->pid, 302);
	cr_assert_not(s.ghost);
	/* The circle is gone, but for its ghosts. */
	screen_says(t, 80, 24, " x");
	lk_list_select(l, 0);
	lk_tui_subject(t, &s);
	cr_assert(s.ghost);
	screen_any_size(t);
	for (uint64_t number = 3; number <= 6; number++)
		screen_look(t, circle_and_queue(0), number);
	screen_does_not_say(t, 80, 24, "CYCLE");
	cr_assert_eq(l->shown.n, 3);
	lk_tui_free(t);
}

Test(tui_waits, a_root_that_is_not_seen_is_nobodys_lock)
{
	struct facts facts = facts_begin();
	struct lk_record rec = flock_of(7, 400);
	struct lk_fact_file file = make_file(&rec);
	struct lk_fact_waiter w = {
		.pid = 400, .tid = 400, .fd = 3, .rec = rec, .range_resolved = true, .stopped = true, .file = &file
	};
	struct lk_tui *t = screen_new(LK_VIEW_WAITS);
	struct lk_subject s;

	add_proc(&facts, 400, 1);
	facts_fed(lk_sink_waiter(facts.sink, &w));
	screen_look(t, facts_end(&facts), 1);
	cr_assert_eq(lk_waits_node(shown(t, 0))->kind, LK_TREE_UNSEEN);
	lk_tui_subject(t, &s);
	cr_assert_null(s.lock);
	cr_assert_null(s.proc);
	cr_assert_not_null(s.file);
	screen_says(t, 80, 24, "ROOT (nothing is in the way any more) /f");
	screen_says(t, 80, 24, "Nothing is in the way of 400, which was stopped: SIGCONT lets it go on.");
	lk_tui_free(t);
}

Test(tui_waits, flat)
{
	struct lk_tui *t = screen_new(LK_VIEW_WAITS);

	screen_look(t, circle_and_queue(2), 1);
	lk_tui_key(t, LK_KEY_F5);
	cr_assert_eq(t->views[LK_VIEW_WAITS].list.shown.n, 4);
	screen_says(t, 80, 24, "BEHIND");
	screen_says(t, 80, 24, "F5 tree");
	screen_any_size(t);
	lk_tui_free(t);
}

Test(tui_waits, folded)
{
	struct lk_tui *t = screen_new(LK_VIEW_WAITS);

	screen_look(t, circle_and_queue(2), 1);
	lk_tui_key(t, '-');
	screen_says(t, 80, 24, "+ CYCLE");
	screen_does_not_say(t, 80, 24, "+->");
	lk_tui_key(t, '+');
	screen_says(t, 80, 24, "+->");
	/* A filter takes the ring away, and the rest still stands. */
	lk_list_set_filter(&t->views[LK_VIEW_WAITS].list, "101", NULL);
	screen_says(t, 80, 24, "101 prog");
	screen_does_not_say(t, 80, 24, "+->");
	lk_tui_free(t);
}

/* Each queues behind the one before: the branch is deep, and drawn as far as it makes sense. */
Test(tui_waits, a_deep_queue)
{
	enum { N = 3000 };
	struct facts facts = facts_begin();
	struct lk_tui *t = screen_new(LK_VIEW_WAITS);

	add_proc(&facts, 300, 1);
	add_held(&facts, flock_of(50, 300), 300, 300);
	for (int i = 1; i <= N; i++) {
		add_proc(&facts, 300 + i, 1);
		add_request(&facts, (unsigned)i, flock_of(50, 300 + i), 300 + i, 300 + i, (size_t)(300 + i));
	}
	screen_look(t, facts_end(&facts), 1);
	cr_assert_eq(t->views[LK_VIEW_WAITS].list.shown.n, N + 1);
	screen_says(t, 80, 24, "; 3000 behind");
	lk_tui_key(t, 'G');
	screen_says(t, 80, 24, "3300 prog");
	screen_says(t, 80, 24, ", queued behind 3299");
	screen_any_size(t);
	lk_tui_free(t);
}

Test(tui_waits, nobody)
{
	struct facts facts = facts_begin();
	struct lk_tui *t = screen_new(LK_VIEW_WAITS);

	screen_any_size(t);
	add_proc(&facts, 300, 1);
	add_held(&facts, flock_of(50, 300), 300, 300);
	screen_look(t, facts_end(&facts), 1);
	screen_says(t, 120, 24, "0 waiters, 0 roots, 0 cycles");
	lk_tui_key(t, 'j');
	lk_tui_key(t, LK_KEY_ENTER);
	screen_any_size(t);
	lk_tui_free(t);
}

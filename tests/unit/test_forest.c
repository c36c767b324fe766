/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who must move first. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "facts.h"
#include "model/forest.h"

static struct lk_record flock_of(uint64_t ino, int pid)
{
	return whole(LK_TYPE_FLOCK, LK_MODE_WRITE, ino, pid);
}

static struct lk_forest forest_of(const struct lk_snapshot *s)
{
	struct lk_forest f;

	f = lk_forest_make(s);
	return f;
}

/* Parents first, levels right, every request once, totals right. */
static void is_sound(const struct lk_snapshot *s, const struct lk_forest *f)
{
	unsigned char *seen = calloc(s->n_locks + 1, 1);
	size_t n = 0, behind = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct lk_tree_node *t = &f->nodes[i];

		if (t->level == 0) {
			cr_assert(t->parent == LK_FOREST_NONE && t->kind != LK_TREE_REQUEST);
			behind += t->n_behind;
			continue;
		}
		cr_assert(t->parent < i && f->nodes[t->parent].level + 1 == t->level && t->kind == LK_TREE_REQUEST);
		cr_assert_not(seen[t->lock->index]);
		seen[t->lock->index] = 1;
		n++;
	}
	cr_assert_eq(n, s->n_waiting);
	cr_assert_eq(behind, s->n_waiting);
	free(seen);
}

static size_t node_of(const struct lk_forest *f, int pid)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->nodes[i].kind == LK_TREE_REQUEST && f->nodes[i].lock->pid == pid)
			return i;
	}
	cr_assert_fail("process %d is not in the forest", pid);
	return 0;
}

static const struct lk_tree_node *above(const struct lk_forest *f, int pid)
{
	return &f->nodes[f->nodes[node_of(f, pid)].parent];
}

Test(forest, nobody_waits)
{
	struct facts facts = facts_begin();
	struct lk_snapshot *s;
	struct lk_forest f;

	add_held(&facts, flock_of(1, 100), 100, 1);
	s = facts_end(&facts);
	f = forest_of(s);
	cr_assert_eq(f.n, 0);
	lk_forest_done(&f);
	lk_snapshot_free(s);
}

/* 200 and 201 queue for the lock of 100; 300 wants what 201 holds; 301 waits for 100 as well, beside the queue. */
Test(forest, queue_and_chain)
{
	struct facts facts = facts_begin();
	struct lk_snapshot *s;
	struct lk_forest f;
	size_t freed;

	for (int pid = 100; pid <= 301; pid++)
		add_proc(&facts, pid, 1);
	add_held(&facts, make_record(LK_TYPE_OFD, LK_MODE_WRITE, 1, 0, 99, 0), 100, 1);
	add_request(&facts, 1, make_record(LK_TYPE_OFD, LK_MODE_WRITE, 1, 0, 9, 0), 200, 200, 2);
	add_request(&facts, 2, make_record(LK_TYPE_OFD, LK_MODE_WRITE, 1, 0, 5, 0), 201, 201, 3);
	add_request(&facts, 1, make_record(LK_TYPE_OFD, LK_MODE_WRITE, 1, 50, 60, 0), 301, 301, 4);
	add_held(&facts, flock_of(2, 201), 201, 5);
	add_request(&facts, 1, flock_of(2, 300), 300, 300, 6);
	s = facts_end(&facts);
	f = forest_of(s);
	is_sound(s, &f);
	cr_assert_eq(f.n, 5);
	cr_expect(f.nodes[0].kind == LK_TREE_LOCK && f.nodes[0].lock == held_by(s, 100, 1));
	cr_expect(f.nodes[0].n_behind == 4 && f.nodes[0].oldest_wait_ms == 1301);
	cr_expect(f.nodes[node_of(&f, 200)].why == LK_TREE_WAITS && f.nodes[node_of(&f, 200)].n_behind == 2);
	cr_expect(above(&f, 201)->lock->pid == 200 && f.nodes[node_of(&f, 201)].why == LK_TREE_QUEUED);
	cr_expect(above(&f, 300)->lock->pid == 201 && f.nodes[node_of(&f, 300)].why == LK_TREE_CHAINED);
	cr_expect_eq(f.nodes[node_of(&f, 300)].by, held_by(s, 201, 2));
	cr_expect(above(&f, 301)->lock->pid == 100 && f.nodes[node_of(&f, 301)].why == LK_TREE_WAITS);
	freed = lk_forest_freed_by(s, (int[]){ 100 }, 1);
	cr_expect_eq(freed, 4);
	freed = lk_forest_freed_by(s, (int[]){ 201 }, 1);
	cr_expect_eq(freed, 1);
	lk_forest_done(&f);
	lk_snapshot_free(s);
}

/* All blockers must go. */
Test(forest, freed_by_several_only)
{
	struct facts facts = facts_begin();
	struct lk_snapshot *s;
	struct lk_forest f;
	size_t freed;

	for (int pid = 100; pid <= 102; pid++)
		add_proc(&facts, pid, 1);
	add_held(&facts, whole(LK_TYPE_FLOCK, LK_MODE_READ, 1, 100), 100, 1);
	add_request(&facts, 1, flock_of(1, 102), 102, 102, 3);
	add_held(&facts, whole(LK_TYPE_FLOCK, LK_MODE_READ, 1, 101), 101, 2);
	s = facts_end(&facts);
	f = forest_of(s);
	is_sound(s, &f);
	cr_assert_eq(f.n, 2);
	freed = lk_forest_freed_by(s, (int[]){ 100 }, 1);
	cr_expect_eq(freed, 0);
	freed = lk_forest_freed_by(s, (int[]){ 100, 101 }, 2);
	cr_expect_eq(freed, 1);
	lk_forest_done(&f);
	lk_snapshot_free(s);
}

/* A process with a free thread is itself who must move, though another thread of it waits. */
Test(forest, a_free_thread_makes_a_root)
{
	struct facts facts = facts_begin();
	struct lk_snapshot *s;
	struct lk_forest f;

	add_proc(&facts, 100, 1);
	add_proc(&facts, 200, 2);
	add_proc(&facts, 300, 1);
	add_held(&facts, flock_of(1, 100), 100, 1);
	add_request(&facts, 1, flock_of(1, 200), 200, 201, 2);
	add_held(&facts, flock_of(2, 200), 200, 3);
	add_request(&facts, 1, flock_of(2, 300), 300, 300, 4);
	s = facts_end(&facts);
	f = forest_of(s);
	is_sound(s, &f);
	cr_assert_eq(above(&f, 300)->kind, LK_TREE_LOCK);
	cr_expect_eq(above(&f, 300)->lock->pid, 200);
	lk_forest_done(&f);
	lk_snapshot_free(s);
}

/* Cycles come first; who hangs behind one stands below the request of the holder. */
Test(forest, cycles_are_roots)
{
	struct facts facts = facts_begin();
	struct lk_snapshot *s;
	struct lk_forest f;

	for (int pid = 100; pid <= 600; pid += 100)
		add_proc(&facts, pid, 1);
	add_held(&facts, flock_of(9, 500), 500, 20);
	add_request(&facts, 1, flock_of(9, 600), 600, 600, 21);
	add_held(&facts, flock_of(1, 100), 100, 1);
	add_request(&facts, 1, flock_of(1, 200), 200, 200, 3);
	add_request(&facts, 2, flock_of(1, 300), 300, 300, 5);
	add_held(&facts, flock_of(2, 200), 200, 2);
	add_request(&facts, 1, flock_of(2, 100), 100, 100, 4);
	s = facts_end(&facts);
	f = forest_of(s);
	is_sound(s, &f);
	cr_assert(f.nodes[0].kind == LK_TREE_CYCLE && f.nodes[0].cycle->dead && f.nodes[0].n_behind == 3);
	cr_expect(above(&f, 100) == &f.nodes[0] && above(&f, 200) == &f.nodes[0]);
	cr_expect(above(&f, 300)->lock->pid == 100 && f.nodes[node_of(&f, 300)].why == LK_TREE_CHAINED);
	cr_expect_eq(f.nodes[node_of(&f, 100)].by, held_by(s, 200, 2));
	cr_expect(above(&f, 600)->kind == LK_TREE_LOCK);
	lk_forest_done(&f);
	lk_snapshot_free(s);
}

/* A circle that was taken back is no cycle any more; the forest stays one. */
Test(forest, circles_that_are_not_reported)
{
	struct facts facts = facts_begin();
	struct lk_snapshot *s;
	struct lk_forest f;

	for (int pid = 100; pid <= 300; pid += 100)
		add_proc(&facts, pid, 1);
	add_held(&facts, flock_of(1, 100), 100, 1);
	add_request(&facts, 1, flock_of(1, 200), 200, 200, 3);
	add_held(&facts, flock_of(2, 200), 200, 2);
	add_request(&facts, 1, flock_of(2, 100), 100, 100, 4);
	add_held(&facts, flock_of(3, 100), 100, 6);
	add_request(&facts, 1, flock_of(3, 300), 300, 300, 7);
	s = facts_end(&facts);
	s->n_cycles = s->n_deadlocks = 0;
	for (size_t i = 0; i < s->n_locks; i++)
		s->locks[i].deadlock = 0;
	f = forest_of(s);
	is_sound(s, &f);
	lk_forest_done(&f);
	lk_snapshot_free(s);
}

Test(forest, what_cannot_be_seen)
{
	struct facts facts = facts_begin();
	struct lk_record rec = flock_of(1, 200), alone = flock_of(2, 300);
	struct lk_fact_file file = make_file(&alone);
	struct lk_fact_waiter w = {
		.pid = 300, .tid = 300, .fd = 3, .rec = alone, .range_resolved = true, .stopped = true, .file = &file
	};
	struct lk_snapshot *s;
	struct lk_forest f;
	size_t n_unseen = 0;

	add_proc(&facts, 200, 1);
	add_proc(&facts, 300, 1);
	add_line(&facts,
		 &(struct lk_record){
			 .type = LK_TYPE_FLOCK, .mode = LK_MODE_WRITE, .pid = 99, .key = rec.key, .range = rec.range },
		 0);
	add_request(&facts, 1, rec, 200, 200, 1);
	facts_fed(lk_sink_waiter(facts.sink, &w));
	s = facts_end(&facts);
	f = forest_of(s);
	is_sound(s, &f);
	cr_expect(above(&f, 200)->kind == LK_TREE_LOCK && above(&f, 200)->lock->n_holders == 0);
	for (size_t i = 0; i < f.n; i++)
		n_unseen += f.nodes[i].kind == LK_TREE_UNSEEN;
	cr_expect(n_unseen == 1 && above(&f, 300)->kind == LK_TREE_UNSEEN &&
		  above(&f, 300)->lock == request_of(s, 300));
	lk_forest_done(&f);
	lk_snapshot_free(s);
}

#define MANY 10000

/* The kernel nests flock waiters as deep as there are some. */
Test(forest, a_queue_of_ten_thousand, .timeout = 20)
{
	struct facts facts = facts_begin();
	struct lk_snapshot *s;
	struct lk_forest f;

	add_held(&facts, flock_of(1, 100), 100, 1);
	for (int i = 0; i < MANY; i++)
		add_request(&facts, 1 + (unsigned)i, flock_of(1, 1000 + i), 1000 + i, 1000 + i, 2 + (size_t)i);
	s = facts_end(&facts);
	f = forest_of(s);
	is_sound(s, &f);
	cr_expect_eq(f.n, MANY + 1);
	cr_expect_eq(f.nodes[MANY].level, MANY);
	cr_expect_eq(f.nodes[0].n_behind, MANY);
	lk_forest_done(&f);
	lk_snapshot_free(s);
}

/* Each waits for what the one before it holds. */
Test(forest, a_chain_of_a_thousand, .timeout = 20)
{
	struct facts facts = facts_begin();
	struct lk_snapshot *s;
	struct lk_forest f;
	size_t freed;

	for (int i = 0; i < 1000; i++) {
		add_proc(&facts, 1000 + i, 1);
		add_held(&facts, flock_of(1 + (uint64_t)i, 1000 + i), 1000 + i, 1 + (size_t)i);
		add_request(&facts, 1, flock_of(1 + (uint64_t)i, 1001 + i), 1001 + i, 1001 + i, MANY + (size_t)i);
	}
	s = facts_end(&facts);
	f = forest_of(s);
	is_sound(s, &f);
	cr_expect_eq(f.nodes[0].n_behind, 1000);
	cr_expect_eq(f.nodes[f.n - 1].level, 1000);
	freed = lk_forest_freed_by(s, (int[]){ 1000 }, 1);
	cr_expect_eq(freed, 1000);
	lk_forest_done(&f);
	lk_snapshot_free(s);
}

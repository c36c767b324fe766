/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows in plain words, and what is counted by file and process. */
#include <criterion/criterion.h>

#include "tui/core/words.h"
#include "tui_world.h"

/* The sentence about the first lock that pid holds or waits for; free(3). */
static char *words_of(struct lk_tui *t, const struct lk_frame *f, int pid, bool waiting)
{
	const struct lk_snapshot *s = f->snap;
	lk_buf b = { 0 };

	for (size_t i = 0; i < s->n_locks; i++) {
		if (s->locks[i].pid != pid || lk_lock_is_waiting(&s->locks[i]) != waiting)
			continue;
		lk_words_put_lock(t, f, &s->locks[i], &b);
		return lk_buf_str(&b);
	}
	cr_assert_fail("no such lock");
	return NULL;
}

static void expect(struct lk_tui *t, const struct lk_frame *f, int pid, bool waiting, const char *text)
{
	char *words = words_of(t, f, pid, waiting);

	cr_assert_str_eq(words, text);
	free(words);
}

Test(tui_words, who_holds_and_who_waits)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_frame *f = world_frame(world_of(1), 5000);

	expect(t, f, 1000, false, "prog[1000] holds a flock write lock on f  (fd 3, /f)");
	expect(t, f, 50, false,
	       "prog[50] holds a flock write lock on f; 2 processes wait for it, the oldest 1s  (fd 3, /f)");
	expect(t, f, 60, true,
	       "prog[60] has waited 1s for a flock write lock on f; prog[50] is in its way  (fd 3, /f)");
	lk_frame_drop(f);
	lk_tui_free(t);
}

Test(tui_words, byte_ranges_have_the_names_that_programs_give_them)
{
	struct lk_tui *t = world_new(NULL);
	struct facts facts = facts_begin();
	struct lk_frame *f;

	add_proc(&facts, 10, 1);
	add_proc(&facts, 20, 1);
	add_held(&facts, make_record(LK_TYPE_POSIX, LK_MODE_READ, 5, 0x40000002, 0x400001ff, 10), 10, 0);
	add_held(&facts, make_record(LK_TYPE_POSIX, LK_MODE_WRITE, 6, 100, 199, 20), 20, 0);
	f = world_frame(facts_end(&facts), 0);
	expect(t, f, 10, false, "prog[10] holds the SQLite SHARED range of f (read)  (fd 3, /f)");
	expect(t, f, 20, false, "prog[20] holds a POSIX write lock on bytes 100-199 of f  (fd 3, /f)");
	lk_frame_drop(f);
	lk_tui_free(t);
}

/* A layout is believed only where every lock on the file fits it. */
Test(tui_words, a_name_is_not_given_where_another_lock_contradicts)
{
	struct lk_tui *t = world_new(NULL);
	struct facts facts = facts_begin();
	struct lk_frame *f;

	add_proc(&facts, 10, 1);
	add_proc(&facts, 20, 1);
	add_held(&facts, make_record(LK_TYPE_POSIX, LK_MODE_READ, 5, 0x40000002, 0x400001ff, 10), 10, 0);
	add_held(&facts, make_record(LK_TYPE_POSIX, LK_MODE_WRITE, 5, 7, 7, 20), 20, 0);
	f = world_frame(facts_end(&facts), 0);
	expect(t, f, 10, false, "prog[10] holds a POSIX read lock on bytes 1073741826-1073742335 of f  (fd 3, /f)");
	expect(t, f, 20, false, "prog[20] holds a POSIX write lock on byte 7 of f  (fd 3, /f)");
	lk_frame_drop(f);
	lk_tui_free(t);
}

Test(tui_words, an_owner_that_is_not_proven_is_not_claimed)
{
	struct lk_tui *t = world_new(NULL);
	struct facts facts = facts_begin();
	struct lk_record recorded = whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 10), hidden = recorded;
	struct lk_fact_proc unreadable = { .pid = 10, .comm = "prog", .comm_len = 4, .flags = LK_PROC_UNREADABLE };
	struct lk_frame *f;
	char *words;

	facts_fed(lk_sink_proc(facts.sink, &unreadable));
	add_line(&facts, &recorded, 0);
	hidden.pid = 0;
	hidden.key.ino = 6;
	add_line(&facts, &hidden, 0);
	f = world_frame(facts_end(&facts), 0);
	words = words_of(t, f, 10, false);
	cr_assert_eq(strncmp(words, "prog[10] (recorded, not proven) holds a flock write lock on ", 60), 0, "%s",
		     words);
	free(words);
	words = words_of(t, f, 0, false);
	cr_assert_eq(strncmp(words, "a process that is not visible holds a flock write lock on ", 58), 0, "%s", words);
	free(words);
	lk_frame_drop(f);
	lk_tui_free(t);
}

Test(tui_words, a_shared_lock_names_how_many)
{
	struct lk_tui *t = world_new(NULL);
	struct facts facts = facts_begin();
	struct lk_record rec = whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 10);
	struct lk_frame *f;

	for (int pid = 10; pid < 13; pid++)
		add_proc(&facts, pid, 1);
	add_line(&facts, &rec, 0);
	for (int pid = 10; pid < 13; pid++)
		add_fd(&facts, &rec, pid, 3, 1);
	f = world_frame(facts_end(&facts), 0);
	expect(t, f, 10, false, "prog[10] and 2 others hold a flock write lock on f  (fd 3, /f)");
	lk_frame_drop(f);
	lk_tui_free(t);
}

Test(tui_words, a_deadlock_is_said_first)
{
	struct lk_tui *t = world_new(NULL);
	struct facts facts = facts_begin();
	struct lk_frame *f;
	char *words;

	add_proc(&facts, 10, 1);
	add_proc(&facts, 20, 1);
	add_held(&facts, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 10), 10, 0);
	add_request(&facts, 1, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 20), 20, 20, 0);
	add_held(&facts, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 6, 20), 20, 0);
	add_request(&facts, 1, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 6, 10), 10, 10, 0);
	f = world_frame(facts_end(&facts), 0);
	words = words_of(t, f, 10, true);
	cr_assert_eq(strncmp(words,
			     "deadlock 1: prog[10] has waited 1s for a flock write lock on f; prog[20] is in its way",
			     86),
		     0, "%s", words);
	free(words);
	lk_frame_drop(f);
	lk_tui_free(t);
}

Test(tui_words, files_and_processes)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_frame *f = world_frame(world_of(1), 0);
	lk_buf b = { 0 };

	for (size_t i = 0; i < f->snap->n_files; i++) {
		if (f->snap->files[i].key.ino == 7)
			lk_words_of_file(t, f, &f->snap->files[i], &b);
	}
	cr_assert_str_eq(lk_buf_str(&b), "f: 1 lock held, 2 requests wait, the oldest 1s  (/f)");
	b.n = 0;
	lk_words_of_process(t, f, lk_snapshot_proc(f->snap, 50), &b);
	cr_assert_str_eq(lk_buf_str(&b), "prog[50] holds 1 lock and is in the way of 2 requests");
	b.n = 0;
	lk_words_of_process(t, f, lk_snapshot_proc(f->snap, 60), &b);
	cr_assert_str_eq(lk_buf_str(&b), "prog[60] holds nothing; it waits for 1 lock, for 1s");
	lk_vec_done(&b);
	lk_frame_drop(f);
	lk_tui_free(t);
}

Test(tui_words, sums_by_file_and_process)
{
	struct lk_frame *f = world_frame(world_of(3), 5000);
	size_t n_locks = 0;

	for (size_t i = 0; i < f->snap->n_files; i++) {
		struct lk_file_sum sum = lk_totals_file(f, &f->snap->files[i]);

		for (size_t k = 0; k < sum.n_held + sum.n_waiting; k++)
			cr_assert_eq(f->snap->locks[f->totals.by_file[sum.first + k]].file, &f->snap->files[i]);
		n_locks += sum.n_held + sum.n_waiting;
		cr_assert_eq(sum.types, 1u << LK_TYPE_FLOCK);
		if (f->snap->files[i].key.ino != 7)
			continue;
		cr_assert_eq(sum.n_held, 1);
		cr_assert_eq(sum.n_waiting, 2);
		cr_assert(sum.blocking);
		cr_assert_eq(f->snap->locks[sum.oldest_waiting].pid, 70);
	}
	cr_assert_eq(n_locks, f->snap->n_locks);
	cr_assert_eq(lk_totals_proc(f, lk_snapshot_proc(f->snap, 50)).n_blocks, 2);
	cr_assert_eq(lk_totals_proc(f, lk_snapshot_proc(f->snap, 60)).n_waiting, 1);
	cr_assert_eq(lk_totals_proc(f, lk_snapshot_proc(f->snap, 1001)).n_held, 1);
	cr_assert_eq(f->totals.held_by_type[LK_TYPE_FLOCK], 4);
	lk_frame_drop(f);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring of events, their words, and the timeline. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "model/diff.h"
#include "screen.h"
#include "tui/widget/timeline.h"

static struct lk_record flock_of(uint64_t ino, int pid)
{
	return whole(LK_TYPE_FLOCK, LK_MODE_WRITE, ino, pid);
}

static struct lk_history_entry plain(enum lk_event_kind kind, int pid, int64_t wall_ms, int64_t for_ms)
{
	struct lk_history_entry e = {
		.pid = pid, .wall_ms = wall_ms, .for_ms = for_ms, .path = strdup("/f"), .certain = true
	};

	lk_history_entry_set_kind(&e, kind);
	return e;
}

static void add(struct lk_history *h, struct lk_history_entry e)
{
	lk_history_add(h, &e);
	cr_assert_null(e.path);
}

Test(tui_history, the_ring_forgets_the_oldest_and_keeps_serials)
{
	struct lk_history h = { 0 };

	cr_assert_null(lk_history_at(&h, 0));
	for (int i = 0; i < LK_HISTORY_MAX + 5; i++)
		add(&h, plain(LK_EVENT_ACQUIRED, i + 1, i, -1));
	cr_assert_eq(h.n, LK_HISTORY_MAX);
	cr_assert_eq(h.n_lost, 5);
	cr_assert_eq(lk_history_at(&h, 0)->pid, LK_HISTORY_MAX + 5);
	cr_assert_eq(lk_history_at(&h, LK_HISTORY_MAX - 1)->pid, 6);
	cr_assert_null(lk_history_at(&h, LK_HISTORY_MAX));
	cr_assert_null(lk_history_find(&h, 0));
	cr_assert_null(lk_history_find(&h, 5));
	cr_assert_eq(lk_history_find(&h, 6)->pid, 6);
	cr_assert_eq(lk_history_find(&h, h.next_serial), lk_history_at(&h, 0));
	cr_assert_null(lk_history_find(&h, h.next_serial + 1));
	lk_history_done(&h);
}

Test(tui_history, own_deeds_are_copies)
{
	char comm[] = "pg_dump", text[] = "TERM by lockscope";
	struct lk_history_entry e;

	lk_history_entry_own(&e, "SIGNAL", 7, 3300, comm, text);
	comm[0] = text[0] = 'x';
	cr_assert_str_eq(e.comm, "pg_dump");
	cr_assert_str_eq(e.text, "TERM by lockscope");
	cr_assert_eq(e.pid, 3300);
	cr_assert_str_eq(e.word, "SIGNAL");
	lk_history_entry_done(&e);
	lk_history_entry_own(&e, "RELEASE", 7, 0, NULL, NULL);
	cr_assert_null(e.text);
	lk_history_entry_done(&e);
}

/* Looks: 100 holds; 200 waits for it; 200 has it. */
static struct lk_snapshot *look(int step)
{
	struct facts facts = facts_begin();

	add_proc(&facts, 100, 1);
	add_proc(&facts, 200, 1);
	add_held(&facts, flock_of(1, step < 2 ? 100 : 200), step < 2 ? 100 : 200, step < 2 ? 1 : 2);
	if (step == 1)
		add_request(&facts, 1, flock_of(1, 200), 200, 200, 2);
	return facts_end(&facts);
}

static const struct lk_event *event_of(const struct lk_event *ev, size_t n, enum lk_event_kind kind)
{
	for (size_t i = 0; i < n; i++) {
		if (ev[i].kind == kind)
			return &ev[i];
	}
	cr_assert_fail("there is no event %s", lk_event_name(kind));
	return NULL;
}

static struct lk_history_entry entry_at(struct lk_diff *d, int step, enum lk_event_kind kind)
{
	const struct lk_event *ev;
	struct lk_history_entry e;
	size_t n;

	n = lk_diff_feed(d, look(step), step * 2000, 0, &ev);
	if (step)
		lk_history_entry_make(&e, event_of(ev, n, kind));
	else
		e = (struct lk_history_entry){ 0 };
	lk_diff_settle(d);
	return e;
}

Test(tui_history, events_outlive_their_looks)
{
	struct lk_history_entry waiting, granted;
	struct lk_diff *d;

	d = lk_diff_new();
	entry_at(d, 0, LK_EVENT_GAP);
	waiting = entry_at(d, 1, LK_EVENT_WAITING);
	granted = entry_at(d, 2, LK_EVENT_GRANTED);
	lk_diff_free(d);
	cr_assert_str_eq(waiting.word, "WAITING");
	cr_assert_str_eq(waiting.text, "FLOCK W f behind 100");
	cr_assert_eq(waiting.pid, 200);
	cr_assert_eq(waiting.behind[0], 100);
	cr_assert_eq(waiting.behind[1], 0);
	cr_assert_str_eq(waiting.path, "/f");
	cr_assert_str_eq(waiting.comm, "prog");
	cr_assert_neq(waiting.lock_id, 0);
	cr_assert_str_eq(granted.word, "GRANTED");
	cr_assert(strncmp(granted.text, "FLOCK W f (waited ", 18) == 0, "%s", granted.text);
	cr_assert_neq(granted.lock_id, waiting.lock_id);
	lk_history_entry_done(&waiting);
	lk_history_entry_done(&granted);
}

Test(tui_history, gaps_have_a_sentence)
{
	struct lk_event ev = {
		.kind = LK_EVENT_GAP, .gap_ms = 9000, .held_ms = -1, .waited_ms = -1, .text = "Nobody looked."
	};
	struct lk_history_entry e;

	lk_history_entry_make(&e, &ev);
	cr_assert_str_eq(e.text, "Nobody looked.");
	cr_assert_eq(e.for_ms, 9000);
	cr_assert(e.alarm);
	cr_assert_eq(e.pid, 0);
	lk_history_entry_done(&e);
}

/* ---- timeline ---- */

static void draws(const struct lk_history *h, int pid, enum lk_timeline_now now, const char *expected)
{
	struct lk_timeline l = { .history = h, .path = "/f", .from_ms = 0, .to_ms = 10000 };
	char line[32];

	lk_timeline_draw(&l, pid, now, strlen(expected), line);
	cr_expect_str_eq(line, expected, "\"%s\" and not \"%s\"", line, expected);
}

Test(tui_history, timeline)
{
	struct lk_history h = { 0 };
	struct lk_timeline l = { .history = &h, .path = "/f", .from_ms = 0, .to_ms = 10000 };
	struct lk_history_entry other = plain(LK_EVENT_ACQUIRED, 1, 0, -1);

	draws(&h, 1, LK_TIMELINE_NOTHING, "          ");
	draws(&h, 1, LK_TIMELINE_HOLDS, "=========>");
	add(&h, plain(LK_EVENT_ACQUIRED, 1, 2000, -1));
	add(&h, plain(LK_EVENT_WAITING, 2, 4500, 1000));
	add(&h, plain(LK_EVENT_RELEASED, 1, 7000, 5000));
	add(&h, plain(LK_EVENT_GRANTED, 2, 7500, 4000));
	draws(&h, 1, LK_TIMELINE_NOTHING, "  =====|  ");
	draws(&h, 2, LK_TIMELINE_HOLDS, "   ....==>");
	draws(&h, 2, LK_TIMELINE_NOTHING, "   ....==|");
	cr_assert_eq(lk_timeline_begin(&l, 2), 3500);
	cr_assert_eq(lk_timeline_begin(&l, 3), 10000);
	add(&h, plain(LK_EVENT_WAITING, 3, 9000, 0));
	draws(&h, 3, LK_TIMELINE_WAITS, "        w>");
	/* Another file is another matter. */
	free(other.path);
	other.path = strdup("/g");
	other.pid = 4;
	add(&h, other);
	draws(&h, 4, LK_TIMELINE_NOTHING, "          ");
	draws(&h, 1, LK_TIMELINE_NOTHING, "|");
	draws(&h, 1, LK_TIMELINE_NOTHING, "");
	lk_history_done(&h);
}

/* ---- the view ---- */

static void remember(struct lk_tui *t, enum lk_event_kind kind, const struct lk_lock *l, int64_t wall_ms)
{
	struct lk_history_entry e = plain(kind, l->pid, wall_ms, -1);

	e.row = e.lock_id = l->id;
	e.start_ticks = 1;
	e.text = strdup("FLOCK W f");
	add(&t->history, e);
}

Test(tui_history, a_lock_that_stands_has_an_age)
{
	struct lk_tui *t = screen_new(LK_VIEW_HISTORY);
	struct lk_snapshot *s = look(0);
	struct lk_subject subject;

	remember(t, LK_EVENT_ACQUIRED, held_by(s, 100, 1), SCREEN_WALL_MS - 8000);
	screen_look(t, s, 1);
	screen_says(t, 80, 24, "10s ACQUIRED");
	screen_says(t, 80, 24, "|100");
	lk_tui_subject(t, &subject);
	cr_assert_not_null(subject.lock);
	cr_assert_eq(subject.proc->pid, 100);
	/* It has passed to another one. */
	screen_look(t, look(2), 2);
	screen_says(t, 80, 24, "- ACQUIRED");
	lk_tui_subject(t, &subject);
	cr_assert_null(subject.lock);
	cr_assert_not_null(subject.frame);
	screen_any_size(t);
	lk_tui_free(t);
}

/* The lock that the event is about has been released; its owner took it again, with the same id. */
Test(tui_history, what_is_over_does_not_go_on)
{
	struct lk_tui *t = screen_new(LK_VIEW_HISTORY);
	struct lk_snapshot *s = look(0);
	struct lk_history_entry e;

	remember(t, LK_EVENT_ACQUIRED, held_by(s, 100, 1), SCREEN_WALL_MS - 60000);
	e = plain(LK_EVENT_RELEASED, 100, SCREEN_WALL_MS - 53000, 7000);
	e.ends = s->locks[0].id;
	add(&t->history, e);
	screen_look(t, s, 1);
	screen_says(t, 80, 24, "  7s ACQUIRED");
	screen_says(t, 80, 24, "   - RELEASED");
	lk_tui_free(t);
}

Test(tui_history, a_wait_lasts_until_it_is_granted)
{
	struct lk_tui *t = screen_new(LK_VIEW_HISTORY);
	struct lk_history_entry waiting = plain(LK_EVENT_WAITING, 200, SCREEN_WALL_MS - 60000, 3000);
	struct lk_history_entry dead = plain(LK_EVENT_DEADLOCK, 200, SCREEN_WALL_MS - 58000, -1), over, granted;

	waiting.row = dead.row = 77;
	dead.deadlock = true;
	over = plain(LK_EVENT_DEADLOCK_OVER, 200, SCREEN_WALL_MS - 50000, 8000);
	over.deadlock = true;
	granted = plain(LK_EVENT_GRANTED, 200, SCREEN_WALL_MS - 40000, 23000);
	over.ends = granted.ends = 77;
	granted.row = 78;
	add(&t->history, waiting);
	add(&t->history, dead);
	add(&t->history, over);
	add(&t->history, granted);
	screen_look(t, look(0), 1);
	/* 20 s, and 3 s before it was seen. */
	screen_says(t, 80, 24, " 23s WAITING");
	screen_says(t, 80, 24, "  8s DEADLOCK");
	screen_says(t, 80, 24, "   - GRANTED");
	lk_tui_free(t);
}

Test(tui_history, events_that_were_forgotten)
{
	struct lk_tui *t = screen_new(LK_VIEW_HISTORY);

	lk_tui_note(t, "SIGNAL", 100, "prog", "TERM by lockscope, exited");
	screen_look(t, look(0), 1);
	screen_says(t, 80, 24, "TERM by lockscope");
	for (int i = 0; i < LK_HISTORY_MAX; i++)
		add(&t->history, plain(LK_EVENT_ACQUIRED, 5, i, -1));
	/* The row is there until the next look; what it was about is not. */
	free(screen_text(t, 80, 24));
	screen_look(t, look(0), 2);
	screen_does_not_say(t, 80, 24, "TERM by lockscope");
	screen_says(t, 120, 24, "1 older events are forgotten");
	lk_tui_free(t);
}

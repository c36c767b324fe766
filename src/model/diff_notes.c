/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events about more than one row: deadlocks, and what a look may have missed. */
#include <inttypes.h>
#include <string.h>

#include "model/diff_private.h"

#define MANY_FRESH 16 /* fewer new locks than this are no flood, however few there are in all */

/* ---- deadlocks ---- */

static const struct lk_lock *first_request(const struct lk_cycle *c)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		if (lk_lock_is_waiting(c->rows[i]))
			return c->rows[i];
	}
	return c->rows[0];
}

/* It was closed by the request that came last. -1 unknown. */
static int64_t age_of(const struct lk_cycle *c)
{
	int64_t age = -1;

	for (size_t i = 0; i < c->n_rows; i++) {
		int64_t ms = c->rows[i]->wait_ms;

		if (lk_lock_is_waiting(c->rows[i]) && ms >= 0 && (age < 0 || ms < age))
			age = ms;
	}
	return age;
}

static struct lk_event *tell_cycle(struct lk_diff *d, enum lk_event_kind kind, const struct diff_dead *dead)
{
	struct lk_event *ev = lk_diff_tell(d, kind, NULL);

	ev->cycle = dead->cycle;
	ev->lock = first_request(dead->cycle);
	ev->snap = dead->snap;
	ev->at_least = dead->at_least;
	return ev;
}

static void index_deads(const struct lk_diff *d, struct lk_map *by_id)
{
	for (size_t i = 0; i < d->deads.n; i++) {
		const struct lk_cycle *c = d->deads.v[i].cycle;

		for (size_t k = 0; k < c->n_rows; k++)
			lk_map_set(by_id, &c->rows[k]->id, sizeof(c->rows[k]->id), i);
	}
}

/* A circle can grow or shrink: it is the same one as long as one of its requests is. */
static struct diff_dead *find_dead(struct lk_diff *d, const struct lk_map *by_id, const struct lk_cycle *c)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		size_t at;

		if (lk_lock_is_waiting(c->rows[i]) && lk_map_find(by_id, &c->rows[i]->id, sizeof(c->rows[i]->id), &at))
			return &d->deads.v[at];
	}
	return NULL;
}

static void begin_dead(struct lk_diff *d, diff_deads *next, const struct lk_map *by_id, const struct lk_cycle *c)
{
	struct diff_dead *old = find_dead(d, by_id, c), *e = lk_vec_push(next);
	int64_t age = age_of(c);

	*e = (struct diff_dead){ .cycle = c, .snap = lk_diff_newest(d), .last_ms = d->now_ms };
	if (old) {
		e->start_ms = old->start_ms;
		e->at_least = old->at_least;
		old->settled = true;
		return;
	}
	e->start_ms = d->now_ms - (age > 0 ? age : 0);
	e->at_least = d->n_looks == 0;
	tell_cycle(d, LK_EVENT_DEADLOCK, e)->waited_ms = age;
}

static void end_dead(struct lk_diff *d, diff_deads *next, const struct diff_dead *old)
{
	struct diff_dead *e;

	if (old->missed) {
		tell_cycle(d, LK_EVENT_DEADLOCK_OVER, old)->waited_ms = (old->at_least ? old->last_ms : old->gone_ms) -
									old->start_ms;
		return;
	}
	e = lk_vec_push(next);
	*e = *old;
	e->missed = true;
	e->gone_ms = d->now_ms;
}

void lk_diff_deadlocks(struct lk_diff *d)
{
	const struct lk_snapshot *s = lk_diff_newest(d);
	struct lk_map by_id = { 0 };
	diff_deads next = { 0 };

	index_deads(d, &by_id);
	for (size_t i = 0; i < s->n_cycles; i++) {
		if (s->cycles[i].dead)
			begin_dead(d, &next, &by_id, &s->cycles[i]);
	}
	for (size_t i = 0; i < d->deads.n; i++) {
		if (!d->deads.v[i].settled)
			end_dead(d, &next, &d->deads.v[i]);
	}
	lk_map_done(&by_id);
	lk_vec_done(&d->deads);
	d->deads = next;
}

/* ---- gaps ---- */

static struct lk_event *tell_gap(struct lk_diff *d)
{
	return lk_diff_tell(d, LK_EVENT_GAP, NULL);
}

static void tell_late(struct lk_diff *d, int64_t last_ms, uint32_t expected_ms)
{
	int64_t passed = d->now_ms - last_ms;
	struct lk_event *ev;

	if (!d->n_looks || !expected_ms || passed < 2 * (int64_t)expected_ms)
		return;
	ev = tell_gap(d);
	ev->gap_ms = passed;
	ev->text = lk_arena_printf(
		&d->arena,
		"nobody looked for %.1f seconds, where it should have been %.1f: what came and went in between was missed",
		(double)passed / 1000, (double)expected_ms / 1000);
}

/* The first problem that hides locks. */
static const char *problem_of(const struct lk_snapshot *s)
{
	for (size_t i = 0; i < s->n_problems; i++) {
		if (s->problems[i].hides_locks)
			return s->problems[i].text;
	}
	return "not all of the system could be read";
}

/* Said when it begins, not at every look. */
static void tell_partial(struct lk_diff *d)
{
	const struct lk_snapshot *s = lk_diff_newest(d);
	bool unsteady = !d->whole && (d->was_whole || !d->n_looks);
	bool hidden = !s->complete && d->was_complete;

	d->was_whole = d->whole;
	d->was_complete = s->complete;
	if (unsteady)
		tell_gap(d)->text = lk_arena_printf(
			&d->arena,
			"this look was not whole (%s): until one is, what is missing is told only after a second look",
			problem_of(s));
	else if (hidden)
		tell_gap(d)->text = lk_arena_printf(&d->arena, "from now on locks may be hidden: %s", problem_of(s));
}

/* Where most of what is seen is new each time, most of what happens is not seen. */
static void tell_flood(struct lk_diff *d)
{
	bool flood = d->n_looks && d->n_fresh >= MANY_FRESH && d->n_fresh > lk_diff_newest(d)->n_held / 2;
	bool begins = flood && !d->was_churning;

	d->was_churning = flood;
	if (begins)
		tell_gap(d)->text = lk_arena_printf(
			&d->arena,
			"%zu of %zu locks are new since the last look: others will have come and gone in between",
			d->n_fresh, lk_diff_newest(d)->n_held);
}

void lk_diff_gaps(struct lk_diff *d, int64_t last_ms, uint32_t expected_ms)
{
	tell_late(d, last_ms, expected_ms);
	tell_partial(d);
	tell_flood(d);
}

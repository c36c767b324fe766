/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns snapshots into events: matches rows by id, finds what became of those that are gone and where the new ones come from. */
#include "model/diff.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/diff_private.h"

const char *lk_event_name(enum lk_event_kind k)
{
	static const char *const names[] = { "gap",     "released", "gave_up",  "deadlock_over", "breaking",
					     "changed", "granted",  "acquired", "waiting",       "deadlock" };

	return names[k];
}

struct lk_diff *lk_diff_new(void)
{
	return lk_alloc(1, sizeof(struct lk_diff));
}

void lk_diff_free(struct lk_diff *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->snaps.n; i++)
		lk_snapshot_free(d->snaps.v[i]);
	lk_vec_done(&d->snaps);
	lk_vec_done(&d->rows);
	lk_vec_done(&d->next);
	lk_map_done(&d->by_key);
	lk_vec_done(&d->deads);
	lk_vec_done(&d->events);
	lk_vec_done(&d->sorted);
	lk_arena_done(&d->arena);
	free(d);
}

const struct lk_snapshot *lk_diff_newest(const struct lk_diff *d)
{
	return d->snaps.n ? d->snaps.v[d->snaps.n - 1] : NULL;
}

int64_t lk_diff_seen_since(const struct lk_diff *d, const struct lk_lock *l, bool *ret_at_least)
{
	if (ret_at_least)
		*ret_at_least = d->rows.v[l->index].at_least;
	return d->rows.v[l->index].first_ms;
}

uint64_t lk_diff_row(const struct lk_diff *d, const struct lk_lock *l)
{
	return d->rows.v[l->index].row;
}

struct lk_event *lk_diff_tell(struct lk_diff *d, enum lk_event_kind kind, const struct diff_entry *e)
{
	struct lk_event *ev = lk_vec_push(&d->events);

	*ev = (struct lk_event){
		.kind = kind,
		.time_unix_ms = lk_diff_newest(d)->host.time_unix_ms,
		.lock = e ? e->lock : NULL,
		.row = e ? e->row : 0,
		.snap = e ? e->snap : lk_diff_newest(d),
		.held_ms = -1,
		.waited_ms = -1,
		.gap_ms = -1,
		.at_least = e && e->at_least,
		.certain = true,
	};
	return ev;
}

/* A lower bound must not count the time after the row was last seen. */
int64_t lk_diff_elapsed(const struct lk_diff *d, const struct diff_entry *e, int64_t since_ms)
{
	int64_t end = e->at_least ? e->last_ms : e->missed ? e->gone_ms : d->now_ms;

	return end > since_ms ? end - since_ms : 0;
}

/* ---- the rows of a look ---- */

static void note_wait(struct diff_entry *e, int64_t now_ms)
{
	int64_t start = now_ms - (e->lock->wait_ms > 0 ? e->lock->wait_ms : 0);

	if (start < e->start_ms)
		e->start_ms = start;
}

/* How many rows with this id came before. */
static uint64_t count_id(struct lk_map *counts, const struct lk_lock *l)
{
	size_t n = 0;

	if (!l->id_shared)
		return 0;
	lk_map_find(counts, &l->id, sizeof(l->id), &n);
	lk_map_set(counts, &l->id, sizeof(l->id), n + 1);
	return n;
}

/* Room for the rows that are carried over is made here, too: entries must not move while something points to them. */
static void add_rows(struct lk_diff *d, const struct lk_snapshot *s)
{
	struct lk_map counts = { 0 };

	d->next.n = 0;
	lk_vec_reserve(&d->next.v, &d->next.cap, 0, s->n_locks + d->rows.n, sizeof(*d->next.v));
	for (size_t i = 0; i < s->n_locks; i++) {
		const struct lk_lock *l = &s->locks[i];
		struct diff_entry *e = &d->next.v[d->next.n++];

		*e = (struct diff_entry){
			.key.id = l->id, .lock = l, .snap = s, .first_ms = d->now_ms, .last_ms = d->now_ms
		};
		e->start_ms = d->now_ms;
		e->row = ++d->n_rows;
		e->at_least = d->n_looks == 0;
		note_wait(e, d->now_ms);
		e->key.nth = count_id(&counts, l);
		lk_map_set(&d->by_key, &e->key, sizeof(e->key), i);
	}
	lk_map_done(&counts);
}

void lk_diff_carry_row(struct diff_entry *from, struct diff_entry *to)
{
	if (from->carried || to->carried)
		return;
	to->row = from->row;
	from->carried = to->carried = true;
}

static void carry_times(struct diff_entry *from, struct diff_entry *to)
{
	lk_diff_carry_row(from, to);
	to->first_ms = from->first_ms;
	to->at_least = from->at_least;
	if (from->start_ms < to->start_ms)
		to->start_ms = from->start_ms;
}

static void match_ids(struct lk_diff *d)
{
	for (size_t i = 0; i < d->rows.n; i++) {
		struct diff_entry *old = &d->rows.v[i], *e;
		size_t at;

		if (!lk_map_find(&d->by_key, &old->key, sizeof(old->key), &at))
			continue;
		e = &d->next.v[at];
		carry_times(old, e);
		old->settled = true;
		e->settled = old->lock->state == e->lock->state || lk_lock_is_waiting(e->lock);
		if (!e->settled)
			e->before = old;
	}
}

/* ---- what became of the rows that are gone ---- */

/* A lock that blocked the request is still there: the request cannot have been granted and finished in the meantime. */
static bool is_still_blocked(const struct lk_diff *d, const struct lk_lock *l)
{
	for (size_t i = 0; i < l->n_blocked_by; i++) {
		struct diff_key key = { .id = l->blocked_by[i]->id };
		size_t at;

		if (lk_map_find(&d->by_key, &key, sizeof(key), &at) && d->next.v[at].first_ms < d->now_ms)
			return true;
	}
	return false;
}

/* When an open(2) that waited for a lease succeeds, no lock remains of it. */
static void tell_no_wait(struct lk_diff *d, const struct diff_entry *e)
{
	bool blocked = is_still_blocked(d, e->lock);
	bool opened = e->lock->state == LK_STATE_BREAKER && !blocked;
	struct lk_event *ev = lk_diff_tell(d, opened ? LK_EVENT_GRANTED : LK_EVENT_GAVE_UP, e);

	ev->waited_ms = lk_diff_elapsed(d, e, e->start_ms);
	ev->certain = blocked;
	if (opened) {
		ev->before = e->lock;
		ev->before_row = e->row;
		ev->before_snap = e->snap;
	}
}

static void tell_released(struct lk_diff *d, const struct diff_entry *e)
{
	struct lk_event *ev = lk_diff_tell(d, LK_EVENT_RELEASED, e);

	ev->held_ms = lk_diff_elapsed(d, e, e->first_ms);
	ev->certain = lk_diff_newest(d)->locks_proven;
}

/* add_rows() has made room. */
static void carry_over(struct lk_diff *d, const struct diff_entry *e)
{
	struct diff_entry *slot = &d->next.v[d->next.n++];

	*slot = *e;
	slot->missed = true;
	slot->gone_ms = d->now_ms;
}

static void end_gone(struct lk_diff *d)
{
	for (size_t i = 0; i < d->rows.n; i++) {
		const struct diff_entry *e = &d->rows.v[i];
		bool waiting = lk_lock_is_waiting(e->lock);

		if (e->settled)
			continue;
		if (!e->missed && (waiting || !d->whole))
			carry_over(d, e);
		else if (waiting)
			tell_no_wait(d, e);
		else
			tell_released(d, e);
	}
}

/* ---- where the fresh rows come from ---- */

static enum lk_event_kind kind_of_fresh(const struct diff_entry *e)
{
	if (lk_lock_is_waiting(e->lock))
		return LK_EVENT_WAITING;
	if (e->lock->state == LK_STATE_BREAKING && (!e->before || e->before->lock->state != LK_STATE_BREAKING))
		return LK_EVENT_BREAKING;
	return e->before ? LK_EVENT_CHANGED : LK_EVENT_ACQUIRED;
}

static void tell_fresh(struct lk_diff *d, const struct diff_entry *e)
{
	struct lk_event *ev = lk_diff_tell(d, kind_of_fresh(e), e);

	if (ev->kind == LK_EVENT_WAITING) {
		ev->waited_ms = e->at_least && e->lock->wait_ms < 0 ? -1 : d->now_ms - e->start_ms;
		return;
	}
	ev->held_ms = d->now_ms - e->first_ms;
	if (e->before) {
		ev->before = e->before->lock;
		ev->before_row = e->before->row;
		ev->before_snap = e->before->snap;
	}
	d->n_fresh += ev->kind == LK_EVENT_ACQUIRED;
}

/* In the first look, requests that wait are news; locks that are held are not. */
static void begin_fresh(struct lk_diff *d)
{
	for (size_t i = 0; i < lk_diff_newest(d)->n_locks; i++) {
		const struct diff_entry *e = &d->next.v[i];

		if (!e->settled && (d->n_looks || lk_lock_is_waiting(e->lock)))
			tell_fresh(d, e);
	}
}

/* ---- events about more than one row: deadlocks, and what a look may have missed ---- */

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

/* In ms: the cycle was closed by the request that came last. -1 unknown. */
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
	ev->row = dead->row;
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

/* A cycle can grow or shrink: it is the same one as long as one of its requests is in both. */
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
		e->row = old->row;
		e->start_ms = old->start_ms;
		e->at_least = old->at_least;
		old->settled = true;
		return;
	}
	e->row = d->next.v[first_request(c)->index].row;
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

static void tell_deadlocks(struct lk_diff *d)
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

/* Tells a gap when it begins, not at every look. */
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

/* If most of the locks are new in each look, most locks that come and go are not seen at all. */
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

static void tell_gaps(struct lk_diff *d, int64_t last_ms, uint32_t expected_ms)
{
	tell_late(d, last_ms, expected_ms);
	tell_partial(d);
	tell_flood(d);
}

/* ---- one look ---- */

/* A granted lock may turn out to be a part of one that its owner had before: rows have their last numbers only when all are matched. */
static void number_events(struct lk_diff *d)
{
	for (size_t i = 0; i < d->events.n; i++) {
		struct lk_event *ev = &d->events.v[i];

		if (ev->lock && !ev->cycle && ev->snap == lk_diff_newest(d))
			ev->row = d->next.v[ev->lock->index].row;
	}
}

/* A stable counting sort by kind: what ended comes before what began. */
static void sort_events(struct lk_diff *d)
{
	size_t at[LK_EVENT_DEADLOCK + 2] = { 0 };

	lk_vec_reserve(&d->sorted.v, &d->sorted.cap, 0, d->events.n, sizeof(*d->sorted.v));
	for (size_t i = 0; i < d->events.n; i++)
		at[d->events.v[i].kind + 1]++;
	for (size_t k = 1; k <= LK_EVENT_DEADLOCK; k++)
		at[k] += at[k - 1];
	for (size_t i = 0; i < d->events.n; i++)
		d->sorted.v[at[d->events.v[i].kind]++] = d->events.v[i];
	d->sorted.n = d->events.n;
}

static bool is_whole(const struct lk_snapshot *s)
{
	return s->end.stable && !lk_snapshot_problem(s, LK_UNREAD_TIMEOUT);
}

static void swap_rows(struct lk_diff *d)
{
	diff_entries old = d->rows;

	d->rows = d->next;
	d->next = old;
	d->next.n = 0;
	for (size_t i = 0; i < d->rows.n; i++) {
		d->rows.v[i].settled = d->rows.v[i].carried = false;
		d->rows.v[i].before = NULL;
	}
}

static void compare(struct lk_diff *d, int64_t last_ms, uint32_t expected_ms)
{
	const struct lk_snapshot *s = lk_diff_newest(d);

	add_rows(d, s);
	d->whole = is_whole(s);
	d->n_fresh = 0;
	match_ids(d);
	lk_diff_match(d);
	end_gone(d);
	begin_fresh(d);
	tell_deadlocks(d);
	tell_gaps(d, last_ms, expected_ms);
	number_events(d);
	sort_events(d);
	lk_map_done(&d->by_key);
}

size_t lk_diff_feed(struct lk_diff *d, struct lk_snapshot *s, int64_t now_ms, uint32_t expected_ms,
		    const struct lk_event **ret)
{
	int64_t last_ms = d->now_ms;

	lk_diff_settle(d);
	*lk_vec_push(&d->snaps) = s;
	d->now_ms = now_ms;
	compare(d, last_ms, expected_ms);
	swap_rows(d);
	d->n_looks++;
	*ret = d->sorted.v;
	return d->sorted.n;
}

static bool is_needed(const struct lk_diff *d, const struct lk_snapshot *s)
{
	size_t n_locks = lk_diff_newest(d)->n_locks;

	for (size_t i = n_locks; i < d->rows.n; i++) {
		if (d->rows.v[i].snap == s)
			return true;
	}
	for (size_t i = 0; i < d->deads.n; i++) {
		if (d->deads.v[i].snap == s)
			return true;
	}
	return s == lk_diff_newest(d);
}

void lk_diff_settle(struct lk_diff *d)
{
	size_t kept = 0;

	d->events.n = d->sorted.n = 0;
	lk_arena_done(&d->arena);
	for (size_t i = 0; i < d->snaps.n; i++) {
		struct lk_snapshot *s = d->snaps.v[i];

		if (is_needed(d, s))
			d->snaps.v[kept++] = s;
		else
			lk_snapshot_free(s);
	}
	d->snaps.n = kept;
}

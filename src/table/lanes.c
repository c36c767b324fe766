/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table/lanes.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

/* A lock on its way into a lane: the locks with the same owner become one. */
struct entry {
	const struct lk_lock *lock;
	struct lk_range range; /* cut to the view */
	unsigned kind; /* enum lk_type, doubled; odd: waits */
	unsigned how; /* what the next two are, so that a pid is not taken for a description */
	uint64_t owner;
	int thread; /* which one waits; or the descriptor that stands for a description */
};

enum { OWNER_UNKNOWN, OWNER_PID, OWNER_DESCRIPTION };

static bool has_no_range(const struct lk_lock *l)
{
	return l->rec.type == LK_TYPE_FLOCK || l->rec.type == LK_TYPE_LEASE || l->rec.type == LK_TYPE_DELEG;
}

/* ---- segments ---- */

typedef LK_VEC(int64_t) edges;

static int add_edge(edges *e, struct lk_range view, int64_t offset)
{
	int64_t *slot;

	if (offset <= view.start || offset > view.end)
		return 0;
	slot = lk_vec_push(e);
	if (!slot)
		return -ENOMEM;
	*slot = offset;
	return 0;
}

static int add_range(edges *e, struct lk_range view, struct lk_range r)
{
	int rc = add_edge(e, view, r.start);

	return rc || r.end >= view.end ? rc : add_edge(e, view, r.end + 1);
}

static int by_offset(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int collect_edges(edges *e, const struct lk_lanes *l, const struct entry *entries, size_t n,
			 struct lk_range view)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = has_no_range(entries[i].lock) ? 0 : add_range(e, view, entries[i].range);
	for (size_t i = 0; l->layout && i < l->layout->n_ranges && rc == 0; i++)
		rc = add_range(e, view, l->layout->ranges[i].range);
	if (rc == 0 && l->size >= 0)
		rc = add_edge(e, view, l->size);
	if (e->n)
		qsort(e->v, e->n, sizeof(*e->v), by_offset);
	return rc;
}

static int make_segments(struct lk_lanes *l, const struct entry *entries, size_t n, struct lk_range view)
{
	edges e = { 0 };
	int64_t start = view.start;
	int rc = collect_edges(&e, l, entries, n, view);

	l->segments = rc ? NULL : calloc(e.n + 1, sizeof(*l->segments));
	for (size_t i = 0; l->segments && i <= e.n; i++) {
		int64_t end = i < e.n ? e.v[i] - 1 : view.end;

		if (end < start)
			continue;
		l->segments[l->n_segments++] = (struct lk_segment){ { start, end }, lk_known_at(l->layout, start), 0 };
		start = end < view.end ? end + 1 : end;
	}
	lk_vec_done(&e);
	return l->segments ? 0 : -ENOMEM;
}

size_t lk_lanes_segment_at(const struct lk_lanes *l, int64_t offset)
{
	size_t low = 0, high = l->n_segments - 1;

	while (low < high) {
		size_t mid = low + (high - low + 1) / 2;

		if (l->segments[mid].range.start <= offset)
			low = mid;
		else
			high = mid - 1;
	}
	return low;
}

/* ---- lanes ---- */

static bool cut(struct lk_range *r, struct lk_range view)
{
	if (!lk_range_overlaps(*r, view))
		return false;
	r->start = r->start > view.start ? r->start : view.start;
	r->end = r->end < view.end ? r->end : view.end;
	return true;
}

/* A POSIX lock belongs to its process, any other to the open file description; a request to the thread that makes it. */
static void find_owner(struct entry *e)
{
	const struct lk_lock *l = e->lock;
	bool waiting = lk_lock_is_waiting(l);

	e->kind = 2 * (unsigned)l->rec.type + waiting;
	if (!waiting && l->rec.type != LK_TYPE_POSIX && l->ofd) {
		e->how = OWNER_DESCRIPTION;
		e->owner = l->ofd;
	} else if (l->pid > 0) {
		e->how = OWNER_PID;
		e->owner = (uint64_t)l->pid;
		if (waiting)
			e->thread = l->waiter ? l->waiter->tid : 0;
		else if (l->rec.type != LK_TYPE_POSIX && l->n_holders)
			e->thread = l->holders[0].fd;
	}
}

static bool same_lane(const struct entry *a, const struct entry *b)
{
	return a->kind == b->kind && a->how == b->how && a->owner == b->owner && a->thread == b->thread;
}

static int by_lane(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int rc;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->how != b->how)
		return a->how < b->how ? -1 : 1;
	if (a->owner != b->owner)
		return a->owner < b->owner ? -1 : 1;
	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	rc = lk_range_compare(a->range, b->range);
	return rc ? rc : (a->lock->index > b->lock->index) - (a->lock->index < b->lock->index);
}

static size_t make_entries(struct entry *entries, const struct lk_lock *const *locks, size_t n, struct lk_range view)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		struct entry e = { .lock = locks[i], .range = locks[i]->rec.range };

		if (has_no_range(locks[i]))
			e.range = view;
		else if (!cut(&e.range, view))
			continue;
		find_owner(&e);
		entries[used++] = e;
	}
	if (used)
		qsort(entries, used, sizeof(*entries), by_lane);
	return used;
}

static int lane_rank(const struct lk_lane *lane)
{
	if (lane->blocks)
		return 0;
	return lane->waiting ? 1 : 2;
}

static int by_rank(const void *x, const void *y)
{
	const struct lk_lane *a = x, *b = y;
	int rc = lane_rank(a) - lane_rank(b);

	if (rc)
		return rc;
	if (a->spans->first != b->spans->first)
		return a->spans->first < b->spans->first ? -1 : 1;
	if (a->spans->lock->pid != b->spans->lock->pid)
		return a->spans->lock->pid < b->spans->lock->pid ? -1 : 1;
	return (a->spans > b->spans) - (a->spans < b->spans);
}

static int make_lanes(struct lk_lanes *l, const struct entry *entries, size_t n)
{
	struct lk_lane *lane = NULL;

	l->spans = calloc(n ? n : 1, sizeof(*l->spans));
	l->lanes = calloc(n ? n : 1, sizeof(*l->lanes));
	if (!l->spans || !l->lanes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct lk_lock *lock = entries[i].lock;

		if (!i || !same_lane(&entries[i - 1], &entries[i])) {
			lane = &l->lanes[l->n_lanes++];
			lane->spans = &l->spans[i];
			lane->waiting = lk_lock_is_waiting(lock);
			lane->whole = has_no_range(lock);
		}
		l->spans[i] = (struct lk_span){ lock, lk_lanes_segment_at(l, entries[i].range.start),
						lk_lanes_segment_at(l, entries[i].range.end) };
		lane->n_spans++;
		lane->blocks = lane->blocks || lock->n_blocks;
		l->has_ranges = l->has_ranges || !lane->whole;
		l->mixed = l->mixed || lock->rec.type != entries[0].lock->rec.type;
	}
	if (l->n_lanes)
		qsort(l->lanes, l->n_lanes, sizeof(*l->lanes), by_rank);
	return 0;
}

/* ---- what goes on in a segment ---- */

/* As bits of enum lk_segment_flag. */
enum { FLAG_CONFLICT = 4, N_FLAGS };

/* For each flag, how many more locks set it from this segment on than did before it. */
struct steps {
	int64_t change[N_FLAGS];
};

static int flag_of(const struct lk_lock *lock)
{
	bool waiting = lk_lock_is_waiting(lock);

	/* Of a mode that is not known the worst is assumed. */
	return (lock->rec.mode == LK_MODE_READ ? 0 : 1) + (waiting ? 2 : 0);
}

static void step(struct steps *steps, size_t first, size_t last, int flag)
{
	steps[first].change[flag]++;
	steps[last + 1].change[flag]--;
}

static void step_conflicts(const struct lk_lanes *l, struct steps *steps, const struct lk_span *span,
			   struct lk_range view)
{
	for (size_t i = 0; i < span->lock->n_blocked_by; i++) {
		const struct lk_lock *blocker = span->lock->blocked_by[i];
		struct lk_range r = blocker->rec.range;

		if (has_no_range(blocker) || !cut(&r, view) || !cut(&r, span->lock->rec.range))
			continue;
		step(steps, lk_lanes_segment_at(l, r.start), lk_lanes_segment_at(l, r.end), FLAG_CONFLICT);
	}
}

static int set_flags(struct lk_lanes *l, size_t n, struct lk_range view)
{
	lk_auto_mem struct steps *steps = calloc(l->n_segments + 1, sizeof(*steps));
	int64_t now[N_FLAGS] = { 0 };

	if (!steps)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct lk_span *span = &l->spans[i];

		if (has_no_range(span->lock))
			continue;
		step(steps, span->first, span->last, flag_of(span->lock));
		step_conflicts(l, steps, span, view);
	}
	for (size_t i = 0; i < l->n_segments; i++) {
		for (int flag = 0; flag < N_FLAGS; flag++) {
			now[flag] += steps[i].change[flag];
			if (now[flag] > 0)
				l->segments[i].flags |= 1u << flag;
		}
	}
	return 0;
}

static void find_states(struct lk_lanes *l, const struct lk_lock *const *locks, size_t n)
{
	for (size_t i = 0; l->layout && l->layout->n_states && i < l->n_lanes; i++)
		l->lanes[i].state = lk_known_state_of(l->layout, l->lanes[i].spans->lock, locks, n);
}

int lk_lanes_make(struct lk_lanes *ret, const struct lk_lock *const *locks, size_t n, const struct lk_lanes_options *o)
{
	lk_auto_mem struct entry *entries = calloc(n ? n : 1, sizeof(*entries));
	size_t n_given = n;
	int rc;

	*ret = (struct lk_lanes){ .size = o->size, .layout = o->layout };
	if (!entries)
		return -ENOMEM;
	n = make_entries(entries, locks, n, o->view);
	rc = make_segments(ret, entries, n, o->view);
	if (rc == 0)
		rc = make_lanes(ret, entries, n);
	if (rc == 0)
		find_states(ret, o->all ? o->all : locks, o->all ? o->n_all : n_given);
	return rc ? rc : set_flags(ret, n, o->view);
}

void lk_lanes_done(struct lk_lanes *l)
{
	free(l->segments);
	free(l->spans);
	free(l->lanes);
	*l = (struct lk_lanes){ 0 };
}

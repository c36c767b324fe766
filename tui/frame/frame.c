/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes looks at the machine and makes a frame of each. */
#include "tui/frame/frame.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ints.h"
#include "base/io.h"
#include "model/build.h"

#define COSTS 7 /* looks whose cost counts */

struct lk_looker {
	struct lk_source *source;
	struct lk_request request;
	struct lk_diff *diff;
	uint64_t n_looks;
	uint64_t n_whole; /* looks that gave a snapshot */
	double costs[COSTS]; /* of the last looks, a ring */
};

struct lk_frame *lk_frame_hold(const struct lk_frame *f)
{
	struct lk_frame *own = (struct lk_frame *)f;

	if (own)
		__atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
	return own;
}

void lk_frame_drop(const struct lk_frame *f)
{
	struct lk_frame *own = (struct lk_frame *)f;

	if (!own || __atomic_sub_fetch(&own->refs, 1, __ATOMIC_ACQ_REL))
		return;
	for (size_t i = 0; i < own->n_events; i++)
		lk_history_entry_done(&own->events[i]);
	free(own->events);
	free(own->since_ms);
	free(own->rows);
	free(own->at_least);
	lk_forest_done(&own->forest);
	lk_totals_done(&own->totals);
	lk_found_drop(own->found);
	lk_snapshot_free(own->snap);
	lk_err_done(&own->failure);
	free(own);
}

uint64_t lk_frame_row(const struct lk_frame *f, const struct lk_lock *l)
{
	return f->rows ? f->rows[l->index] : l->id;
}

int64_t lk_frame_age_ms(const struct lk_frame *f, const struct lk_lock *l, int64_t now_ms, bool *ret_at_least)
{
	int64_t passed = now_ms > f->taken_ms ? now_ms - f->taken_ms : 0;

	*ret_at_least = false;
	/* Locks of a capture get no older. */
	if (!f->snap->host.live)
		passed = 0;
	if (lk_lock_is_waiting(l) && l->wait_ms >= 0)
		return l->wait_ms + passed;
	if (!f->since_ms)
		return -1;
	*ret_at_least = f->at_least[l->index];
	return f->taken_ms - f->since_ms[l->index] + passed;
}

struct lk_looker *lk_looker_new(struct lk_source *source, unsigned needs, uint32_t timeout_ms)
{
	struct lk_looker *l = lk_alloc(1, sizeof(*l));

	l->diff = lk_diff_new();
	l->source = source;
	l->request = (struct lk_request){ .needs = needs, .timeout_ms = timeout_ms };
	return l;
}

void lk_looker_free(struct lk_looker *l)
{
	if (!l)
		return;
	lk_diff_free(l->diff);
	free(l);
}

void lk_looker_set_exact(struct lk_looker *l, bool exact)
{
	l->request.exact = exact;
}

static void note_ages(struct lk_frame *f, const struct lk_diff *d)
{
	size_t n = f->snap->n_locks;

	f->since_ms = lk_alloc(n, sizeof(*f->since_ms));
	f->at_least = lk_alloc(n, sizeof(*f->at_least));
	f->rows = lk_alloc(n, sizeof(*f->rows));
	for (size_t i = 0; i < n; i++) {
		bool at_least = false;

		f->since_ms[i] = lk_diff_seen_since(d, &f->snap->locks[i], &at_least);
		f->at_least[i] = at_least;
		f->rows[i] = lk_diff_row(d, &f->snap->locks[i]);
	}
}

static void note_events(struct lk_frame *f, const struct lk_event *ev, size_t n)
{
	f->events = lk_alloc(n, sizeof(*f->events));
	f->n_events = n;
	for (size_t i = 0; i < n; i++)
		lk_history_entry_make(&f->events[i], &ev[i]);
}

/* Makes everything in the frame that follows from its snapshot. The diff holds the snapshot, too, as long as it needs it. */
static void digest(struct lk_looker *l, struct lk_frame *f, uint32_t expected_ms)
{
	const struct lk_event *events = NULL;
	size_t n_events = lk_diff_feed(l->diff, lk_snapshot_hold(f->snap), f->taken_ms, l->n_whole++ ? expected_ms : 0,
				       &events);

	note_ages(f, l->diff);
	note_events(f, events, n_events);
	lk_diff_settle(l->diff);
	f->forest = lk_forest_make(f->snap);
	lk_totals_make(f, &f->totals);
}

static int compare_costs(const void *a, const void *b)
{
	return lk_compare(*(const double *)a, *(const double *)b);
}

double lk_looker_usual_cost(struct lk_looker *l, uint64_t number, double cost_ms)
{
	size_t n = number < COSTS ? (size_t)number : COSTS;
	double sorted[COSTS];

	l->costs[(number - 1) % COSTS] = cost_ms;
	memcpy(sorted, l->costs, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_costs);
	/* Of two the cheaper one. */
	return sorted[(n - 1) / 2];
}

struct lk_frame *lk_looker_look(struct lk_looker *l, int64_t now_ms, int64_t wall_ms, uint32_t expected_ms)
{
	struct lk_frame *f = lk_alloc(1, sizeof(*f));
	int rc;

	*f = (struct lk_frame){ .refs = 1, .number = ++l->n_looks, .taken_ms = now_ms, .wall_ms = wall_ms };
	f->cost_ms = lk_io_cpu_ms();
	rc = lk_snapshot_take(l->source, &l->request, &f->snap, &f->failure);
	f->cost_ms = lk_io_cpu_ms() - f->cost_ms;
	f->usual_cost_ms = lk_looker_usual_cost(l, f->number, f->cost_ms);
	if (rc < 0) {
		if (!f->failure.code)
			lk_err_set(&f->failure, rc, "the locks could not be read: %s", strerror(-rc));
		f->snap = NULL;
		return f;
	}
	f->scan_ms = f->snap->end.scan_ms;
	digest(l, f, expected_ms);
	return f;
}

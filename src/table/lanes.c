/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The locks of one file as lanes over segments of its bytes, and a lane in words. */
#include "table/lanes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/ints.h"
#include "table/get.h"

/* A lock before it is put into a lane: entries with the same kind and owner form one lane. */
struct entry {
	const struct lk_lock *lock;
	struct lk_range range; /* cut to the view */
	unsigned kind; /* 2 * enum lk_type, plus 1 for a request */
	unsigned how; /* OWNER_*: what the next two mean, so that a pid is not taken for a description */
	uint64_t owner;
	int thread; /* the thread of a request; the descriptor of a lock whose description has no number */
};

enum { OWNER_UNKNOWN, OWNER_PID, OWNER_DESCRIPTION };

static bool has_no_range(const struct lk_lock *l)
{
	return l->rec.type == LK_TYPE_FLOCK || l->rec.type == LK_TYPE_LEASE || l->rec.type == LK_TYPE_DELEG;
}

/* ---- segments ---- */

typedef LK_VEC(int64_t) edges;

static void add_edge(edges *e, struct lk_range view, int64_t offset)
{
	if (offset > view.start && offset <= view.end)
		*lk_vec_push(e) = offset;
}

static void add_range(edges *e, struct lk_range view, struct lk_range r)
{
	add_edge(e, view, r.start);
	if (r.end < view.end)
		add_edge(e, view, r.end + 1);
}

static int by_offset(const void *a, const void *b)
{
	return lk_compare(*(const int64_t *)a, *(const int64_t *)b);
}

static void collect_edges(edges *e, const struct lk_lanes *l, const struct entry *entries, size_t n,
			  struct lk_range view)
{
	for (size_t i = 0; i < n; i++) {
		if (!has_no_range(entries[i].lock))
			add_range(e, view, entries[i].range);
	}
	for (size_t i = 0; l->layout && i < l->layout->n_ranges; i++)
		add_range(e, view, l->layout->ranges[i].range);
	if (l->size >= 0)
		add_edge(e, view, l->size);
	if (e->n)
		qsort(e->v, e->n, sizeof(*e->v), by_offset);
}

static void make_segments(struct lk_lanes *l, const struct entry *entries, size_t n, struct lk_range view)
{
	edges e = { 0 };
	int64_t start = view.start;

	collect_edges(&e, l, entries, n, view);
	l->segments = lk_alloc(e.n + 1, sizeof(*l->segments));
	for (size_t i = 0; i <= e.n; i++) {
		int64_t end = i < e.n ? e.v[i] - 1 : view.end;

		if (end < start)
			continue;
		l->segments[l->n_segments++] = (struct lk_segment){ { start, end }, lk_known_at(l->layout, start), 0 };
		start = end < view.end ? end + 1 : end;
	}
	lk_vec_done(&e);
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
	int rc = lk_compare(a->kind, b->kind);

	rc = rc ? rc : lk_compare(a->how, b->how);
	rc = rc ? rc : lk_compare(a->owner, b->owner);
	rc = rc ? rc : lk_compare(a->thread, b->thread);
	rc = rc ? rc : lk_range_compare(a->range, b->range);
	return rc ? rc : lk_compare(a->lock->index, b->lock->index);
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
	int rc = lk_compare(lane_rank(a), lane_rank(b));

	rc = rc ? rc : lk_compare(a->spans->first, b->spans->first);
	rc = rc ? rc : lk_compare(a->spans->lock->pid, b->spans->lock->pid);
	return rc ? rc : lk_compare(a->spans, b->spans);
}

static void make_lanes(struct lk_lanes *l, const struct entry *entries, size_t n)
{
	struct lk_lane *lane = NULL;

	l->spans = lk_alloc(n, sizeof(*l->spans));
	l->lanes = lk_alloc(n, sizeof(*l->lanes));
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
}

/* ---- flags of segments ---- */

/* Bit numbers of enum lk_segment_flag. */
enum { FLAG_CONFLICT = 4, N_FLAGS };

/* By how much the number of locks that set each flag changes where this segment begins. */
struct steps {
	int64_t change[N_FLAGS];
};

static int flag_of(const struct lk_lock *lock)
{
	bool waiting = lk_lock_is_waiting(lock);

	/* A mode that is not known counts as write, the worse case. */
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

static void set_flags(struct lk_lanes *l, size_t n, struct lk_range view)
{
	lk_auto_mem struct steps *steps = lk_alloc(l->n_segments + 1, sizeof(*steps));
	int64_t now[N_FLAGS] = { 0 };

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
}

static void find_states(struct lk_lanes *l, const struct lk_lock *const *locks, size_t n)
{
	for (size_t i = 0; l->layout && l->layout->n_states && i < l->n_lanes; i++)
		l->lanes[i].state = lk_known_state_of(l->layout, l->lanes[i].spans->lock, locks, n);
}

void lk_lanes_make(struct lk_lanes *ret, const struct lk_lock *const *locks, size_t n, const struct lk_lanes_options *o)
{
	lk_auto_mem struct entry *entries = lk_alloc(n, sizeof(*entries));
	size_t n_used = make_entries(entries, locks, n, o->view);

	*ret = (struct lk_lanes){ .size = o->size, .layout = o->layout };
	make_segments(ret, entries, n_used, o->view);
	make_lanes(ret, entries, n_used);
	find_states(ret, o->all ? o->all : locks, o->all ? o->n_all : n);
	set_flags(ret, n_used, o->view);
}

void lk_lanes_done(struct lk_lanes *l)
{
	free(l->segments);
	free(l->spans);
	free(l->lanes);
	*l = (struct lk_lanes){ 0 };
}

/* ---- words ---- */

/* Nobody reads more than this in one line. */
enum { MOST_RANGES = 6, MOST_PIDS = 5 };

static const struct lk_proc *proc_of(const struct lk_lane *lane)
{
	const struct lk_lock *l = lane->spans->lock;

	return l->proc && l->pid > 0 ? l->proc : NULL;
}

void lk_lane_label(const struct lk_lane *lane, lk_buf *out)
{
	const struct lk_lock *l = lane->spans->lock;
	const struct lk_proc *proc = proc_of(lane);
	struct lk_row row = { .lock = l };

	if (l->pid <= 0) {
		lk_buf_puts(out, "? (not visible)");
		return;
	}
	lk_buf_number(out, l->pid);
	if (proc && proc->comm)
		lk_buf_printf(out, " %s", proc->comm);
	lk_note_holders(&row, out);
	lk_note_state(&row, out);
}

static void put_verb(const struct lk_lane *lane, lk_buf *out)
{
	const struct lk_lock *l = lane->spans->lock;

	if (!lane->waiting && l->how == LK_HOW_RECORDED) {
		lk_buf_puts(out, "is recorded as holder of ");
	} else if (!lane->waiting) {
		lk_buf_puts(out, l->how == LK_HOW_AMBIGUOUS ? "holds, here or on another file, " : "holds ");
	} else if (l->state == LK_STATE_STOPPED_WAITING) {
		lk_buf_puts(out, "was stopped while it waited for ");
	} else {
		lk_buf_puts(out, "waits ");
		lk_age_text(l->wait_ms, false, out);
		lk_buf_puts(out, l->wait_ms >= 0 ? " for " : "for ");
	}
}

static void put_bytes(const struct lk_lanes *lanes, const struct lk_lock *l, bool first, lk_buf *out)
{
	char range[LK_RANGE_WORDS];
	lk_buf name = { 0 };

	lk_known_name(lanes->layout, l->rec.range, &name);
	if (name.n)
		lk_buf_printf(out, "%s%s%.*s", first ? lanes->layout->name : "", first ? " " : "", (int)name.n, name.v);
	else
		lk_buf_puts(out, lk_range_words(l->rec.range, range));
	lk_vec_done(&name);
}

/* "(write)"; "(flock write)", unless all locks shown are POSIX or all are OFD. */
static void put_mode(const struct lk_lanes *lanes, const struct lk_lock *l, lk_buf *out)
{
	bool plain = !lanes->mixed && (l->rec.type == LK_TYPE_POSIX || l->rec.type == LK_TYPE_OFD);
	bool known = l->rec.mode != LK_MODE_UNKNOWN || !l->rec.break_to;

	lk_buf_printf(out, " (%s%s%s", plain ? "" : lk_type_name(l->rec.type), plain || !known ? "" : " ",
		      known ? lk_mode_name(l->rec.mode) : "");
	if (l->state == LK_STATE_BREAKING) {
		lk_buf_puts(out, ", ");
		lk_break_text(l, out);
	}
	if (l->deadlock)
		lk_buf_printf(out, ", deadlock %u", l->deadlock);
	lk_buf_puts(out, ")");
}

static bool same_words(const struct lk_lock *a, const struct lk_lock *b)
{
	return a->rec.mode == b->rec.mode && a->state == b->state && a->deadlock == b->deadlock;
}

static void put_ranges(const struct lk_lanes *lanes, const struct lk_lane *lane, lk_buf *out)
{
	size_t shown = lane->n_spans <= MOST_RANGES ? lane->n_spans : MOST_RANGES;

	for (size_t i = 0; i < shown; i++) {
		const struct lk_lock *l = lane->spans[i].lock;

		lk_buf_puts(out, i ? ", " : "");
		put_bytes(lanes, l, i == 0, out);
		if (i + 1 == shown || !same_words(l, lane->spans[i + 1].lock))
			put_mode(lanes, l, out);
	}
	if (shown < lane->n_spans)
		lk_buf_printf(out, " and %zu more ranges", lane->n_spans - shown);
}

static bool has(const int *pids, size_t n, int pid)
{
	for (size_t i = 0; i < n; i++) {
		if (pids[i] == pid)
			return true;
	}
	return false;
}

/* Collects up to MOST_PIDS processes that are in the way of the lane; true: there are more. */
static bool find_blockers(const struct lk_lane *lane, int *pids, size_t *n)
{
	for (size_t i = 0; i < lane->n_spans; i++) {
		const struct lk_lock *l = lane->spans[i].lock;

		for (size_t k = 0; k < l->n_blocked_by; k++) {
			int pid = l->blocked_by[k]->pid;

			if (has(pids, *n, pid))
				continue;
			if (*n == MOST_PIDS)
				return true;
			pids[(*n)++] = pid;
		}
	}
	return false;
}

static void put_blockers(const struct lk_lane *lane, lk_buf *out)
{
	int pids[MOST_PIDS];
	size_t n = 0;
	bool more = find_blockers(lane, pids, &n);

	for (size_t i = 0; i < n; i++) {
		lk_buf_puts(out, i ? ", " : ", behind ");
		if (pids[i] > 0)
			lk_buf_number(out, pids[i]);
		else
			lk_buf_puts(out, "a holder that is not visible");
	}
	if (more)
		lk_buf_puts(out, " and others");
}

static void put_sharers(const struct lk_lock *l, lk_buf *out)
{
	size_t n = 0;

	for (size_t i = 1; i < l->n_holders; i++) {
		if (l->holders[i].pid == l->holders[i - 1].pid)
			continue;
		if (++n > MOST_PIDS) {
			lk_buf_puts(out, " and others");
			return;
		}
		lk_buf_printf(out, "%s%d", n > 1 ? ", " : ", shared with ", l->holders[i].pid);
	}
}

/* The lane has only one range, and the name of that range is also the name of the state: "SHARED". */
static bool is_named_already(const struct lk_lanes *l, const struct lk_lane *lane)
{
	lk_buf name = { 0 };
	bool same;

	lk_known_name(l->layout, lane->spans->lock->rec.range, &name);
	same = lane->n_spans == 1 && strcmp(lk_buf_str(&name), lane->state->name) == 0;
	lk_vec_done(&name);
	return same;
}

void lk_lane_words(const struct lk_lanes *l, const struct lk_lane *lane, lk_buf *out)
{
	put_verb(lane, out);
	put_ranges(l, lane, out);
	put_sharers(lane->spans->lock, out);
	if (lane->state) {
		lk_buf_puts(out, ": ");
		if (!is_named_already(l, lane))
			lk_buf_printf(out, "%s, ", lane->state->name);
		lk_buf_puts(out, lane->state->text);
	}
	put_blockers(lane, out);
}

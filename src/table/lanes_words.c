/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lane shows, in words. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "table/get.h"
#include "table/lanes.h"

/* Nobody reads more than this in one line. */
enum { MOST_RANGES = 6, MOST_PIDS = 5 };

static const struct lk_proc *proc_of(const struct lk_lane *lane)
{
	const struct lk_lock *l = lane->spans->lock;

	return l->proc && l->pid > 0 ? l->proc : NULL;
}

int lk_lane_label(const struct lk_lane *lane, lk_buf *out)
{
	const struct lk_lock *l = lane->spans->lock;
	const struct lk_proc *proc = proc_of(lane);
	struct lk_row row = { .lock = l };
	int rc;

	if (l->pid <= 0)
		return lk_buf_puts(out, "? (not visible)");
	rc = lk_buf_printf(out, "%d", l->pid);
	if (rc == 0 && proc && proc->comm)
		rc = lk_buf_printf(out, " %s", proc->comm);
	rc = rc ? rc : lk_note_holders(&row, out);
	return rc ? rc : lk_note_state(&row, out);
}

static int put_verb(const struct lk_lane *lane, lk_buf *out)
{
	const struct lk_lock *l = lane->spans->lock;
	int rc;

	if (!lane->waiting) {
		if (l->how == LK_HOW_RECORDED)
			return lk_buf_puts(out, "is recorded as holder of ");
		return lk_buf_puts(out, l->how == LK_HOW_AMBIGUOUS ? "holds, here or on another file, " : "holds ");
	}
	if (l->state == LK_STATE_STOPPED_WAITING)
		return lk_buf_puts(out, "was stopped while it waited for ");
	rc = lk_buf_puts(out, "waits ");
	if (rc == 0 && l->wait_ms >= 0)
		rc = lk_age_text(l->wait_ms / 1000, out);
	return rc ? rc : lk_buf_puts(out, l->wait_ms >= 0 ? " for " : "for ");
}

static int put_bytes(const struct lk_lanes *lanes, const struct lk_lock *l, bool first, lk_buf *out)
{
	char range[LK_RANGE_TEXT];
	lk_buf name = { 0 };
	int rc = lk_known_name(lanes->layout, l->rec.range, &name);

	if (rc == 0 && name.n)
		rc = lk_buf_printf(out, "%s%s%.*s", first ? lanes->layout->name : "", first ? " " : "", (int)name.n,
				   name.v);
	else if (rc == 0 && lk_range_is_whole(l->rec.range))
		rc = lk_buf_puts(out, "the whole file");
	else if (rc == 0 && l->rec.range.start == l->rec.range.end)
		rc = lk_buf_printf(out, "byte %" PRId64, l->rec.range.start);
	else if (rc == 0)
		rc = lk_buf_printf(out, "bytes %s", lk_range_format(l->rec.range, range));
	lk_vec_done(&name);
	return rc;
}

/* "(write)", with the kind where there are several. */
static int put_mode(const struct lk_lanes *lanes, const struct lk_lock *l, lk_buf *out)
{
	bool plain = !lanes->mixed && (l->rec.type == LK_TYPE_POSIX || l->rec.type == LK_TYPE_OFD);
	bool known = l->rec.mode != LK_MODE_UNKNOWN || !l->rec.break_to;
	int rc = lk_buf_printf(out, " (%s%s%s", plain ? "" : lk_type_name(l->rec.type), plain || !known ? "" : " ",
			       known ? lk_mode_name(l->rec.mode) : "");

	if (rc == 0 && l->state == LK_STATE_BREAKING)
		rc = lk_buf_puts(out, ", ");
	if (rc == 0 && l->state == LK_STATE_BREAKING)
		rc = lk_break_text(l, out);
	if (rc == 0 && l->deadlock)
		rc = lk_buf_printf(out, ", deadlock %u", l->deadlock);
	return rc ? rc : lk_buf_puts(out, ")");
}

static bool same_words(const struct lk_lock *a, const struct lk_lock *b)
{
	return a->rec.mode == b->rec.mode && a->state == b->state && a->deadlock == b->deadlock;
}

static int put_ranges(const struct lk_lanes *lanes, const struct lk_lane *lane, lk_buf *out)
{
	size_t shown = lane->n_spans <= MOST_RANGES ? lane->n_spans : MOST_RANGES;
	int rc = 0;

	for (size_t i = 0; i < shown && rc == 0; i++) {
		const struct lk_lock *l = lane->spans[i].lock;

		rc = i ? lk_buf_puts(out, ", ") : 0;
		if (rc == 0)
			rc = put_bytes(lanes, l, i == 0, out);
		if (rc == 0 && (i + 1 == shown || !same_words(l, lane->spans[i + 1].lock)))
			rc = put_mode(lanes, l, out);
	}
	if (rc == 0 && shown < lane->n_spans)
		rc = lk_buf_printf(out, " and %zu more ranges", lane->n_spans - shown);
	return rc;
}

static bool has(const int *pids, size_t n, int pid)
{
	for (size_t i = 0; i < n; i++) {
		if (pids[i] == pid)
			return true;
	}
	return false;
}

/* Up to MOST_PIDS of the processes in its way; true: there are more. */
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

static int put_blockers(const struct lk_lane *lane, lk_buf *out)
{
	int pids[MOST_PIDS];
	size_t n = 0;
	bool more = find_blockers(lane, pids, &n);
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = lk_buf_puts(out, i ? ", " : ", behind ");
		if (rc == 0)
			rc = pids[i] > 0 ? lk_buf_printf(out, "%d", pids[i])
					 : lk_buf_puts(out, "a holder that is not visible");
	}
	return rc == 0 && more ? lk_buf_puts(out, " and others") : rc;
}

static int put_sharers(const struct lk_lock *l, lk_buf *out)
{
	size_t n = 0;
	int rc = 0;

	for (size_t i = 1; i < l->n_holders && rc == 0; i++) {
		if (l->holders[i].pid == l->holders[i - 1].pid)
			continue;
		if (++n > MOST_PIDS)
			return lk_buf_puts(out, " and others");
		rc = lk_buf_printf(out, "%s%d", n > 1 ? ", " : ", shared with ", l->holders[i].pid);
	}
	return rc;
}

/* The one range of the lane is called as what its owner does: "SHARED". */
static bool is_named_already(const struct lk_lanes *l, const struct lk_lane *lane)
{
	lk_buf name = { 0 };
	bool same;

	lk_known_name(l->layout, lane->spans->lock->rec.range, &name);
	same = lane->n_spans == 1 && strcmp(lk_buf_str(&name), lane->state->name) == 0;
	lk_vec_done(&name);
	return same;
}

int lk_lane_words(const struct lk_lanes *l, const struct lk_lane *lane, lk_buf *out)
{
	int rc = put_verb(lane, out);

	if (rc == 0)
		rc = put_ranges(l, lane, out);
	if (rc == 0)
		rc = put_sharers(lane->spans->lock, out);
	if (rc == 0 && lane->state)
		rc = is_named_already(l, lane) ? lk_buf_printf(out, ": %s", lane->state->text)
					       : lk_buf_printf(out, ": %s, %s", lane->state->name, lane->state->text);
	return rc ? rc : put_blockers(lane, out);
}

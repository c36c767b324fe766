/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One look at the machine, ready to be shown: made off the input path, read-only once it is shown, shared by reference counts. */
#ifndef LK_TUI_FRAME_H
#define LK_TUI_FRAME_H

#include "model/diff.h"
#include "model/forest.h"
#include "model/snapshot.h"
#include "tui/frame/found.h"
#include "tui/frame/history.h"
#include "tui/frame/totals.h"

struct lk_frame {
	unsigned refs; /* atomic; lk_frame_hold(), lk_frame_drop() */
	uint64_t number; /* from 1, in the order of looks */
	struct lk_snapshot *snap; /* held; NULL: this look failed */
	struct lk_err failure; /* why, if it failed */
	int64_t taken_ms; /* when the look began, by the monotonic clock: "the clock of frames" */
	int64_t wall_ms; /* Unix time */
	double scan_ms; /* how long the look took */
	double cost_ms; /* CPU time that it took */
	double usual_cost_ms; /* the median of that of the last looks: one that was slow must not make us look less often */
	int64_t *since_ms; /* by index in snap->locks: when it was seen first, in the clock of frames */
	uint64_t *rows; /* likewise: lk_diff_row(); NULL: not known */
	unsigned char *at_least; /* likewise: it was in the first look of all, so it may be older */
	struct lk_forest forest; /* who waits for whom, by who must move first */
	const struct lk_found *found; /* lock files, from a search of their own; held; NULL: none was made yet */
	struct lk_totals totals; /* counts by file, process and kind of lock */
	struct lk_history_entry *events; /* what happened since the look before; lk_tui_frame() takes them away */
	size_t n_events;
};

struct lk_frame *lk_frame_hold(const struct lk_frame *f); /* NULL in, NULL out */
void lk_frame_drop(const struct lk_frame *f);

/* What a lock or request of this frame is known by from frame to frame: lk_diff_row(). */
uint64_t lk_frame_row(const struct lk_frame *f, const struct lk_lock *l);

/* How long a lock has been held or waited for, in ms, as of `now_ms` in the clock of frames; -1 unknown. For held locks the kernel keeps
 * no time, so that it counts from when the lock was seen first; *ret_at_least: it may be longer. For a request lk_lock.wait_ms is used
 * where it is known. */
int64_t lk_frame_age_ms(const struct lk_frame *f, const struct lk_lock *l, int64_t now_ms, bool *ret_at_least);

/* Takes looks, one after the other; for one thread only. */
struct lk_looker;
/* source: borrowed. needs: LK_NEED_*. lk_looker_free() of the result. */
struct lk_looker *lk_looker_new(struct lk_source *source, unsigned needs, uint32_t timeout_ms);
void lk_looker_free(struct lk_looker *l);
/* As lk_request.exact; before the first look. */
void lk_looker_set_exact(struct lk_looker *l, bool exact);
/* The median of the costs of the last looks, with this one, the number-th. */
double lk_looker_usual_cost(struct lk_looker *l, uint64_t number, double cost_ms);
/* Takes a look now. now_ms, wall_ms: the time by the clock of frames and in Unix time. expected_ms: how long after the look before this one
 * should begin; 0: not known. Never NULL: a look that failed is a frame, too. The caller's: lk_frame_drop(). */
struct lk_frame *lk_looker_look(struct lk_looker *l, int64_t now_ms, int64_t wall_ms, uint32_t expected_ms);

#endif

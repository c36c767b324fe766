/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One look at the machine, ready to be shown: made off the input path, read-only afterwards, shared by reference counts. */
#ifndef LK_TUI_FRAME_H
#define LK_TUI_FRAME_H

#include "model/diff.h"
#include "model/forest.h"
#include "model/snapshot.h"
#include "tui/frame/history.h"
#include "tui/frame/totals.h"

struct lk_frame {
	unsigned refs; /* atomic; lk_frame_hold(), lk_frame_drop() */
	uint64_t number; /* from 1, in the order of looks */
	struct lk_snapshot *snap; /* held; NULL: this look failed */
	struct lk_err failure; /* then why */
	int64_t taken_ms; /* monotonic clock of the looker */
	int64_t wall_ms; /* Unix time */
	double scan_ms; /* how long the look took */
	double cost_ms; /* CPU time that it took */
	int64_t *since_ms; /* by index in snap->locks: first seen, in the clock of taken_ms */
	unsigned char *at_least; /* likewise: it was there in the first look of all */
	struct lk_forest forest; /* who must move first */
	struct lk_totals totals; /* by file, process and kind; made when all above is there */
	struct lk_history_entry *events; /* what happened since the look before; strings in the entries */
	size_t n_events;
};

struct lk_frame *lk_frame_hold(const struct lk_frame *f); /* NULL in, NULL out */
void lk_frame_drop(const struct lk_frame *f);

/* How long a lock has been held or waited for, in ms, as of `now_ms` in the clock of taken_ms; -1 unknown. *ret_at_least: longer than
 * that, the kernel keeps no time. For requests the kernel's own clock is believed where it was read. */
int64_t lk_frame_age_ms(const struct lk_frame *f, const struct lk_lock *l, int64_t now_ms, bool *ret_at_least);

/* Takes looks, one after the other; all by one thread. */
struct lk_looker;
/* source: borrowed. needs: LK_NEED_*. Heap. */
struct lk_looker *lk_looker_new(struct lk_source *source, unsigned needs, uint32_t timeout_ms);
void lk_looker_free(struct lk_looker *l);
/* As lk_request.exact; before the first look. */
void lk_looker_set_exact(struct lk_looker *l, bool exact);
/* now_ms, wall_ms: the clocks. expected_ms: how long after the look before this one should be; 0: whenever. A look that fails is a frame
 * too. The caller's: lk_frame_drop(). */
struct lk_frame *lk_looker_look(struct lk_looker *l, int64_t now_ms, int64_t wall_ms, uint32_t expected_ms);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is counted for monitoring. The names and labels of the series stand in cli/out_metrics.c. */
#ifndef LK_QUERY_METRICS_H
#define LK_QUERY_METRICS_H

#include "base/vec.h"
#include "model/snapshot.h"

enum lk_metric_state { LK_METRIC_HELD, LK_METRIC_WAITING, LK_METRIC_BREAKING, LK_N_METRIC_STATES };

#define LK_N_METRIC_TYPES (LK_TYPE_UNKNOWN + 1)
#define LK_N_METRIC_MODES (LK_MODE_UNKNOWN + 1)

/* Of the files that a pattern matches, or of one file. */
struct lk_metric_file {
	const char *path; /* the pattern, or exact bytes of a path; borrowed */
	size_t n_held, n_waiting; /* rows */
	int64_t oldest_wait_ms; /* 0: nobody waits, or it is not known since when */
};

struct lk_metrics {
	size_t locks[LK_N_METRIC_TYPES][LK_N_METRIC_MODES][LK_N_METRIC_STATES]; /* rows */
	int64_t oldest_wait_ms; /* as above */
	size_t n_waiting_processes; /* a request whose process is not known counts as one */
	size_t n_unproven; /* held locks whose holder is not proven (LK_HOW_EXACT) */
	size_t blocking_max; /* most requests that one held lock blocks */
	LK_VEC(struct lk_metric_file) watched; /* in the order of the patterns */
	LK_VEC(struct lk_metric_file) top; /* the longest wait first */
	bool top_cut; /* more files have waiters than were asked for */
};

/* Patterns as in fnmatch(3), of which '*' matches '/' too; n_top: how many of the files that somebody waits for are wanted. Free with
 * lk_metrics_done(). */
void lk_metrics_count(const struct lk_snapshot *s, const char *const *patterns, size_t n_patterns, size_t n_top,
		      struct lk_metrics *ret);
void lk_metrics_done(struct lk_metrics *m);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one process did with one file over time, by the events of the history: when it held a lock on it, when it waited. */
#ifndef LK_TUI_TIMELINE_H
#define LK_TUI_TIMELINE_H

#include "tui/frame/history.h"

enum lk_timeline_now { LK_TIMELINE_NOTHING, LK_TIMELINE_WAITS, LK_TIMELINE_HOLDS };

struct lk_timeline {
	const struct lk_history *history;
	const char *path; /* of the file; NULL: any */
	int64_t from_ms, to_ms; /* Unix time */
};

/* Makes a line of `cells` characters: '=' held, '.' waited for, '|' ended, and at the end of the line '>' goes on, after 'w' if it is
 * waited for. now: what pid does at to_ms. ret: room for cells + 1. */
void lk_timeline_draw(const struct lk_timeline *l, int pid, enum lk_timeline_now now, size_t cells, char *ret);

/* When the first thing that is drawn for pid began; to_ms if there is nothing. */
int64_t lk_timeline_begin(const struct lk_timeline *l, int pid);

#endif

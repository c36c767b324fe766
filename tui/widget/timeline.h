/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One process and one file over time, from the events of the history: when it held a lock on it, when it waited. Pure. */
#ifndef LK_TUI_TIMELINE_H
#define LK_TUI_TIMELINE_H

#include "tui/frame/history.h"

enum lk_timeline_now { LK_TIMELINE_NOTHING, LK_TIMELINE_WAITS, LK_TIMELINE_HOLDS };

struct lk_timeline {
	const struct lk_history *history;
	const char *path; /* of the file; NULL: any */
	int64_t from_ms, to_ms; /* Unix time */
};

/* A line of `cells` characters: '=' held, '.' waited for, '|' where it ended, '>' at the end where it goes on. now: what pid does at
 * to_ms. ret: room for cells + 1. */
void lk_timeline_draw(const struct lk_timeline *l, int pid, enum lk_timeline_now now, size_t cells, char *ret);

/* When the first of what is drawn for pid began; to_ms when there is nothing. */
int64_t lk_timeline_begin(const struct lk_timeline *l, int pid);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as lines: for people, or one JSON object each. */
#ifndef LK_CLI_EVENTS_H
#define LK_CLI_EVENTS_H

#include "cli/out.h"
#include "model/diff.h"

struct lk_events {
	struct lk_out out;
	bool json;
	bool full; /* JSON with the details of --full */
	int day; /* tm_yday of the last line for people; -1: none yet */
};

/* Sets up *e as the command line asks, for standard output. */
void lk_events_init(struct lk_events *e, const struct lk_cli *cli);

/* All of these print whole lines. Write errors stay in the stream (ferror(3)). */

/* The head of the output: host, start time, interval, how many locks are held and waited for. */
void lk_events_start(struct lk_events *e, const struct lk_snapshot *s, uint32_t interval_ms);
void lk_events_put(struct lk_events *e, const struct lk_event *ev);
/* Shows that the program is alive while nothing happens. */
void lk_events_heartbeat(struct lk_events *e, const struct lk_snapshot *s, uint32_t interval_ms);

#endif

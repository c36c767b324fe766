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
	int day; /* of the year, of the last line for people; -1: none yet */
};

/* As the command line wants it, on standard output. */
void lk_events_init(struct lk_events *e, const struct lk_cli *cli);

/* Write errors stay in the stream. Each prints whole lines. */

/* The head: who looks, where, since when and how often. */
void lk_events_start(struct lk_events *e, const struct lk_snapshot *s, uint32_t interval_ms);
void lk_events_put(struct lk_events *e, const struct lk_event *ev);
/* A sign of life while nothing happens. */
void lk_events_heartbeat(struct lk_events *e, const struct lk_snapshot *s, uint32_t interval_ms);

#endif

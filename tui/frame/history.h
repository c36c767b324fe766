/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened since the start, as entries that outlive the looks they were seen in; and the ring that keeps them. */
#ifndef LK_TUI_HISTORY_H
#define LK_TUI_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/diff.h"

/* How many entries are kept. */
#define LK_HISTORY_MAX 10000

struct lk_history_entry {
	uint64_t serial; /* its identity, from 1; given by lk_history_add() */
	int64_t wall_ms; /* Unix time, of the look that showed it or of what was done here */
	int64_t for_ms; /* how long the lock was held or waited for before; -1: does not apply */
	bool at_least, certain;
	const char *word; /* "ACQUIRED", "SIGNAL": static */
	char before,
		after; /* the state of the lock before the event and after it: '=' held, '.' waited for, ' ' neither */
	bool alarm; /* shown as an alarm: a deadlock, a gap */
	bool deadlock; /* of a deadlock, or its end: `row` and `ends` are about that */
	int pid; /* 0: none */
	uint64_t start_ticks; /* of that process; 0 unknown */
	uint64_t lock_id; /* lk_lock.id; 0: none */
	uint64_t row; /* the lock or request from look to look: lk_diff_row(); 0: none */
	uint64_t ends; /* the row that is over by this event; 0: none */
	int behind[4]; /* of a request: the first pids in its way, then 0 */
	char *comm; /* owned; bytes of the machine, NULL unknown; likewise below */
	char *path;
	char *text; /* "POSIX R 1073741826+510 app.db (held 6s)": what the LOCK column shows */
};

/* Copies all that the entry shows from ev. lk_history_entry_done() of *ret. */
void lk_history_entry_make(struct lk_history_entry *ret, const struct lk_event *ev);
/* Sets word, alarm, before and after. */
void lk_history_entry_set_kind(struct lk_history_entry *e, enum lk_event_kind kind);
/* An entry for something that was done from this screen: "SIGNAL", "RELEASE", ... text and comm are copied; NULL: not known. */
void lk_history_entry_own(struct lk_history_entry *ret, const char *static_word, int64_t wall_ms, int pid,
			  const char *comm, const char *text);
void lk_history_entry_done(struct lk_history_entry *e);

struct lk_history {
	struct lk_history_entry *ring; /* NULL until the first */
	size_t first, n;
	uint64_t next_serial;
	int64_t since_wall_ms; /* Unix time of the first look; 0: there was none yet */
	uint64_t n_lost; /* entries that were pushed out of the ring */
};

void lk_history_done(struct lk_history *h);
/* Takes over the strings of *e, and clears it. */
void lk_history_add(struct lk_history *h, struct lk_history_entry *e);
/* i from 0, the newest first. */
const struct lk_history_entry *lk_history_at(const struct lk_history *h, size_t i);
/* By its serial, from 1; NULL: it was pushed out of the ring. */
const struct lk_history_entry *lk_history_find(const struct lk_history *h, uint64_t serial);

#endif

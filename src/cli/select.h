/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rows are wanted: -p, -U, -T, -i, --blocked, --filter and FILEs. */
#ifndef LK_CLI_SELECT_H
#define LK_CLI_SELECT_H

#include "cli/session.h"
#include "table/filter.h"

/* An argument of -p. */
struct lk_wanted_pid {
	int pid;
	uint64_t start_ticks; /* 0: any */
};

struct lk_select {
	const struct lk_cli *cli;
	LK_VEC(struct lk_wanted_pid) pids;
	unsigned types; /* bits 1 << enum lk_type; 0: all */
	struct lk_filter *filter; /* NULL: all */
};

typedef LK_VEC(struct lk_row) lk_rows;

/* 0, or the exit status after the reason was printed. lk_select_done() in either case. */
enum lk_status lk_select_init(struct lk_select *sel, const struct lk_cli *cli);
void lk_select_done(struct lk_select *sel);
/* LK_NEED_* that lk_select_match() needs. */
unsigned lk_select_needs(const struct lk_select *sel);

/* Is the row wanted? The FILEs are those of the session; if it has none, every file is wanted. */
bool lk_select_match(const struct lk_select *sel, const struct lk_session *s, const struct lk_row *row);
/* Adds every lock of the snapshot that is wanted. */
void lk_select_rows(const struct lk_select *sel, const struct lk_session *s, lk_rows *rows);
/* Adds a row for the lock; per_process: a row for each holder, if it has any. */
void lk_rows_add(lk_rows *rows, const struct lk_snapshot *snap, const struct lk_lock *l, bool per_process);

#endif

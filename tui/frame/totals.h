/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts of a look by file, by process and by kind of lock: made once for each frame, off the input path. */
#ifndef LK_TUI_TOTALS_H
#define LK_TUI_TOTALS_H

#include "model/snapshot.h"

struct lk_frame;

#define LK_TOTALS_NONE SIZE_MAX

struct lk_file_sum {
	size_t first; /* in by_file: its locks and requests, n_held + n_waiting of them, in the order of the snapshot */
	size_t n_held, n_waiting;
	size_t oldest_held, oldest_waiting; /* indexes in snap->locks; LK_TOTALS_NONE: none, or no age is known */
	size_t first_waiting; /* likewise; whatever its age */
	unsigned types; /* bits 1 << enum lk_type */
	bool cycle; /* one of them is part of a deadlock */
	bool blocking; /* a lock that somebody waits for */
	bool nobody; /* a held lock of which no owner is known at all */
};

struct lk_proc_sum {
	size_t first, n; /* in by_proc: all that it holds, is recorded for or waits for, in the order of the snapshot */
	size_t n_held; /* locks it is proven to hold */
	size_t n_recorded; /* locks that the kernel recorded for it, without proof */
	size_t n_waiting; /* its requests */
	size_t n_blocks; /* requests that its locks are in the way of */
	size_t oldest_held, oldest_waiting; /* as in lk_file_sum */
	size_t oldest_blocked; /* likewise: the longest wait that its locks are in the way of */
	bool cycle;
};

struct lk_totals {
	struct lk_file_sum *files; /* by index in snap->files; NULL: nothing was counted */
	struct lk_proc_sum *procs; /* by index in snap->procs */
	size_t *by_file; /* indexes in snap->locks, file by file */
	size_t *by_proc; /* likewise, process by process; a lock that several share is there several times */
	size_t held_by_type[LK_TYPE_UNKNOWN + 1];
	size_t oldest_waiting; /* in snap->locks; LK_TOTALS_NONE: none */
};

/* f: has its snapshot and ages. lk_totals_done() of *ret. Linear in locks and relations. */
void lk_totals_make(const struct lk_frame *f, struct lk_totals *ret);
void lk_totals_done(struct lk_totals *s);

/* Of a frame; zeros and LK_TOTALS_NONE where nothing was counted. */
struct lk_file_sum lk_totals_file(const struct lk_frame *f, const struct lk_file *file);
struct lk_proc_sum lk_totals_proc(const struct lk_frame *f, const struct lk_proc *p);

#endif

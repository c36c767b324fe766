/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small snapshot made by hand, for the tests of tables: a held OFD lock with two holders, a flock that waits for a held one,
 * and a lock about which little is known. */
#ifndef LK_TESTS_ROWS_H
#define LK_TESTS_ROWS_H

#include "table/column.h"

enum { ROW_OFD, ROW_FLOCK, ROW_WAITER, ROW_STRANGE, N_ROWS };

static const struct lk_proc procs[] = {
	{ .pid = 100, .comm = "alpha", .uid = 0, .user = "root", .start_ticks = 7, .unit = "alpha.service" },
	{ .pid = 200, .comm = "be ta\n", .uid = 1000 },
	{ .pid = 300, .comm = "gamma", .uid = 1000, .user = "ann" },
};

static const struct lk_file files[] = {
	{ .key = { 0xfe, 0, 11, false },
	  .size = 1536,
	  .path = "/srv/app.db",
	  .deleted = LK_NO,
	  .replaced = LK_NO,
	  .fstype = "ext4",
	  .mount_point = "/srv" },
	{ .key = { 0, 0x2f, UINT64_C(9223372036854775940), false },
	  .size = -1,
	  .path = "/run/x",
	  .deleted = LK_YES,
	  .replaced = LK_NO },
	{ .key = { 8, 1, 77, false }, .size = 0, .deleted = LK_UNKNOWN, .replaced = LK_UNKNOWN, .mount_point = "/mnt" },
};

static const struct lk_holder ofd_holders[] = {
	{ .pid = 100, .fd = 4, .proc = &procs[0] },
	{ .pid = 200, .tid = 201, .fd = 5, .proc = &procs[1] },
};
static const struct lk_holder flock_holder = { .pid = 300, .fd = 0, .proc = &procs[2] };
static const struct lk_holder waiter = { .pid = 200, .tid = 202, .fd = -1, .proc = &procs[1] };
static const char *const because[] = { "unreadable: a process could not be read", "mapped: it may only be mapped" };

static const struct lk_lock locks[N_ROWS];
static const struct lk_lock *const flock_blocks[] = { &locks[ROW_WAITER] };
static const struct lk_lock *const waiter_blockers[] = { &locks[ROW_FLOCK], &locks[ROW_OFD] };

static const struct lk_lock locks[N_ROWS] = {
	[ROW_OFD] = { .id = 0xabc,
		      .index = 0,
		      .state = LK_STATE_HELD,
		      .how = LK_HOW_EXACT,
		      .file = &files[0],
		      .pid = 100,
		      .proc = &procs[0],
		      .holders = ofd_holders,
		      .n_holders = 2,
		      .wait_ms = -1,
		      .rec = { .type = LK_TYPE_OFD, .mode = LK_MODE_READ, .pid = -1, .range = { 100, 199 } } },
	[ROW_FLOCK] = { .id = 2,
			.index = 1,
			.state = LK_STATE_HELD,
			.how = LK_HOW_EXACT,
			.file = &files[1],
			.pid = 300,
			.proc = &procs[2],
			.holders = &flock_holder,
			.n_holders = 1,
			.wait_ms = -1,
			.blocks = flock_blocks,
			.n_blocks = 1,
			.rec = { .type = LK_TYPE_FLOCK,
				 .mode = LK_MODE_WRITE,
				 .pid = 299,
				 .range = { 0, LK_RANGE_EOF } } },
	[ROW_WAITER] = { .id = 3,
			 .index = 2,
			 .state = LK_STATE_WAITING,
			 .how = LK_HOW_MATCHED,
			 .file = &files[1],
			 .pid = 200,
			 .proc = &procs[1],
			 .waiter = &waiter,
			 .root = &locks[ROW_FLOCK],
			 .wait_ms = 192999,
			 .blocked_by = waiter_blockers,
			 .n_blocked_by = 2,
			 .rec = { .type = LK_TYPE_FLOCK,
				  .mode = LK_MODE_WRITE,
				  .pid = 200,
				  .range = { 0, LK_RANGE_EOF } } },
	[ROW_STRANGE] = { .id = 4,
			  .index = 3,
			  .state = LK_STATE_HELD,
			  .how = LK_HOW_UNKNOWN,
			  .file = &files[2],
			  .wait_ms = -1,
			  .no_holder_because = because,
			  .n_because = 2,
			  .rec = { .type = LK_TYPE_UNKNOWN,
				   .mode = LK_MODE_UNLOCK,
				   .phase = LK_PHASE_MANDATORY,
				   .type_word = "ACCESS",
				   .range = { 4096, LK_RANGE_EOF } } },
};

static inline struct lk_row row_at(size_t i)
{
	return (struct lk_row){ .lock = &locks[i] };
}

#endif

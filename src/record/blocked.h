/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system call a thread sleeps in, as /proc/PID/task/TID/syscall prints it (proc_pid_syscall(5)), and what it asks for if it can wait
 * for a lock. No I/O; any bytes are safe input. */
#ifndef LK_RECORD_BLOCKED_H
#define LK_RECORD_BLOCKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record.h"

struct lk_syscall {
	int64_t nr;
	uint64_t arg[6];
};

/* 0; -EBUSY: the thread runs, or is about to; -EAGAIN: it sleeps outside of a system call; -EINVAL: not understood. */
int lk_parse_syscall(const char *s, size_t n, struct lk_syscall *ret);

/* 32-bit programs have other system call numbers: 221 is fcntl64 there. */
enum lk_abi { LK_ABI_NATIVE, LK_ABI_I386 };

/* How the program lays out struct flock. */
enum lk_flock_layout { LK_FLOCK_NATIVE, LK_FLOCK_I386, LK_FLOCK_I386_64 };

enum lk_blocked_call { LK_BLOCKED_FCNTL, LK_BLOCKED_FLOCK, LK_BLOCKED_OPEN };

struct lk_blocked {
	enum lk_blocked_call call;
	int fd; /* -1 for open(2) and similar calls, which wait for a lease */
	enum lk_type type; /* what kind of lock is waited for; LEASE for open */
	enum lk_mode mode; /* FLOCK and OPEN; UNKNOWN for FCNTL and openat2(2), which pass it in a struct in memory */
	uint64_t flock_addr; /* FCNTL: address of struct flock in the program's memory */
	enum lk_flock_layout layout;
};

/* true when the call can be waiting for a lock or a lease. */
bool lk_blocked_decode(const struct lk_syscall *call, enum lk_abi abi, struct lk_blocked *ret);

#define LK_FLOCK_MAX 32
/* Bytes of struct flock in that layout; at most LK_FLOCK_MAX. */
size_t lk_flock_size(enum lk_flock_layout layout);
/* Mode and range of a struct flock. *ret_resolved is false when the range is relative to the file position or size; then *ret_range is the
 * whole file. 0 or -EINVAL. */
int lk_flock_decode(enum lk_flock_layout layout, const void *bytes, enum lk_mode *ret_mode, struct lk_range *ret_range,
		    bool *ret_resolved);

/* When the last sleep began, from /proc/PID/task/TID/sched ("se.exec_start", ms by the clock of the processor it ran on). 0 or -ENOENT. */
int lk_parse_sched_exec_start(const char *s, size_t n, double *ret_ms);
/* Field 39 of stat (proc_pid_stat(5)): the processor the thread last ran on. 0 or -EINVAL. */
int lk_parse_stat_processor(const char *s, size_t n, int *ret);

#endif

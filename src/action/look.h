/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an action must know of a process just before it acts, from proc_pid_stat(5) and proc_pid_status(5). */
#ifndef LK_ACTION_LOOK_H
#define LK_ACTION_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct lk_look {
	int pid, ppid;
	char state; /* R S D T t Z X */
	bool kernel_thread;
	uint64_t start_ticks;
	int64_t num_threads;
	int64_t uid; /* effective; -1 unknown */
	/* Bit n - 1 is signal n; 0 if not known. blocked is also 0 if there are several threads. */
	uint64_t blocked, ignored, caught;
};

/* 0, or -errno with a sentence in *err; -ESRCH: there is no such process. */
int lk_look_at(int pid, struct lk_look *ret, struct lk_err *err);

/* Is pid this process or one of its ancestors? */
bool lk_look_is_ancestor(int pid);

/* The number after a field name of proc_pid_status(5), given as "\nSigBlk:\t"; 0 if there is none. Allocates no memory. */
uint64_t lk_look_number(const lk_buf *b, const char *word, unsigned base);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seam through which a call is run inside another process: ptrace(2), its memory and what /proc says of it, so that tests can
 * script every failure. Results are those of the system call: >= 0, or -errno. Only where the registers are known: x86-64. */
#ifndef LK_ACTION_TRACE_H
#define LK_ACTION_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/user.h>

#include "base/vec.h"

#define LK_TRACE_TEXT_MAX \
	((size_t)64 << 20) /* bytes of one file of a task; every lock on a descriptor is a line of it */

typedef LK_VEC(int) lk_tids;

struct lk_trace {
	void *arg;
	int (*seize)(void *arg, int tid, unsigned options); /* PTRACE_SEIZE; PTRACE_O_* */
	int (*interrupt)(void *arg, int tid); /* PTRACE_INTERRUPT */
	int (*resume)(void *arg, int tid, bool to_syscall, int sig); /* PTRACE_SYSCALL or PTRACE_CONT */
	int (*detach)(void *arg, int tid, int sig); /* PTRACE_DETACH */
	int (*wait)(void *arg, int tid, int64_t deadline_ms,
		    int *ret_status); /* waitpid(2); -ETIMEDOUT after lk_io_now_ms() time */
	int (*get_regs)(void *arg, int tid, struct user_regs_struct *ret);
	int (*set_regs)(void *arg, int tid, const struct user_regs_struct *regs);
	int (*read_memory)(void *arg, int tid, uint64_t address, void *buf, size_t n); /* all of it, or -EFAULT */
	int (*write_memory)(void *arg, int tid, uint64_t address, const void *buf, size_t n);
	/* Where the thread registered its restartable sequences (rseq(2)); 0: nowhere, or this kernel does not say. */
	int (*rseq_address)(void *arg, int tid, uint64_t *ret);
	/* System calls of this thread are sent back to it as a signal (PR_SET_SYSCALL_USER_DISPATCH). */
	bool (*redirects_calls)(void *arg, int tid);
	/* Appends a file of /proc/PID/task/TID. */
	int (*read_task)(void *arg, int pid, int tid, const char *name, lk_buf *out);
	int (*threads)(void *arg, int pid, lk_tids *ret); /* adds the numbers of all threads */
};

/* The real one. wait() wants SIGCHLD blocked, to sleep on it. */
extern const struct lk_trace lk_trace_real;

#endif

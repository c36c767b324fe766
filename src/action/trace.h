/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seam through which a call is run inside another process: ptrace(2), its memory and what /proc says of it, so that tests can
 * script every failure. Results are those of the system call: >= 0, or -errno. Only where the registers are known: x86-64. */
#ifndef LK_ACTION_TRACE_H
#define LK_ACTION_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "base/ints.h"

/* Where a thread stands with a system call (PTRACE_GET_SYSCALL_INFO). */
struct lk_trace_call {
	enum { LK_TRACE_ELSEWHERE, LK_TRACE_ENTRY, LK_TRACE_EXIT } at;
	uint32_t arch; /* AUDIT_ARCH_*, linux/audit.h: which table nr is of; the instruction decides it */
	uint64_t ip; /* behind the instruction */
	uint64_t nr, args[6]; /* at its entry */
	int64_t result; /* at its exit: what it returned, or -errno */
};

/* None of them needs memory, but for threads(). */
struct lk_trace {
	void *arg;
	int (*seize)(void *arg, int tid, unsigned options); /* PTRACE_SEIZE; PTRACE_O_* */
	int (*set_options)(void *arg, int tid, unsigned options); /* PTRACE_SETOPTIONS, of a stopped thread */
	int (*interrupt)(void *arg, int tid); /* PTRACE_INTERRUPT */
	int (*resume)(void *arg, int tid, bool to_syscall, int sig); /* PTRACE_SYSCALL or PTRACE_CONT */
	int (*detach)(void *arg, int tid, int sig); /* PTRACE_DETACH */
	/* waitpid(2); -ETIMEDOUT after lk_io_now_ms() time. deadline_ms 0: none */
	int (*wait)(void *arg, int tid, int64_t deadline_ms, int *ret_status);
	int (*get_regs)(void *arg, int tid, struct user_regs_struct *ret);
	int (*set_regs)(void *arg, int tid, const struct user_regs_struct *regs);
	/* The signals it blocks; bit n - 1 is signal n. One that waits with other signals blocked for that time (sigsuspend(2),
	 * ppoll(2)): those it blocks afterwards. */
	int (*get_mask)(void *arg, int tid, uint64_t *ret);
	int (*set_mask)(void *arg, int tid, uint64_t mask);
	int (*get_call)(void *arg, int tid, struct lk_trace_call *ret);
	int (*read_memory)(void *arg, int tid, uint64_t address, void *buf, size_t n); /* all of it, or -EFAULT */
	/* Also where the thread itself may only read. n: a multiple of 8 */
	int (*write_memory)(void *arg, int tid, uint64_t address, const void *buf, size_t n);
	/* Where the thread registered its restartable sequences (rseq(2)); 0: nowhere, or this kernel does not say. */
	int (*rseq_address)(void *arg, int tid, uint64_t *ret);
	/* System calls of this thread are sent back to it as a signal (PR_SET_SYSCALL_USER_DISPATCH). */
	bool (*redirects_calls)(void *arg, int tid);
	/* A file of /proc/PID/task/TID, or of /proc/PID with tid 0: its length; -EFBIG: there is more than size. */
	ssize_t (*read_task)(void *arg, int pid, int tid, const char *name, char *buf, size_t size);
	int (*threads)(void *arg, int pid, lk_ints *ret); /* adds the numbers of all threads */
};

/* The real one. wait() wants SIGCHLD blocked, to sleep on it. */
extern const struct lk_trace lk_trace_real;

/* The descriptor through which the real one reads /proc, opened once. Borrowed; or -errno. */
int lk_trace_proc_fd(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of functions through which a call is run inside another process: ptrace(2), its memory, and what /proc says about it. Tests
 * replace it to produce every failure. Results are those of the system call: >= 0, or -errno. Only x86-64, whose registers are known. */
#ifndef LK_ACTION_TRACE_H
#define LK_ACTION_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "base/ints.h"

/* Whether a stopped thread is at the entry or exit of a system call, and of which (PTRACE_GET_SYSCALL_INFO). */
struct lk_trace_call {
	enum { LK_TRACE_ELSEWHERE, LK_TRACE_ENTRY, LK_TRACE_EXIT } at;
	uint32_t arch; /* AUDIT_ARCH_*, linux/audit.h: the system call table of nr, which the instruction decides */
	uint64_t ip; /* right behind the system call instruction */
	uint64_t nr, args[6]; /* at its entry */
	int64_t result; /* at its exit: what it returned, or -errno */
};

/* None of these allocates memory, except threads(). */
struct lk_trace {
	void *arg;
	int (*seize)(void *arg, int tid, unsigned options); /* PTRACE_SEIZE; PTRACE_O_* */
	int (*set_options)(void *arg, int tid, unsigned options); /* PTRACE_SETOPTIONS, of a stopped thread */
	int (*interrupt)(void *arg, int tid); /* PTRACE_INTERRUPT */
	int (*resume)(void *arg, int tid, bool to_syscall, int sig); /* PTRACE_SYSCALL or PTRACE_CONT */
	int (*detach)(void *arg, int tid, int sig); /* PTRACE_DETACH */
	/* waitpid(2). deadline_ms: lk_io_now_ms() time after which -ETIMEDOUT is returned; 0: none */
	int (*wait)(void *arg, int tid, int64_t deadline_ms, int *ret_status);
	int (*get_regs)(void *arg, int tid, struct user_regs_struct *ret);
	int (*set_regs)(void *arg, int tid, const struct user_regs_struct *regs);
	/* The signals that the thread blocks; bit n - 1 is signal n. While it waits in sigsuspend(2), ppoll(2) or the like with another
	 * mask: those that it blocks afterwards. */
	int (*get_mask)(void *arg, int tid, uint64_t *ret);
	int (*set_mask)(void *arg, int tid, uint64_t mask);
	int (*get_call)(void *arg, int tid, struct lk_trace_call *ret);
	int (*read_memory)(void *arg, int tid, uint64_t address, void *buf, size_t n); /* all of it, or -EFAULT */
	/* Also where the thread itself may only read. n: a multiple of 8 */
	int (*write_memory)(void *arg, int tid, uint64_t address, const void *buf, size_t n);
	/* Address of the struct rseq that the thread registered (rseq(2)); 0: none, or this kernel does not say. */
	int (*rseq_address)(void *arg, int tid, uint64_t *ret);
	/* System calls of this thread are sent back to it as a signal (PR_SET_SYSCALL_USER_DISPATCH). */
	bool (*redirects_calls)(void *arg, int tid);
	/* Reads a file of /proc/PID/task/TID, or of /proc/PID with tid 0. Returns its length; -EFBIG: buf is too small. */
	ssize_t (*read_task)(void *arg, int pid, int tid, const char *name, char *buf, size_t size);
	int (*threads)(void *arg, int pid, lk_ints *ret); /* adds the numbers of all threads */
};

/* The real functions. SIGCHLD must be blocked: wait() sleeps in sigtimedwait(2) for it. */
extern const struct lk_trace lk_trace_real;

/* The descriptor through which lk_trace_real reads /proc, opened once. Borrowed; or -errno. */
int lk_trace_proc_fd(void);

#endif

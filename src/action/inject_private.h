/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by inject*.c only, which run system calls inside another thread. */
#ifndef LK_ACTION_INJECT_PRIVATE_H
#define LK_ACTION_INJECT_PRIVATE_H

#include "action/inject.h"
#include "base/buf.h"
#include "record/blocked.h"

#define LK_TRACEE_ARGS 6

/* A system call that is to be run in the thread. */
struct lk_call {
	uint64_t nr, args[LK_TRACEE_ARGS];
	unsigned n_args;
	bool is_release; /* it releases the lock, which must still be there at the entry of the call */
};

/* A thread while it is traced. */
struct lk_tracee {
	const struct lk_trace *trace;
	const struct lk_inject *job;
	int tid;
	enum {
		LK_TRACEE_RUNS,
		LK_TRACEE_IN_CALL,
		LK_TRACEE_IN_SIGNAL
	} at; /* IN_CALL: stopped at entry or exit of a system call; IN_SIGNAL: stopped in signal delivery */
	int sig; /* IN_SIGNAL: the signal it is about to get; 0: none */
	bool gone; /* it has ended */
	bool has_regs;
	struct user_regs_struct regs; /* its own ones, to be restored */
	uint64_t abort; /* abort address of the restartable sequence (rseq(2)) it is in; 0: it is in none */
	uint64_t instruction; /* address of the system call instruction that is used */
	bool held; /* all its signals are blocked: it must be restored, and no memory may be allocated until then */
	uint64_t mask; /* the signals that it blocked itself, to be restored */
	bool suspended; /* its seccomp filter is suspended */
	uint64_t page; /* address of the page that was mapped in it; 0: none */
	lk_buf text; /* buffer for files of /proc */
	struct lk_inject_answer answer;
	void (*early)(void *arg, const struct lk_inject_answer *answer); /* NULL: none, or already called */
	void *early_arg;
};

/* Signals of a thread, from proc_pid_status(5); bit n - 1 is signal n. ignored: also those that do nothing by default. */
struct lk_tracee_signals {
	uint64_t pending, blocked, ignored;
};

/* Records a failure in t->answer, unless there is one already. Returns rc, or -ESRCH for -ECHILD: the thread has ended. */
int lk_tracee_fail(struct lk_tracee *t, int rc, enum lk_inject_why why, int64_t number);

/* -- inject_look.c: what /proc says about the thread. 0, or -errno with t->answer set -- */
/* Does the process number still belong to the process of the job? */
int lk_tracee_check_process(struct lk_tracee *t);
/* Does the lock still show on the descriptor? */
int lk_tracee_check_lock(struct lk_tracee *t);
/* Returns 0, or -errno without setting t->answer. */
int lk_tracee_signals(struct lk_tracee *t, struct lk_tracee_signals *ret);
/* *ret: the decimal number after a field name of proc_pid_status(5), see lk_look_number(); 0 if there is none. Returns 0, or -errno
 * without setting t->answer. */
int lk_tracee_status(struct lk_tracee *t, const char *word, uint64_t *ret);

/* -- inject_call.c: waiting for stops, and running calls in a thread that is held -- */
/* Waits for the next stop. deadline_ms: as in lk_trace.wait(). 0; -ETIMEDOUT; -ESRCH: the thread has ended; or another -errno. */
int lk_tracee_wait(struct lk_tracee *t, int64_t deadline_ms);
/* The same, but after ms the early answer is given, and then the wait goes on without a limit. */
int lk_tracee_wait_for_sure(struct lk_tracee *t, int64_t ms);
int lk_tracee_resume(struct lk_tracee *t, bool to_call);
/* Can its seccomp filter be suspended, if it has one? Tries that while the thread is stopped. 0: yes, or there is no filter; -errno with
 * t->answer set. */
int lk_tracee_check_filter(struct lk_tracee *t);
/* Brings the thread to a stop in signal delivery. Only there may its registers be restored: there the kernel restarts the call in which
 * the thread was stopped. A call that it is about to make is skipped. 0 or -errno. */
int lk_tracee_bring_to_signal(struct lk_tracee *t);
/* Maps a page, releases the lock, unmaps the page. 0, or -errno with t->answer set. */
int lk_tracee_release(struct lk_tracee *t);

/* -- inject_x86.c: registers -- */
/* Finds a system call instruction in its memory and sets t->instruction. 0 or -ENOENT. */
int lk_tracee_find_instruction(struct lk_tracee *t);
/* The abort address of the restartable sequence (rseq(2)) it is in; 0: it is in none. Needs t->regs. */
uint64_t lk_tracee_sequence_abort(const struct lk_tracee *t);
/* The calls that are run, in this order. */
struct lk_call lk_tracee_map_call(const struct lk_tracee *t);
struct lk_call lk_tracee_release_call(const struct lk_tracee *t);
struct lk_call lk_tracee_unmap_call(const struct lk_tracee *t);
/* Writes struct flock into the page. 0 or -errno. */
int lk_tracee_write_flock(const struct lk_tracee *t);
/* Sets the registers so that the call is made next. 0 or -errno. */
int lk_tracee_set_call(const struct lk_tracee *t, const struct lk_call *call);
/* Is it about to make exactly that call, by the instruction that was chosen? */
bool lk_tracee_is_call(const struct lk_tracee *t, const struct lk_trace_call *now, const struct lk_call *call);
/* Makes a thread that is stopped at the entry of a call skip that call. 0 or -errno. */
int lk_tracee_skip_call(const struct lk_tracee *t);
/* Restores its registers, so that an interrupted call or restartable sequence goes on correctly. t is IN_SIGNAL. 0 or -errno. */
int lk_tracee_restore_regs(struct lk_tracee *t);

#endif

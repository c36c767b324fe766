/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that run calls inside another thread share. */
#ifndef LK_ACTION_INJECT_PRIVATE_H
#define LK_ACTION_INJECT_PRIVATE_H

#include "action/inject.h"
#include "record/blocked.h"

#define LK_TRACEE_ARGS 6

/* A system call that is to be run in the thread. */
struct lk_call {
	uint64_t nr, args[LK_TRACEE_ARGS];
	unsigned n_args;
	bool is_release; /* at its entry the lock must still be there */
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
	} at; /* stopped at a system call; stopped in its signal code */
	int sig; /* IN_SIGNAL: the signal it is about to get; 0: none */
	bool gone; /* it has ended */
	bool has_regs;
	struct user_regs_struct regs; /* its own */
	uint64_t abort; /* where the restartable sequence in which it stands goes on when disturbed; 0: in none */
	uint64_t instruction; /* the system call instruction that is used */
	bool held; /* all its signals are blocked: from here on it must be put back, and no memory is allocated */
	uint64_t mask; /* held: the signals that it blocked itself */
	bool suspended; /* its filter is */
	uint64_t page; /* of ours, in its memory; 0: none */
	lk_buf text; /* room for what is read of /proc */
	struct lk_inject_answer answer;
	void (*early)(void *arg, const struct lk_inject_answer *answer); /* not called yet; or NULL */
	void *early_arg;
};

/* What status(5) of the thread says about signals; bit n - 1 is signal n. */
struct lk_tracee_signals {
	uint64_t pending, blocked, ignored;
};

/* Keeps the first answer that is not good. Returns rc. */
int lk_tracee_fail(struct lk_tracee *t, int rc, enum lk_inject_why why, int64_t number);

/* -- inject_look.c: what /proc says of it. 0 or the answer's -errno -- */
/* The number is still that of the process that is meant. */
int lk_tracee_check_process(struct lk_tracee *t);
/* The lock still shows on the descriptor. */
int lk_tracee_check_lock(struct lk_tracee *t);
/* 0, or -errno without an answer. */
int lk_tracee_signals(struct lk_tracee *t, struct lk_tracee_signals *ret);
/* The number behind a word at the start of a line of status(5); 0 where there is none. 0, or -errno without an answer. */
int lk_tracee_status(struct lk_tracee *t, const char *word, uint64_t *ret);

/* -- inject_call.c: calls run in a thread that is held; stops -- */
/* Until its next stop. -ETIMEDOUT; -ESRCH: it has ended. */
int lk_tracee_wait(struct lk_tracee *t, int64_t deadline_ms);
/* The same, but after the time the early answer is given and it is waited for as long as it takes. */
int lk_tracee_wait_for_sure(struct lk_tracee *t, int64_t ms);
int lk_tracee_resume(struct lk_tracee *t, bool to_call);
/* It has a filter, and that can be suspended: tried while it stands still. 0 or the answer's -errno. */
int lk_tracee_check_filter(struct lk_tracee *t);
/* Registers are given back only inside its signal code, where the kernel then restarts the call it was stopped in. A call that it
 * is about to make is not made. 0 or -errno. */
int lk_tracee_bring_to_signal(struct lk_tracee *t);
/* Maps a page, releases the lock, unmaps the page. 0 or the answer's -errno. */
int lk_tracee_release(struct lk_tracee *t);

/* -- inject_x86.c: registers -- */
/* Where a system call instruction is. 0 or -ENOENT. */
int lk_tracee_find_instruction(struct lk_tracee *t);
/* What becomes of a restartable sequence in which it stands. Needs its registers. */
uint64_t lk_tracee_sequence_abort(const struct lk_tracee *t);
/* The calls that are made. */
struct lk_call lk_tracee_map_call(const struct lk_tracee *t);
struct lk_call lk_tracee_release_call(const struct lk_tracee *t);
struct lk_call lk_tracee_unmap_call(const struct lk_tracee *t);
/* Writes struct flock into the page. 0 or -errno. */
int lk_tracee_write_flock(const struct lk_tracee *t);
/* Sets the registers so that the call is made next. 0 or -errno. */
int lk_tracee_set_call(const struct lk_tracee *t, const struct lk_call *call);
/* What it is about to do is exactly that call, by the instruction that was chosen. */
bool lk_tracee_is_call(const struct lk_tracee *t, const struct lk_trace_call *now, const struct lk_call *call);
/* At the entry of a call: it will be skipped. 0 or -errno. */
int lk_tracee_skip_call(const struct lk_tracee *t);
/* Puts its registers back, as what it was stopped in needs them. t is IN_SIGNAL. 0 or -errno. */
int lk_tracee_restore_regs(struct lk_tracee *t);

#endif

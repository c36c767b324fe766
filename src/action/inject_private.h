/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that run a call inside another thread share. */
#ifndef LK_ACTION_INJECT_PRIVATE_H
#define LK_ACTION_INJECT_PRIVATE_H

#include "action/inject.h"
#include "record/blocked.h"

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
	uint64_t address; /* where its memory was changed */
	unsigned char saved[LK_FLOCK_MAX]; /* what stood there */
	size_t n_saved; /* 0: nothing was changed */
};

/* What status(5) of the thread says about signals; bit n - 1 is signal n. */
struct lk_tracee_signals {
	uint64_t pending, blocked, ignored;
};

/* -- inject_look.c: what /proc says of it -- */
/* 0; -ESTALE with a sentence: the number is another process's by now. */
int lk_tracee_check_process(const struct lk_tracee *t, struct lk_err *err);
/* 0; -ESTALE with a sentence: the lock does not show on the descriptor. */
int lk_tracee_check_lock(const struct lk_tracee *t, struct lk_err *err);
int lk_tracee_signals(const struct lk_tracee *t, struct lk_tracee_signals *ret);
/* A number behind a word at the start of a line of status(5); 0 where there is none. */
uint64_t lk_tracee_status(const struct lk_trace *trace, int pid, int tid, const char *word, unsigned base);

/* -- inject_x86.c: registers -- */
/* Saves the thread's own registers and the memory, and makes it ready for the call. 0 or -errno with a sentence. */
int lk_tracee_prepare(struct lk_tracee *t, struct lk_err *err);
/* At the entry of the call: it will be skipped. */
int lk_tracee_skip_call(struct lk_tracee *t);
/* At its exit: what it returned. */
int lk_tracee_result(struct lk_tracee *t, int *ret);
/* Puts memory and registers back. t is IN_SIGNAL. 0 or -errno. */
int lk_tracee_restore(struct lk_tracee *t);
/* It stands in a restartable sequence, which does not survive a call in its middle. Needs its registers. */
bool lk_tracee_is_in_sequence(const struct lk_tracee *t);

#endif

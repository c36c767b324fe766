/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Releasing a POSIX lock of another process. Only its owner can: fcntl(2) F_SETLK with F_UNLCK is run inside that process, one of
 * whose threads is stopped for it with ptrace(2) and goes on afterwards as if nothing had happened. Nothing of the process is
 * borrowed: the call's argument lies in a page of ours, mapped and unmapped at the same stop. A filter of its system calls
 * (seccomp(2)) is suspended only from the entry of a call that is seen to be ours to its exit. */
#ifndef LK_ACTION_INJECT_H
#define LK_ACTION_INJECT_H

#include <stdatomic.h>

#include "action/trace.h"
#include "base/err.h"
#include "record/record.h"

/* Who may still decide: the child that traces, or the parent that waits for it. */
enum lk_inject_turn { LK_INJECT_OPEN, LK_INJECT_HOLDS, LK_INJECT_CANCELLED };

struct lk_inject {
	int pid;
	int tid; /* the thread with a descriptor table of its own that holds it; 0: any thread will do */
	int fd; /* shows the lock */
	uint64_t start_ticks; /* of the process; must be the same while a thread of it is stopped; 0: not checked */
	struct lk_record rec; /* the lock; it must still show on fd while the thread is stopped */
	struct lk_range range; /* the bytes to release */
	uint32_t stop_ms; /* how long a thread may take to stop; 0: the usual time */
	atomic_int *turn; /* set by lk_inject_unlock(): the first to exchange it has it. NULL: nobody waits */
};

/* What came of it, in a form that needs no memory. */
enum lk_inject_why {
	LK_INJECT_DONE,
	LK_INJECT_ENDED,
	LK_INJECT_NO_RIGHT,
	LK_INJECT_TRACED, /* number: the tracer */
	LK_INJECT_NO_STOP, /* number: the thread */
	LK_INJECT_NO_RUN,
	LK_INJECT_NOT_SEEN,
	LK_INJECT_OTHER_PROCESS,
	LK_INJECT_LOCK_GONE,
	LK_INJECT_REDIRECTED,
	LK_INJECT_FILTERED,
	LK_INJECT_STRICT,
	LK_INJECT_NO_INSTRUCTION,
	LK_INJECT_FOREIGN_CALL,
	LK_INJECT_NO_PAGE,
	LK_INJECT_PAGE_LEFT,
	LK_INJECT_NOT_RELEASED,
	LK_INJECT_LATE, /* number: the process that goes on waiting */
	LK_INJECT_CANNOT_STOP,
	LK_INJECT_CANNOT_RUN,
	LK_INJECT_NOT_RESTORED,
	LK_INJECT_NOBODY_WAITS,
	LK_INJECT_OTHER_MACHINE,
};

struct lk_inject_answer {
	int rc; /* 0 or -errno */
	enum lk_inject_why why;
	int64_t number;
};

/* This machine's processor is one whose registers are known. */
bool lk_inject_is_possible(void);

/* Does it in a short-lived child process, which is in a session of its own and goes on when this process is killed. Tries other
 * threads when one does not stop. 0: the call succeeded in there. -errno with a sentence: -ESTALE: the lock is not on fd any
 * more; -ESRCH: it has ended; -EPERM: no right to, or it is being traced, or a filter of its system calls is in the way, or it
 * would have made another call; -EAGAIN: no thread of it could be stopped; -ETIMEDOUT: it cannot be told. */
int lk_inject_unlock(const struct lk_trace *trace, const struct lk_inject *job, struct lk_err *err);

/* The same in this very process, with that thread. What does not come back in time is answered early: `early` is called then,
 * once, and the thread is waited for; NULL: not called. -EAGAIN: it did not stop, and this process stays attached until its end. */
struct lk_inject_answer lk_inject_thread(const struct lk_trace *trace, const struct lk_inject *job, int tid,
					 void (*early)(void *arg, const struct lk_inject_answer *answer), void *arg);

/* Its sentence. Returns answer->rc. */
int lk_inject_explain(const struct lk_inject *job, const struct lk_inject_answer *answer, struct lk_err *err);

#endif

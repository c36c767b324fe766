/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Releasing a POSIX lock of another process. Only its owner can do that, so fcntl(2) F_SETLK with F_UNLCK is run inside that process:
 * one of its threads is stopped with ptrace(2), makes the call, and goes on afterwards as if nothing had happened. No memory that the
 * process uses is touched: the call's argument lies in a page that is mapped for it and unmapped again during the same stop. A seccomp(2)
 * filter of the process is suspended only from the entry to the exit of a system call that was checked to be ours. */
#ifndef LK_ACTION_INJECT_H
#define LK_ACTION_INJECT_H

#include <stdatomic.h>

#include "action/trace.h"
#include "base/err.h"
#include "record/record.h"

/* Whose turn it is to decide: nobody's yet, the child's, which now holds the thread, or the parent's, which has given up waiting. */
enum lk_inject_turn { LK_INJECT_OPEN, LK_INJECT_HOLDS, LK_INJECT_CANCELLED };

struct lk_inject {
	int pid;
	int tid; /* the thread whose private descriptor table has fd; 0: any thread will do */
	int fd; /* the descriptor that shows the lock */
	uint64_t start_ticks; /* of the process; compared once a thread of it is stopped; 0: not compared */
	struct lk_record rec; /* the lock; it must still show on fd while the thread is stopped */
	struct lk_range range; /* the bytes to release */
	uint32_t stop_ms; /* how long a thread may take to stop; 0: the usual time */
	atomic_int *turn; /* set by lk_inject_unlock(): the first who changes it decides. NULL: no parent waits */
};

/* The result, as numbers, because no memory may be allocated while a thread is held. */
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
	LK_INJECT_NO_PAGE, /* number: the errno */
	LK_INJECT_PAGE_LEFT,
	LK_INJECT_NOT_RELEASED,
	LK_INJECT_LATE, /* number: the child process that goes on waiting */
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

/* Is the processor one whose registers are known here (x86-64)? */
bool lk_inject_is_possible(void);

/* Releases the lock from a short-lived child process, which has its own session and goes on if this process is killed. Tries other
 * threads if one does not stop. 0: the call succeeded inside the process. -errno with a sentence in *err: -ESTALE: the lock is not on
 * fd any more, or the number belongs to another process; -ESRCH: the process has ended; -EPERM: no right to trace it, or it is being
 * traced, or its seccomp filter is in the way, or it would have made another call; -EAGAIN: no thread of it could be stopped;
 * -ETIMEDOUT: it is not known whether the lock was released. */
int lk_inject_unlock(const struct lk_trace *trace, const struct lk_inject *job, struct lk_err *err);

/* The same from this very process, in the thread tid. If the thread does not come back from a call in time, `early` is called once with
 * the answer so far (NULL: not called), and the thread is waited for without a limit. rc -EAGAIN: the thread did not stop, and this
 * process stays attached to it until it exits. */
struct lk_inject_answer lk_inject_thread(const struct lk_trace *trace, const struct lk_inject *job, int tid,
					 void (*early)(void *arg, const struct lk_inject_answer *answer), void *arg);

/* Puts the sentence for the answer into *err. Returns answer->rc. */
int lk_inject_explain(const struct lk_inject *job, const struct lk_inject_answer *answer, struct lk_err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Releasing a POSIX lock of another process. Only its owner can: fcntl(2) F_SETLK with F_UNLCK is run inside that process, one of
 * whose threads is stopped for it with ptrace(2) and goes on afterwards as if nothing had happened. */
#ifndef LK_ACTION_INJECT_H
#define LK_ACTION_INJECT_H

#include "action/trace.h"
#include "base/err.h"
#include "record/record.h"

struct lk_inject {
	int pid;
	int tid; /* the thread with a descriptor table of its own that holds it; 0: any thread will do */
	int fd; /* shows the lock */
	uint64_t start_ticks; /* of the process; must be the same while a thread of it is stopped; 0: not checked */
	struct lk_record rec; /* the lock; it must still show on fd while the thread is stopped */
	struct lk_range range; /* the bytes to release */
	uint32_t stop_ms; /* how long a thread may take to stop; 0: the usual time */
};

/* This machine's processor is one whose registers are known. */
bool lk_inject_is_possible(void);

/* Does it in a short-lived child process, whose end, whatever its cause, lets the thread go. Tries other threads when one does not
 * stop. 0: the call succeeded in there. -errno with a sentence: -ESTALE: the lock is not on fd any more; -ESRCH: it has ended;
 * -EPERM: no right to, or it is being traced, or a filter of its system calls is in the way; -EAGAIN: no thread of it could be
 * stopped. */
int lk_inject_unlock(const struct lk_trace *trace, const struct lk_inject *job, struct lk_err *err);

/* The same in this very process, with that thread. -EAGAIN: it did not stop, and this process stays attached to it until its end. */
int lk_inject_thread(const struct lk_trace *trace, const struct lk_inject *job, int tid, struct lk_err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target of an action: one process, and one lock of it if the action is about a lock. It is copied and pinned when the plan is
 * made, so that no later change of the lock list can turn the action on another process. */
#ifndef LK_ACTION_TARGET_H
#define LK_ACTION_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "action/sys.h"
#include "base/err.h"
#include "model/snapshot.h"

/* The executable file that a process runs. */
struct lk_program {
	bool known;
	uint32_t major, minor; /* of its device */
	uint64_t ino;
};

struct lk_target {
	int pid;
	uint64_t start_ticks; /* clock ticks since boot, proc_pid_stat(5) field 22 */
	int pidfd; /* owned; -1 when not pinned */
	char *comm; /* owned; exact bytes; only for messages, because a process can change its name at any time */
	struct lk_program program; /* to notice that the process has executed another one */
	int64_t uid;
	int tid; /* 0: fd is in the process's descriptor table; else in this thread's private one */
	int fd; /* shows the lock; -1: not known, or the target is the process only */
	bool has_lock;
	uint64_t lock_id;
	struct lk_record rec; /* the lock line that fdinfo of fd must still show */
};

/* Copies the facts to *t and pins the process with a pidfd. Fails as lk_target_check() does, but does not compare the lock. holder
 * NULL: the target is the process alone. 0, or -errno with a sentence in *err: -ESRCH: the process is gone; -ESTALE: the number belongs
 * to another process now; -ETIMEDOUT: reading about the process does not end. After 0 call lk_target_done(). */
int lk_target_pin(struct lk_target *t, const struct lk_sys *sys, const struct lk_proc *proc, const struct lk_lock *lock,
		  const struct lk_holder *holder, struct lk_err *err);
void lk_target_done(struct lk_target *t, const struct lk_sys *sys);

/* Is it still the same process (pidfd alive, start time), running the same program (device and inode number of its file), and, with
 * has_lock, is the lock still on its descriptor? 0: yes; -ESTALE: no; another -errno: it could not be found out. Both errors with a
 * sentence in *err. */
int lk_target_check(const struct lk_target *t, const struct lk_sys *sys, struct lk_err *err);

#endif

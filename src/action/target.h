/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an action is aimed at: a copy made when the plan is made, pinned to one process and one lock, so that nothing that happens
 * to the list afterwards can turn the action on a stranger. */
#ifndef LK_ACTION_TARGET_H
#define LK_ACTION_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "action/sys.h"
#include "base/err.h"
#include "model/snapshot.h"

/* The file that a process runs. */
struct lk_program {
	bool known;
	uint32_t major, minor; /* of its device */
	uint64_t ino;
};

struct lk_target {
	int pid;
	uint64_t start_ticks; /* clock ticks since boot, proc_pid_stat(5) field 22 */
	int pidfd; /* owned; -1 when not pinned */
	char *comm; /* owned; exact bytes, for words to people: a process may call itself what it likes, when it likes */
	struct lk_program program; /* to see that it executes another one */
	int64_t uid;
	int tid; /* whose descriptor table: 0 the process's own */
	int fd; /* of the lock; -1: aimed at the process only */
	bool has_lock;
	uint64_t lock_id;
	struct lk_record rec; /* the lock line that must still show on fd */
};

/* Copies and pins. It refuses as lk_target_check() does, except for the lock, which is compared only there. holder NULL: the process
 * alone. 0, or -errno with a sentence (-ESRCH: gone; -ESTALE: the number belongs to another process by now; -ETIMEDOUT: nothing can
 * be read about it). lk_target_done() when 0. */
int lk_target_pin(struct lk_target *t, const struct lk_sys *sys, const struct lk_proc *proc, const struct lk_lock *lock,
		  const struct lk_holder *holder, struct lk_err *err);
void lk_target_done(struct lk_target *t, const struct lk_sys *sys);

/* Still the same process (pidfd alive, start time), running the same program (device and inode number of its file), and, with
 * has_lock, still that lock on that descriptor. 0; -ESTALE with "target changed since you looked: ..."; or -errno with a sentence
 * when that cannot be seen. */
int lk_target_check(const struct lk_target *t, const struct lk_sys *sys, struct lk_err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LK_ACTION_TARGET_PRIVATE_H
#define LK_ACTION_TARGET_PRIVATE_H

#include "action/target.h"
#include "source/procroot.h"

/* What is to be seen of a target now. */
struct lk_target_seen {
	int rc; /* 0; -ESRCH: there is no such process; -ETIMEDOUT: it does not answer; -errno */
	uint64_t start_ticks;
	char comm[64]; /* not terminated; the kernel keeps 15 bytes, workqueue threads have longer ones */
	size_t comm_len;
	struct lk_program program;
	int lock_rc; /* 0: the lock shows on its descriptor; -ENOENT: it does not; -errno */
};

/* Returns ret->rc, or -errno when no helper could be started. */
int lk_target_look(const struct lk_target *t, const struct lk_procroot *root, struct lk_target_seen *ret);

#endif

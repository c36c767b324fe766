/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children that are stuck in the kernel, for helper.c. From any thread. */
#ifndef LK_SOURCE_HELPER_PRIVATE_H
#define LK_SOURCE_HELPER_PRIVATE_H

#include "source/helper.h"

/* This child of ours was killed and has not ended; what: as in lk_helper_about. */
void lk_helper_leave(pid_t pid, uint64_t what);
/* There are LK_HELPER_MAX_STUCK of them. */
bool lk_helper_is_full(void);
/* There is one. */
bool lk_helper_any_is_stuck(void);
/* One of them asks this. 0 is nothing. */
bool lk_helper_is_stuck_on(uint64_t what);
/* In a new child: those of the parent stay known, but can no longer be watched; nor does anybody watch what the child reads. */
void lk_helper_begin_child(void);

#endif

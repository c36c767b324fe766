/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debug output for bug reports: LOCKSCOPE_DEBUG=scan,bpf,act,tui (or "all") says what each part does, on standard error or appended to the
 * file that LOCKSCOPE_DEBUG_FILE names. Both variables are ignored in a program with more rights than its user (secure_getenv(3)). */
#ifndef LK_BASE_DEBUG_H
#define LK_BASE_DEBUG_H

#include <stdbool.h>

enum lk_debug_part {
	LK_DEBUG_SCAN = 1 << 0, /* what is read, how often, and how long it takes */
	LK_DEBUG_BPF = 1 << 1, /* whether bpf can be used and what it found */
	LK_DEBUG_ACT = 1 << 2, /* each step of an action that changes something */
	LK_DEBUG_TUI = 1 << 3, /* commands, looks */
};

/* Whether debug output of this part is wanted. Ask before computing something only for lk_debug(). */
bool lk_debug_is_on(enum lk_debug_part part);
/* Writes one sanitized line: milliseconds since the start, part, pid, text. Does nothing if this part is not wanted. Keeps errno. */
void lk_debug(enum lk_debug_part part, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The descriptor that lines are written to, at least 3, for a child that closes all descriptors but some. -1: none. */
int lk_debug_fd(void);

#endif

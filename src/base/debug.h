/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each part does, for reports from the field: LOCKSCOPE_DEBUG=scan,bpf,act,tui (or "all"), to standard error or, appended, to the file
 * of LOCKSCOPE_DEBUG_FILE. The environment is not believed in a program with more rights than its user (secure_getenv(3)). */
#ifndef LK_BASE_DEBUG_H
#define LK_BASE_DEBUG_H

#include <stdbool.h>

enum lk_debug_part {
	LK_DEBUG_SCAN = 1 << 0, /* what is read, how often, and how long it takes */
	LK_DEBUG_BPF = 1 << 1, /* whether bpf can be used and what it found */
	LK_DEBUG_ACT = 1 << 2, /* each step of what changes something */
	LK_DEBUG_TUI = 1 << 3, /* keys, commands, frames */
};

/* Whether it was asked for: for what costs something to find out. */
bool lk_debug_is_on(enum lk_debug_part part);
/* One line: milliseconds since the start, part, pid, text; sanitized. Nothing where it was not asked for. errno stays. */
void lk_debug(enum lk_debug_part part, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Where the lines go, for a child that closes all descriptors but some; -1: nowhere. At least 3. */
int lk_debug_fd(void);

#endif

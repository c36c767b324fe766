/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal as it was, whatever ends the program: a crash, abort(3), memory that is out, exit(3) from another thread. */
#ifndef LK_TUI_RESCUE_H
#define LK_TUI_RESCUE_H

#include <stddef.h>
#include <termios.h>

/* What is written to fd, and its modes, to give the terminal back. bytes: copied, at most LK_RESCUE_MAX. Catches the signals of crashes;
 * what they would have done happens afterwards. Once per process; 0 or -errno. */
#define LK_RESCUE_MAX 512
int lk_rescue_init(int fd, const struct termios *modes, const char *bytes, size_t n);
/* From now on the terminal is ours, or no more. */
void lk_rescue_arm(int armed);

#endif

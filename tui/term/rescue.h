/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives the terminal back, whatever ends the program: a crash, abort(3), out of memory, exit(3) in another thread. */
#ifndef LK_TUI_RESCUE_H
#define LK_TUI_RESCUE_H

#include <stddef.h>
#include <termios.h>

/* What gives the terminal back: these bytes, written to fd, and its modes. bytes: copied, at most LK_RESCUE_MAX. Catches the signals of
 * crashes; afterwards these have the effect that they would have had. Once per process; 0 or -errno. */
#define LK_RESCUE_MAX 512
int lk_rescue_init(int fd, const struct termios *modes, const char *bytes, size_t n);
/* 1: from now on the terminal has to be given back; 0: it is given back already. */
void lk_rescue_arm(int armed);

#endif

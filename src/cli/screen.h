/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The door to the screen, which stands above the command line and is not part of every build. */
#ifndef LK_CLI_SCREEN_H
#define LK_CLI_SCREEN_H

#include "cli/option.h"

/* Runs until the user leaves; the terminal is then as it was. NULL in a build without the screen. Defined in tui/main.c. */
enum lk_status lk_screen_run(const struct lk_cli *cli) __attribute__((weak));

/* There is a screen, and standard input and output are terminals. */
bool lk_screen_is_possible(void);

#endif

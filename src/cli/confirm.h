/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking on the terminal before something is changed. */
#ifndef LK_CLI_CONFIRM_H
#define LK_CLI_CONFIRM_H

#include "cli/option.h"

/* "question [y/N] ": only y or yes is a yes; an empty line, anything else and end of file are No. With --yes nothing is asked.
 * 0: go on. LK_STATUS_REFUSED after it was said why: No, or there is no terminal and no --yes. */
enum lk_status lk_confirm(const struct lk_cli *cli, const char *question);

/* There is a terminal to ask on. */
bool lk_confirm_possible(void);

/* Asks for the number of the process that loses its lock, whatever --yes says. 0: it was typed. LK_STATUS_REFUSED as above. */
enum lk_status lk_confirm_pid(int pid);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a command of the user's. */
#ifndef LK_ACTION_COMMAND_H
#define LK_ACTION_COMMAND_H

#include "base/err.h"

/* Runs argv (found through PATH), with every descriptor that is not marked close-on-exec, and waits for its end. Meanwhile SIGINT and
 * SIGQUIT are left to the command, as a shell does; SIGTERM and SIGHUP are passed on to it. 0 with its exit status: 128 + n when
 * signal n ended it, 127 when there is no such command, 126 when it cannot be run. -errno when no process could be made. */
int lk_command_run(char *const *argv, int *ret_status, struct lk_err *err);

#endif

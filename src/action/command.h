/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a command that the user gave. */
#ifndef LK_ACTION_COMMAND_H
#define LK_ACTION_COMMAND_H

#include "base/err.h"

/* Runs argv (found through PATH), which inherits every descriptor that is not marked close-on-exec, and waits for its end. Until then
 * this process ignores SIGINT and SIGQUIT, as a shell does, and passes SIGTERM and SIGHUP on to the command. 0 with the exit status in
 * *ret_status: 128 + n if signal n ended the command, 127 if there is no such command, 126 if it cannot be run. -errno if no process
 * could be made or waited for. */
int lk_command_run(char *const *argv, int *ret_status, struct lk_err *err);

#endif

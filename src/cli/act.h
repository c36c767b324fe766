/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every verb that acts does with a finished plan: show it, ask, execute, report. */
#ifndef LK_CLI_ACT_H
#define LK_CLI_ACT_H

#include "action/action.h"
#include "cli/session.h"

/* Shows the plan of a, asks, runs it and reports. s: its snapshot has been taken. rows: the locks the action is about, for -J; may be NULL
 * when n_rows is 0. question: asked on a terminal, with " [y/N] " appended; NULL: nothing is asked. The plan and the results go to
 * standard output. With -J the document goes there, and the plan to standard error if the user will be asked. Reasons for a refusal also
 * go to standard error. Returns the exit status of the verb. */
enum lk_status lk_act_run(const struct lk_cli *cli, const struct lk_session *s, struct lk_action *a,
			  const struct lk_lock *const *rows, size_t n_rows, const char *question);

/* The same for taking a lock away. typed: the number of the process that loses the lock, which the user must type besides the answer; 0:
 * it was already given as --pid, or the plan is refused. */
enum lk_status lk_act_release(const struct lk_cli *cli, const struct lk_session *s, struct lk_action *a,
			      const struct lk_lock *const *rows, size_t n_rows, int typed);

#endif

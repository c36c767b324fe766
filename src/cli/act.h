/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every verb that acts does with a finished plan: show it, ask, execute, report. */
#ifndef LK_CLI_ACT_H
#define LK_CLI_ACT_H

#include "action/action.h"
#include "cli/session.h"

/* The session has taken its snapshot; rows: the locks the action is about, for -J; may be NULL when n_rows is 0. question: asked on a
 * terminal, without its "[y/N]"; NULL: it is not asked. The plan, and what happened, go to standard output; with -J the document goes
 * there, and the plan to standard error where somebody will be asked. Why it is refused is said on standard error too. Returns the status of the verb. */
enum lk_status lk_act_run(const struct lk_cli *cli, const struct lk_session *s, struct lk_action *a,
			  const struct lk_lock *const *rows, size_t n_rows, const char *question);

/* The same for taking a lock away. typed: the number of the process that loses it, which has to be typed beside the answer; 0: it was
 * given already, or nothing will be done. */
enum lk_status lk_act_release(const struct lk_cli *cli, const struct lk_session *s, struct lk_action *a,
			      const struct lk_lock *const *rows, size_t n_rows, int typed);

#endif

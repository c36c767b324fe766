/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks on files that are deleted and were called as the FILE is: remarks, which change neither the answer nor the exit status. */
#ifndef LK_CLI_WHO_DELETED_H
#define LK_CLI_WHO_DELETED_H

#include "action/namesake.h"
#include "cli/out.h"
#include "cli/session.h"

/* The session has taken its snapshot. The FILE may be missing. 0 or -ENOMEM; lk_vec_done() in either case. */
int lk_who_deleted_find(const struct lk_session *s, const struct lk_asked *target, lk_namesakes *ret);

/* A line for each process, on standard output or standard error; nothing where there are none. 0 or -ENOMEM. */
int lk_who_deleted_print(const struct lk_out *o, const lk_namesakes *list);
int lk_who_deleted_say(const struct lk_asked *target, const lk_namesakes *list);
/* For each FILE of the session, found here. */
int lk_who_deleted_say_all(const struct lk_session *s);

/* The end of a sentence that says that the only FILE is free: "; but process 17 (flock) holds …". "" where there are none. In the
 * session's arena. */
const char *lk_who_deleted_but(struct lk_session *s);

#endif

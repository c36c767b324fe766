/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session of the command line: opens its source, and says what could not be read. */
#ifndef LK_CLI_SESSION_H
#define LK_CLI_SESSION_H

#include "cli/option.h"
#include "query/session.h"

/* Opens the machine, the /proc tree or the capture that the command line asks for. 0 with *ret (lk_source_free()), or -errno with a
 * sentence. */
int lk_session_source(const struct lk_cli *cli, struct lk_source **ret, struct lk_err *err);

/* 0, or the exit status after the reason was printed. lk_session_done() in either case. */
enum lk_status lk_session_open(struct lk_session *s, const struct lk_cli *cli);
/* Takes the snapshot. needs: LK_NEED_*. Returns as above. */
enum lk_status lk_session_take(struct lk_session *s, unsigned needs);
/* With -v, says which processes could not be looked at, "TEXT: 1 (init): Permission denied". count: how many there are in all. */
void lk_session_name_unread(const struct lk_session *s, const char *text, const struct lk_fact_unread *u, size_t n,
			    size_t count);
/* Says on standard error what could not be read, if that could change the answer; with -v everything, and figures of the scan. */
void lk_session_badge(const struct lk_session *s);

/* Flushes and closes standard output. Returns `status`; or LK_STATUS_ERROR if it could not be written, which is said unless it was
 * EPIPE. */
enum lk_status lk_session_close_output(enum lk_status status);

#endif

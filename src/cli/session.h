/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session of the command line: its source, and what could not be read, in words. */
#ifndef LK_CLI_SESSION_H
#define LK_CLI_SESSION_H

#include "cli/option.h"
#include "query/session.h"

/* The machine, the /proc tree or the capture that the command line asks for. 0 with *ret (lk_source_free()), or -errno with a sentence. */
int lk_session_source(const struct lk_cli *cli, struct lk_source **ret, struct lk_err *err);

/* 0, or the status to exit with after it was said why. lk_session_done() in either case. */
enum lk_status lk_session_open(struct lk_session *s, const struct lk_cli *cli);
/* needs: LK_NEED_*. As above. */
enum lk_status lk_session_take(struct lk_session *s, unsigned needs);
/* With -v: which processes could not be looked at, "TEXT: 1 (init): Permission denied"; count: how many in all. */
void lk_session_name_unread(const struct lk_session *s, const char *text, const struct lk_fact_unread *u, size_t n,
			    size_t count);
/* On standard error, when something that could change the answer could not be read; with -v, everything. */
void lk_session_badge(const struct lk_session *s);

/* Flushes and closes standard output. The status given, or LK_STATUS_ERROR after saying that it could not be written. */
enum lk_status lk_session_close_output(enum lk_status status);

#endif

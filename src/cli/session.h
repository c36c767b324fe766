/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every verb that looks does: open the source, take a snapshot, say what could not be read. */
#ifndef LK_CLI_SESSION_H
#define LK_CLI_SESSION_H

#include "base/arena.h"
#include "cli/option.h"
#include "model/snapshot.h"

/* A FILE of the command line. */
struct lk_asked {
	const char *path; /* as asked; borrowed */
	bool resolved;
	struct lk_fact_file file; /* if resolved; strings in the session's arena */
	int code; /* else why not: -errno */
	const char *reason; /* and a sentence; in the arena */
};

struct lk_session {
	const struct lk_cli *cli;
	struct lk_source *source;
	struct lk_snapshot *snap; /* NULL until lk_session_take() */
	struct lk_arena arena;
	struct lk_asked *targets; /* in the arena */
	size_t n_targets;
};

/* The machine, the /proc tree or the capture that the command line asks for. 0 with *ret (lk_source_free()), or -errno with a sentence. */
int lk_session_source(const struct lk_cli *cli, struct lk_source **ret, struct lk_err *err);

/* 0, or the status to exit with after it was said why. lk_session_done() in either case. */
enum lk_status lk_session_open(struct lk_session *s, const struct lk_cli *cli);
/* needs: LK_NEED_*. As above. */
enum lk_status lk_session_take(struct lk_session *s, unsigned needs);
/* Looks the FILEs up. A FILE that cannot be is marked, not said. As above. */
enum lk_status lk_session_resolve(struct lk_session *s);
/* Looks t->path up, which has to stay as long as the session. 0 or -ENOMEM: that it could not be looked up is in *t. */
int lk_session_resolve_one(struct lk_session *s, struct lk_asked *t);
/* The FILE is not there or the question makes no sense, rather than: it could not be looked at. */
bool lk_asked_is_missing(const struct lk_asked *t);
/* A copy whose strings are in the arena. 0 or -ENOMEM. */
int lk_session_copy_file(struct lk_session *s, const struct lk_fact_file *file, struct lk_fact_file *ret);
/* With -v: which processes could not be looked at, "TEXT: 1 (init): Permission denied"; count: how many in all. */
void lk_session_name_unread(const struct lk_session *s, const char *text, const struct lk_fact_unread *u, size_t n,
			    size_t count);
/* A file of the snapshot whose own name could not be read gets that of `file`, where this is known to be the same file. Its strings
 * are borrowed: those in the session's arena live long enough. */
void lk_session_name_file(struct lk_file *f, const struct lk_fact_file *file);
/* On standard error, when something that could change the answer could not be read; with -v, everything. */
void lk_session_badge(const struct lk_session *s);
void lk_session_done(struct lk_session *s);

/* Flushes and closes standard output. The status given, or LK_STATUS_ERROR after saying that it could not be written. */
enum lk_status lk_session_close_output(enum lk_status status);

#endif

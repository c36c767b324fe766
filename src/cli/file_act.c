/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs rm and mv do. */
#include "cli/file_act.h"

#include <errno.h>

#include "action/file.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "cli/act.h"
#include "cli/file_chain.h"
#include "cli/session.h"

static enum lk_status act(const struct lk_cli *cli, const struct lk_session *s, struct lk_action *a,
			  const char *question)
{
	size_t n;
	const size_t *index = lk_file_locks(a, &n);
	lk_auto_mem const struct lk_lock **rows = lk_alloc(n, sizeof(*rows));

	for (size_t i = 0; i < n; i++)
		rows[i] = &s->snap->locks[index[i]];
	return lk_act_run(cli, s, a, rows, n, question);
}

static const struct lk_file_ways ways = {
	.used = "give --even-if-used",
	.unknown = "give --even-if-unknown",
	.replace = "give --replace",
};

/* before: what is to be done first would let go of the file. */
static enum lk_status plan(const struct lk_cli *cli, const struct lk_session *s, bool before, struct lk_action **ret)
{
	struct lk_file_request req = {
		.ways = &ways,
		.path = cli->args[0],
		.new_path = cli->n_args > 1 ? cli->args[1] : NULL,
		.even_if_used = cli->even_if_used || before,
		/* Nobody who did not answer can do worse than use it. */
		.even_if_unknown = cli->even_if_unknown || cli->even_if_used,
		.replace = cli->replace,
		.timeout_ms = cli->timeout_ms,
	};
	struct lk_err err = { 0 };
	enum lk_status status = 0;
	int rc = lk_file_plan(&lk_sys_real, s->source, s->snap, &req, ret, &err);

	if (rc < 0) {
		lk_say("%s", lk_err_text(&err));
		status = rc == -ESTALE ? LK_STATUS_REFUSED : rc == -ETIMEDOUT ? LK_STATUS_TIMEOUT : LK_STATUS_ERROR;
	}
	lk_err_done(&err);
	return status;
}

/* only_refusal: it is not done, and nothing is said, unless it is refused. */
static enum lk_status look_and_act(const struct lk_cli *cli, bool before, bool only_refusal, const char *question)
{
	struct lk_session session;
	struct lk_action *action = NULL;
	enum lk_status status = lk_session_open(&session, cli);

	if (!status)
		status = lk_session_take(&session, LK_NEED_USER);
	if (!status)
		status = plan(cli, &session, before, &action);
	if (!status && (!only_refusal || action->refused))
		status = act(cli, &session, action, question);
	lk_file_free(action);
	lk_session_done(&session);
	return status;
}

enum lk_status lk_file_act(const struct lk_cli *cli, const char *question)
{
	bool chain = lk_file_chain_wanted(cli);
	enum lk_status status = lk_file_chain_check(cli);

	/* Nobody loses a lock or is ended for what is refused in the end. */
	if (!status && chain && !cli->act.dry_run)
		status = look_and_act(cli, true, true, question);
	if (!status && chain) {
		status = lk_file_chain(cli);
		if (!status)
			puts("");
	}
	return status ? status : look_and_act(cli, chain && cli->act.dry_run, false, question);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done to the holders of a file before it is deleted or renamed. */
#include "cli/file_chain.h"

#include <errno.h>
#include <string.h>

#include "action/release.h"
#include "action/signal.h"
#include "base/text.h"
#include "cli/act.h"
#include "cli/who_print.h"

struct chain {
	const struct lk_cli *cli;
	struct lk_session session;
	LK_VEC(const struct lk_lock *) held;
	lk_signal_list wanted;
};

static enum lk_status look(struct chain *c)
{
	enum lk_status status = lk_session_open(&c->session, c->cli);

	/* About FILE only, and a link is not followed. */
	c->session.n_names = 1;
	c->session.physical = true;
	if (!status)
		lk_session_resolve(&c->session);
	if (!status && !c->session.targets[0].resolved) {
		lk_say("%s", c->session.targets[0].reason);
		status = c->session.targets[0].code == -ETIMEDOUT ? LK_STATUS_TIMEOUT : LK_STATUS_ERROR;
	}
	return status ? status : lk_session_take(&c->session, LK_NEED_WAITS | LK_NEED_CGROUP | LK_NEED_USER);
}

static void collect(struct chain *c)
{
	const struct lk_snapshot *snap = c->session.snap;

	for (size_t i = 0; i < snap->n_locks; i++) {
		const struct lk_lock *l = &snap->locks[i];

		if (!lk_lock_is_waiting(l) && lk_lock_is_on(l, &c->session.targets[0].file) == LK_YES)
			*lk_vec_push(&c->held) = l;
	}
}

/* -- --signal -- */

static enum lk_status want_holders(struct chain *c, const struct lk_lock *l)
{
	if (!l->n_holders || !lk_lock_is_exact(l)) {
		lk_who_say_not_proven(c->session.snap, l);
		return LK_STATUS_REFUSED;
	}
	for (size_t i = 0; i < l->n_holders; i++)
		lk_signal_want(&c->wanted, (struct lk_signal_wanted){
						   .pid = l->holders[i].pid, .lock = l, .holder = &l->holders[i] });
	return 0;
}

static enum lk_status signal_holders(struct chain *c)
{
	const struct lk_cli_act *opt = &c->cli->act;
	struct lk_signal s = { 0 };
	struct lk_err err = { 0 };
	enum lk_status status = 0;
	int rc;

	for (size_t i = 0; i < c->held.n && !status; i++)
		status = want_holders(c, c->held.v[i]);
	if (status || !c->wanted.n)
		return status;
	rc = lk_signal_plan(&s, &lk_sys_real, c->session.source, c->session.snap, c->wanted.v, c->wanted.n,
			    opt->steps.v, opt->steps.n, &err);
	if (rc == 0)
		status = lk_act_run(c->cli, &c->session, &s.base, c->held.v, c->held.n,
				    c->wanted.n == 1 ? "Send it?" : "Send them?");
	else
		status = lk_say_error(&err);
	lk_err_done(&err);
	lk_action_free(&s.base);
	return status;
}

/* -- --release -- */

static bool is_named(const struct lk_cli *cli, int pid)
{
	int named;

	for (size_t i = 0; i < cli->pids.n; i++) {
		if (lk_text_pid(cli->pids.v[i], strlen(cli->pids.v[i]), &named) == 0 && named == pid)
			return true;
	}
	return false;
}

/* The holder's number has to be given or typed, as for `release`. */
static enum lk_status run_release(struct chain *c, struct lk_release *r)
{
	int pid = r->holder ? r->holder->pid : 0;

	return lk_act_release(c->cli, &c->session, &r->action, &r->lock, 1, is_named(c->cli, pid) ? 0 : pid);
}

static enum lk_status release_one(struct chain *c, const struct lk_lock *l)
{
	struct lk_release r;
	enum lk_status status;

	lk_release_plan(&r, &lk_sys_real, &lk_trace_real, c->session.source, c->session.snap, l, 0, NULL);
	status = run_release(c, &r);
	lk_action_free(&r.action);
	return status;
}

/* Each lock stands on its own; the first that stays ends it. */
static enum lk_status release_locks(struct chain *c)
{
	enum lk_status status = 0;

	for (size_t i = 0; i < c->held.n && !status; i++)
		status = release_one(c, c->held.v[i]);
	return status;
}

bool lk_file_chain_wanted(const struct lk_cli *cli)
{
	return cli->release_first || cli->act.steps.n;
}

enum lk_status lk_file_chain_check(const struct lk_cli *cli)
{
	if (cli->release_first && cli->act.steps.n)
		return lk_cli_misuse(cli->verb, "--signal and --release exclude each other");
	if (lk_file_chain_wanted(cli) && cli->format == LK_FORMAT_JSON)
		return lk_cli_misuse(
			cli->verb,
			"-J prints one document: run 'lockscope signal' or 'lockscope release' before, with its own");
	return 0;
}

enum lk_status lk_file_chain(const struct lk_cli *cli)
{
	struct chain c = { .cli = cli };
	enum lk_status status;

	status = look(&c);
	if (!status) {
		collect(&c);
		status = cli->release_first ? release_locks(&c) : signal_holders(&c);
	}
	if (status)
		lk_say("%s was left as it is", cli->args[0]);
	lk_vec_done(&c.held);
	lk_vec_done(&c.wanted);
	lk_session_done(&c.session);
	return status;
}

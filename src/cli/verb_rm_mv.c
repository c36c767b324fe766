/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs rm and mv: delete or rename a file, and if asked first signal its holders or take their locks away. */
#include <errno.h>
#include <string.h>

#include "action/file.h"
#include "action/release.h"
#include "action/signal.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/act.h"
#include "cli/privilege.h"
#include "cli/session.h"
#include "cli/who_print.h"

/* What --signal and --release, which are done first, need. */
struct first {
	const struct lk_cli *cli;
	struct lk_session session;
	LK_VEC(const struct lk_lock *) held;
	lk_signal_list wanted;
};

static enum lk_status look(struct first *f)
{
	enum lk_status status = lk_session_open(&f->session, f->cli);

	/* Only about FILE, not NEW; and a symbolic link is not followed. */
	f->session.n_names = 1;
	f->session.physical = true;
	if (!status)
		lk_session_resolve(&f->session);
	if (!status && !f->session.targets[0].resolved) {
		lk_say("%s", f->session.targets[0].reason);
		status = f->session.targets[0].code == -ETIMEDOUT ? LK_STATUS_TIMEOUT : LK_STATUS_ERROR;
	}
	return status ? status : lk_session_take(&f->session, LK_NEED_WAITS | LK_NEED_CGROUP | LK_NEED_USER);
}

static void collect(struct first *f)
{
	const struct lk_snapshot *snap = f->session.snap;

	for (size_t i = 0; i < snap->n_locks; i++) {
		const struct lk_lock *l = &snap->locks[i];

		if (!lk_lock_is_waiting(l) && lk_lock_is_on(l, &f->session.targets[0].file) == LK_YES)
			*lk_vec_push(&f->held) = l;
	}
}

/* ---- --signal ---- */

static enum lk_status want_holders(struct first *f, const struct lk_lock *l)
{
	if (!l->n_holders || !lk_lock_is_exact(l)) {
		lk_who_say_not_proven(f->session.snap, l);
		return LK_STATUS_REFUSED;
	}
	for (size_t i = 0; i < l->n_holders; i++)
		lk_signal_want(&f->wanted, (struct lk_signal_wanted){
						   .pid = l->holders[i].pid, .lock = l, .holder = &l->holders[i] });
	return 0;
}

static enum lk_status signal_holders(struct first *f)
{
	const struct lk_cli_act *opt = &f->cli->act;
	struct lk_signal s = { 0 };
	struct lk_err err = { 0 };
	enum lk_status status = 0;
	int rc;

	for (size_t i = 0; i < f->held.n && !status; i++)
		status = want_holders(f, f->held.v[i]);
	if (status || !f->wanted.n)
		return status;
	rc = lk_signal_plan(&s, &lk_sys_real, f->session.source, f->session.snap, f->wanted.v, f->wanted.n,
			    opt->steps.v, opt->steps.n, &err);
	if (rc == 0)
		status = lk_act_run(f->cli, &f->session, &s.base, f->held.v, f->held.n,
				    f->wanted.n == 1 ? "Send it?" : "Send them?");
	else
		status = lk_say_error(&err);
	lk_err_done(&err);
	lk_action_free(&s.base);
	return status;
}

/* ---- --release ---- */

static bool is_named(const struct lk_cli *cli, int pid)
{
	int named;

	for (size_t i = 0; i < cli->pids.n; i++) {
		if (lk_text_pid(cli->pids.v[i], strlen(cli->pids.v[i]), &named) == 0 && named == pid)
			return true;
	}
	return false;
}

/* The holder's number has to be given as --pid or typed, as for `release`. */
static enum lk_status run_release(struct first *f, struct lk_release *r)
{
	int pid = r->holder ? r->holder->pid : 0;

	return lk_act_release(f->cli, &f->session, &r->action, &r->lock, 1, is_named(f->cli, pid) ? 0 : pid);
}

static enum lk_status release_one(struct first *f, const struct lk_lock *l)
{
	struct lk_release r;
	enum lk_status status;

	lk_release_plan(&r, &lk_sys_real, &lk_trace_real, f->session.source, f->session.snap, l, 0, NULL);
	status = run_release(f, &r);
	lk_action_free(&r.action);
	return status;
}

/* Releases the locks one by one, each with a plan of its own, and stops at the first that is not released. */
static enum lk_status release_locks(struct first *f)
{
	enum lk_status status = 0;

	for (size_t i = 0; i < f->held.n && !status; i++)
		status = release_one(f, f->held.v[i]);
	return status;
}

/* Is --signal or --release to be done before? */
static bool has_first(const struct lk_cli *cli)
{
	return cli->release_first || cli->act.steps.n;
}

static enum lk_status check_first(const struct lk_cli *cli)
{
	if (cli->release_first && cli->act.steps.n)
		return lk_cli_misuse(cli->verb, "--signal and --release exclude each other");
	if (has_first(cli) && cli->only_stale)
		return lk_cli_misuse(cli->verb,
				     "--if-stale does not go with --signal or --release: nobody holds a stale lock");
	if (has_first(cli) && cli->format == LK_FORMAT_JSON)
		return lk_cli_misuse(
			cli->verb,
			"-J prints one document: run 'lockscope signal' or 'lockscope release' before, with its own");
	return 0;
}

/* 0: go on (also if nobody holds the file); else the exit status, after the reason was printed. */
static enum lk_status do_first(const struct lk_cli *cli)
{
	struct first f = { .cli = cli };
	enum lk_status status;

	status = look(&f);
	if (!status) {
		collect(&f);
		status = cli->release_first ? release_locks(&f) : signal_holders(&f);
	}
	if (status)
		lk_say("%s was left as it is", cli->args[0]);
	lk_vec_done(&f.held);
	lk_vec_done(&f.wanted);
	lk_session_done(&f.session);
	return status;
}

/* ---- the file ---- */

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

/* before: --signal or --release is still to come and may end the use of the file, so that it is used is no reason to refuse. */
static enum lk_status plan(const struct lk_cli *cli, const struct lk_session *s, bool before, struct lk_action **ret)
{
	struct lk_file_request req = {
		.ways = &ways,
		.path = cli->args[0],
		.new_path = cli->n_args > 1 ? cli->args[1] : NULL,
		.even_if_used = cli->even_if_used || before,
		/* --even-if-used includes this: a process that does not answer can do no worse than use the file. */
		.even_if_unknown = cli->even_if_unknown || cli->even_if_used,
		.only_stale = cli->only_stale,
		.replace = cli->replace,
		.timeout_ms = cli->timeout_ms,
	};
	struct lk_err err = { 0 };
	enum lk_status status = 0;
	int rc = lk_file_plan(&lk_sys_real, s->source, s->snap, &req, ret, &err);

	if (rc < 0) {
		lk_say("%s", lk_err_text(&err));
		/* -ELOOP: only a link that may be followed. */
		status = rc == -ESTALE || (rc == -ELOOP && cli->only_stale) ? LK_STATUS_REFUSED
			 : rc == -ETIMEDOUT                                 ? LK_STATUS_TIMEOUT
									    : LK_STATUS_ERROR;
	}
	lk_err_done(&err);
	return status;
}

/* only_refusal: if the plan is not refused, nothing is printed and nothing is done. */
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

static enum lk_status file_act(const struct lk_cli *cli, const char *question)
{
	bool first = has_first(cli);
	enum lk_status status = check_first(cli);

	/* Checks first, so that no process is signalled or loses a lock when rm or mv would be refused in the end. */
	if (!status && first && !cli->act.dry_run)
		status = look_and_act(cli, true, true, question);
	if (!status && first) {
		status = do_first(cli);
		if (!status)
			puts("");
	}
	return status ? status : look_and_act(cli, first && cli->act.dry_run, false, question);
}

/* ---- the verbs ---- */

static enum lk_status run_rm(const struct lk_cli *cli)
{
	return file_act(cli, "Delete it?");
}

const struct lk_verb lk_verb_rm = {
	.name = "rm",
	.args = "FILE",
	.brief = "delete a file, knowing who uses it",
	.text = "Shows who holds locks on the FILE, waits for it and uses it, asks, and deletes the name. It is refused while the FILE is\n"
		"locked or in proven use, unless --even-if-used is given. So it is while\n"
		"processes that may use it do not answer, unless --even-if-unknown is given; those that you may not look into are a\n"
		"warning only.\n"
		"\n"
		"Deleting a lock file does not release the lock: who holds it keeps it, on a file without a name. A symbolic link is\n"
		"deleted itself, not what it points to; directories are refused. The name is deleted only if it still leads to the\n"
		"file that was shown.\n"
		"\n"
		"--signal or --release goes first: it ends or disarms the holders, with a plan of its own.\n"
		"\n"
		"--if-stale deletes FILE only if it is a lock file that is proven to be stale, and with it what belongs to it. That\n"
		"is made sure of once more while nobody else can open it.\n"
		"\n"
		"The exit status is 0 if it was deleted, 4 if it was left alone because it cannot be told whether it is\n"
		"used, 5 if it was refused, not confirmed or the FILE changed meanwhile, 2 for errors.",
	.options = LK_OPTIONS_ACT | LK_OPTIONS_FILE_ACT | LK_OPTIONS_RM,
	.min_args = 1,
	.max_args = 1,
	.changes = true,
	.privileges = LK_PRIVILEGE_FILES | LK_PRIVILEGE_SIGNAL | LK_PRIVILEGE_RELEASE | LK_PRIVILEGE_USES |
		      LK_PRIVILEGE_LEASE,
	.run = run_rm,
};

static enum lk_status run_mv(const struct lk_cli *cli)
{
	return file_act(cli, "Rename it?");
}

const struct lk_verb lk_verb_mv = {
	.name = "mv",
	.args = "FILE NEW",
	.brief = "rename or move a file, knowing who uses it",
	.text = "Shows who holds locks on the FILE, waits for it and uses it, asks, and gives it the name NEW; where NEW is a directory,\n"
		"it is moved there. It is refused while the FILE is locked or in proven use, unless --even-if-used is given.\n"
		"So it is while processes that may use it do not answer, unless --even-if-unknown is given; those that you may not\n"
		"look into are a warning only.\n"
		"\n"
		"Nothing is overwritten, unless --replace is given; then what would be replaced is looked at in the same way. Locks\n"
		"stay with the file. Moving to another file system would be copying, and is refused. A symbolic link is renamed\n"
		"itself. The file is renamed only if the name still leads to the file that was shown.\n"
		"\n"
		"--signal or --release goes first: it ends or disarms the holders, with a plan of its own.\n"
		"\n"
		"The exit status is 0 if it was renamed, 4 if it was left alone because it cannot be told whether it is\n"
		"used, 5 if it was refused, not confirmed or the FILE changed meanwhile, 2 for errors.",
	.options = LK_OPTIONS_ACT | LK_OPTIONS_FILE_ACT | LK_OPTIONS_MV,
	.min_args = 2,
	.max_args = 2,
	.changes = true,
	.privileges = LK_PRIVILEGE_FILES | LK_PRIVILEGE_SIGNAL | LK_PRIVILEGE_RELEASE | LK_PRIVILEGE_USES,
	.run = run_mv,
};

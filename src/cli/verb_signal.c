/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verb signal: finds out which processes are meant, and sends them signals. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "action/signal.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/act.h"
#include "cli/privilege.h"
#include "cli/who_print.h"

#define ID_DIGITS 16

/* Everything one run of `signal` owns. */
struct inquiry {
	const struct lk_cli *cli;
	struct lk_session session;
	lk_signal_list wanted;
	LK_VEC(const struct lk_lock *) rows; /* the locks it is about */
};

static void add_row(struct inquiry *q, const struct lk_lock *l)
{
	for (size_t i = 0; i < q->rows.n; i++) {
		if (q->rows.v[i] == l)
			return;
	}
	*lk_vec_push(&q->rows) = l;
}

/* Adds every proven holder of a lock; for a request, the process that waits. */
static enum lk_status add_lock(struct inquiry *q, const struct lk_lock *l)
{
	add_row(q, l);
	if (lk_lock_is_waiting(l) && l->waiter && l->waiter->pid > 0) {
		lk_signal_want(&q->wanted, (struct lk_signal_wanted){ .pid = l->waiter->pid });
		return 0;
	}
	if (!l->n_holders || !lk_lock_is_exact(l)) {
		lk_who_say_not_proven(q->session.snap, l);
		return LK_STATUS_REFUSED;
	}
	for (size_t i = 0; i < l->n_holders; i++)
		lk_signal_want(&q->wanted, (struct lk_signal_wanted){
						   .pid = l->holders[i].pid, .lock = l, .holder = &l->holders[i] });
	return 0;
}

static enum lk_status nobody(struct inquiry *q, const char *what, const char *name)
{
	if (q->session.snap->locks_proven) {
		lk_say("nothing was done: %s %s", what, name);
		return LK_STATUS_NO;
	}
	lk_say("nothing was done: %s %s as far as can be seen, but some could be hidden", what, name);
	return LK_STATUS_UNKNOWN;
}

static void say_shared(const struct lk_snapshot *snap, const char *word, uint64_t id)
{
	lk_say("several locks have the id %s, so it is not clear which one is meant; name a process:", word);
	for (size_t i = 0; i < snap->n_locks; i++) {
		const struct lk_lock *l = &snap->locks[i];

		for (size_t k = 0; l->id == id && k < l->n_holders; k++) {
			const struct lk_holder *h = &l->holders[k];
			lk_auto_mem char *words = lk_printf("signal %d@%llu", h->pid,
							    (unsigned long long)h->proc->start_ticks);

			lk_say_command(words);
		}
	}
}

static enum lk_status add_by_id(struct inquiry *q, const char *word, uint64_t id)
{
	const struct lk_snapshot *snap = q->session.snap;

	for (size_t i = 0; i < snap->n_locks; i++) {
		if (snap->locks[i].id != id)
			continue;
		if (!snap->locks[i].id_shared)
			return add_lock(q, &snap->locks[i]);
		say_shared(snap, word, id);
		return LK_STATUS_REFUSED;
	}
	return nobody(q, "there is no lock with the id", word);
}

static enum lk_status add_by_pid(struct inquiry *q, const char *word)
{
	const char *at = strchr(word, '@');
	size_t n = at ? (size_t)(at - word) : strlen(word);
	struct lk_signal_wanted w = { 0 };

	if (lk_text_pid(word, n, &w.pid) < 0 || (at && lk_text_u64(at + 1, strlen(at + 1), 10, &w.start_ticks) < 0))
		return lk_cli_misuse(q->cli->verb, "\"%s\" is no TARGET: give PID, PID@STARTTICKS or the id of a lock",
				     word);
	lk_signal_want(&q->wanted, w);
	return 0;
}

static enum lk_status add_target(struct inquiry *q, const char *word)
{
	uint64_t id;

	if (strlen(word) == ID_DIGITS && lk_text_u64(word, ID_DIGITS, 16, &id) == 0)
		return add_by_id(q, word, id);
	return add_by_pid(q, word);
}

static enum lk_status add_holders(struct inquiry *q, const struct lk_asked *file)
{
	struct lk_who who = { 0 };
	enum lk_status status = 0;

	if (lk_asked_is_missing(file)) {
		lk_say("%s", file->reason);
		return LK_STATUS_ERROR;
	}
	if (!file->resolved) {
		lk_say("nothing was done: %s", file->reason);
		return file->code == -ETIMEDOUT ? LK_STATUS_TIMEOUT : LK_STATUS_UNKNOWN;
	}
	lk_who_find(&q->session, file, &who);
	for (size_t i = 0; i < who.locks.n && !status && !who.ambiguous; i++) {
		if (!lk_lock_is_waiting(who.locks.v[i]))
			status = add_lock(q, who.locks.v[i]);
	}
	if (!status && who.ambiguous) {
		lk_say("%s: several files share its identity, so it is not proven which one is locked", file->path);
		status = LK_STATUS_REFUSED;
	} else if (!status && who.locked != LK_YES) {
		lk_say("nothing was done: %s is %s", file->path,
		       who.locked == LK_NO ? "not locked" : "not known to be locked");
		status = who.locked == LK_NO ? LK_STATUS_NO : LK_STATUS_UNKNOWN;
	}
	lk_who_done(&who);
	return status;
}

static enum lk_status add_blockers(struct inquiry *q, const char *word)
{
	const struct lk_snapshot *snap = q->session.snap;
	enum lk_status status = 0;
	bool found = false;
	int pid;

	if (lk_text_pid(word, strlen(word), &pid) < 0)
		return lk_cli_misuse(q->cli->verb, "--blockers-of wants a process number, not \"%s\"", word);
	for (size_t i = 0; i < snap->n_locks && !status; i++) {
		const struct lk_lock *l = &snap->locks[i];

		if (!lk_lock_is_waiting(l) || l->pid != pid)
			continue;
		if (l->file->relations_cut)
			lk_say("there are too many locks on the file that process %d waits for: not every one in its way is known",
			       pid);
		for (size_t k = 0; k < l->n_blocked_by && !status; k++, found = true)
			status = add_lock(q, l->blocked_by[k]);
	}
	return status || found ? status : nobody(q, "no lock is seen in the way of process", word);
}

static enum lk_status find_targets(struct inquiry *q)
{
	const struct lk_cli *cli = q->cli;
	enum lk_status status = 0;

	for (size_t i = 0; i < q->session.n_targets && !status; i++)
		status = add_holders(q, &q->session.targets[i]);
	for (size_t i = 0; i < cli->act.blockers_of.n && !status; i++)
		status = add_blockers(q, cli->act.blockers_of.v[i]);
	for (size_t i = 0; i < cli->n_args && !status; i++)
		status = add_target(q, cli->args[i]);
	return status;
}

/* The FILEs are those of --holders-of; the other arguments are processes and locks. */
static enum lk_status look(struct inquiry *q)
{
	enum lk_status status = lk_session_open(&q->session, q->cli);

	if (status)
		return status;
	q->session.names = (char *const *)q->cli->act.holders_of.v;
	q->session.n_names = q->cli->act.holders_of.n;
	lk_session_resolve(&q->session);
	return lk_session_take(&q->session, LK_NEED_WAITS | LK_NEED_CGROUP | LK_NEED_USER);
}

static enum lk_status act(struct inquiry *q)
{
	static const struct lk_signal_step term = { .sig = SIGTERM };
	const struct lk_cli_act *opt = &q->cli->act;
	size_t n_extra = opt->has_first ? 0 : 1;
	lk_auto_mem struct lk_signal_step *steps = lk_alloc(opt->steps.n + 1, sizeof(*steps));
	struct lk_err err = { 0 };
	struct lk_signal s = { 0 };
	enum lk_status status;
	int rc;

	if (!q->wanted.n)
		return nobody(q, "there is nobody to", "signal");
	steps[0] = term;
	if (opt->steps.n)
		memcpy(steps + n_extra, opt->steps.v, opt->steps.n * sizeof(*steps));
	rc = lk_signal_plan(&s, &lk_sys_real, q->session.source, q->session.snap, q->wanted.v, q->wanted.n, steps,
			    opt->steps.n + n_extra, &err);
	if (rc == 0) {
		status = lk_act_run(q->cli, &q->session, &s.base, q->rows.v, q->rows.n,
				    q->wanted.n == 1 ? "Send it?" : "Send them?");
	} else {
		lk_say("nothing was done: %s", lk_err_text(&err));
		status = rc == -ESRCH ? LK_STATUS_NO : rc == -ESTALE ? LK_STATUS_REFUSED : LK_STATUS_ERROR;
	}
	lk_err_done(&err);
	lk_action_free(&s.base);
	return status;
}

static enum lk_status run(const struct lk_cli *cli)
{
	struct inquiry q = { .cli = cli };
	enum lk_status status;

	if (!cli->n_args && !cli->act.holders_of.n && !cli->act.blockers_of.n)
		return lk_cli_misuse(cli->verb, "'signal' needs a TARGET, --holders-of FILE or --blockers-of PID");
	status = look(&q);
	if (!status)
		status = find_targets(&q);
	if (!status)
		status = act(&q);
	lk_vec_done(&q.wanted);
	lk_vec_done(&q.rows);
	lk_session_done(&q.session);
	return status;
}

const struct lk_verb lk_verb_signal = {
	.name = "signal",
	.args = "TARGET...",
	.brief = "send a signal to who holds a lock, safely",
	.text = "Sends a signal, TERM unless -s says otherwise, to exactly the processes that are meant, and says what became of them\n"
		"and of their locks. A TARGET is a process number, PID@STARTTICKS, or the id of a lock from 'lockscope list -o +ID';\n"
		"--holders-of and --blockers-of name processes by what they hold. SIGKILL is sent only when it is asked for.\n"
		"\n"
		"The plan is shown first. Each process is pinned, and it is checked again that it is the same one and still has the\n"
		"lock before it gets a signal. --then escalates: who has ended or has let go of the lock by then is left alone.\n"
		"\n"
		"Process 1, threads of the kernel, this program and what it was started from are refused.\n"
		"\n"
		"The exit status is 0 if the processes ended or let go of the lock; 1 if they did not, or if there was nobody to\n"
		"signal; 4 if nobody was found but could be hidden; 5 if it was refused or not confirmed; 64 if some did and some\n"
		"did not.",
	.options = LK_OPTIONS_ACT | LK_OPTIONS_SIGNAL,
	.max_args = LK_ANY_ARGS,
	.changes = true,
	.privileges = LK_PRIVILEGE_SIGNAL,
	.run = run,
};

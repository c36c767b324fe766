/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verb release: finds the one lock that is meant, and takes it away. */
#include <errno.h>
#include <string.h>

#include "action/release.h"
#include "base/sanitize.h"
#include "base/shell.h"
#include "base/text.h"
#include "cli/act.h"
#include "cli/privilege.h"
#include "cli/select.h"
#include "words/words.h"

#define ID_DIGITS 16

/* Everything one run of `release` owns. */
struct inquiry {
	const struct lk_cli *cli;
	struct lk_session session;
	struct lk_select select;
	LK_VEC(const struct lk_lock *) found;
	bool by_id;
	uint64_t id;
};

static enum lk_status look(struct inquiry *q)
{
	const char *word = q->cli->args[0];
	enum lk_status status;

	q->by_id = strlen(word) == ID_DIGITS && lk_text_u64(word, ID_DIGITS, 16, &q->id) == 0;
	if (q->cli->pids.n > 1)
		return lk_cli_misuse(q->cli->verb, "a lock is released through one process: give one --pid");
	status = lk_select_init(&q->select, q->cli);
	if (!status)
		status = lk_session_open(&q->session, q->cli);
	if (!status && !q->by_id)
		lk_session_resolve(&q->session);
	if (!status && !q->by_id && !q->session.targets[0].resolved) {
		lk_say("%s", q->session.targets[0].reason);
		status = q->session.targets[0].code == -ETIMEDOUT ? LK_STATUS_TIMEOUT : LK_STATUS_ERROR;
	}
	return status ? status : lk_session_take(&q->session, LK_NEED_WAITS);
}

static bool is_meant(const struct inquiry *q, const struct lk_lock *l)
{
	struct lk_row row = { .snap = q->session.snap, .lock = l };

	if (q->by_id)
		return l->id == q->id;
	if (lk_lock_is_waiting(l) || lk_lock_is_on(l, &q->session.targets[0].file) == LK_NO)
		return false;
	if (q->cli->has_range && !lk_range_overlaps(l->rec.range, q->cli->range))
		return false;
	return lk_select_match(&q->select, &q->session, &row);
}

static void find(struct inquiry *q)
{
	const struct lk_snapshot *snap = q->session.snap;

	for (size_t i = 0; i < snap->n_locks; i++) {
		if (is_meant(q, &snap->locks[i]))
			*lk_vec_push(&q->found) = &snap->locks[i];
	}
}

static enum lk_status nothing_found(const struct inquiry *q)
{
	const char *word = q->cli->args[0];

	lk_session_badge(&q->session);
	if (q->session.snap->locks_proven) {
		lk_say(q->by_id ? "nothing was done: there is no lock with the id %s (any more)"
				: "nothing was done: there is no such lock on %s",
		       word);
		return LK_STATUS_NO;
	}
	lk_say("nothing was done: no such lock (%s) is seen, but some could be hidden", word);
	return LK_STATUS_UNKNOWN;
}

static void say_candidate(const struct lk_lock *l)
{
	size_t n = lk_lock_n_processes(l);
	struct lk_arena a = { 0 };
	char range[LK_RANGE_TEXT];

	lk_say("  %016llx  %s %s, %s, %s%s", (unsigned long long)l->id, lk_type_name(l->rec.type),
	       lk_record_mode_words(&l->rec), lk_range_format(l->rec.range, range),
	       n ? lk_words_who(&a, l) : "holder not proven", n > 1 ? lk_arena_printf(&a, " and %zu more", n - 1) : "");
	lk_arena_done(&a);
}

/* Do the options of say_command() mean this lock and no other that was found? */
static bool is_told_apart(const struct inquiry *q, const struct lk_lock *l)
{
	for (size_t i = 0; i < q->found.n; i++) {
		const struct lk_lock *other = q->found.v[i];

		if (other != l && other->file == l->file && other->rec.type == l->rec.type && other->pid == l->pid &&
		    lk_range_overlaps(other->rec.range, l->rec.range))
			return false;
	}
	return l->n_holders && l->file->path;
}

static void say_command(const struct lk_lock *l)
{
	lk_buf words = { 0 };
	char range[LK_RANGE_TEXT];

	lk_buf_printf(&words, "release --pid %d --type %s ", l->pid, lk_type_name(l->rec.type));
	if (!lk_range_is_whole(l->rec.range))
		lk_buf_printf(&words, "--range %s ", lk_range_format(l->rec.range, range));
	lk_shell_quote(l->file->path, lk_sanitize_locale_is_utf8(), &words);
	lk_say_command(lk_buf_str(&words));
	lk_vec_done(&words);
}

static enum lk_status several_found(const struct inquiry *q)
{
	bool apart = false;

	if (q->by_id)
		lk_say("nothing was done: %zu locks share the id %s, so it cannot be told which one is meant:",
		       q->found.n, q->cli->args[0]);
	else
		lk_say("nothing was done: %zu locks on %s could be meant; name one by its id, or with --pid and --type:",
		       q->found.n, q->cli->args[0]);
	for (size_t i = 0; i < q->found.n; i++) {
		say_candidate(q->found.v[i]);
		if (!q->by_id || !is_told_apart(q, q->found.v[i]))
			continue;
		say_command(q->found.v[i]);
		apart = true;
	}
	if (q->by_id && !apart)
		lk_say("they are of one process, and no option tells them apart");
	return LK_STATUS_REFUSED;
}

/* PID@STARTTICKS is refused when another process has that number now. *ret: the number; 0: no --pid was given. */
static enum lk_status check_pid(const struct inquiry *q, int *ret)
{
	const struct lk_wanted_pid *wanted = q->select.pids.v;
	const struct lk_proc *proc;

	*ret = 0;
	if (!q->select.pids.n)
		return 0;
	*ret = wanted->pid;
	proc = lk_snapshot_proc(q->session.snap, wanted->pid);
	if (!wanted->start_ticks || !proc || proc->start_ticks == wanted->start_ticks)
		return 0;
	lk_say("nothing was done: number %d belongs to another process, which started at %llu", wanted->pid,
	       (unsigned long long)proc->start_ticks);
	return LK_STATUS_REFUSED;
}

static enum lk_status act(struct inquiry *q)
{
	const struct lk_range *range = q->cli->has_range ? &q->cli->range : NULL;
	struct lk_release r;
	enum lk_status status;
	int pid;

	status = check_pid(q, &pid);
	if (status)
		return status;
	lk_release_plan(&r, &lk_sys_real, &lk_trace_real, q->session.source, q->session.snap, q->found.v[0], pid,
			range);
	status = lk_act_release(q->cli, &q->session, &r.action, q->found.v, q->found.n,
				r.holder && !q->cli->pids.n ? r.holder->pid : 0);
	lk_action_free(&r.action);
	return status;
}

static enum lk_status run(const struct lk_cli *cli)
{
	struct inquiry q = { .cli = cli };
	enum lk_status status = look(&q);

	if (!status)
		find(&q);
	if (!status && !q.found.n)
		status = nothing_found(&q);
	else if (!status && q.found.n > 1)
		status = several_found(&q);
	else if (!status)
		status = act(&q);
	lk_vec_done(&q.found);
	lk_select_done(&q.select);
	lk_session_done(&q.session);
	return status;
}

const struct lk_verb lk_verb_release = {
	.name = "release",
	.args = "LOCK",
	.brief = "take away just the lock; the process lives on",
	.text = "Takes a lock away from the process that holds it, which goes on running and is not told. LOCK is the id of a lock from\n"
		"'lockscope list -o +ID', or a FILE where --pid and --type name exactly one; where several could be meant they are\n"
		"listed and nothing is done. --range releases only some bytes of a POSIX or an OFD lock.\n"
		"\n"
		"A flock lock, an OFD lock or a lease is released through a duplicate of the holder's descriptor. A POSIX lock can be\n"
		"released only by its owner: a thread of it is stopped for about a millisecond and made to call fcntl(2).\n"
		"\n"
		"The holder believes that it still has the lock. Two processes that write at the same time can corrupt the file. So\n"
		"the plan is shown first, and the holder's number has to be typed, or given as --pid, beside --yes.\n"
		"\n"
		"The exit status is 0 if looking again shows that the lock is gone, 1 if it is still there or if there is no such lock,\n"
		"4 if that cannot be told, and 5 if it was refused or not confirmed.",
	.options = LK_OPTIONS_ACT | LK_OPTIONS_RELEASE,
	.min_args = 1,
	.max_args = 1,
	.changes = true,
	.privileges = LK_PRIVILEGE_RELEASE,
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides which rows the options of the command line choose. */
#include "cli/select.h"

#include <pwd.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

static enum lk_status add_pid(struct lk_select *sel, const char *word)
{
	const char *at = strchr(word, '@');
	size_t n = at ? (size_t)(at - word) : strlen(word);
	struct lk_wanted_pid wanted = { 0 };

	if (lk_text_pid(word, n, &wanted.pid) < 0)
		return lk_cli_misuse(sel->cli->verb, "-p wants a process number, or PID@STARTTICKS, not \"%s\"", word);
	if (at && lk_text_u64(at + 1, strlen(at + 1), 10, &wanted.start_ticks) < 0)
		return lk_cli_misuse(sel->cli->verb, "-p: \"%s\" is no start time in clock ticks", at + 1);
	*lk_vec_push(&sel->pids) = wanted;
	return 0;
}

static enum lk_status add_type(struct lk_select *sel, const char *word)
{
	for (enum lk_type t = LK_TYPE_POSIX; t <= LK_TYPE_UNKNOWN; t++) {
		/* The kernel calls OFD locks OFDLCK. */
		if (strcasecmp(word, lk_type_name(t)) == 0 || (t == LK_TYPE_OFD && strcasecmp(word, "ofdlck") == 0)) {
			sel->types |= 1u << t;
			return 0;
		}
	}
	return lk_cli_misuse(sel->cli->verb, "-T wants posix, ofd, flock, lease or deleg, not \"%s\"", word);
}

static bool is_number(const char *word)
{
	uint64_t u;

	return lk_text_u64(word, strlen(word), 10, &u) == 0;
}

/* A misspelt name would silently find nothing. A capture may come from a machine with other users. */
static enum lk_status check_user(const struct lk_select *sel, const char *word)
{
	if (sel->cli->from || sel->cli->proc || is_number(word) || getpwnam(word))
		return 0;
	return lk_cli_misuse(sel->cli->verb, "there is no user \"%s\" here", word);
}

static enum lk_status set_filter(struct lk_select *sel, const char *text)
{
	struct lk_err err = { 0 }, where = { 0 };
	enum lk_status status = 0;

	if (lk_filter_parse(text, lk_verb_columns(sel->cli->verb), &sel->filter, &err) < 0) {
		/* The text has three lines: the error, the expression, and a mark where it is wrong. */
		lk_err_set(&where, err.code, "--filter: %s", lk_err_text(&err));
		lk_say_lines(lk_err_text(&where));
		status = lk_cli_see_help(sel->cli->verb);
	}
	lk_err_done(&where);
	lk_err_done(&err);
	return status;
}

enum lk_status lk_select_init(struct lk_select *sel, const struct lk_cli *cli)
{
	enum lk_status status = 0;

	*sel = (struct lk_select){ .cli = cli };
	for (size_t i = 0; !status && i < cli->pids.n; i++)
		status = add_pid(sel, cli->pids.v[i]);
	for (size_t i = 0; !status && i < cli->types.n; i++)
		status = add_type(sel, cli->types.v[i]);
	for (size_t i = 0; !status && i < cli->users.n; i++)
		status = check_user(sel, cli->users.v[i]);
	if (!status && cli->filter)
		status = set_filter(sel, cli->filter);
	return status;
}

void lk_select_done(struct lk_select *sel)
{
	lk_vec_done(&sel->pids);
	lk_filter_free(sel->filter);
	*sel = (struct lk_select){ 0 };
}

unsigned lk_select_needs(const struct lk_select *sel)
{
	unsigned needs = lk_filter_needs(sel->filter);

	for (size_t i = 0; i < sel->cli->users.n; i++)
		needs |= is_number(sel->cli->users.v[i]) ? 0 : LK_NEED_USER;
	return needs;
}

static bool has_pid(const struct lk_select *sel, const struct lk_row *row)
{
	for (size_t i = 0; i < sel->pids.n; i++) {
		const struct lk_wanted_pid *w = &sel->pids.v[i];
		const struct lk_proc *proc = w->start_ticks ? lk_snapshot_proc(row->snap, w->pid) : NULL;

		if (w->start_ticks && (!proc || proc->start_ticks != w->start_ticks))
			continue;
		if (lk_lock_involves(row->lock, w->pid))
			return true;
	}
	return false;
}

static bool is_user(const struct lk_cli *cli, const struct lk_proc *proc)
{
	for (size_t i = 0; proc && i < cli->users.n; i++) {
		const char *word = cli->users.v[i];
		int64_t uid;

		if (proc->user && strcmp(proc->user, word) == 0)
			return true;
		if (lk_text_i64(word, strlen(word), &uid) == 0 && uid == proc->uid && uid >= 0)
			return true;
	}
	return false;
}

static bool has_user(const struct lk_cli *cli, const struct lk_lock *l)
{
	if (is_user(cli, l->proc))
		return true;
	for (size_t i = 0; i < l->n_holders; i++) {
		if (is_user(cli, l->holders[i].proc))
			return true;
	}
	return false;
}

static bool is_wanted_file(const struct lk_session *s, const struct lk_lock *l)
{
	if (!s->n_targets)
		return true;
	for (size_t i = 0; i < s->n_targets; i++) {
		/* If several files may share the kernel's key, rather one row too many. */
		if (s->targets[i].resolved && lk_lock_is_on(l, &s->targets[i].file) != LK_NO)
			return true;
	}
	return false;
}

bool lk_select_match(const struct lk_select *sel, const struct lk_session *s, const struct lk_row *row)
{
	const struct lk_cli *cli = sel->cli;
	const struct lk_lock *l = row->lock;

	if (sel->types && !(sel->types & 1u << l->rec.type))
		return false;
	if (sel->pids.n && !has_pid(sel, row))
		return false;
	if (cli->users.n && !has_user(cli, l))
		return false;
	if (cli->only_blocked && !lk_lock_is_waiting(l) && !l->n_blocks)
		return false;
	if (cli->only_accessible && !l->file->path)
		return false;
	return is_wanted_file(s, l) && lk_filter_match(sel->filter, row);
}

void lk_select_rows(const struct lk_select *sel, const struct lk_session *s, lk_rows *rows)
{
	for (size_t i = 0; i < s->snap->n_locks; i++) {
		struct lk_row row = { .snap = s->snap, .lock = &s->snap->locks[i] };

		if (lk_select_match(sel, s, &row))
			*lk_vec_push(rows) = row;
	}
}

void lk_rows_add(lk_rows *rows, const struct lk_snapshot *snap, const struct lk_lock *l, bool per_process)
{
	if (!per_process || !l->n_holders)
		*lk_vec_push(rows) = (struct lk_row){ .snap = snap, .lock = l };
	for (size_t i = 0; per_process && i < l->n_holders; i++)
		*lk_vec_push(rows) = (struct lk_row){ .snap = snap, .lock = l, .holder = &l->holders[i] };
}

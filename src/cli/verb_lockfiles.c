/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lockscope lockfiles: which lock files are there, and which of them are live or stale? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/out.h"
#include "cli/print.h"
#include "cli/privilege.h"
#include "cli/session.h"
#include "lockfile/columns.h"
#include "query/lockfiles.h"
#include "table/sort.h"

/* Everything one run of `lockfiles` owns. */
struct inquiry {
	const struct lk_cli *cli;
	struct lk_session session;
	struct lk_select select;
	struct lk_sort sort;
	lk_columns cols;
	struct lk_lockfiles all;
	lk_rows rows; /* those that are shown */
	bool open; /* --stale: one that is not shown could be stale */
};

/* Reports errors in the command line before anything is read. */
static enum lk_status prepare(struct inquiry *q)
{
	enum lk_status status = lk_select_init(&q->select, q->cli);

	if (!status)
		status = lk_print_parse_sort(q->cli, &q->sort);
	return status ? status : lk_out_columns_from(q->cli, lk_lockfile_columns_default, &q->cols);
}

static enum lk_status look(struct inquiry *q)
{
	enum lk_status status = lk_session_open(&q->session, q->cli);
	struct lk_err err = { 0 };

	if (!status && lk_lockfiles_find(&q->session, q->cli->search_ms, &q->all, &err) < 0)
		status = lk_say_error(&err);
	lk_err_done(&err);
	return status;
}

static void choose_rows(struct inquiry *q)
{
	for (size_t i = 0; i < q->all.v.n; i++) {
		const struct lk_lockfile *l = &q->all.v.v[i];
		struct lk_row row = { .snap = q->session.snap, .lockfile = l };

		if (!l->kind || !lk_filter_match(q->select.filter, &row))
			continue;
		if (q->cli->list_stale && l->verdict.verdict != LK_VERDICT_STALE)
			q->open = q->open || lk_verdict_is_open(l->verdict.verdict);
		else
			*lk_vec_push(&q->rows) = row;
	}
	lk_sort_rows(&q->sort, q->rows.v, q->rows.n);
}

static void say_gap(const struct lk_search_gap *gap, const char *one, const char *many)
{
	const char *why = gap->code ? strerror(-gap->code) : NULL;

	if (gap->n == 1)
		lk_say("%s %s%s%s", gap->first, one, why ? ": " : "", why ? why : "");
	else if (gap->n)
		lk_say("%zu %s; the first is %s%s%s", gap->n, many, gap->first, why ? ": " : "", why ? why : "");
}

/* What may be missing. */
static void say_rest(const struct inquiry *q)
{
	const struct lk_search *s = &q->all.search;

	for (unsigned b = 0; b < LK_N_BOUNDS; b++) {
		if (s->bounds & 1u << b)
			lk_say("not everything was searched: %s", lk_search_bound_words(b));
	}
	say_gap(&s->unread, "could not be read", "directories could not be read");
	say_gap(&q->all.lost, "could not be looked at", "lock files could not be looked at");
	if (q->session.verbose)
		say_gap(&s->mounts, "was not entered", "file systems were not entered, since they were not named");
	if (q->cli->format != LK_FORMAT_QUIET)
		lk_session_badge(&q->session);
}

/* A FILE that is missing is an error, as for grep(1); what is no lock file is said. */
static enum lk_status say_others(const struct inquiry *q)
{
	enum lk_status status = LK_STATUS_YES;

	for (size_t i = 0; i < q->all.others.n; i++)
		lk_say("%s is not known to be a lock file", q->all.others.v[i]->path);
	for (size_t i = 0; i < q->session.n_targets; i++) {
		const struct lk_asked *t = &q->session.targets[i];

		if (t->resolved)
			continue;
		lk_say("%s", t->reason);
		if (lk_asked_is_missing(t))
			status = LK_STATUS_ERROR;
		else if (!status)
			status = LK_STATUS_UNKNOWN;
	}
	return status;
}

static enum lk_status answer(struct inquiry *q)
{
	struct lk_answer_lockfiles found = { .all = &q->all };
	struct lk_answer a = { .verb = "lockfiles", .lockfiles = &found };
	enum lk_status status;

	choose_rows(q);
	found.rows = q->rows.v;
	found.n_rows = q->rows.n;
	if (q->cli->format == LK_FORMAT_JSON || q->cli->format == LK_FORMAT_JSONL)
		lk_print_document(q->cli, &q->session, NULL, 0, &a);
	else
		lk_print_rows(q->cli, &q->session, &q->cols, &q->rows, NULL);
	say_rest(q);
	status = say_others(q);
	if (status == LK_STATUS_ERROR || q->rows.n)
		return status == LK_STATUS_ERROR ? status : LK_STATUS_YES;
	return status || q->open || !lk_lockfiles_is_complete(&q->all) ? LK_STATUS_UNKNOWN : LK_STATUS_NO;
}

static enum lk_status run(const struct lk_cli *cli)
{
	struct inquiry q = { .cli = cli };
	enum lk_status status = prepare(&q);

	if (!status)
		status = look(&q);
	if (!status)
		status = answer(&q);
	lk_vec_done(&q.rows);
	lk_vec_done(&q.cols);
	lk_select_done(&q.select);
	lk_lockfiles_done(&q.all);
	lk_session_done(&q.session);
	return status;
}

const struct lk_verb lk_verb_lockfiles = {
	.name = "lockfiles",
	.args = "[DIR|FILE...]",
	.brief = "lock files: live, stale or harmless, and why",
	.text = "Looks for files that are locks by what they are (git's index.lock, pid files, swap files of vim, the links of\n"
		"browsers …) below each DIR, or in the usual places: /run, /tmp, /etc, below /var, and your home directory. It says of\n"
		"each whether who made it is alive. A FILE is judged itself. Files are known by their names; the manual page has a\n"
		"table. Lists of versions such as Cargo.lock, which are no locks, are left out unless they are named.\n"
		"\n"
		"live: proven. stale: proven, too: who made it is gone, and nobody has it open; it may be deleted (rm --if-stale).\n"
		"harmless: only a kernel lock on it counts, and nobody has one. foreign: made on another machine or in a container.\n"
		"unknown: neither can be proven. The column WHY has the reasons, as who FILE has them.\n"
		"\n"
		"No symbolic links are followed below a DIR. File systems of other machines, those of the kernel and overlays are\n"
		"searched only if they are named. What is written in a lock file is read, unless a lease is on it.\n"
		"\n"
		"The exit status is 0 if any was found (with --stale or --filter: any of those), 1 if there is none, and 4 if none was\n"
		"found, but not everything could be looked at, or with --stale, one may be stale and that could not be proven.",
	.options = LK_OPTIONS_LOCKFILES,
	.columns = lk_lockfile_columns,
	.max_args = LK_ANY_ARGS,
	.privileges = LK_PRIVILEGE_USES,
	.run = run,
};

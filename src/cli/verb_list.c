/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verb list: all locks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/out.h"
#include "cli/print.h"
#include "cli/select.h"
#include "cli/session.h"
#include "cli/who_print.h"
#include "table/sort.h"

/* Everything one run of `list` owns. */
struct listing {
	const struct lk_cli *cli;
	struct lk_session session;
	struct lk_select select;
	struct lk_sort sort;
	lk_columns cols;
	lk_rows rows;
};

/* Reports errors in the command line before anything is read. */
static enum lk_status prepare(struct listing *l)
{
	enum lk_status status = lk_select_init(&l->select, l->cli);

	if (!status)
		status = lk_print_parse_sort(l->cli, &l->sort);
	return status ? status : lk_out_columns(l->cli, false, &l->cols);
}

static enum lk_status look(struct listing *l)
{
	unsigned needs = lk_select_needs(&l->select) | lk_print_needs(l->cli, &l->cols);
	enum lk_status status = lk_session_open(&l->session, l->cli);

	if (l->sort.column)
		needs |= l->sort.column->needs;
	if (!status)
		lk_session_resolve(&l->session);
	return status ? status : lk_session_take(&l->session, needs);
}

static void choose_rows(struct listing *l)
{
	lk_select_rows(&l->select, &l->session, &l->rows);
	lk_sort_rows(&l->sort, l->rows.v, l->rows.n);
}

/* A missing FILE is an error; if one could not be looked at, the answer is unknown. */
static enum lk_status say_lost_files(const struct lk_session *s)
{
	enum lk_status status = LK_STATUS_YES;

	for (size_t i = 0; i < s->n_targets; i++) {
		if (s->targets[i].resolved)
			continue;
		lk_say("%s", s->targets[i].reason);
		if (lk_asked_is_missing(&s->targets[i]))
			status = LK_STATUS_ERROR;
		else if (!status)
			status = LK_STATUS_UNKNOWN;
	}
	return status;
}

static enum lk_status print(struct listing *l)
{
	enum lk_status status;

	choose_rows(l);
	lk_print_rows(l->cli, &l->session, &l->cols, &l->rows, NULL);
	status = say_lost_files(&l->session);
	lk_who_say_all_deleted(&l->session);
	lk_session_badge(&l->session);
	return status;
}

static enum lk_status run(const struct lk_cli *cli)
{
	struct listing l = { .cli = cli };
	enum lk_status status = prepare(&l);

	if (!status)
		status = look(&l);
	if (!status)
		status = print(&l);
	lk_vec_done(&l.rows);
	lk_vec_done(&l.cols);
	lk_select_done(&l.select);
	lk_session_done(&l.session);
	return status;
}

const struct lk_verb lk_verb_list = {
	.name = "list",
	.args = "[FILE...]",
	.brief = "all locks, held and waited for",
	.text = "Prints one row for every lock on this machine, and one for every request that waits. A held lock is followed\n"
		"by the requests that the kernel lists behind it. With FILEs, only locks on exactly those files.\n"
		"\n"
		"HOW says how the process is known. exact: it has the lock's open file now. matched: its blocked call fits.\n"
		"recorded: only the number that the kernel noted when the lock was made; that process may be gone, and the\n"
		"number may be another's by now. ambiguous: several files share the kernel's key. unknown: nobody was found.\n"
		"\n"
		"A range is printed as START-END with both ends included, START- up to the end of the file however it grows,\n"
		"or whole.\n"
		"\n"
		"EXPR of --filter compares columns with values: pid==1234 && type==ofd && path=~\"\\.db$\". It knows == != < <= > >=,\n"
		"=~ and !~ (regular expressions), && || ! ( ), numbers such as 0x10 or 4K, \"text\", true, false, null (not known)\n"
		"and EOF. A column alone asks whether it is known and not zero or empty.",
	.options = LK_OPTIONS_TABLE | LK_OPTIONS_SELECT,
	.max_args = LK_ANY_ARGS,
	.run = run,
};

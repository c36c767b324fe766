/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of the table of lock files, and their getters. */
#include "lockfile/columns.h"

#include "table/get.h"

#define UNUSED __attribute__((unused))
#define GETTER(name) static struct lk_value get_##name(const struct lk_row *row UNUSED, lk_buf *scratch UNUSED)

static struct lk_value number_if(int64_t i, bool known)
{
	return (struct lk_value){ .known = known, .i = i };
}

static const struct lk_lockfile_facts *facts(const struct lk_row *row)
{
	return &row->lockfile->evidence.facts;
}

/* Sorted in the order of enum lk_verdict. */
GETTER(verdict)
{
	enum lk_verdict v = row->lockfile->verdict.verdict;

	return (struct lk_value){ .known = true, .i = v, .s = lk_verdict_name(v) };
}

GETTER(kind)
{
	return lk_value_string(row->lockfile->kind->word);
}

GETTER(maker)
{
	return lk_value_string(row->lockfile->kind->maker);
}

GETTER(pid)
{
	return number_if(facts(row)->owner.pid, facts(row)->owner.pid > 0);
}

GETTER(comm)
{
	return lk_value_string(facts(row)->comm);
}

GETTER(host)
{
	return lk_value_string(facts(row)->owner.host);
}

static void put_process(lk_buf *out, int pid, const char *comm)
{
	if (pid <= 0)
		return;
	lk_buf_number(out, pid);
	if (comm)
		lk_buf_printf(out, " (%s)", comm);
}

GETTER(used_by)
{
	const struct lk_lockfile_facts *f = facts(row);

	if (f->kernel_lock == LK_YES)
		put_process(scratch, f->lock_pid, f->lock_comm);
	if (!scratch->n && f->open == LK_YES)
		put_process(scratch, f->open_pid, f->open_comm);
	return lk_value_made(scratch);
}

GETTER(uid)
{
	return number_if(facts(row)->uid, facts(row)->uid >= 0);
}

static int64_t age_ms(const struct lk_row *row)
{
	int64_t written = facts(row)->mtime_ms, now = row->snap->host.time_unix_ms;

	return written && now > written ? now - written : written ? 0 : -1;
}

GETTER(age)
{
	return number_if(age_ms(row) / 1000, age_ms(row) >= 0);
}

static void text_age(const struct lk_row *row, bool human, lk_buf *out)
{
	int64_t ms = age_ms(row);

	if (human)
		lk_age_text(ms, false, out);
	else if (ms >= 0)
		lk_buf_number(out, ms / 1000);
}

GETTER(why)
{
	const struct lk_verdict_answer *v = &row->lockfile->verdict;

	for (size_t i = 0; i < v->because.n; i++)
		lk_buf_printf(scratch, "%s%s", i ? "; " : "", v->because.v[i]);
	return lk_value_made(scratch);
}

GETTER(advice)
{
	return lk_value_string(row->lockfile->kind->advice);
}

GETTER(path)
{
	return lk_value_string(row->lockfile->file->path);
}

const char lk_lockfile_columns_default[] = "VERDICT,KIND,PID,COMMAND,USEDBY,AGE,PATH";

/* clang-format off */
const struct lk_column lk_lockfile_columns[] = {
	{ "verdict", "VERDICT", "live, probably_live, stale, foreign, harmless, not_a_lock or unknown",
	  13, 5, 1, LK_COL_WHOLE, LK_COL_ENUM, .words = lk_verdict_names, .get = get_verdict },
	{ "kind", "KIND", "whose lock file it is, as one word",
	  11, 6, 5, LK_COL_TRUNC, LK_COL_STRING, .get = get_kind },
	{ "maker", "MAKER", "the program that makes such files",
	  20, 8, 20, LK_COL_TRUNC, LK_COL_STRING, .get = get_maker },
	{ "pid", "PID", "process that is written in it",
	  7, 4, 2, LK_COL_RIGHT, LK_COL_NUMBER, .get = get_pid },
	{ "comm", "COMMAND", "name of the process that has that number now",
	  15, 8, 7, LK_COL_TRUNC, LK_COL_STRING, .get = get_comm },
	{ "host", "HOST", "host that is written in it",
	  16, 6, 20, LK_COL_TRUNC, LK_COL_STRING, .get = get_host },
	{ "used_by", "USEDBY", "who holds a kernel lock on it or on what belongs to it, or has it open: one of them",
	  20, 8, 8, LK_COL_TRUNC, LK_COL_STRING, .get = get_used_by },
	{ "uid", "UID", "number of the user who owns the file",
	  10, 4, 20, LK_COL_RIGHT, LK_COL_NUMBER, .get = get_uid },
	{ "age", "AGE", "how long ago it was written (in filters: seconds)",
	  8, 5, 6, LK_COL_RIGHT | LK_COL_DESCENDING, LK_COL_NUMBER, .get = get_age, .text = text_age },
	{ "why", "WHY", "the reasons for the verdict",
	  40, 10, 20, LK_COL_TRUNC, LK_COL_STRING, .get = get_why },
	{ "advice", "ADVICE", "what to do before it is deleted, or instead",
	  30, 10, 20, LK_COL_TRUNC, LK_COL_STRING, .get = get_advice },
	{ "path", "PATH", "path of the file",
	  30, 30, 0, LK_COL_TRUNC_LEFT | LK_COL_GROW, LK_COL_STRING, .get = get_path },
	{ 0 },
};
/* clang-format on */

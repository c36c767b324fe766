/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/out.h"
#include "cli/print.h"
#include "cli/privilege.h"
#include "cli/session.h"
#include "cli/uses.h"
#include "cli/who_beside.h"
#include "cli/who_deleted.h"
#include "cli/who_jobs.h"
#include "cli/who_paths.h"
#include "cli/who_sqlite.h"
#include "table/sort.h"

/* Everything one run of `who` owns. */
struct inquiry {
	const struct lk_cli *cli;
	struct lk_session session;
	struct lk_sort sort;
	lk_columns cols;
	struct lk_who *answers; /* one a FILE */
	struct lk_who_sqlite *sqlite; /* of each */
	size_t n;
	struct lk_uses uses;
	bool has_uses;
	lk_besides *beside; /* one a FILE; NULL: not looked for */
	lk_namesakes *deleted; /* of each */
};

static int push_row(lk_rows *rows, struct lk_row row)
{
	struct lk_row *slot = lk_vec_push(rows);

	if (!slot)
		return -ENOMEM;
	*slot = row;
	return 0;
}

/* One row a process. */
static int add_process_rows(const struct lk_snapshot *snap, const struct lk_lock *l, lk_rows *rows)
{
	int rc = 0;

	if (!l->n_holders)
		return push_row(rows, (struct lk_row){ .snap = snap, .lock = l });
	for (size_t i = 0; i < l->n_holders && rc == 0; i++)
		rc = push_row(rows, (struct lk_row){ .snap = snap, .lock = l, .holder = &l->holders[i] });
	return rc;
}

/* "locked by 2 processes", and what of it is not proven. */
static void put_holders(const struct lk_out *o, const struct lk_who *w)
{
	lk_buf likely = { 0 };

	if (w->holders.n)
		fprintf(o->f, "locked by %zu %s", w->holders.n, w->holders.n == 1 ? "process" : "processes");
	else
		fputs("locked", o->f);
	if (w->n_nameless && lk_who_put_likely(w, &likely) == 0 && likely.n && lk_buf_str(&likely)) {
		fprintf(o->f, ", %smost likely by ", w->holders.n ? "and " : "");
		lk_out_puts(o, likely.v);
	} else if (w->n_nameless) {
		fputs(w->holders.n ? ", and by others that are not proven" : ", but who holds it is not proven", o->f);
	}
	lk_vec_done(&likely);
}

/* Users that were not named as holders or waiters, and how many could not be asked. */
static void put_uses(const struct lk_out *o, const struct inquiry *q, const struct lk_who *w, const char *before)
{
	struct lk_uses_skip skip[] = { { w->holders.v, w->holders.n }, { w->waiters.v, w->waiters.n } };
	size_t file = (size_t)(w->target - q->session.targets), n;
	lk_buf unread = { 0 };
	const char *doubt;

	if (!q->has_uses || !w->target->resolved)
		return;
	n = lk_uses_print(o, &q->uses, file, false, skip, 2, before);
	if (w->locked != LK_YES)
		n += lk_uses_print(o, &q->uses, file, true, NULL, 0, "; below it: ");
	else
		n += lk_uses_print(o, &q->uses, file, true, NULL, 0, n ? "\nBelow it: " : "Below it: ");
	if (q->uses.n_unreadable) {
		lk_uses_put_unread(&unread, &q->uses, false);
		fputs(n++ ? "; " : before, o->f);
		lk_out_puts(o, lk_buf_str(&unread));
	}
	lk_vec_done(&unread);
	for (size_t i = 0; (doubt = lk_uses_doubt(&q->uses, i)) != NULL; i++)
		fprintf(o->f, "%s%s", n++ ? "; " : before, doubt);
	if (w->locked == LK_YES && n)
		putc('\n', o->f);
}

/* Without the path, where a sentence begins with it and the path stands before it already. */
static const char *reason_of(const struct lk_who *w)
{
	size_t n = strlen(w->target->path);
	bool twice = strncmp(w->reason, w->target->path, n) == 0 && strncmp(w->reason + n, ": ", 2) == 0;

	return w->reason + (twice ? n + 2 : 0);
}

static void put_sentence(const struct lk_out *o, const struct inquiry *q, const struct lk_who *w)
{
	const struct lk_cli *cli = q->cli;
	size_t waiting = w->waiters.n + w->n_nameless_waiters;
	char range[LK_RANGE_TEXT];

	lk_out_puts(o, w->target->path);
	if (cli->has_range && !lk_range_is_whole(cli->range))
		fprintf(o->f, ", bytes %s", lk_range_format(cli->range, range));
	fputs(": ", o->f);
	if (w->locked == LK_YES)
		put_holders(o, w);
	else
		fputs(w->locked == LK_NO ? "not locked" : "cannot tell", o->f);
	if (waiting)
		fprintf(o->f, ", %zu waiting", waiting);
	if (w->locked == LK_YES && w->n_nameless)
		fputs(lk_who_root_sees_more(q->session.snap) ? "; root can prove it" : "", o->f);
	if (w->locked == LK_UNKNOWN && w->reason) {
		fputs(": ", o->f);
		lk_out_puts(o, reason_of(w));
	}
	if (w->locked != LK_YES)
		put_uses(o, q, w, "; ");
	putc('\n', o->f);
}

static int print_for_people(struct inquiry *q, const struct lk_who *w)
{
	lk_rows rows = { 0 };
	struct lk_out o;
	int rc = 0;

	lk_out_init(&o, q->cli);
	put_sentence(&o, q, w);
	lk_who_note_mandatory(&o, w->target, q->session.snap->host.live);
	for (size_t i = 0; i < w->locks.n && rc == 0; i++)
		rc = add_process_rows(q->session.snap, w->locks.v[i], &rows);
	lk_sort_rows(&q->sort, rows.v, rows.n);
	if (rc == 0)
		rc = lk_out_show_wanted(q->cli, &q->cols, rows.v, rows.n);
	if (rc == 0)
		rc = lk_out_show_meaning(q->cli, &q->cols, rows.v, rows.n);
	if (rc == 0 && rows.n)
		rc = lk_out_table(&o, &q->cols, rows.v, rows.n);
	if (rc == 0)
		rc = lk_who_put_leases(&o, w);
	if (rc == 0)
		rc = lk_who_sqlite_put(&o, &q->sqlite[w - q->answers]);
	lk_who_put_mutex(&o, w);
	if (rc == 0 && lk_who_wants_jobs(q->cli))
		rc = lk_who_put_jobs(&o, &rows);
	rc = rc ? rc : lk_who_deleted_print(&o, &q->deleted[w - q->answers]);
	lk_who_note_paths(&o, w, q->session.snap->host.live);
	lk_who_put_reasons(&o, q->session.snap, w);
	if (w->locked == LK_YES)
		put_uses(&o, q, w, "Without a lock: ");
	if (q->beside)
		lk_beside_print(&o, w->target, &q->beside[w->target - q->session.targets]);
	lk_beside_print_below(&o, &q->session, w->target);
	lk_vec_done(&rows);
	return rc;
}

static int print_tables(struct inquiry *q)
{
	int rc = 0;

	for (size_t i = 0, shown = 0; i < q->n && rc == 0; i++) {
		/* One that is not there was said on standard error. */
		if (lk_asked_is_missing(q->answers[i].target))
			continue;
		if (shown++)
			putchar('\n');
		rc = print_for_people(q, &q->answers[i]);
	}
	return rc;
}

/* The locks of all FILEs, each once, in the order of the snapshot. per_process: a row for each holder. */
static int collect_rows(const struct inquiry *q, bool per_process, lk_rows *rows)
{
	const struct lk_snapshot *snap = q->session.snap;
	lk_auto_mem bool *wanted = calloc(snap->n_locks ? snap->n_locks : 1, sizeof(*wanted));
	int rc = wanted ? 0 : -ENOMEM;

	for (size_t i = 0; i < q->n && rc == 0; i++) {
		for (size_t k = 0; k < q->answers[i].locks.n; k++)
			wanted[q->answers[i].locks.v[k]->index] = true;
	}
	for (size_t i = 0; i < snap->n_locks && rc == 0; i++) {
		const struct lk_lock *l = &snap->locks[i];

		if (!wanted[i])
			continue;
		rc = per_process ? add_process_rows(snap, l, rows) : push_row(rows, (struct lk_row){ snap, l, NULL });
	}
	lk_sort_rows(&q->sort, rows->v, rows->n);
	return rc;
}

static enum lk_tri overall(const struct inquiry *q)
{
	enum lk_tri all = LK_NO;

	for (size_t i = 0; i < q->n; i++) {
		if (q->answers[i].locked == LK_YES)
			return LK_YES;
		if (q->answers[i].locked == LK_UNKNOWN)
			all = LK_UNKNOWN;
	}
	return all;
}

static void fill_answer(struct lk_answer_file *file, struct lk_who *w, struct lk_fact_file *fact)
{
	*file = (struct lk_answer_file){
		.path = w->target->path,
		.file = w->target->resolved ? fact : NULL,
		.locked = w->locked,
		.holders = w->holders.v,
		.n_holders = w->holders.n,
		.waiters = w->waiters.v,
		.n_waiters = w->waiters.n,
		.reason = w->reason,
	};
}

static int add_beside(struct lk_answer_file *file, const struct inquiry *q, size_t i)
{
	int64_t n = lk_beside_count_below(&q->session, &q->session.targets[i]);

	file->has_locked_below = n >= 0;
	file->locked_below = n;
	return q->beside ? lk_beside_fill(&q->beside[i], file) : 0;
}

/* The numbers of uses are those of the session's targets. */
static void add_uses(struct lk_answer_file *file, const struct inquiry *q, size_t i)
{
	if (!q->has_uses || !q->session.targets[i].resolved)
		return;
	file->uses = &q->uses;
	file->uses_file = i;
}

static int print_rows(struct inquiry *q)
{
	bool per_process = q->cli->format == LK_FORMAT_RAW;
	struct lk_answer answer = { .verb = "who", .n_files = q->n, .locked = overall(q) };
	lk_rows rows = { 0 };
	int rc;

	answer.files = calloc(q->n, sizeof(*answer.files));
	rc = answer.files ? collect_rows(q, per_process, &rows) : -ENOMEM;
	for (size_t i = 0; i < q->n && rc == 0; i++) {
		fill_answer(&answer.files[i], &q->answers[i], &q->session.targets[i].file);
		answer.files[i].sqlite = q->sqlite[i].found ? &q->sqlite[i].s : NULL;
		answer.files[i].sqlite_writable = q->sqlite[i].writable;
		answer.files[i].may_have_mutex = lk_who_may_have_mutex(&q->answers[i]);
		answer.files[i].deleted = &q->deleted[i];
		add_uses(&answer.files[i], q, i);
		rc = add_beside(&answer.files[i], q, i);
	}
	if (rc == 0)
		rc = lk_print_rows(q->cli, &q->session, &q->cols, &rows, &answer);
	lk_vec_done(&rows);
	for (size_t i = 0; answer.files && i < q->n; i++)
		free(answer.files[i].companions);
	free(answer.files);
	return rc;
}

/* A missing FILE is an error whatever the others say, as for grep(1). */
static enum lk_status conclude(const struct inquiry *q)
{
	for (size_t i = 0; i < q->n; i++) {
		if (lk_asked_is_missing(q->answers[i].target))
			return LK_STATUS_ERROR;
	}
	switch (overall(q)) {
	case LK_YES:
		return LK_STATUS_YES;
	case LK_NO:
		return LK_STATUS_NO;
	default:
		return LK_STATUS_UNKNOWN;
	}
}

static enum lk_status prepare(struct inquiry *q)
{
	enum lk_status status = lk_print_parse_sort(q->cli, &q->sort);

	return status ? status : lk_out_columns(q->cli, true, &q->cols);
}

static enum lk_status look(struct inquiry *q)
{
	unsigned needs = lk_print_needs(q->cli, &q->cols) | (q->sort.column ? q->sort.column->needs : 0);
	enum lk_status status = lk_session_open(&q->session, q->cli);

	if (lk_who_wants_jobs(q->cli))
		needs |= LK_NEEDS_JOBS;
	if (!status)
		status = lk_session_resolve(&q->session);
	return status ? status : lk_session_take(&q->session, needs);
}

static int find(struct inquiry *q)
{
	int rc = 0;

	q->answers = calloc(q->session.n_targets, sizeof(*q->answers));
	q->sqlite = calloc(q->session.n_targets, sizeof(*q->sqlite));
	q->deleted = calloc(q->session.n_targets, sizeof(*q->deleted));
	if (!q->answers || !q->sqlite || !q->deleted)
		return -ENOMEM;
	for (size_t i = 0; i < q->session.n_targets && rc == 0; i++) {
		q->n = i + 1;
		rc = lk_who_find(&q->session, &q->session.targets[i], &q->answers[i]);
		rc = rc ? rc : lk_who_sqlite_find(&q->session, &q->answers[i], &q->sqlite[i]);
		rc = rc ? rc : lk_who_deleted_find(&q->session, &q->session.targets[i], &q->deleted[i]);
	}
	return rc;
}

static void say_missing(const struct inquiry *q)
{
	for (size_t i = 0; i < q->n; i++) {
		if (lk_asked_is_missing(q->answers[i].target))
			lk_say("%s", q->answers[i].target->reason);
	}
}

/* A list of pids has no place for it, and an empty list would read as "nobody". */
static void say_unknown(const struct inquiry *q)
{
	for (size_t i = 0; i < q->n; i++) {
		const struct lk_who *w = &q->answers[i];

		if (w->locked == LK_UNKNOWN && w->reason && !lk_asked_is_missing(w->target))
			lk_say("%s: cannot tell: %s", w->target->path, reason_of(w));
	}
}

/* A list of pids and raw rows have no place for what is no lock on the FILE. */
static bool has_place(const struct inquiry *q)
{
	return q->cli->format == LK_FORMAT_TABLE || q->cli->format == LK_FORMAT_JSON ||
	       q->cli->format == LK_FORMAT_JSONL;
}

/* Where the answer has no place for them: of a FILE that is not there, in a list of pids, in raw rows. */
static void say_deleted(const struct inquiry *q)
{
	for (size_t i = 0; i < q->n && q->cli->format != LK_FORMAT_QUIET; i++) {
		if (!has_place(q) || lk_asked_is_missing(q->answers[i].target))
			lk_who_deleted_say(q->answers[i].target, &q->deleted[i]);
	}
}

/* That they could not be found out is said, and changes nothing else. */
static void find_uses(struct inquiry *q)
{
	struct lk_err err = { 0 };
	int rc;

	if (q->cli->no_uses || !has_place(q))
		return;
	rc = lk_session_uses(&q->session, &q->uses, &err);
	q->has_uses = rc == 0;
	if (rc < 0 && rc != -EOPNOTSUPP)
		lk_say("%s", lk_err_text(&err));
	lk_err_done(&err);
}

static int find_beside(struct inquiry *q)
{
	int rc = 0;

	if (!has_place(q))
		return 0;
	q->beside = calloc(q->n ? q->n : 1, sizeof(*q->beside));
	for (size_t i = 0; q->beside && i < q->n && rc == 0; i++)
		rc = lk_beside_find(&q->session, i, q->has_uses ? &q->uses : NULL, &q->beside[i]);
	return q->beside ? rc : -ENOMEM;
}

static enum lk_status answer(struct inquiry *q)
{
	int rc = find(q);

	if (rc == 0)
		find_uses(q);
	if (rc == 0)
		rc = find_beside(q);
	if (rc == 0)
		rc = q->cli->format == LK_FORMAT_TABLE ? print_tables(q) : print_rows(q);
	if (rc < 0) {
		lk_say("cannot print the answer: %s", strerror(-rc));
		return LK_STATUS_ERROR;
	}
	say_missing(q);
	say_deleted(q);
	if (q->cli->format == LK_FORMAT_PIDS || q->cli->format == LK_FORMAT_RAW)
		say_unknown(q);
	if (q->cli->format != LK_FORMAT_QUIET)
		lk_session_badge(&q->session);
	if (q->uses.n_unreadable > 1)
		lk_session_name_unread(&q->session, "which could not be asked whether they use it", q->uses.unread.v,
				       q->uses.unread.n, q->uses.n_unreadable);
	return conclude(q);
}

static enum lk_status run(const struct lk_cli *cli)
{
	struct inquiry q = { .cli = cli };
	enum lk_status status = prepare(&q);

	if (!status)
		status = look(&q);
	if (!status)
		status = answer(&q);
	for (size_t i = 0; i < q.n; i++) {
		lk_who_sqlite_done(&q.sqlite[i]);
		lk_who_done(&q.answers[i]);
		lk_vec_done(&q.deleted[i]);
		if (q.beside)
			lk_beside_done(&q.beside[i]);
	}
	free(q.deleted);
	free(q.sqlite);
	free(q.beside);
	free(q.answers);
	lk_vec_done(&q.cols);
	lk_uses_done(&q.uses);
	lk_session_done(&q.session);
	return status;
}

const struct lk_verb lk_verb_who = {
	.name = "who",
	.args = "FILE...",
	.brief = "which process is locking this file?",
	.text = "Says for each FILE whether it is locked, by which processes, and who waits. The FILE is not opened; it is found by\n"
		"the identity the kernel uses, so hard links, bind mounts and other names of the same file do not matter.\n"
		"Symbolic links are followed. A directory is a file like any other; -R adds everything below it.\n"
		"\n"
		"Apart from the locks it says who uses a FILE without one: who has it open, mapped, as program, as working or root\n"
		"directory, and loop devices, swap and mounts; who listens on a socket or is connected through it; what a block device\n"
		"is mounted at, part of or swapped to. Of a mount point, and with -R of any directory, also who uses anything below\n"
		"it, and so keeps it from being unmounted. Lock files beside the FILE that are locked are mentioned, what an overlay\n"
		"shows of it, how many files below a directory are locked, and locks on deleted files that were called FILE. That changes\n"
		"neither the answer nor the exit status.\n"
		"\n"
		"Where all locks on a FILE are those of a SQLite database, the files FILE-shm, FILE-wal and FILE-journal are looked at,\n"
		"too: who writes, reads, or merely has it open, and whether it can be written now. It is locked (0) also when it is only\n"
		"read or open. No file is opened for that.\n"
		"\n"
		"The exit status is 0 if any FILE is locked, else 4 if that cannot be told for any of them, else 1: not locked, and\n"
		"that is proven. A FILE that does not exist makes it 2.",
	.options = LK_OPTIONS_TABLE | LK_OPTIONS_FILES,
	.min_args = 1,
	.max_args = LK_ANY_ARGS,
	.privileges = LK_PRIVILEGE_USES,
	.run = run,
};

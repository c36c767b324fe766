/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lockscope who: which process is locking this file? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "cli/print.h"
#include "cli/privilege.h"
#include "cli/session.h"
#include "cli/who_print.h"
#include "table/sort.h"

/* Everything one run of `who` owns. */
struct inquiry {
	const struct lk_cli *cli;
	struct lk_session session;
	struct lk_sort sort;
	lk_columns cols;
	struct lk_who_all all;
};

/* "locked by 2 processes", and which holders are not proven. */
static void put_holders(const struct lk_out *o, const struct lk_who *w)
{
	lk_buf likely = { 0 };

	if (w->holders.n)
		fprintf(o->f, "locked by %zu %s", w->holders.n, w->holders.n == 1 ? "process" : "processes");
	else
		fputs("locked", o->f);
	if (w->n_nameless)
		lk_who_put_likely(w, &likely);
	if (likely.n) {
		fprintf(o->f, ", %smost likely by ", w->holders.n ? "and " : "");
		lk_out_puts(o, lk_buf_str(&likely));
	} else if (w->n_nameless) {
		fputs(w->holders.n ? ", and by others that are not proven" : ", but who holds it is not proven", o->f);
	}
	lk_vec_done(&likely);
}

/* Prints who uses the FILE and was not named as a holder or waiter, and how many processes could not be asked. */
static void put_uses(const struct lk_out *o, const struct inquiry *q, const struct lk_who *w, const char *before)
{
	const struct lk_uses *uses = &q->all.uses;
	const lk_ints *skip[] = { &w->holders, &w->waiters, NULL }, *none = NULL;
	size_t file = (size_t)(w->target - q->session.targets), n;
	const char *doubt;

	if (!q->all.has_uses || !w->target->resolved)
		return;
	n = lk_who_put_uses(o, uses, file, false, skip, before);
	n += lk_who_put_uses(o, uses, file, true, &none,
			     w->locked != LK_YES ? "; below it: "
			     : n                 ? "\nBelow it: "
						 : "Below it: ");
	if (uses->n_unreadable) {
		lk_buf unread = { 0 };

		lk_uses_put_unread(&unread, uses, false);
		fputs(n++ ? "; " : before, o->f);
		lk_out_puts(o, lk_buf_str(&unread));
		lk_vec_done(&unread);
	}
	for (size_t i = 0; (doubt = lk_uses_doubt(uses, i)) != NULL; i++)
		fprintf(o->f, "%s%s", n++ ? "; " : before, doubt);
	if (w->locked == LK_YES && n)
		putc('\n', o->f);
}

/* The reason without the path at its beginning, because the path was already printed before it. */
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
	char range[LK_RANGE_WORDS];

	lk_out_puts(o, w->target->path);
	if (cli->has_range && !lk_range_is_whole(cli->range))
		fprintf(o->f, ", %s", lk_range_words(cli->range, range));
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

static void print_for_people(struct inquiry *q, const struct lk_who_file *file)
{
	const struct lk_snapshot *snap = q->session.snap;
	const struct lk_who *w = &file->who;
	lk_rows rows = { 0 };
	struct lk_out o;

	lk_out_init(&o, q->cli);
	put_sentence(&o, q, w);
	lk_who_put_lockfile(&o, &file->lockfile);
	lk_who_note_mandatory(&o, w->target, snap->host.live);
	for (size_t i = 0; i < w->locks.n; i++)
		lk_rows_add(&rows, snap, w->locks.v[i], true);
	lk_sort_rows(&q->sort, rows.v, rows.n);
	lk_out_show_wanted(q->cli, &q->cols, rows.v, rows.n);
	lk_out_show_meaning(q->cli, &q->cols, rows.v, rows.n);
	if (rows.n)
		lk_out_table(&o, &q->cols, rows.v, rows.n);
	lk_who_put_leases(&o, w);
	lk_who_put_sqlite(&o, &file->sqlite);
	lk_who_put_mutex(&o, w);
	if (lk_who_wants_jobs(q->cli))
		lk_who_put_jobs(&o, &rows);
	lk_who_put_deleted(&o, &file->deleted);
	lk_who_note_paths(&o, w, snap->host.live);
	lk_who_put_reasons(&o, snap, w);
	if (w->locked == LK_YES)
		put_uses(&o, q, w, "Without a lock: ");
	lk_who_put_beside(&o, w->target, &file->beside);
	lk_who_put_below(&o, &q->session, w->target);
	lk_vec_done(&rows);
}

static void print_tables(struct inquiry *q)
{
	for (size_t i = 0, shown = 0; i < q->all.n; i++) {
		/* say_rest() reports a missing FILE on standard error. */
		if (lk_asked_is_missing(q->all.files[i].who.target))
			continue;
		if (shown++)
			putchar('\n');
		print_for_people(q, &q->all.files[i]);
	}
}

/* The locks of all FILEs, each once, in the order of the snapshot. per_process: a row for each holder. */
static void collect_rows(const struct inquiry *q, bool per_process, lk_rows *rows)
{
	const struct lk_snapshot *snap = q->session.snap;
	lk_auto_mem bool *wanted = lk_alloc(snap->n_locks, sizeof(*wanted));

	for (size_t i = 0; i < q->all.n; i++) {
		const struct lk_who *w = &q->all.files[i].who;

		for (size_t k = 0; k < w->locks.n; k++)
			wanted[w->locks.v[k]->index] = true;
	}
	for (size_t i = 0; i < snap->n_locks; i++) {
		if (wanted[i])
			lk_rows_add(rows, snap, &snap->locks[i], per_process);
	}
	lk_sort_rows(&q->sort, rows->v, rows->n);
}

static struct lk_answer_companion *companions_of(const lk_besides *b)
{
	struct lk_answer_companion *ret = lk_alloc(b->n, sizeof(*ret));

	for (size_t i = 0; i < b->n; i++) {
		const struct lk_beside *e = b->v[i];

		ret[i] = (struct lk_answer_companion){
			.path = e->asked.path,
			.overlay = e->overlay,
			.locked = e->who.locked,
			.holders = e->who.holders.v,
			.n_holders = e->who.holders.n,
			.lockfile = e->lockfile.kind ? &e->lockfile : NULL,
		};
	}
	return ret;
}

/* i: the index of the FILE among the session's targets, which is also that in uses. The caller frees companions. */
static struct lk_answer_file answer_file(const struct inquiry *q, size_t i)
{
	const struct lk_who_file *file = &q->all.files[i];
	const struct lk_who *w = &file->who;
	struct lk_asked *target = &q->session.targets[i];
	int64_t below = lk_who_count_below(&q->session, target);

	return (struct lk_answer_file){
		.path = target->path,
		.file = target->resolved ? &target->file : NULL,
		.locked = w->locked,
		.holders = w->holders.v,
		.n_holders = w->holders.n,
		.waiters = w->waiters.v,
		.n_waiters = w->waiters.n,
		.reason = w->reason,
		.uses = q->all.has_uses && target->resolved ? &q->all.uses : NULL,
		.uses_file = i,
		.lockfile = file->lockfile.kind ? &file->lockfile : NULL,
		.sqlite = file->sqlite.found ? &file->sqlite.s : NULL,
		.sqlite_writable = file->sqlite.writable,
		.may_have_mutex = lk_who_may_have_mutex(w),
		.companions = companions_of(&file->beside),
		.n_companions = file->beside.n,
		.deleted = &file->deleted,
		.has_locked_below = below >= 0,
		.locked_below = below,
	};
}

static void print_rows(struct inquiry *q)
{
	struct lk_answer answer = { .verb = "who", .n_files = q->all.n, .locked = lk_who_any(&q->all) };
	lk_rows rows = { 0 };

	collect_rows(q, q->cli->format == LK_FORMAT_RAW, &rows);
	answer.files = lk_alloc(q->all.n, sizeof(*answer.files));
	for (size_t i = 0; i < q->all.n; i++)
		answer.files[i] = answer_file(q, i);
	lk_print_rows(q->cli, &q->session, &q->cols, &rows, &answer);
	lk_vec_done(&rows);
	for (size_t i = 0; i < q->all.n; i++)
		free(answer.files[i].companions);
	free(answer.files);
}

/* A missing FILE is an error whatever the others say, as for grep(1). */
static enum lk_status conclude(const struct inquiry *q)
{
	for (size_t i = 0; i < q->all.n; i++) {
		if (lk_asked_is_missing(q->all.files[i].who.target))
			return LK_STATUS_ERROR;
	}
	switch (lk_who_any(&q->all)) {
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
	if (status)
		return status;
	q->session.lock_links = !q->cli->kernel_only;
	lk_session_resolve(&q->session);
	return lk_session_take(&q->session, needs);
}

/* Whether the format has a place for remarks. -t and --raw have none: they list only holders or locks. */
static bool has_place(const struct inquiry *q)
{
	return q->cli->format == LK_FORMAT_TABLE || q->cli->format == LK_FORMAT_JSON ||
	       q->cli->format == LK_FORMAT_JSONL;
}

/* If uses could not be found out, that is said, and changes nothing else. */
static void find(struct inquiry *q)
{
	struct lk_err err = { 0 };
	int rc = lk_who_find_all(&q->session, has_place(q), !q->cli->no_uses, &q->all, &err);

	if (rc < 0 && rc != -EOPNOTSUPP)
		lk_say("%s", lk_err_text(&err));
	lk_err_done(&err);
}

/* Says on standard error what the output has no place for: missing FILEs; with -t and --raw also locks on deleted files, and that the
 * answer is unknown, where an empty list would read as "nobody". */
static void say_rest(const struct inquiry *q)
{
	bool bare = q->cli->format == LK_FORMAT_PIDS || q->cli->format == LK_FORMAT_RAW;

	for (size_t i = 0; i < q->all.n; i++) {
		if (lk_asked_is_missing(q->all.files[i].who.target))
			lk_say("%s", q->all.files[i].who.target->reason);
	}
	for (size_t i = 0; i < q->all.n && q->cli->format != LK_FORMAT_QUIET; i++) {
		const struct lk_who_file *f = &q->all.files[i];

		if (bare || lk_asked_is_missing(f->who.target))
			lk_who_say_deleted(f->who.target, &f->deleted);
	}
	for (size_t i = 0; i < q->all.n && bare; i++) {
		const struct lk_who *w = &q->all.files[i].who;

		if (w->locked == LK_UNKNOWN && w->reason && !lk_asked_is_missing(w->target))
			lk_say("%s: cannot tell: %s", w->target->path, reason_of(w));
	}
}

static enum lk_status answer(struct inquiry *q)
{
	const struct lk_uses *uses = &q->all.uses;

	find(q);
	if (q->cli->format == LK_FORMAT_TABLE)
		print_tables(q);
	else
		print_rows(q);
	say_rest(q);
	if (q->cli->format != LK_FORMAT_QUIET)
		lk_session_badge(&q->session);
	if (uses->n_unreadable > 1)
		lk_session_name_unread(&q->session, "which could not be asked whether they use it", uses->unread.v,
				       uses->unread.n, uses->n_unreadable);
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
	lk_who_all_done(&q.all);
	lk_vec_done(&q.cols);
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
		"it, and so keeps it from being unmounted. Lock files beside the FILE are mentioned, what an overlay shows of it, how\n"
		"many files below a directory are locked, and locks on deleted files that were called FILE. That changes neither the\n"
		"answer nor the exit status. With -R the lock files below a directory are mentioned, and one that is live makes it\n"
		"locked.\n"
		"\n"
		"Where all locks on a FILE are those of a SQLite database, the files FILE-shm, FILE-wal and FILE-journal are looked at,\n"
		"too: who writes, reads, or merely has it open, and whether it can be written now. It is locked (0) also when it is only\n"
		"read or open. No file is opened for that.\n"
		"\n"
		"A FILE that is known to be a lock file (git's index.lock, a swap file of vim, a pid file …) is answered for as one:\n"
		"who made it, whether that one is alive, by which evidence, and what to do. It is locked (0) if that is proven, not\n"
		"locked (1) if it is proven to be stale or means nothing, else it cannot be told (4). Of a link to nowhere that is called\n"
		"as a lock file the link itself is meant. What is written in the file is read, unless a lease is on it.\n"
		"\n"
		"The exit status is 0 if any FILE is locked, else 4 if that cannot be told for any of them, else 1: not locked, and\n"
		"that is proven. A FILE that does not exist makes it 2.",
	.options = LK_OPTIONS_TABLE | LK_OPTIONS_FILES,
	.min_args = 1,
	.max_args = LK_ANY_ARGS,
	.privileges = LK_PRIVILEGE_USES,
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lockscope test: would a lock be granted now? */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "action/command.h"
#include "action/probe.h"
#include "cli/print.h"
#include "cli/privilege.h"
#include "cli/who_print.h"
#include "query/test.h"
#include "words/words.h"

/* Everything one run of `test` owns. */
struct inquiry {
	const struct lk_cli *cli;
	struct lk_session session;
	struct lk_test_request req;
	struct lk_test test;
	struct lk_who_all as_file; /* what FILE is to its programs; empty: that is not what is asked */
	lk_namesakes deleted;
	struct lk_probe probe;
	bool asked; /* the kernel was asked, and the next two are its answer */
	enum lk_tri kernel_granted;
	lk_probe_list found; /* the locks in the way that it named */
	bool tried; /* the lock was asked for, or was not because of a lease; `acquired` is set */
	bool not_opened; /* because of a lease, which opening FILE could break */
	enum lk_tri acquired;
};

/* ---- what is asked ---- */

static unsigned kinds_of(const struct lk_cli *cli)
{
	bool range = cli->act.posix || cli->act.ofd || cli->has_range;

	return (cli->act.flock || !range ? 1U << LK_TEST_FLOCK : 0) |
	       (range || !cli->act.flock ? 1U << LK_TEST_RANGE : 0) |
	       (!range && !cli->act.flock ? 1U << LK_TEST_LEASE : 0);
}

/* Refuses options that do not go together. 0, or the exit status after the error was printed. */
static enum lk_status check(const struct lk_cli *cli)
{
	const struct lk_cli_act *act = &cli->act;
	int ways = act->acquire + (act->hold_ms > 0) + (cli->command != NULL);

	if (act->read && act->write)
		return lk_cli_misuse(cli->verb, "--read and --write exclude each other");
	if (ways > 1)
		return lk_cli_misuse(cli->verb, "--acquire, --hold and a COMMAND exclude each other");
	if (ways && act->posix + act->ofd + act->flock > 1)
		return lk_cli_misuse(cli->verb, "one lock is taken: give one of --posix, --ofd and --flock");
	if (cli->command && cli->format == LK_FORMAT_JSON)
		return lk_cli_misuse(cli->verb, "-J does not go with a COMMAND, which has standard output for itself");
	if (act->confirm && act->flock)
		return lk_cli_misuse(
			cli->verb, "the kernel cannot be asked about flock(2) locks without taking one; see --acquire");
	if (act->flock && cli->has_range)
		return lk_cli_misuse(cli->verb, "flock(2) locks whole files only; leave out --range or --flock");
	return 0;
}

/* The lock that --acquire, --hold and COMMAND take. */
static struct lk_probe_wish wish_of(const struct inquiry *q)
{
	const struct lk_cli_act *act = &q->cli->act;
	enum lk_type type = act->posix                                       ? LK_TYPE_POSIX
			    : act->ofd || (q->cli->has_range && !act->flock) ? LK_TYPE_OFD
									     : LK_TYPE_FLOCK;

	return (struct lk_probe_wish){ .type = type, .mode = q->req.mode, .range = q->req.range };
}

static bool takes(const struct lk_cli *cli)
{
	return cli->act.acquire || cli->act.hold_ms || cli->command;
}

/* Refuses options that open the file where that is not allowed. 0, or the exit status after the reason was printed. */
static enum lk_status may_touch(const struct lk_cli *cli)
{
	const char *what = "test --confirm";

	if (!takes(cli) && !cli->act.confirm)
		return 0;
	if (takes(cli))
		what = cli->act.acquire ? "test --acquire" : cli->act.hold_ms ? "test --hold" : "test -- COMMAND";
	return lk_privilege_refuse(cli, what);
}

static enum lk_status say_errno(const char *path, const struct lk_err *err)
{
	lk_say("%s: %s", path, lk_err_text(err));
	return err->code == -ESTALE ? LK_STATUS_REFUSED : LK_STATUS_ERROR;
}

/* Pins the file before the locks are read: so they include any lease on the very file that is opened later. */
static enum lk_status pin(struct inquiry *q)
{
	const struct lk_asked *file = &q->session.targets[0];
	struct lk_err err = { 0 };
	enum lk_status status = 0;
	int rc;

	if (!file->resolved) {
		lk_say("%s", file->reason);
		return file->code == -ETIMEDOUT ? LK_STATUS_TIMEOUT : LK_STATUS_ERROR;
	}
	rc = lk_probe_pin(&q->probe, &lk_sys_real, file->path, &file->file, &err);
	if (rc < 0) {
		lk_say("%s", lk_err_text(&err));
		status = rc == -ESTALE || rc == -EINVAL || rc == -EOPNOTSUPP ? LK_STATUS_REFUSED : LK_STATUS_ERROR;
	}
	lk_err_done(&err);
	return status;
}

/* Without a word about a kind of kernel lock, a lock file is asked about as such. */
static bool asks_for_any(const struct lk_cli *cli)
{
	return !cli->kernel_only && !cli->has_range && !cli->act.posix && !cli->act.ofd && !cli->act.flock &&
	       !cli->act.confirm && !takes(cli);
}

/* NULL: FILE is no lock file, or is not asked about as one. */
static const struct lk_lockfile *lockfile_of(const struct inquiry *q)
{
	const struct lk_lockfile *l = q->as_file.n ? &q->as_file.files[0].lockfile : NULL;

	return l && l->kind && lk_lockfile_is_lock(l->kind) ? l : NULL;
}

static void find_as_file(struct inquiry *q)
{
	struct lk_err err = { 0 };

	if (asks_for_any(q->cli))
		lk_who_find_all(&q->session, false, false, &q->as_file, &err);
	lk_err_done(&err);
}

static enum lk_status look(struct inquiry *q)
{
	unsigned needs = LK_NEED_WAITS | (q->cli->numeric ? 0 : LK_NEED_USER);
	enum lk_status status = lk_session_open(&q->session, q->cli);

	if (status)
		return status;
	q->session.lock_links = asks_for_any(q->cli);
	lk_session_resolve(&q->session);
	if (lk_asked_is_missing(&q->session.targets[0])) {
		lk_say("%s", q->session.targets[0].reason);
		if (q->cli->format != LK_FORMAT_QUIET && !lk_session_take(&q->session, 0))
			lk_who_say_all_deleted(&q->session);
		return LK_STATUS_ERROR;
	}
	if (takes(q->cli) || q->cli->act.confirm)
		status = pin(q);
	if (!status)
		status = lk_session_take(&q->session, needs | (q->cli->full ? LK_NEEDS_JOBS | LK_NEED_NS : 0));
	if (status)
		return status;
	lk_test_find(&q->session, &q->req, &q->test);
	find_as_file(q);
	lk_who_find_deleted(&q->session, &q->session.targets[0], &q->deleted);
	return 0;
}

/* ---- the answer ---- */

static const char *mode_words(const struct inquiry *q)
{
	return q->req.mode == LK_MODE_READ ? "read" : "write";
}

static void put_kind(const struct lk_out *o, const struct inquiry *q, const struct lk_test_answer *a)
{
	char range[LK_RANGE_WORDS];

	if (a->kind == LK_TEST_FLOCK)
		fprintf(o->f, "  flock %s lock: ", mode_words(q));
	else if (a->kind == LK_TEST_LEASE)
		fprintf(o->f, "  opening it to %s, past leases: ", mode_words(q));
	else if (lk_range_is_whole(q->req.range))
		fprintf(o->f, "  POSIX or OFD %s lock: ", mode_words(q));
	else
		fprintf(o->f, "  POSIX or OFD %s lock on %s: ", mode_words(q), lk_range_words(q->req.range, range));
	if (a->granted == LK_YES)
		fputs("would be granted\n", o->f);
	else if (a->granted == LK_NO)
		fprintf(o->f, "would have to wait, %zu in the way\n", a->in_the_way.n);
	else
		fputs("cannot tell: ", o->f);
	if (a->granted == LK_UNKNOWN) {
		lk_out_puts(o, a->reason);
		putc('\n', o->f);
	}
}

static void put_found(const struct lk_out *o, const struct lk_probe_found *f)
{
	char range[LK_RANGE_WORDS];

	fprintf(o->f, "    a %s lock on %s, ", lk_mode_name(f->mode), lk_range_words(f->range, range));
	if (f->pid)
		fprintf(o->f, "POSIX, process %d\n", f->pid);
	else
		fputs("OFD, or of a process that is not visible here\n", o->f);
}

static void put_kernel(const struct lk_out *o, const struct inquiry *q)
{
	if (!q->asked)
		return;
	fprintf(o->f, "  the kernel, asked about POSIX and OFD locks: %s\n",
		q->kernel_granted == LK_YES ? "would be granted" : "would have to wait for");
	for (size_t i = 0; i < q->found.n; i++)
		put_found(o, &q->found.v[i]);
}

static void put_trial(const struct lk_out *o, const struct inquiry *q)
{
	if (!q->tried)
		return;
	fprintf(o->f, "  %s %s lock, really asked for: %s\n", lk_words_types[wish_of(q).type], mode_words(q),
		q->acquired == LK_YES ? "granted"
		: q->not_opened       ? "no, because of the lease"
				      : "refused");
	if (q->acquired == LK_YES && q->cli->act.acquire)
		fputs("  It was released at once. Others could have noticed it meanwhile.\n", o->f);
}

/* The answer for a lock file; else for all kinds together, with that of the kernel where it was asked; or whether the lock was really granted. */
static enum lk_tri overall(const struct inquiry *q)
{
	enum lk_tri all = LK_YES;

	if (q->tried)
		return q->acquired;
	if (lockfile_of(q)) {
		enum lk_tri locked = q->as_file.files[0].who.locked;

		return locked == LK_UNKNOWN ? locked : locked == LK_NO ? LK_YES : LK_NO;
	}
	for (size_t i = 0; i < q->test.n_answers; i++) {
		bool asked = q->asked && q->test.answers[i].kind == LK_TEST_RANGE;
		enum lk_tri one = asked ? q->kernel_granted : q->test.answers[i].granted;

		if (one == LK_NO)
			return LK_NO;
		if (one == LK_UNKNOWN)
			all = LK_UNKNOWN;
	}
	return all;
}

/* A lock that is in the way of several kinds is added once for each of them. */
static void collect(const struct inquiry *q, bool per_process, lk_rows *rows)
{
	for (size_t i = 0; i < q->test.n_answers; i++) {
		const struct lk_test_answer *a = &q->test.answers[i];

		for (size_t k = 0; k < a->in_the_way.n; k++)
			lk_rows_add(rows, q->session.snap, a->in_the_way.v[k], per_process);
	}
}

static void put_lockfile(const struct lk_out *o, const struct inquiry *q)
{
	const struct lk_lockfile *l = lockfile_of(q);

	if (!l)
		return;
	fputs("That is about kernel locks. Its own lock is none: the file is the lock, or says who has it.\n", o->f);
	lk_who_put_lockfile(o, l);
}

static int print_for_people(struct inquiry *q)
{
	lk_columns cols = { 0 };
	lk_rows rows = { 0 };
	struct lk_out o;
	int rc;

	lk_out_init(&o, q->cli);
	lk_out_puts(&o, q->cli->args[0]);
	fputs(":\n", o.f);
	for (size_t i = 0; i < q->test.n_answers; i++)
		put_kind(&o, q, &q->test.answers[i]);
	put_kernel(&o, q);
	put_trial(&o, q);
	put_lockfile(&o, q);
	lk_who_note_mandatory(&o, &q->session.targets[0], q->session.snap->host.live);
	rc = lk_out_columns(q->cli, true, &cols) ? -EINVAL : 0;
	collect(q, true, &rows);
	lk_out_show_wanted(q->cli, &cols, rows.v, rows.n);
	if (!rc && rows.n)
		lk_out_table(&o, &cols, rows.v, rows.n);
	lk_who_put_deleted(&o, &q->deleted);
	lk_vec_done(&rows);
	lk_vec_done(&cols);
	return rc;
}

static void print_document(struct inquiry *q)
{
	const struct lk_asked *target = q->test.who.target;
	struct lk_answer_kind kinds[LK_TEST_KINDS];
	struct lk_answer_test say = { .path = q->cli->args[0],
				      .file = target->resolved ? &target->file : NULL,
				      .mode = q->req.mode,
				      .range = q->req.range,
				      .granted = overall(q),
				      .kinds = kinds,
				      .n_kinds = q->test.n_answers,
				      .asked = q->asked,
				      .kernel_granted = q->kernel_granted,
				      .found = q->found.v,
				      .n_found = q->found.n,
				      .lockfile = lockfile_of(q),
				      .deleted = &q->deleted,
				      .acquired = q->tried ? q->acquired : LK_UNKNOWN };
	struct lk_answer answer = { .verb = "test", .test = &say };
	lk_columns none = { 0 };
	lk_rows rows = { 0 };

	for (size_t i = 0; i < q->test.n_answers; i++) {
		const struct lk_test_answer *a = &q->test.answers[i];

		kinds[i] = (struct lk_answer_kind){ lk_test_kind_name(a->kind), a->granted,
						    (const struct lk_lock *const *)a->in_the_way.v, a->in_the_way.n,
						    a->reason };
	}
	collect(q, false, &rows);
	lk_print_rows(q->cli, &q->session, &none, &rows, &answer);
	lk_vec_done(&rows);
}

static enum lk_status print(struct inquiry *q)
{
	int rc = 0;

	if (q->cli->format == LK_FORMAT_QUIET || q->cli->command)
		return 0;
	if (q->cli->format == LK_FORMAT_JSON)
		print_document(q);
	else
		rc = print_for_people(q);
	if (rc < 0) {
		lk_say("cannot print the answer: %s", strerror(-rc));
		return LK_STATUS_ERROR;
	}
	lk_session_badge(&q->session);
	return 0;
}

/* ---- asking the kernel ---- */

/* Whether there is a lease that opening the file could break; if so, says it on standard error. */
static bool has_lease(const struct inquiry *q)
{
	const struct lk_lock *l = lk_test_lease(&q->test);

	if (!l)
		return false;
	lk_say("%s: a %s is on the file, and opening it could break that, so it is not opened%s%s", q->cli->args[0],
	       lk_type_name(l->rec.type), l->pid > 0 && l->proc && l->proc->comm ? "; it is held by " : "",
	       l->pid > 0 && l->proc && l->proc->comm ? l->proc->comm : "");
	return true;
}

static enum lk_status ask(struct inquiry *q)
{
	struct lk_probe_wish wish = { .type = LK_TYPE_OFD, .mode = q->req.mode, .range = q->req.range };
	struct lk_err err = { 0 };
	enum lk_status status = 0;
	int rc = lk_probe_ask(&q->probe, &wish, &q->found, &err);

	q->asked = rc == 0;
	q->kernel_granted = q->found.n ? LK_NO : LK_YES;
	if (rc < 0)
		status = say_errno(q->cli->args[0], &err);
	lk_err_done(&err);
	return status;
}

/* 0 also if the lock was refused: see q->acquired. */
static enum lk_status take(struct inquiry *q)
{
	struct lk_probe_wish wish = wish_of(q);
	struct lk_err err = { 0 };
	enum lk_status status = 0;
	int rc;

	lk_probe_log(&lk_sys_real, &wish, q->cli->args[0], LK_PROBE_BEGUN);
	rc = q->cli->act.acquire ? lk_probe_try(&q->probe, &wish, &err) : lk_probe_take(&q->probe, &wish, &err);
	lk_probe_log(&lk_sys_real, &wish, q->cli->args[0], rc);
	q->tried = rc == 0 || rc == -EAGAIN;
	q->acquired = rc == 0 ? LK_YES : LK_NO;
	if (!q->tried)
		status = say_errno(q->cli->args[0], &err);
	else if (rc < 0 && (q->cli->command || q->cli->format != LK_FORMAT_QUIET))
		lk_say("%s: %s%s", q->cli->args[0], lk_err_text(&err),
		       q->cli->command ? "; the command was not run" : "");
	lk_err_done(&err);
	return status;
}

static void keep_for(uint32_t ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

/* Runs the command while the lock is held. Returns its exit status. */
static enum lk_status run_command(const struct inquiry *q)
{
	struct lk_err err = { 0 };
	int status = 0;

	lk_flush_output();
	if (lk_command_run(q->cli->command, &status, &err) < 0)
		status = (int)lk_say_error(&err);
	else if (status == 127 || status == 126)
		lk_say("%s: the command ended with status %d%s", q->cli->command[0], status,
		       status == 127 ? ": there may be no such command" : "");
	lk_err_done(&err);
	return (enum lk_status)status;
}

static enum lk_status conclude(const struct inquiry *q)
{
	switch (overall(q)) {
	case LK_YES:
		return LK_STATUS_YES;
	case LK_NO:
		return q->cli->command ? (enum lk_status)q->cli->act.refused_status : LK_STATUS_NO;
	default:
		return LK_STATUS_UNKNOWN;
	}
}

/* Does what opens the file: --confirm, --acquire, --hold and COMMAND. */
static enum lk_status touch(struct inquiry *q)
{
	enum lk_status status = 0;

	if (!takes(q->cli) && !q->cli->act.confirm)
		return 0;
	if (has_lease(q)) {
		/* Counts as refused, so that the exit status tells the caller that the COMMAND was not run. */
		q->tried = takes(q->cli);
		q->not_opened = true;
		q->acquired = LK_NO;
		return 0;
	}
	if (q->cli->act.confirm)
		status = ask(q);
	if (!status && takes(q->cli))
		status = take(q);
	return status;
}

static enum lk_status answer(struct inquiry *q)
{
	enum lk_status status = look(q);

	if (!status)
		status = touch(q);
	if (!status)
		status = print(q);
	if (status)
		return status;
	if (q->tried && q->acquired == LK_YES && q->cli->command)
		return run_command(q);
	if (q->tried && q->acquired == LK_YES && q->cli->act.hold_ms) {
		lk_flush_output();
		keep_for(q->cli->act.hold_ms);
	}
	return conclude(q);
}

static enum lk_status run(const struct lk_cli *cli)
{
	struct inquiry q = { .cli = cli, .probe = { .path_fd = -1, .fd = -1 } };
	enum lk_status status = check(cli);

	if (!status)
		status = may_touch(cli);
	q.req = (struct lk_test_request){ .kinds = kinds_of(cli),
					  .mode = cli->act.read ? LK_MODE_READ : LK_MODE_WRITE,
					  .range = cli->has_range ? cli->range : LK_RANGE_WHOLE };
	if (!status)
		status = answer(&q);
	if (q.probe.sys)
		lk_probe_done(&q.probe);
	lk_test_done(&q.test);
	lk_who_all_done(&q.as_file);
	lk_vec_done(&q.found);
	lk_vec_done(&q.deleted);
	lk_session_done(&q.session);
	return status;
}

const struct lk_verb lk_verb_test = {
	.name = "test",
	.args = "FILE [-- COMMAND...]",
	.brief = "would a lock be granted now? if not, who is in the way?",
	.text = "Says whether a lock on FILE would be granted now, and names every lock in the way with its holder. This is computed from\n"
		"what the kernel lists: FILE is not opened and nothing is locked. A write lock is meant unless --read is given; with\n"
		"--range, --posix or --ofd a POSIX or OFD lock; with --flock a flock(2) lock; without any of them every kind, and also\n"
		"whether opening FILE would have to wait for a lease.\n"
		"\n"
		"A lock file that is no kernel lock, such as git's index.lock or a pid file, is asked about as 'lockscope who' does,\n"
		"unless a kind of lock or a range is named, --kernel-only is given, or the file would be opened.\n"
		"\n"
		"--confirm also asks the kernel, which takes nothing but opens FILE for reading. --acquire really takes the lock,\n"
		"without waiting, and releases it at once: others can notice that. --hold keeps it for a while, and a COMMAND behind --\n"
		"is run while it is held; the command does not inherit it. The kind is flock, or OFD with --range, unless it is named.\n"
		"A file with a lease on it, a FIFO or a device is never opened.\n"
		"\n"
		"The exit status is 0 if the lock would be (or was) granted, 1 if not, 4 if that cannot be told. With a COMMAND it is\n"
		"that of the command, 1 (or -E) if the lock was refused.",
	.options = LK_OPTIONS_TEST,
	.min_args = 1,
	.max_args = 1,
	.takes_command = true,
	.run = run,
};

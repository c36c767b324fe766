/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "action/command.h"
#include "base/cleanup.h"
#include "cli/print.h"
#include "cli/readonly.h"
#include "cli/test.h"

static bool takes(const struct lk_cli *cli)
{
	return cli->act.acquire || cli->act.hold_ms || cli->command;
}

/* Everything that opens the file. */
static enum lk_status may_touch(const struct lk_cli *cli)
{
	const char *what = "test --confirm";

	if (!takes(cli) && !cli->act.confirm)
		return 0;
	if (takes(cli))
		what = cli->act.acquire ? "test --acquire" : cli->act.hold_ms ? "test --hold" : "test -- COMMAND";
	return lk_readonly_check(cli, what);
}

static enum lk_status say_errno(const char *path, const struct lk_err *err)
{
	lk_say("%s: %s", path, lk_err_text(err));
	return err->code == -ESTALE ? LK_STATUS_REFUSED : LK_STATUS_ERROR;
}

/* Pinned before the locks are read, so that a lease that is not among them was not there when the file was. */
static enum lk_status pin(struct lk_test *t)
{
	const struct lk_asked *file = &t->session.targets[0];
	struct lk_err err = { 0 };
	enum lk_status status = 0;
	int rc;

	if (!file->resolved) {
		lk_say("%s", file->reason);
		return file->code == -ETIMEDOUT ? LK_STATUS_TIMEOUT : LK_STATUS_ERROR;
	}
	rc = lk_probe_pin(&t->probe, &lk_sys_real, file->path, &file->file, &err);
	if (rc < 0) {
		lk_say("%s", lk_err_text(&err));
		status = rc == -ESTALE || rc == -EINVAL || rc == -EOPNOTSUPP ? LK_STATUS_REFUSED : LK_STATUS_ERROR;
	}
	lk_err_done(&err);
	return status;
}

static enum lk_status look(struct lk_test *t)
{
	unsigned needs = LK_NEED_WAITS | (t->cli->numeric ? 0 : LK_NEED_USER);
	enum lk_status status = lk_session_open(&t->session, t->cli);

	if (!status)
		status = lk_session_resolve(&t->session);
	if (!status && lk_asked_is_missing(&t->session.targets[0])) {
		lk_say("%s", t->session.targets[0].reason);
		if (t->cli->format != LK_FORMAT_QUIET && !lk_session_take(&t->session, 0))
			lk_who_deleted_say_all(&t->session);
		status = LK_STATUS_ERROR;
	}
	if (!status && (takes(t->cli) || t->cli->act.confirm))
		status = pin(t);
	if (!status)
		status = lk_session_take(&t->session, needs | (t->cli->full ? LK_NEEDS_JOBS | LK_NEED_NS : 0));
	if (!status && lk_test_find(t) < 0) {
		lk_say("out of memory");
		status = LK_STATUS_ERROR;
	}
	return status;
}

/* Opening the file would break it. */
static bool has_lease(const struct lk_test *t)
{
	const struct lk_lock *l = lk_test_lease(t);

	if (!l)
		return false;
	lk_say("%s: a %s is on the file, and opening it could break that, so it is not opened%s%s", t->cli->args[0],
	       lk_type_name(l->rec.type), l->pid > 0 && l->proc && l->proc->comm ? "; it is held by " : "",
	       l->pid > 0 && l->proc && l->proc->comm ? l->proc->comm : "");
	return true;
}

static enum lk_status ask(struct lk_test *t)
{
	struct lk_probe_wish wish = { .type = LK_TYPE_OFD, .mode = t->mode, .range = t->range };
	struct lk_err err = { 0 };
	enum lk_status status = 0;
	int rc = lk_probe_ask(&t->probe, &wish, &t->found, &err);

	t->asked = rc == 0;
	t->kernel_granted = t->found.n ? LK_NO : LK_YES;
	if (rc < 0)
		status = say_errno(t->cli->args[0], &err);
	lk_err_done(&err);
	return status;
}

/* 0 also when it is refused: see acquired. */
static enum lk_status take(struct lk_test *t)
{
	struct lk_probe_wish wish = lk_test_wish(t);
	struct lk_err err = { 0 };
	enum lk_status status = 0;
	int rc;

	lk_probe_log(&lk_sys_real, &wish, t->cli->args[0], LK_PROBE_BEGUN);
	rc = t->cli->act.acquire ? lk_probe_try(&t->probe, &wish, &err) : lk_probe_take(&t->probe, &wish, &err);
	lk_probe_log(&lk_sys_real, &wish, t->cli->args[0], rc);
	t->tried = rc == 0 || rc == -EAGAIN;
	t->acquired = rc == 0 ? LK_YES : LK_NO;
	if (!t->tried)
		status = say_errno(t->cli->args[0], &err);
	else if (rc < 0 && (t->cli->command || t->cli->format != LK_FORMAT_QUIET))
		lk_say("%s: %s%s", t->cli->args[0], lk_err_text(&err),
		       t->cli->command ? "; the command was not run" : "");
	lk_err_done(&err);
	return status;
}

static void keep_for(uint32_t ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

/* With the lock. */
static enum lk_status run_command(const struct lk_test *t)
{
	struct lk_err err = { 0 };
	int status = 0;

	lk_flush_output();
	if (lk_command_run(t->cli->command, &status, &err) < 0)
		status = (int)lk_say_error(&err);
	else if (status == 127 || status == 126)
		lk_say("%s: the command ended with status %d%s", t->cli->command[0], status,
		       status == 127 ? ": there may be no such command" : "");
	lk_err_done(&err);
	return (enum lk_status)status;
}

static enum lk_status conclude(const struct lk_test *t)
{
	switch (lk_test_overall(t)) {
	case LK_YES:
		return LK_STATUS_YES;
	case LK_NO:
		return t->cli->command ? (enum lk_status)t->cli->act.refused_status : LK_STATUS_NO;
	default:
		return LK_STATUS_UNKNOWN;
	}
}

static enum lk_status print(struct lk_test *t)
{
	int rc = lk_test_print(t);

	if (rc < 0) {
		lk_say("cannot print the answer: %s", strerror(-rc));
		return LK_STATUS_ERROR;
	}
	if (t->cli->format != LK_FORMAT_QUIET && !t->cli->command)
		lk_session_badge(&t->session);
	return 0;
}

/* What goes beyond the passive answer. */
static enum lk_status touch(struct lk_test *t)
{
	enum lk_status status = 0;

	if (!takes(t->cli) && !t->cli->act.confirm)
		return 0;
	if (has_lease(t)) {
		/* The command is not run, and that is what its caller asks about. */
		t->tried = takes(t->cli);
		t->not_opened = true;
		t->acquired = LK_NO;
		return 0;
	}
	if (t->cli->act.confirm)
		status = ask(t);
	if (!status && takes(t->cli))
		status = take(t);
	return status;
}

static enum lk_status answer(struct lk_test *t)
{
	enum lk_status status = look(t);

	if (!status)
		status = touch(t);
	if (!status)
		status = print(t);
	if (status)
		return status;
	if (t->tried && t->acquired == LK_YES && t->cli->command)
		return run_command(t);
	if (t->tried && t->acquired == LK_YES && t->cli->act.hold_ms) {
		lk_flush_output();
		keep_for(t->cli->act.hold_ms);
	}
	return conclude(t);
}

static enum lk_status run(const struct lk_cli *cli)
{
	struct lk_test t;
	enum lk_status status = lk_test_init(&t, cli);

	if (!status)
		status = may_touch(cli);
	if (!status)
		status = answer(&t);
	lk_test_done(&t);
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

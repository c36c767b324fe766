/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Showing the plan of an action, asking on the terminal, executing it and reporting. */
#include "cli/act.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/sanitize.h"
#include "cli/out.h"
#include "cli/print.h"

#define ANSWER_MAX 128
#define REASONS_MAX 5 /* refusals printed on standard error; the plan has all of them */

/* ---- asking ---- */

struct terminal {
	int in, out;
	int own; /* opened here and to be closed; negative: none */
};

/* Opens the controlling terminal, even if standard input is redirected. Without one, uses standard input and standard error if both are
 * terminals. */
static bool open_terminal(struct terminal *t)
{
	t->own = lk_io_openat(AT_FDCWD, "/dev/tty", O_RDWR | O_NOCTTY);
	t->in = t->out = t->own;
	if (t->own >= 0)
		return true;
	t->in = STDIN_FILENO;
	t->out = STDERR_FILENO;
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static void close_terminal(struct terminal *t)
{
	if (t->own >= 0)
		close(t->own);
}

static bool can_ask(void)
{
	struct terminal t;
	bool possible = open_terminal(&t);

	close_terminal(&t);
	return possible;
}

/* Reads one line, without its newline. false: end of file, an error, or the line does not fit. */
static bool read_line(int fd, char *buf, size_t size)
{
	size_t n = 0;
	ssize_t got;
	char c;

	for (;;) {
		got = read(fd, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		if (c == '\n')
			break;
		if (n + 1 >= size)
			return false;
		buf[n++] = c;
	}
	buf[n] = '\0';
	return true;
}

/* 1: answered; 0: no answer could be read (end of file, an error, a line that is too long); -ENOTTY: there is no terminal to ask on. */
static int ask(const char *question, const char *hint, char answer[ANSWER_MAX])
{
	lk_auto_mem char *safe = lk_sanitize_str(question, lk_sanitize_locale_is_utf8());
	struct terminal t;
	bool answered;

	if (!open_terminal(&t))
		return -ENOTTY;
	lk_flush_output();
	answered = lk_io_write_all(t.out, safe, strlen(safe)) == 0 && lk_io_write_all(t.out, hint, strlen(hint)) == 0 &&
		   read_line(t.in, answer, ANSWER_MAX);
	if (!answered)
		lk_io_write_all(t.out, "\n", 1);
	close_terminal(&t);
	return answered;
}

/* 0: go on, because of --yes or of the answer "y" or "yes". An empty line, any other answer and end of file mean no. */
static enum lk_status confirm(const struct lk_cli *cli, const char *question)
{
	char answer[ANSWER_MAX];
	int rc;

	if (cli->act.yes)
		return 0;
	rc = ask(question, " [y/N] ", answer);
	if (rc == 1 && (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0))
		return 0;
	if (rc < 0)
		lk_say("nothing was done: there is no terminal to ask on; give --yes to go on without being asked");
	else
		lk_say("nothing was done");
	return LK_STATUS_REFUSED;
}

/* Asks for the number of the process that loses its lock, even with --yes. 0: it was typed. */
static enum lk_status confirm_pid(int pid)
{
	char answer[ANSWER_MAX], expected[16];
	int rc = ask("To confirm, type the number of the process that loses its lock:", " ", answer);

	snprintf(expected, sizeof(expected), "%d", pid);
	if (rc == 1 && strcmp(answer, expected) == 0)
		return 0;
	if (rc < 0)
		lk_say("nothing was done: there is no terminal to ask on; give --yes and --pid %d to go on without "
		       "being asked",
		       pid);
	else
		lk_say("nothing was done: that was not what was asked for");
	return LK_STATUS_REFUSED;
}

/* ---- plan and report ---- */

static bool is_json(const struct lk_cli *cli)
{
	return cli->format == LK_FORMAT_JSON;
}

static void put_lines(const struct lk_out *o, const struct lk_action *a, enum lk_line_kind kind, const char *title)
{
	bool first = true;

	for (size_t i = 0; i < a->lines.n; i++) {
		if (a->lines.v[i].kind != kind)
			continue;
		if (first && title)
			fprintf(o->f, "%s\n", title);
		first = false;
		fputs(title ? "  " : "", o->f);
		lk_out_puts(o, a->lines.v[i].text);
		putc('\n', o->f);
	}
}

static void put_plan(const struct lk_out *o, const struct lk_action *a, bool planned)
{
	for (size_t i = 0; i < LK_PLAN_PARTS; i++)
		put_lines(o, a, lk_plan_order[i], lk_line_kind_title(lk_plan_order[i], planned));
	fflush(o->f);
}

/* Says on standard error why nothing was done, for those who discard standard output and with it the plan. */
static void say_refusals(const struct lk_action *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->lines.n; i++) {
		if (a->lines.v[i].kind == LK_LINE_REFUSED && n++ < REASONS_MAX)
			lk_say("nothing was done: %s", a->lines.v[i].text);
	}
	if (n > REASONS_MAX)
		lk_say("nothing was done, for %zu more reasons", n - REASONS_MAX);
	else if (!n)
		lk_say("nothing was done: it is refused");
}

static void put_document(const struct lk_cli *cli, const struct lk_session *s, const struct lk_action *a,
			 const struct lk_lock *const *rows, size_t n_rows, const char *error)
{
	struct lk_answer answer = { .verb = cli->verb->name, .action = a, .dry_run = cli->act.dry_run, .error = error };

	lk_print_document(cli, s, rows, n_rows, &answer);
}

static enum lk_status status_of(const struct lk_action *a, int rc)
{
	switch (a->outcome) {
	case LK_OUTCOME_DONE:
		return rc < 0 ? LK_STATUS_ERROR : LK_STATUS_YES;
	case LK_OUTCOME_NOT_DONE:
		return rc < 0 ? LK_STATUS_ERROR : LK_STATUS_NO;
	case LK_OUTCOME_PARTLY:
		return LK_STATUS_SOME;
	case LK_OUTCOME_REFUSED:
		return a->unknown ? LK_STATUS_UNKNOWN : LK_STATUS_REFUSED;
	default:
		return rc < 0 ? LK_STATUS_ERROR : LK_STATUS_UNKNOWN;
	}
}

static enum lk_status execute(const struct lk_cli *cli, const struct lk_session *s, struct lk_action *a,
			      const struct lk_lock *const *rows, size_t n_rows)
{
	struct lk_err err = { 0 };
	int rc = lk_action_execute(a, &err);
	enum lk_status status = status_of(a, rc);
	struct lk_out o;

	lk_out_init(&o, cli);
	if (is_json(cli))
		put_document(cli, s, a, rows, n_rows, rc < 0 ? lk_err_text(&err) : NULL);
	else
		put_lines(&o, a, LK_LINE_RESULT, NULL);
	if (rc < 0)
		lk_say("%s", lk_err_text(&err));
	lk_err_done(&err);
	return status;
}

/* Ends without running the plan: it is refused, it was not confirmed (then error says so), or --dry-run was given. */
static enum lk_status only_plan(const struct lk_cli *cli, const struct lk_session *s, struct lk_action *a,
				const struct lk_lock *const *rows, size_t n_rows, const char *error)
{
	enum lk_status status = LK_STATUS_YES;

	if (a->refused || error) {
		a->outcome = LK_OUTCOME_REFUSED;
		status = status_of(a, 0);
	}
	if (is_json(cli))
		put_document(cli, s, a, rows, n_rows, error);
	if (a->refused)
		say_refusals(a);
	return status;
}

static enum lk_status run(const struct lk_cli *cli, const struct lk_session *s, struct lk_action *a,
			  const struct lk_lock *const *rows, size_t n_rows, const char *question, int typed)
{
	bool asks = (question && !cli->act.yes) || typed;
	bool planned = !a->refused && !cli->act.dry_run && (!asks || can_ask());
	struct lk_out o;

	lk_out_init(&o, cli);
	if (is_json(cli))
		o.f = stderr;
	if (!is_json(cli) || (asks && !a->refused && !cli->act.dry_run))
		put_plan(&o, a, planned);
	if (a->refused || cli->act.dry_run)
		return only_plan(cli, s, a, rows, n_rows, NULL);
	if ((question && confirm(cli, question)) || (typed && confirm_pid(typed)))
		return only_plan(cli, s, a, rows, n_rows, "not confirmed");
	return execute(cli, s, a, rows, n_rows);
}

enum lk_status lk_act_run(const struct lk_cli *cli, const struct lk_session *s, struct lk_action *a,
			  const struct lk_lock *const *rows, size_t n_rows, const char *question)
{
	return run(cli, s, a, rows, n_rows, question, 0);
}

enum lk_status lk_act_release(const struct lk_cli *cli, const struct lk_session *s, struct lk_action *a,
			      const struct lk_lock *const *rows, size_t n_rows, int typed)
{
	return run(cli, s, a, rows, n_rows, "Take this lock away?", typed);
}

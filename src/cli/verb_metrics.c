/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metrics: figures of one look, for monitoring. */
#include <string.h>

#include "cli/out_file.h"
#include "cli/out_metrics.h"
#include "cli/session.h"

#define WATCHED_MOST 50

static int write_text(void *arg, FILE *f, struct lk_err *err __attribute__((unused)))
{
	const lk_buf *text = arg;

	/* What failed is found when the stream is closed. */
	fwrite(text->v, 1, text->n, f);
	return 0;
}

static enum lk_status put(const struct lk_cli *cli, lk_buf *text)
{
	struct lk_err err = { 0 };
	enum lk_status status = 0;

	if (!cli->textfile)
		write_text(text, stdout, &err);
	else if (lk_out_file_write(cli->textfile, 0644, write_text, text, &err) < 0)
		status = lk_say_error(&err);
	lk_err_done(&err);
	return status;
}

static enum lk_status look(struct lk_session *s, const struct lk_cli *cli)
{
	enum lk_status status = lk_session_take(s, LK_NEED_WAITS);
	struct lk_metrics m;
	lk_buf text = { 0 };

	if (status)
		return status;
	lk_metrics_count(s->snap, cli->watched.v, cli->watched.n, cli->top, &m);
	lk_out_metrics(&text, &m, s->snap, cli->top > 0);
	status = put(cli, &text);
	lk_session_badge(s);
	lk_vec_done(&text);
	lk_metrics_done(&m);
	return status;
}

static enum lk_status run(const struct lk_cli *cli)
{
	struct lk_session session = { 0 };
	enum lk_status status = 0;

	if (cli->watched.n > WATCHED_MOST)
		return lk_cli_misuse(cli->verb, "--watch was given %zu times; %d are the most", cli->watched.n,
				     WATCHED_MOST);
	if (cli->textfile)
		status = lk_out_file_check(cli->textfile, true);
	if (!status)
		status = lk_session_open(&session, cli);
	if (!status)
		status = look(&session, cli);
	lk_session_done(&session);
	return status;
}

const struct lk_verb lk_verb_metrics = {
	.name = "metrics",
	.args = "",
	.brief = "figures for Prometheus",
	.text = "Looks once and prints how many locks are held and waited for, the longest wait, deadlocks and how complete the\n"
		"look was, in the text format of Prometheus; with --textfile into a FILE for the textfile collector of its node\n"
		"exporter. The series are the same every time, zeros too. No label is a pid, an inode or a user; a path is one\n"
		"only where --watch or --top asks for it.\n"
		"\n"
		"The exit status is 0 if the figures were written, also where the look was not complete, 2 if not; then FILE is what\n"
		"it was before.",
	.options = LK_OPTIONS_METRICS,
	.run = run,
};

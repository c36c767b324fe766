/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capture: the facts of one scan, as a file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/out_file.h"
#include "cli/session.h"
#include "model/build.h"
#include "source/capture/capture.h"

/* Hands each fact to two sinks: the file, and the snapshot, from which lk_session_badge() tells what is missing. */
struct tee {
	const struct lk_sink *file, *snapshot;
	int write_code; /* -errno of the file */
};

static int put_to_both(void *arg, const struct lk_fact *f)
{
	struct tee *t = arg;

	t->write_code = t->file->put(t->file->arg, f);
	return t->write_code < 0 ? t->write_code : t->snapshot->put(t->snapshot->arg, f);
}

static int scan(struct lk_session *s, struct lk_capture_writer *writer, struct lk_build *build, struct lk_err *err)
{
	struct lk_request req = { .needs = LK_NEED_ALL, .timeout_ms = s->timeout_ms, .exact = s->exact };
	struct tee tee = { lk_capture_writer_sink(writer), lk_build_sink(build), 0 };
	struct lk_sink sink = { &tee, put_to_both };
	int rc = lk_source_scan(s->source, &req, &sink, err);

	if (rc < 0 && tee.write_code == 0)
		return lk_err_set(err, rc, "cannot capture the locks: %s", strerror(-rc));
	if (rc == 0)
		rc = lk_capture_writer_finish(writer);
	if (rc < 0) {
		/* The source has reported the failed write as its own failure. */
		lk_err_done(err);
		return lk_err_set(err, rc, "cannot write the capture: %s", strerror(-rc));
	}
	s->snap = lk_build_finish(build);
	return 0;
}

/* Scans once, writes the facts to f, and sets s->snap. */
static int write_capture(struct lk_session *s, FILE *f, struct lk_err *err)
{
	struct lk_capture_writer *writer = lk_capture_writer_new(f);
	struct lk_build *build = lk_build_new();
	int rc = scan(s, writer, build, err);

	lk_build_free(build);
	lk_capture_writer_free(writer);
	return rc;
}

static bool to_stdout(const struct lk_cli *cli)
{
	return !cli->output || strcmp(cli->output, "-") == 0;
}

static int write_to(void *arg, FILE *f, struct lk_err *err)
{
	return write_capture(arg, f, err);
}

static enum lk_status capture(struct lk_session *s, const struct lk_cli *cli)
{
	struct lk_err err = { 0 };
	enum lk_status status = 0;
	int rc = to_stdout(cli) ? write_capture(s, stdout, &err)
				: lk_out_file_write(cli->output, 0600, write_to, s, &err);

	if (rc < 0 && to_stdout(cli) && ferror(stdout))
		lk_fail_output(rc);
	else if (rc < 0)
		status = lk_say_error(&err);
	else
		lk_session_badge(s);
	lk_err_done(&err);
	return status;
}

static enum lk_status run(const struct lk_cli *cli)
{
	struct lk_session session = { 0 };
	enum lk_status status = to_stdout(cli) ? 0 : lk_out_file_check(cli->output, cli->force);

	if (!status)
		status = lk_session_open(&session, cli);
	if (!status)
		status = capture(&session, cli);
	lk_session_done(&session);
	return status;
}

const struct lk_verb lk_verb_capture = {
	.name = "capture",
	.args = "",
	.brief = "write everything that was seen to one file",
	.text = "Writes the facts of one scan as lines of JSON, to standard output or with -o to a FILE that appears whole or\n"
		"not at all, readable by its owner only. --from FILE shows it in every view, here or on another machine.\n"
		"It holds paths, command lines and user names: look at it before you give it away.",
	.options = LK_OPTIONS_OUTPUT,
	.run = run,
};

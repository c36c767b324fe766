/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens the source, reads the locks, and says what could not be read, for every verb that looks. */
#include "cli/session.h"

#include <errno.h>
#include <string.h>

#include "source/bpf/bpf.h"
#include "source/capture/capture.h"
#include "source/procfs/procfs.h"
#include "source/unread.h"

int lk_session_source(const struct lk_cli *cli, struct lk_source **ret, struct lk_err *err)
{
	int rc;

	if (cli->from)
		rc = lk_capture_open(cli->from, ret, err);
	else if (cli->proc || cli->scanner == LK_SCANNER_PROCFS)
		rc = lk_procfs_new(cli->proc, ret, err);
	else
		rc = lk_bpf_source_new(cli->scanner, ret, err);
	return rc < 0 ? lk_err_set(err, rc, "cannot open %s", cli->from ? cli->from : "the process file system") : 0;
}

enum lk_status lk_session_open(struct lk_session *s, const struct lk_cli *cli)
{
	struct lk_err err = { 0 };
	enum lk_status status = 0;

	*s = (struct lk_session){
		.names = cli->args,
		.n_names = cli->n_args,
		.recursive = cli->recursive,
		.physical = cli->physical,
		.kernel_only = cli->kernel_only,
		.has_range = cli->has_range,
		.range = cli->range,
		.other_tree = cli->proc != NULL,
		.exact = cli->exact,
		.verbose = cli->verbose > 0,
		.timeout_ms = cli->timeout_ms,
	};
	if (lk_session_source(cli, &s->source, &err) < 0)
		status = lk_say_error(&err);
	lk_err_done(&err);
	return status;
}

enum lk_status lk_session_take(struct lk_session *s, unsigned needs)
{
	struct lk_err err = { 0 };
	enum lk_status status = lk_session_look(s, needs, &err) < 0 ? lk_say_error(&err) : 0;

	lk_err_done(&err);
	return status;
}

static void say_scan(const struct lk_session *s)
{
	const struct lk_snapshot *snap = s->snap;
	const char *why = lk_source_why_not(s->source);

	lk_say("%zu held, %zu waiting; %zu processes seen, %zu of them unreadable; %.1f ms; scanner %s", snap->n_held,
	       snap->n_waiting, snap->end.n_procs, snap->end.n_unreadable, snap->end.scan_ms,
	       snap->host.scanner ? snap->host.scanner : "unknown");
	if (why)
		lk_say("scanner: procfs, because %s", why);
	if (snap->end.n_left_out)
		lk_say("left out: %zu private %s of another lockscope, which looks at the same time",
		       snap->end.n_left_out, snap->end.n_left_out == 1 ? "lock" : "locks");
	if (snap->end.n_bad_lines)
		lk_say("%zu %s of the kernel could not be understood", snap->end.n_bad_lines,
		       snap->end.n_bad_lines == 1 ? "line" : "lines");
}

void lk_session_name_unread(const struct lk_session *s, const char *text, const struct lk_fact_unread *u, size_t n,
			    size_t count)
{
	lk_buf b = { 0 };

	if (s->verbose && n) {
		lk_unread_put(&b, u, n, count);
		lk_say("%s: %s", text, lk_buf_str(&b));
	}
	lk_vec_done(&b);
}

/* For an ordinary user, the processes whose system calls could not be read are those whose descriptors could not be read, which is said
 * already. */
static bool is_said_already(const struct lk_snapshot *s, const struct lk_problem *p)
{
	const struct lk_problem *unread = lk_snapshot_problem(s, LK_UNREAD_FDINFO);

	return s->host.euid && unread && p->what == LK_UNREAD_SYSCALL && p->code == unread->code;
}

void lk_session_badge(const struct lk_session *s)
{
	const struct lk_snapshot *snap = s->snap;
	bool all = s->verbose;

	if (all)
		say_scan(s);
	if (snap->complete && !all) {
		if (lk_session_lacks_relations(s))
			lk_say("%s", lk_snapshot_problem(snap, LK_UNREAD_RELATIONS)->text);
		return;
	}
	for (size_t i = 0; i < snap->n_problems; i++) {
		const struct lk_problem *p = &snap->problems[i];

		if (!all && is_said_already(snap, p))
			continue;
		lk_say("%s", p->text);
		if (p->count > 1)
			lk_session_name_unread(s, "which could not be read", p->unread, p->n_unread, p->count);
	}
	if (!snap->complete && !snap->n_problems)
		lk_say("this may not be everything: not all of the system could be read");
}

enum lk_status lk_session_close_output(enum lk_status status)
{
	int rc = lk_close_output();

	if (rc == 0)
		return status;
	if (rc != -EPIPE)
		lk_say("cannot write the output: %s", strerror(-rc));
	return LK_STATUS_ERROR;
}

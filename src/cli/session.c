/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/build.h"
#include "source/bpf.h"
#include "source/capture.h"
#include "source/procfs.h"
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

	*s = (struct lk_session){ .cli = cli };
	lk_arena_init(&s->arena);
	if (lk_session_source(cli, &s->source, &err) < 0)
		status = lk_say_error(&err);
	lk_err_done(&err);
	return status;
}

void lk_session_name_file(struct lk_file *f, const struct lk_fact_file *file)
{
	struct lk_lock any = { .file = f };

	if (f->path || !file->path || lk_lock_is_on(&any, file) != LK_YES)
		return;
	f->path = file->path;
	f->deleted = file->deleted;
	f->replaced = file->replaced;
	if (f->size < 0)
		f->size = file->size;
}

/* The FILEs are called by the names they were asked for with. */
static void name_targets(struct lk_session *s)
{
	for (size_t i = 0; i < s->snap->n_files; i++) {
		for (size_t k = 0; k < s->n_targets && !s->snap->files[i].path; k++) {
			if (s->targets[k].resolved)
				lk_session_name_file(&s->snap->files[i], &s->targets[k].file);
		}
	}
}

enum lk_status lk_session_take(struct lk_session *s, unsigned needs)
{
	struct lk_request req = { .needs = needs, .timeout_ms = s->cli->timeout_ms, .exact = s->cli->exact };
	struct lk_err err = { 0 };
	enum lk_status status = 0;
	int rc = lk_snapshot_take(s->source, &req, &s->snap, &err);

	if (rc < 0) {
		lk_err_set(&err, rc, "cannot read the locks: %s", strerror(-rc));
		status = lk_say_error(&err);
	}
	if (!status)
		name_targets(s);
	lk_err_done(&err);
	return status;
}

static int copy_string(struct lk_session *s, const char **string)
{
	if (!*string)
		return 0;
	*string = lk_arena_strdup(&s->arena, *string);
	return *string ? 0 : -ENOMEM;
}

int lk_session_copy_file(struct lk_session *s, const struct lk_fact_file *file, struct lk_fact_file *ret)
{
	*ret = *file;
	if (copy_string(s, &ret->path) < 0 || copy_string(s, &ret->fstype) < 0)
		return -ENOMEM;
	return copy_string(s, &ret->mount_point);
}

int lk_session_resolve_one(struct lk_session *s, struct lk_asked *t)
{
	struct lk_fact_file file = { 0 };
	struct lk_err err = { 0 };
	int rc = lk_source_resolve(s->source, t->path, !s->cli->physical, &file, &err);

	if (rc == 0) {
		t->resolved = true;
		return lk_session_copy_file(s, &file, &t->file);
	}
	lk_err_set(&err, rc, "%s: %s", t->path, strerror(-rc));
	t->code = rc;
	t->reason = t->path[0] ? lk_arena_strdup(&s->arena, lk_err_text(&err)) : "an empty name is no name of a file";
	lk_err_done(&err);
	return t->reason ? 0 : -ENOMEM;
}

enum lk_status lk_session_resolve(struct lk_session *s)
{
	const struct lk_cli *cli = s->cli;

	s->targets = lk_arena_array(&s->arena, cli->n_args ? cli->n_args : 1, sizeof(*s->targets));
	for (size_t i = 0; s->targets && i < cli->n_args; i++) {
		s->targets[i].path = cli->args[i];
		s->n_targets = i + 1;
		if (lk_session_resolve_one(s, &s->targets[i]) < 0)
			s->targets = NULL;
	}
	if (s->targets)
		return 0;
	lk_say("out of memory");
	return LK_STATUS_ERROR;
}

bool lk_asked_is_missing(const struct lk_asked *t)
{
	switch (-t->code) {
	case 0:
	/* It may be there, but this cannot be found out from here. */
	case EACCES:
	case EPERM:
	case ETIMEDOUT:
	case EOPNOTSUPP:
	case ENODATA:
		return false;
	default:
		return true;
	}
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

	if (!s->cli->verbose || !n)
		return;
	lk_unread_put(&b, u, n, count);
	lk_say("%s: %s", text, lk_buf_str(&b));
	lk_vec_done(&b);
}

/* Of the files that were asked for not every blocker is listed. */
static bool relations_matter(const struct lk_session *s)
{
	const struct lk_snapshot *snap = s->snap;

	if (!snap->relations_cut || !s->n_targets || s->cli->recursive)
		return snap->relations_cut;
	for (size_t i = 0; i < snap->n_locks; i++) {
		for (size_t k = 0; k < s->n_targets && snap->locks[i].file->relations_cut; k++) {
			if (s->targets[k].resolved && lk_lock_is_on(&snap->locks[i], &s->targets[k].file) != LK_NO)
				return true;
		}
	}
	return false;
}

/* An ordinary user was refused their descriptors already: a second number of processes says no more. */
static bool is_said_already(const struct lk_snapshot *s, const struct lk_problem *p)
{
	const struct lk_problem *unread = lk_snapshot_problem(s, LK_UNREAD_FDINFO);

	return s->host.euid && unread && p->what == LK_UNREAD_SYSCALL && p->code == unread->code;
}

void lk_session_badge(const struct lk_session *s)
{
	const struct lk_snapshot *snap = s->snap;
	bool all = s->cli->verbose > 0;

	if (all)
		say_scan(s);
	if (snap->complete && !all) {
		if (relations_matter(s))
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

void lk_session_done(struct lk_session *s)
{
	if (s->snap)
		lk_snapshot_free(s->snap);
	lk_source_free(s->source);
	lk_arena_done(&s->arena);
	*s = (struct lk_session){ 0 };
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would a lock be granted now? The computed answer, and the job that really asks for the lock. */
#include "tui/testjob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/build.h"

#define LOOK_MS 10000

struct test_job {
	struct lk_job job;
	const struct lk_file *file; /* in job.frame */
	struct lk_probe_wish wish;
};

static struct lk_fact_file fact_of(const struct lk_file *file)
{
	return (struct lk_fact_file){
		.key = file->key,
		.local = file->local,
		.has_stat = file->has_stat,
		.st_major = file->st_major,
		.st_minor = file->st_minor,
		.st_ino = file->st_ino,
		.nlink = file->nlink,
		.size = file->size,
		.path = file->seen_path,
		.deleted = file->deleted,
		.replaced = file->replaced,
		.unreachable = file->unreachable,
		.foreign_mnt_ns = file->foreign_mnt_ns,
		.fstype = file->fstype,
		.mount_point = file->seen_mount_point,
		.mnt_id = -1,
	};
}

/* ---- computed ---- */

/* Through the finding of `lockscope test`, so that both say the same. */
void lk_test_compute(struct lk_test_ask *ret, const struct lk_frame *f, const struct lk_file *file,
		     const struct lk_probe_wish *wish)
{
	struct lk_test_request req = { .kinds = 1U << (wish->type == LK_TYPE_FLOCK ? LK_TEST_FLOCK : LK_TEST_RANGE),
				       .mode = wish->mode,
				       .range = wish->range };

	ret->asked = (struct lk_asked){ .path = file->path ? file->path : "", .resolved = true, .file = fact_of(file) };
	ret->session = (struct lk_session){ .snap = lk_snapshot_hold(f->snap), .targets = &ret->asked, .n_targets = 1 };
	lk_test_find(&ret->session, &req, &ret->test);
}

void lk_test_ask_done(struct lk_test_ask *a)
{
	lk_test_done(&a->test);
	lk_session_done(&a->session);
}

const char *lk_test_why_not(const struct lk_snapshot *snap, const struct lk_file *file)
{
	const char *why = lk_file_why_nameless(file);

	if (why)
		return why;
	if (file->local != LK_YES)
		return "its file system does not keep its locks in this kernel";
	if (!file->has_stat)
		return "the number of the file could not be read, so it could be another one";
	for (size_t i = 0; i < snap->n_locks; i++) {
		if (lk_test_is_lease(&snap->locks[i]) && snap->locks[i].file == file)
			return "a lease is on the file, and opening it could break that";
	}
	return NULL;
}

/* ---- really ---- */

/* After the file was pinned, so that a lease that is not in the list was not there when the file was. */
static int look_for_leases(struct test_job *j, const struct lk_fact_file *file, struct lk_err *err)
{
	struct lk_request req = { .timeout_ms = LOOK_MS };
	struct lk_snapshot *snap = NULL;
	int rc = lk_snapshot_take(j->job.source, &req, &snap, err);

	if (rc < 0)
		return lk_err_set(err, rc, "the locks could not be read again: %s", strerror(-rc));
	for (size_t i = 0; i < snap->n_locks && !rc; i++) {
		if (lk_test_is_lease(&snap->locks[i]) && lk_lock_is_on(&snap->locks[i], file) != LK_NO)
			rc = lk_err_set(err, -EBUSY, "a lease is on the file, and opening it could break that");
	}
	lk_snapshot_free(snap);
	return rc;
}

/* lk_probe_pin() lets directories pass. */
static int check_regular(const struct lk_probe *p, struct lk_err *err)
{
	struct statx st;
	int rc = p->sys->stat_at(p->sys->arg, p->path_fd, "", AT_EMPTY_PATH, &st);

	if (rc < 0)
		return lk_err_set(err, rc, "the file cannot be looked at: %s", strerror(-rc));
	return S_ISREG(st.stx_mode) ? 0 : lk_err_set(err, -EINVAL, "it is no regular file");
}

static int report(struct test_job *j, bool granted)
{
	if (!granted)
		return lk_text_add(&j->job.report, LK_STYLE_ALARM,
				   "Really asked for: refused, somebody has a lock there.");
	return lk_text_add(
		&j->job.report, LK_STYLE_GOOD,
		"Really asked for: granted. It was released at once; others could have noticed it meanwhile.");
}

static int try_it(struct test_job *j, struct lk_probe *probe, struct lk_err *err)
{
	struct lk_err refusal = { 0 };
	int rc;

	lk_probe_log(j->job.host.sys, &j->wish, j->file->path, LK_PROBE_BEGUN);
	rc = lk_probe_try(probe, &j->wish, &refusal);
	lk_probe_log(j->job.host.sys, &j->wish, j->file->path, rc);
	if (rc < 0 && rc != -EAGAIN)
		lk_err_set(err, rc, "%s", lk_err_text(&refusal));
	lk_err_done(&refusal);
	return rc == 0 || rc == -EAGAIN ? report(j, rc == 0) : rc;
}

static int run(struct lk_job *job, struct lk_err *err)
{
	struct test_job *j = (struct test_job *)job;
	struct lk_fact_file file = fact_of(j->file);
	const char *why = lk_test_why_not(job->frame->snap, j->file);
	struct lk_fact_file now;
	struct lk_probe probe;
	int rc;

	lk_text_done(&job->report);
	job->report = (struct lk_text){ 0 };
	if (why)
		return lk_err_set(err, -EPERM, "%s", why);
	/* Its server may not answer any more: the source finds that out in a process that can be given up. */
	rc = lk_source_resolve(job->source, file.path, true, &now, err);
	if (rc < 0)
		return lk_err_set(err, rc, "%s: %s", file.path, strerror(-rc));
	rc = lk_probe_pin(&probe, job->host.sys, file.path, &file, err);
	rc = rc ? rc : check_regular(&probe, err);
	rc = rc ? rc : look_for_leases(j, &file, err);
	rc = rc ? rc : try_it(j, &probe, err);
	lk_probe_done(&probe);
	return rc;
}

static void free_job(struct lk_job *j)
{
	lk_job_done(j);
	free(j);
}

static const struct lk_job_ops ops = { .word = "TEST", .run = run, .free = free_job };

struct lk_job *lk_test_job_new(const struct lk_tui *t, const struct lk_frame *f, const struct lk_file *file)
{
	struct test_job *j = lk_alloc(1, sizeof(*j));

	lk_job_init(&j->job, &ops, t, f);
	j->file = file;
	return &j->job;
}

void lk_test_job_set(struct lk_job *j, const struct lk_probe_wish *wish)
{
	struct test_job *test = (struct test_job *)j;
	const char *path = test->file->path;
	char range[LK_RANGE_TEXT];

	test->wish = *wish;
	free(j->what);
	j->what = lk_printf("%s %s lock on %s, bytes %s,", lk_type_name(wish->type), lk_mode_name(wish->mode),
			    path ? path : "?", lk_range_format(wish->range, range));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Test dialog: would a lock be granted now? Computed from the look on the screen, without touching the file; only A really takes it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "action/probe.h"
#include "base/alloc.h"
#include "model/build.h"
#include "query/test.h"
#include "tui/dialog/dialog.h"
#include "words/words.h"

enum { RANGE = 1, KIND, MODE, TRY };
#define IN_THE_WAY_MAX 8 /* blockers that are named */
#define LOOK_MS 10000

/* A job without a plan: it takes the lock in a child process without waiting, and releases it at once. */
struct test_job {
	struct lk_job job;
	const struct lk_file *file; /* in job.frame */
	struct lk_probe_wish wish;
};

struct test_dialog {
	struct lk_dialog d;
	const struct lk_file *file; /* in the job's frame */
	struct lk_probe_wish wish;
	bool bad; /* what was typed is no range; err says why */
	struct lk_err err;
};

static const char *const modes[] = { "write", "read" };

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

/* Why the lock cannot really be tried, as far as the frame tells; NULL: it can. Static. */
static const char *why_not_tried(const struct lk_snapshot *snap, const struct lk_file *file)
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

/* Call it after the file was pinned: a lease that the new look does not have was not on the file at that time. */
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

static void report(struct test_job *j, bool granted)
{
	lk_text_add(&j->job.report, granted ? LK_STYLE_GOOD : LK_STYLE_ALARM, "Really asked for: %s",
		    granted ? "granted. It was released at once; others could have noticed it meanwhile."
			    : "refused, somebody has a lock there.");
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
	if (rc != 0 && rc != -EAGAIN)
		return rc;
	report(j, rc == 0);
	return 0;
}

static int run_job(struct lk_job *job, struct lk_err *err)
{
	struct test_job *j = (struct test_job *)job;
	struct lk_fact_file file = fact_of(j->file);
	const char *why = why_not_tried(job->frame->snap, j->file);
	struct lk_fact_file now;
	struct lk_probe probe;
	int rc;

	lk_text_done(&job->report);
	job->report = (struct lk_text){ 0 };
	if (why)
		return lk_err_set(err, -EPERM, "%s", why);
	/* A file server may not answer: lk_source_resolve() finds that out in a helper process that can be given up. */
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

static const struct lk_job_ops job_ops = { .word = "TEST", .run = run_job, .free = free_job };

static void set_wish(struct lk_job *j, const struct lk_probe_wish *wish)
{
	struct test_job *test = (struct test_job *)j;
	const char *path = test->file->path;
	char range[LK_RANGE_WORDS];

	test->wish = *wish;
	free(j->what);
	j->what = lk_printf("%s %s lock on %s, %s,", lk_type_name(wish->type), lk_mode_name(wish->mode),
			    path ? path : "?", lk_range_words(wish->range, range));
}

/* ---- what is asked ---- */

static void read_controls(struct test_dialog *d)
{
	static const enum lk_type types[] = { LK_TYPE_POSIX, LK_TYPE_OFD, LK_TYPE_FLOCK };
	struct lk_control *kind = lk_dialog_control(&d->d, KIND), *mode = lk_dialog_control(&d->d, MODE),
			  *range = lk_dialog_control(&d->d, RANGE);

	lk_err_done(&d->err);
	d->err = (struct lk_err){ 0 };
	d->bad = false;
	d->wish = (struct lk_probe_wish){ .type = LK_TYPE_FLOCK, .mode = LK_MODE_WRITE, .range = LK_RANGE_WHOLE };
	if (!kind || !mode || !range)
		return;
	d->wish.type = types[kind->at];
	d->wish.mode = mode->at ? LK_MODE_READ : LK_MODE_WRITE;
	range->hidden = d->wish.type == LK_TYPE_FLOCK;
	if (!range->hidden && *lk_field_str(&range->field))
		d->bad = lk_range_parse(lk_field_str(&range->field), &d->wish.range, &d->err) < 0;
}

/* ---- the answer ---- */

static void put_one(struct test_dialog *d, struct lk_tui *t, const struct lk_lock *l)
{
	lk_buf b = { 0 };

	lk_buf_puts(&b, "- ");
	lk_words_put_type(l, &b);
	lk_buf_puts(&b, " ");
	lk_tui_range_text(t, l, &b);
	lk_buf_puts(&b, "  ");
	if (l->pid > 0)
		lk_words_put_pid(l->pid, l->proc ? l->proc->comm : NULL, &b);
	else
		lk_buf_puts(&b, LK_WORDS_UNSEEN_NOTE);
	lk_buf_puts(&b, l->n_holders > 1 ? " and others" : "");
	lk_text_add(&d->d.body, LK_STYLE_PLAIN, "%s", lk_buf_str(&b));
	lk_vec_done(&b);
}

static void put_answer(struct test_dialog *d, struct lk_tui *t, const struct lk_test_answer *a)
{
	if (a->granted == LK_YES) {
		lk_text_add(&d->d.body, LK_STYLE_GOOD, "It would be granted now.");
		return;
	}
	if (a->granted == LK_UNKNOWN)
		lk_text_add(&d->d.body, LK_STYLE_ALARM, "Cannot tell: %s.", a->reason);
	else
		lk_text_add(&d->d.body, LK_STYLE_ALARM, "It would have to wait, %zu in the way:", a->in_the_way.n);
	for (size_t i = 0; i < a->in_the_way.n && i < IN_THE_WAY_MAX; i++)
		put_one(d, t, a->in_the_way.v[i]);
	if (a->in_the_way.n > IN_THE_WAY_MAX)
		lk_text_add(&d->d.body, LK_STYLE_PLAIN, "and %zu more", a->in_the_way.n - IN_THE_WAY_MAX);
}

static void put_tried(struct test_dialog *d)
{
	const struct lk_job *j = d->d.job;

	if (j->state != LK_JOB_DONE)
		return;
	if (j->rc < 0)
		lk_text_add(&d->d.body, LK_STYLE_ALARM, "It was not tried: %s.", lk_err_text(&j->err));
	for (size_t i = 0; j->rc >= 0 && i < j->report.lines.n; i++)
		lk_text_add(&d->d.body, j->report.lines.v[i].style, "%s", j->report.lines.v[i].text);
}

/* Uses the code of `lockscope test`, so that both give the same answer. */
static void put_computed(struct test_dialog *d, struct lk_tui *t)
{
	const struct lk_frame *f = d->d.job->frame;
	struct lk_test_request req = { .kinds = 1U << (d->wish.type == LK_TYPE_FLOCK ? LK_TEST_FLOCK : LK_TEST_RANGE),
				       .mode = d->wish.mode,
				       .range = d->wish.range };
	struct lk_asked asked = { .path = d->file->path ? d->file->path : "",
				  .resolved = true,
				  .file = fact_of(d->file) };
	struct lk_session s = { .snap = lk_snapshot_hold(f->snap), .targets = &asked, .n_targets = 1 };
	struct lk_test test;
	char clock[LK_TIME_TEXT];

	lk_test_find(&s, &req, &test);
	lk_text_add(&d->d.body, LK_STYLE_DIM,
		    "Computed from the look of %s; the file is not opened, nothing is locked:",
		    lk_tui_time(f->wall_ms, LK_CLOCK, clock));
	put_answer(d, t, &test.answers[0]);
	lk_test_done(&test);
	lk_session_done(&s);
}

static void fill(struct lk_dialog *dialog, struct lk_tui *t)
{
	struct test_dialog *d = (struct test_dialog *)dialog;

	read_controls(d);
	if (d->bad) {
		lk_text_add(&dialog->body, LK_STYLE_ALARM, "%s", lk_err_text(&d->err));
		return;
	}
	put_computed(d, t);
	put_tried(d);
}

/* ---- keys ---- */

static unsigned changed(struct lk_dialog *d, struct lk_tui *t, struct lk_control *c, bool enter)
{
	struct lk_job *j = d->job;

	/* The result of the last try is no answer to the changed question. */
	if (j->state == LK_JOB_DONE && !enter)
		j->state = LK_JOB_NEW;
	lk_dialog_update(d, t);
	if (enter && c->id == RANGE)
		lk_dialog_focus(d, LK_BUTTON_CANCEL);
	return LK_DIRTY_PAINT;
}

static unsigned press(struct lk_dialog *dialog, struct lk_tui *t, struct lk_control *button)
{
	struct test_dialog *d = (struct test_dialog *)dialog;

	(void)button;
	read_controls(d);
	if (d->bad || !t->can_act) {
		lk_dialog_say(dialog, LK_STYLE_ALARM, "It is not tried: %s.",
			      d->bad ? lk_err_text(&d->err) : t->cannot_act);
		return LK_DIRTY_PAINT;
	}
	set_wish(dialog->job, &d->wish);
	lk_job_run(dialog->job, t);
	lk_dialog_update(dialog, t);
	return LK_DIRTY_PAINT;
}

static unsigned key(struct lk_dialog *d, struct lk_tui *t, lk_press k)
{
	struct lk_control *c = k == 'A' ? lk_dialog_control(d, TRY) : NULL;

	if (!c)
		return LK_DIRTY_NOT_MINE;
	if (c->why_not)
		lk_dialog_say(d, LK_STYLE_ALARM, "It is not tried: %s.", c->why_not);
	else if (!lk_dialog_say_early(d, t) && !lk_dialog_say_busy(d))
		return press(d, t, c);
	return LK_DIRTY_PAINT;
}

static void free_dialog(struct lk_dialog *d)
{
	lk_err_done(&((struct test_dialog *)d)->err);
}

/* ---- opening ---- */

static const struct lk_dialog_ops dialog_ops = {
	.changed = changed, .press = press, .fill = fill, .key = key, .free = free_dialog
};
static const struct lk_pane_ops pane_ops =
	LK_DIALOG_PANE_OPS("test", "Tab next   Left Right change   A really try it   Esc close");

/* The first question is about the kind and range of the row's own lock; l NULL: POSIX, all bytes. */
static void add_controls(struct test_dialog *d, const struct lk_lock *l)
{
	struct lk_control *c = lk_dialog_add(&d->d, LK_CONTROL_SWITCH, KIND, "Kind: ");
	char text[LK_RANGE_TEXT];

	c->words = lk_words_types;
	c->n_words = LK_TYPE_FLOCK + 1;
	c->at = !l ? 0 : l->rec.type == LK_TYPE_FLOCK ? 2 : l->rec.type == LK_TYPE_OFD;
	c = lk_dialog_add(&d->d, LK_CONTROL_SWITCH, MODE, "Mode: ");
	c->words = modes;
	c->n_words = 2;
	c = lk_dialog_add(&d->d, LK_CONTROL_FIELD, RANGE, "Bytes (A-B or A+LENGTH): ");
	lk_field_set(&c->field, l ? lk_range_format(l->rec.range, text) : "whole");
	lk_dialog_add(&d->d, LK_CONTROL_BUTTON, LK_BUTTON_CANCEL, "Close");
	lk_dialog_add(&d->d, LK_CONTROL_BUTTON, TRY, "A: really try it");
}

static unsigned open_dialog(struct lk_tui *t, const struct lk_subject *s)
{
	struct test_dialog *d = lk_alloc(1, sizeof(*d));
	struct test_job *j = lk_alloc(1, sizeof(*j));

	lk_job_init(&j->job, &job_ops, t, s->frame);
	j->file = d->file = s->file;
	d->d = (struct lk_dialog){ .pane = { .ops = &pane_ops, .title = "Test" }, .ops = &dialog_ops };
	lk_dialog_take_job(&d->d, &j->job);
	lk_dialog_head_file(&d->d, s->file);
	add_controls(d, s->lock);
	if (!t->can_act)
		d->d.pane.keys = "Tab next   Left Right change   Esc close";
	lk_dialog_grey(&d->d, TRY, t->can_act ? why_not_tried(s->frame->snap, s->file) : lk_dialog_cannot_act(t));
	return lk_dialog_open(t, &d->d);
}

unsigned lk_do_test(struct lk_tui *t)
{
	struct lk_subject s;

	lk_tui_subject(t, &s);
	if (!lk_dialog_is_there(t, &s, "Test"))
		return LK_DIRTY_PAINT;
	if (s.file)
		return open_dialog(t, &s);
	return lk_tui_say(t, LK_STYLE_ALARM, "Test: this row is about no file.");
}

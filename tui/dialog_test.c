/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would a lock be granted now? Computed from the look on the screen, without touching the file; only A really asks for the lock. */
#include "base/alloc.h"
#include "tui/dialog.h"
#include "tui/testjob.h"

enum { RANGE = 1, KIND, MODE, TRY };
#define IN_THE_WAY_MAX 8 /* named */

struct test_dialog {
	struct lk_dialog d;
	const struct lk_file *file; /* in the job's frame */
	struct lk_probe_wish wish;
	bool bad; /* the range that was typed is none: */
	struct lk_err err;
};

static const char *const kinds[] = { "POSIX", "OFD", "flock" };
static const char *const modes[] = { "write", "read" };

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
	lk_dialog_put_kind(l, &b);
	lk_buf_puts(&b, " ");
	lk_tui_range_text(t, l, &b);
	if (l->pid > 0)
		lk_buf_printf(&b, "  %d %s%s", l->pid, l->proc && l->proc->comm ? l->proc->comm : "?",
			      l->n_holders > 1 ? " and others" : "");
	else
		lk_buf_puts(&b, "  owner not visible");
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

static void fill(struct lk_dialog *dialog, struct lk_tui *t)
{
	struct test_dialog *d = (struct test_dialog *)dialog;
	struct lk_test_ask ask = { 0 };
	char clock[LK_TIME_TEXT];

	read_controls(d);
	if (d->bad) {
		lk_text_add(&dialog->body, LK_STYLE_ALARM, "%s", lk_err_text(&d->err));
		return;
	}
	lk_test_compute(&ask, dialog->job->frame, d->file, &d->wish);
	lk_text_add(&dialog->body, LK_STYLE_DIM,
		    "Computed from the look of %s; the file is not opened, nothing is locked:",
		    lk_tui_time(dialog->job->frame->wall_ms, LK_CLOCK, clock));
	put_answer(d, t, &ask.test.answers[0]);
	lk_test_ask_done(&ask);
	put_tried(d);
}

/* ---- keys ---- */

static unsigned changed(struct lk_dialog *d, struct lk_tui *t, struct lk_control *c, bool enter)
{
	struct lk_job *j = d->job;

	/* What was tried is no answer to another question. */
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
	lk_test_job_set(dialog->job, &d->wish);
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
	else if (lk_job_is_busy(d->job))
		lk_dialog_say(d, LK_STYLE_ALARM, "One moment: it is being tried.");
	else
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

/* The question that the row suggests: what it locks itself. */
static void add_controls(struct test_dialog *d, const struct lk_lock *l)
{
	struct lk_control *c = lk_dialog_add(&d->d, LK_CONTROL_SWITCH, KIND, "Kind: ");
	char text[LK_RANGE_TEXT];

	c->words = kinds;
	c->n_words = 3;
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

	d->file = s->file;
	d->d = (struct lk_dialog){ .pane = { .ops = &pane_ops, .title = "Test" }, .ops = &dialog_ops };
	lk_dialog_take_job(&d->d, lk_test_job_new(t, s->frame, s->file));
	lk_dialog_head_file(&d->d, s->file);
	add_controls(d, s->lock);
	lk_dialog_grey(&d->d, TRY, t->can_act ? lk_test_why_not(s->frame->snap, s->file) : lk_dialog_cannot_act(t));
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

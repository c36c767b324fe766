/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making and running the plan of an action off the input path, and telling what became of it. */
#include "tui/frame/job.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"

void lk_job_init(struct lk_job *j, const struct lk_job_ops *ops, const struct lk_tui *t, const struct lk_frame *frame)
{
	*j = (struct lk_job){ .ops = ops, .host = t->host, .frame = lk_frame_hold(frame) };
}

void lk_job_done(struct lk_job *j)
{
	lk_source_free(j->source);
	lk_frame_drop(j->frame);
	lk_text_done(&j->report);
	lk_err_done(&j->err);
	free(j->comm);
	free(j->what);
	j->source = NULL;
	j->frame = NULL;
	j->comm = j->what = NULL;
}

bool lk_job_is_busy(const struct lk_job *j)
{
	return j->state == LK_JOB_PLANNING || j->state == LK_JOB_RUNNING;
}

void lk_job_release(struct lk_job *j)
{
	if (!j)
		return;
	j->pane = 0;
	if (!lk_job_is_busy(j))
		j->ops->free(j);
}

/* -- off the input path -- */

static int open_source(struct lk_job *j)
{
	if (j->source || !j->host.open_source)
		return 0;
	return j->host.open_source(j->host.arg, &j->source, &j->err);
}

static void work(void *arg)
{
	struct lk_job *j = arg;

	j->rc = open_source(j);
	if (j->rc < 0)
		return;
	if (j->state == LK_JOB_PLANNING)
		j->rc = j->ops->plan(j, &j->err);
	else if (j->ops->run)
		j->rc = j->ops->run(j, &j->err);
	else
		j->rc = lk_action_execute(j->action, &j->err);
}

/* -- on the input path again -- */

static const char *first_result(const struct lk_action *a)
{
	for (size_t i = 0; a && i < a->lines.n; i++) {
		if (a->lines.v[i].kind == LK_LINE_RESULT)
			return a->lines.v[i].text;
	}
	return NULL;
}

const char *lk_job_verdict(const struct lk_job *j)
{
	const char *result = first_result(j->action);

	if (j->rc < 0)
		return lk_err_text(&j->err);
	if (result)
		return result;
	if (j->report.lines.n)
		return j->report.lines.v[j->report.lines.n - 1].text;
	return "It was done.";
}

bool lk_job_succeeded(const struct lk_job *j)
{
	return j->rc == 0 && (!j->action || j->action->outcome == LK_OUTCOME_DONE);
}

/* The result of a run goes into the history, also when the dialog is closed. */
static void note(struct lk_tui *t, const struct lk_job *j)
{
	const struct lk_action *a = j->action;
	const char *what = a && a->subject ? a->subject : j->what ? j->what : "something";
	lk_auto_mem char *text = lk_printf("%s by lockscope (uid %u): %s", what, (unsigned)getuid(), lk_job_verdict(j));

	if (j->ops->word)
		lk_tui_note(t, j->ops->word, j->pid, j->comm, text);
}

static void ran(struct lk_tui *t, struct lk_job *j)
{
	if (j->ops->word)
		lk_tui_say(t, lk_job_succeeded(j) ? LK_STYLE_GOOD : LK_STYLE_ALARM, "%s", lk_job_verdict(j));
	note(t, j);
	lk_tui_want_look(t);
}

static void done(struct lk_tui *t, void *arg)
{
	struct lk_job *j = arg;
	struct lk_pane *p = j->pane ? lk_pane_find(t, j->pane) : NULL;
	bool run = j->state == LK_JOB_RUNNING;

	j->state = run ? LK_JOB_DONE : j->rc < 0 ? LK_JOB_NO_PLAN : LK_JOB_PLANNED;
	if (run)
		ran(t, j);
	if (!p)
		j->ops->free(j);
	else if (j->finished)
		j->finished(t, p, j);
}

static void start(struct lk_job *j, struct lk_tui *t, enum lk_job_state state)
{
	int rc;

	if (lk_job_is_busy(j))
		return;
	lk_err_done(&j->err);
	j->err = (struct lk_err){ 0 };
	j->rc = 0;
	j->state = state;
	rc = t->host.start(t->host.arg, work, done, j);
	if (rc == 0)
		return;
	j->rc = lk_err_set(&j->err, rc, "it could not be started: %s", strerror(-rc));
	j->state = state == LK_JOB_PLANNING ? LK_JOB_NO_PLAN : LK_JOB_DONE;
	if (j->finished && lk_pane_find(t, j->pane))
		j->finished(t, lk_pane_find(t, j->pane), j);
}

void lk_job_plan(struct lk_job *j, struct lk_tui *t)
{
	start(j, t, LK_JOB_PLANNING);
}

void lk_job_run(struct lk_job *j, struct lk_tui *t)
{
	start(j, t, LK_JOB_RUNNING);
}

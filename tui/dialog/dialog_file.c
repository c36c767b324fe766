/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dialogs Delete, Rename and Move. They act only on the file that was on the screen, and refuse when another one has its name. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "action/file.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "tui/dialog/dialog.h"

enum { NEW_NAME = 1, EVEN_IF_USED, EVEN_IF_UNKNOWN, REPLACE, DO };
#define IF_USED "Although it is locked or in use"
#define IF_UNKNOWN "Although some do not say whether they use it"
#define REPLACING "Replace what has the new name already"
#define TIMEOUT_MS 30000 /* for each look at the machine */

struct file_job {
	struct lk_job job;
	const struct lk_file *file; /* in job.frame */
	char *new_path; /* owned; NULL: it is deleted */
	bool even_if_used, even_if_unknown, replace;
};

struct file_dialog {
	struct lk_dialog d;
	const struct lk_file *file; /* in the job's frame */
	bool moves;
	bool planned; /* a plan was started for what the controls say now */
};

static struct file_job *job_of(const struct file_dialog *d)
{
	return (struct file_job *)d->d.job;
}

/* ---- the job ---- */

/* lk_file_plan() looked the name up again; it may lead to another file than the one on the screen. 0 or -ESTALE. */
static int check_identity(const struct file_job *j, struct lk_err *err)
{
	const struct statx *st = lk_file_stat(j->job.action);
	const struct lk_file *file = j->file;

	if (st->stx_ino == file->st_ino && st->stx_dev_major == file->st_major && st->stx_dev_minor == file->st_minor)
		return 0;
	return lk_err_set(err, -ESTALE,
			  "target changed since you looked: %s is another file now (%u:%u inode %" PRIu64 ")",
			  file->path, st->stx_dev_major, st->stx_dev_minor, (uint64_t)st->stx_ino);
}

static int plan(struct lk_job *job, struct lk_err *err)
{
	struct file_job *j = (struct file_job *)job;
	static const struct lk_file_ways ways = {
		.used = "tick \"" IF_USED "\"",
		.unknown = "tick \"" IF_UNKNOWN "\"",
		.replace = "tick \"" REPLACING "\"",
	};
	struct lk_file_request req = { .ways = &ways,
				       .path = j->file->path,
				       .new_path = j->new_path,
				       .even_if_used = j->even_if_used,
				       .even_if_unknown = j->even_if_unknown || j->even_if_used,
				       .replace = j->replace,
				       .timeout_ms = TIMEOUT_MS };
	int rc;

	lk_file_free(job->action);
	job->action = NULL;
	rc = lk_file_plan(job->host.sys, job->source, job->frame->snap, &req, &job->action, err);
	if (rc == 0)
		rc = check_identity(j, err);
	if (rc == 0)
		return 0;
	lk_file_free(job->action);
	job->action = NULL;
	return rc;
}

static void free_job(struct lk_job *job)
{
	lk_file_free(job->action);
	free(((struct file_job *)job)->new_path);
	lk_job_done(job);
	free(job);
}

static const struct lk_job_ops delete_ops = { .word = "DELETE", .plan = plan, .free = free_job };
static const struct lk_job_ops move_ops = { .word = "RENAME", .plan = plan, .free = free_job };

/* ---- what was typed ---- */

/* The whole new path: a name without a slash stays in the file's folder. Caller frees. */
static char *new_path(const struct lk_file *file, const char *typed)
{
	const char *slash = strrchr(file->path, '/');

	if (strchr(typed, '/') || !slash)
		return lk_strdup(typed);
	return lk_printf("%.*s/%s", (int)(slash - file->path), file->path, typed);
}

/* Why no plan can be made for what was typed; NULL: one can. Static. */
static const char *why_no_plan(struct file_dialog *d)
{
	struct lk_control *c = lk_dialog_control(&d->d, NEW_NAME);
	const char *typed = c ? lk_field_str(&c->field) : "";

	if (!d->moves)
		return NULL;
	if (!*typed)
		return "type the new name first";
	if (strchr(typed, '/') && *typed != '/')
		return "give the whole path from /, or a name without a slash";
	return strcmp(typed, d->file->path) == 0 ? "it has this name already: type another one" : NULL;
}

static bool is_on(struct file_dialog *d, int id)
{
	const struct lk_control *c = lk_dialog_control(&d->d, id);

	return c && c->on;
}

static void make_plan(struct file_dialog *d, struct lk_tui *t)
{
	struct file_job *j = job_of(d);
	struct lk_control *c = lk_dialog_control(&d->d, NEW_NAME);

	d->planned = false;
	if (lk_job_is_busy(&j->job) || why_no_plan(d)) {
		lk_dialog_update(&d->d, t);
		return;
	}
	free(j->new_path);
	j->new_path = c ? new_path(d->file, lk_field_str(&c->field)) : NULL;
	j->even_if_used = is_on(d, EVEN_IF_USED);
	j->even_if_unknown = is_on(d, EVEN_IF_UNKNOWN);
	j->replace = is_on(d, REPLACE);
	d->planned = true;
	lk_job_plan(&j->job, t);
	lk_dialog_update(&d->d, t);
}

/* ---- the dialog ---- */

static const char *obstacle(struct file_dialog *d)
{
	const struct file_job *j = job_of(d);
	const char *why = why_no_plan(d);

	if (why)
		return why;
	if (!d->planned)
		return "press Enter behind the new name, to see first what would happen";
	if (j->job.state == LK_JOB_NO_PLAN)
		return lk_err_text(&j->job.err);
	return j->job.action ? lk_dialog_refusal(j->job.action) : NULL;
}

static void fill(struct lk_dialog *dialog, struct lk_tui *t)
{
	struct file_dialog *d = (struct file_dialog *)dialog;
	const struct file_job *j = job_of(d);
	const char *why = obstacle(d);

	(void)t;
	lk_dialog_grey(dialog, DO, why);
	if (!d->planned)
		lk_text_add(&dialog->body, LK_STYLE_DIM, "Nothing is planned yet: %s.", why ? why : "look first");
	else if (j->job.action)
		lk_dialog_put_plan(dialog, j->job.action);
}

/* The check boxes may have changed while the plan was being made: then it is made again. */
static void finished(struct lk_dialog *dialog, struct lk_tui *t)
{
	struct file_dialog *d = (struct file_dialog *)dialog;
	const struct file_job *j = job_of(d);

	if (dialog->over)
		return;
	if (j->even_if_used != is_on(d, EVEN_IF_USED) || j->even_if_unknown != is_on(d, EVEN_IF_UNKNOWN) ||
	    j->replace != is_on(d, REPLACE))
		make_plan(d, t);
}

static unsigned changed(struct lk_dialog *dialog, struct lk_tui *t, struct lk_control *c, bool enter)
{
	struct file_dialog *d = (struct file_dialog *)dialog;
	const char *why;

	if (c->kind == LK_CONTROL_FIELD && !enter) {
		/* The plan was about another name. */
		d->planned = false;
		lk_dialog_update(dialog, t);
		return LK_DIRTY_PAINT;
	}
	make_plan(d, t);
	why = enter ? why_no_plan(d) : NULL;
	if (why)
		lk_dialog_say(dialog, LK_STYLE_ALARM, "Not possible: %s.", why);
	else if (enter)
		lk_dialog_focus(dialog, LK_BUTTON_CANCEL);
	return LK_DIRTY_PAINT;
}

static unsigned press(struct lk_dialog *dialog, struct lk_tui *t, struct lk_control *button)
{
	struct file_dialog *d = (struct file_dialog *)dialog;
	struct file_job *j = job_of(d);

	(void)button;
	if (!t->can_act || !d->planned || j->job.state != LK_JOB_PLANNED) {
		lk_dialog_say(dialog, LK_STYLE_ALARM, "Not possible: %s.",
			      t->can_act ? "there is no plan" : t->cannot_act);
		return LK_DIRTY_PAINT;
	}
	lk_dialog_run(dialog, t);
	return LK_DIRTY_PAINT;
}

static const struct lk_dialog_ops dialog_ops = {
	.changed = changed, .press = press, .fill = fill, .finished = finished
};
static const struct lk_pane_ops delete_pane =
	LK_DIALOG_PANE_OPS("delete", "Tab next   Space tick   Enter press the button   Esc cancel");
static const struct lk_pane_ops move_pane =
	LK_DIALOG_PANE_OPS("rename", "Enter shows what would happen   Tab next   Space tick   Esc cancel");

/* ---- opening ---- */

static void add_controls(struct file_dialog *d, const char *title, bool to_folder)
{
	const char *path = d->file->path, *slash = strrchr(path, '/');
	lk_auto_mem char *folder = lk_strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
	struct lk_control *c;

	if (d->moves) {
		c = lk_dialog_add(&d->d, LK_CONTROL_FIELD, NEW_NAME, "%s", to_folder ? "Move to: " : "New name: ");
		lk_field_set(&c->field, to_folder ? folder : path);
		lk_dialog_add(&d->d, LK_CONTROL_CHECK, REPLACE, REPLACING);
	}
	lk_dialog_add(&d->d, LK_CONTROL_CHECK, EVEN_IF_USED, IF_USED);
	lk_dialog_add(&d->d, LK_CONTROL_CHECK, EVEN_IF_UNKNOWN, IF_UNKNOWN);
	lk_dialog_add(&d->d, LK_CONTROL_BUTTON, LK_BUTTON_CANCEL, "Cancel");
	lk_dialog_add(&d->d, LK_CONTROL_BUTTON, DO, "%s", title);
}

const char *lk_fileact_why_not(const struct lk_subject *s)
{
	const char *why = s->file ? lk_file_why_nameless(s->file) : "this row is not about one file";

	if (why)
		return why;
	if (s->file->local == LK_NO)
		return "its file system keeps its locks elsewhere, so nobody here knows who uses it";
	if (!s->file->has_stat)
		return "its number could not be read, so it could not be told from another file of that name";
	return NULL;
}

static unsigned open_dialog(struct lk_tui *t, const struct lk_subject *s, bool moves, bool to_folder)
{
	const char *title = !moves ? "Delete" : to_folder ? "Move" : "Rename";
	struct file_dialog *d = lk_alloc(1, sizeof(*d));
	struct file_job *j = lk_alloc(1, sizeof(*j));
	char clock[LK_TIME_TEXT];

	lk_job_init(&j->job, moves ? &move_ops : &delete_ops, t, s->frame);
	j->file = d->file = s->file;
	d->moves = moves;
	d->planned = !moves;
	d->d = (struct lk_dialog){ .pane = { .ops = moves ? &move_pane : &delete_pane, .title = title },
				   .ops = &dialog_ops,
				   .acts = true };
	lk_dialog_take_job(&d->d, &j->job);
	lk_text_add(&d->d.head, LK_STYLE_PLAIN, "%s this file (frozen %s):", title,
		    lk_tui_time(t->wall_ms, LK_CLOCK, clock));
	lk_dialog_head_file(&d->d, d->file);
	add_controls(d, title, to_folder);
	lk_dialog_open_unplanned(t, &d->d);
	if (moves)
		lk_dialog_focus(&d->d, NEW_NAME);
	else
		make_plan(d, t);
	return LK_DIRTY_PAINT;
}

static unsigned open_for(struct lk_tui *t, const char *what, bool moves, bool to_folder)
{
	struct lk_subject s;
	const char *why;

	lk_tui_subject(t, &s);
	if (!lk_dialog_may_act(t, what) || !lk_dialog_is_there(t, &s, what))
		return LK_DIRTY_PAINT;
	why = lk_fileact_why_not(&s);
	if (!why)
		return open_dialog(t, &s, moves, to_folder);
	return lk_tui_say(t, LK_STYLE_ALARM, "%s: not possible, %s.", what, why);
}

unsigned lk_do_delete(struct lk_tui *t)
{
	return open_for(t, "Delete", false, false);
}

unsigned lk_do_rename(struct lk_tui *t)
{
	return open_for(t, "Rename", true, false);
}

unsigned lk_fileact_move(struct lk_tui *t)
{
	return open_for(t, "Move", true, true);
}

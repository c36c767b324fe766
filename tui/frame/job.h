/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An action off the input path: its plan, then, once that was confirmed, its run. While it is busy nobody but its thread touches it;
 * a dialog that is closed meanwhile lets go of it, and what was begun is finished and told in the message line. */
#ifndef LK_TUI_JOB_H
#define LK_TUI_JOB_H

#include "action/action.h"
#include "tui/core/app.h"

struct lk_job;

enum lk_job_state {
	LK_JOB_NEW,
	LK_JOB_PLANNING,
	LK_JOB_NO_PLAN, /* it could not be made: err */
	LK_JOB_PLANNED,
	LK_JOB_RUNNING,
	LK_JOB_DONE,
};

struct lk_job_ops {
	const char *word; /* for the history: "SIGNAL"; NULL: nothing is noted */
	/* Off the input path; may be called again. Sets job->action. 0 or -errno with a sentence. NULL: there is no plan. */
	int (*plan)(struct lk_job *j, struct lk_err *err);
	/* Off the input path, after the plan was confirmed. Adds to job->report. NULL: lk_action_execute() of job->action. */
	int (*run)(struct lk_job *j, struct lk_err *err);
	/* Frees what it has, the action too, and itself. */
	void (*free)(struct lk_job *j);
};

/* Embed it first. */
struct lk_job {
	const struct lk_job_ops *ops;
	enum lk_job_state state;
	struct lk_tui_host host; /* copied: to be used off the input path */
	const struct lk_frame *frame; /* held: plans point into it */
	struct lk_source *source; /* its own, opened by the first plan or run */
	struct lk_action *action; /* what is shown and run; NULL none */
	struct lk_text report; /* what became of it */
	struct lk_err err; /* of the last plan or run */
	int rc; /* likewise */
	int pid; /* for the history; 0: none or several */
	char *comm; /* owned; NULL */
	char *what; /* owned; for the history where no action names itself; NULL */
	uint64_t pane; /* serial of its dialog; 0: none listens */
	void (*finished)(struct lk_tui *t, struct lk_pane *p,
			 struct lk_job *j); /* on the input path, if the dialog is still there */
};

/* In place; frame is held from now on. */
void lk_job_init(struct lk_job *j, const struct lk_job_ops *ops, const struct lk_tui *t, const struct lk_frame *frame);
/* For ops->free: what init and the runs took. */
void lk_job_done(struct lk_job *j);

bool lk_job_is_busy(const struct lk_job *j);
/* Starts off the input path; not while it is busy. A failure to start is a failure of the plan or the run. */
void lk_job_plan(struct lk_job *j, struct lk_tui *t);
void lk_job_run(struct lk_job *j, struct lk_tui *t);
/* Its dialog goes: it is freed now, or as soon as it is no longer busy. NULL is fine. */
void lk_job_release(struct lk_job *j);

/* The sentence that says what became of it; never NULL. Borrowed. */
const char *lk_job_verdict(const struct lk_job *j);
/* It did what it should. */
bool lk_job_succeeded(const struct lk_job *j);

#endif

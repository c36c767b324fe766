/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan and, once that was confirmed, the run of an action, off the input path (the thread that owns the screen). While a job is busy
 * only its own thread touches it. When its dialog is closed meanwhile, the job still ends what it began; the message line tells the result
 * of a run. */
#ifndef LK_TUI_JOB_H
#define LK_TUI_JOB_H

#include "action/action.h"
#include "tui/core/app.h"

struct lk_job;

enum lk_job_state {
	LK_JOB_NEW,
	LK_JOB_PLANNING,
	LK_JOB_NO_PLAN, /* it could not be made: see err */
	LK_JOB_PLANNED,
	LK_JOB_RUNNING,
	LK_JOB_DONE,
};

struct lk_job_ops {
	const char *word; /* for the history: "SIGNAL"; NULL: a run is not noted, and not told in the message line */
	/* Off the input path; may be called several times. Sets job->action. 0 or -errno with a sentence. NULL: there is no plan. */
	int (*plan)(struct lk_job *j, struct lk_err *err);
	/* Off the input path, after the plan was confirmed. Adds to job->report. NULL: lk_action_execute() of job->action. */
	int (*run)(struct lk_job *j, struct lk_err *err);
	/* Frees all that the job has, the action too, and the job itself. */
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
	struct lk_text report; /* lines of ops->run about the result */
	struct lk_err err; /* of the last plan or run */
	int rc; /* likewise */
	int pid; /* for the history; 0: none or several */
	char *comm; /* owned; NULL */
	char *what; /* owned; for the history where there is no action with a subject; NULL none */
	uint64_t pane; /* serial of its dialog; 0: that is closed */
	void (*finished)(struct lk_tui *t, struct lk_pane *p,
			 struct lk_job *j); /* on the input path after a plan or run, if the dialog is still there */
};

/* Initialises *j, and holds frame. */
void lk_job_init(struct lk_job *j, const struct lk_job_ops *ops, const struct lk_tui *t, const struct lk_frame *frame);
/* For ops->free: frees what lk_job_init() and the runs took, not the action. */
void lk_job_done(struct lk_job *j);

bool lk_job_is_busy(const struct lk_job *j);
/* Starts the plan or the run; does nothing while the job is busy. A failure to start counts as a failure of the plan or the run. */
void lk_job_plan(struct lk_job *j, struct lk_tui *t);
void lk_job_run(struct lk_job *j, struct lk_tui *t);
/* The dialog is closed: frees the job now, or as soon as it is no longer busy. NULL is fine. */
void lk_job_release(struct lk_job *j);

/* The sentence that tells the result of the run; never NULL. Borrowed. */
const char *lk_job_verdict(const struct lk_job *j);
/* The run had the result that was wanted (LK_OUTCOME_DONE). */
bool lk_job_succeeded(const struct lk_job *j);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The common driver of all actions that change something: plan, confirm, check, run, verify, report. An action never prints: it
 * fills a plan and a report, as sentences and as data; the command line and the screen show them and ask for confirmation. */
#ifndef LK_ACTION_ACTION_H
#define LK_ACTION_ACTION_H

#include <stdbool.h>
#include <stddef.h>

#include "action/sys.h"
#include "action/target.h"
#include "base/arena.h"
#include "base/vec.h"
#include "model/snapshot.h"

enum lk_line_kind {
	LK_LINE_STEP, /* what will happen, and to whom */
	LK_LINE_RISK, /* what could go wrong */
	LK_LINE_NOT, /* what will not happen */
	LK_LINE_REFUSED, /* why the action will not be done at all */
	LK_LINE_RESULT, /* what really happened, as a second look showed */
};

struct lk_line {
	enum lk_line_kind kind;
	const char *text; /* one sentence; may hold raw bytes of names: sanitize before a terminal */
};

enum lk_outcome {
	LK_OUTCOME_NONE, /* not run yet */
	LK_OUTCOME_DONE, /* run and verified */
	LK_OUTCOME_NOT_DONE, /* run, but a second look shows that it had no effect */
	LK_OUTCOME_PARTLY, /* done in part, for example for some of several processes */
	LK_OUTCOME_REFUSED, /* nothing was changed */
	LK_OUTCOME_UNKNOWN, /* run, but it cannot be seen whether it worked */
};

struct lk_action;

struct lk_action_ops {
	const char *name; /* "signal", "release", "rm", "mv"; also used in syslog */
	/* check, run and verify return 0, or -errno with a sentence in *err. */
	int (*check)(struct lk_action *a, struct lk_err *err); /* is all still as in the plan? -ESTALE if not */
	int (*run)(struct lk_action *a, struct lk_err *err);
	int (*verify)(struct lk_action *a, struct lk_err *err); /* looks again, adds RESULT lines, sets outcome */
	void (*done)(struct lk_action *a);
};

/* Base of every action: must be the first member of its struct. */
struct lk_action {
	const struct lk_action_ops *ops;
	const struct lk_sys *sys;
	struct lk_source *source; /* borrowed; for looking again in check and verify */
	struct lk_arena arena; /* owns the texts */
	LK_VEC(struct lk_line) lines;
	const char *
		subject; /* for syslog: the target, e.g. "pid 3310, the flock write lock on /srv/x"; in the arena; NULL: the first step */
	bool refused; /* the action must not be run; set by any REFUSED line */
	bool unknown; /* the only reason for a refusal, by plan or check, is that something could not be found out */
	enum lk_outcome outcome;
};

void lk_action_init(struct lk_action *a, const struct lk_action_ops *ops, const struct lk_sys *sys,
		    struct lk_source *source);
/* Calls ops->done, then frees what lk_action_init() and the lines allocated. */
void lk_action_free(struct lk_action *a);

/* Sets subject. */
void lk_action_name(struct lk_action *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Adds a line to the plan or the report. With a LK_LINE_REFUSED line the plan cannot be run. */
void lk_action_say(struct lk_action *a, enum lk_line_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds a REFUSED line whose reason is that something could not be found out. */
void lk_action_say_unknown(struct lk_action *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Checks, runs and verifies. Logs to syslog before and after the run: who does what to what, with which result. Never call it before
 * the plan was shown and confirmed. 0: it ran (see outcome); -EPERM: the plan is refused; -ESTALE: the target changed; or another
 * -errno. */
int lk_action_execute(struct lk_action *a, struct lk_err *err);

/* "not_run", "done", ...: the word in JSON and syslog. */
const char *lk_outcome_name(enum lk_outcome o);
/* "step", "risk", ... */
const char *lk_line_kind_name(enum lk_line_kind k);
/* The heading above the lines of this kind, such as "This will happen:". planned: false if it is known that none of it will be done;
 * then the heading is "This would happen:". NULL for results, which have no heading. */
const char *lk_line_kind_title(enum lk_line_kind k, bool planned);
/* The order in which the kinds of lines of a plan are shown. */
#define LK_PLAN_PARTS 4
extern const enum lk_line_kind lk_plan_order[LK_PLAN_PARTS];

#endif

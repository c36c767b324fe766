/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver of everything that changes something: plan, confirm, check, run, verify, report. An action never prints: it fills a
 * plan and a report, in words and as data; the verbs and the screen show them and ask. */
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
	LK_LINE_REFUSED, /* why it will not be done at all */
	LK_LINE_RESULT, /* what really happened, seen by looking again */
};

struct lk_line {
	enum lk_line_kind kind;
	const char *text; /* one sentence; may hold bytes of the machine: sanitize before a terminal */
};

enum lk_outcome {
	LK_OUTCOME_NONE, /* not run yet */
	LK_OUTCOME_DONE, /* and verified */
	LK_OUTCOME_NOT_DONE, /* run, but looking again says otherwise */
	LK_OUTCOME_PARTLY, /* some of several */
	LK_OUTCOME_REFUSED, /* nothing was changed */
	LK_OUTCOME_UNKNOWN, /* run, but it cannot be seen whether it worked */
};

struct lk_action;

struct lk_action_ops {
	const char *name; /* "signal", "release", "rm", "mv": also the word in syslog */
	/* Each returns 0 or -errno with a sentence. */
	int (*check)(struct lk_action *a, struct lk_err *err); /* still what the plan said? -ESTALE when not */
	int (*run)(struct lk_action *a, struct lk_err *err);
	int (*verify)(struct lk_action *a, struct lk_err *err); /* looks again, adds RESULT lines, sets outcome */
	void (*done)(struct lk_action *a);
};

/* Base of every action; embed it first. */
struct lk_action {
	const struct lk_action_ops *ops;
	const struct lk_sys *sys;
	struct lk_source *source; /* borrowed; to look again */
	struct lk_arena arena; /* texts */
	LK_VEC(struct lk_line) lines;
	const char *
		subject; /* for syslog: to whom and what, e.g. "pid 3310 (dpkg), flock on /srv/x"; in the arena; NULL: the first step */
	bool refused; /* a REFUSED line is there: run is not possible */
	bool unknown; /* what refuses it is only that something is not known, in the plan or when it was checked again */
	enum lk_outcome outcome;
};

void lk_action_init(struct lk_action *a, const struct lk_action_ops *ops, const struct lk_sys *sys,
		    struct lk_source *source);
/* Frees what init and the lines took, after ops->done. */
void lk_action_free(struct lk_action *a);

/* Sets subject. */
void lk_action_name(struct lk_action *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Adds a line to plan or report. A LK_LINE_REFUSED line makes the plan one that cannot be run. */
void lk_action_say(struct lk_action *a, enum lk_line_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A REFUSED line because something is not known. */
void lk_action_say_unknown(struct lk_action *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Check, run, verify; writes a line to the system's log before it and one after it, who did what to what with which result. Never call it
 * before the plan was shown and confirmed. 0 when it ran (see outcome), -EPERM when the plan refuses, -ESTALE when the target
 * changed, or -errno. */
int lk_action_execute(struct lk_action *a, struct lk_err *err);

/* "not run", "done", ...: the word in JSON and syslog. */
const char *lk_outcome_name(enum lk_outcome o);
/* "step", "risk", ... */
const char *lk_line_kind_name(enum lk_line_kind k);
/* What stands above the lines of a plan, "This will happen:"; planned is false where it is known that nothing of it will be done:
 * "This would happen:". NULL: above results stands nothing. */
const char *lk_line_kind_title(enum lk_line_kind k, bool planned);
/* The lines of a plan are shown in this order; LK_PLAN_PARTS of them. */
#define LK_PLAN_PARTS 4
extern const enum lk_line_kind lk_plan_order[LK_PLAN_PARTS];

#endif

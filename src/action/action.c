/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all actions share: adding lines to plan and report, and the sequence of check, run and verify. */
#include "action/action.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/debug.h"

const char *lk_outcome_name(enum lk_outcome o)
{
	static const char *const names[] = { "not_run", "done", "not_done", "partly", "refused", "unknown" };

	return names[o];
}

const char *lk_line_kind_name(enum lk_line_kind k)
{
	static const char *const names[] = { "step", "risk", "not", "refused", "result" };

	return names[k];
}

const char *lk_line_kind_title(enum lk_line_kind k, bool planned)
{
	switch (k) {
	case LK_LINE_STEP:
		return planned ? "This will happen:" : "This would happen:";
	case LK_LINE_RISK:
		return "This could go wrong:";
	case LK_LINE_NOT:
		return planned ? "This will not happen:" : "This would not happen:";
	case LK_LINE_REFUSED:
		return "This is not possible:";
	default:
		return NULL;
	}
}

const enum lk_line_kind lk_plan_order[LK_PLAN_PARTS] = { LK_LINE_REFUSED, LK_LINE_STEP, LK_LINE_RISK, LK_LINE_NOT };

void lk_action_init(struct lk_action *a, const struct lk_action_ops *ops, const struct lk_sys *sys,
		    struct lk_source *source)
{
	*a = (struct lk_action){ .ops = ops, .sys = sys, .source = source };
	lk_arena_init(&a->arena);
}

void lk_action_free(struct lk_action *a)
{
	if (a->ops && a->ops->done)
		a->ops->done(a);
	lk_vec_done(&a->lines);
	lk_arena_done(&a->arena);
	a->subject = NULL;
}

static char *keep(struct lk_action *a, const char *fmt, va_list ap)
{
	char *text = lk_vprintf(fmt, ap);

	lk_arena_keep(&a->arena, text);
	return text;
}

void lk_action_name(struct lk_action *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	a->subject = keep(a, fmt, ap);
	va_end(ap);
}

/* Names such as "process 12 (cat)" begin in lower case, because they are also used inside sentences. */
static void begin_sentence(char *text)
{
	if (strncmp(text, "process ", 8) == 0 || strncmp(text, "the ", 4) == 0)
		text[0] = (char)(text[0] - 'a' + 'A');
}

static void say(struct lk_action *a, enum lk_line_kind kind, const char *fmt, va_list ap)
{
	char *text = keep(a, fmt, ap);

	a->refused = a->refused || kind == LK_LINE_REFUSED;
	begin_sentence(text);
	*lk_vec_push(&a->lines) = (struct lk_line){ .kind = kind, .text = text };
}

void lk_action_say(struct lk_action *a, enum lk_line_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (kind == LK_LINE_REFUSED)
		a->unknown = false;
	va_start(ap, fmt);
	say(a, kind, fmt, ap);
	va_end(ap);
}

void lk_action_say_unknown(struct lk_action *a, const char *fmt, ...)
{
	va_list ap;

	if (!a->refused)
		a->unknown = true;
	va_start(ap, fmt);
	say(a, LK_LINE_REFUSED, fmt, ap);
	va_end(ap);
}

static const char *last_of(const struct lk_action *a, enum lk_line_kind kind)
{
	for (size_t i = a->lines.n; i > 0; i--) {
		if (a->lines.v[i - 1].kind == kind)
			return a->lines.v[i - 1].text;
	}
	return NULL;
}

static const char *subject_of(const struct lk_action *a)
{
	if (a->subject)
		return a->subject;
	for (size_t i = 0; i < a->lines.n; i++) {
		if (a->lines.v[i].kind == LK_LINE_STEP)
			return a->lines.v[i].text;
	}
	return "";
}

#define SUBJECT_MAX 1500 /* bytes in a log line; a longer one would leave no room for the result */

static void log_end(const struct lk_action *a, int rc, const struct lk_err *err)
{
	const char *result = rc < 0 ? lk_err_text(err) : last_of(a, LK_LINE_RESULT);

	lk_sys_log(a->sys, "%s: %.*s: %s: %s", a->ops->name, SUBJECT_MAX, subject_of(a),
		   rc < 0 ? "failed" : lk_outcome_name(a->outcome), result ? result : "");
}

int lk_action_execute(struct lk_action *a, struct lk_err *err)
{
	struct lk_err own = { 0 }, *e = err ? err : &own;
	int rc;

	if (a->refused) {
		a->outcome = LK_OUTCOME_REFUSED;
		lk_err_set(e, -EPERM, "nothing was done: %s", last_of(a, LK_LINE_REFUSED));
		lk_err_done(&own);
		return -EPERM;
	}
	rc = a->ops->check ? a->ops->check(a, e) : 0;
	lk_debug(LK_DEBUG_ACT, "%s: %s: checked once more: %s", a->ops->name, subject_of(a),
		 rc < 0 ? lk_err_text(e) : "as planned");
	if (rc < 0) {
		a->outcome = LK_OUTCOME_REFUSED;
		lk_err_done(&own);
		return rc;
	}
	lk_sys_log(a->sys, "%s: %.*s: begun", a->ops->name, SUBJECT_MAX, subject_of(a));
	rc = a->ops->run(a, e);
	lk_debug(LK_DEBUG_ACT, "%s: run: %s", a->ops->name, rc < 0 ? lk_err_text(e) : "done");
	/* Look again after an error, too: the run may have failed half way. */
	if (a->ops->verify) {
		struct lk_err look = { 0 };
		int seen = a->ops->verify(a, rc < 0 ? &look : e);

		lk_err_done(&look);
		rc = rc < 0 ? rc : seen;
	}
	if (rc < 0 && a->outcome == LK_OUTCOME_NONE)
		a->outcome = LK_OUTCOME_UNKNOWN;
	lk_debug(LK_DEBUG_ACT, "%s: looked again: %s", a->ops->name, lk_outcome_name(a->outcome));
	log_end(a, rc, e);
	lk_err_done(&own);
	return rc;
}

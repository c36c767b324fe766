/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Release dialog: four ways to get a lock freed, the safest first. The last two take it from a process that is not told; for these the
 * user has to type the process's pid. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "action/release.h"
#include "base/alloc.h"
#include "base/text.h"
#include "tui/dialog/dialog.h"
#include "tui/dialog/targets.h"
#include "tui/dialog/whom.h"
#include "tui/frame/watch_target.h"
#include "words/words.h"

enum { WAIT = 1, ASK, DUPLICATE, INSIDE, RANGE, TYPED, DO };

struct release_job {
	struct lk_job job;
	const struct lk_lock *lock; /* in job.frame */
	int pid; /* the holder to release it through; 0: any */
	bool has_range;
	struct lk_range range;
	struct lk_release release;
	bool made; /* release is valid */
	struct lk_signal ask;
	bool asked; /* ask is valid, also when its plan failed (ask_rc) */
	int ask_rc;
	struct lk_err ask_err;
};

struct release_dialog {
	struct lk_dialog d;
	const struct lk_lock *lock; /* in the job's frame */
	char *bad_range; /* owned: what is wrong with the typed range; NULL: nothing */
	bool again; /* another plan is wanted as soon as the one under way is there */
};

static struct release_job *job_of(const struct release_dialog *r)
{
	return (struct release_job *)r->d.job;
}

/* ---- the job ---- */

/* Plans SIGTERM to the holders, once, which pins them. A failure is kept in ask_err: the other ways may still be possible. */
static void plan_asking(struct release_job *r)
{
	struct lk_signal_step term = { .sig = SIGTERM };
	lk_signal_list wanted = { 0 };

	if (r->asked)
		return;
	r->ask_rc = lk_targets_add_lock(&wanted, r->lock, &r->ask_err);
	if (r->ask_rc == 0) {
		r->asked = true;
		r->ask_rc = lk_signal_plan(&r->ask, r->job.host.sys, r->job.source, r->job.frame->snap, wanted.v,
					   wanted.n, &term, 1, &r->ask_err);
	}
	lk_vec_done(&wanted);
}

static int plan(struct lk_job *j, struct lk_err *err)
{
	struct release_job *r = (struct release_job *)j;

	(void)err;
	plan_asking(r);
	if (r->made)
		lk_action_free(&r->release.action);
	lk_release_plan(&r->release, j->host.sys, j->host.trace, j->source, j->frame->snap, r->lock, r->pid,
			r->has_range ? &r->range : NULL);
	r->made = true;
	j->action = &r->release.action;
	return 0;
}

static void free_job(struct lk_job *j)
{
	struct release_job *r = (struct release_job *)j;

	if (r->made)
		lk_action_free(&r->release.action);
	if (r->asked)
		lk_action_free(&r->ask.base);
	lk_err_done(&r->ask_err);
	lk_job_done(j);
	free(r);
}

/* They differ only in the word for the history; press() chooses the one of the action. */
static const struct lk_job_ops release_ops = { .word = "RELEASE", .plan = plan, .free = free_job };
static const struct lk_job_ops ask_ops = { .word = "SIGNAL", .plan = plan, .free = free_job };

/* ---- what can be done ---- */

static bool is_violent(int choice)
{
	return choice == DUPLICATE || choice == INSIDE;
}

static const char *why_not_ask(const struct release_job *r)
{
	if (r->ask_rc < 0)
		return lk_err_text(&r->ask_err);
	return lk_dialog_refusal(&r->ask.base);
}

static void grey_methods(struct release_dialog *r)
{
	const struct release_job *j = job_of(r);
	bool posix = r->lock->rec.type == LK_TYPE_POSIX;
	const char *why = j->made ? lk_dialog_refusal(&j->release.action) : lk_err_text(&j->job.err);

	lk_dialog_grey(&r->d, ASK, why_not_ask(j));
	lk_dialog_grey(&r->d, DUPLICATE, posix ? "OFD, flock and leases only; this is POSIX" : why);
	lk_dialog_grey(&r->d, INSIDE, posix ? why : "POSIX only; this is not");
}

/* Why the button cannot be pressed; NULL: it can. */
static const char *obstacle(struct release_dialog *r)
{
	const struct release_job *j = job_of(r);
	int choice = lk_dialog_choice(&r->d), pid;
	struct lk_control *typed = lk_dialog_control(&r->d, TYPED);
	const char *text = typed ? lk_field_str(&typed->field) : "";

	if (!choice)
		return "choose first what to do";
	if (!is_violent(choice))
		return NULL;
	if (r->bad_range)
		return r->bad_range;
	if (!j->made || !j->release.holder)
		return "there is no plan";
	if (lk_text_pid(text, strlen(text), &pid) < 0 || pid != j->release.holder->pid)
		return "type the number of the process that loses its lock";
	return NULL;
}

static const char *button_words(int choice)
{
	return choice == WAIT ? "Wait" : choice == ASK ? "Send SIGTERM" : "Release";
}

static void label_button(struct release_dialog *r)
{
	struct lk_control *c = lk_dialog_control(&r->d, DO), *typed = lk_dialog_control(&r->d, TYPED);

	if (!c)
		return;
	free(c->label);
	c->label = lk_strdup(button_words(lk_dialog_choice(&r->d)));
	if (typed)
		typed->hidden = !is_violent(lk_dialog_choice(&r->d));
	lk_dialog_grey(&r->d, DO, obstacle(r));
}

static void fill(struct lk_dialog *d, struct lk_tui *t)
{
	struct release_dialog *r = (struct release_dialog *)d;
	const struct release_job *j = job_of(r);
	int choice = lk_dialog_choice(d);

	(void)t;
	if (j->job.state == LK_JOB_PLANNED || j->job.state == LK_JOB_NO_PLAN)
		grey_methods(r);
	if (choice == WAIT)
		lk_text_add(&d->body, LK_STYLE_PLAIN,
			    "Nothing is changed. A message says when the lock is gone, while you go on.");
	if (is_violent(choice) && j->made && j->release.holder)
		lk_text_add(&d->body, LK_STYLE_ALARM,
			    "DANGER: process %d keeps running and still believes that it holds the lock. Two writers "
			    "may then corrupt the file.",
			    j->release.holder->pid);
	if (choice == ASK ? j->asked : is_violent(choice) && j->made)
		lk_dialog_put_plan(d, choice == ASK ? &j->ask.base : &j->release.action);
	label_button(r);
}

/* ---- changes ---- */

static void plan_again(struct release_dialog *r, struct lk_tui *t)
{
	struct release_job *j = job_of(r);
	struct lk_control *c = lk_dialog_control(&r->d, RANGE);
	const char *text = c ? lk_field_str(&c->field) : "";
	struct lk_err err = { 0 };

	r->again = lk_job_is_busy(&j->job);
	if (r->again)
		return;
	free(r->bad_range);
	r->bad_range = NULL;
	j->has_range = *text;
	if (*text && lk_range_parse(text, &j->range, &err) < 0)
		r->bad_range = lk_strdup(lk_err_text(&err));
	lk_err_done(&err);
	if (!r->bad_range)
		lk_job_plan(&j->job, t);
	lk_dialog_update(&r->d, t);
	if (r->bad_range)
		lk_dialog_say(&r->d, LK_STYLE_ALARM, "%s", r->bad_range);
}

static void finished(struct lk_dialog *d, struct lk_tui *t)
{
	struct release_dialog *r = (struct release_dialog *)d;

	if (r->again && !d->over)
		plan_again(r, t);
}

static unsigned changed(struct lk_dialog *d, struct lk_tui *t, struct lk_control *c, bool enter)
{
	struct release_dialog *r = (struct release_dialog *)d;

	if (c->id == RANGE && !enter)
		plan_again(r, t);
	else if (enter)
		lk_dialog_focus(d, c->id == TYPED ? DO : LK_BUTTON_CANCEL);
	else
		lk_dialog_update(d, t);
	return LK_DIRTY_PAINT;
}

static unsigned wait_for_it(struct release_dialog *r, struct lk_tui *t)
{
	lk_watch_target_add(t, job_of(r)->job.frame, r->lock);
	lk_tui_say(t, LK_STYLE_GOOD, "You will be told here when the lock is free.");
	return lk_pane_close(t, &r->d.pane);
}

static unsigned press(struct lk_dialog *d, struct lk_tui *t, struct lk_control *button)
{
	struct release_dialog *r = (struct release_dialog *)d;
	struct release_job *j = job_of(r);
	int choice = lk_dialog_choice(d);
	struct lk_control *method = lk_dialog_control(d, choice);

	(void)button;
	if (method && method->why_not) {
		lk_dialog_say(d, LK_STYLE_ALARM, "Not possible: %s", method->why_not);
		return LK_DIRTY_PAINT;
	}
	if (choice == WAIT)
		return wait_for_it(r, t);
	if (!t->can_act || (choice == ASK ? !j->asked : j->job.state != LK_JOB_PLANNED)) {
		lk_dialog_say(d, LK_STYLE_ALARM, "Not possible: %s.", t->can_act ? "there is no plan" : t->cannot_act);
		return LK_DIRTY_PAINT;
	}
	j->job.ops = choice == ASK ? &ask_ops : &release_ops;
	j->job.action = choice == ASK ? &j->ask.base : &j->release.action;
	lk_dialog_run(d, t);
	return LK_DIRTY_PAINT;
}

static void free_dialog(struct lk_dialog *d)
{
	free(((struct release_dialog *)d)->bad_range);
}

/* ---- opening ---- */

static const struct lk_dialog_ops dialog_ops = {
	.changed = changed, .press = press, .fill = fill, .finished = finished, .free = free_dialog
};
static const struct lk_pane_ops pane_ops =
	LK_DIALOG_PANE_OPS("release", "Tab next   Space choose   Enter press the button   Esc cancel");

static void fill_head(struct release_dialog *r, struct lk_tui *t)
{
	const struct lk_lock *l = r->lock;
	const struct release_job *j = job_of(r);
	char clock[LK_TIME_TEXT];
	lk_buf lock = { 0 };

	lk_dialog_put_lock(t, l, &lock);
	lk_text_add(&r->d.head, LK_STYLE_BRIGHT, "Release %s (frozen %s)", lk_buf_str(&lock),
		    lk_tui_time(t->wall_ms, LK_CLOCK, clock));
	lk_vec_done(&lock);
	if (!l->n_holders)
		lk_text_add(&r->d.head, LK_STYLE_PLAIN, "%s",
			    l->pid <= 0                ? LK_WORDS_UNSEEN_NOTE
			    : l->proc && l->proc->comm ? l->proc->comm
						       : "?");
	for (size_t i = 0; i < l->n_holders && i < 4; i++) {
		const struct lk_holder *h = &l->holders[i];

		if ((!j->pid || h->pid == j->pid) && (!i || h->pid != h[-1].pid))
			lk_dialog_head_process(&r->d, t, j->job.frame, h->proc, false);
	}
}

static void add_controls(struct lk_dialog *d, const struct lk_lock *l, int pid)
{
	struct lk_control *c = lk_dialog_add(d, LK_CONTROL_CHOICE, WAIT, "wait until free, then tell me");

	c->hint = "safe";
	if (l->n_holders > 1 && !pid)
		c = lk_dialog_add(d, LK_CONTROL_CHOICE, ASK, "ask: SIGTERM to its %zu holders", l->n_holders);
	else
		c = lk_dialog_add(d, LK_CONTROL_CHOICE, ASK, "ask: SIGTERM to %d", pid ? pid : l->pid);
	c->hint = "usual";
	c = lk_dialog_add(d, LK_CONTROL_CHOICE, DUPLICATE, "unlock its open file with pidfd_getfd");
	c->hint = "DANGEROUS, root/ptrace";
	c->danger = true;
	c = lk_dialog_add(d, LK_CONTROL_CHOICE, INSIDE, "unlock inside the process (ptrace)");
	c->hint = "DANGEROUS, root/ptrace";
	c->danger = true;
	if (lk_lock_is_waiting(l))
		lk_dialog_grey(d, WAIT, "this is a request that waits, not a lock");
	if (l->rec.type == LK_TYPE_POSIX || l->rec.type == LK_TYPE_OFD)
		lk_dialog_add(d, LK_CONTROL_FIELD, RANGE, "Only bytes (empty: all of it): ");
	c = lk_dialog_add(d, LK_CONTROL_FIELD, TYPED, "Type the PID to enable [ Release ]: ");
	c->below = true;
	lk_dialog_add(d, LK_CONTROL_BUTTON, LK_BUTTON_CANCEL, "Cancel");
	lk_dialog_add(d, LK_CONTROL_BUTTON, DO, "Wait");
}

static struct release_job *make_job(const struct lk_tui *t, const struct lk_subject *s)
{
	struct release_job *j = lk_alloc(1, sizeof(*j));
	const struct lk_proc *p = s->holder ? s->holder->proc : s->lock->proc;

	lk_job_init(&j->job, &release_ops, t, s->frame);
	j->lock = s->lock;
	j->pid = s->holder && !lk_lock_is_waiting(s->lock) ? s->holder->pid : 0;
	j->job.pid = p ? p->pid : 0;
	j->job.comm = p ? lk_strdup(p->comm) : NULL;
	return j;
}

unsigned lk_release_open(struct lk_tui *t, const struct lk_subject *s)
{
	struct release_dialog *r = lk_alloc(1, sizeof(*r));
	struct release_job *j = make_job(t, s);

	r->lock = s->lock;
	r->d = (struct lk_dialog){ .pane = { .ops = &pane_ops, .title = "Release" }, .ops = &dialog_ops, .acts = true };
	r->d.row = lk_frame_row(s->frame, s->lock);
	lk_dialog_take_job(&r->d, &j->job);
	fill_head(r, t);
	add_controls(&r->d, s->lock, j->pid);
	return lk_dialog_open(t, &r->d);
}

unsigned lk_do_release(struct lk_tui *t)
{
	struct lk_subject s;

	lk_tui_subject(t, &s);
	if (!lk_dialog_may_act(t, "Release") || !lk_dialog_is_there(t, &s, "Release"))
		return LK_DIRTY_PAINT;
	if (!s.lock)
		return lk_tui_say(t, LK_STYLE_ALARM, "Release: this row is not about one lock.");
	return lk_whom_ask(t, "Release what?", &s, lk_release_open);
}

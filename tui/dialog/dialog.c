/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State and keys of dialogs. */
#include "tui/dialog/dialog.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/alloc.h"

/* ---- life ---- */

const char *lk_dialog_cannot_act(const struct lk_tui *t)
{
	if (t->can_act)
		return NULL;
	return t->cannot_act ? t->cannot_act : "nothing can be changed here";
}

bool lk_dialog_may_act(struct lk_tui *t, const char *what)
{
	if (!t->can_act)
		lk_tui_say(t, LK_STYLE_ALARM, "%s: not possible, %s.", what, lk_dialog_cannot_act(t));
	return t->can_act;
}

bool lk_dialog_is_there(struct lk_tui *t, const struct lk_subject *s, const char *what)
{
	char ago[LK_AGO_TEXT];

	if (!s->frame)
		lk_tui_say(t, LK_STYLE_ALARM, "%s: not possible, no row is selected.", what);
	else if (s->ghost)
		lk_tui_say(t, LK_STYLE_ALARM, "%s: this row is gone: lock released %s ago.", what,
			   lk_tui_ago(t, s->gone_ms, ago));
	return s->frame && !s->ghost;
}

static void control_done(struct lk_control *c)
{
	free(c->label);
	free(c->why_not);
	lk_field_done(&c->field);
}

static void drop_controls(struct lk_dialog *d)
{
	for (size_t i = 0; i < d->controls.n; i++)
		control_done(&d->controls.v[i]);
	d->controls.n = 0;
}

void lk_dialog_free(struct lk_pane *p, struct lk_tui *t)
{
	struct lk_dialog *d = (struct lk_dialog *)p;

	(void)t;
	if (d->ops->free)
		d->ops->free(d);
	lk_job_release(d->job);
	drop_controls(d);
	lk_vec_done(&d->controls);
	lk_text_done(&d->head);
	lk_text_done(&d->body);
	free(d->say);
	free(d);
}

void lk_dialog_open_unplanned(struct lk_tui *t, struct lk_dialog *d)
{
	lk_dialog_focus(d, LK_BUTTON_CANCEL);
	lk_pane_push(t, &d->pane);
	if (d->job)
		d->job->pane = d->pane.serial;
	lk_dialog_update(d, t);
}

unsigned lk_dialog_open(struct lk_tui *t, struct lk_dialog *d)
{
	lk_dialog_open_unplanned(t, d);
	if (d->job && d->job->ops->plan) {
		lk_job_plan(d->job, t);
		/* If jobs run at once, as in tests, the plan is there already. */
		if (lk_job_is_busy(d->job))
			lk_dialog_update(d, t);
	}
	return LK_DIRTY_PAINT;
}

static void job_finished(struct lk_tui *t, struct lk_pane *p, struct lk_job *j)
{
	struct lk_dialog *d = (struct lk_dialog *)p;

	(void)j;
	if (d->say_busy)
		lk_dialog_say_nothing(d);
	lk_dialog_update(d, t);
	if (d->ops->finished)
		d->ops->finished(d, t);
}

void lk_dialog_take_job(struct lk_dialog *d, struct lk_job *j)
{
	d->job = j;
	j->pane = d->pane.serial;
	j->finished = job_finished;
}

/* ---- controls ---- */

struct lk_control *lk_dialog_add(struct lk_dialog *d, enum lk_control_kind kind, int id, const char *fmt, ...)
{
	struct lk_control *c = lk_vec_push(&d->controls);
	va_list ap;

	*c = (struct lk_control){ .kind = kind, .id = id };
	va_start(ap, fmt);
	c->label = lk_vprintf(fmt, ap);
	va_end(ap);
	return c;
}

struct lk_control *lk_dialog_control(struct lk_dialog *d, int id)
{
	for (size_t i = 0; i < d->controls.n; i++) {
		if (d->controls.v[i].id == id)
			return &d->controls.v[i];
	}
	return NULL;
}

void lk_dialog_focus(struct lk_dialog *d, int id)
{
	const struct lk_control *c = lk_dialog_control(d, id);

	if (c)
		d->focus = (size_t)(c - d->controls.v);
}

void lk_dialog_grey(struct lk_dialog *d, int id, const char *why)
{
	struct lk_control *c = lk_dialog_control(d, id);

	if (!c)
		return;
	free(c->why_not);
	c->why_not = lk_strdup(why);
}

int lk_dialog_choice(struct lk_dialog *d)
{
	for (size_t i = 0; i < d->controls.n; i++) {
		if (d->controls.v[i].kind == LK_CONTROL_CHOICE && d->controls.v[i].on)
			return d->controls.v[i].id;
	}
	return 0;
}

void lk_dialog_say(struct lk_dialog *d, enum lk_style style, const char *fmt, ...)
{
	va_list ap;

	free(d->say);
	va_start(ap, fmt);
	d->say = lk_vprintf(fmt, ap);
	va_end(ap);
	d->say_style = style;
	d->say_busy = false;
}

void lk_dialog_say_nothing(struct lk_dialog *d)
{
	free(d->say);
	d->say = NULL;
}

bool lk_dialog_say_busy(struct lk_dialog *d)
{
	if (!d->job || !lk_job_is_busy(d->job))
		return false;
	lk_dialog_say(d, LK_STYLE_ALARM, "One moment: %s.",
		      d->job->state == LK_JOB_PLANNING ? "the plan is still being made" : "it is under way");
	d->say_busy = true;
	return true;
}

bool lk_dialog_is_early(const struct lk_dialog *d, const struct lk_tui *t)
{
	return !d->over && (!d->painted || t->now_ms - d->painted_ms < LK_DIALOG_EARLY_MS);
}

bool lk_dialog_say_early(struct lk_dialog *d, const struct lk_tui *t)
{
	if (!lk_dialog_is_early(d, t))
		return false;
	lk_dialog_say(d, LK_STYLE_ALARM, "The dialog has only just appeared: nothing was done. Press it again.");
	return true;
}

static struct lk_control *focused(struct lk_dialog *d)
{
	return d->focus < d->controls.n ? &d->controls.v[d->focus] : NULL;
}

/* A button that cannot be pressed yet says why. */
static bool takes_focus(const struct lk_control *c)
{
	return !c->hidden && (!c->why_not || c->kind == LK_CONTROL_BUTTON);
}

static void move_focus(struct lk_dialog *d, bool forward)
{
	size_t n = d->controls.n;

	for (size_t i = 0; i < n; i++) {
		d->focus = (d->focus + (forward ? 1 : n - 1)) % n;
		if (takes_focus(&d->controls.v[d->focus]))
			return;
	}
}

/* Neither the focus nor the choice is on something impossible. Of what is possible the first that is not dangerous is chosen. */
static void leave_impossible(struct lk_dialog *d)
{
	const struct lk_control *on = NULL;
	struct lk_control *first = NULL;

	for (size_t i = 0; i < d->controls.n; i++) {
		struct lk_control *c = &d->controls.v[i];

		if (c->kind != LK_CONTROL_CHOICE)
			continue;
		c->on = c->on && !c->why_not;
		on = c->on ? c : on;
		if (!first && !c->why_not && !c->danger)
			first = c;
	}
	if (!on && first)
		first->on = true;
	if (d->focus < d->controls.n && !takes_focus(&d->controls.v[d->focus]))
		move_focus(d, true);
}

/* ---- acting ---- */

static unsigned changed(struct lk_dialog *d, struct lk_tui *t, struct lk_control *c, bool enter)
{
	return (d->ops->changed ? d->ops->changed(d, t, c, enter) : LK_DIRTY_NONE) | LK_DIRTY_PAINT;
}

static unsigned press(struct lk_dialog *d, struct lk_tui *t, struct lk_control *c)
{
	if (c->id == LK_BUTTON_CANCEL)
		return lk_pane_close(t, &d->pane);
	if ((d->acts && lk_dialog_say_early(d, t)) || lk_dialog_say_busy(d))
		return LK_DIRTY_PAINT;
	return d->ops->press(d, t, c) | LK_DIRTY_PAINT;
}

/* Enter, a click, or (not on a button) Space: chooses, toggles or presses the control. */
static unsigned use(struct lk_dialog *d, struct lk_tui *t, struct lk_control *c)
{
	if (c->why_not) {
		lk_dialog_say(d, LK_STYLE_ALARM, "Not possible: %s", c->why_not);
		return LK_DIRTY_PAINT;
	}
	switch (c->kind) {
	case LK_CONTROL_CHOICE:
		for (size_t i = 0; i < d->controls.n; i++) {
			if (d->controls.v[i].kind == LK_CONTROL_CHOICE)
				d->controls.v[i].on = false;
		}
		c->on = true;
		break;
	case LK_CONTROL_CHECK:
		c->on = !c->on;
		break;
	case LK_CONTROL_SWITCH:
		c->at = (c->at + 1) % c->n_words;
		break;
	case LK_CONTROL_FIELD:
		return changed(d, t, c, true);
	case LK_CONTROL_BUTTON:
		return press(d, t, c);
	}
	return changed(d, t, c, false);
}

/* The keys Left and Right: change a switch; on other controls move the focus. */
static unsigned sideways(struct lk_dialog *d, struct lk_tui *t, struct lk_control *c, bool right)
{
	if (c->kind != LK_CONTROL_SWITCH) {
		move_focus(d, right);
		return LK_DIRTY_PAINT;
	}
	if (c->why_not)
		return use(d, t, c);
	c->at = (c->at + (right ? 1 : c->n_words - 1)) % c->n_words;
	return changed(d, t, c, false);
}

static unsigned scroll(struct lk_dialog *d, int by)
{
	int most = d->rows > d->page ? d->rows - d->page : 0;

	d->scroll += by;
	d->scroll = d->scroll > most ? most : d->scroll;
	d->scroll = d->scroll < 0 ? 0 : d->scroll;
	return LK_DIRTY_PAINT;
}

unsigned lk_dialog_scroll_key(struct lk_dialog *d, lk_press k)
{
	int page = d->page > 1 ? d->page - 1 : 1;

	switch (k) {
	case LK_KEY_PAGE_UP:
	case LK_KEY_CTRL_B:
		return scroll(d, -page);
	case LK_KEY_PAGE_DOWN:
	case LK_KEY_CTRL('F'):
		return scroll(d, page);
	default:
		return LK_DIRTY_NOT_MINE;
	}
}

/* Keys that mean the same whatever has the focus. */
static unsigned common_key(struct lk_dialog *d, lk_press k)
{
	switch (k) {
	case LK_KEY_TAB:
	case LK_KEY_DOWN:
		move_focus(d, true);
		return LK_DIRTY_PAINT;
	case LK_KEY_BACK_TAB:
	case LK_KEY_UP:
		move_focus(d, false);
		return LK_DIRTY_PAINT;
	default:
		return lk_dialog_scroll_key(d, k);
	}
}

static unsigned field_key(struct lk_dialog *d, struct lk_tui *t, struct lk_control *c, lk_press k)
{
	if (c->why_not && lk_press_is_text(k))
		return use(d, t, c);
	return lk_field_key(&c->field, k) ? changed(d, t, c, false) : LK_DIRTY_NOT_MINE;
}

static unsigned control_key(struct lk_dialog *d, struct lk_tui *t, struct lk_control *c, lk_press k)
{
	switch (k) {
	case LK_KEY_LEFT:
	case 'h':
		return sideways(d, t, c, false);
	case LK_KEY_RIGHT:
	case 'l':
		return sideways(d, t, c, true);
	case 'j':
		return common_key(d, LK_KEY_DOWN);
	case 'k':
		return common_key(d, LK_KEY_UP);
	case ' ':
		return c->kind == LK_CONTROL_BUTTON ? LK_DIRTY_PAINT : use(d, t, c);
	case 'q':
		return lk_pane_close(t, &d->pane);
	default:
		return LK_DIRTY_NOT_MINE;
	}
}

unsigned lk_dialog_key(struct lk_pane *p, struct lk_tui *t, lk_press k)
{
	struct lk_dialog *d = (struct lk_dialog *)p;
	struct lk_control *c;
	unsigned dirty;

	lk_dialog_say_nothing(d);
	if (d->acts && k == LK_KEY_ENTER && lk_dialog_say_early(d, t))
		return LK_DIRTY_PAINT;
	c = focused(d);
	if (c && c->kind == LK_CONTROL_FIELD && k != LK_KEY_ENTER) {
		dirty = field_key(d, t, c, k);
		return dirty & LK_DIRTY_NOT_MINE ? common_key(d, k) : dirty;
	}
	dirty = d->ops->key ? d->ops->key(d, t, k) : LK_DIRTY_NOT_MINE;
	if (!(dirty & LK_DIRTY_NOT_MINE) || !c)
		return dirty;
	if (k == LK_KEY_ENTER)
		return use(d, t, c);
	dirty = control_key(d, t, c, k);
	return dirty & LK_DIRTY_NOT_MINE ? common_key(d, k) : dirty;
}

/* Into the field that has the focus, as one edit. */
unsigned lk_dialog_paste(struct lk_pane *p, struct lk_tui *t, const char *text)
{
	struct lk_dialog *d = (struct lk_dialog *)p;
	struct lk_control *c = focused(d);

	lk_dialog_say_nothing(d);
	if (c && c->kind == LK_CONTROL_FIELD && !c->why_not && !d->over) {
		lk_field_paste(&c->field, text);
		return changed(d, t, c, false);
	}
	lk_dialog_say(d, LK_STYLE_ALARM, LK_PASTE_DROPPED);
	return LK_DIRTY_PAINT;
}

static bool is_in(const struct lk_rect *r, int x, int y)
{
	return x >= r->x && x < r->x + r->w && y >= r->y && y < r->y + r->h;
}

/* A button or a field is used only by a click when it has the focus; the first click gives it the focus. */
unsigned lk_dialog_mouse(struct lk_pane *p, struct lk_tui *t, const struct lk_mouse *m)
{
	struct lk_dialog *d = (struct lk_dialog *)p;

	if (m->kind == LK_MOUSE_WHEEL_UP || m->kind == LK_MOUSE_WHEEL_DOWN)
		return scroll(d, m->kind == LK_MOUSE_WHEEL_UP ? -3 : 3);
	for (size_t i = 0; i < d->controls.n; i++) {
		struct lk_control *c = &d->controls.v[i];
		bool pinned = c->kind == LK_CONTROL_BUTTON || c->row < 0;
		bool hit = pinned ? is_in(&c->place, m->x, m->y) : m->y < d->page && c->row == m->y + d->scroll;

		if (!hit || c->hidden)
			continue;
		if (!takes_focus(c))
			return use(d, t, c);
		if (d->focus == i || (c->kind != LK_CONTROL_BUTTON && c->kind != LK_CONTROL_FIELD)) {
			d->focus = i;
			return use(d, t, c);
		}
		d->focus = i;
	}
	return LK_DIRTY_PAINT;
}

/* ---- what happens meanwhile ---- */

unsigned lk_dialog_frame(struct lk_pane *p, struct lk_tui *t)
{
	struct lk_dialog *d = (struct lk_dialog *)p;
	const struct lk_snapshot *snap = t->frame ? t->frame->snap : NULL;
	bool gone = d->row != 0, acting = d->over || (d->job && d->job->state == LK_JOB_RUNNING);

	for (size_t i = 0; snap && gone && i < snap->n_locks; i++)
		gone = lk_frame_row(t->frame, &snap->locks[i]) != d->row;
	/* That the lock goes is what the action is for; its report tells. */
	if (gone == d->lock_gone || !snap || acting)
		return LK_DIRTY_NONE;
	d->lock_gone = gone;
	return LK_DIRTY_PAINT;
}

static bool has_impossible(const struct lk_dialog *d)
{
	for (size_t i = 0; i < d->controls.n; i++) {
		const struct lk_control *c = &d->controls.v[i];

		if ((c->why_not && c->on) || (d->focus == i && !takes_focus(c)))
			return true;
	}
	return false;
}

static void put_state(struct lk_dialog *d, struct lk_tui *t)
{
	const struct lk_job *j = d->job;
	enum lk_job_state state = j ? j->state : LK_JOB_NEW;

	if (state == LK_JOB_NO_PLAN)
		lk_text_add(&d->body, LK_STYLE_ALARM, "Not possible: %s.", lk_err_text(&j->err));
	if (state == LK_JOB_PLANNING)
		lk_text_add(&d->body, LK_STYLE_DIM, "Looking, and making the plan ...");
	else if (state == LK_JOB_RUNNING)
		lk_text_add(&d->body, LK_STYLE_BRIGHT, "Under way, and looking what comes of it ...");
	else if (state == LK_JOB_DONE && d->over)
		lk_dialog_put_report(d, j);
	else if (d->ops->fill)
		d->ops->fill(d, t);
}

/* The action was run: replaces all controls by one button to close the dialog. */
static void close_only(struct lk_dialog *d)
{
	drop_controls(d);
	lk_dialog_add(d, LK_CONTROL_BUTTON, LK_BUTTON_CANCEL, "Close");
	d->focus = 0;
	d->scroll = 0;
	d->pane.keys = "Enter close   PgUp PgDn scroll";
}

void lk_dialog_run(struct lk_dialog *d, struct lk_tui *t)
{
	lk_job_run(d->job, t);
	/* When jobs run at once, as in tests, the report is there already. */
	if (lk_job_is_busy(d->job))
		lk_dialog_update(d, t);
}

void lk_dialog_update(struct lk_dialog *d, struct lk_tui *t)
{
	if (d->job && d->job->state == LK_JOB_DONE && d->job->action && !d->over) {
		d->over = true;
		close_only(d);
	}
	/* The plan may show that the choice is impossible: then the text is about another one, which may hide the control that had the
	 * focus. */
	for (int i = 0; i == 0 || (i < 3 && has_impossible(d)); i++) {
		leave_impossible(d);
		lk_text_done(&d->body);
		d->body = (struct lk_text){ 0 };
		put_state(d, t);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Signal dialog: signals on the left; the targets, fixed when it opened, and the plan on the right. Enter sends; for KILL twice. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "tui/dialog/dialog.h"
#include "tui/dialog/targets.h"
#include "tui/dialog/whom.h"
#include "words/words.h"

#define LIST_CELLS 16 /* width of the list of signals, with the line beside it */
#define LIST_WORTH 44 /* width of the box below which only the chosen signal is shown */
#define HEIGHT_LEAST 16
#define FULL_MAX 2 /* with up to this many targets each one is described in full */
#define NAMED_MAX 6 /* targets with lines of their own */

/* In the order of the list: the most usual ones first. */
static const int signals[] = { SIGTERM, SIGHUP,  SIGINT,  SIGKILL, SIGCONT, SIGSTOP,
			       SIGQUIT, SIGUSR1, SIGUSR2, SIGABRT, SIGALRM, SIGWINCH };
#define N_SIGNALS (sizeof(signals) / sizeof(*signals))

static const char pane_keys[] = "Enter send   Esc cancel   (KILL asks once more)";

struct signal_job {
	struct lk_job job;
	lk_signal_list wanted;
	struct lk_signal signal;
	bool made; /* signal is valid, also when its plan failed */
	int sig; /* the signal that the plan is for */
};

struct signal_dialog {
	struct lk_dialog d;
	size_t chosen; /* in signals */
	size_t top;
	int list_page; /* rows of the list when painted last */
	bool armed; /* Enter was pressed once for KILL */
	int typed; /* the signal number, as far as it was typed */
};

static struct signal_job *job_of(const struct signal_dialog *s)
{
	return (struct signal_job *)s->d.job;
}

/* ---- the job ---- */

static int plan(struct lk_job *j, struct lk_err *err)
{
	struct signal_job *s = (struct signal_job *)j;
	struct lk_signal_step step = { .sig = s->sig };
	const struct lk_snapshot *snap = j->frame->snap;

	j->action = &s->signal.base;
	/* Another signal was chosen: the pinned processes stay the same. */
	if (s->made)
		return lk_signal_choose(&s->signal, snap, &step, 1, err);
	s->made = true;
	return lk_signal_plan(&s->signal, j->host.sys, j->source, snap, s->wanted.v, s->wanted.n, &step, 1, err);
}

static void free_job(struct lk_job *j)
{
	struct signal_job *s = (struct signal_job *)j;

	if (s->made)
		lk_action_free(&s->signal.base);
	lk_vec_done(&s->wanted);
	lk_job_done(j);
	free(s);
}

static const struct lk_job_ops job_ops = { .word = "SIGNAL", .plan = plan, .free = free_job };

/* ---- keys ---- */

/* Starts a plan for the chosen signal. While another plan is being made it does nothing: finished() calls it again. */
static void plan_again(struct signal_dialog *s, struct lk_tui *t)
{
	struct signal_job *j = job_of(s);

	if (lk_job_is_busy(&j->job) || s->d.over || j->job.state == LK_JOB_NO_PLAN || j->sig == signals[s->chosen])
		return;
	j->sig = signals[s->chosen];
	lk_job_plan(&j->job, t);
	lk_dialog_update(&s->d, t);
}

static unsigned choose(struct signal_dialog *s, struct lk_tui *t, size_t i)
{
	s->armed = false;
	s->d.scroll = 0;
	s->chosen = i < N_SIGNALS ? i : N_SIGNALS - 1;
	plan_again(s, t);
	return LK_DIRTY_PAINT;
}

static size_t find_number(int number)
{
	for (size_t i = 0; i < N_SIGNALS; i++) {
		if (signals[i] == number)
			return i;
	}
	return N_SIGNALS;
}

/* A signal can be chosen by typing its number, as in htop(1). */
static unsigned digit(struct signal_dialog *s, struct lk_tui *t, int n)
{
	int both = s->typed * 10 + n;
	size_t i = find_number(both);

	s->typed = i < N_SIGNALS || (s->typed == 0 && n > 0) ? both : n;
	if (i == N_SIGNALS)
		i = find_number(s->typed);
	if (s->typed > 9)
		s->typed = 0;
	return i < N_SIGNALS ? choose(s, t, i) : LK_DIRTY_NONE;
}

/* Why Enter does not send; NULL: it does. */
static const char *obstacle(const struct signal_dialog *s, const struct lk_tui *t)
{
	const struct signal_job *j = job_of(s);

	if (j->job.state == LK_JOB_NO_PLAN)
		return lk_err_text(&j->job.err);
	if (j->job.state != LK_JOB_PLANNED || j->sig != signals[s->chosen])
		return "there is no plan for it";
	if (!t->can_act)
		return lk_dialog_cannot_act(t);
	return lk_dialog_refusal(j->job.action);
}

static unsigned send_it(struct signal_dialog *s, struct lk_tui *t)
{
	struct signal_job *j = job_of(s);
	const char *why;

	if (s->d.over)
		return lk_pane_close(t, &s->d.pane);
	if (lk_dialog_say_early(&s->d, t) || lk_dialog_say_busy(&s->d))
		return LK_DIRTY_PAINT;
	why = obstacle(s, t);
	if (why) {
		lk_dialog_say(&s->d, LK_STYLE_ALARM, "Nothing is sent: %s", why);
	} else if (j->sig == SIGKILL && !s->armed) {
		s->armed = true;
		lk_dialog_say(
			&s->d, LK_STYLE_ALARM,
			"SIGKILL: nothing can be finished or cleaned up. Enter once more sends it, any other key does not.");
	} else {
		s->armed = false;
		lk_dialog_run(&s->d, t);
	}
	return LK_DIRTY_PAINT;
}

static unsigned move(struct signal_dialog *s, struct lk_tui *t, lk_press k)
{
	switch (k) {
	case LK_KEY_UP:
	case 'k':
		return choose(s, t, s->chosen ? s->chosen - 1 : 0);
	case LK_KEY_DOWN:
	case 'j':
		return choose(s, t, s->chosen + 1);
	case LK_KEY_HOME:
	case 'g':
		return choose(s, t, 0);
	case LK_KEY_END:
	case 'G':
		return choose(s, t, N_SIGNALS - 1);
	default:
		return LK_DIRTY_NOT_MINE;
	}
}

static unsigned key(struct lk_pane *p, struct lk_tui *t, lk_press k)
{
	struct signal_dialog *s = (struct signal_dialog *)p;
	unsigned dirty = LK_DIRTY_NOT_MINE;

	lk_dialog_say_nothing(&s->d);
	if (k == LK_KEY_ENTER)
		return send_it(s, t);
	if (s->armed) {
		s->armed = false;
		lk_dialog_say(&s->d, LK_STYLE_DIM, "SIGKILL was not sent.");
	}
	if (!s->d.over && k >= '0' && k <= '9')
		return digit(s, t, (int)(k - '0')) | LK_DIRTY_PAINT;
	s->typed = 0;
	if (!s->d.over)
		dirty = move(s, t, k);
	if (dirty & LK_DIRTY_NOT_MINE)
		dirty = lk_dialog_scroll_key(&s->d, k);
	if (k == 'q' && (dirty & LK_DIRTY_NOT_MINE))
		return lk_pane_close(t, p);
	return dirty & LK_DIRTY_NOT_MINE ? dirty | LK_DIRTY_PAINT : dirty;
}

/* A click chooses a signal; it never sends one. */
static unsigned mouse(struct lk_pane *p, struct lk_tui *t, const struct lk_mouse *m)
{
	struct signal_dialog *s = (struct signal_dialog *)p;
	int row = m->y - 1;

	s->armed = false;
	if (m->kind == LK_MOUSE_WHEEL_UP || m->kind == LK_MOUSE_WHEEL_DOWN)
		return lk_dialog_mouse(p, t, m);
	if (s->d.over) {
		struct lk_mouse e = *m;

		e.x -= s->list_page ? LIST_CELLS : 0;
		e.y -= s->list_page ? 0 : 1;
		return lk_dialog_mouse(p, t, &e);
	}
	if (m->x >= LIST_CELLS || row < 0 || row >= s->list_page || (size_t)row + s->top >= N_SIGNALS)
		return LK_DIRTY_NONE;
	return choose(s, t, s->top + (size_t)row);
}

/* ---- words ---- */

static void fill(struct lk_dialog *d, struct lk_tui *t)
{
	const struct signal_job *j = job_of((struct signal_dialog *)d);

	(void)t;
	if (j->job.state == LK_JOB_PLANNED)
		lk_dialog_put_plan(d, j->job.action);
}

static void finished(struct lk_dialog *d, struct lk_tui *t)
{
	plan_again((struct signal_dialog *)d, t);
}

static void say_holding(struct lk_dialog *d, const struct lk_snapshot *snap, int pid)
{
	size_t locks = 0, waiting = 0;

	for (size_t i = 0; i < snap->n_locks; i++) {
		if (!lk_lock_is_held_by(&snap->locks[i], pid))
			continue;
		locks++;
		waiting += snap->locks[i].n_blocks;
	}
	if (!locks)
		lk_text_add(&d->head, LK_STYLE_PLAIN, "It is not known to hold a lock.");
	else if (!waiting)
		lk_text_add(&d->head, LK_STYLE_PLAIN, "It holds %zu %s; nobody is seen waiting.", locks,
			    locks == 1 ? "lock" : "locks");
	else
		lk_text_add(&d->head, LK_STYLE_PLAIN, "It holds %zu %s; %zu %s for %s.", locks,
			    locks == 1 ? "lock" : "locks", waiting, waiting == 1 ? "request waits" : "requests wait",
			    locks == 1 ? "it" : "them");
}

/* Tags win over the selected row, which is easily taken for the target. */
static void say_tagged(struct signal_dialog *s, const struct lk_tui *t)
{
	const struct lk_list *l = &lk_tui_view(t)->list;
	struct lk_subject selected;
	lk_buf b = { 0 };

	if (!l->tags.n)
		return;
	lk_tui_subject(t, &selected);
	lk_buf_printf(&b, "These are the %zu tagged", l->tags.n);
	if (selected.frame && !lk_list_is_tagged(l, selected.id)) {
		lk_buf_puts(&b, " (not the selected ");
		if (selected.proc)
			lk_words_put_process(selected.proc, 0, &b);
		else
			lk_buf_puts(&b, "row");
		lk_buf_puts(&b, ")");
	}
	lk_text_add(&s->d.head, LK_STYLE_ALARM, "%s.", lk_buf_str(&b));
	lk_vec_done(&b);
}

static void fill_head(struct signal_dialog *s, struct lk_tui *t)
{
	const struct signal_job *j = job_of(s);
	const struct lk_frame *f = j->job.frame;
	char clock[LK_TIME_TEXT];
	size_t n = j->wanted.n;

	lk_text_add(&s->d.head, LK_STYLE_BRIGHT, "To %zu %s (frozen %s):", n, n == 1 ? "process" : "processes",
		    lk_tui_time(t->wall_ms, LK_CLOCK, clock));
	say_tagged(s, t);
	for (size_t i = 0; i < n && i < NAMED_MAX; i++) {
		const struct lk_proc *p = lk_snapshot_proc(f->snap, j->wanted.v[i].pid);

		if (!p)
			continue;
		lk_dialog_head_process(&s->d, t, f, p, n > FULL_MAX);
		if (n <= FULL_MAX)
			say_holding(&s->d, f->snap, p->pid);
	}
	if (n > NAMED_MAX)
		lk_text_add(&s->d.head, LK_STYLE_PLAIN, "and %zu more; the plan names them all.", n - NAMED_MAX);
}

/* ---- painting ---- */

static void paint_row(const struct signal_dialog *s, struct lk_canvas *c, size_t i, int x, int y, int cells)
{
	char name[LK_SIGNAL_NAME];
	bool on = i == s->chosen;

	lk_signal_name(signals[i], name);
	lk_canvas_printf(c, x, y, cells, s->d.over ? LK_STYLE_OFF : LK_STYLE_PLAIN, "%c %2d %s", on ? '>' : ' ',
			 signals[i], strncmp(name, "SIG", 3) == 0 ? name + 3 : name);
	if (!on)
		return;
	lk_canvas_mark(c, (struct lk_rect){ x, y, cells, 1 }, LK_MARK_SELECTED);
	c->cursor_x = x;
	c->cursor_y = y;
}

static void paint_list(struct signal_dialog *s, struct lk_canvas *c, struct lk_rect r)
{
	size_t page = r.h > 0 ? (size_t)r.h : 1;

	s->list_page = r.h;
	if (s->chosen < s->top)
		s->top = s->chosen;
	if (s->chosen >= s->top + page)
		s->top = s->chosen - page + 1;
	for (size_t i = 0; i < page && s->top + i < N_SIGNALS; i++)
		paint_row(s, c, s->top + i, r.x, r.y + (int)i, r.w);
}

static void paint(struct lk_pane *p, struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	struct signal_dialog *s = (struct signal_dialog *)p;
	bool wide = r.w >= LIST_WORTH && r.h > 3;
	struct lk_rect right = { r.x, r.y + 1, r.w, r.h - 1 };

	if (r.w < 1 || r.h < 1)
		return;
	if (wide)
		right = (struct lk_rect){ r.x + LIST_CELLS, r.y, r.w - LIST_CELLS, r.h };
	lk_dialog_paint(p, t, c, right);
	if (!s->d.over && !lk_dialog_is_early(&s->d, t) && right.h > 1)
		lk_canvas_put(c, right.x, right.y + right.h - 1, right.w, LK_STYLE_DIM, pane_keys);
	if (!wide) {
		paint_row(s, c, s->chosen, r.x, r.y, r.w);
		s->list_page = 0;
		return;
	}
	lk_canvas_vline(c, r.x + LIST_CELLS - 1, r.y, r.h);
	lk_canvas_put(c, r.x, r.y, LIST_CELLS - 1, LK_STYLE_HEADING, " Signal");
	paint_list(s, c, (struct lk_rect){ r.x, r.y + 1, LIST_CELLS - 2, r.h - 1 });
}

static void size(struct lk_pane *p, struct lk_tui *t, int *w, int *h)
{
	int inner = *w, most = *h;

	lk_dialog_size(p, t, &inner, h);
	*w = inner;
	if (inner - 2 >= LIST_WORTH) {
		int narrow = inner - LIST_CELLS;

		*h = most;
		lk_dialog_size(p, t, &narrow, h);
	}
	/* So that the box keeps its size when the plan is there. */
	*h = *h < HEIGHT_LEAST ? HEIGHT_LEAST : *h;
	*h = *h > most ? most : *h;
}

/* ---- opening ---- */

static const struct lk_dialog_ops dialog_ops = { .fill = fill, .finished = finished };
static const struct lk_pane_ops pane_ops = {
	.name = "signal",
	.place = LK_PANE_BOX,
	.context = LK_KEYS_NONE,
	.size = size,
	.paint = paint,
	.key = key,
	.mouse = mouse,
	.frame = lk_dialog_frame,
	.paste = lk_dialog_paste,
	.free = lk_dialog_free,
	.keys = pane_keys,
};

/* Takes over the content of *wanted. */
static unsigned open_dialog(struct lk_tui *t, const struct lk_frame *f, lk_signal_list *wanted)
{
	struct signal_dialog *s = lk_alloc(1, sizeof(*s));
	struct signal_job *j = lk_alloc(1, sizeof(*j));
	const struct lk_proc *p;

	lk_job_init(&j->job, &job_ops, t, f);
	j->wanted = *wanted;
	*wanted = (lk_signal_list){ 0 };
	j->sig = signals[0];
	p = j->wanted.n == 1 ? lk_snapshot_proc(f->snap, j->wanted.v[0].pid) : NULL;
	j->job.pid = j->wanted.n == 1 ? j->wanted.v[0].pid : 0;
	j->job.comm = p ? lk_strdup(p->comm) : NULL;
	s->d = (struct lk_dialog){ .pane = { .ops = &pane_ops, .title = "Signal" }, .ops = &dialog_ops, .acts = true };
	if (j->wanted.n == 1 && j->wanted.v[0].lock)
		s->d.row = lk_frame_row(f, j->wanted.v[0].lock);
	lk_dialog_take_job(&s->d, &j->job);
	fill_head(s, t);
	return lk_dialog_open(t, &s->d);
}

/* A plan is about one snapshot: rows of other frames are left out. */
static unsigned open_for(struct lk_tui *t, const struct lk_subject *subjects, size_t n)
{
	const struct lk_frame *frame = n ? subjects[0].frame : NULL;
	lk_signal_list wanted = { 0 };
	struct lk_err err = { 0 };
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++) {
		if (!subjects[i].ghost && subjects[i].frame == frame)
			rc = lk_targets_add(&wanted, &subjects[i], &err);
	}
	if (!rc && wanted.n)
		return open_dialog(t, frame, &wanted);
	lk_tui_say(t, LK_STYLE_ALARM, "Signal: %s.", rc ? lk_err_text(&err) : "this row is about no process");
	lk_vec_done(&wanted);
	lk_err_done(&err);
	return LK_DIRTY_PAINT;
}

unsigned lk_signal_open(struct lk_tui *t, const struct lk_subject *s)
{
	return open_for(t, s, 1);
}

unsigned lk_do_signal(struct lk_tui *t)
{
	lk_auto_mem struct lk_subject *subjects = NULL;
	size_t n = 0;

	if (!lk_dialog_may_act(t, "Signal"))
		return LK_DIRTY_PAINT;
	subjects = lk_tui_subjects(t, &n);
	if (n <= 1 && !lk_dialog_is_there(t, n ? &subjects[0] : &(struct lk_subject){ 0 }, "Signal"))
		return LK_DIRTY_PAINT;
	if (!lk_tui_view(t)->list.tags.n)
		return lk_whom_ask(t, "Signal whom?", subjects, lk_signal_open);
	return open_for(t, subjects, n);
}

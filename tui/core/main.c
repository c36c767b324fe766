/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop of the screen: what comes from the terminal, the worker and signals goes into the state, and its canvas to the terminal. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "cli/privilege.h"
#include "cli/session.h"
#include "tui/core/app.h"
#include "tui/frame/worker.h"
#include "tui/term/term.h"

/* How long the end waits for threads that are still at work. */
#define GOODBYE_MS 100
/* Keys that are handled before the screen is painted again. */
#define BURST 64
/* A terminal that was readable this often in a row without giving a key counts as gone. */
#define EMPTY_MAX 100

static const int our_signals[] = { SIGWINCH, SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGTSTP, SIGCONT };

struct screen {
	const struct lk_cli *cli;
	struct lk_tui *tui;
	struct lk_term *term; /* NULL: not yet */
	struct lk_worker *worker; /* likewise */
	struct lk_canvas canvas;
	char *source_name; /* owned; NULL this machine */
	sigset_t before; /* signal mask to be restored at the end */
	int signal_fd;
	int deadly; /* the signal that ends us; 0 none */
	unsigned dirty; /* LK_DIRTY_* */
	unsigned n_empty;
	bool can_stop; /* SIGTSTP was not ignored at the start: there is a shell with job control */
	bool quit;
};

/* -- what the state asks for -- */

static int open_source(void *arg, struct lk_source **ret, struct lk_err *err)
{
	const struct screen *s = arg;

	return lk_session_source(s->cli, ret, err);
}

static int start_job(void *arg, void (*work)(void *job_arg), void (*done)(struct lk_tui *t, void *job_arg),
		     void *job_arg)
{
	const struct screen *s = arg;

	return s->worker ? lk_worker_start(s->worker, work, done, job_arg) : -EAGAIN;
}

static void want_look(void *arg)
{
	const struct screen *s = arg;

	if (s->worker)
		lk_worker_look(s->worker);
}

/* -- the clock, the size, what the settings change -- */

static void set_clock(struct screen *s)
{
	struct lk_tui *t = s->tui;

	t->now_ms = lk_io_now_ms();
	t->wall_ms = lk_io_wall_ms();
	if (s->worker)
		t->looking = lk_worker_is_looking(s->worker, &t->look_started_ms);
}

static void take_size(struct screen *s)
{
	int w, h;

	lk_term_size(s->term, &w, &h);
	lk_canvas_resize(&s->canvas, w, h);
	s->tui->w = w;
	s->tui->h = h;
	s->dirty |= LK_DIRTY_PAINT;
}

static bool wants_color(const struct lk_settings *set)
{
	const char *no_color = getenv("NO_COLOR");

	if (set->color != LK_COLOR_AUTO)
		return set->color == LK_COLOR_ALWAYS;
	return !no_color || !*no_color;
}

static struct lk_term_look look_of(const struct lk_settings *set)
{
	return (struct lk_term_look){ .color = wants_color(set), .mouse = set->mouse, .cursor = set->accessible };
}

static void apply_settings(struct screen *s)
{
	const struct lk_settings *set = &s->tui->set;
	struct lk_term_look look = look_of(set);

	lk_term_set_look(s->term, &look);
	lk_worker_set_delay(s->worker, set->delay_ms);
	s->canvas.utf8 = s->tui->utf8;
	s->canvas.ascii = !s->tui->utf8 || set->glyphs == LK_GLYPHS_ASCII;
}

static void paint(struct screen *s)
{
	apply_settings(s);
	lk_canvas_clear(&s->canvas);
	set_clock(s);
	s->tui->repaint_ms = 0;
	lk_tui_paint(s->tui, &s->canvas);
	lk_term_paint(s->term, &s->canvas, s->dirty & LK_DIRTY_REDRAW);
	s->dirty &= ~(unsigned)(LK_DIRTY_PAINT | LK_DIRTY_REDRAW);
	if (s->tui->bell)
		lk_term_bell();
	s->tui->bell = false;
}

/* -- stopping and coming back -- */

/* Stops the whole process group, as Ctrl-Z does elsewhere: in a pipeline, or below sudo(8), the shell waits until all of it is stopped.
 * The kernel does not stop an orphaned process group. */
static void suspend(struct screen *s)
{
	sigset_t stop;

	if (!s->can_stop) {
		lk_tui_say(s->tui, LK_STYLE_ALARM,
			   "There is no shell with job control that could bring the screen back.");
		s->dirty |= LK_DIRTY_PAINT;
		return;
	}
	lk_term_leave(s->term);
	signal(SIGTSTP, SIG_DFL);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
	kill(0, SIGTSTP);
	pthread_sigmask(SIG_BLOCK, &stop, NULL);
	lk_term_return(s->term);
	take_size(s);
	s->dirty |= LK_DIRTY_PAINT | LK_DIRTY_REDRAW;
}

static void take_signal(struct screen *s, int sig)
{
	switch (sig) {
	case SIGWINCH:
		take_size(s);
		break;
	case SIGTSTP:
		suspend(s);
		break;
	case SIGCONT:
		/* After SIGSTOP, which cannot be caught, the terminal is not in our modes any more. */
		lk_term_return(s->term);
		take_size(s);
		s->dirty |= LK_DIRTY_PAINT | LK_DIRTY_REDRAW;
		break;
	default:
		s->deadly = sig;
		s->quit = true;
	}
}

static void take_signals(struct screen *s)
{
	struct signalfd_siginfo info;

	while (!s->quit && read(s->signal_fd, &info, sizeof(info)) == sizeof(info))
		take_signal(s, (int)info.ssi_signo);
}

/* -- the loop -- */

/* What lk_tui_settle() left over: it concerns the terminal or the program. */
static void settle(struct screen *s, unsigned dirty)
{
	s->dirty |= dirty & (LK_DIRTY_PAINT | LK_DIRTY_REDRAW);
	if (dirty & LK_DIRTY_QUIT)
		s->quit = true;
	else if (dirty & LK_DIRTY_SUSPEND)
		suspend(s);
}

static unsigned take_event(struct screen *s, enum lk_term_event e, lk_press key, const struct lk_mouse *mouse)
{
	if (e == LK_TERM_PASTE)
		return lk_tui_paste(s->tui, lk_term_pasted(s->term));
	return e == LK_TERM_KEY ? lk_tui_key(s->tui, key) : lk_tui_mouse(s->tui, mouse);
}

/* A pane knows what it can scroll only when it was painted: keys that were typed right behind the one that opened it come after that. */
static uint64_t top_pane(const struct screen *s)
{
	const struct lk_pane *top = lk_pane_top(s->tui);

	return top ? top->serial : 0;
}

static void take_keys(struct screen *s)
{
	uint64_t before = top_pane(s);
	struct lk_mouse mouse;
	lk_press key;

	for (int i = 0; i < BURST && !s->quit; i++) {
		enum lk_term_event e = lk_term_read(s->term, &key, &mouse);

		if (e == LK_TERM_NOTHING) {
			s->n_empty += i == 0;
			return;
		}
		s->n_empty = 0;
		set_clock(s);
		settle(s, take_event(s, e, key, &mouse));
		if (top_pane(s) != before && !s->quit)
			paint(s);
		before = top_pane(s);
	}
}

static void take_results(struct screen *s)
{
	struct lk_frame *f;

	while ((f = lk_worker_take(s->worker)))
		settle(s, lk_tui_frame(s->tui, f));
	if (lk_worker_finish(s->worker, s->tui))
		s->dirty |= LK_DIRTY_PAINT;
}

/* Until the next full second, so that ages grow and messages fade. -1 where nothing can change: a capture without message and pane. */
static int tick_ms(const struct screen *s)
{
	bool still = s->cli->from && s->tui->frame && !s->tui->message && !s->tui->panes.n;
	int ms = (int)(1000 - lk_io_wall_ms() % 1000);
	int64_t left = s->tui->repaint_ms ? s->tui->repaint_ms - lk_io_now_ms() : ms;

	if (left < ms)
		return left > 0 ? (int)left : 0;
	return still ? -1 : ms;
}

static void wait_and_take(struct screen *s)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = lk_worker_fd(s->worker), .events = POLLIN },
		{ .fd = s->signal_fd, .events = POLLIN },
	};
	int n = poll(fds, sizeof(fds) / sizeof(*fds), tick_ms(s));

	set_clock(s);
	if (n <= 0) {
		settle(s, lk_tui_tick(s->tui));
		return;
	}
	if (fds[2].revents)
		take_signals(s);
	if (fds[0].revents & POLLIN && !s->quit)
		take_keys(s);
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL) || s->n_empty > EMPTY_MAX) {
		s->deadly = SIGHUP;
		s->quit = true;
	}
	if (fds[1].revents && !s->quit)
		take_results(s);
}

static void loop(struct screen *s)
{
	while (!s->quit) {
		if (s->dirty & LK_DIRTY_PAINT)
			paint(s);
		wait_and_take(s);
	}
}

/* -- beginning and end -- */

static void name_source(struct screen *s)
{
	const struct lk_cli *cli = s->cli;
	const char *slash = cli->from ? strrchr(cli->from, '/') : NULL;

	if (cli->from)
		s->source_name = lk_printf("capture %s", slash ? slash + 1 : cli->from);
	else
		s->source_name = lk_strdup(cli->proc);
	s->tui->source_name = s->source_name;
}

static void refuse_actions(struct screen *s)
{
	const char *why = NULL;

	if (s->cli->from)
		why = "this is a capture";
	else if (s->cli->proc)
		why = "this is another /proc tree";
	else if (s->tui->set.readonly)
		why = "read-only mode";
	else if (s->cli->conf.doubtful)
		why = LK_CONF_PATH " cannot be understood, and may ask for readonly";
	s->tui->can_act = !why;
	s->tui->cannot_act = why;
}

static int catch_signals(struct screen *s)
{
	struct sigaction stop;
	sigset_t ours;

	s->can_stop = sigaction(SIGTSTP, NULL, &stop) == 0 && stop.sa_handler != SIG_IGN;
	sigemptyset(&ours);
	for (size_t i = 0; i < sizeof(our_signals) / sizeof(*our_signals); i++)
		sigaddset(&ours, our_signals[i]);
	s->signal_fd = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd < 0)
		return -errno;
	/* Blocked too: the code that traces a process waits for SIGCHLD with sigtimedwait(2) (action/trace.h). */
	sigaddset(&ours, SIGCHLD);
	sigaddset(&ours, SIGPIPE);
	return -pthread_sigmask(SIG_BLOCK, &ours, &s->before);
}

static int start(struct screen *s, struct lk_settings *set, struct lk_source *source, struct lk_err *err)
{
	struct lk_tui_host host = { .arg = s,
				    .open_source = open_source,
				    .start = start_job,
				    .look = s->cli->from ? NULL : want_look,
				    .sys = &lk_sys_real,
				    .trace = &lk_trace_real };
	struct lk_worker_plan plan = { .source = source,
				       .needs = LK_NEED_USER | LK_NEEDS_JOBS | LK_NEED_WAITS,
				       .timeout_ms = s->cli->timeout_ms,
				       .delay_ms = set->delay_ms,
				       .once = s->cli->from,
				       .exact = s->cli->exact };
	struct lk_term_look look = look_of(set);
	int rc = catch_signals(s);

	s->tui = lk_tui_new(&host, set);
	if (rc == 0) {
		set_clock(s);
		/* Messages of lk_tui_new() were timed with now_ms still 0. */
		s->tui->message_until_ms += s->tui->now_ms;
		name_source(s);
		refuse_actions(s);
		rc = lk_term_open(&look, &s->term, err);
	}
	if (rc < 0)
		lk_source_free(source);
	return rc < 0 ? rc : lk_worker_new(&plan, &s->worker);
}

/* Ends by the signal itself, so that the parent sees it in the wait status. */
static void die_of(const struct screen *s)
{
	signal(s->deadly, SIG_DFL);
	kill(getpid(), s->deadly);
	pthread_sigmask(SIG_SETMASK, &s->before, NULL);
}

static void end(struct screen *s)
{
	bool all_ended;

	lk_term_close(s->term);
	s->term = NULL;
	all_ended = lk_worker_stop(s->worker, s->tui, GOODBYE_MS);
	if (s->deadly)
		die_of(s);
	if (!all_ended) {
		/* A thread hangs, perhaps for ever. It has nothing that must be saved. */
		lk_close_output();
		_exit(LK_STATUS_YES);
	}
	lk_tui_free(s->tui);
	lk_canvas_done(&s->canvas);
	free(s->source_name);
	if (s->signal_fd >= 0) {
		close(s->signal_fd);
		pthread_sigmask(SIG_SETMASK, &s->before, NULL);
	}
}

/* On the command line a wrong key is refused; in a file it is reported on the screen (app.c). */
static enum lk_status check_binds(const struct lk_cli *cli)
{
	struct lk_keymap keymap = { .commands = lk_command_table };
	enum lk_status status = 0;

	for (size_t i = 0; i < cli->screen.n && !status; i++) {
		const struct lk_screen_option *o = &cli->screen.v[i];
		struct lk_err err = { 0 };

		if (o->option->kind == LK_KIND_BINDS && lk_keymap_bind(&keymap, o->value, &err) < 0)
			status = lk_settings_refuse(cli, o->option, &err);
		lk_err_done(&err);
	}
	lk_keymap_done(&keymap);
	return status;
}

static enum lk_status run_with(const struct lk_cli *cli, struct lk_settings *set, const char *warning)
{
	struct screen s = { .cli = cli, .signal_fd = -1, .dirty = LK_DIRTY_PAINT | LK_DIRTY_REDRAW };
	struct lk_source *source = NULL;
	struct lk_err err = { 0 };
	enum lk_status status = LK_STATUS_YES;
	int rc = lk_session_source(cli, &source, &err);

	if (rc < 0)
		lk_settings_done(set);
	else
		rc = start(&s, set, source, &err);
	if (rc == 0) {
		take_size(&s);
		if (warning)
			lk_tui_say(s.tui, LK_STYLE_ALARM, "%s", warning);
		loop(&s);
	}
	end(&s);
	if (rc < 0) {
		lk_err_set(&err, rc, "the screen cannot be started: %s", strerror(-rc));
		status = lk_say_error(&err);
	}
	lk_err_done(&err);
	return status;
}

enum lk_status lk_screen_run(const struct lk_cli *cli)
{
	struct lk_settings set;
	char *warning = NULL;
	enum lk_status status;
	struct lk_err err = { 0 };

	lk_settings_init(&set);
	status = lk_settings_choose(cli, &set, &warning);
	if (!status)
		status = check_binds(cli);
	/* Only the user's own file asks for readonly, so lk_privilege_limit() did not know it. */
	if (!status && set.readonly && !cli->read_only && lk_privilege_look_only(&err) < 0)
		status = lk_say_error(&err);
	if (status)
		lk_settings_done(&set);
	else
		status = run_with(cli, &set, warning);
	lk_err_done(&err);
	free(warning);
	return status;
}

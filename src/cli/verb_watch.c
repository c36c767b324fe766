/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch: looks again and again, and says what has changed. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/ints.h"
#include "base/io.h"
#include "cli/events.h"
#include "cli/select.h"
#include "cli/session.h"
#include "model/build.h"
#include "model/diff.h"

#define QUIET_LOOKS 30 /* a heartbeat after so many looks without an event, */
#define QUIET_MS 60000 /* or after so many milliseconds */
#define OUTPUT_BUFFER ((size_t)64 * 1024)

/* Everything one run of `watch` owns. */
struct watch {
	const struct lk_cli *cli;
	struct lk_session session;
	struct lk_select select;
	struct lk_diff *diff;
	struct lk_events events;
	uint32_t delay_ms; /* as asked for */
	uint32_t interval_ms; /* as it is: longer if looking costs much */
	uint32_t told_ms; /* the interval that was said last */
	int64_t began_ms; /* when the last look began, by the monotonic clock */
	uint64_t n_looks; /* that gave an answer */
	unsigned n_quiet; /* looks since the last line */
	int64_t quiet_since_ms;
	lk_u64s told; /* with --min-wait: the rows that have been told as waiting */
	bool failing; /* the last look failed, which has been said */
	bool done; /* end now, with the status that look() returned */
};

/* ---- signals ---- */

static volatile sig_atomic_t asked_to_end;
static volatile sig_atomic_t looking; /* a look is running, and no output is pending */
static volatile sig_atomic_t status_if_ended;

/* While a look is running the process ends at once: the look may take long, and its answer is no longer wanted. */
static void on_signal(int number)
{
	asked_to_end = number;
	if (looking)
		_exit(status_if_ended);
}

/* The first signal ends the run in order; a second one kills the process (SA_RESETHAND), even if the reader of the output is stuck. A
 * signal that is ignored from the start, as under nohup(1), stays ignored. */
static void catch_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART | (int)SA_RESETHAND }, old;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
}

/* Sleeps until that time (lk_io_now_ms()), until a signal, or until nobody reads the output any more: without poll(2) that would be
 * noticed only with the next event. */
static void sleep_until(struct watch *w, int64_t until_ms)
{
	struct pollfd output = { .fd = STDOUT_FILENO };
	sigset_t ours, before;
	int64_t left;

	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGHUP);
	sigprocmask(SIG_BLOCK, &ours, &before);
	while (!asked_to_end && !w->done && (left = until_ms - lk_io_now_ms()) > 0) {
		struct timespec ts = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };

		if (ppoll(&output, 1, &ts, &before) > 0) {
			lk_fail_output(-EPIPE);
			w->done = true;
		}
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* ---- what is printed ---- */

static bool is_wanted(const struct watch *w, const struct lk_snapshot *snap, const struct lk_lock *l)
{
	struct lk_row row = { .snap = snap, .lock = l };

	return l && lk_select_match(&w->select, &w->session, &row);
}

static bool is_wanted_event(const struct watch *w, const struct lk_event *ev)
{
	if (ev->kind == LK_EVENT_GAP || is_wanted(w, ev->snap, ev->lock) || is_wanted(w, ev->before_snap, ev->before))
		return true;
	for (size_t i = 0; ev->cycle && i < ev->cycle->n_rows; i++) {
		if (is_wanted(w, ev->snap, ev->cycle->rows[i]))
			return true;
	}
	return false;
}

static void note_line(struct watch *w)
{
	w->n_quiet = 0;
	w->quiet_since_ms = w->began_ms;
}

static void put_event(struct watch *w, const struct lk_event *ev)
{
	lk_events_put(&w->events, ev);
	note_line(w);
	/* So that the reader gets each line at once. */
	if (lk_flush_output() < 0)
		w->done = true;
}

static void put_gap(struct watch *w, const char *text, int64_t time_unix_ms)
{
	struct lk_event ev = { .kind = LK_EVENT_GAP,
			       .time_unix_ms = time_unix_ms,
			       .held_ms = -1,
			       .waited_ms = -1,
			       .gap_ms = -1,
			       .certain = true,
			       .text = text };

	put_event(w, &ev);
}

/* Says that the interval has become longer, if it is more than twice the one that was said last. */
static void put_slower(struct watch *w)
{
	lk_auto_mem char *text = NULL;

	if (w->interval_ms / 2 <= w->told_ms)
		return;
	text = lk_printf("looking takes long: from now on a look every %.1f seconds instead of %.1f",
			 (double)w->interval_ms / 1000, (double)w->told_ms / 1000);
	put_gap(w, text, lk_diff_newest(w->diff)->host.time_unix_ms);
	w->told_ms = w->interval_ms;
}

static void put_quiet(struct watch *w)
{
	if (++w->n_quiet < QUIET_LOOKS && w->began_ms - w->quiet_since_ms < QUIET_MS)
		return;
	note_line(w);
	lk_events_heartbeat(&w->events, lk_diff_newest(w->diff), w->interval_ms);
}

/* ---- --min-wait ---- */

static bool is_about_long_wait(const struct watch *w, const struct lk_event *ev)
{
	switch (ev->kind) {
	case LK_EVENT_GAP:
	case LK_EVENT_DEADLOCK:
	case LK_EVENT_DEADLOCK_OVER:
		return true;
	case LK_EVENT_GRANTED:
	case LK_EVENT_GAVE_UP:
		return ev->waited_ms >= w->cli->min_wait_ms;
	default:
		return false;
	}
}

/* By the kernel's clock, or since it was first seen. */
static int64_t waited_ms(const struct watch *w, const struct lk_lock *l, bool *ret_at_least)
{
	int64_t seen = w->began_ms - lk_diff_seen_since(w->diff, l, ret_at_least);

	return l->wait_ms > seen ? l->wait_ms : seen;
}

/* Each request once, when it has waited that long. */
static void put_long_waits(struct watch *w)
{
	const struct lk_snapshot *s = lk_diff_newest(w->diff);
	lk_u64s now = { 0 };

	for (size_t i = 0; i < s->n_locks && !w->done; i++) {
		const struct lk_lock *l = &s->locks[i];
		struct lk_event ev = { .kind = LK_EVENT_WAITING,
				       .time_unix_ms = s->host.time_unix_ms,
				       .lock = l,
				       .row = lk_diff_row(w->diff, l),
				       .snap = s,
				       .held_ms = -1,
				       .gap_ms = -1,
				       .certain = true };

		if (!lk_lock_is_waiting(l) || !is_wanted(w, s, l))
			continue;
		ev.waited_ms = waited_ms(w, l, &ev.at_least);
		if (ev.waited_ms < w->cli->min_wait_ms)
			continue;
		*lk_vec_push(&now) = ev.row;
		if (!lk_u64s_has(&w->told, ev.row))
			put_event(w, &ev);
	}
	lk_u64s_sort(&now);
	lk_vec_done(&w->told);
	w->told = now;
}

static void put_look(struct watch *w, const struct lk_event *events, size_t n)
{
	if (!w->n_looks) {
		note_line(w);
		w->told_ms = w->interval_ms;
		lk_events_start(&w->events, lk_diff_newest(w->diff), w->interval_ms);
	}
	for (size_t i = 0; i < n && !w->done; i++) {
		if (w->cli->min_wait_ms && !is_about_long_wait(w, &events[i]))
			continue;
		if (is_wanted_event(w, &events[i]))
			put_event(w, &events[i]);
	}
	put_slower(w);
	if (w->cli->min_wait_ms)
		put_long_waits(w);
	else
		put_quiet(w);
}

/* ---- --until-free ---- */

static bool is_held(const struct watch *w)
{
	const struct lk_snapshot *s = lk_diff_newest(w->diff);

	for (size_t i = 0; i < s->n_locks; i++) {
		if (!lk_lock_is_waiting(&s->locks[i]) && is_wanted(w, s, &s->locks[i]))
			return true;
	}
	return false;
}

/* Locks of other hosts are not seen on this one (nfs, cifs, fuse). */
static bool is_remote(const struct watch *w)
{
	for (size_t i = 0; i < w->session.n_targets; i++) {
		if (w->session.targets[i].file.local == LK_NO)
			return true;
	}
	return false;
}

static bool is_proven(const struct watch *w, const struct lk_snapshot *s)
{
	bool all = w->session.n_targets > 0;

	for (size_t i = 0; i < w->session.n_targets; i++)
		all = all && !w->cli->recursive && lk_snapshot_proves(s, &w->session.targets[i].file.key);
	return all || s->locks_proven;
}

/* Returns LK_STATUS_YES without w->done to look again: a lock is held, or the kernel's list was changing, so that a later look may prove
 * more. Otherwise ends the run, with LK_STATUS_YES only if the chosen locks are proven to be free. */
static enum lk_status judge_free(struct watch *w)
{
	const struct lk_cli *cli = w->cli;
	const struct lk_snapshot *s = lk_diff_newest(w->diff);
	bool by_owner = cli->pids.n || cli->users.n || cli->filter;

	if (is_held(w)) {
		status_if_ended = LK_STATUS_NO;
		return LK_STATUS_YES;
	}
	if (s->host.has_locks_file && !s->end.stable && !is_proven(w, s) &&
	    !lk_snapshot_problem(s, LK_UNREAD_UNLISTED)) {
		status_if_ended = LK_STATUS_UNKNOWN;
		return LK_STATUS_YES;
	}
	w->done = true;
	if (is_remote(w)) {
		lk_say("no process of this host locks it; other hosts' locks cannot be seen from here");
		return LK_STATUS_UNKNOWN;
	}
	if (!is_proven(w, s) || (by_owner && !s->complete)) {
		lk_say("no such lock is seen, but one could be hidden");
		return LK_STATUS_UNKNOWN;
	}
	return LK_STATUS_YES;
}

/* ---- looking ---- */

/* An error, as long as no look has succeeded; after that, a gap: the next look may succeed. */
static enum lk_status fail_look(struct watch *w, struct lk_err *err)
{
	bool first = !w->n_looks;

	if (!first && !w->failing)
		put_gap(w, lk_err_text(err), lk_io_wall_ms());
	w->failing = true;
	return first ? lk_say_error(err) : 0;
}

static enum lk_status digest(struct watch *w, struct lk_snapshot *s, uint32_t expected_ms)
{
	const struct lk_event *events;
	enum lk_status status = 0;
	size_t n = lk_diff_feed(w->diff, s, lk_io_now_ms(), expected_ms, &events);

	w->failing = false;
	put_look(w, events, n);
	if (!w->n_looks++) {
		w->session.snap = s;
		lk_session_badge(&w->session);
		w->session.snap = NULL;
	}
	if (w->cli->until_free)
		status = judge_free(w);
	lk_diff_settle(w->diff);
	return status;
}

static enum lk_status look(struct watch *w, unsigned needs)
{
	struct lk_request req = { .needs = needs, .timeout_ms = w->cli->timeout_ms, .exact = w->cli->exact };
	uint32_t expected_ms = w->interval_ms;
	double began = lk_io_cpu_ms();
	struct lk_err err = { 0 };
	enum lk_status status;
	struct lk_snapshot *s;
	int rc;

	w->began_ms = lk_io_now_ms();
	looking = !asked_to_end;
	rc = lk_snapshot_take(w->session.source, &req, &s, &err);
	looking = 0;
	w->interval_ms = lk_look_interval_ms(lk_io_cpu_ms() - began, w->delay_ms);
	if (rc < 0) {
		lk_err_set(&err, rc, "cannot read the locks: %s", strerror(-rc));
		status = fail_look(w, &err);
	} else {
		status = digest(w, s, expected_ms);
	}
	lk_err_done(&err);
	if (lk_flush_output() < 0)
		w->done = true;
	return status;
}

static bool is_over(const struct watch *w, uint64_t n_tried)
{
	return w->done || asked_to_end || (w->cli->count && n_tried >= w->cli->count);
}

static enum lk_status watch(struct watch *w, unsigned needs)
{
	int64_t deadline = w->cli->until_ms ? lk_io_now_ms() + w->cli->until_ms : INT64_MAX;
	enum lk_status status;

	for (uint64_t n = 1;; n++) {
		int64_t next;

		status = look(w, needs);
		if (status || is_over(w, n))
			break;
		if (lk_io_now_ms() >= deadline)
			return LK_STATUS_TIMEOUT;
		next = w->began_ms + w->interval_ms;
		sleep_until(w, next < deadline ? next : deadline);
		if (is_over(w, 0))
			break;
	}
	/* With --until-free it ended before the locks were free, which must not look like success. */
	return !status && !w->done ? (enum lk_status)status_if_ended : status;
}

/* ---- the verb ---- */

static enum lk_status check(const struct lk_cli *cli)
{
	bool chosen = cli->n_args || cli->pids.n || cli->users.n || cli->types.n || cli->filter;

	if (cli->from)
		return lk_cli_misuse(cli->verb, "a capture is one moment: nothing happens in it that could be watched");
	if (cli->until_free && !chosen)
		return lk_cli_misuse(
			cli->verb, "--until-free needs a FILE, -p, -U, -T or --filter that says which locks are meant");
	if (cli->until_ms && !cli->until_free)
		return lk_cli_misuse(cli->verb, "--timeout goes with --until-free only");
	return LK_STATUS_YES;
}

static enum lk_status check_files(const struct lk_session *s)
{
	for (size_t i = 0; i < s->n_targets; i++) {
		if (s->targets[i].resolved)
			continue;
		lk_say("%s", s->targets[i].reason);
		return lk_asked_is_missing(&s->targets[i]) ? LK_STATUS_ERROR : LK_STATUS_UNKNOWN;
	}
	return LK_STATUS_YES;
}

static enum lk_status open_watch(struct watch *w)
{
	enum lk_status status = check(w->cli);

	if (!status)
		status = lk_select_init(&w->select, w->cli);
	if (!status)
		status = lk_session_open(&w->session, w->cli);
	if (!status)
		lk_session_resolve(&w->session);
	if (!status)
		status = check_files(&w->session);
	w->diff = lk_diff_new();
	return status;
}

static enum lk_status run(const struct lk_cli *cli)
{
	struct watch w = { .cli = cli, .delay_ms = cli->delay_ms };
	unsigned needs = LK_NEED_WAITS | (cli->format == LK_FORMAT_JSONL ? LK_NEED_USER : 0);
	enum lk_status status = open_watch(&w);

	if (!status) {
		if (cli->full)
			needs |= LK_NEEDS_JOBS | LK_NEED_NS;
		setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
		lk_events_init(&w.events, cli);
		status_if_ended = cli->until_free ? LK_STATUS_UNKNOWN : LK_STATUS_YES;
		catch_signals();
		status = watch(&w, needs | lk_select_needs(&w.select));
	}
	lk_vec_done(&w.told);
	lk_diff_free(w.diff);
	lk_select_done(&w.select);
	lk_session_done(&w.session);
	return status;
}

const struct lk_verb lk_verb_watch = {
	.name = "watch",
	.args = "[FILE...]",
	.brief = "what happens to locks over time",
	.text = "Looks again and again, and prints a line for each thing that has changed: a lock was acquired, released, changed\n"
		"(its owner holds other bytes or another mode now) or, after waiting, granted; somebody waits, or gave up waiting; a\n"
		"lease is being broken; a deadlock began or is over. With FILEs or options, only what concerns those locks.\n"
		"\n"
		"FOR is how long it was held or waited for; + means at least: it was there at the first look. What begins and ends\n"
		"between two looks is not seen. Where more than that may have been missed, a line says GAP.\n"
		"\n"
		"Who asks without sleeping is no waiter: a program that tries again and again (SQLITE_BUSY, F_SETLK or LOCK_NB in a\n"
		"loop) never sleeps in the kernel, and nothing on the outside tells that it wants the lock.\n"
		"\n"
		"With --min-wait only what lasts: a request once it has waited so long, how it ended, deadlocks and gaps.\n"
		"\n"
		"Looking takes at most a tenth of a processor: where it costs much, the next look comes later than -d. The first SIGINT,\n"
		"SIGTERM or SIGHUP ends it in order, with status 0; with --until-free, before it was free, with 1 or 4.",
	.options = LK_OPTIONS_SELECT | LK_OPTIONS_WATCH,
	.max_args = LK_ANY_ARGS,
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "action/look.h"
#include "action/signal.h"

/* The real system calls, each of which can be told to fail. */
struct script {
	int pidfd_open, send, poll; /* -errno; 0: the real one */
	int fail_after; /* signals that are still sent before send fails */
	int n_sent, n_closed, n_opened;
	char log[1024]; /* all lines */
};

static int s_pidfd_open(void *arg, int pid, unsigned flags)
{
	struct script *s = arg;
	int fd = s->pidfd_open ? s->pidfd_open : lk_sys_real.pidfd_open(NULL, pid, flags);

	s->n_opened += fd >= 0;
	return fd;
}

static int s_send(void *arg, int pidfd, int sig)
{
	struct script *s = arg;

	if (sig && s->send && s->fail_after-- <= 0)
		return s->send;
	s->n_sent += sig != 0;
	return lk_sys_real.pidfd_send_signal(NULL, pidfd, sig);
}

static int s_poll(void *arg, int pidfd, int timeout_ms)
{
	struct script *s = arg;

	return s->poll ? s->poll : lk_sys_real.poll_exit(NULL, pidfd, timeout_ms);
}

static int s_close(void *arg, int fd)
{
	((struct script *)arg)->n_closed++;
	return close(fd);
}

static void s_log(void *arg, const char *line)
{
	struct script *s = arg;

	size_t n = strlen(s->log);

	snprintf(s->log + n, sizeof(s->log) - n, "%s\n", line);
}

static struct lk_sys sys_of(struct script *s)
{
	return (struct lk_sys){ .arg = s,
				.pidfd_open = s_pidfd_open,
				.pidfd_send_signal = s_send,
				.poll_exit = s_poll,
				.close = s_close,
				.log = s_log };
}

/* A child that sleeps; ignoring says which signal it ignores. */
static pid_t child(int ignoring)
{
	int ready[2];
	char c;
	pid_t pid;

	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		for (int sig = 1; sig < 32; sig++)
			signal(sig, sig == ignoring ? SIG_IGN : SIG_DFL);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		sleep(60);
		_exit(0);
	}
	cr_assert_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static const struct lk_signal_step term[] = { { .sig = SIGTERM } };
static const struct lk_signal_step hard[] = { { .sig = SIGTERM }, { .delay_ms = 50, .sig = SIGKILL } };
static struct lk_snapshot nothing;

static int plan(struct lk_signal *s, const struct lk_sys *sys, const int *pids, size_t n,
		const struct lk_signal_step *steps, size_t n_steps, struct lk_err *err)
{
	struct lk_signal_wanted w[4] = { 0 };
	int rc;

	for (size_t i = 0; i < n; i++)
		w[i].pid = pids[i];
	rc = lk_signal_plan(s, sys, NULL, &nothing, w, n, steps, n_steps, err);
	s->settle_ms = 200;
	return rc;
}

static bool says(const struct lk_action *a, enum lk_line_kind kind, const char *words)
{
	for (size_t i = 0; i < a->lines.n; i++) {
		if (a->lines.v[i].kind == kind && strstr(a->lines.v[i].text, words))
			return true;
	}
	return false;
}

Test(action, names_of_signals)
{
	char buf[LK_SIGNAL_NAME];
	int sig = 0;

	cr_assert_eq(lk_signal_parse("TERM", &sig), 0);
	cr_assert_eq(sig, SIGTERM);
	cr_assert_eq(lk_signal_parse("sigkill", &sig), 0);
	cr_assert_eq(sig, SIGKILL);
	cr_assert_eq(lk_signal_parse("15", &sig), 0);
	cr_assert_eq(sig, 15);
	cr_assert_eq(lk_signal_parse("RTMIN+2", &sig), 0);
	cr_assert_eq(sig, SIGRTMIN + 2);
	cr_assert_eq(lk_signal_parse("rtmax-1", &sig), 0);
	cr_assert_eq(sig, SIGRTMAX - 1);
	for (size_t i = 0; i < 9; i++) {
		static const char *const bad[] = { "", "0", "65", "-1", "SIG", "TERMX", "RTMIN-1", "RTMIN+99", "1 5" };

		cr_assert_eq(lk_signal_parse(bad[i], &sig), -EINVAL, "\"%s\"", bad[i]);
	}
	cr_assert_str_eq(lk_signal_name(SIGTERM, buf), "SIGTERM");
	cr_assert_str_eq(lk_signal_name(SIGRTMIN + 3, buf), "SIGRTMIN+3");
	cr_assert(lk_signal_ends(SIGTERM) && !lk_signal_ends(SIGSTOP) && !lk_signal_ends(SIGCONT));
}

Test(action, signal_ends_it_and_says_so)
{
	struct script script = { 0 };
	struct lk_sys sys = sys_of(&script);
	struct lk_err err = { 0 };
	struct lk_signal s;
	int pid = child(0);

	cr_assert_eq(plan(&s, &sys, &pid, 1, term, 1, &err), 0, "%s", lk_err_text(&err));
	cr_assert(says(&s.base, LK_LINE_STEP, "Send SIGTERM to process "));
	cr_assert(says(&s.base, LK_LINE_NOT, "SIGKILL is not sent."));
	cr_assert_eq(script.n_sent, 0, "a plan sends nothing");
	cr_assert_eq(lk_action_execute(&s.base, &err), 0, "%s", lk_err_text(&err));
	cr_assert_eq(s.base.outcome, LK_OUTCOME_DONE);
	cr_assert(says(&s.base, LK_LINE_RESULT, "has ended; it is a zombie"));
	cr_assert(strstr(script.log, ": begun\n"), "%s", script.log);
	cr_assert(strstr(script.log, "signal: SIGTERM to process ") && strstr(script.log, ": done: "), "%s",
		  script.log);
	lk_action_free(&s.base);
	cr_assert_eq(script.n_closed, script.n_opened);
	end(pid);
}

Test(action, ignored_and_escalation)
{
	struct script script = { 0 };
	struct lk_sys sys = sys_of(&script);
	struct lk_signal s;
	int pid = child(SIGTERM);

	cr_assert_eq(plan(&s, &sys, &pid, 1, term, 1, NULL), 0);
	cr_assert(says(&s.base, LK_LINE_RISK, "ignores SIGTERM"));
	cr_assert_eq(lk_action_execute(&s.base, NULL), 0);
	cr_assert_eq(s.base.outcome, LK_OUTCOME_NOT_DONE);
	cr_assert(says(&s.base, LK_LINE_RESULT, "it ignores SIGTERM"));
	lk_action_free(&s.base);

	cr_assert_eq(plan(&s, &sys, &pid, 1, hard, 2, NULL), 0);
	cr_assert(says(&s.base, LK_LINE_RISK, "SIGKILL gives"));
	cr_assert(!says(&s.base, LK_LINE_NOT, "SIGKILL"));
	cr_assert_eq(lk_action_execute(&s.base, NULL), 0);
	cr_assert_eq(s.base.outcome, LK_OUTCOME_DONE);
	lk_action_free(&s.base);
	end(pid);
}

Test(action, refused_targets)
{
	struct script script = { 0 };
	struct lk_sys sys = sys_of(&script);
	struct lk_err err = { 0 };
	struct lk_signal s;
	int pids[] = { 1, getpid(), getppid() };

	for (size_t i = 0; i < 3; i++) {
		if (plan(&s, &sys, &pids[i], 1, term, 1, NULL) == 0) {
			cr_assert(s.base.refused, "process %d", pids[i]);
			cr_assert_eq(lk_action_execute(&s.base, &err), -EPERM);
			cr_assert_eq(s.base.outcome, LK_OUTCOME_REFUSED);
			lk_err_done(&err);
		}
		lk_action_free(&s.base);
	}
	cr_assert_eq(script.n_sent, 0);
}

Test(action, what_changed_is_refused)
{
	struct script script = { 0 };
	struct lk_sys sys = sys_of(&script);
	struct lk_err err = { 0 };
	struct lk_signal_wanted w = { .start_ticks = 1 };
	struct lk_signal s;
	int pid = child(0);

	/* Its number, but not its start time. */
	w.pid = pid;
	cr_assert_eq(lk_signal_plan(&s, &sys, NULL, &nothing, &w, 1, term, 1, &err), -ESTALE);
	cr_assert(strstr(lk_err_text(&err), "target changed since you looked"), "%s", lk_err_text(&err));
	lk_err_done(&err);
	lk_action_free(&s.base);
	/* Ended between plan and run. */
	cr_assert_eq(plan(&s, &sys, &pid, 1, term, 1, NULL), 0);
	end(pid);
	cr_assert_eq(lk_action_execute(&s.base, &err), -ESTALE);
	cr_assert_eq(s.base.outcome, LK_OUTCOME_REFUSED);
	cr_assert_eq(script.n_sent, 0);
	lk_err_done(&err);
	lk_action_free(&s.base);
	/* Gone before. */
	cr_assert_eq(plan(&s, &sys, &pid, 1, term, 1, &err), -ESRCH);
	lk_err_done(&err);
	lk_action_free(&s.base);
	cr_assert_eq(script.n_closed, script.n_opened);
}

Test(action, a_program_that_became_another_is_refused)
{
	struct script script = { 0 };
	struct lk_sys sys = sys_of(&script);
	struct lk_err err = { 0 };
	struct lk_target t;
	struct lk_proc proc = { .uid = -1 };
	int go[2];
	pid_t pid;

	cr_assert_eq(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		char c;

		close(go[1]);
		if (read(go[0], &c, 1) == 1)
			execlp("sleep", "sleep", "60", (char *)NULL);
		_exit(1);
	}
	proc.pid = pid;
	cr_assert_eq(lk_target_pin(&t, &sys, &proc, NULL, NULL, NULL), 0);
	cr_assert_eq(lk_target_check(&t, &sys, NULL), 0);
	cr_assert_eq(write(go[1], "x", 1), 1);
	for (int i = 0; i < 200 && lk_target_check(&t, &sys, NULL) == 0; i++)
		usleep(10000);
	cr_assert_eq(lk_target_check(&t, &sys, &err), -ESTALE);
	cr_assert(strstr(lk_err_text(&err), "target changed"), "%s", lk_err_text(&err));
	lk_err_done(&err);
	lk_target_done(&t, &sys);
	close(go[0]);
	close(go[1]);
	end(pid);
}

Test(action, every_call_may_fail)
{
	struct script script = { .pidfd_open = -EMFILE };
	struct lk_sys sys = sys_of(&script);
	struct lk_err err = { 0 };
	struct lk_signal s;
	int pids[] = { child(0), child(0) };

	cr_assert_eq(plan(&s, &sys, pids, 2, term, 1, &err), -EMFILE);
	cr_assert(strstr(lk_err_text(&err), "cannot pin process"), "%s", lk_err_text(&err));
	lk_err_done(&err);
	lk_action_free(&s.base);

	script = (struct script){ 0 };
	cr_assert_eq(plan(&s, &sys, pids, 2, term, 1, NULL), 0);
	script.poll = -EINVAL;
	cr_assert_eq(lk_action_execute(&s.base, &err), -EINVAL);
	cr_assert_eq(s.base.outcome, LK_OUTCOME_REFUSED);
	cr_assert_eq(script.n_sent, 0);
	lk_err_done(&err);
	lk_action_free(&s.base);

	/* The second of two cannot be signalled: half done, and said. */
	script = (struct script){ .send = -EPERM, .fail_after = 1 };
	cr_assert_eq(plan(&s, &sys, pids, 2, term, 1, NULL), 0);
	cr_assert_eq(lk_action_execute(&s.base, &err), -EPERM);
	cr_assert_eq(s.base.outcome, LK_OUTCOME_PARTLY);
	cr_assert(says(&s.base, LK_LINE_RESULT, "could not be signalled"));
	cr_assert(strstr(script.log, ": failed: "), "%s", script.log);
	lk_err_done(&err);
	lk_action_free(&s.base);
	end(pids[0]);
	end(pids[1]);
}

Test(action, looks_at_itself)
{
	struct lk_look now;

	cr_assert_eq(lk_look_at(getpid(), &now, NULL), 0);
	cr_assert_eq(now.ppid, getppid());
	cr_assert_eq(now.uid, (int64_t)geteuid());
	cr_assert(!now.kernel_thread);
	cr_assert(lk_look_is_ancestor(getpid()) && lk_look_is_ancestor(getppid()));
	cr_assert_eq(lk_look_at(0x7ffffff0, &now, NULL), -ESRCH);
}

static size_t count_lines(const struct lk_action *a, const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < a->lines.n; i++)
		n += strstr(a->lines.v[i].text, text) != NULL;
	return n;
}

/* Two sharers are both signalled: the lock goes when both have ended, which is said once. */
Test(action, words_about_a_lock_that_all_targets_share)
{
	static struct lk_file file = { .path = "/srv/x" };
	struct lk_proc procs[2] = { { .comm = "a" }, { .comm = "a" } };
	struct lk_holder holders[2] = { { .fd = 3, .proc = &procs[0] }, { .fd = 3, .proc = &procs[1] } };
	struct lk_lock lock = { .rec = { .type = LK_TYPE_FLOCK, .mode = LK_MODE_WRITE, .range = LK_RANGE_WHOLE },
				.file = &file,
				.holders = holders,
				.n_holders = 2 };
	struct lk_snapshot snap = { .locks = &lock, .n_locks = 1, .procs = procs, .n_procs = 2 };
	struct script script = { 0 };
	struct lk_sys sys = sys_of(&script);
	struct lk_signal_wanted w[2] = { 0 };
	struct lk_signal s;
	struct lk_look now;
	int pids[] = { child(0), child(0) };

	for (size_t i = 0; i < 2; i++) {
		procs[i].pid = holders[i].pid = w[i].pid = pids[i];
		cr_assert_eq(lk_look_at(pids[i], &now, NULL), 0);
		procs[i].start_ticks = now.start_ticks;
	}
	cr_assert_eq(lk_signal_plan(&s, &sys, NULL, &snap, w, 2, term, 1, NULL), 0);
	cr_expect(says(&s.base, LK_LINE_STEP, "When all that share it have ended (process "));
	cr_expect_eq(count_lines(&s.base, "goes away"), 1);
	lk_action_free(&s.base);
	end(pids[0]);
	end(pids[1]);
}

/* What a plan says about a lock: who shares it, who waits, and that a unit may start the program again. */
Test(action, words_about_locks)
{
	static struct lk_file file = { .path = "/srv/x" };
	struct lk_proc procs[] = { { .comm = "a", .unit = "app.service" }, { .pid = 0x7ffffff1, .comm = "b" } };
	struct lk_holder holders[2] = { { .fd = 3, .proc = &procs[0] },
					{ .pid = 0x7ffffff1, .fd = 3, .proc = &procs[1] } };
	struct lk_lock locks[2],
		request = { .state = LK_STATE_WAITING, .pid = 0x7ffffff1, .proc = &procs[1], .file = &file };
	const struct lk_lock *const blocks[] = { &request };
	struct lk_snapshot snap = { .locks = locks, .n_locks = 2, .procs = procs, .n_procs = 2 };
	struct script script = { 0 };
	struct lk_sys sys = sys_of(&script);
	struct lk_signal_wanted w = { 0 };
	struct lk_signal s;
	pid_t pid = child(0);
	struct lk_look now;

	cr_assert_eq(lk_look_at(pid, &now, NULL), 0);
	procs[0].pid = holders[0].pid = w.pid = pid;
	procs[0].start_ticks = now.start_ticks;
	procs[0].comm = NULL;
	locks[0] = (struct lk_lock){ .rec = { .type = LK_TYPE_FLOCK, .mode = LK_MODE_WRITE, .range = LK_RANGE_WHOLE },
				     .file = &file,
				     .holders = holders,
				     .n_holders = 2 };
	locks[1] = (struct lk_lock){ .rec = { .type = LK_TYPE_POSIX, .mode = LK_MODE_READ, .range = { 5, 9 } },
				     .file = &file,
				     .holders = holders,
				     .n_holders = 1,
				     .blocks = blocks,
				     .n_blocks = 1 };
	cr_assert_eq(lk_signal_plan(&s, &sys, NULL, &snap, &w, 1, term, 1, NULL), 0);
	cr_assert(says(&s.base, LK_LINE_RISK, "The flock write lock on /srv/x stays locked even if process "));
	cr_assert(says(&s.base, LK_LINE_RISK, "process 2147483633 (b) shares it"));
	cr_assert(
		says(&s.base, LK_LINE_STEP,
		     "the POSIX read lock on /srv/x, bytes 5-9 goes away, and this can go on: process 2147483633 (b)"));
	cr_assert(says(&s.base, LK_LINE_RISK, "Its unit app.service may restart it"));
	lk_action_free(&s.base);
	end(pid);
}

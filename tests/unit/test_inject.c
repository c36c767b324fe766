/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls inside another thread, with a thread made of paper: every single step is made to fail once. */
#include <sys/types.h>

#ifdef __x86_64__

#include "paper_thread.h"

static const struct lk_inject job = {
	.pid = 7,
	.fd = 5,
	.start_ticks = 42,
	.rec = { .type = LK_TYPE_POSIX,
		 .mode = LK_MODE_WRITE,
		 .key = { .major = 8, .minor = 1, .ino = 99 },
		 .range = { 0, 99 } },
	.range = { 10, 19 },
};

/* It sleeps in read(2); rax says how the kernel ended that. */
static struct paper paper(int64_t rax)
{
	struct paper p = { .fail_at = -1, .fail_with = -EIO, .late_at = -1, .mask = OWN_MASK };

	p.regs.cs = 0x33;
	p.regs.rip = CODE + 2;
	p.regs.rsp = 0x9000;
	p.regs.rax = (unsigned long long)rax;
	p.regs.orig_rax = 0;
	p.regs.rbx = 0x1234;
	p.own = p.regs;
	return p;
}

static bool is_itself(const struct paper *p)
{
	return memcmp(&p->regs, &p->own, sizeof(p->regs)) == 0 && !p->mapped && p->mask == OWN_MASK && !p->suspended;
}

static void early(void *arg, const struct lk_inject_answer *answer)
{
	struct paper *p = arg;

	cr_assert_eq(answer->why, LK_INJECT_LATE);
	p->n_early++;
}

static struct lk_inject_answer answer_of(struct paper *p)
{
	struct lk_trace trace = trace_of(p);

	return lk_inject_thread(&trace, &job, 7, early, p);
}

static int inject(struct paper *p, struct lk_err *err)
{
	struct lk_inject_answer answer = answer_of(p);

	return lk_inject_explain(&job, &answer, err);
}

static void must_work(struct paper *p)
{
	struct lk_err err = { 0 };

	cr_assert_eq(inject(p, &err), 0, "%s", lk_err_text(&err));
	cr_assert(p->unlocked && !p->attached && !p->seen_by_filter);
}

static void must_refuse(struct paper *p, int rc, const char *word)
{
	struct lk_err err = { 0 };

	cr_assert_eq(inject(p, &err), rc, "%s", lk_err_text(&err));
	cr_assert(strstr(lk_err_text(&err), word), "%s", lk_err_text(&err));
	lk_err_done(&err);
	cr_assert(!p->unlocked && !p->attached && is_itself(p) && !p->n_foreign);
}

Test(inject, works)
{
	struct paper p = paper(-512);

	must_work(&p);
	cr_assert(is_itself(&p) && p.n_entries == 3);
}

static void fail_each_step(struct paper start, int with)
{
	struct paper whole = start;

	inject(&whole, NULL);
	for (int i = 0; i < whole.n_calls; i++) {
		struct paper p = start;
		struct lk_err err = { 0 };
		struct lk_inject_answer answer;

		p.fail_at = i;
		p.fail_with = with;
		answer = answer_of(&p);
		lk_inject_explain(&job, &answer, &err);
		cr_assert(answer.rc < 0 || p.unlocked, "step %d: neither done nor said", i);
		cr_assert(answer.rc == 0 || (err.code == answer.rc && err.text && err.text[0]), "step %d: not said", i);
		/* A page that could not be unmapped, or registers that could not be set, are said. */
		if (with != -ESRCH && answer.why != LK_INJECT_NOT_RESTORED && answer.why != LK_INJECT_PAGE_LEFT)
			cr_assert(is_itself(&p) || p.mapped, "step %d: not put back: %s", i, lk_err_text(&err));
		cr_assert(!p.seen_by_filter || with != -EIO || answer.rc < 0);
		lk_err_done(&err);
	}
}

/* Whatever fails: it is said, and where it was not the putting back that failed, all is as it was. */
Test(inject, each_step_fails_once)
{
	struct paper filtered = paper(-512);

	filtered.mode = 2;
	for (size_t k = 0; k < 3; k++) {
		fail_each_step(paper(-512), (const int[]){ -EIO, -ESRCH, -EPERM }[k]);
		fail_each_step(filtered, (const int[]){ -EIO, -ESRCH, -EPERM }[k]);
	}
}

/* It does not get the processor, or the call takes its time: it is waited for, and put back. */
Test(inject, each_wait_takes_too_long_once)
{
	struct paper whole = paper(-512);

	inject(&whole, NULL);
	for (int i = 1; i < whole.n_waits; i++) {
		struct paper p = paper(-512);
		struct lk_inject_answer answer;

		p.late_at = i;
		answer = answer_of(&p);
		cr_assert((answer.rc < 0 || p.unlocked) && is_itself(&p) && !p.attached, "wait %d", i);
		cr_assert_eq(p.n_early, answer.why == LK_INJECT_LATE, "wait %d", i);
	}
}

/* Once it has been said that nothing is known, nothing more is done. */
Test(inject, late_page_is_given_back)
{
	struct paper p = paper(-512);

	p.late_at = 2;
	cr_assert_eq(inject(&p, NULL), -ETIMEDOUT);
	cr_assert(!p.unlocked && is_itself(&p) && p.n_entries == 2);
}

Test(inject, signals)
{
	struct paper before = paper(-512), stopped = paper(-512);

	before.signal = SIGALRM;
	must_work(&before);
	cr_assert_eq(before.passed_on, SIGALRM);
	stopped.stops = 1;
	must_work(&stopped);
	cr_assert_eq(stopped.passed_on, SIGSTOP);
	cr_assert(is_itself(&before) && is_itself(&stopped));
}

/* read(2) that ended with EINTR only because of us is made again; not where a handler is about to run. */
Test(inject, repairs_an_interrupted_call)
{
	struct paper p = paper(-EINTR), handled = paper(-EINTR), ignored = paper(-EINTR), blocked = paper(-EINTR);

	must_work(&p);
	cr_assert_eq(p.regs.rax, 0u, "the number of the call");
	cr_assert_eq(p.regs.rip, CODE);
	handled.signal_pending = true;
	must_work(&handled);
	cr_assert(is_itself(&handled));
	ignored.signal_pending = ignored.ignores = true;
	must_work(&ignored);
	cr_assert_eq(ignored.regs.rip, CODE);
	blocked.signal_pending = true;
	blocked.mask = 1ULL << (SIGALRM - 1);
	must_work(&blocked);
	cr_assert_eq(blocked.regs.rip, CODE);
}

/* close(2) must not be made twice. */
Test(inject, leaves_other_calls_interrupted)
{
	struct paper p = paper(-EINTR);

	p.regs.orig_rax = p.own.orig_rax = 3;
	must_work(&p);
	cr_assert(is_itself(&p));
}

/* Its number was given to another process before it could be stopped; that one has the same lock, even. */
Test(inject, leaves_another_process_alone)
{
	struct paper p = paper(-512);

	p.somebody_else = true;
	must_refuse(&p, -ESTALE, "another process");
}

Test(inject, looks_at_the_lock_while_it_stands)
{
	struct paper before = paper(-512), at_entry = paper(-512);

	before.lock_gone = true;
	must_refuse(&before, -ESTALE, "changed since you looked");
	at_entry.lock_gone_at = 2;
	must_refuse(&at_entry, -ESTALE, "changed since you looked");
	cr_assert_eq(at_entry.n_entries, 3, "the page is given back");
}

/* Another number, the other table of numbers, another place, another argument. */
Test(inject, turns_foreign_calls_away)
{
	static const struct lk_trace_call foreign[] = {
		{ .nr = SYS_mkdir },
		{ .arch = AUDIT_ARCH_I386 },
		{ .ip = 5 },
		{ .args = { 1 } },
	};

	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++) {
		for (int at = 1; at <= 2; at++) {
			struct paper p = paper(-512);

			p.foreign = foreign[i];
			p.foreign_at = at;
			p.mode = 2;
			must_refuse(&p, -EPERM, "changed the code");
			cr_assert(!p.seen_by_filter);
		}
	}
}

Test(inject, no_page)
{
	struct paper p = paper(-512);

	p.map_result = -ENOMEM;
	must_refuse(&p, -EBUSY, "no page");
}

Test(inject, gives_up_on_what_does_not_stop)
{
	struct paper p = paper(-512);
	struct lk_err err = { 0 };

	p.never_stops = true;
	cr_assert_eq(inject(&p, &err), -EAGAIN);
	cr_assert(is_itself(&p));
	lk_err_done(&err);
}

Test(inject, filters)
{
	struct paper p = paper(-512), strict = paper(-512), cannot = paper(-512);

	p.mode = cannot.mode = 2;
	strict.mode = 1;
	must_work(&p);
	cr_assert(is_itself(&p));
	must_refuse(&strict, -EPERM, "strict");
	cr_assert_eq(strict.n_entries, 0);
	cannot.cannot_suspend = true;
	must_refuse(&cannot, -EPERM, "seccomp");
	cr_assert_eq(cannot.n_entries, 0, "never tried with its filter");
}

/* Whoever waits may have given up in the last moment. */
Test(inject, cancelled)
{
	struct paper p = paper(-512);
	struct lk_trace trace = trace_of(&p);
	atomic_int turn = LK_INJECT_CANCELLED;
	struct lk_inject mine = job;

	mine.turn = &turn;
	cr_assert_eq(lk_inject_thread(&trace, &mine, 7, NULL, NULL).rc, -ECANCELED);
	cr_assert(!p.attached && is_itself(&p) && p.n_entries == 0);
}

#endif

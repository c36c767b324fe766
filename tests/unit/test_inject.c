/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A call inside another thread, with a thread made of paper: every single step is made to fail once. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>

#include "action/inject.h"

#ifdef __x86_64__

#define CODE 0x400000u
#define STACK 0x7000u
#define STACK_BYTES 0x1000u
#define STOPPED(sig) (((sig) << 8) | 0x7f)
#define EVENT (STOPPED(SIGTRAP) | PTRACE_EVENT_STOP << 16)
#define CALL STOPPED(SIGTRAP | 0x80)

struct paper {
	bool somebody_else; /* has the number */
	int n_calls, fail_at, fail_with; /* the step that fails; -1: none */
	int signal; /* arrives before our call; 0: none */
	bool attached, interrupted, to_call, in_call, ignores, lock_gone_at_entry, lock_gone, never_stops, filtered;
	bool unlocked; /* the call was made as it should be */
	int passed_on; /* the last signal it got */
	struct user_regs_struct regs, own;
	unsigned char stack[STACK_BYTES], own_stack[STACK_BYTES];
};

static int step(struct paper *p)
{
	return p->n_calls++ == p->fail_at ? p->fail_with : 0;
}

static int p_seize(void *arg, int tid __attribute__((unused)), unsigned options)
{
	struct paper *p = arg;
	int rc = step(p);

	cr_assert((options & PTRACE_O_SUSPEND_SECCOMP) != 0 || !p->filtered);
	p->attached = rc == 0;
	return rc;
}

static int p_interrupt(void *arg, int tid __attribute__((unused)))
{
	struct paper *p = arg;
	int rc = step(p);

	p->interrupted = p->interrupted || rc == 0;
	return rc;
}

static int p_resume(void *arg, int tid __attribute__((unused)), bool to_syscall, int sig)
{
	struct paper *p = arg;
	int rc = step(p);

	if (rc == 0) {
		p->to_call = to_syscall;
		p->passed_on = sig ? sig : p->passed_on;
	}
	return rc;
}

static int p_detach(void *arg, int tid __attribute__((unused)), int sig)
{
	struct paper *p = arg;
	int rc = step(p);

	p->attached = rc != 0;
	p->passed_on = sig ? sig : p->passed_on;
	return rc;
}

static void make_call(struct paper *p)
{
	struct flock l;

	if ((int64_t)p->regs.orig_rax < 0) {
		p->regs.rax = (unsigned long long)-ENOSYS;
		return;
	}
	memcpy(&l, p->stack + (p->regs.rdx - STACK), sizeof(l));
	p->unlocked = p->regs.orig_rax == 72 && p->regs.rdi == 5 && p->regs.rsi == F_SETLK && l.l_type == F_UNLCK &&
		      l.l_start == 10 && l.l_len == 10;
	p->regs.rax = 0;
}

static int next_status(struct paper *p)
{
	if (p->in_call) {
		p->in_call = false;
		make_call(p);
		return p->interrupted && !p->to_call ? EVENT : CALL;
	}
	if (p->interrupted) {
		p->interrupted = false;
		return EVENT;
	}
	if (p->signal) {
		int sig = p->signal;

		p->signal = 0;
		return STOPPED(sig);
	}
	cr_assert(p->to_call, "nothing will ever stop it");
	p->in_call = true;
	p->regs.orig_rax = p->regs.rax;
	p->regs.rax = (unsigned long long)-ENOSYS;
	p->lock_gone = p->lock_gone_at_entry;
	return CALL;
}

static int p_wait(void *arg, int tid __attribute__((unused)), int64_t deadline __attribute__((unused)), int *ret)
{
	struct paper *p = arg;
	int rc = step(p);

	if (rc == 0 && p->never_stops)
		return -ETIMEDOUT;
	if (rc == 0)
		*ret = next_status(p);
	return rc;
}

static int p_get_regs(void *arg, int tid __attribute__((unused)), struct user_regs_struct *ret)
{
	struct paper *p = arg;
	int rc = step(p);

	if (rc == 0)
		*ret = p->regs;
	return rc;
}

static int p_set_regs(void *arg, int tid __attribute__((unused)), const struct user_regs_struct *regs)
{
	struct paper *p = arg;
	int rc = step(p);

	if (rc == 0)
		p->regs = *regs;
	return rc;
}

static int p_read(void *arg, int tid __attribute__((unused)), uint64_t address, void *buf, size_t n)
{
	struct paper *p = arg;
	int rc = step(p);

	if (rc < 0)
		return rc;
	if (address == CODE) {
		memset(buf, 0x90, n);
		memcpy(buf, "\x0f\x05", 2);
		return 0;
	}
	if (address < STACK || address + n > STACK + STACK_BYTES)
		return -EFAULT;
	memcpy(buf, p->stack + (address - STACK), n);
	return 0;
}

static int p_write(void *arg, int tid __attribute__((unused)), uint64_t address, const void *buf, size_t n)
{
	struct paper *p = arg;
	int rc = step(p);

	if (rc == 0)
		memcpy(p->stack + (address - STACK), buf, n);
	return rc;
}

static int p_rseq(void *arg __attribute__((unused)), int tid __attribute__((unused)), uint64_t *ret)
{
	*ret = 0;
	return 0;
}

static bool p_redirects(void *arg __attribute__((unused)), int tid __attribute__((unused)))
{
	return false;
}

static int p_task(void *arg, int pid __attribute__((unused)), int tid __attribute__((unused)), const char *name,
		  lk_buf *out)
{
	struct paper *p = arg;
	int rc = step(p);

	if (rc < 0)
		return rc;
	if (strcmp(name, "stat") == 0)
		return lk_buf_printf(out, "7 (x) t 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0\n",
				     p->somebody_else ? 43 : 42);
	if (strcmp(name, "fdinfo/5") == 0)
		return p->lock_gone ? 0
				    : lk_buf_puts(out, "pos:\t0\nlock:\t1: POSIX  ADVISORY  WRITE 7 08:01:99 0 99\n");
	return lk_buf_printf(out,
			     "Name:\tx\nTracerPid:\t0\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\n"
			     "SigBlk:\t0000000000000000\nSigIgn:\t%016llx\nSigCgt:\t0000000000000000\nSeccomp:\t%d\n",
			     p->ignores ? 1ULL << (SIGALRM - 1) : 0ULL, p->filtered ? 2 : 0);
}

static struct lk_trace trace_of(struct paper *p)
{
	return (struct lk_trace){
		.arg = p,
		.seize = p_seize,
		.interrupt = p_interrupt,
		.resume = p_resume,
		.detach = p_detach,
		.wait = p_wait,
		.get_regs = p_get_regs,
		.set_regs = p_set_regs,
		.read_memory = p_read,
		.write_memory = p_write,
		.rseq_address = p_rseq,
		.redirects_calls = p_redirects,
		.read_task = p_task,
	};
}

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
	struct paper p = { .fail_at = -1, .fail_with = -EIO };

	p.regs.cs = 0x33;
	p.regs.rip = CODE + 2;
	p.regs.rsp = STACK + STACK_BYTES - 64;
	p.regs.rax = (unsigned long long)rax;
	p.regs.orig_rax = 0;
	p.regs.rbx = 0x1234;
	memset(p.stack, 0x5a, sizeof(p.stack));
	p.own = p.regs;
	memcpy(p.own_stack, p.stack, sizeof(p.stack));
	return p;
}

static bool is_itself(const struct paper *p)
{
	return memcmp(&p->regs, &p->own, sizeof(p->regs)) == 0 && memcmp(p->stack, p->own_stack, sizeof(p->stack)) == 0;
}

static int inject(struct paper *p, struct lk_err *err)
{
	struct lk_trace trace = trace_of(p);

	return lk_inject_thread(&trace, &job, 7, err);
}

Test(inject, works)
{
	struct paper p = paper(-512);
	struct lk_err err = { 0 };

	cr_assert_eq(inject(&p, &err), 0, "%s", lk_err_text(&err));
	cr_assert(p.unlocked && !p.attached && is_itself(&p));
}

/* Whatever fails: it is said, and where it was not the putting back that failed, all is as it was. */
Test(inject, each_step_fails_once)
{
	static const int with[] = { -EIO, -ESRCH, -EPERM };
	struct paper whole = paper(-512);

	inject(&whole, NULL);
	for (int i = 0; i < whole.n_calls; i++) {
		for (size_t k = 0; k < sizeof(with) / sizeof(*with); k++) {
			struct paper p = paper(-512);
			struct lk_err err = { 0 };
			int rc;

			p.fail_at = i;
			p.fail_with = with[k];
			rc = inject(&p, &err);
			cr_assert(rc < 0 || p.unlocked, "step %d: neither done nor said", i);
			cr_assert(rc == 0 || (err.code == rc && err.text && err.text[0]), "step %d: not said", i);
			if (with[k] != -ESRCH && !(err.text && strstr(err.text, "put back")))
				cr_assert(is_itself(&p), "step %d: not put back: %s", i, lk_err_text(&err));
			lk_err_done(&err);
		}
	}
}

Test(inject, passes_a_signal_on_and_tries_again)
{
	struct paper p = paper(-512);
	struct lk_err err = { 0 };

	p.signal = SIGALRM;
	cr_assert_eq(inject(&p, &err), 0, "%s", lk_err_text(&err));
	cr_assert_eq(p.passed_on, SIGALRM);
	cr_assert(p.unlocked && !p.attached && is_itself(&p));
}

/* read(2) that ended with EINTR only because of us is made again; not where a handler is about to run. */
Test(inject, repairs_an_interrupted_call)
{
	struct paper p = paper(-EINTR), handled = paper(-EINTR), ignored = paper(-EINTR);

	cr_assert_eq(inject(&p, NULL), 0);
	cr_assert_eq(p.regs.rax, 0u, "the number of the call");
	cr_assert_eq(p.regs.rip, CODE);
	handled.signal = SIGALRM;
	cr_assert_eq(inject(&handled, NULL), 0);
	cr_assert_eq(handled.passed_on, SIGALRM);
	ignored.signal = SIGALRM;
	ignored.ignores = true;
	cr_assert_eq(inject(&ignored, NULL), 0);
	cr_assert_eq(ignored.regs.rip, CODE);
}

/* close(2) must not be made twice. */
Test(inject, leaves_other_calls_interrupted)
{
	struct paper p = paper(-EINTR);

	p.regs.orig_rax = p.own.orig_rax = 3;
	cr_assert_eq(inject(&p, NULL), 0);
	cr_assert(is_itself(&p));
}

/* Its number was given to another process before it could be stopped; that one has the same lock, even. */
Test(inject, leaves_another_process_alone)
{
	struct paper p = paper(-512);
	struct lk_err err = { 0 };

	p.somebody_else = true;
	cr_assert_eq(inject(&p, &err), -ESTALE);
	cr_assert(strstr(lk_err_text(&err), "another process"));
	lk_err_done(&err);
	cr_assert(!p.unlocked && is_itself(&p) && !p.attached);
}

Test(inject, looks_at_the_lock_while_it_stands)
{
	struct paper before = paper(-512), at_entry = paper(-512);
	struct lk_err err = { 0 };

	before.lock_gone = true;
	cr_assert_eq(inject(&before, &err), -ESTALE);
	cr_assert(strstr(lk_err_text(&err), "changed since you looked"));
	lk_err_done(&err);
	cr_assert(!before.unlocked && is_itself(&before) && !before.attached);
	at_entry.lock_gone_at_entry = true;
	cr_assert_eq(inject(&at_entry, NULL), -ESTALE);
	cr_assert(!at_entry.unlocked && is_itself(&at_entry) && !at_entry.attached);
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

Test(inject, filter_that_cannot_be_suspended)
{
	struct paper p = paper(-512);
	struct lk_err err = { 0 };

	p.filtered = true;
	p.fail_at = 1; /* behind the look at its status */
	p.fail_with = -EPERM;
	cr_assert_eq(inject(&p, &err), -EPERM);
	cr_assert(strstr(lk_err_text(&err), "seccomp"), "%s", lk_err_text(&err));
	lk_err_done(&err);
}

#endif

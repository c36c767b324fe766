/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread made of paper, which is traced as a real one is. It checks what must be so whenever it runs by itself. */
#ifndef LK_TESTS_PAPER_THREAD_H
#define LK_TESTS_PAPER_THREAD_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "action/inject.h"

#define CODE 0x400000u
#define PAGE_AT 0x7000u
#define STOPPED(sig) (((sig) << 8) | 0x7f)
#define EVENT (STOPPED(SIGTRAP) | PTRACE_EVENT_STOP << 16)
#define CALL STOPPED(SIGTRAP | 0x80)
#define OWN_MASK 0x10u

struct paper {
	int n_calls, fail_at, fail_with; /* the step that fails; -1: none */
	int n_waits, late_at; /* the wait that takes too long once; -1: none */
	int signal; /* arrives before it is stopped; 0: none */
	int stops; /* SIGSTOP arrives before our first call */
	bool attached, interrupted, to_call, in_call, at_exit, ignores, lock_gone, never_stops;
	bool somebody_else; /* has the number */
	int mode; /* status, "Seccomp:" */
	bool cannot_suspend, suspended;
	int lock_gone_at; /* the entry of a call at which the lock is gone; 0: none */
	int foreign_at; /* the entry at which it is about to make another call; 0: none */
	struct lk_trace_call foreign; /* what it is then; 0: as ours */
	int n_entries, n_foreign, n_early;
	int64_t map_result; /* instead of a page; 0: it gets one */
	bool mapped, unlocked; /* the call was made as it should be */
	bool signal_pending; /* SIGALRM */
	bool seen_by_filter; /* a call of ours was */
	int passed_on; /* the last signal it got */
	uint64_t mask;
	struct user_regs_struct regs, own;
	struct flock page[1];
};

static int step(struct paper *p)
{
	return p->n_calls++ == p->fail_at ? p->fail_with : 0;
}

static int p_seize(void *arg, int tid __attribute__((unused)), unsigned options)
{
	struct paper *p = arg;
	int rc = step(p);

	cr_assert_eq(options, PTRACE_O_TRACESYSGOOD, "nothing is weakened while it runs");
	p->attached = rc == 0;
	return rc;
}

static int p_set_options(void *arg, int tid __attribute__((unused)), unsigned options)
{
	struct paper *p = arg;
	int rc = step(p);

	if (options & PTRACE_O_SUSPEND_SECCOMP && p->cannot_suspend)
		return -EPERM;
	if (rc == 0)
		p->suspended = (options & PTRACE_O_SUSPEND_SECCOMP) != 0;
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
	p->suspended = p->suspended && rc != 0;
	p->passed_on = sig ? sig : p->passed_on;
	return rc;
}

static void unlock(struct paper *p)
{
	const struct flock *l = p->page;

	cr_assert(p->mapped && p->regs.rdx == PAGE_AT, "struct flock is in a page of ours");
	p->unlocked = p->regs.rdi == 5 && p->regs.rsi == F_SETLK && l->l_type == F_UNLCK && l->l_start == 10 &&
		      l->l_len == 10;
	p->regs.rax = 0;
}

static void make_call(struct paper *p)
{
	p->seen_by_filter = p->seen_by_filter || (p->mode && !p->suspended);
	switch ((int64_t)p->regs.orig_rax) {
	case -1:
		return;
	case SYS_mmap:
		cr_assert(p->regs.rdi == 0 && p->regs.rdx == PROT_READ && p->regs.r10 == (MAP_PRIVATE | MAP_ANONYMOUS));
		p->mapped = !p->map_result;
		p->regs.rax = p->mapped ? PAGE_AT : (unsigned long long)p->map_result;
		return;
	case SYS_munmap:
		cr_assert(p->mapped && p->regs.rdi == PAGE_AT && p->regs.rsi == 4096);
		p->mapped = false;
		p->regs.rax = 0;
		return;
	case SYS_fcntl:
		unlock(p);
		return;
	default:
		p->n_foreign++;
	}
}

/* It runs its own code here, with all that that may do. */
static int enter(struct paper *p)
{
	cr_assert(p->to_call, "nothing will ever stop it");
	cr_assert(!p->suspended, "its filter is suspended while it runs: step %d of %d, %d", p->n_calls, p->fail_at,
		  p->fail_with);
	cr_assert_eq(p->mask, UINT64_MAX, "a signal could come first");
	p->in_call = true;
	p->at_exit = false;
	p->n_entries++;
	p->regs.orig_rax = p->n_entries == p->foreign_at && p->foreign.nr ? p->foreign.nr : p->regs.rax;
	p->regs.rax = (unsigned long long)-ENOSYS;
	p->regs.rip += 2;
	p->lock_gone = p->lock_gone || p->n_entries == p->lock_gone_at;
	return CALL;
}

static int next_status(struct paper *p)
{
	if (p->in_call) {
		p->in_call = false;
		make_call(p);
		if (p->interrupted && !p->to_call) {
			p->interrupted = false;
			return EVENT;
		}
		p->at_exit = true;
		return CALL;
	}
	p->at_exit = false;
	if (p->interrupted && !p->signal) {
		p->interrupted = false;
		return EVENT;
	}
	if (p->signal || p->stops) {
		int sig = p->signal ? p->signal : SIGSTOP;

		p->stops -= p->signal ? 0 : 1;
		p->signal = 0;
		return STOPPED(sig);
	}
	return enter(p);
}

static int p_wait(void *arg, int tid __attribute__((unused)), int64_t deadline, int *ret)
{
	struct paper *p = arg;
	int rc = step(p);

	if (rc == 0 && (p->never_stops || p->n_waits++ == p->late_at)) {
		cr_assert(deadline, "it was waited for for ever");
		return -ETIMEDOUT;
	}
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

static int p_get_mask(void *arg, int tid __attribute__((unused)), uint64_t *ret)
{
	struct paper *p = arg;
	int rc = step(p);

	*ret = p->mask;
	return rc;
}

static int p_set_mask(void *arg, int tid __attribute__((unused)), uint64_t mask)
{
	struct paper *p = arg;
	int rc = step(p);

	if (rc == 0)
		p->mask = mask;
	return rc;
}

static int p_get_call(void *arg, int tid __attribute__((unused)), struct lk_trace_call *ret)
{
	struct paper *p = arg;
	const struct user_regs_struct *r = &p->regs;
	int rc = step(p);

	*ret = (struct lk_trace_call){ .arch = AUDIT_ARCH_X86_64, .ip = r->rip, .nr = r->orig_rax };
	if (p->in_call) {
		ret->at = LK_TRACE_ENTRY;
		memcpy(ret->args, (uint64_t[]){ r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9 }, sizeof(ret->args));
	} else if (p->at_exit) {
		ret->at = LK_TRACE_EXIT;
		ret->result = (int64_t)r->rax;
	}
	if (p->in_call && p->n_entries == p->foreign_at) {
		ret->arch = p->foreign.arch ? p->foreign.arch : ret->arch;
		ret->ip += p->foreign.ip;
		ret->args[0] += p->foreign.args[0];
	}
	return rc;
}

static int p_read(void *arg, int tid __attribute__((unused)), uint64_t address, void *buf, size_t n)
{
	struct paper *p = arg;
	int rc = step(p);

	if (rc < 0 || address != CODE)
		return rc < 0 ? rc : -EFAULT;
	memset(buf, 0x90, n);
	memcpy(buf, "\x0f\x05", 2);
	return 0;
}

static int p_write(void *arg, int tid __attribute__((unused)), uint64_t address, const void *buf, size_t n)
{
	struct paper *p = arg;
	int rc = step(p);

	cr_assert(p->mapped && address == PAGE_AT && n == sizeof(p->page), "memory of the thread is borrowed");
	if (rc == 0)
		memcpy(p->page, buf, n);
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

static ssize_t p_task(void *arg, int pid __attribute__((unused)), int tid __attribute__((unused)), const char *name,
		      char *buf, size_t size)
{
	struct paper *p = arg;
	int rc = step(p), n;

	if (rc < 0)
		return rc;
	if (strcmp(name, "stat") == 0)
		n = snprintf(buf, size, "7 (x) t 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0\n",
			     p->somebody_else ? 43 : 42);
	else if (strcmp(name, "fdinfo/5") == 0)
		n = snprintf(buf, size, "%s",
			     p->lock_gone ? "" : "pos:\t0\nlock:\t1: POSIX  ADVISORY  WRITE 7 08:01:99 0 99\n");
	else
		n = snprintf(buf, size,
			     "Name:\tx\nTracerPid:\t0\nSigPnd:\t0000000000000000\nShdPnd:\t%016llx\n"
			     "SigBlk:\t%016llx\nSigIgn:\t%016llx\nSigCgt:\t0000000000000000\nSeccomp:\t%d\n",
			     p->signal_pending ? 1ULL << (SIGALRM - 1) : 0ULL, (unsigned long long)p->mask,
			     p->ignores ? 1ULL << (SIGALRM - 1) : 0ULL, p->mode);
	return n;
}

static struct lk_trace trace_of(struct paper *p)
{
	return (struct lk_trace){
		.arg = p,
		.seize = p_seize,
		.set_options = p_set_options,
		.interrupt = p_interrupt,
		.resume = p_resume,
		.detach = p_detach,
		.wait = p_wait,
		.get_regs = p_get_regs,
		.set_regs = p_set_regs,
		.get_mask = p_get_mask,
		.set_mask = p_set_mask,
		.get_call = p_get_call,
		.read_memory = p_read,
		.write_memory = p_write,
		.rseq_address = p_rseq,
		.redirects_calls = p_redirects,
		.read_task = p_task,
	};
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real lk_trace: ptrace(2), and what /proc says about a thread. */
#include "action/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "source/host/procroot.h"

/* From linux/ptrace.h, which cannot be included together with sys/ptrace.h. */
#define GET_RSEQ 0x420f
#define GET_DISPATCH 0x4211
#define GET_SYSCALL_INFO 0x420e /* the C library knows it since glibc 2.30 */
#define INFO_ENTRY 1
#define INFO_EXIT 2

#define NAP_MS 20 /* a SIGCHLD that was missed must not make us sleep for ever */

struct rseq_configuration {
	uint64_t address;
	uint32_t size, signature, flags, pad;
};

struct syscall_info {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t ip, sp;
	union {
		struct {
			uint64_t nr, args[6];
		} entry;
		int64_t result; /* op INFO_EXIT; behind it the kernel says whether it is an error */
	};
	uint64_t room;
};

struct dispatch_configuration {
	uint64_t mode, selector, offset, len;
};

static int result(long rc)
{
	return rc < 0 ? -errno : (int)rc;
}

/* ptrace(2) takes pointers where the kernel takes numbers. */
static int trace(int request, int tid, uintptr_t address, uintptr_t data)
{
	return result(ptrace((enum __ptrace_request)request, tid, (void *)address, (void *)data));
}

static int real_seize(void *arg __attribute__((unused)), int tid, unsigned options)
{
	return trace(PTRACE_SEIZE, tid, 0, options);
}

static int real_set_options(void *arg __attribute__((unused)), int tid, unsigned options)
{
	return trace(PTRACE_SETOPTIONS, tid, 0, options);
}

static int real_interrupt(void *arg __attribute__((unused)), int tid)
{
	return trace(PTRACE_INTERRUPT, tid, 0, 0);
}

static int real_resume(void *arg __attribute__((unused)), int tid, bool to_syscall, int sig)
{
	return trace(to_syscall ? PTRACE_SYSCALL : PTRACE_CONT, tid, 0, (uintptr_t)sig);
}

static int real_detach(void *arg __attribute__((unused)), int tid, int sig)
{
	return trace(PTRACE_DETACH, tid, 0, (uintptr_t)sig);
}

static void nap(int64_t left_ms)
{
	struct timespec time = { .tv_nsec = (left_ms < NAP_MS ? left_ms : NAP_MS) * 1000000 };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigtimedwait(&child, NULL, &time);
}

static int real_wait(void *arg __attribute__((unused)), int tid, int64_t deadline_ms, int *ret_status)
{
	for (;;) {
		int rc = waitpid(tid, ret_status, __WALL | WNOHANG);
		int64_t left;

		if (rc == tid)
			return 0;
		if (rc < 0 && errno != EINTR)
			return -errno;
		left = deadline_ms ? deadline_ms - lk_io_now_ms() : NAP_MS;
		if (left <= 0)
			return -ETIMEDOUT;
		nap(left);
	}
}

static int real_get_regs(void *arg __attribute__((unused)), int tid, struct user_regs_struct *ret)
{
#ifdef __x86_64__
	return trace(PTRACE_GETREGS, tid, 0, (uintptr_t)ret);
#else
	(void)tid;
	(void)ret;
	return -EOPNOTSUPP;
#endif
}

static int real_set_regs(void *arg __attribute__((unused)), int tid, const struct user_regs_struct *regs)
{
#ifdef __x86_64__
	return trace(PTRACE_SETREGS, tid, 0, (uintptr_t)regs);
#else
	(void)tid;
	(void)regs;
	return -EOPNOTSUPP;
#endif
}

static int whole(ssize_t done, size_t n)
{
	if (done < 0)
		return -errno;
	return (size_t)done == n ? 0 : -EFAULT;
}

static int real_read_memory(void *arg __attribute__((unused)), int tid, uint64_t address, void *buf, size_t n)
{
	struct iovec ours = { buf, n }, theirs = { (void *)(uintptr_t)address, n };

	return whole(process_vm_readv(tid, &ours, 1, &theirs, 1, 0), n);
}

static int real_write_memory(void *arg __attribute__((unused)), int tid, uint64_t address, const void *buf, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, (const char *)buf + i, sizeof(word));
		rc = trace(PTRACE_POKEDATA, tid, address + i, word);
	}
	return rc;
}

static int real_get_mask(void *arg __attribute__((unused)), int tid, uint64_t *ret)
{
	return trace(PTRACE_GETSIGMASK, tid, sizeof(*ret), (uintptr_t)ret);
}

static int real_set_mask(void *arg __attribute__((unused)), int tid, uint64_t mask)
{
	return trace(PTRACE_SETSIGMASK, tid, sizeof(mask), (uintptr_t)&mask);
}

static int real_get_call(void *arg __attribute__((unused)), int tid, struct lk_trace_call *ret)
{
	struct syscall_info info = { 0 };
	int rc = trace(GET_SYSCALL_INFO, tid, sizeof(info), (uintptr_t)&info);

	*ret = (struct lk_trace_call){ .arch = info.arch, .ip = info.ip };
	if (info.op == INFO_ENTRY) {
		ret->at = LK_TRACE_ENTRY;
		ret->nr = info.entry.nr;
		memcpy(ret->args, info.entry.args, sizeof(ret->args));
	} else if (info.op == INFO_EXIT) {
		ret->at = LK_TRACE_EXIT;
		ret->result = info.result;
	}
	return rc < 0 ? rc : 0;
}

static int real_rseq_address(void *arg __attribute__((unused)), int tid, uint64_t *ret)
{
	struct rseq_configuration rseq = { 0 };
	int rc = trace(GET_RSEQ, tid, sizeof(rseq), (uintptr_t)&rseq);

	*ret = rc < 0 ? 0 : rseq.address;
	return 0;
}

static bool real_redirects_calls(void *arg __attribute__((unused)), int tid)
{
	struct dispatch_configuration dispatch = { 0 };

	return trace(GET_DISPATCH, tid, sizeof(dispatch), (uintptr_t)&dispatch) >= 0 && dispatch.mode != 0;
}

/* Kept open: opening /proc and checking what kind it is would take much of the time for which a thread is stopped. */
int lk_trace_proc_fd(void)
{
	static struct lk_procroot root = { .fd = -1 };
	int rc = root.fd < 0 ? lk_procroot_open(&root, NULL, NULL) : 0;

	if (rc < 0)
		root.fd = -1;
	return rc < 0 ? rc : root.fd;
}

static ssize_t real_read_task(void *arg __attribute__((unused)), int pid, int tid, const char *name, char *buf,
			      size_t size)
{
	struct lk_proc_name path = lk_procroot_task_name(pid, tid, name);
	int root = lk_trace_proc_fd();
	lk_auto_fd fd = root < 0 ? root : lk_io_openat(root, path.s, O_RDONLY);
	size_t n = 0;

	if (fd < 0)
		return fd;
	while (n < size) {
		ssize_t got = read(fd, buf + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : (ssize_t)n;
		n += (size_t)got;
	}
	return -EFBIG;
}

static int add_tid(void *arg, int dirfd __attribute__((unused)), const char *name)
{
	lk_ints *tids = arg;
	int tid;

	if (lk_text_pid(name, strlen(name), &tid) == 0)
		*lk_vec_push(tids) = tid;
	return 0;
}

static int real_threads(void *arg __attribute__((unused)), int pid, lk_ints *ret)
{
	struct lk_proc_name path = lk_procroot_task_name(pid, 0, "task");
	int root = lk_trace_proc_fd();

	return root < 0 ? root : lk_io_each_entry(root, path.s, add_tid, ret);
}

const struct lk_trace lk_trace_real = {
	.seize = real_seize,
	.set_options = real_set_options,
	.interrupt = real_interrupt,
	.resume = real_resume,
	.detach = real_detach,
	.wait = real_wait,
	.get_regs = real_get_regs,
	.set_regs = real_set_regs,
	.get_mask = real_get_mask,
	.set_mask = real_set_mask,
	.get_call = real_get_call,
	.read_memory = real_read_memory,
	.write_memory = real_write_memory,
	.rseq_address = real_rseq_address,
	.redirects_calls = real_redirects_calls,
	.read_task = real_read_task,
	.threads = real_threads,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states of lktarget, each of which knows what it must find when it ends. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lktarget.h"

#define SLEEP_MS 1200

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One system call with known values in every register that it must keep, and in memory above and below the stack pointer. Returns
 * what the kernel returned. */
#ifdef __x86_64__
#define N_KEPT 6

struct registers {
	unsigned long args[7]; /* 0: the call's number, then its arguments */
	unsigned long kept[N_KEPT]; /* 56: rbx rbp r12 r13 r14 and the red zone, as found afterwards */
	unsigned long args_after[6]; /* 104 */
	unsigned long red_zone; /* 152: its far end */
	unsigned long rbp; /* 160: the compiler's own */
	unsigned long vector[2]; /* 168 */
};

static long checked_call(long nr, long a, long b, long c, long d, long e, long f)
{
	static const unsigned long kept[N_KEPT] = { 0x1234567, 0x2345678, 0x3456789, 0x456789a, 0x56789ab, 0x6789abc };
	struct registers r = { .args = { (unsigned long)nr, (unsigned long)a, (unsigned long)b, (unsigned long)c,
					 (unsigned long)d, (unsigned long)e, (unsigned long)f } };
	unsigned char frame[128];
	long result;

	memset(frame, 0x5a, sizeof(frame));
	__asm__ volatile("movq %[r], %%r15\n\t"
			 "movq %%rbp, 160(%%r15)\n\t"
			 "movq 0(%%r15), %%rax\n\t"
			 "movq 8(%%r15), %%rdi\n\t"
			 "movq 16(%%r15), %%rsi\n\t"
			 "movq 24(%%r15), %%rdx\n\t"
			 "movq 32(%%r15), %%r10\n\t"
			 "movq 40(%%r15), %%r8\n\t"
			 "movq 48(%%r15), %%r9\n\t"
			 "movq $0x1234567, %%rbx\n\t"
			 "movq %%rbx, %%xmm7\n\t"
			 "movq $0x2345678, %%rbp\n\t"
			 "movq $0x3456789, %%r12\n\t"
			 "movq $0x456789a, %%r13\n\t"
			 "movq $0x56789ab, %%r14\n\t"
			 "movq $0x6789abc, -8(%%rsp)\n\t"
			 "movq $0x789abcd, -128(%%rsp)\n\t"
			 "syscall\n\t"
			 "movq %%rbx, 56(%%r15)\n\t"
			 "movq %%rbp, 64(%%r15)\n\t"
			 "movq 160(%%r15), %%rbp\n\t"
			 "movq %%r12, 72(%%r15)\n\t"
			 "movq %%r13, 80(%%r15)\n\t"
			 "movq %%r14, 88(%%r15)\n\t"
			 "movq -8(%%rsp), %%rbx\n\t"
			 "movq %%rbx, 96(%%r15)\n\t"
			 "movq %%rdi, 104(%%r15)\n\t"
			 "movq %%rsi, 112(%%r15)\n\t"
			 "movq %%rdx, 120(%%r15)\n\t"
			 "movq %%r10, 128(%%r15)\n\t"
			 "movq %%r8, 136(%%r15)\n\t"
			 "movq %%r9, 144(%%r15)\n\t"
			 "movq -128(%%rsp), %%rbx\n\t"
			 "movq %%rbx, 152(%%r15)\n\t"
			 "movdqu %%xmm7, 168(%%r15)\n\t"
			 : "=&a"(result)
			 : [r] "r"(&r)
			 : "rbx", "rdi", "rsi", "rdx", "r8", "r9", "r10", "r11", "rcx", "r12", "r13", "r14", "r15",
			   "xmm7", "memory", "cc");
	for (int i = 0; i < N_KEPT; i++) {
		if (r.kept[i] != kept[i])
			bad("kept register %d is %lx", i, r.kept[i]);
	}
	if (r.red_zone != 0x789abcd || r.vector[0] != kept[0])
		bad("the end of the red zone is %lx, the vector register %lx", r.red_zone, r.vector[0]);
	for (int i = 0; i < 6; i++) {
		if (r.args_after[i] != r.args[1 + i])
			bad("argument %d is %lx, was %lx", i, r.args_after[i], r.args[1 + i]);
	}
	for (size_t i = 0; i < sizeof(frame); i++) {
		if (frame[i] != 0x5a)
			bad("stack byte %zu", i);
	}
	return result;
}
#else
static long checked_call(long nr, long a, long b, long c, long d, long e, long f)
{
	volatile unsigned char frame[128];
	long result;

	(void)f;
	memset((void *)(uintptr_t)frame, 0x5a, sizeof(frame));
	__asm__ volatile("int $0x80"
			 : "=a"(result), "+b"(a), "+c"(b), "+d"(c), "+S"(d), "+D"(e)
			 : "0"(nr)
			 : "memory", "cc");
	for (size_t i = 0; i < sizeof(frame); i++) {
		if (frame[i] != 0x5a)
			bad("stack byte %zu", i);
	}
	return result;
}
#endif

/* A call that is to return `wanted` when the state ends. With a storm of signals, EINTR is right where a handler ran. */
static void call(const char *what, long wanted, long nr, long a, long b, long c, long d, long e, long f)
{
	for (;;) {
		sig_atomic_t before = n_signals;
		long result = checked_call(nr, a, b, c, d, e, f);

		if (result == -EINTR && n_signals != before)
			continue;
		/* It was still being put back when the word changed: the kernel looks once more, as after any stop. */
		if (nr == SYS_futex && result == -EAGAIN && word)
			return;
		if (result == -EINTR)
			bad("%s returned EINTR without a signal", what);
		if (result != wanted)
			bad("%s returned %ld, not %ld", what, result, wanted);
		return;
	}
}

static void state_sleep(void)
{
	struct timespec t = { SLEEP_MS / 1000, SLEEP_MS % 1000 * 1000000L }, rest = { 0, 0 };
	double begin = now(), took;
	int rc;

	while ((rc = nanosleep(&t, &rest)) < 0 && errno == EINTR && storm)
		t = rest;
	took = now() - begin;
	if (rc < 0)
		bad("nanosleep: %s", strerror(errno));
	if (took < SLEEP_MS / 1000.0 - 0.001 || took > SLEEP_MS / 1000.0 + 3)
		bad("nanosleep took %.3f s", took);
}

static void state_read(void)
{
	char byte;

	call("read", 1, SYS_read, wake[0], (long)&byte, 1, 0, 0, 0);
}

static void state_poll(void)
{
	struct pollfd p = { .fd = wake[0], .events = POLLIN };

	call("poll", 1, SYS_poll, (long)&p, 1, -1, 0, 0, 0);
}

static void state_ppoll(void)
{
	struct pollfd p = { .fd = wake[0], .events = POLLIN };

	for (;;) {
		struct timespec t = { 600, 0 };
		sig_atomic_t before = n_signals;
		int rc = ppoll(&p, 1, &t, NULL);

		if (rc < 0 && errno == EINTR && n_signals != before)
			continue;
		if (rc != 1)
			bad("ppoll returned %d %s", rc, strerror(errno));
		return;
	}
}

static void state_select(void)
{
	for (;;) {
		sig_atomic_t before = n_signals;
		fd_set set;
		int rc;

		FD_ZERO(&set);
		FD_SET(wake[0], &set);
		rc = select(wake[0] + 1, &set, NULL, NULL, NULL);
		if (rc < 0 && errno == EINTR && n_signals != before)
			continue;
		if (rc != 1)
			bad("select returned %d %s", rc, strerror(errno));
		return;
	}
}

static void state_epoll(void)
{
	struct epoll_event want = { .events = EPOLLIN }, got;
	int fd = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(fd, EPOLL_CTL_ADD, wake[0], &want);
	call("epoll_wait", 1, SYS_epoll_wait, fd, (long)&got, 1, -1, 0, 0);
	close(fd);
}

static void state_futex(void)
{
	call("futex", 0, SYS_futex, (long)&word, FUTEX_WAIT, 0, 0, 0, 0);
}

static void state_pause(void)
{
	sig_atomic_t before = n_signals;

	if (pause() != -1 || errno != EINTR || n_signals == before)
		bad("pause returned without a signal");
}

static void state_sigtimedwait(void)
{
	struct timespec t = { 600, 0 };
	sigset_t set;
	int rc;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	for (;;) {
		sig_atomic_t before = n_signals;

		rc = sigtimedwait(&set, NULL, &t);
		if (rc < 0 && errno == EINTR && n_signals != before)
			continue;
		break;
	}
	if (rc != SIGUSR2)
		bad("sigtimedwait returned %d %s", rc, strerror(errno));
}

/* With a limit on its time, recv(2) ends with EINTR where it otherwise goes on. */
static void state_recv(void)
{
	struct timeval limit = { 600, 0 };
	char byte;

	setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (;;) {
		sig_atomic_t before = n_signals;
		ssize_t rc = recv(sockets[0], &byte, 1, 0);

		if (rc < 0 && errno == EINTR && n_signals != before)
			continue;
		if (rc != 1)
			bad("recv returned %zd %s", rc, strerror(errno));
		return;
	}
}

/* A sum that any change of registers or memory would spoil. */
static void state_busy(void)
{
	uint64_t x = 1, n = 0, y = 1;
	volatile uint64_t table[64];

	for (size_t i = 0; i < 64; i++)
		table[i] = 0;
	while (!ended) {
		for (int i = 0; i < 1000; i++) {
			x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			table[x >> 58] += x & 1;
		}
		n += 1000;
	}
	for (uint64_t i = 0; i < n; i++) {
		y = y * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		table[y >> 58] -= y & 1;
	}
	for (size_t i = 0; i < 64; i++) {
		if (table[i] != 0)
			bad("the sum in place %zu is wrong", i);
	}
	if (x != y)
		bad("the sum is wrong");
}

static void state_lockwait(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(other_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	for (;;) {
		sig_atomic_t before = n_signals;
		int rc = fcntl(fd, F_SETLKW, &l);

		if (rc < 0 && errno == EINTR && n_signals != before)
			continue;
		if (rc < 0)
			bad("fcntl: %s", strerror(errno));
		break;
	}
	l.l_type = F_UNLCK;
	fcntl(fd, F_SETLK, &l);
	/* Not closed: that would drop nothing of the lock file, but the descriptor's number is to stay. */
}

/* The parent sleeps in the kernel, out of reach, until the child ends, which reads standard input itself. */
static void state_vfork(void)
{
	pid_t child;

	fflush(stdout);
	child = vfork();
	if (child == 0) {
		char byte;

		while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
			;
		_exit(0);
	}
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

static const struct {
	const char *name;
	void (*run)(void);
} states[] = {
	{ "sleep", state_sleep }, { "read", state_read },     { "poll", state_poll },
	{ "ppoll", state_ppoll }, { "select", state_select }, { "epoll", state_epoll },
	{ "futex", state_futex }, { "pause", state_pause },   { "sigtimedwait", state_sigtimedwait },
	{ "recv", state_recv },   { "busy", state_busy },     { "lockwait", state_lockwait },
	{ "vfork", state_vfork },
};

state_function *find_state(const char *name)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		if (strcmp(states[i].name, name) == 0)
			return states[i].run;
	}
	return NULL;
}

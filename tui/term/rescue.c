/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives the terminal back when the program ends by a crash, for want of memory, or by exit(3). */
#include "tui/term/rescue.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP };

/* Static, because signal handlers get no argument of ours. */
static struct {
	volatile sig_atomic_t armed;
	pid_t pid; /* a child of ours has no terminal to restore */
	int fd;
	struct termios modes;
	char bytes[LK_RESCUE_MAX];
	size_t n;
	struct sigaction before[COUNT(crashes)];
	lk_alloc_hook out_of_memory;
} rescue;

/* Only what signal-safety(7) allows. */
static void give_back(void)
{
	if (!rescue.armed || getpid() != rescue.pid)
		return;
	rescue.armed = 0;
	if (write(rescue.fd, rescue.bytes, rescue.n) < 0) {
		/* A terminal that is gone needs nothing. */
	}
	tcsetattr(rescue.fd, TCSANOW, &rescue.modes);
}

static void out_of_memory(void)
{
	give_back();
	if (rescue.out_of_memory)
		rescue.out_of_memory();
}

/* The signal is blocked in its handler. A signal that was sent (si_code <= 0) is raised once more, and takes effect at the return; after a
 * fault the same instruction is executed again, and faults again. */
static void crashed(int sig, siginfo_t *info, void *context)
{
	(void)context;
	give_back();
	for (size_t i = 0; i < COUNT(crashes); i++) {
		if (crashes[i] == sig)
			sigaction(sig, &rescue.before[i], NULL);
	}
	if (info->si_code <= 0)
		pthread_kill(pthread_self(), sig);
}

/* A stack of its own for the handlers, which could not run after an overflow of the stack. It is never freed. */
static void give_stack(void)
{
	stack_t have;
	size_t size = (size_t)SIGSTKSZ + 16384;

	if (sigaltstack(NULL, &have) == 0 && have.ss_flags & SS_DISABLE) {
		static void *stack;

		stack = lk_alloc(1, size);
		sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = size }, NULL);
	}
}

int lk_rescue_init(int fd, const struct termios *modes, const char *bytes, size_t n)
{
	struct sigaction act = { .sa_sigaction = crashed, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	if (n > sizeof(rescue.bytes))
		return -E2BIG;
	rescue.pid = getpid();
	rescue.fd = fd;
	rescue.modes = *modes;
	memcpy(rescue.bytes, bytes, n);
	rescue.n = n;
	give_stack();
	rescue.out_of_memory = lk_alloc_on_failure(out_of_memory);
	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < COUNT(crashes); i++) {
		if (sigaction(crashes[i], &act, &rescue.before[i]) < 0)
			return -errno;
	}
	return atexit(give_back) == 0 ? 0 : -ENOMEM;
}

void lk_rescue_arm(int armed)
{
	rescue.armed = armed;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that is stopped and made to do things by others, and checks that it does not notice. It takes locks, then sits in one
 * state until it is told to go on, and says what it saw.
 *
 *   lktarget STATE LOCKFILE [-p START LEN]... [OPTION]...
 *
 * STATE: sleep, read, poll, select, ppoll, epoll, futex, pause, sigtimedwait, recv, busy, lockwait (a POSIX lock on LOCKFILE.other), vfork.
 * -p START LEN: a POSIX write lock; -o START LEN: an OFD one; -f: flock; -l: a write lease. Options: -t N: N more threads that sleep
 * in read(2); -s: a seccomp filter that kills it for fcntl(2); -S USEC: a timer signal with a handler as often; -r: the state is
 * entered again and again until the end.
 *
 * Standard output: "ready FD TID", then one line at the end: "ok ROUNDS SIGNALS" or "bad WHAT". The end is a byte on standard
 * input. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "lktarget.h"

#ifdef SYS_fcntl64
#define NR_FILTERED SYS_fcntl64
#else
#define NR_FILTERED SYS_fcntl
#endif

volatile sig_atomic_t n_signals, ended;
volatile uint32_t word;
int wake[2];
int sockets[2];
const char *other_path;
bool storm;
static bool again;

_Noreturn void bad(const char *format, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	printf("bad %s\n", text);
	fflush(stdout);
	_exit(1);
}

static void on_signal(int number)
{
	(void)number;
	n_signals++;
}

static pthread_t main_thread;

/* Ends every state, by whatever it waits for. */
static void *end_on_input(void *arg)
{
	const char *state = arg;
	char byte;

	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	ended = 1;
	word = 1;
	if (strcmp(state, "pause") == 0)
		pthread_kill(main_thread, SIGUSR1);
	else if (strcmp(state, "sigtimedwait") == 0)
		pthread_kill(main_thread, SIGUSR2);
	else if (strcmp(state, "recv") == 0)
		send(sockets[1], "x", 1, 0);
	else if (strcmp(state, "futex") == 0)
		syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0);
	else if (write(wake[1], "x", 1) != 1)
		bad("cannot write to the pipe");
	return NULL;
}

static void *sleep_in_read(void *arg)
{
	int *ends = arg;
	char byte;

	if (read(ends[0], &byte, 1) != 0)
		bad("a thread's read returned");
	return NULL;
}

static void take_lock(int fd, int command, const char *start, const char *len)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = atoll(start), .l_len = atoll(len) };

	if (fcntl(fd, command, &l) < 0)
		bad("cannot lock: %s", strerror(errno));
}

static void add_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NR_FILTERED, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(*code), .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		bad("cannot filter: %s", strerror(errno));
}

static void add_threads(int n)
{
	static int never[2];
	pthread_t thread;

	if (pipe2(never, O_CLOEXEC) < 0)
		bad("pipe");
	for (int i = 0; i < n; i++) {
		if (pthread_create(&thread, NULL, sleep_in_read, never) != 0)
			bad("thread");
	}
}

static void start_storm(long usec)
{
	struct itimerval every = { { 0, usec }, { 0, usec } };

	storm = true;
	setitimer(ITIMER_REAL, &every, NULL);
}

static bool filter;
static long storm_usec;

static void take_options(int fd, char **argv)
{
	for (; *argv; argv++) {
		if (strcmp(*argv, "-p") == 0 || strcmp(*argv, "-o") == 0) {
			take_lock(fd, (*argv)[1] == 'p' ? F_SETLK : F_OFD_SETLK, argv[1], argv[2]);
			argv += 2;
		} else if (strcmp(*argv, "-f") == 0) {
			if (flock(fd, LOCK_EX | LOCK_NB) < 0)
				bad("flock: %s", strerror(errno));
		} else if (strcmp(*argv, "-l") == 0) {
			if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
				bad("lease: %s", strerror(errno));
		} else if (strcmp(*argv, "-t") == 0) {
			add_threads(atoi(*++argv));
		} else if (strcmp(*argv, "-s") == 0) {
			filter = true;
		} else if (strcmp(*argv, "-S") == 0) {
			storm_usec = atol(*++argv);
		} else if (strcmp(*argv, "-r") == 0) {
			again = true;
		} else {
			bad("no option %s", *argv);
		}
	}
}

static void prepare(char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	pthread_t thread;
	sigset_t set;

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	signal(SIGIO, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	/* The thread that reads must not take what is meant for the first one. */
	sigaddset(&set, SIGALRM);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	main_thread = pthread_self();
	if (pipe2(wake, O_CLOEXEC) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		bad("pipe");
	if (strcmp(argv[1], "vfork") != 0 && pthread_create(&thread, NULL, end_on_input, argv[1]) != 0)
		bad("thread");
}

int main(int argc, char **argv)
{
	state_function *state;
	long rounds = 0;
	char *other;
	sigset_t set;
	int fd;

	if (argc < 3)
		bad("usage");
	state = find_state(argv[1]);
	fd = open(argv[2], O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (!state || fd < 0 || asprintf(&other, "%s.other", argv[2]) < 0)
		bad("usage");
	other_path = other;
	prepare(argv);
	take_options(fd, argv + 3);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	if (filter)
		add_filter();
	if (storm_usec)
		start_storm(storm_usec);
	printf("ready %d %d\n", fd, (int)getpid());
	fflush(stdout);
	do {
		state();
		rounds++;
	} while (again && !ended);
	printf("ok %ld %ld\n", rounds, (long)n_signals);
	fflush(stdout);
	_exit(0);
}

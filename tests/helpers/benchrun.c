/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a command once for `make bench` and prints what it cost as a line of JSON.
 *
 *   benchrun SECONDS COMMAND [ARGUMENT...]
 *
 * A small program of its own, because a process begins with the resident memory of the one that started it. Input and output of the
 * command are /dev/null. After SECONDS it is killed with all its children, likewise when we are ended. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t child;
static volatile sig_atomic_t ended;

static void on_signal(int number)
{
	(void)number;
	ended = 1;
	if (child > 0)
		kill(-child, SIGKILL);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double to_ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void run(char **argv)
{
	int null = open("/dev/null", O_RDWR);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	execvp(argv[0], argv);
	_exit(127);
}

int main(int argc, char **argv)
{
	static const int signals[] = { SIGALRM, SIGTERM, SIGINT, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal };
	struct rusage usage;
	double begin;
	int status, rc;

	if (argc < 3)
		errx(2, "usage: benchrun SECONDS COMMAND [ARGUMENT...]");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &sa, NULL);
	begin = now_ms();
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0)
		run(argv + 2);
	setpgid(child, child);
	alarm((unsigned)atoi(argv[1]));
	do {
		rc = wait4(child, &status, 0, &usage);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0)
		err(1, "wait");
	printf("{\"ms\":%.3f,\"cpu_ms\":%.3f,\"rss_kib\":%ld,\"status\":%d,\"ended\":%s}\n", now_ms() - begin,
	       to_ms(usage.ru_utime) + to_ms(usage.ru_stime), usage.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), ended ? "true" : "false");
	return 0;
}

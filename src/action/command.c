/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a command, and passing signals on to it. */
#include "action/command.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t command_pid;

static void pass_on(int sig)
{
	int saved = errno;

	if (command_pid > 0)
		kill((pid_t)command_pid, sig);
	errno = saved;
}

static const int watched[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
#define N_WATCHED (sizeof(watched) / sizeof(*watched))

/* A signal that was ignored from the start, as under nohup(1), stays ignored. */
static void watch(struct sigaction old[N_WATCHED])
{
	for (size_t i = 0; i < N_WATCHED; i++) {
		struct sigaction act = { .sa_flags = SA_RESTART };

		act.sa_handler = watched[i] == SIGINT || watched[i] == SIGQUIT ? SIG_IGN : pass_on;
		sigaction(watched[i], NULL, &old[i]);
		if (old[i].sa_handler != SIG_IGN)
			sigaction(watched[i], &act, NULL);
	}
}

static void unwatch(const struct sigaction old[N_WATCHED])
{
	for (size_t i = 0; i < N_WATCHED; i++)
		sigaction(watched[i], &old[i], NULL);
}

static void become(char *const *argv, const struct sigaction old[N_WATCHED], const sigset_t *mask)
{
	unwatch(old);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	_exit(errno == ENOENT ? 127 : 126);
}

int lk_command_run(char *const *argv, int *ret_status, struct lk_err *err)
{
	struct sigaction old[N_WATCHED];
	sigset_t all, mask;
	int status = 0, rc;
	pid_t pid;

	/* Block all signals until command_pid is set, so that none is lost before it can be passed on. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	watch(old);
	pid = fork();
	if (pid == 0)
		become(argv, old, &mask);
	rc = pid < 0 ? -errno : 0;
	command_pid = pid;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	while (!rc && waitpid(pid, &status, 0) < 0)
		rc = errno == EINTR ? 0 : -errno;
	command_pid = 0;
	unwatch(old);
	if (rc < 0)
		return lk_err_set(err, rc, "cannot run %s: %s", argv[0], strerror(-rc));
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

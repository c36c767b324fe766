/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of lkhelp that make processes and change its own. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lkhelp.h"

/* fork SOCKET: the child takes its commands from there. */
int cmd_fork(struct context *c, char **argv)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		child_serves(argv[1]);
	return reply(c, "%d", pid);
}

/* forkat PID SOCKET: a child with that very number in this pid namespace. */
int cmd_forkat(struct context *c, char **argv)
{
	pid_t wanted = atoi(argv[1]);
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uint64_t)(uintptr_t)&wanted,
		.set_tid_size = 1,
	};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		return -errno;
	if (pid == 0)
		child_serves(argv[2]);
	return reply(c, "%ld", pid);
}

/* spawn COUNT: children that only sleep and end with this process. */
int cmd_spawn(struct context *c, char **argv)
{
	int count = atoi(argv[1]);

	for (int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return -errno;
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close_protocol();
			for (;;)
				pause();
		}
	}
	return reply(c, "%d", count);
}

/* One short life: a file, a lock, perhaps a child that inherits it. */
static _Noreturn void storm_child(unsigned seed)
{
	static const char *const kinds[] = { "posix", "ofd", "flock" };
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "storm%u", seed % 16);
	fd = open(name, O_RDWR | O_CREAT, 0666);
	if (fd < 0)
		_exit(1);
	if (seed % 3 == 2)
		lock_whole("flock", seed & 8 ? 'r' : 'w', fd, false);
	else
		lock_range(kinds[seed % 3], seed & 8 ? 'r' : 'w', fd, seed % 64, 1 + seed % 7, false);
	if (seed % 4 == 0 && fork() == 0)
		usleep(500 + seed % 1500);
	usleep(seed % 300);
	_exit(0);
}

static _Noreturn void storm_worker(time_t end, unsigned seed)
{
	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* grandchildren are ours to reap */
	close_protocol();
	while (time(NULL) < end) {
		pid_t pid;

		seed = seed * 1103515245u + 12345u;
		pid = fork();
		if (pid == 0)
			storm_child(seed >> 8);
		while (waitpid(-1, NULL, pid > 0 ? 0 : WNOHANG) > 0 && pid > 0)
			pid = 0;
	}
	_exit(0);
}

/* storm SECONDS WORKERS: processes that start, lock files in the current directory and end, all the time. */
int cmd_storm(struct context *c, char **argv)
{
	time_t end = time(NULL) + atoi(argv[1]);
	int count = atoi(argv[2]);

	for (int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return -errno;
		if (pid == 0)
			storm_worker(end, (unsigned)i * 7919u + 1);
	}
	return reply(c, "%d", count);
}

/* exec PROGRAM: it has to understand --fd. */
int cmd_exec(struct context *c, char **argv)
{
	char *path = unhex(argv[1]);
	char number[16];

	(void)c;
	if (!path)
		return -EINVAL;
	fcntl(protocol_in, F_SETFD, 0);
	snprintf(number, sizeof(number), "%d", protocol_in);
	execl(path, path, "--fd", number, (char *)NULL);
	return -errno;
}

int cmd_comm(struct context *c, char **argv)
{
	char *name = unhex(argv[1]);
	int r = !name ? -EINVAL : prctl(PR_SET_NAME, name) < 0 ? -errno : 0;

	(void)c;
	free(name);
	return r;
}

int cmd_chdir(struct context *c, char **argv)
{
	char *path = unhex(argv[1]);
	int r = !path ? -EINVAL : chdir(path) < 0 ? -errno : 0;

	(void)c;
	free(path);
	return r;
}

int cmd_nofile(struct context *c, char **argv)
{
	struct rlimit limit = { .rlim_cur = (rlim_t)atoll(argv[1]), .rlim_max = (rlim_t)atoll(argv[1]) };

	(void)c;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

/* setuid UID: for good, and readable by that user. */
int cmd_setuid(struct context *c, char **argv)
{
	uid_t uid = (uid_t)atoi(argv[1]);

	(void)c;
	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	return prctl(PR_SET_DUMPABLE, 1) < 0 ? -errno : 0;
}

int cmd_nodump(struct context *c, char **argv)
{
	(void)c;
	(void)argv;
	return prctl(PR_SET_DUMPABLE, 0) < 0 ? -errno : 0;
}

int cmd_pid(struct context *c, char **argv)
{
	(void)argv;
	return reply(c, "%d %d", (int)getpid(), (int)gettid());
}

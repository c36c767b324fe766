/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that open, lock, unlock and close the same few files as fast as they can, beside one that keeps its locks. What a look at
 * them may show and what not is known: see tests/live/bpf.py.
 *
 * usage: lkchurn DIRECTORY SECONDS LOCKERS BYSTANDERS
 *
 * Prints a line for each process, "steady PID", "sharer PID", "locker PID NUMBER", "bystander PID", then "ready". Locker i locks
 * bytes 1000*(i+1)..1000*(i+1)+9 and whole files by flock; bystanders lock nothing; the steady one keeps bytes 0..9 (OFD) and 10..19
 * (POSIX) of each file, and its first child shares the former. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define N_FILES 4

static void fail(const char *what)
{
	fprintf(stderr, "lkchurn: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_file(unsigned i)
{
	char name[16];
	int fd;

	snprintf(name, sizeof(name), "f%u", i % N_FILES);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		fail(name);
	return fd;
}

static int lock_bytes(int fd, int cmd, short type, off_t start)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 10 };

	return fcntl(fd, cmd, &l);
}

static _Noreturn void be_locker(unsigned number, time_t end)
{
	off_t start = 1000 * ((off_t)number + 1);

	for (unsigned i = number; time(NULL) < end; i++) {
		int fd = open_file(i), cmd = i & 1 ? F_OFD_SETLK : F_SETLK;

		if (i % 5 == 0)
			flock(fd, LOCK_EX | LOCK_NB);
		else
			lock_bytes(fd, cmd, i & 2 ? F_WRLCK : F_RDLCK, start);
		if (i % 3 == 0)
			lock_bytes(fd, cmd, F_UNLCK, start);
		close(fd);
	}
	_exit(0);
}

static _Noreturn void be_bystander(time_t end)
{
	for (unsigned i = 0; time(NULL) < end; i++)
		close(open_file(i));
	_exit(0);
}

static void say(const char *role, unsigned number)
{
	printf("%s %d %u\n", role, (int)getpid(), number);
	fflush(stdout);
}

static int kept[N_FILES]; /* of the steady one */

static void start(const char *role, unsigned number, time_t end)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0; i < N_FILES && strcmp(role, "sharer") != 0; i++)
		close(kept[i]);
	say(role, number);
	if (strcmp(role, "locker") == 0)
		be_locker(number, end);
	if (strcmp(role, "bystander") == 0)
		be_bystander(end);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	time_t end;
	unsigned n_lockers, n_bystanders;

	if (argc != 5 || chdir(argv[1]) < 0)
		fail("usage: lkchurn DIRECTORY SECONDS LOCKERS BYSTANDERS");
	end = time(NULL) + strtol(argv[2], NULL, 10);
	n_lockers = (unsigned)strtoul(argv[3], NULL, 10);
	n_bystanders = (unsigned)strtoul(argv[4], NULL, 10);
	say("steady", 0);
	for (unsigned i = 0; i < N_FILES; i++) {
		int fd = open_file(i);

		kept[i] = fd;
		if (lock_bytes(fd, F_OFD_SETLK, F_WRLCK, 0) < 0 || lock_bytes(fd, F_SETLK, F_RDLCK, 10) < 0)
			fail("fcntl");
	}
	start("sharer", 0, end);
	for (unsigned i = 0; i < n_lockers; i++)
		start("locker", i, end);
	for (unsigned i = 0; i < n_bystanders; i++)
		start("bystander", i, end);
	printf("ready 0 0\n");
	fflush(stdout);
	while (time(NULL) < end)
		sleep(1);
	kill(0, SIGTERM);
	return 0;
}

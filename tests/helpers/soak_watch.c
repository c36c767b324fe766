/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at a tree like /proc whose locks change all the time, as `lockscope watch` does, and holds the memory and the descriptors it
 * uses against a bound.
 *
 * usage: soak_watch DIRECTORY ROUNDS      DIRECTORY must be empty */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/build.h"
#include "model/diff.h"
#include "source/procfs/procfs.h"

#define N_PROCESSES 8
#define N_LOCKS 40 /* of each process */
#define WARM_UP 200 /* rounds until every buffer has found its size */
#define MAX_GROWTH_KIB 1024 /* of a heap that finds its shape; it stays below half of this */
#define FIRST_PID 1000

static void fail(const char *what)
{
	fprintf(stderr, "soak_watch: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void make_dir(int root, const char *path)
{
	if (mkdirat(root, path, 0755) < 0 && errno != EEXIST)
		fail(path);
}

static void put_file(int root, const char *path, const char *text, size_t n)
{
	int fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n || close(fd) < 0)
		fail(path);
}

static void put_text(int root, const char *path, const char *text)
{
	put_file(root, path, text, strlen(text));
}

static void put_link(int root, const char *path, const char *target)
{
	if (symlinkat(target, root, path) < 0)
		fail(path);
}

static const char *path_of(int pid, const char *name)
{
	static char buf[64];

	snprintf(buf, sizeof(buf), "%d/%s", pid, name);
	return buf;
}

static void make_process(int root, int pid)
{
	static const char *const dirs[] = { "", "fd", "fdinfo", "ns", "task" };
	char text[512];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		make_dir(root, path_of(pid, dirs[i]));
	snprintf(text, sizeof(text), "%d (soak) S 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n", pid, pid);
	put_text(root, path_of(pid, "stat"), text);
	put_text(root, path_of(pid, "comm"), "soak\n");
	snprintf(text, sizeof(text),
		 "Name:\tsoak\nTgid:\t%d\nPid:\t%d\nPPid:\t1\nUid:\t0\t0\t0\t0\nThreads:\t1\nNSpid:\t%d\n", pid, pid,
		 pid);
	put_text(root, path_of(pid, "status"), text);
	put_text(root, path_of(pid, "mountinfo"), "21 1 254:0 / / rw - ext4 /dev/vda1 rw\n");
	put_link(root, path_of(pid, "ns/pid"), "pid:[4026531836]");
	put_link(root, path_of(pid, "fd/3"), "/srv/data");
}

static void make_tree(int root)
{
	static const char *const dirs[] = { "self", "self/ns", "sys", "sys/kernel", "sys/kernel/random" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		make_dir(root, dirs[i]);
	put_link(root, "self/ns/pid", "pid:[4026531836]");
	put_text(root, "self/mountinfo", "21 1 254:0 / / rw - ext4 /dev/vda1 rw\n");
	put_text(root, "sys/kernel/random/boot_id", "8d1c0c61-4f0e-4a53-9d0b-6c3f4e1a7b20\n");
	put_text(root, "sys/kernel/hostname", "soak\n");
	put_text(root, "uptime", "5000.00 9000.00\n");
	put_text(root, "stat", "btime 1795310000\n");
	for (int i = 0; i < N_PROCESSES; i++)
		make_process(root, FIRST_PID + i);
}

static void add(char **at, const char *last, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void add(char **at, const char *last, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*at += vsnprintf(*at, (size_t)(last - *at), fmt, ap);
	va_end(ap);
}

/* Some of the locks stand, some move a little, some come and go; every third has somebody who waits for it, now and then. */
static void put_locks(int root, unsigned round)
{
	static char list[1 << 18], info[1 << 16];
	char *l = list, *f;

	for (int p = 0; p < N_PROCESSES; p++) {
		int pid = FIRST_PID + p;

		f = info;
		add(&f, info + sizeof(info), "pos:\t0\nflags:\t0100002\nmnt_id:\t21\nino:\t12\n");
		for (unsigned i = 0; i < N_LOCKS; i++) {
			unsigned start = ((unsigned)p * N_LOCKS + i) * 100 + (i % 4 == 1   ? round % 7
									      : i % 4 == 2 ? round % 90
											   : 0);
			char line[128];

			if (i % 4 == 3 && (round + i) % 3 == 0)
				continue;
			snprintf(line, sizeof(line), "POSIX  ADVISORY  WRITE %d fe:00:12 %u %u", pid, start, start + 5);
			add(&l, list + sizeof(list), "%u: %s\n", i + 1, line);
			add(&f, info + sizeof(info), "lock:\t%u: %s\n", i + 1, line);
			if (i % 3 == 0 && (round / 2 + i) % 5)
				add(&l, list + sizeof(list), "%u: -> POSIX  ADVISORY  WRITE %d fe:00:12 %u %u\n", i + 1,
				    FIRST_PID + (p + 1) % N_PROCESSES, start, start + 3);
		}
		put_file(root, path_of(pid, "fdinfo/3"), info, (size_t)(f - info));
	}
	put_file(root, "locks", list, (size_t)(l - list));
}

static long resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	char buf[128] = "";
	char *second;

	if (!f || !fgets(buf, sizeof(buf), f))
		fail("statm");
	fclose(f);
	second = strchr(buf, ' ');
	return second ? strtol(second, NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024) : 0;
}

static size_t count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	if (!d)
		fail("fd");
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static size_t look(struct lk_source *source, struct lk_diff *diff, unsigned round)
{
	struct lk_request req = { .needs = LK_NEED_WAITS };
	const struct lk_event *events;
	struct lk_err err = { 0 };
	struct lk_snapshot *s;
	size_t n;

	if (lk_snapshot_take(source, &req, &s, &err) < 0) {
		fprintf(stderr, "soak_watch: %s\n", lk_err_text(&err));
		exit(1);
	}
	n = lk_diff_feed(diff, s, (int64_t)round * 100, 100, &events);
	lk_diff_settle(diff);
	return n;
}

static int judge(size_t rounds, size_t events, long grown, size_t fds_before, size_t fds)
{
	bool good = events > rounds && fds == fds_before;

#ifndef __SANITIZE_ADDRESS__ /* which keeps freed memory for a while */
	good = good && grown <= MAX_GROWTH_KIB;
#endif
	printf("%zu rounds, %zu events; resident memory has grown by %ld KiB since round %d, descriptors from %zu to %zu\n",
	       rounds, events, grown, WARM_UP, fds_before, fds);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	size_t rounds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, events = 0, fds = 0;
	struct lk_source *source;
	struct lk_diff *diff = lk_diff_new();
	long before = 0;
	int root, status;

	if (rounds <= WARM_UP) {
		fprintf(stderr, "usage: soak_watch DIRECTORY ROUNDS (more than %d)\n", WARM_UP);
		return 2;
	}
	root = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		fail(argv[1]);
	make_tree(root);
	put_locks(root, 0);
	if (lk_procfs_new(argv[1], &source, NULL) < 0)
		fail("start");
	for (unsigned round = 0; round < rounds; round++) {
		put_locks(root, round);
		events += look(source, diff, round);
		if (round == WARM_UP) {
			before = resident_kib();
			fds = count_descriptors();
		}
	}
	status = judge(rounds, events, resident_kib() - before, fds, count_descriptors());
	lk_diff_free(diff);
	lk_source_free(source);
	close(root);
	return status;
}

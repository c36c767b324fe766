/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a bystander feels: takes and releases a lock of its own over and over, and prints at the end of its standard input, as a
 * line of JSON, how long a pair of calls took.
 *
 *   benchlatency FILE */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Steps of an eighth of a power of two, in ns. */
#define STEPS 8
#define BUCKETS ((size_t)64 * STEPS)

static uint64_t counts[BUCKETS], n_pairs, longest;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static size_t bucket_of(uint64_t ns)
{
	unsigned power = 63 - (unsigned)__builtin_clzll(ns | STEPS);

	return (size_t)power * STEPS + (size_t)((ns | STEPS) >> (power - 3) & (STEPS - 1));
}

/* The upper end of a bucket. */
static double bucket_us(size_t b)
{
	return (double)(((uint64_t)STEPS + b % STEPS + 1) << (b / STEPS - 3)) / 1e3;
}

static double percentile(double share)
{
	uint64_t want = (uint64_t)((double)n_pairs * share), seen = 0;

	for (size_t b = 0; b < BUCKETS; b++) {
		seen += counts[b];
		if (counts[b] && seen > want)
			return bucket_us(b);
	}
	return 0;
}

static void pair(int fd)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	uint64_t begin = now_ns(), ns;

	if (fcntl(fd, F_SETLK, &l) < 0)
		err(1, "lock");
	l.l_type = F_UNLCK;
	fcntl(fd, F_SETLK, &l);
	ns = now_ns() - begin;
	counts[bucket_of(ns)]++;
	n_pairs++;
	longest = ns > longest ? ns : longest;
}

int main(int argc, char **argv)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char c;
	int fd;

	if (argc != 2)
		errx(2, "usage: benchlatency FILE");
	fd = open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		err(1, "%s", argv[1]);
	for (;;) {
		for (int i = 0; i < 200; i++)
			pair(fd);
		if (poll(&p, 1, 0) > 0 && read(STDIN_FILENO, &c, 1) <= 0)
			break;
	}
	printf("{\"pairs\":%llu,\"p50_us\":%.2f,\"p99_us\":%.2f,\"max_us\":%.1f}\n", (unsigned long long)n_pairs,
	       percentile(0.5), percentile(0.99), (double)longest / 1e3);
	return 0;
}

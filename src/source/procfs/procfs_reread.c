/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a lock list that keeps changing.
 *
 * Each read(2) of proc_locks(5) shows one piece of the list as it is at that moment, and goes on by counting entries: if locks before that
 * place have gone, others are skipped. But the kernel adds a lock only at the front of one of its lists (one for each processor, printed
 * one after the other), and no lock ever changes its place: what follows a lock goes on following it. So two readers go through the list
 * in turn, half a piece apart, and each piece must have some locks in common with the piece before it, which the other reader has read. If
 * the pieces are joined there, no lock that was held all the time is missing. See doc/kernel.md 1.4. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "source/procfs/procfs_splice.h"

#define CHUNK ((size_t)64 * 1024)
#define MAX_CHUNK ((size_t)64 << 20)
/* How much the kernel prints at a time; more once it has met a lock with very many waiters, because it prints a lock and its waiters
 * together. */
#define PAGE ((size_t)4096)
/* A piece much shorter than PAGE, with nothing behind it, was the last one. */
#define WHOLE_CHUNK ((size_t)3 * 1024)
/* Joining mostly fails at one very long entry; at the next try the kernel's buffer for each reader is large enough for it. */
#define MAX_TRIES 4
/* All tries together read at most so many times the length of the list: reading a long list delays everybody who takes a lock. */
#define MAX_TIMES 4

struct reread {
	struct scan *s;
	int fds[2]; /* the readers */
	size_t n_bytes[2]; /* how far each has read */
	bool mid_line[2];
	char *buf;
	size_t cap;
	struct scan_splice splice;
	unsigned reader; /* which of them read splice.before */
};

/* 1: a piece was read, 0: end of file, -EAGAIN: a group is longer than the buffer, which has grown; or another -errno. */
static int read_piece(struct reread *r, unsigned reader, size_t want, struct scan_piece *t)
{
	size_t room = want < r->cap ? want : r->cap;
	bool mid_line = r->mid_line[reader];
	ssize_t got;

	lk_piece_reset(t);
	do {
		got = read(r->fds[reader], r->buf, room);
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		return got < 0 ? -errno : 0;
	r->n_bytes[reader] += (size_t)got;
	t->n_bytes = (size_t)got;
	t->cut = (size_t)got == room;
	if (t->cut && room == r->cap) {
		if (r->cap >= MAX_CHUNK)
			return -EFBIG;
		r->cap *= 2;
		r->buf = lk_realloc(r->buf, r->cap, 1);
		return -EAGAIN;
	}
	r->mid_line[reader] = r->buf[got - 1] != '\n';
	lk_piece_take(t, r->buf, (size_t)got, mid_line);
	return 1;
}

static int begin(struct reread *r)
{
	int rc = read_piece(r, 0, r->cap, &r->splice.before);

	r->reader = 0;
	if (rc < 0)
		return rc;
	lk_splice_begin(&r->splice);
	/* The second reader begins half a piece behind. */
	return read_piece(r, 1, PAGE / 2, &r->splice.now);
}

/* Joins what `reader` has just read. 1, or 0: the pieces do not join. */
static int join(struct reread *r, unsigned reader)
{
	bool moved, joined = lk_splice_join(&r->splice, &moved);

	if (moved)
		r->reader = reader;
	return joined;
}

static bool may_be_last(const struct scan_piece *t)
{
	return !t->cut && t->n_bytes <= WHOLE_CHUNK;
}

/* How much to read: the reader that is behind goes on to half a page beyond the other one. The distance between them varies, because
 * pieces end at the end of a line. */
static size_t wanted(const struct reread *r, unsigned reader)
{
	size_t goal = r->n_bytes[!reader] + PAGE / 2, n = r->n_bytes[reader];

	return goal > n && goal - n < PAGE * 3 / 4 ? goal - n : r->cap;
}

/* After the last piece its reader should meet the end of file. What it reads instead can be known locks, which new locks in front have
 * pushed beyond its place; if it is more than those, the other reader shows how the list ends. 1: that was the end, 0: the pieces do
 * not join, -EINPROGRESS: read on, or -errno. */
static int check_end(struct reread *r)
{
	unsigned other = !r->reader;
	int rc = read_piece(r, r->reader, r->cap, &r->splice.now);

	if (rc <= 0)
		return rc < 0 ? rc : 1;
	if (lk_splice_is_same_end(&r->splice))
		return -EINPROGRESS;
	rc = read_piece(r, other, r->cap, &r->splice.now);
	rc = rc <= 0 ? rc : join(r, other);
	return rc <= 0 ? rc : -EINPROGRESS;
}

/* 1: the end was reached and nothing is missing, 0: the pieces do not join, or -errno. */
static int follow(struct reread *r)
{
	while (!lk_scan_is_late(r->s)) {
		unsigned reader = r->n_bytes[1] < r->n_bytes[0];
		int rc;

		if (may_be_last(&r->splice.before)) {
			rc = check_end(r);
			if (rc != -EINPROGRESS)
				return rc;
			continue;
		}
		rc = read_piece(r, reader, wanted(r, reader), &r->splice.now);
		rc = rc <= 0 ? rc : join(r, reader);
		if (rc <= 0)
			return rc;
	}
	return 0;
}

static int try_once(struct reread *r)
{
	int rc;

	for (unsigned i = 0; i < 2; i++) {
		r->n_bytes[i] = 0;
		r->mid_line[i] = false;
		if (lseek(r->fds[i], 0, SEEK_SET) < 0)
			return -errno;
	}
	rc = begin(r);
	return rc < 0 ? rc : follow(r);
}

static int run_reread(struct reread *r, size_t length, bool *ret_sure)
{
	size_t most = length * MAX_TIMES, n = 0;
	int rc = 0;

	for (int i = 0; i < MAX_TRIES && rc == 0 && n <= most && !lk_scan_is_late(r->s); i++) {
		rc = try_once(r);
		while (rc == -EAGAIN)
			rc = try_once(r);
		n += r->n_bytes[0] + r->n_bytes[1];
	}
	*ret_sure = rc == 1;
	return rc < 0 ? rc : 0;
}

int lk_scan_reread(struct scan *s, size_t length, struct scan_lines *ret, bool *ret_sure)
{
	lk_auto_fd first = lk_io_openat(s->root->fd, "locks", O_RDONLY | O_NONBLOCK);
	lk_auto_fd second = lk_io_openat(s->root->fd, "locks", O_RDONLY | O_NONBLOCK);
	struct reread r = { .s = s, .fds = { first, second }, .cap = CHUNK, .buf = lk_alloc(CHUNK, 1) };
	int rc = first < 0 ? first : second < 0 ? second : 0;

	*ret_sure = false;
	rc = rc ? rc : run_reread(&r, length, ret_sure);
	if (!rc && *ret_sure) {
		*ret = r.splice.all.lines;
		ret->n_reads = 2;
		r.splice.all.lines = (struct scan_lines){ 0 };
	}
	free(r.buf);
	lk_splice_done(&r.splice);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads /proc/locks. Each read(2) returns a chunk of about 4 KiB. A chunk is atomic, but changes between two chunks make lines appear
 * twice or not at all: only a list of one chunk, two equal reads in a row, or a chained read (procfs_reread.c) are trusted.
 * See doc/kernel.md 1.4. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/io.h"
#include "source/procfs/procfs_private.h"

#define CHUNK ((size_t)64 * 1024)
#define MAX_READS 5
/* The kernel ends a chunk (a page) before a group that does not fit. A much smaller chunk was the whole list; after a fuller one there may
 * be another group, which the next read(2) misses if a lock was removed in between. */
#define WHOLE_CHUNK ((size_t)3 * 1024)

/* Adds the complete lines of buf[0..n); returns how many bytes they were. */
static size_t take_lines(struct scan_lines *l, const char *buf, size_t n)
{
	size_t used = 0;
	const char *nl;

	while ((nl = memchr(buf + used, '\n', n - used)) != NULL) {
		lk_scan_add_line(l, buf + used, (size_t)(nl - buf) - used);
		used = (size_t)(nl - buf) + 1;
	}
	return used;
}

static int read_all(struct scan *s, int fd, struct scan_lines *l)
{
	lk_auto_mem char *buf = lk_alloc(CHUNK, 1);
	size_t n = 0;

	for (;;) {
		ssize_t got;
		size_t used;

		/* With a hundred thousand locks one pass can take a minute while others lock and unlock. */
		l->cut = lk_scan_is_late(s);
		if (l->cut)
			return 0;
		got = read(fd, buf + n, CHUNK - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0) {
			lk_scan_add_line(l, buf, n);
			return 0;
		}
		l->n_reads++;
		l->n_bytes += (size_t)got;
		n += (size_t)got;
		used = take_lines(l, buf, n);
		memmove(buf, buf + used, n - used);
		n -= used;
		if (n == CHUNK) {
			l->n_bad++; /* no line is that long */
			n = 0;
		}
	}
}

int lk_scan_read_lines(struct scan *s, struct scan_lines *ret)
{
	struct scan_lines l = { 0 };
	lk_auto_fd fd = lk_io_openat(s->root->fd, "locks", O_RDONLY | O_NONBLOCK);
	int rc;

	/* Reading the list may have to wait, but no process can block it for ever: tells the guard that no process is being read. */
	lk_procroot_touch(0);
	rc = fd < 0 ? fd : read_all(s, fd, &l);
	if (rc < 0) {
		lk_scan_lines_done(&l);
		return rc;
	}
	*ret = l;
	return 0;
}

/* Hashes of bodies with their depth, sorted: ordinals and order differ from read to read and mean nothing. */
static uint64_t *sorted_hashes(const struct scan_lines *l)
{
	uint64_t *h = lk_alloc(l->v.n, sizeof(*h));

	for (size_t i = 0; i < l->v.n; i++)
		h[i] = lk_hash_fnv(l->v.v[i].hash, &l->v.v[i].rec.depth, sizeof(l->v.v[i].rec.depth));
	qsort(h, l->v.n, sizeof(*h), lk_compare_u64);
	return h;
}

bool lk_scan_lines_equal(const struct scan_lines *a, const struct scan_lines *b)
{
	lk_auto_mem uint64_t *ha = NULL;
	lk_auto_mem uint64_t *hb = NULL;

	if (a->v.n != b->v.n)
		return false;
	ha = sorted_hashes(a);
	hb = sorted_hashes(b);
	return memcmp(ha, hb, a->v.n * sizeof(*ha)) == 0;
}

static bool is_atomic(const struct scan_lines *l)
{
	return l->n_reads <= 1 && l->n_bytes <= WHOLE_CHUNK;
}

/* Reads until two reads in a row agree. *last: the read before, in the end the last one. */
static int read_until_equal(struct scan *s, struct scan_lines *last, bool *ret_sure)
{
	bool sure = false;
	int rc = 0;

	for (int i = 1; rc == 0 && !sure && i < MAX_READS && !lk_scan_is_late(s); i++) {
		struct scan_lines next = { 0 };

		rc = lk_scan_read_lines(s, &next);
		sure = rc == 0 && (is_atomic(&next) || lk_scan_lines_equal(&next, last));
		lk_scan_lines_done(last);
		*last = next;
	}
	*ret_sure = sure;
	return rc;
}

int lk_scan_read_settled(struct scan *s, const struct scan_lines *before, struct scan_lines *ret, bool *ret_sure)
{
	struct scan_lines last = { 0 }, chained = { 0 };
	int rc = lk_scan_read_lines(s, &last);
	bool sure;

	if (rc < 0)
		return rc;
	sure = is_atomic(&last) || lk_scan_lines_equal(before, &last);
	if (!sure && s->root->is_proc) {
		rc = lk_scan_reread(s, last.n_bytes, &chained, &sure);
		if (!rc && sure) {
			lk_scan_lines_done(&last);
			last = chained;
		}
	}
	rc = rc || sure ? rc : read_until_equal(s, &last, &sure);
	if (rc < 0) {
		lk_scan_lines_done(&last);
		return rc;
	}
	*ret = last;
	*ret_sure = sure && !last.cut;
	return 0;
}

int lk_scan_stable_lines(struct scan *s, const struct scan_lines *before)
{
	struct scan_lines next;
	int rc = lk_scan_read_settled(s, before, &next, &s->stable);

	if (rc < 0)
		return rc;
	lk_scan_lines_done(&s->lines);
	s->lines = next;
	return 0;
}

void lk_scan_counts_done(struct scan_counts *c)
{
	lk_map_done(&c->map);
	lk_vec_done(&c->v);
	free(c->keys);
	*c = (struct scan_counts){ 0 };
}

struct scan_count *lk_scan_count_of(struct scan_counts *c, uint64_t hash)
{
	size_t i;

	return lk_map_find(&c->map, &hash, sizeof(hash), &i) ? &c->v.v[i] : NULL;
}

static struct scan_count *count_slot(struct scan_counts *c, uint64_t hash)
{
	struct scan_count *slot = lk_scan_count_of(c, hash);

	if (slot)
		return slot;
	c->keys[c->v.n] = hash;
	slot = lk_vec_push(&c->v);
	lk_map_set(&c->map, &c->keys[c->v.n - 1], sizeof(hash), c->v.n - 1);
	*slot = (struct scan_count){ 0 };
	return slot;
}

/* Tells locks with equal lines apart: two descriptors that show the same body show one lock if they share the open file description, or
 * for a POSIX lock the descriptor table. */
static uint64_t owner_of(const struct scan *s, const struct scan_hit *h)
{
	const struct scan_fd *f = &s->fds.v[h->fd];

	if (h->rec.type == LK_TYPE_POSIX)
		return f->tid ? UINT64_C(1) << 63 | (uint64_t)f->tid : 1;
	return f->ofd ? f->ofd : UINT64_C(1) << 62;
}

struct owned {
	uint64_t hash, owner;
};

static int compare_owned(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->owner < y->owner ? -1 : x->owner > y->owner;
}

static void count_groups(const struct scan *s, struct scan_counts *c)
{
	lk_auto_mem struct owned *o = lk_alloc(s->hits.n, sizeof(*o));
	size_t n = 0;

	for (size_t i = 0; i < s->hits.n; i++) {
		if (!s->hits.v[i].dead)
			o[n++] = (struct owned){ s->hits.v[i].hash, owner_of(s, &s->hits.v[i]) };
	}
	qsort(o, n, sizeof(*o), compare_owned);
	for (size_t i = 0; i < n; i++) {
		struct scan_count *slot = count_slot(c, o[i].hash);

		if (i == 0 || compare_owned(&o[i - 1], &o[i]) != 0)
			slot->n_groups++;
	}
}

void lk_scan_count(const struct scan *s, const struct scan_lines *l, struct scan_counts *ret)
{
	*ret = (struct scan_counts){ .keys = lk_alloc(l->v.n + s->hits.n, sizeof(*ret->keys)) };
	for (size_t i = 0; i < l->v.n; i++) {
		if (!l->v.v[i].rec.depth)
			count_slot(ret, l->v.v[i].hash)->n_lines++;
	}
	count_groups(s, ret);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out which descriptors share an open file description: kcmp(2) with KCMP_FILE, which also orders them, so that n log n calls are
 * enough. See doc/kernel.md 2.5. */
#include <errno.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "source/procfs/procfs_private.h"

struct item {
	struct lk_key key;
	size_t fd; /* index in scan->fds */
	bool waits;
};

static int compare_item_keys(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return lk_key_compare(&x->key, &y->key);
}

/* 0 same, 1 or 2 ordered, 3 different, -1 cannot tell (one is gone, or we may not). */
static int kcmp_fds(const struct scan_fd *a, const struct scan_fd *b)
{
	lk_procroot_touch(b->pid);
	return (int)syscall(SYS_kcmp, a->tid ? a->tid : a->pid, b->tid ? b->tid : b->pid, KCMP_FILE, a->fd, b->fd);
}

/* The state of sorting one group. */
struct order {
	struct scan *s;
	bool failed; /* something could not be compared */
};

/* Until all are compared, scan_fd.ofd leads to another descriptor of the same description, and at last to one whose number is its own
 * (index + 1). */
static size_t first_of(const struct scan *s, size_t fd)
{
	while (s->fds.v[fd].ofd != fd + 1)
		fd = s->fds.v[fd].ofd - 1;
	return fd;
}

static void join(struct scan *s, size_t a, size_t b)
{
	a = first_of(s, a);
	b = first_of(s, b);
	if (a < b)
		s->fds.v[b].ofd = a + 1;
	else
		s->fds.v[a].ofd = b + 1;
}

static int compare_items(const void *a, const void *b, void *arg)
{
	const struct item *x = a, *y = b;
	struct order *o = arg;
	const struct scan_fd *fx = &o->s->fds.v[x->fd], *fy = &o->s->fds.v[y->fd];
	int rc = kcmp_fds(fx, fy);

	if (rc == 0 && !o->failed)
		join(o->s, x->fd, y->fd);
	if (rc == 0 || rc == 1 || rc == 2)
		return rc == 1 ? -1 : rc == 2;
	o->failed = true;
	/* kcmp(2) gives no order: any fixed one will do, number_comparable() asks for equality again. */
	return fx->pid != fy->pid ? lk_compare(fx->pid, fy->pid) : lk_compare(fx->fd, fy->fd);
}

static size_t collect(const struct scan *s, struct item *items)
{
	size_t n = 0, last = SIZE_MAX;

	for (size_t i = 0; i < s->hits.n; i++) {
		const struct scan_hit *h = &s->hits.v[i];

		/* The hits of one descriptor stand together. */
		if (h->dead || h->fd == last)
			continue;
		items[n++] = (struct item){ .key = h->rec.key, .fd = h->fd };
		last = h->fd;
	}
	for (size_t i = 0; i < s->waiters.n; i++) {
		size_t fd = s->waiters.v[i].fd;

		if (fd != SIZE_MAX && !s->fds.v[fd].file.key.none)
			items[n++] = (struct item){ .key = s->fds.v[fd].file.key, .fd = fd, .waits = true };
	}
	return n;
}

/* Removes descriptors that cannot be compared (their process is gone), whose number stays unknown: in the sorted order they would separate
 * descriptors of one description. Returns how many are left. */
static size_t keep_comparable(struct scan *s, struct item *items, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct scan_fd *f = &s->fds.v[items[i].fd];

		f->ofd = 0;
		if (kcmp_fds(f, f) == 0)
			items[kept++] = items[i];
	}
	return kept;
}

/* Numbers a group in which a comparison failed: leaves out what is gone, and compares neighbours again. */
static void number_comparable(struct scan *s, struct item *items, size_t n)
{
	struct order o = { .s = s, .failed = true };

	n = keep_comparable(s, items, n);
	if (n > 1)
		qsort_r(items, n, sizeof(*items), compare_items, &o);
	for (size_t i = 0; i < n; i++) {
		struct scan_fd *f = &s->fds.v[items[i].fd];
		int rc = -1;

		f->ofd = items[i].fd + 1;
		/* A neighbour that went away meanwhile cannot be compared: try the one before it. */
		for (size_t k = i; rc < 0 && k-- > 0;) {
			rc = kcmp_fds(&s->fds.v[items[k].fd], f);
			if (rc == 0)
				f->ofd = s->fds.v[items[k].fd].ofd;
			if (rc < 0 && kcmp_fds(f, f) != 0) {
				f->ofd = 0;
				break;
			}
		}
	}
}

/* A descriptor that is alone on its inode only needs a number of its own. Sorting several compares each with its final neighbour, and so
 * finds all that are the same. */
static void number_group(struct scan *s, struct item *items, size_t n)
{
	struct order o = { .s = s };

	for (size_t i = 0; i < n; i++)
		s->fds.v[items[i].fd].ofd = items[i].fd + 1;
	if (n < 2)
		return;
	qsort_r(items, n, sizeof(*items), compare_items, &o);
	if (o.failed) {
		number_comparable(s, items, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		s->fds.v[items[i].fd].ofd = first_of(s, items[i].fd) + 1;
}

static bool any_waits(const struct item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (items[i].waits)
			return true;
	}
	return false;
}

void lk_scan_number_ofds(struct scan *s)
{
	lk_auto_mem struct item *items = NULL;
	struct scan_numbered now = { s->fds.n, s->hits.n, s->waiters.n };
	size_t n, first = 0;

	if (!s->root->own_pids || memcmp(&now, &s->numbered, sizeof(now)) == 0)
		return;
	items = lk_alloc(s->fds.n, sizeof(*items));
	n = collect(s, items);
	qsort(items, n, sizeof(*items), compare_item_keys);
	for (size_t i = 1; i <= n; i++) {
		if (i < n && compare_item_keys(&items[i], &items[first]) == 0)
			continue;
		/* If only waiters were added, the numbers of groups without a waiter stay valid. */
		if (now.n_hits != s->numbered.n_hits || any_waits(items + first, i - first))
			number_group(s, items + first, i - first);
		first = i;
	}
	s->numbered = now;
}

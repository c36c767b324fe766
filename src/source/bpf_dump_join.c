/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ints.h"
#include "base/map.h"
#include "source/bpf_dump_private.h"

#define LONGEST_NAME 255 /* bytes, of one component (linux/limits.h) */

static int by_tid(const void *a, const void *b)
{
	const struct lk_bpf_call *x = a, *y = b;

	return lk_compare(x->tid, y->tid);
}

static const struct lk_bpf_call *find_call(const struct lk_bpf_call *v, size_t n, uint32_t tid)
{
	struct lk_bpf_call key = { .tid = tid };

	return n ? bsearch(&key, v, n, sizeof(*v), by_tid) : NULL;
}

const struct lk_bpf_call *lk_bpf_find_call(const struct lk_bpf_dump *d, uint32_t tid)
{
	return find_call(d->calls, d->n_calls, tid);
}

/* Descriptors by open file description: the first in the map, the others chained. */
struct by_file {
	struct lk_map map;
	size_t *next;
};

static void index_files(const struct bpf_records *r, struct by_file *ret)
{
	size_t first;

	ret->next = lk_alloc(r->holds.n, sizeof(*ret->next));
	for (size_t i = r->holds.n; i-- > 0;) {
		const uint64_t *file = &r->holds.v[i].file;

		ret->next[i] = lk_map_find(&ret->map, file, sizeof(*file), &first) ? first : SIZE_MAX;
		lk_map_set(&ret->map, file, sizeof(*file), i);
	}
}

/* The call's first argument, if that descriptor is the file of the request. Without a call (registers that cannot be read
 * here) the only descriptor of this process that leads to the file. */
static int fd_of(const struct bpf_records *r, const struct by_file *f, const struct lk_bpf_lock *l,
		 const struct lk_bpf_call *call)
{
	int found = -1;
	size_t at;

	if (!l->file || !lk_map_find(&f->map, &l->file, sizeof(l->file), &at))
		return -1;
	for (; at != SIZE_MAX; at = f->next[at]) {
		const struct lk_bpf_hold *h = &r->holds.v[at];

		if (h->tgid != l->wait_tgid || (call && h->files != call->files))
			continue;
		if (call && call->kind != LK_BPF_CALL_OPEN && (uint32_t)h->fd == call->fd)
			return h->fd;
		if (!call)
			found = found == -1 ? h->fd : -2;
	}
	return found >= 0 ? found : -1;
}

static void name_waiter(const struct bpf_records *r, const struct by_file *f, struct lk_bpf_lock *l)
{
	const struct lk_bpf_call *call = find_call(r->calls.v, r->calls.n, l->wait_tid);

	if (call && (call->tgid != l->wait_tgid || call->start_ns != l->wait_start_ns))
		call = NULL;
	l->wait_fd = fd_of(r, f, l, call);
}

void lk_bpf_join(struct bpf_records *r)
{
	struct by_file f = { 0 };
	size_t first;

	if (r->calls.n)
		qsort(r->calls.v, r->calls.n, sizeof(*r->calls.v), by_tid);
	for (first = 0; first < r->locks.n && !r->locks.v[first].wait_tid; first++)
		;
	if (first == r->locks.n)
		return;
	index_files(r, &f);
	for (size_t i = first; i < r->locks.n; i++)
		if (r->locks.v[i].wait_tid)
			name_waiter(r, &f, &r->locks.v[i]);
	lk_map_done(&f.map);
	free(f.next);
}

/* Copies a name in front of what is at `at`: the new start, or -errno. */
static long put_name(const struct lk_bpf_dump *d, uint32_t index, char *buf, size_t at)
{
	const struct lk_bpf_name *n = &d->names[index];
	size_t len = n->len, first = len < LK_BPF_NAME_BYTES ? len : LK_BPF_NAME_BYTES;

	if (len > LONGEST_NAME ||
	    (len > first && (len - first + LK_BPF_NAME_MORE - 1) / LK_BPF_NAME_MORE > d->n_names - 1 - index))
		return -EBADMSG;
	if (at < len + 1)
		return -ENAMETOOLONG;
	at -= len + 1;
	buf[at] = '/';
	memcpy(buf + at + 1, n->bytes, first);
	memcpy(buf + at + 1 + first, n + 1, len - first);
	return (long)at;
}

int lk_bpf_path(const struct lk_bpf_dump *d, const struct lk_bpf_inode *i, char *buf, size_t size)
{
	size_t at = size - 1;

	if (size < 2 || size > INT_MAX)
		return -ENAMETOOLONG;
	if (i->name == LK_BPF_ROOT)
		buf[--at] = '/';
	for (uint32_t index = i->name; index != LK_BPF_ROOT; index = d->names[index].parent) {
		long rc = index < d->n_names ? put_name(d, index, buf, at) : -EBADMSG;

		if (rc < 0)
			return rc == -ENAMETOOLONG ? (int)rc : 0;
		at = (size_t)rc;
	}
	memmove(buf, buf + at, size - 1 - at);
	buf[size - 1 - at] = '\0';
	return (int)(size - 1 - at);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs scans by the BPF program, moves the records out of its buffers and puts them together. */
#include "source/bpf/bpf_dump.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ints.h"
#include "base/map.h"
#include "source/bpf/bpf_dump_private.h"

#define LONGEST_NAME 255 /* bytes, of one component (linux/limits.h) */

char lk_bpf_state_letter(const struct lk_bpf_task *t)
{
	static const char letters[] = "RSDTtXZP";
	uint32_t bits = (t->state | t->exit_state) & 0x7f;
	unsigned at = 0;

	if ((t->state & 0x402) == 0x402) /* TASK_IDLE */
		return 'I';
	if (t->state & (0x1000 | 0x8000)) /* TASK_RTLOCK_WAIT, TASK_FROZEN */
		bits |= 2;
	while (bits >> at)
		at++;
	return letters[at];
}

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

/* The descriptor by which a waiter's request was made: the first argument of its call, if that leads to the open file description of the
 * request. Without a call (registers that cannot be read here): the only descriptor of its process that leads there. -1: not known. */
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

/* Copies "/" and a name to buf so that they end at `at`. Where they start, or -errno. */
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

#ifdef LK_WITH_BPF

#include <linux/bpf.h>

/* More records than any machine has: something is wrong. */
#define MAX_RECORDS (1U << 26)
#define MAX_GROWTHS 10
#define KEPT_MAPPED ((size_t)64 * 1024)

#if defined __x86_64__
#define ARCH LK_BPF_X86
#elif defined __aarch64__
#define ARCH LK_BPF_ARM64
#else
#define ARCH LK_BPF_NO_ARCH
#endif

static const size_t record_size[BPF_N_KINDS] = { sizeof(struct lk_bpf_hold), sizeof(struct lk_bpf_inode),
						 sizeof(struct lk_bpf_lock), sizeof(struct lk_bpf_task),
						 sizeof(struct lk_bpf_call), sizeof(struct lk_bpf_name) };

int lk_bpf_open(struct lk_bpf **ret, struct lk_err *err)
{
	struct lk_bpf *b = lk_alloc(1, sizeof(*b));
	int rc;

	b->link_fd = b->self_link_fd = b->markers.fd = -1;
	rc = lk_bpf_load_first(b, err);
	if (rc < 0) {
		lk_bpf_free(b);
		return rc;
	}
	*ret = b;
	return 0;
}

void lk_bpf_free(struct lk_bpf *b)
{
	if (!b)
		return;
	lk_bpf_forget(b);
	lk_bpf_unload(b);
	lk_bpf_markers_done(&b->markers);
	free(b);
}

void lk_bpf_forget(struct lk_bpf *b)
{
	lk_vec_done(&b->records.holds);
	lk_vec_done(&b->records.inodes);
	lk_vec_done(&b->records.locks);
	lk_vec_done(&b->records.tasks);
	lk_vec_done(&b->records.calls);
	lk_vec_done(&b->records.names);
}

/* Maps only the pages that were written. */
static int map_buffer(struct bpf_buffer *u, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n = (bytes + page - 1) / page * page;
	void *p;

	if (n <= u->n_mapped)
		return 0;
	p = mmap(NULL, n, PROT_READ, MAP_SHARED, u->fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	if (u->mapped)
		munmap(u->mapped, u->n_mapped);
	u->mapped = p;
	u->n_mapped = n;
	return 0;
}

/* What is mapped counts as memory of this process, so only small mappings are kept for the next scan. */
static void unmap_large(struct lk_bpf *b)
{
	for (int i = 0; i < BPF_N_KINDS; i++) {
		struct bpf_buffer *u = &b->buffers[i];

		if (u->n_mapped <= KEPT_MAPPED)
			continue;
		munmap(u->mapped, u->n_mapped);
		u->mapped = NULL;
		u->n_mapped = 0;
	}
}

/* Moves new records of one kind out of the program's buffer. made: how many the program has made in this scan. */
static int drain(struct lk_bpf *b, enum bpf_kind kind, void *vec, size_t *cap, size_t *n, uint32_t made)
{
	struct bpf_buffer *u = &b->buffers[kind];
	size_t size = record_size[kind], more = made - *n;
	int rc;

	if (!more)
		return 0;
	if (made < *n || more > u->room || made > MAX_RECORDS)
		return -EPROTO;
	rc = map_buffer(u, more * size);
	if (rc < 0)
		return rc;
	lk_vec_reserve(vec, cap, *n, more, size);
	memcpy(*(char **)vec + *n * size, u->mapped, more * size);
	*n = made;
	return 0;
}

#define DRAIN(kind, vec) drain(b, kind, &b->records.vec.v, &b->records.vec.cap, &b->records.vec.n, b->ctl->made.vec)

/* 0; -EAGAIN: there was nothing to move; or -errno. */
static int drain_all(struct lk_bpf *b)
{
	struct lk_bpf_control *c = b->ctl;
	struct lk_bpf_counts before = c->drained;
	int rc = DRAIN(BPF_HOLDS, holds);

	rc = rc ? rc : DRAIN(BPF_INODES, inodes);
	rc = rc ? rc : DRAIN(BPF_LOCKS, locks);
	rc = rc ? rc : DRAIN(BPF_TASKS, tasks);
	rc = rc ? rc : DRAIN(BPF_CALLS, calls);
	rc = rc ? rc : DRAIN(BPF_NAMES, names);
	if (rc < 0)
		return rc;
	c->drained = c->made;
	return memcmp(&before, &c->drained, sizeof(before)) == 0 ? -EAGAIN : 0;
}

/* Reads an iterator to its end. 0; -ENOSPC: a buffer or the `seen` table must grow first; or -errno. */
static int read_all(struct lk_bpf *b, int link_fd)
{
	union bpf_attr attr = { .iter_create = { .link_fd = (uint32_t)link_fd } };
	int fd = lk_bpf_sys(BPF_ITER_CREATE, &attr), rc = 0;
	char byte;

	if (fd < 0)
		return fd;
	do {
		ssize_t n = read(fd, &byte, 1);

		if (n == 0)
			break;
		rc = n < 0 ? -errno : -EPROTO;
		if (rc == -EINTR)
			rc = 0;
		if (rc != -EAGAIN)
			continue;
		/* EAGAIN without a full buffer: the program made a pause. */
		rc = b->ctl->full ? drain_all(b) : 0;
		if (rc == -EAGAIN)
			rc = -ENOSPC;
	} while (rc == 0);
	close(fd);
	if (rc == 0)
		rc = drain_all(b);
	return rc == -EAGAIN ? 0 : rc;
}

static int grow(struct lk_bpf *b)
{
	uint32_t full = b->ctl->full;

	if (full & LK_BPF_FULL_LOCKS)
		b->room_locks *= 4;
	if (full & LK_BPF_FULL_SEEN)
		b->room_seen *= 4;
	if (!(full & (LK_BPF_FULL_LOCKS | LK_BPF_FULL_SEEN)) || b->room_locks > BPF_ROOM_MAX ||
	    b->room_seen > BPF_ROOM_MAX)
		return -E2BIG;
	lk_bpf_unload(b);
	return lk_bpf_load(b);
}

static void start_scan(struct lk_bpf *b)
{
	*b->ctl = (struct lk_bpf_control){ .self_tgid = (uint32_t)getpid(),
					   .marker_fd = -1,
					   .scan = ++b->scan ? b->scan : ++b->scan,
					   .seen_mask = b->room_seen - 1,
					   .cap_names = b->buffers[BPF_NAMES].room,
					   .arch = ARCH };
	b->records.holds.n = b->records.inodes.n = b->records.locks.n = 0;
	b->records.tasks.n = b->records.calls.n = b->records.names.n = 0;
}

/* The all-links pass. *ret_why: why it is not complete, a static sentence; NULL: it is complete. 0 or -errno. */
static int follow_links(struct lk_bpf *b, const char **ret_why)
{
	int rc = lk_bpf_markers_take(&b->markers);

	*ret_why = "no lock of our own could be taken on each processor";
	if (rc < 0) {
		lk_bpf_markers_drop(&b->markers);
		return 0;
	}
	if (b->self_link_fd < 0)
		b->self_link_fd = lk_bpf_create_link(b->prog_fd, (uint32_t)getpid());
	b->ctl->mode = LK_BPF_MODE_LINKS;
	b->ctl->marker_fd = b->markers.fd;
	rc = read_all(b, b->self_link_fd >= 0 ? b->self_link_fd : b->link_fd);
	if (!b->markers.all)
		*ret_why =
			"some processors are offline or not allowed to this process, so that their lists were not followed";
	else if (b->ctl->stats.n_links_lists != b->markers.n)
		*ret_why = "not every list of locks by processor was found";
	else if (b->ctl->stats.n_links_torn)
		*ret_why = "a list of locks by processor kept changing while it was followed";
	else
		*ret_why = NULL;
	lk_bpf_markers_drop(&b->markers);
	return rc;
}

static int scan_once(struct lk_bpf *b, bool all_links, struct lk_bpf_dump *d)
{
	int rc;

	start_scan(b);
	rc = read_all(b, b->link_fd);
	if (rc == 0 && all_links)
		rc = follow_links(b, &d->links_why);
	d->links_complete = rc == 0 && all_links && !d->links_why;
	return rc;
}

int lk_bpf_dump(struct lk_bpf *b, bool all_links, struct lk_bpf_dump *ret, struct lk_err *err)
{
	struct lk_bpf_dump d = { 0 };
	int rc = b->skel ? 0 : lk_bpf_load(b); /* an earlier attempt to grow may have failed */

	rc = rc ? rc : scan_once(b, all_links, &d);
	for (int i = 1; rc == -ENOSPC && i < MAX_GROWTHS; i++) {
		rc = grow(b);
		rc = rc ? rc : scan_once(b, all_links, &d);
	}
	unmap_large(b);
	if (rc < 0)
		return lk_err_set(err, rc, "the bpf scan failed: %s", strerror(-rc));
	lk_bpf_join(&b->records);
	d.n_left_out = lk_bpf_markers_mark(&b->markers, b->ctl->self_program, &b->records);
	d.holds = b->records.holds.v;
	d.n_holds = b->records.holds.n;
	d.inodes = b->records.inodes.v;
	d.n_inodes = b->records.inodes.n;
	d.locks = b->records.locks.v;
	d.n_locks = b->records.locks.n;
	d.tasks = b->records.tasks.v;
	d.n_tasks = b->records.tasks.n;
	d.calls = b->records.calls.v;
	d.n_calls = b->records.calls.n;
	d.names = b->records.names.v;
	d.n_names = b->records.names.n;
	d.stats = b->ctl->stats;
	*ret = d;
	return 0;
}

#else

int lk_bpf_open(struct lk_bpf **ret, struct lk_err *err)
{
	(void)ret;
	return lk_err_set(err, -EOPNOTSUPP, "this lockscope was built without the bpf scanner");
}

void lk_bpf_free(struct lk_bpf *b)
{
	(void)b;
}

const char *lk_bpf_flavour(const struct lk_bpf *b)
{
	(void)b;
	return "";
}

void lk_bpf_forget(struct lk_bpf *b)
{
	(void)b;
}

int lk_bpf_dump(struct lk_bpf *b, bool all_links, struct lk_bpf_dump *ret, struct lk_err *err)
{
	(void)b;
	(void)all_links;
	(void)ret;
	return lk_err_set(err, -EOPNOTSUPP, "this lockscope was built without the bpf scanner");
}

#endif

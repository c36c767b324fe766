/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/bpf_dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "source/bpf_dump_private.h"

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

/* Only the pages that were written are mapped. */
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

/* What is mapped counts as memory of ours: a small buffer stays for the next scan. */
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

/* Moves the records of one kind, of which the program has now made `made`. */
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

#define DRAIN(kind, vec, made) drain(b, kind, &b->records.vec.v, &b->records.vec.cap, &b->records.vec.n, made)

/* 0, or -EAGAIN: there was nothing to move. */
static int drain_all(struct lk_bpf *b)
{
	struct lk_bpf_control *c = b->ctl;
	struct lk_bpf_counts before = c->drained;
	int rc = DRAIN(BPF_HOLDS, holds, c->stats.n_holds);

	rc = rc ? rc : DRAIN(BPF_INODES, inodes, c->stats.n_inodes);
	rc = rc ? rc : DRAIN(BPF_LOCKS, locks, c->stats.n_locks);
	rc = rc ? rc : DRAIN(BPF_TASKS, tasks, c->stats.n_procs);
	rc = rc ? rc : DRAIN(BPF_CALLS, calls, c->stats.n_calls);
	rc = rc ? rc : DRAIN(BPF_NAMES, names, c->stats.n_names);
	if (rc < 0)
		return rc;
	c->drained = (struct lk_bpf_counts){ .holds = c->stats.n_holds,
					     .inodes = c->stats.n_inodes,
					     .locks = c->stats.n_locks,
					     .tasks = c->stats.n_procs,
					     .calls = c->stats.n_calls,
					     .names = c->stats.n_names };
	return memcmp(&before, &c->drained, sizeof(before)) == 0 ? -EAGAIN : 0;
}

/* Reads an iterator to its end. -ENOSPC: the room must grow first. */
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
		/* Without a full buffer: the program made a pause. */
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

/* The second pass. *ret_why: why it is not complete, NULL when it is. */
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The markers: a lock of our own on each processor, by which the program finds the per-processor lists of all locks. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "source/bpf/bpf_dump_private.h"

static int lock_byte(int fd, unsigned cpu)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = lk_marker_byte(cpu), .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &l) < 0 ? -errno : 0;
}

static int open_file(struct bpf_markers *m)
{
	int fd = lk_markers_open(&m->key);

	m->fd = fd < 0 ? -1 : fd;
	return fd < 0 ? fd : 0;
}

/* A processor that is offline or that our cpuset does not allow (EINVAL) gets no marker; that is no error. */
static int mark_cpu(struct bpf_markers *m, unsigned cpu, cpu_set_t *set, size_t size)
{
	int rc;

	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	if (sched_setaffinity(0, size, set) < 0)
		return errno == EINVAL ? 0 : -errno;
	rc = lock_byte(m->fd, cpu);
	if (rc == 0)
		m->n++;
	return rc;
}

static int mark_all(struct bpf_markers *m, cpu_set_t *set, size_t size)
{
	long n_cpus = sysconf(_SC_NPROCESSORS_CONF);
	int rc = 0;

	m->n = 0;
	for (unsigned cpu = 0; rc == 0 && cpu < LK_MARKERS_MAX_CPUS && (n_cpus < 1 || m->n < (unsigned long)n_cpus);
	     cpu++)
		rc = mark_cpu(m, cpu, set, size);
	m->all = rc == 0 && n_cpus > 0 && m->n == (unsigned long)n_cpus;
	return rc;
}

int lk_bpf_markers_take(struct bpf_markers *m)
{
	size_t size = CPU_ALLOC_SIZE(LK_MARKERS_MAX_CPUS);
	cpu_set_t *before = CPU_ALLOC(LK_MARKERS_MAX_CPUS), *set = CPU_ALLOC(LK_MARKERS_MAX_CPUS);
	int rc = 0;

	if (!before || !set)
		lk_alloc_fail();
	if (sched_getaffinity(0, size, before) < 0)
		rc = -errno;
	else if (m->fd < 0)
		rc = open_file(m);
	if (rc == 0) {
		lk_bpf_markers_drop(m);
		rc = mark_all(m, set, size);
		sched_setaffinity(0, size, before);
	}
	CPU_FREE(before);
	CPU_FREE(set);
	return rc;
}

void lk_bpf_markers_drop(struct bpf_markers *m)
{
	struct flock l = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	if (m->fd >= 0)
		fcntl(m->fd, F_OFD_SETLK, &l);
	m->n = 0;
}

/* A memfd has no directory: its name stands alone. */
static bool has_our_name(const struct bpf_records *r, const struct lk_bpf_inode *inode)
{
	static const char name[] = "memfd:" LK_MARKERS_NAME;
	const struct lk_bpf_name *n = inode->name < r->names.n ? &r->names.v[inode->name] : NULL;

	return n && n->parent == LK_BPF_NONE && n->len == sizeof(name) - 1 && memcmp(n->bytes, name, n->len) == 0;
}

/* The locks on this inode are all markers, and nobody waits for one. */
static bool has_only_markers(const struct bpf_records *r, const struct lk_bpf_inode *inode)
{
	bool only = inode->n_held && inode->n_locks == inode->n_held;

	for (uint32_t k = 0; only && k < inode->n_held; k++) {
		const struct lk_bpf_lock *l = &r->locks.v[inode->first_lock + k];

		only = l->flags & LK_BPF_FL_OFDLCK && l->type == F_WRLCK &&
		       lk_marker_has_range((struct lk_range){ l->start, l->end });
	}
	return only;
}

/* Exactly one descriptor leads to this inode, and its process runs `program`. */
static bool is_opened_by(const struct bpf_records *r, uint32_t inode, uint64_t program)
{
	const struct lk_bpf_hold *only = NULL;

	for (size_t i = 0; i < r->holds.n; i++) {
		const struct lk_bpf_hold *h = &r->holds.v[i];

		if (h->inode == inode && only)
			return false;
		if (h->inode == inode)
			only = h;
	}
	return only && only->task < r->tasks.n && program && r->tasks.v[only->task].program == program;
}

size_t lk_bpf_markers_mark(const struct bpf_markers *m, uint64_t program, struct bpf_records *r)
{
	unsigned n_judged = 0;
	size_t n = 0;

	for (uint32_t i = 0; m->fd >= 0 && i < r->inodes.n; i++) {
		struct lk_bpf_inode *inode = &r->inodes.v[i];

		if (inode->major != m->key.major || inode->minor != m->key.minor)
			continue;
		if (inode->ino == m->key.ino) {
			inode->flags |= LK_BPF_INODE_OURS;
		} else if (has_our_name(r, inode) && has_only_markers(r, inode) && n_judged++ < LK_MARKERS_MAX_OTHERS &&
			   is_opened_by(r, i, program)) {
			inode->flags |= LK_BPF_INODE_OURS;
			n += inode->n_held;
		}
	}
	return n;
}

void lk_bpf_markers_done(struct bpf_markers *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}

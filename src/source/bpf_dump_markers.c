/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "source/bpf_dump_private.h"

#define MAX_CPUS 8192

/* Ranges that touch would be merged into one lock; these do not. */
static int lock_byte(int fd, unsigned cpu, short type)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)cpu * 2, .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &l) < 0 ? -errno : 0;
}

static int open_file(struct bpf_markers *m)
{
	struct stat st;
	int fd = memfd_create("lockscope-markers", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	m->fd = fd;
	m->major = major(st.st_dev);
	m->minor = minor(st.st_dev);
	m->ino = st.st_ino;
	return 0;
}

/* A processor that is offline, or that our cpuset does not allow, cannot be reached: -EINVAL. */
static int mark_cpu(struct bpf_markers *m, unsigned cpu, cpu_set_t *set, size_t size)
{
	int rc;

	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	if (sched_setaffinity(0, size, set) < 0)
		return errno == EINVAL ? 0 : -errno;
	rc = lock_byte(m->fd, cpu, F_WRLCK);
	if (rc == 0)
		m->n++;
	return rc;
}

static int mark_all(struct bpf_markers *m, cpu_set_t *set, size_t size)
{
	long n_cpus = sysconf(_SC_NPROCESSORS_CONF);
	int rc = 0;

	m->n = 0;
	for (unsigned cpu = 0; rc == 0 && cpu < MAX_CPUS && (n_cpus < 1 || m->n < (unsigned long)n_cpus); cpu++)
		rc = mark_cpu(m, cpu, set, size);
	m->all = rc == 0 && n_cpus > 0 && m->n == (unsigned long)n_cpus;
	return rc;
}

int lk_bpf_markers_take(struct bpf_markers *m)
{
	size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
	cpu_set_t *before = CPU_ALLOC(MAX_CPUS), *set = CPU_ALLOC(MAX_CPUS);
	int rc = 0;

	if (!before || !set)
		rc = -ENOMEM;
	else if (sched_getaffinity(0, size, before) < 0)
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

void lk_bpf_markers_mark(const struct bpf_markers *m, struct bpf_records *r)
{
	for (size_t i = 0; m->fd >= 0 && i < r->inodes.n; i++) {
		struct lk_bpf_inode *inode = &r->inodes.v[i];

		if (inode->major == m->major && inode->minor == m->minor && inode->ino == m->ino)
			inode->flags |= LK_BPF_INODE_OURS;
	}
}

void lk_bpf_markers_done(struct bpf_markers *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}

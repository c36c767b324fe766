/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Most open files are not locked, and asking for an inode number costs half of what reading fdinfo does: a descriptor whose inode number
 * is not that of a locked file is skipped. stat(2) follows the descriptor's link into whatever file system is there, so this is done only
 * if each file system that the kernel knows answers from memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "source/procfs/procfs_private.h"

#define ASK (AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT)
#define MAX_FILESYSTEMS ((size_t)64 * 1024)
/* Each skipped descriptor earns a point, each one whose fdinfo had to be read as well costs one. Without points only one descriptor in
 * PROBE_TURNS is asked; if it can be skipped, it earns PROBE_POINTS. Where skipping does not pay, it costs next to nothing. */
#define MAX_CREDIT 64
#define PROBE_TURNS 32
#define PROBE_POINTS 8

static bool in_list(const char *s, size_t n, const char *const *list, size_t n_list)
{
	for (size_t i = 0; i < n_list; i++) {
		if (strlen(list[i]) == n && memcmp(list[i], s, n) == 0)
			return true;
	}
	return false;
}

/* kernel_types answer from memory as the local ones do. FUSE honours AT_STATX_DONT_SYNC even for a file that it has never asked its server
 * about. */
static bool answers_from_memory(const char *s, size_t n)
{
	static const char *const kernel_types[] = {
		"bdev",    "cpuset",    "anon_inodefs", "dax",        "dmabuf",   "drm",
		"pidfs",   "secretmem", "fuse",         "fuseblk",    "virtiofs", "autofs",
		"resctrl", "selinuxfs", "smackfs",      "apparmorfs", "aafs",     "guest_memfd",
	};
	char name[64];

	if (in_list(s, n, kernel_types, sizeof(kernel_types) / sizeof(*kernel_types)))
		return true;
	if (!n || n >= sizeof(name) || memchr(s, '\0', n))
		return false;
	memcpy(name, s, n);
	name[n] = '\0';
	/* A suspended zfs pool blocks stat(2). */
	return lk_mounts_fs_is_local(name) == LK_YES && strcmp(name, "zfs") != 0;
}

/* Lines of proc_filesystems(5): "nodev\tproc" or "\text4". */
bool lk_scan_answer_from_memory(const char *text, size_t n)
{
	const char *end = text + n;

	for (const char *line = text; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line)), *tab;

		stop = stop ? stop : end;
		tab = memchr(line, '\t', (size_t)(stop - line));
		if (!tab || !answers_from_memory(tab + 1, (size_t)(stop - tab - 1)))
			return false;
		line = stop + (stop < end);
	}
	return n > 0;
}

static bool all_answer_from_memory(struct scan *s)
{
	s->buf.n = 0;
	return lk_io_read_at(s->root->fd, "filesystems", MAX_FILESYSTEMS, &s->buf) == 0 &&
	       lk_scan_answer_from_memory(s->buf.v, s->buf.n);
}

/* File systems where stat(2) returns the same inode number as the kernel's lock list, and mostly the same device. Those made of several
 * file systems (overlay) are not among them. */
static bool has_plain_numbers(const char *fstype)
{
	static const char *const types[] = {
		"tmpfs",      "devtmpfs", "proc",   "sysfs",       "cgroup",   "cgroup2",
		"devpts",     "mqueue",   "ramfs",  "hugetlbfs",   "debugfs",  "tracefs",
		"securityfs", "bpf",      "pstore", "binfmt_misc", "configfs", "btrfs",
	};

	return in_list(fstype, strlen(fstype), types, sizeof(types) / sizeof(*types));
}

static void add_dev(struct scan *s, uint32_t major, uint32_t minor, bool plain)
{
	*lk_vec_push(&s->skip.devs) = (struct scan_dev){ major, minor, plain };
}

/* Learns the device of fd, which is that of all descriptors of its kind. Closes fd. */
static int learn_own(struct scan *s, int fd)
{
	struct statx st;
	int rc = fd < 0 || statx(fd, "", AT_EMPTY_PATH | ASK, STATX_INO | STATX_MNT_ID, &st) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (rc)
		return rc;
	/* Linux 5.8 and later set this: nothing is skipped on older kernels, which are not known well enough. */
	if (!(st.stx_mask & STATX_MNT_ID))
		return -EOPNOTSUPP;
	add_dev(s, st.stx_dev_major, st.stx_dev_minor, true);
	return 0;
}

/* Pipes, sockets, eventfds and memfds: their file systems are mounted nowhere. */
static int learn_nameless(struct scan *s)
{
	int pipe[2] = { -1, -1 };
	int rc = pipe2(pipe, O_CLOEXEC) < 0 ? -errno : learn_own(s, pipe[0]);

	if (pipe[1] >= 0)
		close(pipe[1]);
	rc = rc ? rc : learn_own(s, socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	rc = rc ? rc : learn_own(s, eventfd(0, EFD_CLOEXEC));
	return rc ? rc : learn_own(s, memfd_create("lockscope", MFD_CLOEXEC));
}

bool lk_scan_can_skip_fds(struct scan *s)
{
	if (s->skip.never || !s->root->is_proc || !s->root->own_pids || !s->root->initial_pidns)
		return false;
	if (s->skip.devs.n)
		return true;
	s->skip.credit = MAX_CREDIT / 2;
	s->skip.never = !all_answer_from_memory(s) || learn_nameless(s) < 0;
	for (size_t i = 0; i < s->mounts.v.n && !s->skip.never; i++) {
		const struct lk_mount *m = s->mounts.v.v[i];

		if (!m->major && has_plain_numbers(m->fstype))
			add_dev(s, m->major, m->minor, true);
	}
	return !s->skip.never;
}

/* A nonzero major number is that of a block device, and so of one file system; the others are learned. */
static bool is_plain_dev(const struct scan *s, uint32_t major, uint32_t minor)
{
	if (major)
		return true;
	for (size_t i = 0; i < s->skip.devs.n; i++) {
		if (s->skip.devs.v[i].minor == minor && s->skip.devs.v[i].major == major)
			return s->skip.devs.v[i].plain;
	}
	return false;
}

static bool is_worth_asking(struct scan *s)
{
	return s->skip.credit > 0 || ++s->skip.turn % PROBE_TURNS == 0;
}

static void settle_credit(struct scan *s, bool skipped)
{
	if (s->skip.credit > 0)
		s->skip.credit += skipped ? 1 : -1;
	else if (skipped)
		s->skip.credit = PROBE_POINTS;
	if (s->skip.credit > MAX_CREDIT)
		s->skip.credit = MAX_CREDIT;
}

static void add_seen(struct scan *s, uint64_t ino, int pid, int fd)
{
	*lk_vec_push(&s->seen) = (struct scan_seen){ .ino = ino, .pid = pid, .fd = fd };
	s->skip.n += fd >= 0;
}

bool lk_scan_skip_fd(struct scan *s, const struct lk_map *locked, int fddir, const char *name, int pid, int fd,
		     struct scan_dev *ret_dev)
{
	struct statx st;
	uint64_t ino;
	size_t other;
	bool plain, skipped;

	if (!is_worth_asking(s) || statx(fddir, name, ASK, STATX_INO, &st) < 0)
		return false;
	plain = is_plain_dev(s, st.stx_dev_major, st.stx_dev_minor);
	ino = st.stx_ino;
	skipped = plain && !lk_map_find(locked, &ino, sizeof(ino), &other);
	settle_credit(s, skipped);
	if (!plain)
		*ret_dev = (struct scan_dev){ st.stx_dev_major, st.stx_dev_minor, false };
	if (skipped)
		add_seen(s, ino, pid, fd);
	return skipped;
}

/* The number after a label at the beginning of a line of fdinfo. */
static bool find_number(const lk_buf *b, const char *label, uint64_t *ret)
{
	const char *end = b->v + b->n, *p, *e;

	p = b->n ? memmem(b->v, b->n, label, strlen(label)) : NULL;
	if (!p)
		return false;
	p += strlen(label);
	while (p < end && (*p == '\t' || *p == ' '))
		p++;
	e = memchr(p, '\n', (size_t)(end - p));
	return lk_text_u64(p, (size_t)((e ? e : end) - p), 10, ret) == 0;
}

void lk_scan_learn_dev(struct scan *s, const struct scan_dev *dev)
{
	const struct lk_mount *m;
	uint64_t id;

	if (!find_number(&s->buf, "\nmnt_id:", &id) || id > INT32_MAX)
		return;
	m = lk_mounts_by_id(&s->mounts, (int)id);
	/* Of the plain file systems only btrfs has devices, those of its subvolumes, that no mount has. */
	if (m && strcmp(m->fstype, "btrfs") == 0)
		add_dev(s, dev->major, dev->minor, true);
}

void lk_scan_note_seen(struct scan *s, int pid)
{
	uint64_t ino;

	if (s->req->needs & LK_NEED_WAITS && find_number(&s->buf, "\nino:", &ino))
		add_seen(s, ino, pid, -1);
}

void lk_scan_note_inodes(struct scan *s, const struct scan_lines *l)
{
	for (size_t i = 0; i < l->v.n; i++) {
		const struct lk_key *k = &l->v.v[i].rec.key;
		uint64_t *ino;
		size_t other;

		if (k->none || lk_map_find(&s->skip.locked, &k->ino, sizeof(k->ino), &other))
			continue;
		ino = lk_arena_memdup(&s->arena, &k->ino, sizeof(k->ino));
		lk_map_set(&s->skip.locked, ino, sizeof(*ino), 0);
	}
}

/* The inode numbers in s->lines that were not in s->skip.locked, which are added there. */
static void note_new(struct scan *s, struct lk_map *ret_new)
{
	for (size_t i = 0; i < s->lines.v.n; i++) {
		const struct lk_key *k = &s->lines.v.v[i].rec.key;
		size_t other;

		if (!k->none && !lk_map_find(&s->skip.locked, &k->ino, sizeof(k->ino), &other))
			lk_map_set(ret_new, &k->ino, sizeof(k->ino), 0);
	}
	lk_scan_note_inodes(s, &s->lines);
}

static void read_skipped(struct scan *s, struct scan_seen *seen)
{
	struct lk_proc_name what = lk_procroot_name("fdinfo/%d", seen->fd);
	struct lk_proc_name name = lk_procroot_task_name(seen->pid, 0, what.s);

	lk_scan_sweep_fd(s, s->root->fd, name.s, seen->pid, 0, seen->fd);
}

void lk_scan_look_at_skipped(struct scan *s)
{
	struct lk_map new = { 0 };
	size_t n = s->seen.n, other;

	if (s->skip.n)
		note_new(s, &new);
	for (size_t i = 0; i < n && new.n && !lk_scan_is_late(s); i++) {
		struct scan_seen seen = s->seen.v[i];

		if (seen.fd < 0 || !lk_map_find(&new, &seen.ino, sizeof(seen.ino), &other))
			continue;
		s->seen.v[i].fd = -1;
		s->skip.n--;
		read_skipped(s, &seen);
	}
	lk_map_done(&new);
}

static int compare_openers(const void *a, const void *b)
{
	const struct scan_opener *x = a, *y = b;

	return x->ino != y->ino ? lk_compare(x->ino, y->ino) : lk_compare(x->pid, y->pid);
}

void lk_scan_collect_openers(struct scan *s)
{
	size_t other;

	s->asleep.openers.n = 0;
	for (size_t i = 0; i < s->seen.n; i++) {
		const struct scan_seen *seen = &s->seen.v[i];

		if (lk_map_find(&s->skip.locked, &seen->ino, sizeof(seen->ino), &other))
			*lk_vec_push(&s->asleep.openers) = (struct scan_opener){ seen->pid, seen->ino };
	}
	if (s->asleep.openers.n)
		qsort(s->asleep.openers.v, s->asleep.openers.n, sizeof(*s->asleep.openers.v), compare_openers);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fdinfo sweep: which descriptor of which process shows which locks. See doc/kernel.md 2.1. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "source/procfs/procfs_private.h"

/* A descriptor with a hundred thousand locks prints some 7 MiB. */
#define MAX_FDINFO ((size_t)256 << 20)
#define DENTS ((size_t)32 * 1024)
/* Descriptors between two looks at the clock. */
#define LATE_TURNS 64

struct hit_arg {
	struct scan *s;
	size_t fd;
};

static int add_hit(void *arg, const struct lk_record *rec, const char *line __attribute__((unused)),
		   size_t n __attribute__((unused)))
{
	struct hit_arg *a = arg;
	struct scan_hit *h = lk_vec_push(&a->s->hits);

	*h = (struct scan_hit){ .rec = *rec, .hash = lk_record_hash(rec), .fd = a->fd };
	h->rec.depth = 0;
	return 0;
}

/* fdinfo comes in one read(2) unless it is larger than the buffer; a short read is the end. */
static int read_fdinfo(int dirfd, const char *name, lk_buf *b)
{
	lk_auto_fd fd = lk_io_openat(dirfd, name, O_RDONLY | O_NONBLOCK);

	b->n = 0;
	if (fd < 0)
		return fd;
	for (;;) {
		size_t room;
		ssize_t got;

		lk_vec_reserve(&b->v, &b->cap, b->n, 16384, 1);
		room = b->cap - b->n;
		do {
			got = read(fd, b->v + b->n, room);
		} while (got < 0 && errno == EINTR);
		if (got < 0)
			return -errno;
		b->n += (size_t)got;
		if ((size_t)got < room)
			return 0;
		if (b->n > MAX_FDINFO)
			return -EFBIG;
	}
}

static bool shows_locks(const lk_buf *b)
{
	return b->n > 5 && memmem(b->v, b->n, "\nlock:", 6) != NULL;
}

int lk_scan_sweep_fd(struct scan *s, int dirfd, const char *name, int pid, int tid, int fd)
{
	struct hit_arg arg = { s, s->fds.n };
	struct scan_fd *f;
	int rc = read_fdinfo(dirfd, name, &s->buf);

	if (rc < 0)
		return rc;
	lk_scan_note_seen(s, pid);
	if (!shows_locks(&s->buf))
		return 0;
	f = lk_vec_push(&s->fds);
	*f = (struct scan_fd){ .pid = pid, .tid = tid, .fd = fd };
	rc = lk_parse_fdinfo(s->buf.v, s->buf.n, &f->info, add_hit, &arg);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < f->info.n_bad; i++)
		lk_scan_deny(s, LK_UNREAD_BAD_FDINFO, -EBADMSG);
	return f->info.n_locks > 0;
}

/* One descriptor table being walked. */
struct table {
	int pid, tid;
	int n; /* descriptors */
	int bad; /* -errno of one that could not be read */
	const struct lk_map *locked; /* inode numbers of locked files, others are skipped; NULL: none are */
	int dirfd; /* the directory that is walked: fd when some are skipped, else fdinfo */
	int infofd; /* fdinfo; -1 not open yet */
};

static int open_below(struct scan *s, const struct table *t, const char *what)
{
	struct lk_proc_name name = lk_procroot_task_name(t->pid, t->tid, what);

	return lk_io_openat(s->root->fd, name.s, O_RDONLY | O_DIRECTORY);
}

static int sweep_name(struct scan *s, struct table *t, const char *name, int fd)
{
	struct scan_dev dev = { .plain = true };
	int rc;

	if (t->locked && lk_scan_skip_fd(s, t->locked, t->dirfd, name, t->pid, fd, &dev))
		return 0;
	if (t->infofd < 0)
		t->infofd = open_below(s, t, "fdinfo");
	if (t->infofd < 0)
		return t->infofd;
	rc = lk_scan_sweep_fd(s, t->infofd, name, t->pid, t->tid, fd);
	if (rc >= 0 && !dev.plain)
		lk_scan_learn_dev(s, &dev);
	return rc;
}

static int sweep_entry(struct scan *s, struct table *t, const char *name)
{
	int rc, fd = 0;

	if (strcmp(name, "0") != 0 && lk_text_pid(name, strlen(name), &fd) < 0)
		return 0;
	rc = sweep_name(s, t, name, fd);
	t->n++;
	if (lk_scan_means_refused(rc))
		return rc;
	if (rc < 0 && !lk_scan_means_gone(rc))
		t->bad = rc;
	return t->n % LATE_TURNS == 0 && lk_scan_is_late(s);
}

static int sweep_dents(struct scan *s, struct table *t, const char *buf, size_t n)
{
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && at < n) {
		const struct dirent64 *e = (const struct dirent64 *)(const void *)(buf + at);

		/* Tells the guard of progress at each descriptor: a table can be long. */
		lk_procroot_touch(t->pid);
		rc = e->d_name[0] == '.' ? 0 : sweep_entry(s, t, e->d_name);
		at += e->d_reclen;
	}
	return rc;
}

/* Without readdir(3), which would allocate a buffer and call fstat(2) for each of ten thousand directories. */
static int sweep_dir(struct scan *s, struct table *t)
{
	int rc = 0;

	if (!s->dents)
		s->dents = lk_alloc(DENTS, 1);
	while (rc == 0) {
		ssize_t got = getdents64(t->dirfd, s->dents, DENTS);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		rc = sweep_dents(s, t, s->dents, (size_t)got);
	}
	return rc;
}

/* If "fd" cannot be opened, "fdinfo" is walked, whose error tells why. */
static int open_table(struct scan *s, struct table *t)
{
	if (t->locked) {
		t->dirfd = open_below(s, t, "fd");
		if (t->dirfd >= 0)
			return 0;
		t->locked = NULL;
	}
	t->dirfd = t->infofd = open_below(s, t, "fdinfo");
	return t->dirfd < 0 ? t->dirfd : 0;
}

int lk_scan_sweep_table(struct scan *s, int pid, int tid)
{
	struct table t = { .pid = pid, .tid = tid, .dirfd = -1, .infofd = -1 };
	size_t fds_before = s->fds.n;
	int rc;

	t.locked = !tid && s->skip.on ? &s->skip.locked : NULL;
	rc = open_table(s, &t);
	rc = rc ? rc : sweep_dir(s, &t);
	if (t.infofd >= 0 && t.infofd != t.dirfd)
		close(t.infofd);
	if (t.dirfd >= 0)
		close(t.dirfd);
	if (rc < 0)
		return rc;
	if (tid && s->fds.n > fds_before)
		lk_scan_note_table(s, pid, tid);
	return t.bad ? t.bad : t.n;
}

/* false: it is gone. *ret_denied: 0, or the -errno because of which some of its descriptors are unknown. */
static bool sweep_process(struct scan *s, int pid, int *ret_denied)
{
	int rc = lk_scan_skips(s, pid) ? -ETIMEDOUT : lk_scan_sweep_table(s, pid, 0);

	if (rc == 0 || rc == -ESRCH)
		rc = lk_scan_sweep_zombie_leader(s, pid);
	*ret_denied = rc < 0 ? rc : 0;
	return !lk_scan_means_gone(rc);
}

static void add_process(struct scan *s, int pid, int denied)
{
	struct scan_proc *p = lk_vec_push(&s->procs);

	if (denied)
		lk_scan_deny_process(s, LK_UNREAD_FDINFO, denied, pid);
	*p = (struct scan_proc){ .pid = pid, .denied = denied != 0 };
}

/* Adds the process to s->procs unless it is gone. */
static void sweep_one(struct scan *s, int pid)
{
	int denied;

	if (sweep_process(s, pid, &denied))
		add_process(s, pid, denied);
}

static void forget_all(struct scan *s)
{
	for (size_t i = 0; i < s->hits.n; i++)
		s->hits.v[i].dead = true;
	for (size_t i = 0; i < s->fds.n; i++)
		s->fds.v[i].dead = true;
	s->procs.n = 0;
	s->seen.n = 0;
	s->skip.n = 0;
	s->tables.n = 0;
	lk_scan_forget_denied(s);
}

/* Moves processes that may make us wait from `pids` to ret_late; both stay in order. */
static void set_aside(const struct scan *s, lk_ints *pids, lk_ints *ret_late)
{
	size_t n = 0;

	for (size_t i = 0; i < pids->n; i++) {
		if (lk_guarded_is_late(s->guarded, s->root, pids->v[i]))
			lk_scan_add_pid(ret_late, pids->v[i]);
		else
			pids->v[n++] = pids->v[i];
	}
	pids->n = n;
}

/* Reads the lock list (ret_before may be NULL: it is known) and tells whether descriptors may be skipped by it. */
static bool may_skip(struct scan *s, struct scan_lines *ret_before, int *ret_list_rc)
{
	bool can = lk_scan_can_skip_fds(s);

	if (!ret_before)
		return can && s->has_locks_file;
	*ret_list_rc = lk_scan_read_lines(s, ret_before);
	if (*ret_list_rc)
		return false;
	if (can || s->req->needs & LK_NEED_WAITS)
		lk_scan_note_inodes(s, ret_before);
	return can;
}

int lk_scan_first_sweep(struct scan *s, struct scan_lines *ret_before, int *ret_list_rc)
{
	lk_ints pids = { 0 }, late = { 0 };
	int rc;

	forget_all(s);
	rc = lk_scan_list_pids(s, &pids);
	if (rc < 0) {
		lk_vec_done(&pids);
		if (ret_before)
			*ret_list_rc = lk_scan_read_lines(s, ret_before);
		return rc;
	}
	set_aside(s, &pids, &late);
	s->skip.on = may_skip(s, ret_before, ret_list_rc);
	for (size_t i = 0; i < pids.n && !lk_scan_is_late(s); i++)
		sweep_one(s, pids.v[i]);
	s->skip.on = false;
	lk_scan_sweep_pids(s, late.v, late.n);
	lk_procroot_touch(0);
	lk_vec_done(&pids);
	lk_vec_done(&late);
	return 0;
}

int lk_scan_sweep(struct scan *s)
{
	return lk_scan_first_sweep(s, NULL, NULL);
}

static bool is_among(const int *pids, size_t n, int pid)
{
	return bsearch(&pid, pids, n, sizeof(*pids), lk_compare_int) != NULL;
}

static void forget_pids(struct scan *s, const int *pids, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->fds.n; i++)
		s->fds.v[i].dead = s->fds.v[i].dead || is_among(pids, n, s->fds.v[i].pid);
	for (size_t i = 0; i < s->hits.n; i++)
		s->hits.v[i].dead = s->hits.v[i].dead || is_among(pids, n, s->fds.v[s->hits.v[i].fd].pid);
	for (size_t i = 0; i < s->seen.n; i++) {
		bool gone = is_among(pids, n, s->seen.v[i].pid);

		s->skip.n -= gone && s->seen.v[i].fd >= 0;
		if (!gone)
			s->seen.v[kept++] = s->seen.v[i];
	}
	s->seen.n = kept;
	kept = 0;
	for (size_t i = 0; i < s->tables.n; i++) {
		if (!is_among(pids, n, s->tables.v[i].pid))
			s->tables.v[kept++] = s->tables.v[i];
	}
	s->tables.n = kept;
}

/* The first n_known elements of s->procs are sorted. */
static void sweep_again(struct scan *s, int pid, size_t n_known)
{
	struct scan_proc *known = n_known ? bsearch(&pid, s->procs.v, n_known, sizeof(*s->procs.v), lk_compare_int)
					  : NULL;
	int denied;

	if ((!known && lk_scan_is_thread(s, pid)) || !sweep_process(s, pid, &denied))
		return;
	if (!known) {
		add_process(s, pid, denied);
	} else if (denied && !known->denied) {
		known->denied = true;
		lk_scan_deny_process(s, LK_UNREAD_FDINFO, denied, pid);
	}
}

void lk_scan_sweep_pids(struct scan *s, const int *pids, size_t n)
{
	size_t n_known = s->procs.n;

	if (!n)
		return;
	forget_pids(s, pids, n);
	for (size_t i = 0; i < n && !lk_scan_is_late(s); i++)
		sweep_again(s, pids[i], n_known);
	if (s->procs.n > n_known)
		qsort(s->procs.v, s->procs.n, sizeof(*s->procs.v), lk_compare_int);
}

static int add_hash(void *arg, const struct lk_record *rec, const char *line __attribute__((unused)),
		    size_t n __attribute__((unused)))
{
	lk_u64s *h = arg;

	*lk_vec_push(h) = lk_record_hash(rec);
	return 0;
}

void lk_scan_show(struct scan *s, const struct scan_fd *fd, lk_u64s *ret)
{
	struct lk_proc_name what = lk_procroot_name("fdinfo/%d", fd->fd);
	struct lk_proc_name name = lk_procroot_task_name(fd->pid, fd->tid, what.s);
	struct lk_fdinfo info;

	ret->n = 0;
	if (read_fdinfo(s->root->fd, name.s, &s->buf) < 0)
		return;
	lk_parse_fdinfo(s->buf.v, s->buf.n, &info, add_hash, ret);
	lk_u64s_sort(ret);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fdinfo sweep: which descriptor of which process shows which locks. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "source/procfs_private.h"

/* A descriptor with a hundred thousand locks prints some 7 MiB. */
#define MAX_FDINFO ((size_t)256 << 20)

static bool means_gone(int rc)
{
	return rc == -ENOENT || rc == -ESRCH || rc == -ENOTDIR;
}

static bool means_refused(int rc)
{
	return rc == -EACCES || rc == -EPERM;
}

struct hit_arg {
	struct scan *s;
	size_t fd;
};

static int add_hit(void *arg, const struct lk_record *rec, const char *line __attribute__((unused)),
		   size_t n __attribute__((unused)))
{
	struct hit_arg *a = arg;
	struct scan_hit *h = lk_vec_push(&a->s->hits);

	if (!h)
		return -ENOMEM;
	*h = (struct scan_hit){ .rec = *rec, .hash = lk_record_hash(rec), .fd = a->fd };
	h->rec.depth = 0;
	return 0;
}

/* What fdinfo prints comes in one read(2) unless it is larger than the buffer; a short read is the end. */
static int read_fdinfo(int dirfd, const char *name, lk_buf *b)
{
	lk_auto_fd fd = lk_io_openat(dirfd, name, O_RDONLY | O_NONBLOCK);

	b->n = 0;
	if (fd < 0)
		return fd;
	for (;;) {
		size_t room;
		ssize_t got;

		if (lk_vec_reserve(&b->v, &b->cap, b->n, 16384, 1) < 0)
			return -ENOMEM;
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

/* The inode stands on a line of its own behind mnt_id; what is not among the locked ones is dismissed without more parsing. */
static int note_opener(struct scan *s, int pid)
{
	const char *p = s->locked_inodes.n ? memmem(s->buf.v, s->buf.n, "\nino:", 5) : NULL;
	const char *end = s->buf.v + s->buf.n, *e;
	struct scan_opener *slot;
	uint64_t ino;
	size_t i;

	if (!p)
		return 0;
	p += 5;
	while (p < end && (*p == '\t' || *p == ' '))
		p++;
	e = memchr(p, '\n', (size_t)(end - p));
	if (lk_text_u64(p, (size_t)((e ? e : end) - p), 10, &ino) < 0 ||
	    !lk_map_find(&s->locked_inodes, &ino, sizeof(ino), &i))
		return 0;
	slot = lk_vec_push(&s->openers);
	if (!slot)
		return -ENOMEM;
	*slot = (struct scan_opener){ pid, ino };
	return 0;
}

/* 1: it shows locks, 0: none, or -errno. */
static int sweep_fd(struct scan *s, int dirfd, const char *name, int pid, int tid)
{
	struct hit_arg arg = { s, s->fds.n };
	struct scan_fd *f;
	int number, rc = read_fdinfo(dirfd, name, &s->buf);

	if (rc < 0)
		return rc;
	rc = note_opener(s, pid);
	if (rc < 0 || !shows_locks(&s->buf))
		return rc;
	if (strcmp(name, "0") == 0)
		number = 0;
	else if (lk_text_pid(name, strlen(name), &number) < 0)
		return 0;
	f = lk_vec_push(&s->fds);
	if (!f)
		return -ENOMEM;
	*f = (struct scan_fd){ .pid = pid, .tid = tid, .fd = number };
	rc = lk_parse_fdinfo(s->buf.v, s->buf.n, &f->info, add_hit, &arg);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < f->info.n_bad; i++)
		lk_scan_deny(s, "bad fdinfo line", -EBADMSG);
	return f->info.n_locks > 0;
}

typedef int (*entry_cb)(struct scan *s, void *arg, int dirfd, const char *name);

struct entries {
	struct scan *s;
	entry_cb cb;
	void *arg;
};

static int on_entry(void *arg, int dirfd, const char *name)
{
	struct entries *e = arg;

	return e->cb(e->s, e->arg, dirfd, name);
}

/* Calls cb for each entry of a directory below the root until it returns non-zero, which is returned. 0 or -errno. */
static int each_entry(struct scan *s, const char *path, entry_cb cb, void *arg)
{
	struct entries e = { s, cb, arg };

	return lk_io_each_entry(s->root->fd, path, on_entry, &e);
}

struct table {
	int pid, tid;
	int n; /* descriptors */
	int bad; /* -errno of one that could not be read */
};

static int sweep_table_entry(struct scan *s, void *arg, int dirfd, const char *name)
{
	struct table *t = arg;
	int rc = sweep_fd(s, dirfd, name, t->pid, t->tid);

	t->n++;
	if (rc == -ENOMEM || means_refused(rc))
		return rc;
	if (rc < 0 && !means_gone(rc))
		t->bad = rc;
	return 0;
}

/* Walks one descriptor table. How many descriptors it has, or -errno: then part of it is unknown. */
static int sweep_table(struct scan *s, int pid, int tid)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, tid, "fdinfo");
	struct table t = { .pid = pid, .tid = tid };
	int rc = each_entry(s, name.s, sweep_table_entry, &t);

	if (rc < 0)
		return rc;
	return t.bad ? t.bad : t.n;
}

struct tasks {
	int pid;
	lk_scan_task_cb cb;
};

static int task_entry(struct scan *s, void *arg, int dirfd __attribute__((unused)), const char *name)
{
	struct tasks *t = arg;
	int tid;

	return lk_text_pid(name, strlen(name), &tid) == 0 ? t->cb(s, t->pid, tid) : 0;
}

int lk_scan_each_task(struct scan *s, int pid, lk_scan_task_cb cb)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, "task");
	struct tasks t = { pid, cb };

	return each_entry(s, name.s, task_entry, &t);
}

static int sweep_live_task(struct scan *s, int pid, int tid)
{
	int rc = tid == pid ? 0 : sweep_table(s, pid, tid);

	/* One living thread stands for the table they share. */
	return means_gone(rc) ? 0 : rc;
}

/* A leader that has exited while its threads live on shows no descriptors; they do. */
static int sweep_zombie_leader(struct scan *s, int pid)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, "stat");
	struct lk_stat st;
	int rc;

	s->buf.n = 0;
	rc = lk_io_read_at(s->root->fd, name.s, 65536, &s->buf);
	if (rc < 0 || lk_parse_stat(s->buf.v, s->buf.n, &st) < 0)
		return means_gone(rc) ? 0 : rc;
	if (st.state != 'Z' || st.num_threads < 2)
		return 0;
	rc = lk_scan_each_task(s, pid, sweep_live_task);
	return rc > 0 || means_gone(rc) ? 0 : rc;
}

/* 0 with *ret_denied: 0 or the -errno for which part of it is unknown; or -errno (gone, no memory). */
static int sweep_process(struct scan *s, int pid, int *ret_denied)
{
	int rc = sweep_table(s, pid, 0);

	if (rc == 0 || rc == -ESRCH)
		rc = sweep_zombie_leader(s, pid);
	if (rc == -ENOMEM || means_gone(rc))
		return rc;
	*ret_denied = rc < 0 ? rc : 0;
	return 0;
}

static int add_process(struct scan *s, int pid, int denied)
{
	struct scan_proc *p = lk_vec_push(&s->procs);

	if (!p)
		return -ENOMEM;
	if (denied)
		lk_scan_deny(s, "fdinfo", denied);
	*p = (struct scan_proc){ .pid = pid, .denied = denied != 0 };
	return 0;
}

static int sweep_entry(struct scan *s, void *arg __attribute__((unused)), int dirfd __attribute__((unused)),
		       const char *name)
{
	int pid, rc, denied;

	if (lk_text_pid(name, strlen(name), &pid) < 0)
		return 0;
	if (lk_scan_is_late(s))
		return 1;
	rc = sweep_process(s, pid, &denied);
	if (rc < 0)
		return means_gone(rc) ? 0 : rc;
	return add_process(s, pid, denied);
}

/* The kernel lists processes by number; a copied tree comes in any order. */
static int compare_procs(const void *a, const void *b)
{
	const struct scan_proc *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static void sort_procs(struct scan *s)
{
	if (s->procs.n)
		qsort(s->procs.v, s->procs.n, sizeof(*s->procs.v), compare_procs);
}

int lk_scan_sweep(struct scan *s)
{
	int rc;

	for (size_t i = 0; i < s->hits.n; i++)
		s->hits.v[i].dead = true;
	for (size_t i = 0; i < s->fds.n; i++)
		s->fds.v[i].dead = true;
	s->procs.n = 0;
	s->openers.n = 0;
	lk_scan_forget_denied(s);
	rc = each_entry(s, ".", sweep_entry, NULL);
	sort_procs(s);
	return rc < 0 ? rc : 0;
}

static void forget_hits(struct scan *s, int pid)
{
	for (size_t i = 0; i < s->hits.n; i++) {
		if (s->fds.v[s->hits.v[i].fd].pid == pid)
			s->hits.v[i].dead = true;
	}
	for (size_t i = 0; i < s->fds.n; i++) {
		if (s->fds.v[i].pid == pid)
			s->fds.v[i].dead = true;
	}
}

int lk_scan_sweep_pid(struct scan *s, int pid)
{
	struct scan_proc key = { .pid = pid }, *known;
	int rc, denied;

	known = s->procs.n ? bsearch(&key, s->procs.v, s->procs.n, sizeof(key), compare_procs) : NULL;
	if (!known && lk_scan_is_thread(s, pid))
		return 0;
	forget_hits(s, pid);
	rc = sweep_process(s, pid, &denied);
	if (rc < 0)
		return means_gone(rc) ? 0 : rc;
	if (!known) {
		rc = add_process(s, pid, denied);
		sort_procs(s);
	} else if (denied && !known->denied) {
		known->denied = true;
		lk_scan_deny(s, "fdinfo", denied);
	}
	return rc;
}

static bool same_shown(const struct scan *s, const struct scan_hit *a, const struct scan_hit *b)
{
	return s->fds.v[a->fd].fd == s->fds.v[b->fd].fd && a->hash == b->hash;
}

static int pid_of(const struct scan *s, size_t hit)
{
	return s->fds.v[s->hits.v[hit].fd].pid;
}

/* Shown already, with the same number and body, by the process itself (its hits begin at `own`) or by the threads looked at just
 * before `first`. */
static bool is_known(const struct scan *s, const struct scan_hit *hit, size_t own, size_t first)
{
	int pid = s->fds.v[hit->fd].pid;

	for (size_t i = own; i < first && pid_of(s, i) == pid; i++) {
		if (!s->hits.v[i].dead && same_shown(s, &s->hits.v[i], hit))
			return true;
	}
	for (size_t i = first; i-- > own && pid_of(s, i) == pid;) {
		if (!s->hits.v[i].dead && same_shown(s, &s->hits.v[i], hit))
			return true;
	}
	return false;
}

/* The first living hit of a process; `first` when it has none before that. */
static size_t first_hit(const struct scan *s, int pid, size_t first)
{
	size_t i = 0;

	while (i < first && (s->hits.v[i].dead || pid_of(s, i) != pid))
		i++;
	return i;
}

/* 0: one table; 1..3: two; -1: it cannot be told. */
static int compare_tables(const struct scan *s, int a, int b)
{
	if (!s->root->own_pids)
		return -1;
	return (int)syscall(SYS_kcmp, a, b, KCMP_FILES, 0, 0);
}

/* A table that has been walked already, under another thread's number. */
static bool is_swept(const struct scan *s, int pid, int tid)
{
	int last = 0;

	for (size_t i = 0; i < s->fds.n; i++) {
		const struct scan_fd *f = &s->fds.v[i];

		if (f->dead || f->pid != pid || !f->tid || f->tid == last)
			continue;
		if (f->tid == tid || compare_tables(s, f->tid, tid) == 0)
			return true;
		last = f->tid;
	}
	return false;
}

/* A refusal was counted with the process; what else goes wrong is no reason to think there is nothing. */
static int note_thread_failure(struct scan *s, int rc)
{
	if (rc < 0 && rc != -ENOMEM && !means_gone(rc) && !means_refused(rc))
		lk_scan_deny(s, "threads", rc);
	return rc == -ENOMEM ? rc : 0;
}

/* Where kcmp cannot tell, what the process itself shows under the same number is the same table. */
static void drop_known(struct scan *s, int pid, size_t first)
{
	size_t own = first_hit(s, pid, first);

	for (size_t i = first; i < s->hits.n; i++) {
		if (is_known(s, &s->hits.v[i], own, first)) {
			s->fds.v[s->hits.v[i].fd].dead = true;
			s->hits.v[i].dead = true;
		}
	}
}

static int sweep_private(struct scan *s, int pid, int tid)
{
	size_t first = s->hits.n;
	int rc, diff;

	if (tid == pid || lk_scan_is_late(s))
		return 0;
	diff = compare_tables(s, pid, tid);
	if (diff == 0 || is_swept(s, pid, tid))
		return 0;
	rc = sweep_table(s, pid, tid);
	if (diff < 0)
		drop_known(s, pid, first);
	return note_thread_failure(s, rc);
}

int lk_scan_sweep_threads(struct scan *s, int pid)
{
	int rc = 0;

	if (pid > 0)
		return note_thread_failure(s, lk_scan_is_thread(s, pid) ? 0 : lk_scan_each_task(s, pid, sweep_private));
	for (size_t i = 0; i < s->procs.n && !rc; i++)
		rc = note_thread_failure(s, lk_scan_each_task(s, s->procs.v[i].pid, sweep_private));
	return rc;
}

static int add_hash(void *arg, const struct lk_record *rec, const char *line __attribute__((unused)),
		    size_t n __attribute__((unused)))
{
	scan_hashes *h = arg;
	uint64_t *slot = lk_vec_push(h);

	if (!slot)
		return -ENOMEM;
	*slot = lk_record_hash(rec);
	return 0;
}

static int compare_hashes(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int lk_scan_show(struct scan *s, const struct scan_fd *fd, scan_hashes *ret)
{
	struct lk_proc_name what = lk_procroot_name("fdinfo/%d", fd->fd);
	struct lk_proc_name name = lk_procroot_task_name(fd->pid, fd->tid, what.s);
	struct lk_fdinfo info;
	int rc = read_fdinfo(s->root->fd, name.s, &s->buf);

	ret->n = 0;
	if (rc < 0)
		return rc == -ENOMEM ? rc : 0;
	rc = lk_parse_fdinfo(s->buf.v, s->buf.n, &info, add_hash, ret);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_hashes);
	return rc;
}

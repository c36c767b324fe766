/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lock that was taken during the sweep is in the lock list, but no descriptor that was read shows it: the processes that may have it are
 * swept again. First the process that the line names. If the line names no living process (OFD locks; flocks and leases outlive their
 * process where another one has the same open file description), the processes that have a file with that inode number open, and new
 * processes. If that does not explain the lock, and it is in a fresh list too, all processes are swept again. See doc/kernel.md 1.5. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "source/procfs/procfs_private.h"

/* A lock that is taken and released all the time is in the list whenever that is read, but seldom in its descriptor: so many times the
 * processes that have the file open are swept again before all processes are. */
#define MAX_TARGETED 2
/* The pause where no process can have the lock: a lock that is held as briefly is gone when the list is read again. */
#define PAUSE_NS (3 * 1000 * 1000)

bool lk_scan_is_rechecked(const struct scan_recheck *d, uint64_t hash)
{
	return lk_u64s_has(&d->hashes, hash);
}

void lk_scan_recheck_done(struct scan_recheck *d)
{
	lk_vec_done(&d->hashes);
}

static bool is_gone(const struct scan *s, int64_t pid)
{
	struct lk_proc_name name;
	struct stat st;

	if (pid <= 0 || pid > INT32_MAX)
		return true;
	name = lk_procroot_name("%d", (int)pid);
	return fstatat(s->root->fd, name.s, &st, 0) < 0 && errno == ENOENT;
}

/* What to look at again. */
struct targets {
	lk_ints pids;
	lk_u64s inodes; /* of lines that name no living process; sorted */
	lk_u64s hashes; /* those lines; sorted */
};

static void targets_done(struct targets *t)
{
	lk_vec_done(&t->pids);
	lk_vec_done(&t->inodes);
	lk_vec_done(&t->hashes);
}

/* A POSIX lock ends with its process: nobody else can have it, even if that process is gone. */
static void add_lines(const struct scan *s, const size_t *lines, size_t n, struct targets *t)
{
	int64_t last = 0;
	bool gone = true;

	for (size_t i = 0; i < n; i++) {
		const struct scan_line *l = &s->lines.v.v[lines[i]];

		if (l->rec.pid != last)
			gone = is_gone(s, l->rec.pid);
		last = l->rec.pid;
		if (l->rec.pid <= 0 || (gone && l->rec.type != LK_TYPE_POSIX)) {
			*lk_vec_push(&t->inodes) = l->rec.key.ino;
			*lk_vec_push(&t->hashes) = l->hash;
		} else {
			lk_scan_add_pid(&t->pids, l->rec.pid);
		}
	}
	lk_u64s_sort(&t->inodes);
	lk_u64s_sort(&t->hashes);
}

/* Adds the processes that had such a file open when they were swept. */
static void add_openers(const struct scan *s, struct targets *t)
{
	for (size_t i = 0; i < s->seen.n; i++) {
		if (lk_u64s_has(&t->inodes, s->seen.v[i].ino))
			lk_scan_add_pid(&t->pids, s->seen.v[i].pid);
	}
	for (size_t i = 0; i < s->fds.n; i++) {
		const struct scan_fd *f = &s->fds.v[i];

		if (!f->dead && f->info.has_ino && lk_u64s_has(&t->inodes, f->info.ino))
			lk_scan_add_pid(&t->pids, f->pid);
	}
}

static int add_newcomers(const struct scan *s, struct targets *t)
{
	lk_ints now = { 0 };
	int rc = lk_scan_list_pids(s, &now);

	for (size_t i = 0; i < now.n; i++) {
		if (!s->procs.n || !bsearch(&now.v[i], s->procs.v, s->procs.n, sizeof(*s->procs.v), lk_compare_int))
			lk_scan_add_pid(&t->pids, now.v[i]);
	}
	lk_vec_done(&now);
	return rc;
}

static int find_targets(const struct scan *s, const size_t *lines, size_t n, struct targets *t)
{
	int rc = 0;

	add_lines(s, lines, n, t);
	if (t->inodes.n) {
		add_openers(s, t);
		rc = add_newcomers(s, t);
	}
	lk_ints_sort(&t->pids);
	return rc;
}

/* Whether the processes that may have one of these locks were swept often enough. */
static bool is_out_of_ideas(const struct scan_recheck *d, const struct targets *t)
{
	bool again = false;

	for (size_t i = 0; i < t->hashes.n && !again; i++)
		again = lk_scan_is_rechecked(d, t->hashes.v[i]);
	return again && d->n_targeted >= MAX_TARGETED;
}

static void sweep_targets(struct scan *s, const struct targets *t)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };

	if (!t->pids.n)
		(void)nanosleep(&pause, NULL);
	lk_scan_sweep_pids(s, t->pids.v, t->pids.n);
}

int lk_scan_recheck(struct scan *s, const size_t *lines, size_t n, struct scan_recheck *d)
{
	struct targets t = { 0 };
	int rc = find_targets(s, lines, n, &t);

	if (!rc && is_out_of_ideas(d, &t)) {
		d->n_targeted = 0;
		d->hashes.n = 0;
		rc = lk_scan_sweep(s);
	} else if (!rc) {
		lk_u64s were = d->hashes;

		d->n_targeted++;
		d->hashes = t.hashes;
		t.hashes = were;
		sweep_targets(s, &t);
	}
	targets_done(&t);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lock that was taken while the processes were being swept stands in the list and in no descriptor that was seen: who may have it
 * is looked at again. First those whom the line names, or, where it names nobody who lives (OFD; flock and leases outlive who
 * took them in another's descriptor), those who have a file with that inode number open and those who have come since. What that leaves open,
 * and still stands in a fresh list, takes a whole sweep. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "source/procfs_private.h"

/* A lock that comes and goes is there whenever the list is read, and seldom when its descriptor is: so many looks at those who have
 * the file open come before a whole sweep. */
#define MAX_TARGETED 2
/* Where nobody comes into question: a lock that is held as briefly has gone when the list is read again. */
#define PAUSE_NS (3 * 1000 * 1000)

static bool has_u64(const uint64_t *v, size_t n, uint64_t x)
{
	return n && bsearch(&x, v, n, sizeof(*v), lk_scan_compare_hashes);
}

bool lk_scan_is_in_doubt(const struct scan_doubt *d, uint64_t hash)
{
	return has_u64(d->hashes.v, d->hashes.n, hash);
}

void lk_scan_doubt_done(struct scan_doubt *d)
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

/* What is to be looked at. */
struct targets {
	scan_pids pids;
	LK_VEC(uint64_t) inodes; /* of lines that name nobody who lives; sorted */
	scan_hashes hashes; /* those lines; sorted */
};

static void targets_done(struct targets *t)
{
	lk_vec_done(&t->pids);
	lk_vec_done(&t->inodes);
	lk_vec_done(&t->hashes);
}

static int add_nameless(struct targets *t, const struct scan_line *l)
{
	uint64_t *ino = lk_vec_push(&t->inodes), *hash = lk_vec_push(&t->hashes);

	if (!ino || !hash)
		return -ENOMEM;
	*ino = l->rec.key.ino;
	*hash = l->hash;
	return 0;
}

/* A POSIX lock ends with its process. */
static int add_lines(const struct scan *s, const size_t *lines, size_t n, struct targets *t)
{
	int64_t last = 0;
	bool gone = true;
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++) {
		const struct scan_line *l = &s->lines.v.v[lines[i]];

		if (l->rec.pid != last)
			gone = is_gone(s, l->rec.pid);
		last = l->rec.pid;
		if (l->rec.pid <= 0 || (gone && l->rec.type != LK_TYPE_POSIX))
			rc = add_nameless(t, l);
		else
			rc = lk_scan_add_pid(&t->pids, l->rec.pid);
	}
	if (t->inodes.n)
		qsort(t->inodes.v, t->inodes.n, sizeof(*t->inodes.v), lk_scan_compare_hashes);
	if (t->hashes.n)
		qsort(t->hashes.v, t->hashes.n, sizeof(*t->hashes.v), lk_scan_compare_hashes);
	return rc;
}

/* Who has had such a file open. */
static int add_openers(const struct scan *s, struct targets *t)
{
	int rc = 0;

	for (size_t i = 0; i < s->seen.n && !rc; i++) {
		if (has_u64(t->inodes.v, t->inodes.n, s->seen.v[i].ino))
			rc = lk_scan_add_pid(&t->pids, s->seen.v[i].pid);
	}
	for (size_t i = 0; i < s->fds.n && !rc; i++) {
		const struct scan_fd *f = &s->fds.v[i];

		if (!f->dead && f->info.has_ino && has_u64(t->inodes.v, t->inodes.n, f->info.ino))
			rc = lk_scan_add_pid(&t->pids, f->pid);
	}
	return rc;
}

static int compare_procs(const void *a, const void *b)
{
	return lk_scan_compare_pids(&((const struct scan_proc *)a)->pid, &((const struct scan_proc *)b)->pid);
}

static int add_newcomers(const struct scan *s, struct targets *t)
{
	scan_pids now = { 0 };
	int rc = lk_scan_list_pids(s, &now);

	for (size_t i = 0; i < now.n && !rc; i++) {
		struct scan_proc key = { .pid = now.v[i] };

		if (!s->procs.n || !bsearch(&key, s->procs.v, s->procs.n, sizeof(key), compare_procs))
			rc = lk_scan_add_pid(&t->pids, key.pid);
	}
	lk_vec_done(&now);
	return rc;
}

static int find_targets(const struct scan *s, const size_t *lines, size_t n, struct targets *t)
{
	int rc = add_lines(s, lines, n, t);

	if (!rc && t->inodes.n) {
		rc = add_openers(s, t);
		rc = rc ? rc : add_newcomers(s, t);
	}
	lk_scan_sort_pids(&t->pids);
	return rc;
}

/* Some line has been looked for often enough among those who may have it. */
static bool is_out_of_ideas(const struct scan_doubt *d, const struct targets *t)
{
	bool again = false;

	for (size_t i = 0; i < t->hashes.n && !again; i++)
		again = lk_scan_is_in_doubt(d, t->hashes.v[i]);
	return again && d->n_targeted >= MAX_TARGETED;
}

static int sweep_targets(struct scan *s, const struct targets *t)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };

	if (!t->pids.n)
		(void)nanosleep(&pause, NULL);
	return lk_scan_sweep_pids(s, t->pids.v, t->pids.n);
}

int lk_scan_look_again(struct scan *s, const size_t *lines, size_t n, struct scan_doubt *d)
{
	struct targets t = { 0 };
	int rc = find_targets(s, lines, n, &t);

	if (!rc && is_out_of_ideas(d, &t)) {
		d->n_targeted = 0;
		d->hashes.n = 0;
		rc = lk_scan_sweep(s);
	} else if (!rc) {
		scan_hashes were = d->hashes;

		d->n_targeted++;
		d->hashes = t.hashes;
		t.hashes = were;
		rc = sweep_targets(s, &t);
	}
	targets_done(&t);
	return rc;
}

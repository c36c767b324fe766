/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads, and the private descriptor tables that some of them have. See doc/kernel.md 2.3. */
#include <errno.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "source/procfs/procfs_private.h"

struct tasks {
	struct scan *s;
	int pid;
	lk_scan_task_cb cb;
};

static int task_entry(void *arg, int dirfd __attribute__((unused)), const char *name)
{
	struct tasks *t = arg;
	int tid;

	return lk_text_pid(name, strlen(name), &tid) == 0 ? t->cb(t->s, t->pid, tid) : 0;
}

int lk_scan_each_task(struct scan *s, int pid, lk_scan_task_cb cb)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, "task");
	struct tasks t = { s, pid, cb };

	if (lk_scan_skips(s, pid))
		return 0;
	return lk_io_each_entry(s->root->fd, name.s, task_entry, &t);
}

static int sweep_live_task(struct scan *s, int pid, int tid)
{
	int rc = tid == pid ? 0 : lk_scan_sweep_table(s, pid, tid);

	/* A result above 0 ends the iteration: one living thread is enough for the table they share. */
	return lk_scan_means_gone(rc) ? 0 : rc;
}

/* The link count of PID/task is 2 plus the number of threads; it is cheaper to ask for than the state of the process. */
static bool has_one_thread(struct scan *s, int pid)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, "task");
	struct stat st;

	return s->root->is_proc && fstatat(s->root->fd, name.s, &st, 0) == 0 && st.st_nlink == 3;
}

int lk_scan_sweep_zombie_leader(struct scan *s, int pid)
{
	struct lk_stat st;
	int rc;

	if (has_one_thread(s, pid))
		return 0;
	rc = lk_scan_read(s, pid, 0, "stat");
	if (rc < 0 || lk_parse_stat(s->buf.v, s->buf.n, &st) < 0)
		return lk_scan_means_gone(rc) ? 0 : rc;
	if (st.state != 'Z' || st.num_threads < 2)
		return 0;
	rc = lk_scan_each_task(s, pid, sweep_live_task);
	return rc > 0 || lk_scan_means_gone(rc) ? 0 : rc;
}

/* 0: the same table; 1..3: two tables; -1: it cannot be told. */
static int compare_tables(const struct scan *s, int a, int b)
{
	if (!s->root->own_pids)
		return -1;
	lk_procroot_touch(b);
	return (int)syscall(SYS_kcmp, a, b, KCMP_FILES, 0, 0);
}

/* The index of the table of a thread in s->tables, or (*ret_found is false) where it would be inserted. Tables are sorted by process, and
 * within it in the order that kcmp(2) gives them, so that one of 30,000 is found with a few calls. */
static size_t place_of(const struct scan *s, int pid, int tid, bool *ret_found)
{
	size_t low = 0, high = s->tables.n;

	*ret_found = false;
	while (low < high && !*ret_found) {
		size_t mid = low + (high - low) / 2;
		const struct scan_table *t = &s->tables.v[mid];
		int order = t->pid != pid ? (t->pid < pid ? 1 : 2) : t->tid == tid ? 0 : compare_tables(s, t->tid, tid);

		*ret_found = order == 0;
		if (order == 1)
			low = mid + 1;
		else
			high = mid;
	}
	return high;
}

/* Whether the thread's table shows locks and has been walked already, under another thread's number. */
static bool is_swept(const struct scan *s, int pid, int tid)
{
	bool found;

	place_of(s, pid, tid, &found);
	return found;
}

void lk_scan_note_table(struct scan *s, int pid, int tid)
{
	bool found;
	size_t at = place_of(s, pid, tid, &found);

	if (found)
		return;
	(void)lk_vec_push(&s->tables);
	memmove(s->tables.v + at + 1, s->tables.v + at, (s->tables.n - 1 - at) * sizeof(*s->tables.v));
	s->tables.v[at] = (struct scan_table){ pid, tid };
}

/* A refusal was already counted for the process; after any other failure there may be locks that were not seen. */
static void note_thread_failure(struct scan *s, int rc)
{
	if (rc < 0 && !lk_scan_means_gone(rc) && !lk_scan_means_refused(rc))
		lk_scan_deny(s, LK_UNREAD_THREADS, rc);
}

/* A lock and the number of the descriptor that shows it, in whichever thread. */
struct shown {
	uint64_t hash;
	int fd;
};

static int compare_shown(const void *a, const void *b)
{
	const struct shown *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->fd < y->fd ? -1 : x->fd > y->fd;
}

static struct shown shown_by(const struct scan *s, const struct scan_hit *h)
{
	return (struct shown){ .hash = h->hash, .fd = s->fds.v[h->fd].fd };
}

/* If kcmp(2) cannot compare tables: a lock that the process itself or another thread shows under the same descriptor number is taken to be
 * in the same table, and dropped here. Hits from `first` on are those of the thread looked at last. */
static void drop_known(struct scan *s, int pid, size_t first)
{
	lk_auto_mem struct shown *known = lk_alloc(first, sizeof(*known));
	size_t n = 0;

	for (size_t i = 0; i < first; i++) {
		if (!s->hits.v[i].dead && s->fds.v[s->hits.v[i].fd].pid == pid)
			known[n++] = shown_by(s, &s->hits.v[i]);
	}
	qsort(known, n, sizeof(*known), compare_shown);
	for (size_t i = first; i < s->hits.n; i++) {
		struct shown key = shown_by(s, &s->hits.v[i]);

		if (!bsearch(&key, known, n, sizeof(*known), compare_shown))
			continue;
		s->fds.v[s->hits.v[i].fd].dead = true;
		s->hits.v[i].dead = true;
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
	rc = lk_scan_sweep_table(s, pid, tid);
	if (diff < 0 && s->hits.n > first)
		drop_known(s, pid, first);
	note_thread_failure(s, rc);
	return 0;
}

void lk_scan_sweep_threads(struct scan *s, int pid)
{
	if (pid > 0 && !lk_scan_is_thread(s, pid))
		note_thread_failure(s, lk_scan_each_task(s, pid, sweep_private));
	for (size_t i = 0; pid == 0 && i < s->procs.n; i++)
		note_thread_failure(s, lk_scan_each_task(s, s->procs.v[i].pid, sweep_private));
}

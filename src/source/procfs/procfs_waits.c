/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds waiters by thread, descriptor and range, for what /proc/locks does not say: which process waits for an OFD lock, which thread
 * waits, and that a stopped process still wants a lock. Only threads that can be such waiters are looked at. See doc/kernel.md 4.1. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "record/blocked.h"
#include "source/host/helper.h"
#include "source/procfs/procfs_private.h"

#define STALL_MS 500
#define NAP_NS (500 * 1000)
#define MAX_NAPS 400 /* of one scan: a thread that wants to sleep may wait long for a processor first */

/* The auxiliary vector (getauxval(3)) begins with a small number and its value: two words of 64 bits, or in a 32-bit program two of 32
 * bits, which are read here as one. */
static enum lk_abi abi_of(struct scan *s, int pid, int tid)
{
#ifdef __x86_64__
	uint64_t first;

	if (lk_scan_read(s, pid, tid, "auxv") == 0 && s->buf.n >= sizeof(first)) {
		memcpy(&first, s->buf.v, sizeof(first));
		return first > UINT32_MAX ? LK_ABI_I386 : LK_ABI_NATIVE;
	}
#else
	(void)s;
	(void)pid;
	(void)tid;
#endif
	return LK_ABI_NATIVE;
}

/* Reading memory does not stop its owner. A first thread that has ended has no memory any more, so the waiting thread is named. */
static int read_memory(struct scan *s, int pid, int tid, uint64_t addr, void *buf, size_t n)
{
	struct iovec local = { buf, n }, remote = { (void *)(uintptr_t)addr, n };
	struct lk_proc_name name = lk_procroot_task_name(pid, tid, "mem");
	lk_auto_fd fd = -1;

	if (process_vm_readv(tid, &local, 1, &remote, 1, 0) == (ssize_t)n)
		return 0;
	fd = lk_io_openat(s->root->fd, name.s, O_RDONLY);
	if (fd < 0)
		return fd;
	return pread(fd, buf, n, (off_t)addr) == (ssize_t)n ? 0 : -EFAULT;
}

static int read_blocked_once(struct scan *s, int pid, int tid, struct lk_blocked *ret)
{
	struct lk_syscall call;
	int rc = lk_scan_read(s, pid, tid, "syscall");

	if (rc < 0)
		return rc;
	rc = lk_parse_syscall(s->buf.v, s->buf.n, &call);
	if (rc < 0)
		return rc;
	/* Most threads sleep in other calls, in either ABI: then abi_of() need not be asked. */
	if (!lk_blocked_decode(&call, LK_ABI_NATIVE, ret) && !lk_blocked_decode(&call, LK_ABI_I386, ret))
		return -EAGAIN;
	return lk_blocked_decode(&call, abi_of(s, pid, tid), ret) ? 0 : -EAGAIN;
}

static bool breaks_lease(const struct scan *s, int pid)
{
	for (size_t i = 0; i < s->lines.v.n; i++) {
		if (s->lines.v.v[i].rec.phase == LK_PHASE_BREAKER && s->lines.v.v[i].rec.pid == pid)
			return true;
	}
	return false;
}

/* A thread that waits for a lease to be broken is woken every few milliseconds to look again (fs/locks.c __break_lease()): on a busy
 * machine it takes a moment until it sleeps again. */
static int read_blocked(struct scan *s, int pid, int tid, struct lk_blocked *ret)
{
	struct timespec nap = { .tv_nsec = NAP_NS };
	int rc = read_blocked_once(s, pid, tid, ret);

	while (rc == -EBUSY && s->asleep.n_naps < MAX_NAPS && breaks_lease(s, pid) && !lk_scan_is_late(s)) {
		s->asleep.n_naps++;
		(void)nanosleep(&nap, NULL);
		rc = read_blocked_once(s, pid, tid, ret);
	}
	return rc;
}

static bool is_stopped(struct scan *s, int pid, int tid)
{
	struct lk_stat st;

	if (lk_scan_read(s, pid, tid, "stat") < 0 || lk_parse_stat(s->buf.v, s->buf.n, &st) < 0)
		return false;
	return st.state == 'T' || st.state == 't';
}

/* The waiter's own descriptor tells which file it is; the device of the key comes from the mount later (procfs_files.c). */
static int add_descriptor(struct scan *s, int pid, int tid, int fd, size_t *ret)
{
	struct lk_proc_name what = lk_procroot_name("fdinfo/%d", fd);
	struct lk_proc_name name = lk_procroot_task_name(pid, tid, what.s);
	struct scan_fd *f;
	int rc;

	s->buf.n = 0;
	rc = lk_io_read_at(s->root->fd, name.s, (size_t)64 << 20, &s->buf);
	if (rc < 0)
		return rc;
	f = lk_vec_push(&s->fds);
	*f = (struct scan_fd){ .pid = pid, .tid = tid, .fd = fd };
	lk_parse_fdinfo(s->buf.v, s->buf.n, &f->info, NULL, NULL);
	*ret = s->fds.n - 1;
	return 0;
}

static int decode_request(const struct scan_sleeper *p, struct lk_fact_waiter *w)
{
	const struct lk_blocked *b = &p->call;

	w->rec.type = b->type;
	w->rec.mode = b->mode;
	w->rec.range = LK_RANGE_WHOLE;
	w->range_resolved = true;
	if (b->call != LK_BLOCKED_FCNTL)
		return 0;
	if (!p->has_request)
		return -EFAULT;
	return lk_flock_decode(b->layout, p->request, &w->rec.mode, &w->rec.range, &w->range_resolved);
}

static bool same_call(const struct lk_blocked *a, const struct lk_blocked *b)
{
	return a->call == b->call && a->fd == b->fd && a->type == b->type && a->mode == b->mode &&
	       a->flock_addr == b->flock_addr;
}

static void add_waiter(struct scan *s, const struct scan_sleeper *p)
{
	const struct lk_blocked *b = &p->call;
	struct scan_waiter w = { .fd = SIZE_MAX, .fact = { .pid = p->pid, .tid = p->tid, .fd = b->fd, .wait_ms = -1 } };
	struct lk_blocked again;
	int rc;

	w.fact.rec.pid = b->type == LK_TYPE_OFD ? -1 : p->pid;
	w.fact.rec.key.none = true;
	rc = decode_request(p, &w.fact);
	if (rc == 0 && b->fd >= 0)
		rc = add_descriptor(s, p->pid, p->tid, b->fd, &w.fd);
	if (rc < 0)
		return;
	w.fact.stopped = is_stopped(s, p->pid, p->tid);
	w.fact.wait_ms = lk_scan_slept_ms(s, p->pid, p->tid, &w.fact.wait_error_ms);
	/* Memory and descriptor were read one after the other: the thread must still be in the same call. */
	if (read_blocked(s, p->pid, p->tid, &again) == 0 && same_call(&again, b))
		*lk_vec_push(&s->waiters) = w;
}

static int look_at_task(struct scan *s, int pid, int tid)
{
	struct lk_blocked b;
	int rc = lk_scan_skips(s, pid) ? -ETIMEDOUT : read_blocked(s, pid, tid, &b);

	if (rc == -EACCES || rc == -EPERM || rc == -ETIMEDOUT) {
		lk_scan_deny_process(s, LK_UNREAD_SYSCALL, rc, pid);
		return 1;
	}
	if (rc == 0)
		*lk_vec_push(&s->asleep.threads) = (struct scan_sleeper){ .pid = pid, .tid = tid, .call = b };
	return 0;
}

/* In the helper: a page that is not in memory is fetched from where it is stored, which may be a server that does not answer. */
static int read_request(void *arg, size_t i, struct lk_helper_out *out)
{
	struct scan *s = arg;
	const struct scan_sleeper *p = &s->asleep.threads.v[i];
	unsigned char bytes[LK_FLOCK_MAX];
	size_t n = lk_flock_size(p->call.layout);

	if (p->call.call != LK_BLOCKED_FCNTL || read_memory(s, p->pid, p->tid, p->call.flock_addr, bytes, n) < 0)
		return 0;
	return lk_helper_emit(out, bytes, n);
}

static int take_request(void *arg, size_t i, const char *data, size_t n)
{
	struct scan *s = arg;
	struct scan_sleeper *p = &s->asleep.threads.v[i];

	if (n > sizeof(p->request))
		return -EBADMSG;
	memcpy(p->request, data, n);
	p->has_request = true;
	return 0;
}

static void read_requests(struct scan *s)
{
	struct lk_helper_job job = {
		.n_items = s->asleep.threads.n,
		.work = read_request,
		.take = take_request,
		.arg = s,
		.keep_fd = s->root->fd,
		.stall_ms = STALL_MS,
		.deadline_ms = s->deadline_ms,
	};
	struct lk_helper_result res;
	bool any = false;
	int rc;

	for (size_t i = 0; i < s->asleep.threads.n && !any; i++)
		any = s->asleep.threads.v[i].call.call == LK_BLOCKED_FCNTL;
	if (!any)
		return;
	rc = lk_helper_run(&job, &res);
	for (size_t i = 0; !rc && i < res.n_given_up + res.n_left; i++)
		lk_scan_deny(s, LK_UNREAD_SYSCALL, -ETIMEDOUT);
	if (rc < 0)
		lk_scan_deny(s, LK_UNREAD_SYSCALL, rc);
}

/* Reads the requests of the threads found in lock calls, which become waiters. */
static void take_sleepers(struct scan *s)
{
	read_requests(s);
	for (size_t i = 0; i < s->asleep.threads.n; i++)
		add_waiter(s, &s->asleep.threads.v[i]);
	s->asleep.threads.n = 0;
}

void lk_scan_look_at_threads(struct scan *s, const struct scan_thread *threads, size_t n)
{
	for (size_t i = 0; i < n && !lk_scan_is_late(s); i++)
		look_at_task(s, threads[i].pid, threads[i].tid);
	take_sleepers(s);
}

/* s->asleep.openers is sorted by inode number. */
static void want_openers(struct scan *s, uint64_t ino, lk_ints *p)
{
	size_t low = 0, high = s->asleep.openers.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->asleep.openers.v[mid].ino < ino)
			low = mid + 1;
		else
			high = mid;
	}
	for (size_t i = low; i < s->asleep.openers.n && s->asleep.openers.v[i].ino == ino; i++)
		lk_scan_add_pid(p, s->asleep.openers.v[i].pid);
}

/* A listed waiter with a pid is that process; one without has the file open. */
static void want_listed(struct scan *s, lk_ints *p)
{
	struct lk_map done = { 0 };

	for (size_t i = 0; i < s->lines.v.n; i++) {
		const struct lk_record *r = &s->lines.v.v[i].rec;
		size_t seen;

		if (!r->depth)
			continue;
		if (r->pid > 0) {
			lk_scan_add_pid(p, r->pid);
		} else if (!r->key.none && !lk_map_find(&done, &r->key.ino, sizeof(r->key.ino), &seen)) {
			want_openers(s, r->key.ino, p);
			lk_map_set(&done, &r->key.ino, sizeof(r->key.ino), 0);
		}
	}
	lk_map_done(&done);
}

/* The request of a stopped process has left the kernel's list, but the process is still in the call. */
static void want_stopped(struct scan *s, lk_ints *p)
{
	lk_ints openers = { 0 };

	for (size_t i = 0; i < s->asleep.openers.n; i++)
		lk_scan_add_pid(&openers, s->asleep.openers.v[i].pid);
	lk_ints_sort(&openers);
	for (size_t i = 0; i < openers.n; i++) {
		if (is_stopped(s, openers.v[i], openers.v[i]))
			lk_scan_add_pid(p, openers.v[i]);
	}
	lk_vec_done(&openers);
}

/* For when the list hides groups, or a waiter was not found: any process may be one. */
static void want_all(struct scan *s, lk_ints *p)
{
	for (size_t i = 0; i < s->procs.n; i++) {
		if (!s->procs.v[i].denied)
			lk_scan_add_pid(p, s->procs.v[i].pid);
	}
}

static void want_pids(struct scan *s, lk_ints *p)
{
	want_listed(s, p);
	want_stopped(s, p);
	if (!s->root->initial_pidns || !s->has_locks_file)
		want_all(s, p);
}

/* Looks at the threads of these processes, but not of those in `seen`, which is sorted and may be NULL. */
static void look_at_all(struct scan *s, lk_ints *p, const lk_ints *seen)
{
	lk_ints_sort(p);
	for (size_t i = 0; i < p->n && !lk_scan_is_late(s); i++) {
		if (!seen || !lk_ints_has(seen, p->v[i]))
			lk_scan_each_task(s, p->v[i], look_at_task);
	}
	take_sleepers(s);
}

/* Whether a listed OFD waiter was not found: its descriptor may be in a thread's private table, which the sweep does not read. */
static bool is_one_missing(const struct scan *s)
{
	size_t listed = 0, found = 0;

	for (size_t i = 0; i < s->lines.v.n; i++)
		listed += s->lines.v.v[i].rec.depth && s->lines.v.v[i].rec.pid <= 0;
	for (size_t i = 0; i < s->waiters.n; i++)
		found += s->waiters.v[i].fact.rec.type == LK_TYPE_OFD && !s->waiters.v[i].fact.stopped;
	return found < listed;
}

void lk_scan_find_waiters(struct scan *s)
{
	lk_ints p = { 0 }, all = { 0 };

	/* Not in a copied tree: the request is in the memory of a process that is not there. */
	if (!(s->req->needs & LK_NEED_WAITS) || !s->root->own_pids)
		return;
	want_pids(s, &p);
	look_at_all(s, &p, NULL);
	if (is_one_missing(s)) {
		want_all(s, &all);
		look_at_all(s, &all, &p);
	}
	lk_vec_done(&p);
	lk_vec_done(&all);
}

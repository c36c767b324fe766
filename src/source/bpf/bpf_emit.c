/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Emits a dump as the facts of source.h. What the dump does not have, and processes of which only the number is known, are read as procfs
 * does it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "source/bpf/bpf_private.h"

/* -- lines, in the order of /proc/locks within a group: a held lock, then the requests that wait behind it, each followed by those that
 * wait behind that request -- */

struct walk {
	struct bpf_scan *b;
	const struct lk_sink *sink;
	uint32_t *child,
		*next; /* by lock: the first waiter behind it; the next waiter behind the same lock; LK_BPF_NONE none */
	uint32_t n_lines;
	uint64_t group;
};

static int emit(struct walk *w, uint32_t at)
{
	const struct lk_bpf_lock *l = &w->b->dump.locks[at];
	struct lk_fact_lock f = { .line = ++w->n_lines, .rec = lk_bpf_record(&w->b->dump.inodes[l->inode], l) };

	w->b->line[at] = w->n_lines;
	f.rec.depth = l->depth;
	f.rec.group = w->group;
	return lk_sink_lock(w->sink, &f);
}

/* Depth first, without a stack: a chain of waiters can be as long as there are threads. */
static int emit_waiters(struct walk *w, uint32_t root)
{
	uint32_t at = w->child[root];
	int rc = 0;

	while (at != LK_BPF_NONE && !rc) {
		rc = emit(w, at);
		if (w->child[at] != LK_BPF_NONE) {
			at = w->child[at];
			continue;
		}
		while (at != root && w->next[at] == LK_BPF_NONE)
			at = w->b->dump.locks[at].parent;
		at = at == root ? LK_BPF_NONE : w->next[at];
	}
	return rc;
}

/* From the last to the first, so that each chain keeps the order of the list. A parent always stands before its children. */
static void link_waiters(struct walk *w, const struct lk_bpf_inode *inode)
{
	for (uint32_t k = inode->n_locks; k-- > inode->n_held;) {
		uint32_t at = inode->first_lock + k, parent = w->b->dump.locks[at].parent;

		if (parent < inode->first_lock || parent >= at)
			continue;
		w->next[at] = w->child[parent];
		w->child[parent] = at;
	}
}

static int emit_inode(struct walk *w, const struct lk_bpf_inode *inode)
{
	int rc = 0;

	if (inode->n_locks > inode->n_held)
		link_waiters(w, inode);
	for (uint32_t k = 0; k < inode->n_held && !rc; k++) {
		uint32_t root = inode->first_lock + k;

		w->group++;
		rc = emit(w, root);
		if (inode->n_locks > inode->n_held)
			rc = rc ? rc : emit_waiters(w, root);
	}
	return rc;
}

/* Groups of /proc/locks that no inode of the dump has. */
static int emit_listed(struct walk *w)
{
	const struct scan_lines *l = &w->b->listed;
	int rc = 0;

	for (size_t i = 0; i < w->b->unlisted.n && !rc; i++) {
		size_t at = w->b->unlisted.v[i];

		w->group++;
		do {
			struct lk_fact_lock f = { .line = ++w->n_lines, .rec = l->v.v[at].rec };

			f.rec.group = w->group;
			rc = lk_sink_lock(w->sink, &f);
		} while (!rc && ++at < l->v.n && l->v.v[at].rec.depth);
	}
	return rc;
}

static int emit_all_lines(struct bpf_scan *b, const struct lk_sink *sink)
{
	size_t n = b->dump.n_locks;
	lk_auto_mem uint32_t *links = lk_alloc(2 * n, sizeof(*links));
	struct walk w = { .b = b, .sink = sink, .child = links, .next = links + n };
	int rc = 0;

	for (size_t i = 0; i < 2 * n; i++)
		links[i] = LK_BPF_NONE;
	for (uint32_t i = 0; i < b->dump.n_inodes && !rc; i++)
		rc = lk_bpf_is_ours(b, i) ? 0 : emit_inode(&w, &b->dump.inodes[i]);
	return rc ? rc : emit_listed(&w);
}

/* -- descriptors and mounts -- */

struct emission {
	const struct bpf_scan *b;
	const struct lk_sink *sink;
};

static int emit_shown(void *arg, uint32_t hold, uint32_t lock)
{
	const struct emission *e = arg;
	const struct lk_bpf_hold *h = &e->b->dump.holds[hold];
	const struct lk_bpf_lock *l = &e->b->dump.locks[lock];
	struct lk_fact_fd f = {
		.pid = (int)h->tgid,
		.tid = (int)h->tid,
		.fd = h->fd,
		.rec = lk_bpf_record(&e->b->dump.inodes[l->inode], l),
		.ofd = lk_bpf_number(e->b, h->file),
		.line = e->b->line[lock],
		.file = lk_bpf_file(e->b, l->inode),
	};

	return f.file ? lk_sink_fd(e->sink, &f) : 0;
}

static int emit_fds(struct bpf_scan *b, const struct lk_sink *sink)
{
	struct emission e = { b, sink };
	int rc = 0;

	for (size_t i = 0; i < b->n_holds && !rc; i++)
		rc = lk_bpf_each_shown(b, b->holds[i], emit_shown, &e);
	return rc;
}

/* Emits the mounts of the locked files, each file system once. */
static int emit_mounts(struct bpf_scan *b, const struct lk_sink *sink)
{
	struct lk_map seen = { 0 };
	int rc = 0;

	for (uint32_t i = 0; i < b->dump.n_inodes && !rc; i++) {
		const struct lk_bpf_inode *inode = &b->dump.inodes[i];

		if (i && inode[-1].major == inode->major && inode[-1].minor == inode->minor)
			continue;
		rc = lk_scan_emit_mount(&seen, lk_mounts_by_dev(&b->s.mounts, inode->major, inode->minor), sink);
	}
	for (size_t i = 0; i < b->unlisted.n && !rc; i++) {
		const struct lk_key *k = &b->listed.v.v[b->unlisted.v[i]].rec.key;

		rc = lk_scan_emit_mount(&seen, lk_mounts_by_dev(&b->s.mounts, k->major, k->minor), sink);
	}
	rc = rc ? rc : lk_scan_emit_remote_mounts(&b->s, &seen, sink);
	lk_map_done(&seen);
	return rc;
}

/* -- waiters: the kernel's queues name the thread behind each request they have -- */

static int emit_waiter(struct bpf_scan *b, uint32_t at, const struct lk_sink *sink)
{
	const struct lk_bpf_lock *l = &b->dump.locks[at];
	struct lk_fact_waiter f = {
		.pid = (int)l->wait_tgid,
		.tid = (int)l->wait_tid,
		.fd = l->wait_fd,
		.rec = lk_bpf_record(&b->dump.inodes[l->inode], l),
		.range_resolved = true,
		.wait_ms = -1,
		.wait_error_ms = -1,
		.ofd = lk_bpf_number(b, l->file),
		.line = b->line[at],
		.file = lk_bpf_file(b, l->inode),
	};

	f.rec.depth = l->depth;
	if (b->s.req->needs & LK_NEED_WAITS)
		f.wait_ms = lk_scan_slept_ms(&b->s, f.pid, f.tid, &f.wait_error_ms);
	return lk_sink_waiter(sink, &f);
}

static int emit_all_waiters(struct bpf_scan *b, const struct lk_sink *sink)
{
	int rc = 0;

	for (uint32_t i = 0; i < b->dump.n_locks && !rc; i++) {
		if (b->dump.locks[i].wait_tgid && b->line[i])
			rc = emit_waiter(b, i, sink);
	}
	return rc ? rc : lk_scan_emit_waiters(&b->s, sink);
}

/* -- processes: name, start, user and state come with the dump -- */

static void name(struct bpf_scan *b, int64_t pid)
{
	if (pid > 0 && pid <= INT32_MAX && (!b->s.told.named.n || b->s.told.named.v[b->s.told.named.n - 1] != pid))
		*lk_vec_push(&b->s.told.named) = (int)pid;
}

static int name_holder(void *arg, uint32_t hold, uint32_t lock __attribute__((unused)))
{
	struct bpf_scan *b = arg;

	name(b, b->dump.holds[hold].tgid);
	return 1;
}

static void name_all(struct bpf_scan *b)
{
	for (size_t i = 0; i < b->dump.n_locks; i++) {
		const struct lk_bpf_lock *l = &b->dump.locks[i];

		if (!lk_bpf_is_ours(b, l->inode))
			name(b, l->pid);
		name(b, l->wait_tgid);
	}
	for (size_t i = 0; i < b->n_holds; i++)
		lk_bpf_each_shown(b, b->holds[i], name_holder, b);
	for (size_t i = 0; i < b->unlisted.n; i++) {
		size_t at = b->unlisted.v[i];

		do
			name(b, b->listed.v.v[at].rec.pid);
		while (++at < b->listed.v.n && b->listed.v.v[at].rec.depth);
	}
}

static struct lk_fact_proc fact_of(const struct bpf_scan *b, const struct lk_bpf_task *t, long ticks)
{
	struct lk_fact_proc f = {
		.pid = (int)t->tgid,
		.start_ticks = lk_bpf_start_ticks(t->start_ns, b->source->boottime_shift_ns, ticks),
		.comm = t->comm,
		.comm_len = strnlen(t->comm, sizeof(t->comm)),
		.uid = t->euid,
		.ppid = (int)t->ppid,
		.state = lk_bpf_state_letter(t),
		.num_threads = t->n_threads,
	};

	if (t->is_kthread)
		f.flags |= LK_PROC_KTHREAD;
	if (f.state == 'Z' || f.state == 'X')
		f.flags |= LK_PROC_ZOMBIE;
	return f;
}

static void take_known(struct bpf_scan *b)
{
	struct lk_fact_proc *known = lk_arena_array(&b->s.arena, b->dump.n_tasks, sizeof(*known));
	long ticks = sysconf(_SC_CLK_TCK);

	for (size_t i = 0; i < b->dump.n_tasks; i++)
		known[i] = fact_of(b, &b->dump.tasks[i], ticks);
	if (b->dump.n_tasks)
		qsort(known, b->dump.n_tasks, sizeof(*known), lk_compare_int);
	b->s.told.known = known;
	b->s.told.n_known = b->dump.n_tasks;
}

static int emit_procs(struct bpf_scan *b, const struct lk_sink *sink)
{
	take_known(b);
	name_all(b);
	return lk_scan_emit_procs(&b->s, sink);
}

int lk_bpf_scan_emit(struct bpf_scan *b, const struct lk_sink *sink, int64_t wall_ms, double began)
{
	struct lk_fact_end end = { .stable = b->sure,
				   .n_procs = b->dump.stats.n_groups,
				   .n_left_out = b->dump.n_left_out };
	int rc = lk_scan_emit_host(&b->s, "bpf", wall_ms, sink);

	rc = rc ? rc : emit_all_lines(b, sink);
	rc = rc ? rc : emit_fds(b, sink);
	rc = rc ? rc : emit_all_waiters(b, sink);
	rc = rc ? rc : emit_mounts(b, sink);
	rc = rc ? rc : emit_procs(b, sink);
	for (size_t i = 0; i < b->s.orphans.n && !rc; i++)
		rc = lk_sink_orphan(sink, &b->s.orphans.v[i]);
	rc = rc ? rc : lk_bpf_emit_proven(b, sink);
	if (b->s.late)
		lk_scan_deny(&b->s, LK_UNREAD_TIMEOUT, -ETIMEDOUT);
	rc = rc ? rc : lk_scan_emit_denied(&b->s, sink);
	end.scan_ms = lk_io_now_ms_exact() - began;
	return rc ? rc : lk_sink_end(sink, &end);
}

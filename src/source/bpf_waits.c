/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who waits. The kernel's queues name the thread behind each request they have; the others, whose requests the kernel has dropped
 * (stopped threads) or a file server keeps, are looked at one by one as by procfs. */
#include "base/alloc.h"
#include "base/cleanup.h"
#include "source/bpf_private.h"

/* The threads whose requests are in the lists, sorted. */
static lk_ints listed_tids(const struct bpf_scan *b)
{
	lk_ints tids = { 0 };

	for (size_t i = 0; i < b->dump.n_locks; i++) {
		if (b->dump.locks[i].wait_tid)
			*lk_vec_push(&tids) = (int)b->dump.locks[i].wait_tid;
	}
	lk_ints_sort(&tids);
	return tids;
}

/* One who waits for a lease to be broken is woken all the time, and then in no queue: its process is known by the request. */
static bool is_woken_breaker(const struct bpf_scan *b, const struct lk_bpf_call *c)
{
	for (size_t i = 0; i < b->dump.n_locks; i++) {
		const struct lk_bpf_lock *l = &b->dump.locks[i];

		if (!l->file && !l->wait_tid && l->pid > 0 && (uint32_t)l->pid == c->tgid)
			return true;
	}
	return false;
}

/* A descriptor of a waiter found by its call: the description is known where the file has locks. */
static void number_waiters(struct bpf_scan *b)
{
	for (size_t i = 0; i < b->s.waiters.n; i++) {
		const struct scan_waiter *w = &b->s.waiters.v[i];
		const struct lk_bpf_call *call = lk_bpf_find_call(&b->dump, (uint32_t)w->fact.tid);

		for (size_t k = 0; call && w->fd != SIZE_MAX && k < b->n_holds; k++) {
			const struct lk_bpf_hold *h = &b->dump.holds[b->holds[k]];

			if (h->fd == w->fact.fd && h->files == call->files)
				b->s.fds.v[w->fd].ofd = lk_bpf_number(b, h->file);
		}
	}
}

int lk_bpf_find_unlisted_waiters(struct bpf_scan *b)
{
	lk_auto_mem struct scan_thread *threads = lk_alloc(b->dump.n_calls, sizeof(*threads));
	lk_ints listed;
	size_t n = 0;
	int rc;

	if (!(b->s.req->needs & LK_NEED_WAITS))
		return 0;
	listed = listed_tids(b);
	for (size_t i = 0; i < b->dump.n_calls; i++) {
		const struct lk_bpf_call *c = &b->dump.calls[i];

		/* Who opens a file stands in the list as long as a lease is in the way. */
		if (c->kind == LK_BPF_CALL_OPEN && !is_woken_breaker(b, c))
			continue;
		if (!lk_ints_has(&listed, (int)c->tid))
			threads[n++] = (struct scan_thread){ (int)c->tgid, (int)c->tid };
	}
	lk_vec_done(&listed);
	rc = lk_scan_look_at_threads(&b->s, threads, n);
	if (!rc)
		number_waiters(b);
	return rc;
}

static int emit_one(struct bpf_scan *b, uint32_t at, const struct lk_sink *sink)
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
	return sink->waiter(sink->arg, &f);
}

int lk_bpf_emit_waiters(struct bpf_scan *b, const struct lk_sink *sink)
{
	int rc = 0;

	for (uint32_t i = 0; i < b->dump.n_locks && !rc; i++) {
		if (b->dump.locks[i].wait_tgid && b->line[i])
			rc = emit_one(b, i, sink);
	}
	return rc ? rc : lk_scan_emit_waiters(&b->s, sink);
}

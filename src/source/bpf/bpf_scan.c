/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One scan by bpf: first the dump, then what the dump leaves open and has to be read from /proc. Nothing reaches the sink before all of
 * that is there, so that procfs can take over if anything fails. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "source/bpf/bpf_private.h"

static int add_process(void *arg, int dirfd __attribute__((unused)), const char *name)
{
	struct scan *s = arg;
	int pid;

	if (lk_text_pid(name, strlen(name), &pid) == 0)
		*lk_vec_push(&s->procs) = (struct scan_proc){ .pid = pid };
	return 0;
}

static void add_key(struct lk_key *keys, size_t *n, const struct lk_key *k)
{
	if (!k->none && (!*n || lk_key_compare(&keys[*n - 1], k) != 0))
		keys[(*n)++] = *k;
}

/* The files of held locks that no descriptor shows, sorted, each once. */
static struct lk_key *orphan_keys(const struct bpf_scan *b, size_t *ret_n)
{
	struct lk_key *keys = lk_alloc(b->dump.n_inodes + b->unlisted.n, sizeof(*keys));
	size_t n = 0, kept = 0;

	for (uint32_t i = 0; i < b->dump.n_inodes; i++) {
		const struct lk_bpf_inode *inode = &b->dump.inodes[i];
		struct lk_key key = { .major = inode->major, .minor = inode->minor, .ino = inode->ino };
		bool orphan = false;

		for (uint32_t k = 0; k < inode->n_held && !orphan && !lk_bpf_is_ours(b, i); k++)
			orphan = !b->held[inode->first_lock + k];
		if (orphan)
			add_key(keys, &n, &key);
	}
	for (size_t i = 0; i < b->unlisted.n; i++)
		add_key(keys, &n, &b->listed.v.v[b->unlisted.v[i]].rec.key);
	if (n)
		qsort(keys, n, sizeof(*keys), lk_key_compare);
	for (size_t i = 0; i < n; i++)
		add_key(keys, &kept, &keys[i]);
	*ret_n = kept;
	return keys;
}

/* Finds the processes that map files whose locks no descriptor shows. */
static void find_maps(struct bpf_scan *b)
{
	size_t n;
	lk_auto_mem struct lk_key *keys = orphan_keys(b, &n);

	if (!n || lk_scan_is_late(&b->s))
		return;
	lk_io_each_entry(b->s.root->fd, ".", add_process, &b->s);
	lk_scan_find_maps(&b->s, keys, n);
}

/* -- waiters: requests that the kernel has dropped (stopped threads) or that a file server keeps are looked for thread by thread, as procfs
 * does it -- */

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

/* A thread that waits for a lease to be broken is woken again and again, and is then in no wait queue. Its request in the list still tells
 * the process. */
static bool is_woken_breaker(const struct bpf_scan *b, const struct lk_bpf_call *c)
{
	for (size_t i = 0; i < b->dump.n_locks; i++) {
		const struct lk_bpf_lock *l = &b->dump.locks[i];

		if (!l->file && !l->wait_tid && l->pid > 0 && (uint32_t)l->pid == c->tgid)
			return true;
	}
	return false;
}

/* Sets the open file description of waiters that were found by their calls. It is known where the file has locks. */
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

static void find_unlisted_waiters(struct bpf_scan *b)
{
	lk_auto_mem struct scan_thread *threads = lk_alloc(b->dump.n_calls, sizeof(*threads));
	lk_ints listed;
	size_t n = 0;

	if (!(b->s.req->needs & LK_NEED_WAITS))
		return;
	listed = listed_tids(b);
	for (size_t i = 0; i < b->dump.n_calls; i++) {
		const struct lk_bpf_call *c = &b->dump.calls[i];

		/* A thread that opens a file has a request in the list as long as a lease is in its way. */
		if (c->kind == LK_BPF_CALL_OPEN && !is_woken_breaker(b, c))
			continue;
		if (!lk_ints_has(&listed, (int)c->tid))
			threads[n++] = (struct scan_thread){ (int)c->tgid, (int)c->tid };
	}
	lk_vec_done(&listed);
	lk_scan_look_at_threads(&b->s, threads, n);
	number_waiters(b);
}

int lk_bpf_scan_dump(struct bpf_scan *b, struct lk_err *err)
{
	int rc = lk_bpf_load_mounts(b);

	if (rc < 0 && rc != -ENOENT)
		lk_scan_deny(&b->s, LK_UNREAD_MOUNTS, rc);
	rc = lk_bpf_settle(b, err);
	if (rc < 0)
		return lk_err_set(err, rc, "cannot read the kernel's locks: %s", strerror(-rc));
	b->s.has_locks_file = true;
	b->s.stable = b->sure;
	b->s.told.all_swept = true;
	return 0;
}

void lk_bpf_scan_look(struct bpf_scan *b)
{
	find_maps(b);
	find_unlisted_waiters(b);
	lk_bpf_describe(b);
}

void lk_bpf_scan_done(struct bpf_scan *b)
{
	lk_bpf_close_asked(b);
	lk_bpf_keep_mounts(b);
	lk_bpf_match_done(b);
	lk_scan_lines_done(&b->listed);
	lk_vec_done(&b->unlisted);
	free(b->described);
	lk_scan_done(&b->s);
}

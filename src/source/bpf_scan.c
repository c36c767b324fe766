/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One scan by bpf: the dump first; what it leaves open, and what has to be read from /proc, after it. Nothing reaches the sink
 * before all of that is there, so that procfs can take over when it does not come to pass. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "source/bpf_private.h"

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

/* Who maps the files of the locks that no descriptor shows. */
static int find_maps(struct bpf_scan *b)
{
	size_t n;
	lk_auto_mem struct lk_key *keys = orphan_keys(b, &n);

	if (!n || lk_scan_is_late(&b->s))
		return 0;
	lk_io_each_entry(b->s.root->fd, ".", add_process, &b->s);
	return lk_scan_find_maps(&b->s, keys, n);
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
	b->s.all_swept = true;
	return 0;
}

int lk_bpf_scan_look(struct bpf_scan *b, struct lk_err *err)
{
	int rc = find_maps(b);

	rc = rc ? rc : lk_bpf_find_unlisted_waiters(b);
	rc = rc ? rc : lk_bpf_describe(b);
	return rc ? lk_err_set(err, rc, "cannot read the locks: %s", strerror(-rc)) : 0;
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

	return f.file ? e->sink->fd(e->sink->arg, &f) : 0;
}

static int emit_fds(struct bpf_scan *b, const struct lk_sink *sink)
{
	struct emission e = { b, sink };
	int rc = 0;

	for (size_t i = 0; i < b->n_holds && !rc; i++)
		rc = lk_bpf_each_shown(b, b->holds[i], emit_shown, &e);
	return rc;
}

/* The file systems that the locks stand on, each once. */
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

int lk_bpf_scan_emit(struct bpf_scan *b, const struct lk_sink *sink, int64_t wall_ms, double began)
{
	struct lk_fact_end end = { .stable = b->sure,
				   .n_procs = b->dump.stats.n_groups,
				   .n_left_out = b->dump.n_left_out };
	int rc = lk_scan_emit_host(&b->s, "bpf", wall_ms, sink);

	rc = rc ? rc : lk_bpf_emit_lines(b, sink);
	rc = rc ? rc : emit_fds(b, sink);
	rc = rc ? rc : lk_bpf_emit_waiters(b, sink);
	rc = rc ? rc : emit_mounts(b, sink);
	rc = rc ? rc : lk_bpf_emit_procs(b, sink);
	for (size_t i = 0; i < b->s.orphans.n && !rc; i++)
		rc = sink->orphan(sink->arg, &b->s.orphans.v[i]);
	rc = rc ? rc : lk_bpf_emit_proven(b, sink);
	if (b->s.late)
		lk_scan_deny(&b->s, LK_UNREAD_TIMEOUT, -ETIMEDOUT);
	rc = rc ? rc : lk_scan_emit_denied(&b->s, sink);
	end.scan_ms = lk_io_now_ms_exact() - began;
	return rc ? rc : sink->end(sink->arg, &end);
}

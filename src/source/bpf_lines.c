/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The locks in the order in which /proc/locks has what belongs together: a held lock, then those who wait behind it, each followed
 * by those who wait behind that one. */
#include "base/alloc.h"
#include "base/cleanup.h"
#include "source/bpf_private.h"

struct walk {
	struct bpf_scan *b;
	const struct lk_sink *sink;
	uint32_t *child,
		*next; /* by lock: the first that waits behind it, the next behind the same; LK_BPF_NONE none */
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
	return w->sink->lock(w->sink->arg, &f);
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
			rc = w->sink->lock(w->sink->arg, &f);
		} while (!rc && ++at < l->v.n && l->v.v[at].rec.depth);
	}
	return rc;
}

int lk_bpf_emit_lines(struct bpf_scan *b, const struct lk_sink *sink)
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

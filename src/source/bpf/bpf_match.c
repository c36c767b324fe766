/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which descriptor shows which lock, by the rule of /proc/PID/fdinfo (fs/locks.c __show_fd_locks()): the lock was made through the
 * descriptor's open file description, and is owned by that description or by the descriptor table. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "source/bpf/bpf_private.h"

bool lk_bpf_is_ours(const struct bpf_scan *b, uint32_t inode)
{
	return inode >= b->dump.n_inodes || (b->dump.inodes[inode].flags & LK_BPF_INODE_OURS);
}

static int compare_spans(const void *a, const void *b)
{
	const struct bpf_span *x = a, *y = b;
	int rc = lk_compare(x->file, y->file);

	rc = rc ? rc : lk_compare(x->owner, y->owner);
	return rc ? rc : lk_compare(x->first, y->first);
}

static bool continues(const struct bpf_span *s, const struct lk_bpf_lock *l, uint32_t at)
{
	return s->first + s->n == at && s->inode == l->inode && s->file == l->file && s->owner == l->owner;
}

static void add_held(struct bpf_scan *b, uint32_t at)
{
	const struct lk_bpf_lock *l = &b->dump.locks[at];
	struct bpf_span *s = b->spans.n ? &b->spans.v[b->spans.n - 1] : NULL;

	if (s && continues(s, l, at)) {
		s->n++;
		return;
	}
	s = lk_vec_push(&b->spans);
	*s = (struct bpf_span){ l->file, l->owner, at, 1, l->inode };
}

static void make_spans(struct bpf_scan *b)
{
	for (uint32_t i = 0; i < b->dump.n_inodes; i++) {
		const struct lk_bpf_inode *inode = &b->dump.inodes[i];

		for (uint32_t k = 0; k < inode->n_held && !lk_bpf_is_ours(b, i); k++)
			add_held(b, inode->first_lock + k);
	}
	if (b->spans.n)
		qsort(b->spans.v, b->spans.n, sizeof(*b->spans.v), compare_spans);
}

static int compare_holds(const void *a, const void *b, void *arg)
{
	const struct lk_bpf_hold *all = arg, *x = &all[*(const uint32_t *)a], *y = &all[*(const uint32_t *)b];
	int rc = lk_compare(x->tgid, y->tgid);

	rc = rc ? rc : lk_compare(x->tid, y->tid);
	return rc ? rc : lk_compare(x->fd, y->fd);
}

static bool is_sorted(const struct lk_bpf_hold *all, const uint32_t *order, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (compare_holds(&order[i - 1], &order[i], (void *)all) > 0)
			return false;
	}
	return true;
}

/* In the order of /proc: process, thread, descriptor. The dump is often in this order already. */
static void sort_holds(struct bpf_scan *b)
{
	const struct lk_bpf_dump *d = &b->dump;

	b->holds = lk_alloc(d->n_holds, sizeof(*b->holds));
	b->n_holds = 0;
	for (uint32_t i = 0; i < d->n_holds; i++) {
		if (!lk_bpf_is_ours(b, d->holds[i].inode))
			b->holds[b->n_holds++] = i;
	}
	if (!is_sorted(d->holds, b->holds, b->n_holds))
		qsort_r(b->holds, b->n_holds, sizeof(*b->holds), compare_holds, (void *)d->holds);
}

static uint32_t first_span(const struct bpf_scan *b, uint64_t file, uint64_t owner)
{
	size_t low = 0, high = b->spans.n;
	const struct bpf_span *s;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		s = &b->spans.v[mid];
		if (s->file < file || (s->file == file && s->owner < owner))
			low = mid + 1;
		else
			high = mid;
	}
	s = &b->spans.v[low];
	return low < b->spans.n && s->file == file && s->owner == owner ? (uint32_t)low : LK_BPF_NONE;
}

static void find_places(struct bpf_scan *b)
{
	for (size_t i = 0; i < b->n_holds; i++) {
		const struct lk_bpf_hold *h = &b->dump.holds[b->holds[i]];

		b->places[b->holds[i]] = (struct bpf_place){ .table = first_span(b, h->file, h->files),
							     .file = first_span(b, h->file, h->file) };
	}
}

static int each_owned(const struct bpf_scan *b, uint32_t hold, uint32_t first, lk_bpf_shown_cb cb, void *arg)
{
	const struct bpf_span *begin = first == LK_BPF_NONE ? NULL : &b->spans.v[first];
	int rc = 0;

	for (size_t i = first; begin && i < b->spans.n && !rc; i++) {
		const struct bpf_span *s = &b->spans.v[i];

		if (s->file != begin->file || s->owner != begin->owner)
			break;
		/* The struct file was reused: another file was at this address when the locks of s->inode were read. */
		if (s->inode != b->dump.holds[hold].inode)
			continue;
		for (uint32_t k = 0; k < s->n && !rc; k++)
			rc = cb(arg, hold, s->first + k);
	}
	return rc;
}

int lk_bpf_each_shown(const struct bpf_scan *b, uint32_t hold, lk_bpf_shown_cb cb, void *arg)
{
	int rc = each_owned(b, hold, b->places[hold].table, cb, arg);

	return rc || b->dropped[hold] ? rc : each_owned(b, hold, b->places[hold].file, cb, arg);
}

static bool is_mounted_here(const struct bpf_scan *b, uint32_t hold)
{
	const struct lk_mount *m = lk_mounts_by_id(&b->s.mounts, b->dump.holds[hold].mnt_id);

	return m && m->ns == 0;
}

/* Takes the first hold, but prefers one on a mount of ours to one on a mount of another mount namespace. */
static void choose_shown(struct bpf_scan *b, uint32_t hold)
{
	uint32_t *shown = &b->shown[b->dump.holds[hold].inode];

	if (*shown == LK_BPF_NONE || (b->dump.holds[*shown].mnt_id != b->dump.holds[hold].mnt_id &&
				      !is_mounted_here(b, *shown) && is_mounted_here(b, hold)))
		*shown = hold;
}

static int note_shown(void *arg, uint32_t hold, uint32_t lock)
{
	struct bpf_scan *b = arg;

	b->held[lock] = 1;
	choose_shown(b, hold);
	return 0;
}

void lk_bpf_rematch(struct bpf_scan *b)
{
	memset(b->held, 0, b->dump.n_locks * sizeof(*b->held));
	for (size_t i = 0; i < b->dump.n_inodes; i++)
		b->met[i] = b->shown[i] = LK_BPF_NONE;
	for (size_t i = 0; i < b->n_holds; i++)
		lk_bpf_each_shown(b, b->holds[i], note_shown, b);
	/* A descriptor that shows no lock can still describe the file. */
	for (size_t i = 0; i < b->n_holds; i++)
		choose_shown(b, b->holds[i]);
	for (uint32_t i = 0; i < b->dump.n_holds; i++) {
		uint32_t inode = b->dump.holds[i].inode;

		if (inode < b->dump.n_inodes && b->met[inode] == LK_BPF_NONE)
			b->met[inode] = i;
	}
}

static void number_files(struct bpf_scan *b)
{
	const struct lk_bpf_dump *d = &b->dump;
	size_t n_held;

	for (size_t i = 0; i < b->spans.n; i++) {
		if (!i || b->spans.v[i].file != b->spans.v[i - 1].file)
			*lk_vec_push(&b->files) = b->spans.v[i].file;
	}
	n_held = b->files.n;
	for (size_t i = 0; i < d->n_locks; i++) {
		if (d->locks[i].parent != LK_BPF_NONE && d->locks[i].file)
			*lk_vec_push(&b->files) = d->locks[i].file;
	}
	/* The spans are sorted already. */
	if (b->files.n > n_held)
		lk_u64s_sort(&b->files);
}

size_t lk_bpf_number(const struct bpf_scan *b, uint64_t file)
{
	const uint64_t *at = file && b->files.n ? bsearch(&file, b->files.v, b->files.n, sizeof(file), lk_compare_u64)
						: NULL;

	return at ? (size_t)(at - b->files.v) + 1 : 0;
}

void lk_bpf_match(struct bpf_scan *b)
{
	const struct lk_bpf_dump *d = &b->dump;

	lk_bpf_match_done(b);
	b->held = lk_alloc(d->n_locks, sizeof(*b->held));
	b->line = lk_alloc(d->n_locks, sizeof(*b->line));
	b->dropped = lk_alloc(d->n_holds, sizeof(*b->dropped));
	b->places = lk_alloc(d->n_holds, sizeof(*b->places));
	b->met = lk_alloc(d->n_inodes, sizeof(*b->met));
	b->shown = lk_alloc(d->n_inodes, sizeof(*b->shown));
	make_spans(b);
	sort_holds(b);
	number_files(b);
	find_places(b);
	lk_bpf_rematch(b);
}

void lk_bpf_match_done(struct bpf_scan *b)
{
	lk_vec_done(&b->spans);
	free(b->holds);
	free(b->held);
	free(b->dropped);
	free(b->places);
	free(b->line);
	free(b->met);
	free(b->shown);
	lk_vec_done(&b->files);
	b->holds = b->line = b->met = b->shown = NULL;
	b->held = b->dropped = NULL;
	b->places = NULL;
	b->n_holds = 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that print the same are told apart by who waits behind them. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "model/build_private.h"

#define MAX_TRIED 1000 /* equal lines to change places with */

struct kind {
	uint32_t file;
	const struct lk_record *rec;
};

static bool is_kind(const void *arg, uint32_t value, const void *key)
{
	const struct lk_build *b = arg;
	const struct kind *k = key;

	return b->links.v[value].file == k->file && lk_record_same_body(&b->rows.v[value].rec, k->rec);
}

static uint64_t hash_kind(const struct kind *k)
{
	return lk_build_hash_body(k->rec) + k->file;
}

static uint32_t first_equal(const struct lk_build *b, const struct lk_equals *eq, const struct kind *k)
{
	return lk_index_find(&eq->by_kind, hash_kind(k), is_kind, b, k);
}

/* Rows of one kind as chains, made when the first is asked for. */
static void make_chains(struct lk_build *b, struct lk_equals *eq)
{
	lk_auto_mem uint32_t *last = eq->next ? NULL : lk_alloc(b->rows.n, sizeof(*last));

	if (!last)
		return;
	eq->next = lk_alloc(b->rows.n, sizeof(*eq->next));
	for (uint32_t i = 0; i < b->rows.n; i++) {
		struct kind k = { b->links.v[i].file, &b->rows.v[i].rec };
		uint32_t first;

		eq->next[i] = BUILD_NONE;
		last[i] = i;
		if (b->links.v[i].root != i)
			continue;
		first = first_equal(b, eq, &k);
		if (first != BUILD_NONE) {
			eq->next[last[first]] = i;
			last[first] = i;
		} else {
			lk_index_add(&eq->by_kind, hash_kind(&k), i);
		}
	}
}

void lk_equals_move(struct lk_build *b, struct lk_equals *eq, uint32_t row, uint32_t file)
{
	struct build_link *link = &b->links.v[row];
	struct kind k = { file, &b->rows.v[link->root].rec };
	uint32_t first;

	if (file == BUILD_NONE || file == link->file ||
	    !lk_key_equal(&b->files.v[file].key, &b->files.v[link->file].key))
		return;
	if (!b->files.v[link->file].ambiguous && !b->files.v[file].has_stat)
		return;
	link->file = file;
	if (link->root == row)
		return;
	make_chains(b, eq);
	first = first_equal(b, eq, &k);
	if (first != BUILD_NONE)
		link->root = first;
}

/* ---- equal OFD locks ---- */

static size_t description_of(const struct lk_build *b, uint32_t row)
{
	uint32_t group = b->links.v[row].group;

	return group == BUILD_NONE ? 0 : lk_build_first_hit(b, group)->ofd;
}

static size_t waiting_description(const struct lk_build *b, uint32_t row)
{
	uint32_t waiter = b->links.v[row].waiter;

	return waiter == BUILD_NONE ? 0 : b->waiters.v[waiter].f.ofd;
}

struct below {
	uint32_t root;
	size_t ofd;
};

static bool is_below(const void *arg, uint32_t value, const void *key)
{
	const struct lk_build *b = arg;
	const struct below *w = key;

	return b->links.v[value].root == w->root && waiting_description(b, value) == w->ofd;
}

static bool waits_under(const struct lk_build *b, const struct lk_equals *eq, uint32_t root, size_t ofd)
{
	struct below w = { root, ofd };

	return lk_index_find(&eq->below, lk_mix(lk_mix_begin(), root, ofd), is_below, b, &w) != BUILD_NONE;
}

static void note_waiting(struct lk_build *b, struct lk_equals *eq)
{
	for (uint32_t i = 0; i < b->rows.n; i++) {
		size_t ofd = waiting_description(b, i);
		uint32_t root = b->links.v[i].root;

		if (ofd && root != i && !waits_under(b, eq, root, ofd))
			lk_index_add(&eq->below, lk_mix(lk_mix_begin(), root, ofd), i);
	}
}

/* No waiter is listed under its own lock. Where one is, its line and another one change places. */
static bool swap_own_root(struct lk_build *b, const struct lk_equals *eq, uint32_t root, size_t ofd)
{
	struct kind k = { b->links.v[root].file, &b->rows.v[root].rec };
	int n_tried = 0;

	for (uint32_t i = first_equal(b, eq, &k); i != BUILD_NONE && n_tried < MAX_TRIED; i = eq->next[i], n_tried++) {
		uint32_t group = b->links.v[i].group;
		size_t other = description_of(b, i);

		if (i == root || !other || other == ofd)
			continue;
		if (waits_under(b, eq, root, other) || waits_under(b, eq, i, ofd))
			continue;
		b->links.v[i].group = b->links.v[root].group;
		b->links.v[root].group = group;
		return true;
	}
	return false;
}

void lk_equals_part(struct lk_build *b, struct lk_equals *eq)
{
	uint32_t stuck = BUILD_NONE;
	bool noted = false;

	for (uint32_t i = 0; i < b->rows.n; i++) {
		size_t ofd = b->rows.v[i].rec.type == LK_TYPE_OFD ? waiting_description(b, i) : 0;
		uint32_t root = b->links.v[i].root;

		if (!ofd || root == i || root == stuck || b->rows.v[root].rec.type != LK_TYPE_OFD ||
		    description_of(b, root) != ofd)
			continue;
		make_chains(b, eq);
		if (!noted)
			note_waiting(b, eq);
		noted = true;
		if (!swap_own_root(b, eq, root, ofd))
			stuck = root;
	}
}

void lk_equals_done(struct lk_equals *eq)
{
	lk_index_done(&eq->by_kind);
	lk_index_done(&eq->below);
	free(eq->next);
}

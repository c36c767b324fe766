/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash table: open addressing over 8-byte slots, grown when three quarters are used. */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

struct lk_index_slot {
	uint32_t next; /* the element's number + 1; 0: empty */
	uint32_t hash;
};

void lk_index_done(struct lk_index *ix)
{
	free(ix->slots);
	*ix = (struct lk_index){ 0 };
}

static uint32_t fold(uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 32);
}

uint32_t lk_index_find(const struct lk_index *ix, uint64_t hash, lk_index_same same, const void *arg, const void *key)
{
	uint32_t h = fold(hash);

	if (!ix->cap)
		return LK_INDEX_NONE;
	for (size_t mask = ix->cap - 1, i = h & mask; ix->slots[i].next; i = (i + 1) & mask) {
		const struct lk_index_slot *s = &ix->slots[i];

		if (s->hash == h && same(arg, s->next - 1, key))
			return s->next - 1;
	}
	return LK_INDEX_NONE;
}

static void put(struct lk_index *ix, struct lk_index_slot slot)
{
	size_t mask = ix->cap - 1, i = slot.hash & mask;

	while (ix->slots[i].next)
		i = (i + 1) & mask;
	ix->slots[i] = slot;
}

static void grow(struct lk_index *ix)
{
	struct lk_index bigger = { .cap = ix->cap ? ix->cap * 2 : 64, .n = ix->n };
	size_t gap = 0;

	bigger.slots = lk_alloc(bigger.cap, sizeof(*bigger.slots));
	/* Start at an empty slot, so that of equal hashes the one added first is found first in the bigger table too. */
	while (ix->cap && ix->slots[gap].next)
		gap++;
	for (size_t n = 0; n < ix->cap; n++) {
		size_t i = (gap + n) & (ix->cap - 1);

		if (ix->slots[i].next)
			put(&bigger, ix->slots[i]);
	}
	free(ix->slots);
	*ix = bigger;
}

void lk_index_add(struct lk_index *ix, uint64_t hash, uint32_t value)
{
	if (value == LK_INDEX_NONE)
		lk_alloc_fail();
	if (ix->n + 1 > ix->cap / 4 * 3)
		grow(ix);
	put(ix, (struct lk_index_slot){ value + 1, fold(hash) });
	ix->n++;
}

/* -- a map -- */

struct map_key {
	const void *p;
	size_t len;
};

static bool is_entry(const void *arg, uint32_t value, const void *key)
{
	const struct lk_map_entry *e = &((const struct lk_map *)arg)->v[value];
	const struct map_key *k = key;

	return e->len == k->len && memcmp(e->key, k->p, k->len) == 0;
}

static uint32_t map_find(const struct lk_map *m, uint64_t hash, const void *key, size_t len)
{
	return lk_index_find(&m->index, hash, is_entry, m, &(struct map_key){ key, len });
}

void lk_map_done(struct lk_map *m)
{
	lk_index_done(&m->index);
	lk_vec_done(m);
}

bool lk_map_find(const struct lk_map *m, const void *key, size_t len, size_t *ret_value)
{
	uint32_t at = m->n ? map_find(m, lk_hash_bytes(lk_hash_begin(), key, len), key, len) : LK_INDEX_NONE;

	if (at != LK_INDEX_NONE && ret_value)
		*ret_value = m->v[at].value;
	return at != LK_INDEX_NONE;
}

void lk_map_set(struct lk_map *m, const void *key, size_t len, size_t value)
{
	uint64_t hash = lk_hash_bytes(lk_hash_begin(), key, len);
	uint32_t at = map_find(m, hash, key, len);
	struct lk_map_entry *e;

	if (at != LK_INDEX_NONE) {
		m->v[at].value = value;
		return;
	}
	e = lk_vec_push(m);
	*e = (struct lk_map_entry){ .key = key, .len = len, .value = value };
	lk_index_add(&m->index, hash, (uint32_t)(m->n - 1));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash table: open addressing over 8-byte slots, grown when three quarters are used. */
#include "base/map.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/alloc.h"

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
	uint32_t at = m->n ? map_find(m, lk_mix_bytes(lk_mix_begin(), key, len), key, len) : LK_INDEX_NONE;

	if (at != LK_INDEX_NONE && ret_value)
		*ret_value = m->v[at].value;
	return at != LK_INDEX_NONE;
}

void lk_map_set(struct lk_map *m, const void *key, size_t len, size_t value)
{
	uint64_t hash = lk_mix_bytes(lk_mix_begin(), key, len);
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

/* -- hashes -- */

uint64_t lk_hash(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* The secret is taken from the 16 random bytes that the kernel gives every program (getauxval(3), AT_RANDOM). */
uint64_t lk_mix_begin(void)
{
	static _Atomic uint64_t seed;
	uint64_t s = atomic_load_explicit(&seed, memory_order_relaxed);
	const void *random;

	if (s)
		return s;
	random = (const void *)getauxval(AT_RANDOM);
	if (random)
		memcpy(&s, random, sizeof(s));
	s |= 1;
	atomic_store_explicit(&seed, s, memory_order_relaxed);
	return s;
}

/* Combines the halves of a product whose factors both depend on the secret h. */
uint64_t lk_mix(uint64_t h, uint64_t a, uint64_t b)
{
	uint64_t x = a ^ h, y = b ^ (h * UINT64_C(0x9e3779b97f4a7c15) | 1);
#ifdef __SIZEOF_INT128__
	unsigned __int128 product = (unsigned __int128)x * y;

	return (uint64_t)product ^ (uint64_t)(product >> 64) ^ h;
#else
	x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
	y = (y ^ x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return y ^ y >> 33;
#endif
}

uint64_t lk_mix_bytes(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = p;
	uint64_t w[2];

	h = lk_mix(h, n, 0);
	for (; n > sizeof(w); n -= sizeof(w), b += sizeof(w)) {
		memcpy(w, b, sizeof(w));
		h = lk_mix(h, w[0], w[1]);
	}
	memset(w, 0, sizeof(w));
	memcpy(w, b, n);
	return lk_mix(h, w[0], w[1]);
}

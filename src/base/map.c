/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/index.h"

struct lk_map_slot {
	const void *key; /* NULL: empty */
	size_t len;
	uint64_t hash;
	size_t value;
};

uint64_t lk_hash(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t map_hash(const void *p, size_t n)
{
	return lk_mix_bytes(lk_mix_begin(), p, n);
}

void lk_map_done(struct lk_map *m)
{
	free(m->slots);
	*m = (struct lk_map){ 0 };
}

static struct lk_map_slot *map_probe(const struct lk_map *m, const void *key, size_t len, uint64_t hash)
{
	size_t mask = m->cap - 1;
	size_t i = hash & mask;

	for (;; i = (i + 1) & mask) {
		struct lk_map_slot *s = &m->slots[i];

		if (!s->key)
			return s;
		if (s->hash == hash && s->len == len && memcmp(s->key, key, len) == 0)
			return s;
	}
}

bool lk_map_find(const struct lk_map *m, const void *key, size_t len, size_t *ret_value)
{
	struct lk_map_slot *s;

	if (!m->cap)
		return false;
	s = map_probe(m, key, len, map_hash(key, len));
	if (!s->key)
		return false;
	*ret_value = s->value;
	return true;
}

static void map_grow(struct lk_map *m)
{
	struct lk_map bigger = { .cap = m->cap ? m->cap * 2 : 64, .n = m->n };

	bigger.slots = lk_alloc(bigger.cap, sizeof(*bigger.slots));
	for (size_t i = 0; i < m->cap; i++) {
		if (m->slots[i].key)
			*map_probe(&bigger, m->slots[i].key, m->slots[i].len, m->slots[i].hash) = m->slots[i];
	}
	free(m->slots);
	*m = bigger;
}

int lk_map_set(struct lk_map *m, const void *key, size_t len, size_t value)
{
	uint64_t hash = map_hash(key, len);
	struct lk_map_slot *s;

	if (m->n + 1 > m->cap / 4 * 3)
		map_grow(m);
	s = map_probe(m, key, len, hash);
	if (!s->key)
		m->n++;
	*s = (struct lk_map_slot){ .key = key, .len = len, .hash = hash, .value = value };
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hash map from byte strings to size_t indexes (open addressing; no removal). */
#ifndef LK_BASE_MAP_H
#define LK_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lk_map_slot;

/* In place; zero-initialised is empty. Keys are borrowed: they must outlive the map. */
struct lk_map {
	struct lk_map_slot *slots;
	size_t cap; /* a power of two, or 0 */
	size_t n;
};

void lk_map_done(struct lk_map *m);

/* true and *ret_value when the key is there. */
bool lk_map_find(const struct lk_map *m, const void *key, size_t len, size_t *ret_value);

/* Sets key to value (replacing). Memory that is out ends the program (base/alloc.h). 0. */
int lk_map_set(struct lk_map *m, const void *key, size_t len, size_t value);

/* 64-bit FNV-1a, chainable: start with LK_HASH_INIT. Not keyed: not for secrets. */
#define LK_HASH_INIT UINT64_C(0xcbf29ce484222325)
uint64_t lk_hash(uint64_t h, const void *p, size_t n);

#endif

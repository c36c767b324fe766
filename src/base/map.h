/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash table: an index over elements that are stored elsewhere and, built on it, a map from byte strings to numbers. Nothing can be
 * removed. Running out of memory ends the program (base/alloc.h). */
#ifndef LK_BASE_MAP_H
#define LK_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

/* -- an index: an 8-byte slot for each element of an array of the caller, who compares the element with the key -- */

#define LK_INDEX_NONE UINT32_MAX /* no element has this number */

struct lk_index_slot;

/* The caller provides the storage; zero-initialised is empty. */
struct lk_index {
	struct lk_index_slot *slots;
	size_t cap; /* a power of two, or 0 */
	size_t n;
};

void lk_index_done(struct lk_index *ix);

/* Is element `value` the one that is looked for? */
typedef bool (*lk_index_same)(const void *arg, uint32_t value, const void *key);

/* The number of the first element added with this hash that is the same as key; LK_INDEX_NONE: none. */
uint32_t lk_index_find(const struct lk_index *ix, uint64_t hash, lk_index_same same, const void *arg, const void *key);
/* Does not check whether the element is there already. The value LK_INDEX_NONE (too many elements) ends the program. */
void lk_index_add(struct lk_index *ix, uint64_t hash, uint32_t value);

/* -- a map -- */

struct lk_map_entry {
	const void *key; /* borrowed: it must outlive the map */
	size_t len;
	size_t value;
};

/* The caller provides the storage; zero-initialised is empty. */
struct lk_map {
	struct lk_index index;
	LK_VEC(struct lk_map_entry); /* .v[0..n): each key once, in the order they were set first */
};

void lk_map_done(struct lk_map *m);
/* true and *ret_value (may be NULL) when the key is there. */
bool lk_map_find(const struct lk_map *m, const void *key, size_t len, size_t *ret_value);
/* Sets key to value (replacing). */
void lk_map_set(struct lk_map *m, const void *key, size_t len, size_t value);

#endif

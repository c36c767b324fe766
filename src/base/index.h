/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash index over elements that stand in an array elsewhere: 8 bytes for each, which the array's own elements are compared with.
 * No removal. */
#ifndef LK_BASE_INDEX_H
#define LK_BASE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LK_INDEX_NONE UINT32_MAX /* no element has this number */

struct lk_index_slot;

/* In place; zero-initialised is empty. */
struct lk_index {
	struct lk_index_slot *slots;
	size_t cap; /* a power of two, or 0 */
	size_t n;
};

void lk_index_done(struct lk_index *ix);

/* Is element `value` the one that is looked for? */
typedef bool (*lk_index_same)(const void *arg, uint32_t value, const void *key);

/* The first element added with this hash that is the same, LK_INDEX_NONE: none. */
uint32_t lk_index_find(const struct lk_index *ix, uint64_t hash, lk_index_same same, const void *arg, const void *key);
/* Whether it is there already is not looked at. Memory that is out ends the program (base/alloc.h), and so does LK_INDEX_NONE, which
 * is where numbers end. 0. */
int lk_index_add(struct lk_index *ix, uint64_t hash, uint32_t value);

/* Hashes for tables in memory only: they start from a secret of this run of the program, so that nobody can choose names or ranges
 * that collide. */
uint64_t lk_mix_begin(void);
uint64_t lk_mix(uint64_t h, uint64_t a, uint64_t b);
uint64_t lk_mix_bytes(uint64_t h, const void *p, size_t n);

#endif

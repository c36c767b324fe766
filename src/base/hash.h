/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes of numbers and bytes. */
#ifndef LK_BASE_HASH_H
#define LK_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* For tables in memory only: lk_hash_begin() is a secret of this run of the program, so that nobody can choose names or ranges that
 * collide. */
uint64_t lk_hash_begin(void);
uint64_t lk_hash_add(uint64_t h, uint64_t a, uint64_t b);
uint64_t lk_hash_bytes(uint64_t h, const void *p, size_t n);

/* 64-bit FNV-1a, chainable, the same from run to run: start with LK_HASH_FNV. Not keyed: whoever chooses the input can make it collide. */
#define LK_HASH_FNV UINT64_C(0xcbf29ce484222325)
uint64_t lk_hash_fnv(uint64_t h, const void *p, size_t n);

#endif

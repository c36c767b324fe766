/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of numbers, and comparison functions for qsort(3) and bsearch(3). */
#ifndef LK_BASE_INTS_H
#define LK_BASE_INTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

/* Push numbers in any order, then call the sort function, which also removes duplicates. Freed by lk_vec_done(). */
typedef LK_VEC(int) lk_ints; /* pids, tids, descriptors */
typedef LK_VEC(uint64_t) lk_u64s; /* ids, hashes, inodes */

void lk_ints_sort(lk_ints *s);
void lk_u64s_sort(lk_u64s *s);
/* The set must be sorted. */
bool lk_ints_has(const lk_ints *s, int x);
bool lk_u64s_has(const lk_u64s *s, uint64_t x);

/* <0, 0 or >0: x is less than, equal to or greater than y. */
#define lk_compare(x, y) \
	({ \
		__auto_type x_ = (x); \
		__auto_type y_ = (y); \
\
		(x_ > y_) - (x_ < y_); \
	})

/* For elements that are such a number, or structs that begin with one. */
int lk_compare_int(const void *a, const void *b);
int lk_compare_u32(const void *a, const void *b);
int lk_compare_u64(const void *a, const void *b);
int lk_compare_size(const void *a, const void *b);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorted sets of numbers, and the comparisons they are sorted by. */
#include "base/ints.h"

#include <stdlib.h>

#define COMPARE(name, type) \
	int name(const void *a, const void *b) \
	{ \
		return lk_compare(*(const type *)a, *(const type *)b); \
	}

COMPARE(lk_compare_int, int)
COMPARE(lk_compare_u32, uint32_t)
COMPARE(lk_compare_u64, uint64_t)
COMPARE(lk_compare_size, size_t)

/* Sorts the set and removes duplicates. */
#define SORT(set, compare) \
	do { \
		size_t kept = 0; \
\
		if ((set)->n) \
			qsort((set)->v, (set)->n, sizeof(*(set)->v), compare); \
		for (size_t i = 0; i < (set)->n; i++) { \
			if (!kept || (set)->v[kept - 1] != (set)->v[i]) \
				(set)->v[kept++] = (set)->v[i]; \
		} \
		(set)->n = kept; \
	} while (0)

void lk_ints_sort(lk_ints *s)
{
	SORT(s, lk_compare_int);
}

void lk_u64s_sort(lk_u64s *s)
{
	SORT(s, lk_compare_u64);
}

bool lk_ints_has(const lk_ints *s, int x)
{
	return s->n && bsearch(&x, s->v, s->n, sizeof(*s->v), lk_compare_int);
}

bool lk_u64s_has(const lk_u64s *s, uint64_t x)
{
	return s->n && bsearch(&x, s->v, s->n, sizeof(*s->v), lk_compare_u64);
}

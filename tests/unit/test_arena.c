/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

Test(arena, objects_are_aligned_and_apart)
{
	struct lk_arena a = { 0 };
	unsigned char *last = NULL;

	for (size_t n = 1; n < 600; n++) {
		unsigned char *p = lk_arena_alloc(&a, n);

		cr_assert_not_null(p);
		cr_assert_eq((uintptr_t)p % alignof(max_align_t), 0);
		if (last)
			cr_assert_eq(last[0], (unsigned char)(n - 1), "the object before was overwritten");
		memset(p, (int)n, n);
		last = p;
	}
	lk_arena_done(&a);
	cr_assert_null(a.head);
	cr_assert_eq(a.total, 0);
}

Test(arena, zalloc_and_array_are_zeroed)
{
	struct lk_arena a;
	uint32_t *v;

	lk_arena_init(&a);
	memset(lk_arena_alloc(&a, 4000), 0xff, 4000);
	v = lk_arena_array(&a, 1000, sizeof(*v));
	cr_assert_not_null(v);
	for (size_t i = 0; i < 1000; i++)
		cr_assert_eq(v[i], 0);
	lk_arena_done(&a);
}

Test(arena, big_object_gets_its_own_block)
{
	struct lk_arena a = { 0 };
	char *small = lk_arena_strdup(&a, "small");
	char *big = lk_arena_zalloc(&a, (size_t)1 << 20);

	cr_assert_not_null(big);
	big[((size_t)1 << 20) - 1] = 'x';
	cr_assert_str_eq(small, "small");
	cr_assert_geq(a.total, (size_t)1 << 20);
	lk_arena_done(&a);
}

Test(arena, strings)
{
	struct lk_arena a = { 0 };

	cr_assert_null(lk_arena_strdup(&a, NULL));
	cr_assert_str_eq(lk_arena_strdup(&a, ""), "");
	cr_assert_str_eq(lk_arena_strndup(&a, "abcdef", 3), "abc");
	cr_assert_arr_eq(lk_arena_strndup(&a, "a\0b", 3), "a\0b", 4);
	cr_assert_arr_eq(lk_arena_memdup(&a, "\1\2\3", 3), "\1\2\3", 3);
	cr_assert_not_null(lk_arena_memdup(&a, NULL, 0));
	cr_assert_str_eq(lk_arena_printf(&a, "%s=%d", "pid", 42), "pid=42");
	lk_arena_done(&a);
}

Test(arena, keeps_memory_of_others)
{
	struct lk_arena a = { 0 };
	char *p = malloc(10);

	lk_arena_keep(&a, p);
	lk_arena_keep(&a, NULL);
	p[9] = 1;
	lk_arena_done(&a);
	lk_arena_done(&a);
}

Test(arena, objects_are_aligned_behind_strings)
{
	struct lk_arena a = { 0 };

	for (int i = 0; i < 10000; i++) {
		cr_assert_not_null(lk_arena_strdup(&a, "odd"));
		cr_assert_eq((uintptr_t)lk_arena_alloc(&a, 1) % _Alignof(max_align_t), 0);
	}
	lk_arena_done(&a);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"

static void ends_with_7(void)
{
	_exit(7);
}

static void does_nothing(void)
{
}

Test(alloc, gives_memory)
{
	int *zero = lk_alloc(3, sizeof(*zero));
	char *grown = lk_realloc(NULL, 0, 0), *cut = lk_strndup("abc", 2), *text = lk_printf("%s-%d", cut, 4);

	cr_assert(zero[0] == 0 && zero[2] == 0 && grown);
	cr_assert_str_eq(text, "ab-4");
	cr_assert_null(lk_strdup(NULL));
	free(zero);
	free(grown);
	free(cut);
	free(text);
}

Test(alloc, tells_the_hook_before)
{
	cr_assert_null(lk_alloc_on_failure(does_nothing));
	cr_assert_eq(lk_alloc_on_failure(NULL), does_nothing);
}

/* Without asking malloc(3) for the impossible, at which AddressSanitizer would end the test itself. */
Test(alloc, ends_without_a_hook, .exit_code = 2)
{
	lk_alloc_fail();
}

Test(alloc, ends_when_the_hook_returns, .exit_code = 2)
{
	lk_alloc_on_failure(does_nothing);
	lk_alloc_fail();
}

Test(alloc, the_hook_comes_first, .exit_code = 7)
{
	lk_alloc_on_failure(ends_with_7);
	lk_realloc(NULL, SIZE_MAX / 2, 4);
}

Test(alloc, sizes_that_overflow_end_it_too_vec, .exit_code = 2)
{
	void *v = NULL;
	size_t cap = 0;

	lk_vec_reserve(&v, &cap, SIZE_MAX, 1, 1);
}

Test(alloc, sizes_that_overflow_end_it_too_vec_bytes, .exit_code = 2)
{
	void *v = NULL;
	size_t cap = 0;

	lk_vec_reserve(&v, &cap, 0, SIZE_MAX / 4, 8);
}

Test(alloc, sizes_that_overflow_end_it_too_arena, .exit_code = 2)
{
	struct lk_arena a = { 0 };

	lk_arena_array(&a, SIZE_MAX / 4, 8);
}

Test(alloc, numbers_of_an_index_end, .exit_code = 2)
{
	struct lk_index ix = { 0 };

	lk_index_add(&ix, 1, LK_INDEX_NONE);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/index.h"
#include "base/vec.h"

static bool is_same(const void *arg, uint32_t value, const void *key)
{
	return ((const uint64_t *)arg)[value] == *(const uint64_t *)key;
}

static uint32_t find(const struct lk_index *ix, const uint64_t *v, uint64_t key, uint64_t hash)
{
	return lk_index_find(ix, hash, is_same, v, &key);
}

Test(index, finds_what_was_added)
{
	LK_VEC(uint64_t) v = { 0 };
	struct lk_index ix = { 0 };

	cr_assert_eq(find(&ix, v.v, 1, 1), LK_INDEX_NONE);
	for (uint64_t i = 0; i < 10000; i++) {
		*lk_vec_push(&v) = i * i;
		cr_assert_eq(lk_index_add(&ix, lk_mix(lk_mix_begin(), i * i, 0), (uint32_t)i), 0);
	}
	for (uint64_t i = 0; i < 10000; i++)
		cr_assert_eq(find(&ix, v.v, i * i, lk_mix(lk_mix_begin(), i * i, 0)), i);
	cr_assert_eq(find(&ix, v.v, 2, lk_mix(lk_mix_begin(), 2, 0)), LK_INDEX_NONE);
	lk_index_done(&ix);
	lk_vec_done(&v);
}

/* Also where all hashes are alike, and after it has grown with a run that goes over its end. */
Test(index, the_first_added_is_found_first)
{
	for (uint64_t hash = 0; hash < 130; hash++) {
		uint64_t v[500];
		struct lk_index ix = { 0 };

		for (uint32_t i = 0; i < 500; i++) {
			v[i] = i % 7;
			cr_assert_eq(lk_index_add(&ix, i % 7 ? hash : hash + 1, i), 0);
		}
		for (uint64_t i = 0; i < 7; i++)
			cr_assert_eq(find(&ix, v, i, i % 7 ? hash : hash + 1), i);
		lk_index_done(&ix);
	}
}

Test(index, mixes_every_bit)
{
	uint64_t h = lk_mix_begin();

	for (int i = 0; i < 64; i++) {
		cr_assert_neq(lk_mix(h, UINT64_C(1) << i, 0), lk_mix(h, 0, 0));
		cr_assert_neq(lk_mix(h, 0, UINT64_C(1) << i), lk_mix(h, 0, 0));
	}
	cr_assert_neq(lk_mix_bytes(h, "a\0", 2), lk_mix_bytes(h, "a", 1));
	cr_assert_eq(lk_mix_bytes(h, "0123456789abcdefg", 17), lk_mix_bytes(h, "0123456789abcdefg", 17));
	cr_assert_eq(h, lk_mix_begin());
}

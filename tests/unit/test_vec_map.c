/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/ints.h"
#include "base/map.h"
#include "base/vec.h"

Test(vec, grows_and_keeps)
{
	LK_VEC(uint64_t) v = { 0 };

	for (uint64_t i = 0; i < 10000; i++) {
		uint64_t *p = lk_vec_push(&v);

		cr_assert_not_null(p);
		*p = i * i;
	}
	cr_assert_eq(v.n, 10000);
	for (uint64_t i = 0; i < 10000; i++)
		cr_assert_eq(v.v[i], i * i);
	lk_vec_done(&v);
	cr_assert_null(v.v);
	cr_assert_eq(v.n, 0);
	cr_assert_eq(v.cap, 0);
}

Test(buf, adds_bytes_and_text)
{
	lk_buf b = { 0 };

	lk_buf_add(&b, "a\0b", 3);
	lk_buf_add(&b, NULL, 0);
	lk_buf_puts(&b, "cd");
	lk_buf_printf(&b, "%05d", 42);
	cr_assert_eq(b.n, 10);
	cr_assert_arr_eq(lk_buf_str(&b), "a\0bcd00042", 11);
	cr_assert_eq(b.n, 10, "the NUL is not counted");
	lk_vec_done(&b);
}

Test(buf, empty_string)
{
	lk_buf b = { 0 };

	cr_assert_str_eq(lk_buf_str(&b), "");
	cr_assert_eq(b.n, 0);
	lk_vec_done(&b);
}

Test(map, empty_finds_nothing)
{
	struct lk_map m = { 0 };
	size_t value = 7;

	cr_assert_not(lk_map_find(&m, "a", 1, &value));
	cr_assert_eq(value, 7, "output untouched");
	lk_map_done(&m);
}

Test(map, keys_are_bytes_with_a_length)
{
	struct lk_map m = { 0 };
	size_t value;

	lk_map_set(&m, "ab", 2, 1);
	lk_map_set(&m, "ab\0", 3, 2);
	lk_map_set(&m, "", 0, 3);
	cr_assert(lk_map_find(&m, "ab", 2, &value) && value == 1);
	cr_assert(lk_map_find(&m, "ab\0", 3, &value) && value == 2);
	cr_assert(lk_map_find(&m, "zz", 0, &value) && value == 3);
	cr_assert_not(lk_map_find(&m, "a", 1, &value));
	cr_assert_eq(m.n, 3);
	lk_map_done(&m);
}

Test(map, setting_again_replaces)
{
	struct lk_map m = { 0 };
	size_t value;

	lk_map_set(&m, "key", 3, 1);
	lk_map_set(&m, "key", 3, 2);
	cr_assert_eq(m.n, 1);
	cr_assert(lk_map_find(&m, "key", 3, &value) && value == 2);
	lk_map_done(&m);
}

Test(map, many_keys)
{
	static char keys[20000][8];
	struct lk_map m = { 0 };
	size_t value;

	for (size_t i = 0; i < 20000; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
		lk_map_set(&m, keys[i], strlen(keys[i]), i);
	}
	cr_assert_eq(m.n, 20000);
	for (size_t i = 0; i < 20000; i++)
		cr_assert(lk_map_find(&m, keys[i], strlen(keys[i]), &value) && value == i);
	cr_assert_not(lk_map_find(&m, "k20000", 6, &value));
	lk_map_done(&m);
}

Test(map, hash_is_fnv1a)
{
	/* Published test vectors of 64-bit FNV-1a. */
	cr_assert_eq(lk_hash_fnv(LK_HASH_FNV, "", 0), UINT64_C(0xcbf29ce484222325));
	cr_assert_eq(lk_hash_fnv(LK_HASH_FNV, "a", 1), UINT64_C(0xaf63dc4c8601ec8c));
	cr_assert_eq(lk_hash_fnv(LK_HASH_FNV, "foobar", 6), UINT64_C(0x85944171f73967e8));
	cr_assert_eq(lk_hash_fnv(lk_hash_fnv(LK_HASH_FNV, "foo", 3), "bar", 3), UINT64_C(0x85944171f73967e8));
}

Test(buf, numbers)
{
	static const int64_t numbers[] = { 0, 7, 10, -1, 4096, INT64_MAX, INT64_MIN };
	char expected[32];
	lk_buf b = { 0 };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		b.n = 0;
		snprintf(expected, sizeof(expected), "%" PRId64, numbers[i]);
		lk_buf_number(&b, numbers[i]);
		cr_assert_str_eq(lk_buf_str(&b), expected);
		b.n = 0;
		snprintf(expected, sizeof(expected), "%" PRIu64, (uint64_t)numbers[i]);
		lk_buf_unsigned(&b, (uint64_t)numbers[i]);
		cr_assert_str_eq(lk_buf_str(&b), expected);
		b.n = 0;
		snprintf(expected, sizeof(expected), "%05" PRIx64, (uint64_t)numbers[i]);
		lk_buf_hex(&b, (uint64_t)numbers[i], 5);
		cr_assert_str_eq(lk_buf_str(&b), expected);
	}
	lk_vec_done(&b);
}

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
		lk_index_add(&ix, lk_hash_add(lk_hash_begin(), i * i, 0), (uint32_t)i);
	}
	for (uint64_t i = 0; i < 10000; i++)
		cr_assert_eq(find(&ix, v.v, i * i, lk_hash_add(lk_hash_begin(), i * i, 0)), i);
	cr_assert_eq(find(&ix, v.v, 2, lk_hash_add(lk_hash_begin(), 2, 0)), LK_INDEX_NONE);
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
			lk_index_add(&ix, i % 7 ? hash : hash + 1, i);
		}
		for (uint64_t i = 0; i < 7; i++)
			cr_assert_eq(find(&ix, v, i, i % 7 ? hash : hash + 1), i);
		lk_index_done(&ix);
	}
}

Test(index, mixes_every_bit)
{
	uint64_t h = lk_hash_begin();

	for (int i = 0; i < 64; i++) {
		cr_assert_neq(lk_hash_add(h, UINT64_C(1) << i, 0), lk_hash_add(h, 0, 0));
		cr_assert_neq(lk_hash_add(h, 0, UINT64_C(1) << i), lk_hash_add(h, 0, 0));
	}
	cr_assert_neq(lk_hash_bytes(h, "a\0", 2), lk_hash_bytes(h, "a", 1));
	cr_assert_eq(lk_hash_bytes(h, "0123456789abcdefg", 17), lk_hash_bytes(h, "0123456789abcdefg", 17));
	cr_assert_eq(h, lk_hash_begin());
}

Test(ints, a_set_is_sorted_and_has_each_once)
{
	static const int numbers[] = { 7, -3, INT_MAX, 7, INT_MIN, 0, -3 };
	static const int expected[] = { INT_MIN, -3, 0, 7, INT_MAX };
	lk_ints s = { 0 };

	cr_assert_not(lk_ints_has(&s, 7));
	lk_ints_sort(&s);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		*lk_vec_push(&s) = numbers[i];
	lk_ints_sort(&s);
	cr_assert_eq(s.n, 5);
	cr_assert_arr_eq(s.v, expected, sizeof(expected));
	cr_assert(lk_ints_has(&s, INT_MAX));
	cr_assert_not(lk_ints_has(&s, 1));
	lk_vec_done(&s);
}

Test(ints, wide_numbers_too)
{
	static const uint64_t numbers[] = { UINT64_MAX, 1, 0, UINT64_MAX, UINT64_C(1) << 63 };
	lk_u64s s = { 0 };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		*lk_vec_push(&s) = numbers[i];
	lk_u64s_sort(&s);
	cr_assert_eq(s.n, 4);
	cr_assert(s.v[0] == 0 && s.v[1] == 1 && s.v[3] == UINT64_MAX);
	cr_assert(lk_u64s_has(&s, UINT64_C(1) << 63));
	cr_assert_not(lk_u64s_has(&s, 2));
	cr_assert_lt(lk_compare_u32(&(uint32_t){ 1 }, &(uint32_t){ UINT32_MAX }), 0);
	cr_assert_gt(lk_compare_size(&(size_t){ SIZE_MAX }, &(size_t){ 1 }), 0);
	lk_vec_done(&s);
}

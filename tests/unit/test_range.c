/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "record/range.h"

static struct lk_range parsed(const char *s)
{
	struct lk_err err = { 0 };
	struct lk_range r = { -1, -1 };

	cr_expect_eq(lk_range_parse(s, &r, &err), 0, "'%s': %s", s, lk_err_text(&err));
	lk_err_done(&err);
	return r;
}

static void expect(const char *s, int64_t start, int64_t end)
{
	struct lk_range r = parsed(s);

	cr_expect(r.start == start && r.end == end, "'%s' gave %lld..%lld", s, (long long)r.start, (long long)r.end);
}

Test(range, parse_good)
{
	expect("0-9", 0, 9);
	expect("5", 5, 5);
	expect("0", 0, 0);
	expect("100-", 100, LK_RANGE_EOF);
	expect("0-", 0, LK_RANGE_EOF);
	expect("whole", 0, LK_RANGE_EOF);
	expect("10+5", 10, 14);
	expect("10+1", 10, 10);
	expect("0x10-0x1f", 16, 31);
	expect("4K+1M", 4096, 4096 + (1 << 20) - 1);
	expect("1T-", INT64_C(1) << 40, LK_RANGE_EOF);
	expect("9223372036854775807", INT64_MAX, INT64_MAX);
	expect("9223372036854775807+1", INT64_MAX, INT64_MAX);
	expect("1+9223372036854775807", 1, INT64_MAX);
	expect("0-9223372036854775806", 0, INT64_MAX - 1);
}

Test(range, parse_bad_has_a_sentence_and_leaves_the_output)
{
	static const char *const bad[] = {
		"",
		"-",
		"+",
		"-5",
		"+5",
		"5-3",
		"0+0",
		"5+",
		"0-9-",
		"1-2-3",
		"1+2+3",
		" 1",
		"1 ",
		"1- 2",
		"0x",
		"x",
		"eof",
		"WHOLE",
		"whole-",
		"9223372036854775808",
		"0-9223372036854775808",
		"2+9223372036854775807",
		"8388608T-",
		"1.5-2",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct lk_err err = { 0 };
		struct lk_range r = { 7, 8 };

		cr_expect_eq(lk_range_parse(bad[i], &r, &err), -EINVAL, "'%s' was taken", bad[i]);
		cr_expect_eq(err.code, -EINVAL);
		cr_expect(strstr(lk_err_text(&err), "bad range"), "%s", lk_err_text(&err));
		cr_expect(r.start == 7 && r.end == 8, "'%s' changed the output", bad[i]);
		lk_err_done(&err);
	}
}

static void round_trip(struct lk_range r, const char *text)
{
	char buf[LK_RANGE_TEXT];
	struct lk_range again;

	cr_expect_str_eq(lk_range_format(r, buf), text);
	again = parsed(text);
	cr_expect_eq(lk_range_compare(r, again), 0);
}

Test(range, format_is_what_parse_reads)
{
	round_trip(LK_RANGE_WHOLE, "whole");
	round_trip((struct lk_range){ 100, 199 }, "100-199");
	round_trip((struct lk_range){ 7, 7 }, "7-7");
	round_trip((struct lk_range){ 4096, LK_RANGE_EOF }, "4096-");
	round_trip((struct lk_range){ INT64_MAX, LK_RANGE_EOF }, "9223372036854775807-");
	round_trip((struct lk_range){ 0, INT64_MAX - 1 }, "0-9223372036854775806");
}

Test(range, eof_is_not_zero)
{
	cr_assert_not(lk_range_is_whole((struct lk_range){ 0, 0 }));
	cr_assert_not(lk_range_is_to_eof((struct lk_range){ 0, 0 }));
	cr_assert(lk_range_is_whole(LK_RANGE_WHOLE));
	cr_assert(lk_range_is_to_eof((struct lk_range){ 1, LK_RANGE_EOF }));
	cr_assert_not(lk_range_is_whole((struct lk_range){ 1, LK_RANGE_EOF }));
}

static bool both_ways(struct lk_range a, struct lk_range b)
{
	cr_expect_eq(lk_range_overlaps(a, b), lk_range_overlaps(b, a));
	return lk_range_overlaps(a, b);
}

Test(range, overlap)
{
	struct lk_range r = { 10, 19 };

	cr_assert(both_ways(r, r));
	cr_assert(both_ways(r, (struct lk_range){ 19, 30 }));
	cr_assert(both_ways(r, (struct lk_range){ 0, 10 }));
	cr_assert(both_ways(r, (struct lk_range){ 12, 13 }));
	cr_assert(both_ways(r, LK_RANGE_WHOLE));
	cr_assert_not(both_ways(r, (struct lk_range){ 20, LK_RANGE_EOF }));
	cr_assert_not(both_ways(r, (struct lk_range){ 0, 9 }));
	cr_assert(both_ways((struct lk_range){ INT64_MAX, INT64_MAX }, (struct lk_range){ 0, LK_RANGE_EOF }));
}

Test(range, compare)
{
	struct lk_range a = { 1, 5 }, b = { 1, 6 }, c = { 2, 3 };

	cr_assert_lt(lk_range_compare(a, b), 0);
	cr_assert_gt(lk_range_compare(b, a), 0);
	cr_assert_lt(lk_range_compare(b, c), 0);
	cr_assert_eq(lk_range_compare(c, c), 0);
	cr_assert_lt(lk_range_compare((struct lk_range){ 0, 0 }, (struct lk_range){ INT64_MAX, INT64_MAX }), 0);
}

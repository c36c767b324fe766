/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static int u64(const char *s, unsigned base, uint64_t *ret)
{
	return lk_text_u64(s, strlen(s), base, ret);
}

Test(text, u64_good)
{
	uint64_t v;

	cr_assert(u64("0", 10, &v) == 0 && v == 0);
	cr_assert(u64("007", 10, &v) == 0 && v == 7);
	cr_assert(u64("18446744073709551615", 10, &v) == 0 && v == UINT64_MAX);
	cr_assert(u64("9223372036854775940", 10, &v) == 0 && v == UINT64_C(9223372036854775940));
	cr_assert(u64("fe", 16, &v) == 0 && v == 0xfe);
	cr_assert(u64("FFFFFFFFFFFFFFFF", 16, &v) == 0 && v == UINT64_MAX);
	cr_assert(lk_text_u64("123abc", 3, 10, &v) == 0 && v == 123);
}

Test(text, u64_bad_leaves_the_output)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "-1", "0x1", "1a", "a", "1.0", "\xd9\xa1" };
	uint64_t v = 77;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert_eq(u64(bad[i], 10, &v), -EINVAL, "'%s' was taken", bad[i]);
	cr_assert_eq(u64("18446744073709551616", 10, &v), -ERANGE);
	cr_assert_eq(u64("99999999999999999999", 10, &v), -ERANGE);
	cr_assert_eq(u64("10000000000000000", 16, &v), -ERANGE);
	cr_assert_eq(u64("g", 16, &v), -EINVAL);
	cr_assert_eq(lk_text_u64("1\0", 2, 10, &v), -EINVAL);
	cr_assert_eq(v, 77);
}

static int i64(const char *s, int64_t *ret)
{
	return lk_text_i64(s, strlen(s), ret);
}

Test(text, i64)
{
	int64_t v = 77;

	cr_assert_eq(i64("", &v), -EINVAL);
	cr_assert_eq(i64("-", &v), -EINVAL);
	cr_assert_eq(i64("--1", &v), -EINVAL);
	cr_assert_eq(i64("9223372036854775808", &v), -ERANGE);
	cr_assert_eq(i64("-9223372036854775809", &v), -ERANGE);
	cr_assert_eq(v, 77);
	cr_assert(i64("-1", &v) == 0 && v == -1);
	cr_assert(i64("-0", &v) == 0 && v == 0);
	cr_assert(i64("9223372036854775807", &v) == 0 && v == INT64_MAX);
	cr_assert(i64("-9223372036854775808", &v) == 0 && v == INT64_MIN);
}

Test(text, pid)
{
	int v = 77;

	cr_assert_eq(lk_text_pid("0", 1, &v), -ERANGE);
	cr_assert_eq(lk_text_pid("2147483648", 10, &v), -ERANGE);
	cr_assert_eq(lk_text_pid("-1", 2, &v), -EINVAL);
	cr_assert_eq(lk_text_pid("self", 4, &v), -EINVAL);
	cr_assert_eq(v, 77);
	cr_assert(lk_text_pid("1", 1, &v) == 0 && v == 1);
	cr_assert(lk_text_pid("2147483647", 10, &v) == 0 && v == INT_MAX);
}

static int size(const char *s, uint64_t *ret)
{
	return lk_text_size(s, strlen(s), ret);
}

Test(text, size)
{
	static const char *const bad[] = { "", "K", "0x", "0xK", "1KB", "1KK", "-1", "1.5M", " 1", "1 K", "x1" };
	uint64_t v = 77;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert_lt(size(bad[i], &v), 0, "'%s' was taken", bad[i]);
	cr_assert_eq(size("16777216T", &v), -ERANGE);
	cr_assert_eq(v, 77);
	cr_assert(size("0", &v) == 0 && v == 0);
	cr_assert(size("4096", &v) == 0 && v == 4096);
	cr_assert(size("4k", &v) == 0 && v == 4096);
	cr_assert(size("1M", &v) == 0 && v == 1 << 20);
	cr_assert(size("2g", &v) == 0 && v == UINT64_C(2) << 30);
	cr_assert(size("16777215T", &v) == 0 && v == UINT64_C(16777215) << 40);
	cr_assert(size("0x10", &v) == 0 && v == 16);
	cr_assert(size("0X1fK", &v) == 0 && v == 31 * 1024);
}

Test(text, seconds)
{
	static const char *const bad[] = { "", ".", "-1", "1s", "1e3", "1.2.3", " 1", "1. 5" };
	uint32_t v = 77;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert_eq(lk_text_seconds_ms(bad[i], &v), -EINVAL, "'%s' was taken", bad[i]);
	cr_assert_eq(lk_text_seconds_ms("99999999", &v), -ERANGE);
	cr_assert_eq(lk_text_seconds_ms("99999999999999999999999", &v), -ERANGE);
	cr_assert_eq(v, 77);
	cr_assert(lk_text_seconds_ms("2", &v) == 0 && v == 2000);
	cr_assert(lk_text_seconds_ms("0", &v) == 0 && v == 0);
	cr_assert(lk_text_seconds_ms("0.25", &v) == 0 && v == 250);
	cr_assert(lk_text_seconds_ms(".5", &v) == 0 && v == 500);
	cr_assert(lk_text_seconds_ms("1.0019", &v) == 0 && v == 1001);
}

static size_t utf8(const char *s, uint32_t *cp)
{
	return lk_text_utf8(s, strlen(s), cp);
}

Test(text, utf8_written_is_read_back)
{
	static const uint32_t points[] = {
		0, 'a', 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff
	};

	for (size_t i = 0; i < sizeof(points) / sizeof(*points); i++) {
		char bytes[4];
		size_t n = lk_text_put_utf8(points[i], bytes);
		uint32_t cp = 1;

		cr_expect_eq(lk_text_utf8(bytes, n, &cp), n, "%x", points[i]);
		cr_expect_eq(cp, points[i]);
	}
}

Test(text, utf8_good)
{
	uint32_t cp;

	cr_assert(utf8("a", &cp) == 1 && cp == 'a');
	cr_assert(utf8("\xc2\x80", &cp) == 2 && cp == 0x80);
	cr_assert(utf8("\xe0\xa0\x80", &cp) == 3 && cp == 0x800);
	cr_assert(utf8("\xef\xbf\xbf", &cp) == 3 && cp == 0xffff);
	cr_assert(utf8("\xf0\x90\x80\x80", &cp) == 4 && cp == 0x10000);
	cr_assert(utf8("\xf4\x8f\xbf\xbf", &cp) == 4 && cp == 0x10ffff);
	cr_assert(utf8("\xc3\xa9rest", NULL) == 2);
	cr_assert(lk_text_utf8("\0", 1, &cp) == 1 && cp == 0);
}

Test(text, utf8_bad)
{
	static const char *const bad[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xe0\x9f\xbf",
		"\xf0\x8f\xbf\xbf",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf8\x88\x80\x80\x80",
		"\xff",
		"\xc3",
		"\xe2\x82",
		"\xf0\x9f\x92",
		"\xc3(",
		"\xe2(\xa1",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		cr_assert_eq(utf8(bad[i], NULL), 0, "number %zu was taken", i);
		cr_assert_not(lk_text_is_utf8(bad[i], strlen(bad[i])));
	}
	cr_assert_eq(lk_text_utf8("", 0, NULL), 0);
	cr_assert(lk_text_is_utf8("", 0));
	cr_assert(lk_text_is_utf8("caf\xc3\xa9", 5));
	cr_assert_not(lk_text_is_utf8("caf\xc3\xa9", 4));
}

Test(text, to_utf8)
{
	char *s = lk_text_to_utf8("a\xff\xc3\xa9\xe2\x82z", 7);

	cr_assert_str_eq(s, "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbdz");
	free(s);
	s = lk_text_to_utf8("", 0);
	cr_assert_str_eq(s, "");
	free(s);
}

Test(text, below)
{
	cr_expect_str_eq(lk_text_below("/d/f", "/d"), "/f");
	cr_expect_str_eq(lk_text_below("/d/e/f", "/d//"), "/e/f");
	cr_expect_str_eq(lk_text_below("/f", "/"), "/f");
	cr_expect_str_eq(lk_text_below("/d/", "/d"), "/");
	cr_expect_null(lk_text_below("/d", "/d"));
	cr_expect_null(lk_text_below("/de/f", "/d"));
	cr_expect_null(lk_text_below("mnt:[4]:/d/f", "/d"));
}

Test(text, base64_vectors)
{
	/* RFC 4648, section 10. */
	static const char *const plain[] = { "", "f", "fo", "foo", "foob", "fooba", "foobar" };
	static const char *const coded[] = { "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };

	for (size_t i = 0; i < 7; i++) {
		char *out = lk_text_b64(plain[i], strlen(plain[i]));
		char *back = NULL;
		size_t n = 99;

		cr_assert_str_eq(out, coded[i]);
		cr_assert_eq(lk_text_unb64(coded[i], &back, &n), 0);
		cr_assert_eq(n, strlen(plain[i]));
		cr_assert_str_eq(back, plain[i]);
		free(back);
		free(out);
	}
}

Test(text, base64_any_bytes)
{
	char all[256];
	char *out, *back;
	size_t n;

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	out = lk_text_b64(all, sizeof(all));
	cr_assert_eq(lk_text_unb64(out, &back, &n), 0);
	cr_assert_eq(n, sizeof(all));
	cr_assert_arr_eq(back, all, sizeof(all));
	free(out);
	free(back);
}

Test(text, base64_bad)
{
	/* Wrong length, foreign letters, padding in the middle, too much padding, bits behind the last byte. */
	static const char *const bad[] = {
		"Z", "Zg", "Zg=", "Zm9v\n", "Zm-v", "Z===", "====", "Zg==Zg==", "Z=g=", "Zh==", "Zm9=",
	};
	char *back = NULL;
	size_t n = 99;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert_eq(lk_text_unb64(bad[i], &back, &n), -EINVAL, "'%s' was taken", bad[i]);
	cr_assert_null(back);
	cr_assert_eq(n, 99);
}

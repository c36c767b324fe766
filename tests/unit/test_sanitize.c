/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/sanitize.h"

static void use_utf8(void)
{
	cr_assert_not_null(setlocale(LC_ALL, "C.UTF-8"), "this machine has no C.UTF-8 locale");
}

TestSuite(sanitize, .init = use_utf8);

static void expect(const char *in, size_t n, bool utf8, const char *out)
{
	char *safe = lk_sanitize(in, n, utf8);

	cr_expect_str_eq(safe, out);
	free(safe);
}

static void expect_str(const char *in, const char *out)
{
	expect(in, strlen(in), true, out);
}

Test(sanitize, printable_stays)
{
	expect_str("", "");
	expect_str("/srv/dump/base.lck", "/srv/dump/base.lck");
	expect_str(" a~", " a~");
	expect_str("caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac", "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac");
	expect_str("e\xcc\x81", "e\xcc\x81");
	expect_str("\xf0\x9f\x94\x92", "\xf0\x9f\x94\x92");
}

Test(sanitize, controls_are_escaped)
{
	expect_str("a\nb\tc", "a\\x0ab\\x09c");
	expect_str("\x1b[2J", "\\x1b[2J");
	expect_str("\x7f", "\\x7f");
	expect("a\0b", 3, true, "a\\x00b");
	/* C1 control CSI in UTF-8. */
	expect_str("\xc2\x9b[2J", "\\xc2\\x9b[2J");
}

Test(sanitize, backslash_is_doubled)
{
	expect_str("a\\x0a", "a\\\\x0a");
	expect_str("\\", "\\\\");
	expect("\\", 1, false, "\\\\");
}

Test(sanitize, reordering_and_hidden_are_escaped)
{
	expect_str("a\xe2\x80\xae.txt", "a\\xe2\\x80\\xae.txt");
	expect_str("\xe2\x81\xa6\xe2\x81\xa9", "\\xe2\\x81\\xa6\\xe2\\x81\\xa9");
	expect_str("\xe2\x80\x8b", "\\xe2\\x80\\x8b");
	expect_str("\xef\xbb\xbf", "\\xef\\xbb\\xbf");
	expect_str("\xd8\x9c", "\\xd8\\x9c");
	expect_str("\xc2\xad", "\\xc2\\xad");
	expect_str("\xe2\x80\xa8", "\\xe2\\x80\\xa8");
}

Test(sanitize, private_and_unassigned_are_escaped)
{
	expect_str("\xee\x80\x80", "\\xee\\x80\\x80");
	expect_str("\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81");
	expect_str("\xf4\x8f\xbf\xbd", "\\xf4\\x8f\\xbf\\xbd");
	expect_str("\xcd\xb8", "\\xcd\\xb8");
	expect_str("\xef\xbf\xbf", "\\xef\\xbf\\xbf");
}

Test(sanitize, invalid_utf8_is_escaped)
{
	expect_str("\xff\xfe", "\\xff\\xfe");
	expect_str("caf\xe9", "caf\\xe9");
	expect_str("\xc0\xaf", "\\xc0\\xaf");
	expect_str("\xed\xa0\x80", "\\xed\\xa0\\x80");
	expect("\xc3\xa9", 1, true, "\\xc3");
}

Test(sanitize, other_locales_show_ascii_only)
{
	expect("caf\xc3\xa9", 5, false, "caf\\xc3\\xa9");
	expect("plain", 5, false, "plain");
}

Test(sanitize, str_takes_null)
{
	char *safe = lk_sanitize_str("a\nb", true);

	cr_assert_null(lk_sanitize_str(NULL, true));
	cr_assert_str_eq(safe, "a\\x0ab");
	free(safe);
}

Test(sanitize, locale_is_utf8)
{
	cr_assert(lk_sanitize_locale_is_utf8());
	setlocale(LC_ALL, "C");
	cr_assert_not(lk_sanitize_locale_is_utf8());
}

Test(sanitize, width)
{
	cr_assert_eq(lk_sanitize_width("", true), 0);
	cr_assert_eq(lk_sanitize_width("abc", true), 3);
	cr_assert_eq(lk_sanitize_width("\\x1b[2J", true), 7);
	cr_assert_eq(lk_sanitize_width("a\\\\b", true), 4);
	cr_assert_eq(lk_sanitize_width("\xe6\x97\xa5", true), 2);
	cr_assert_eq(lk_sanitize_width("e\xcc\x81", true), 1);
}

static void cut(const char *in, size_t cells, const char *out)
{
	char *s = lk_sanitize_cut_left(in, cells, true, LK_SANITIZE_CUT_ASCII);

	cr_expect_str_eq(s, out);
	cr_expect_leq(lk_sanitize_width(s, true), cells);
	free(s);
}

Test(sanitize, cut_left_at_slashes)
{
	cut("/srv/queue/q/a.idx", 18, "/srv/queue/q/a.idx");
	cut("/srv/queue/q/a.idx", 17, ".../queue/q/a.idx");
	cut("/srv/queue/q/a.idx", 16, ".../q/a.idx");
	cut("/srv/queue/q/a.idx", 9, ".../a.idx");
	cut("/srv/queue/q/a.idx", 8, "...a.idx");
	cut("/srv/dir/", 6, "...ir/");
}

Test(sanitize, cut_left_keeps_the_end)
{
	cut("abcdef", 6, "abcdef");
	cut("abcdef", 99, "abcdef");
	cut("abcdef", 5, "...ef");
	cut("abcdef", 4, "...f");
	cut("abcdef", 3, "def");
	cut("abcdef", 1, "f");
	cut("abcdef", 0, "");
	cut("", 0, "");
}

Test(sanitize, cut_left_splits_nothing)
{
	/* An escape is taken or left as a whole. */
	cut("\\x1bz", 4, "...z");
	cut("a\\x1bz", 5, "...z");
	cut("ab\\x1bzzz", 8, "...zzz");
	cut("abc\\x1bz", 8, "abc\\x1bz");
	cut("abcde\\x1bz", 8, "...\\x1bz");
	/* Wide characters: two cells, or none. */
	cut("\xe6\x97\xa5\xe6\x9c\xac", 3, "\xe6\x9c\xac");
	cut("\xe6\x97\xa5\xe6\x9c\xac", 1, "");
	/* A combining mark goes with its base. */
	cut("ae\xcc\x81z", 1, "z");
	cut("bae\xcc\x81z", 3, "ae\xcc\x81z");
	cut("babbae\xcc\x81z", 5, "...e\xcc\x81z");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "record/word.h"

static const char *keep(const char *s)
{
	return lk_word_keep(s, strlen(s));
}

Test(word, is_kept_once)
{
	char fresh[] = "FRESH", posix[] = "POSIX";
	const char *kept = keep(fresh);

	cr_assert_str_eq(kept, "FRESH");
	cr_assert_eq(keep("FRESH"), kept);
	fresh[0] = 'T';
	cr_assert_str_eq(kept, "FRESH");
	cr_assert_str_eq(keep(fresh), "TRESH");
	cr_assert_eq(keep("POSIX"), keep(posix));
	cr_assert_neq(keep("POSI"), keep("POSIX"));
}

Test(word, what_is_none)
{
	char longest[LK_WORD_MAX + 1];

	memset(longest, 'x', sizeof(longest));
	cr_assert_null(lk_word_keep("", 0));
	cr_assert_null(lk_word_keep("a\0b", 3));
	cr_assert_null(lk_word_keep(longest, LK_WORD_MAX));
	cr_assert_eq(strlen(lk_word_keep(longest, LK_WORD_MAX - 1)), LK_WORD_MAX - 1);
}

Test(word, no_more_than_a_kernel_could_have)
{
	char word[LK_WORD_MAX];

	for (int i = 0; i < LK_WORDS_NEW_MAX; i++) {
		snprintf(word, sizeof(word), "W%d", i);
		cr_assert_str_eq(keep(word), word);
	}
	cr_assert_null(keep("ONE-MORE"));
	cr_assert_str_eq(keep("W7"), "W7");
	cr_assert_str_eq(keep("DELEG"), "DELEG");
}

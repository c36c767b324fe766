/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joining readings of a lock list that changes meanwhile, given as texts. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "source/procfs/procfs_splice.h"

/* One letter is one held lock; a lower-case one waits for the one before it. Freed by the caller. */
static char *text_of(const char *letters, size_t *ret_n)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, ret_n);

	cr_assert_not_null(f);
	for (size_t i = 0; letters[i]; i++) {
		bool waits = letters[i] >= 'a';

		fprintf(f, "%zu: %sPOSIX  ADVISORY  WRITE %d 00:01:7 %d %d\n", i + 1, waits ? "-> " : "", letters[i],
			letters[i] * 10, letters[i] * 10);
	}
	fclose(f);
	return text;
}

/* Bytes are left off at either end of the text. */
static void take(struct scan_piece *t, const char *letters, bool cut, size_t skip, size_t less)
{
	size_t n;
	char *text = text_of(letters, &n);

	lk_piece_reset(t);
	t->cut = cut;
	lk_piece_take(t, text + skip, n - skip - less, skip > 0);
	free(text);
}

static void lines_are(const struct scan_lines *l, const char *letters)
{
	char got[64] = "";

	cr_assert_lt(l->v.n, sizeof(got));
	for (size_t i = 0; i < l->v.n; i++) {
		got[i] = (char)l->v.v[i].rec.pid;
		cr_expect_eq(l->v.v[i].rec.depth, got[i] >= 'a' ? 1 : 0);
	}
	cr_expect_str_eq(got, letters);
}

/* What two readings say together; `want` NULL: it is not sure that nothing is missing. */
static void joined(const char *before, const char *now, bool cut, const char *want)
{
	struct scan_splice j = { 0 };
	bool moved;

	take(&j.before, before, false, 0, 0);
	lk_splice_begin(&j);
	take(&j.now, now, cut, 0, 0);
	cr_expect_eq(lk_splice_join(&j, &moved), want != NULL, "'%s' and '%s'", before, now);
	lines_are(&j.all.lines, want ? want : before);
	lk_splice_done(&j);
}

Test(join, neighbours_in_common)
{
	joined("ABCDEFGH", "EFGHIJKL", false, "ABCDEFGHIJKL");
	joined("ABCDEFGH", "ABCDEFGH", false, "ABCDEFGH");
	joined("ABCDEFGH", "EFGH", false, "ABCDEFGH");
}

Test(join, waiters_stay_with_their_lock)
{
	joined("ABCDEeFgGH", "DEeFgGHIiJ", false, "ABCDEeFgGHIiJ");
	/* One that came after the lock was read is not waited for; behind what is in common the newer reading is right. */
	joined("ABCDEFGH", "DEFGHhIi", false, "ABCDEFGHIi");
}

Test(join, added_or_removed_between)
{
	/* In front of what is in common: the older reading is right about what stood all the time. */
	joined("ABCDEFGH", "XEFGHIJ", false, "ABCDEFGHIJ");
	/* Behind it the newer one is. */
	joined("ABCDEFGH", "CDEFHIJ", false, "ABCDEFHIJ");
	joined("ABCDEFGH", "CDEFXGHIJ", false, "ABCDEFXGHIJ");
	/* What was released in front does not matter. */
	joined("ABCDEFGH", "BDEFGHIJ", false, "ABCDEFGHIJ");
}

Test(join, too_little_in_common)
{
	joined("ABCDEFGH", "IJKLMNOP", false, NULL);
	joined("ABCDEFGH", "GHIJKLMN", false, NULL);
	joined("ABCDEFGH", "FGHIJKLM", false, NULL);
	/* Three and three are not four. */
	joined("ABCDEFGH", "BCDXFGHI", false, NULL);
	joined("ABCDEFGH", "", false, NULL);
}

/* A line that stands there twice says nothing about the place. */
Test(join, equal_lines)
{
	joined("ABCDEFGH", "AAEFGHIJ", false, "ABCDEFGHIJ");
	joined("AAAAAAAA", "AAAAAAAA", false, NULL);
}

/* A reader that was told to stop short has seen nothing new: what it has is known, and nothing behind it is lost. */
Test(join, stopped_short)
{
	joined("ABCDEFGH", "CDEFGH", true, "ABCDEFGH");
}

/* A third reading is joined to the second, not to the first. */
Test(join, goes_on)
{
	struct scan_splice j = { 0 };
	bool moved;

	take(&j.before, "ABCDEFGH", false, 0, 0);
	lk_splice_begin(&j);
	take(&j.now, "EFGHIJKL", false, 0, 0);
	cr_assert(lk_splice_join(&j, &moved));
	cr_expect(moved);
	take(&j.now, "ABCDEFGH", false, 0, 0);
	cr_assert(lk_splice_join(&j, &moved), "EFGH");
	take(&j.now, "QRSTUVWX", false, 0, 0);
	cr_assert_not(lk_splice_join(&j, &moved));
	cr_expect(!moved);
	lk_splice_done(&j);
}

Test(join, ends_of_texts)
{
	struct scan_piece t = { 0 };

	/* It begins within a line, and goes on with who waits for a lock that stood before. */
	take(&t, "AabBCD", false, 3, 0);
	lines_are(&t.lines, "BCD");
	/* It ends within a line: that lock is not known whole, and the one before it is only where it was not asked for more. */
	take(&t, "ABCD", false, 0, 5);
	lines_are(&t.lines, "ABC");
	take(&t, "ABCcD", true, 0, 5);
	lines_are(&t.lines, "AB");
	take(&t, "A", true, 0, 0);
	lines_are(&t.lines, "");
	lk_piece_done(&t);
}

Test(join, same_end)
{
	struct scan_splice j = { 0 };
	bool same;

	take(&j.before, "ABCDEFGH", false, 0, 0);
	lk_splice_begin(&j);
	take(&j.now, "GH", false, 0, 0);
	same = lk_splice_is_same_end(&j);
	cr_expect(same);
	take(&j.now, "GHI", false, 0, 0);
	same = lk_splice_is_same_end(&j);
	cr_expect_not(same);
	take(&j.now, "FG", false, 0, 0);
	same = lk_splice_is_same_end(&j);
	cr_expect_not(same);
	lk_splice_done(&j);
}

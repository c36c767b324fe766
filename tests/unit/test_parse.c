/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of /proc/locks and "lock:" lines of fdinfo: every form that the kernel prints, and many that it does not. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "record/parse.h"

static struct lk_record parsed(const char *s)
{
	struct lk_record r = { 0 };

	cr_assert_eq(lk_parse_lock_line(s, strlen(s), &r), 0, "'%s' was refused", s);
	return r;
}

static void refused(const char *s, size_t n)
{
	struct lk_record r = { .pid = 4711 };

	cr_expect_eq(lk_parse_lock_line(s, n, &r), -EINVAL, "'%s' was taken", s);
	cr_expect_eq(r.pid, 4711, "'%s' changed the output", s);
}

Test(parse_line, posix)
{
	struct lk_record r = parsed("5: POSIX  ADVISORY  READ 13793 fe:00:11012105 12 12");

	cr_assert_eq(r.group, 5);
	cr_assert_eq(r.depth, 0);
	cr_assert_eq(r.type, LK_TYPE_POSIX);
	cr_assert_eq(r.phase, LK_PHASE_ADVISORY);
	cr_assert_eq(r.mode, LK_MODE_READ);
	cr_assert_eq(r.pid, 13793);
	cr_assert_eq(r.key.major, 0xfe);
	cr_assert_eq(r.key.minor, 0);
	cr_assert_eq(r.key.ino, 11012105);
	cr_assert_not(r.key.none);
	cr_assert(r.range.start == 12 && r.range.end == 12);
	cr_assert_str_eq(r.type_word, "POSIX");
	cr_assert_str_eq(r.phase_word, "ADVISORY");
	cr_assert_str_eq(r.mode_word, "READ");
}

Test(parse_line, eof_is_not_a_number)
{
	struct lk_record r = parsed("6: POSIX  ADVISORY  WRITE 13793 fe:00:11012105 20 EOF");

	cr_assert_eq(r.mode, LK_MODE_WRITE);
	cr_assert_eq(r.range.start, 20);
	cr_assert_eq(r.range.end, LK_RANGE_EOF);
	r = parsed("6: POSIX  ADVISORY  WRITE 13793 fe:00:11012105 0 0");
	cr_assert_eq(r.range.end, 0);
	r = parsed("1: POSIX  ADVISORY  WRITE 9 fe:00:7 9223372036854775807 EOF");
	cr_assert(r.range.start == INT64_MAX && r.range.end == LK_RANGE_EOF);
}

Test(parse_line, every_type)
{
	cr_assert_eq(parsed("1: OFDLCK ADVISORY  WRITE -1 fe:00:1 10 EOF").type, LK_TYPE_OFD);
	cr_assert_eq(parsed("5: FLOCK  ADVISORY  READ 13793 fe:00:1 0 EOF").type, LK_TYPE_FLOCK);
	cr_assert_eq(parsed("5: LEASE  ACTIVE    READ 13793 fe:00:1 0 EOF").type, LK_TYPE_LEASE);
	cr_assert_eq(parsed("5: DELEG  ACTIVE    READ 13793 fe:00:1 0 EOF").type, LK_TYPE_DELEG);
	cr_assert_eq(parsed("5: ACCESS ADVISORY  READ 13793 fe:00:1 0 EOF").type, LK_TYPE_UNKNOWN);
}

Test(parse_line, every_phase)
{
	cr_assert_eq(parsed("5: LEASE  ACTIVE    READ 1 fe:00:1 0 EOF").phase, LK_PHASE_ACTIVE);
	cr_assert_eq(parsed("5: LEASE  BREAKING  READ 1 fe:00:1 0 EOF").phase, LK_PHASE_BREAKING);
	cr_assert_eq(parsed("5: -> LEASE  BREAKER   WRITE 1 <none>:0 0 EOF").phase, LK_PHASE_BREAKER);
	cr_assert_eq(parsed("5: POSIX  MANDATORY READ 1 fe:00:1 0 EOF").phase, LK_PHASE_MANDATORY);
	cr_assert_eq(parsed("5: FLOCK  MSNFS     READ 1 fe:00:1 0 EOF").phase, LK_PHASE_MSNFS);
	cr_assert_eq(parsed("5: POSIX  *NOINODE* READ 1 <none>:0 0 EOF").phase, LK_PHASE_NOINODE);
}

Test(parse_line, lease_being_broken_down)
{
	struct lk_record r = parsed("5: LEASE  BREAKING  UNLCK 13793 fe:00:11012105 0 EOF");

	/* What it still is, the line does not say; but only a write lease is broken down to a read lease. */
	cr_assert(r.mode == LK_MODE_UNKNOWN && r.break_to == LK_BREAK_UNLOCK);
	r = parsed("5: LEASE  BREAKING  READ 13793 fe:00:11012105 0 EOF");
	cr_assert(r.mode == LK_MODE_WRITE && r.break_to == LK_BREAK_READ);
	r = parsed("5: LEASE  ACTIVE  READ 13793 fe:00:11012105 0 EOF");
	cr_assert(r.mode == LK_MODE_READ && r.break_to == LK_BREAK_NONE);
	cr_assert(lk_range_is_whole(r.range));
}

Test(parse_line, breaker_has_no_file)
{
	struct lk_record r = parsed("5: -> LEASE  BREAKER   WRITE 13800 <none>:0 0 EOF");

	cr_assert_eq(r.depth, 1);
	cr_assert_eq(r.pid, 13800);
	cr_assert(r.key.none);
	cr_assert_eq(r.key.ino, 0);
}

Test(parse_line, depth_is_the_column_of_the_arrow)
{
	cr_assert_eq(parsed("2: POSIX  ADVISORY  WRITE 24542 fe:00:11012188 0 9").depth, 0);
	cr_assert_eq(parsed("2: -> POSIX  ADVISORY  WRITE 24543 fe:00:11012188 0 99").depth, 1);
	cr_assert_eq(parsed("2:  -> POSIX  ADVISORY  WRITE 24544 fe:00:11012188 0 4").depth, 2);
	cr_assert_eq(parsed("2:   -> POSIX  ADVISORY  WRITE 24546 fe:00:11012188 3 3").depth, 3);
	cr_assert_eq(parsed("123456:   -> POSIX  ADVISORY  WRITE 24546 fe:00:11012188 3 3").depth, 3);
}

Test(parse_line, pids_that_name_nobody)
{
	cr_assert_eq(parsed("1: OFDLCK ADVISORY  WRITE -1 fe:00:1 0 EOF").pid, -1);
	cr_assert_eq(parsed("1: -> POSIX  ADVISORY  WRITE 0 fe:00:1 0 EOF").pid, 0);
	cr_assert_eq(parsed("1: POSIX  ADVISORY  WRITE -4711 fe:00:1 0 EOF").pid, -4711);
}

Test(parse_line, wide_keys)
{
	struct lk_record r = parsed("1: FLOCK  ADVISORY  WRITE 1 00:39:9223372036854775940 0 EOF");

	cr_assert_eq(r.key.minor, 0x39);
	cr_assert_eq(r.key.ino, UINT64_C(9223372036854775940));
	r = parsed("1: FLOCK  ADVISORY  WRITE 1 103:1a2b3:18446744073709551615 0 EOF");
	cr_assert_eq(r.key.major, 0x103);
	cr_assert_eq(r.key.minor, 0x1a2b3);
	cr_assert_eq(r.key.ino, UINT64_MAX);
}

Test(parse_line, unknown_words_are_kept)
{
	struct lk_record r = parsed("1: SHINY FUTURE APPEND 12 fe:00:1 0 EOF");

	cr_assert_eq(r.type, LK_TYPE_UNKNOWN);
	cr_assert_eq(r.phase, LK_PHASE_UNKNOWN);
	cr_assert_eq(r.mode, LK_MODE_UNKNOWN);
	cr_assert_str_eq(r.type_word, "SHINY");
	cr_assert_str_eq(r.phase_word, "FUTURE");
	cr_assert_str_eq(r.mode_word, "APPEND");
	/* A known word in another case is another word. */
	cr_assert_eq(parsed("1: posix ADVISORY READ 1 fe:00:1 0 EOF").type, LK_TYPE_UNKNOWN);
}

Test(parse_line, longest_word)
{
	struct lk_record r = parsed("1: abcdefghijklmnopqrstuvwxyz01234 ADVISORY READ 1 fe:00:1 0 EOF");

	cr_assert_eq(strlen(r.type_word), LK_WORD_MAX - 1);
	refused("1: abcdefghijklmnopqrstuvwxyz012345 ADVISORY READ 1 fe:00:1 0 EOF", 63);
}

Test(parse_line, trailing_blanks_are_no_field)
{
	cr_assert_eq(parsed("1: POSIX  ADVISORY  READ 1 fe:00:1 0 EOF ").pid, 1);
}

Test(parse_line, does_not_read_past_n)
{
	static const char s[] = "1: POSIX  ADVISORY  READ 1 fe:00:1 0 12345";
	struct lk_record r;

	cr_assert_eq(lk_parse_lock_line(s, sizeof(s) - 4, &r), 0);
	cr_assert_eq(r.range.end, 12);
}

Test(parse_line, bad_lines)
{
	static const char *const bad[] = {
		"",
		" ",
		"garbage",
		":",
		"1:",
		"x: POSIX ADVISORY READ 1 fe:00:1 0 EOF",
		"1 POSIX ADVISORY READ 1 fe:00:1 0 EOF",
		"-1: POSIX ADVISORY READ 1 fe:00:1 0 EOF",
		"18446744073709551616: POSIX ADVISORY READ 1 fe:00:1 0 EOF",
		"1: ->",
		"1: POSIX",
		"1: POSIX ADVISORY",
		"1: POSIX ADVISORY READ",
		"1: POSIX ADVISORY READ 1",
		"1: POSIX ADVISORY READ 1 fe:00:1",
		"1: POSIX ADVISORY READ 1 fe:00:1 0",
		"1: POSIX ADVISORY READ 1 fe:00:1 0 EOF more",
		"1: POSIX ADVISORY READ x fe:00:1 0 EOF",
		"1: POSIX ADVISORY READ 99999999999999999999 fe:00:1 0 EOF",
		"1: POSIX ADVISORY READ 1 fe:00 0 EOF",
		"1: POSIX ADVISORY READ 1 fe:00:18446744073709551616 0 EOF",
		"1: POSIX ADVISORY READ 1 <none>:1 0 EOF",
		"1: POSIX ADVISORY READ 1 fe:00:1 -1 EOF",
		"1: POSIX ADVISORY READ 1 fe:00:1 EOF EOF",
		"1: POSIX ADVISORY READ 1 fe:00:1 5 4",
		"1: POSIX ADVISORY READ 1 fe:00:1 0 eof",
		"1: POSIX ADVISORY READ 1 fe:00:1 0 9223372036854775808",
		"1: -> -> POSIX ADVISORY READ 1 fe:00:1 0 EOF",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refused(bad[i], strlen(bad[i]));
	refused("1: PO\0IX ADVISORY READ 1 fe:00:1 0 EOF", 40);
	refused("1: POSIX ADVISORY READ 1 fe:00:1 0 EOF\0", 40);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "record/parse.h"
#include "record/record.h"

static struct lk_record line(const char *s)
{
	struct lk_record r = { 0 };

	cr_assert_eq(lk_parse_lock_line(s, strlen(s), &r), 0, "'%s' was refused", s);
	return r;
}

static bool conflicts(const char *held, const char *wanted)
{
	struct lk_record h = line(held), w = line(wanted);

	return lk_record_conflicts(&h, &w);
}

Test(key, text_and_back)
{
	static const struct lk_key keys[] = {
		{ 0xfe, 0, 11060405, false },
		{ 0, 0x39, UINT64_C(9223372036854775940), false },
		{ 0x103, 0x1a2b3, UINT64_MAX, false },
	};
	static const char *const texts[] = { "fe:00:11060405", "00:39:9223372036854775940",
					     "103:1a2b3:18446744073709551615" };

	for (size_t i = 0; i < 3; i++) {
		char buf[LK_KEY_TEXT];
		struct lk_key k;

		cr_assert_str_eq(lk_key_format(&keys[i], buf), texts[i]);
		cr_assert_eq(lk_key_parse(texts[i], strlen(texts[i]), &k), 0);
		cr_assert(lk_key_equal(&k, &keys[i]));
	}
}

Test(key, none)
{
	struct lk_key none = { .none = true }, zero = { 0 };
	char buf[LK_KEY_TEXT];

	cr_assert_str_eq(lk_key_format(&none, buf), "<none>:0");
	cr_assert_not(lk_key_equal(&none, &zero));
}

Test(key, parse_bad)
{
	static const char *const bad[] = {
		"",
		":",
		"::",
		"fe",
		"fe:00",
		"fe:00:",
		":00:1",
		"fe::1",
		"fe:00:x",
		"g:0:1",
		"0:0:-1",
		"100000000:0:1",
		"0:0:0x1",
		"0:0:1:2",
		"0:0:1 ",
		" 0:0:1",
		"0:0:18446744073709551616",
	};
	struct lk_key k = { .ino = 7 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect_eq(lk_key_parse(bad[i], strlen(bad[i]), &k), -EINVAL, "'%s' was taken", bad[i]);
	cr_assert_eq(k.ino, 7);
}

Test(record, same_body_ignores_group_and_depth)
{
	struct lk_record a = line("1: POSIX  ADVISORY  WRITE 5 fe:00:7 0 9");
	struct lk_record b = line("9:  -> POSIX  ADVISORY  WRITE 5 fe:00:7 0 9");

	cr_assert(lk_record_same_body(&a, &b));
	cr_assert_eq(lk_record_hash(&a), lk_record_hash(&b));
}

Test(record, every_field_makes_another_body)
{
	static const char *const others[] = {
		"1: OFDLCK ADVISORY  WRITE 5 fe:00:7 0 9", "1: POSIX  MANDATORY WRITE 5 fe:00:7 0 9",
		"1: POSIX  ADVISORY  READ 5 fe:00:7 0 9",  "1: POSIX  ADVISORY  WRITE 6 fe:00:7 0 9",
		"1: POSIX  ADVISORY  WRITE 5 fd:00:7 0 9", "1: POSIX  ADVISORY  WRITE 5 fe:01:7 0 9",
		"1: POSIX  ADVISORY  WRITE 5 fe:00:8 0 9", "1: POSIX  ADVISORY  WRITE 5 fe:00:7 1 9",
		"1: POSIX  ADVISORY  WRITE 5 fe:00:7 0 8", "1: POSIX  ADVISORY  WRITE 5 fe:00:7 0 EOF",
	};
	struct lk_record a = line("1: POSIX  ADVISORY  WRITE 5 fe:00:7 0 9");

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct lk_record b = line(others[i]);

		cr_expect_not(lk_record_same_body(&a, &b), "%s", others[i]);
		cr_expect_neq(lk_record_hash(&a), lk_record_hash(&b), "%s", others[i]);
	}
}

Test(record, unknown_types_differ_by_word)
{
	struct lk_record a = line("1: NEWA ADVISORY WRITE 5 fe:00:7 0 9");
	struct lk_record b = line("1: NEWB ADVISORY WRITE 5 fe:00:7 0 9");

	cr_assert_not(lk_record_same_body(&a, &b));
	cr_assert(lk_record_same_body(&a, &a));
}

Test(record, names_are_those_of_the_document)
{
	cr_assert_str_eq(lk_type_name(LK_TYPE_POSIX), "posix");
	cr_assert_str_eq(lk_type_name(LK_TYPE_OFD), "ofd");
	cr_assert_str_eq(lk_type_name(LK_TYPE_FLOCK), "flock");
	cr_assert_str_eq(lk_type_name(LK_TYPE_LEASE), "lease");
	cr_assert_str_eq(lk_type_name(LK_TYPE_DELEG), "deleg");
	cr_assert_str_eq(lk_type_name(LK_TYPE_UNKNOWN), "unknown");
	cr_assert_str_eq(lk_mode_name(LK_MODE_READ), "read");
	cr_assert_str_eq(lk_mode_name(LK_MODE_WRITE), "write");
	cr_assert_str_eq(lk_mode_name(LK_MODE_UNLOCK), "unlock");
	cr_assert_str_eq(lk_mode_name(LK_MODE_UNKNOWN), "unknown");
}

Test(record, spaces)
{
	cr_assert(lk_type_same_space(LK_TYPE_POSIX, LK_TYPE_OFD));
	cr_assert(lk_type_same_space(LK_TYPE_FLOCK, LK_TYPE_FLOCK));
	cr_assert(lk_type_same_space(LK_TYPE_LEASE, LK_TYPE_DELEG));
	cr_assert_not(lk_type_same_space(LK_TYPE_FLOCK, LK_TYPE_POSIX));
	cr_assert_not(lk_type_same_space(LK_TYPE_LEASE, LK_TYPE_FLOCK));
	cr_assert_not(lk_type_same_space(LK_TYPE_UNKNOWN, LK_TYPE_UNKNOWN));
}

Test(record, conflicts_by_mode_and_range)
{
	cr_assert(conflicts("1: POSIX ADVISORY WRITE 1 fe:00:7 0 9", "1: -> POSIX ADVISORY READ 2 fe:00:7 9 20"));
	cr_assert(conflicts("1: POSIX ADVISORY READ 1 fe:00:7 0 9", "1: -> OFDLCK ADVISORY WRITE -1 fe:00:7 0 EOF"));
	cr_assert_not(conflicts("1: POSIX ADVISORY READ 1 fe:00:7 0 9", "1: POSIX ADVISORY READ 2 fe:00:7 0 9"));
	cr_assert_not(conflicts("1: POSIX ADVISORY WRITE 1 fe:00:7 0 9", "1: POSIX ADVISORY WRITE 2 fe:00:7 10 20"));
	cr_assert(conflicts("1: FLOCK ADVISORY READ 1 fe:00:7 0 EOF", "1: -> FLOCK ADVISORY WRITE 2 fe:00:7 0 EOF"));
	cr_assert_not(conflicts("1: FLOCK ADVISORY WRITE 1 fe:00:7 0 EOF", "1: POSIX ADVISORY WRITE 2 fe:00:7 0 EOF"));
}

Test(record, conflicts_of_leases)
{
	cr_assert(conflicts("5: LEASE BREAKING UNLCK 1 fe:00:7 0 EOF", "5: -> LEASE BREAKER WRITE 2 <none>:0 0 EOF"));
	cr_assert(conflicts("5: LEASE BREAKING READ 1 fe:00:7 0 EOF", "5: -> LEASE BREAKER READ 2 <none>:0 0 EOF"));
	cr_assert(conflicts("5: LEASE ACTIVE WRITE 1 fe:00:7 0 EOF", "5: -> LEASE BREAKER READ 2 <none>:0 0 EOF"));
	cr_assert_not(conflicts("5: LEASE ACTIVE READ 1 fe:00:7 0 EOF", "5: LEASE ACTIVE READ 2 fe:00:7 0 EOF"));
	cr_assert_not(conflicts("5: LEASE BREAKING UNLCK 1 fe:00:7 0 EOF", "5: FLOCK ADVISORY WRITE 2 fe:00:7 0 EOF"));
}

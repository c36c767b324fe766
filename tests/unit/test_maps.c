/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "record/maps.h"

static int parse(const char *s, struct lk_maps_line *ret)
{
	return lk_maps_parse_line(s, strlen(s), ret);
}

Test(maps, good)
{
	struct lk_maps_line m;

	cr_assert_eq(
		parse("7f0c1c000000-7f0c1c021000 rw-s 00001000 fe:00 11012141                   /srv/a b (deleted)",
		      &m),
		0);
	cr_assert(m.key.major == 0xfe && m.key.minor == 0 && m.key.ino == 11012141 && !m.key.none);
	cr_assert_eq(m.addresses, strlen("7f0c1c000000-7f0c1c021000"));
	cr_assert_eq(m.path, strlen("7f0c1c000000-7f0c1c021000 rw-s 00001000 fe:00 11012141                   "));
	cr_assert_eq(parse("00400000-00452000 r-xp 00000000 00:2c12f 9223372036854775940", &m), 0);
	cr_assert(m.key.minor == 0x2c12f && m.key.ino == UINT64_C(9223372036854775940));
	cr_assert_eq(m.path, strlen("00400000-00452000 r-xp 00000000 00:2c12f 9223372036854775940"), "there is none");
	cr_assert_eq(parse("7ffd0000-7ffd1000 rw-p 00000000 00:00 0                          [stack]", &m), 0);
	cr_assert_eq(m.key.ino, 0);
}

Test(maps, bad)
{
	static const char *const lines[] = {
		"",
		" ",
		"a",
		"a b",
		"a b c",
		"a b c d",
		"a b c d e",
		"a b c fe:00 ",
		"a b c fe:00 x",
		"a b c fe:zz 1",
		"a b c :00 1",
		"a b c fe: 1",
		"a b c 1ffffffff:0 1",
		"a b c 0:1ffffffff 1",
		"a b c fe:00 18446744073709551616",
		"a b c fe 1",
	};
	struct lk_maps_line m = { .addresses = 77 };

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		cr_assert_eq(parse(lines[i], &m), -EINVAL, "%s", lines[i]);
	cr_assert_eq(m.addresses, 77, "untouched on failure");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owners as programs write them, and as nobody should have written them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "lockfile/owner.h"

/* Literals stand for the strings that are expected; nothing writes to them. */
#pragma GCC diagnostic ignored "-Wdiscarded-qualifiers"

/* A string literal with its length: NULs inside count. */
#define BYTES(s) s, sizeof(s) - 1

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_equal(const struct lk_owner *a, const struct lk_owner *b)
{
	return a->pid == b->pid && is_same(a->host, b->host) && is_same(a->user, b->user) &&
	       is_same(a->path, b->path) && a->boot_s == b->boot_s && a->start_s == b->start_s &&
	       a->pid_ns == b->pid_ns && a->has_kernel_lock == b->has_kernel_lock && a->modified == b->modified;
}

/* From a block of exactly n bytes, so that a sanitizer sees a read past the end. */
static int parse(enum lk_owner_form form, const char *data, size_t n, struct lk_owner *ret)
{
	lk_auto_mem char *exact = malloc(n ? n : 1);

	cr_assert(exact);
	memcpy(exact, data, n);
	memset(ret, 0x5a, sizeof(*ret));
	return lk_owner_parse(form, exact, n, ret);
}

static void check_refused(enum lk_owner_form form, const char *data, size_t n, int want)
{
	static const struct lk_owner empty;
	struct lk_owner o;
	int rc = parse(form, data, n, &o);

	cr_expect_eq(rc, want, "form %d, '%s' (%zu bytes): %d", form, data, n, rc);
	cr_expect(rc == 0 || is_equal(&o, &empty), "form %d, '%s': not empty after an error", form, data);
	lk_owner_done(&o);
}

static void check_taken(enum lk_owner_form form, const char *data, size_t n, const struct lk_owner *want)
{
	struct lk_owner o;
	int rc = parse(form, data, n, &o);

	cr_expect_eq(rc, 0, "form %d, '%s' (%zu bytes): %d", form, data, n, rc);
	cr_expect(is_equal(&o, want), "form %d, '%s': pid %d host %s user %s path %s", form, data, o.pid, o.host,
		  o.user, o.path);
	lk_owner_done(&o);
}

static const struct {
	enum lk_owner_form form;
	const char *data;
	size_t n;
	struct lk_owner want;
} taken[] = {
	{ LK_OWNER_PID, BYTES("1234"), { .pid = 1234 } },
	{ LK_OWNER_PID, BYTES("1234\n"), { .pid = 1234 } },
	{ LK_OWNER_PID, BYTES("1234\r\n"), { .pid = 1234 } },
	{ LK_OWNER_PID, BYTES("      1234\n"), { .pid = 1234 } },
	{ LK_OWNER_PID, BYTES("\t 1234 \n"), { .pid = 1234 } },
	{ LK_OWNER_PID, BYTES("0000001234\n"), { .pid = 1234 } },
	{ LK_OWNER_PID, BYTES("1234\0"), { .pid = 1234 } },
	{ LK_OWNER_PID, BYTES("1234\0\xff\xfe"), { .pid = 1234 } },
	{ LK_OWNER_PID, BYTES("1234\nanother line\n"), { .pid = 1234 } },
	{ LK_OWNER_PID, BYTES("1234 \t\n/usr/sbin/sendmail -bd\n"), { .pid = 1234 } },
	{ LK_OWNER_PID, BYTES("1"), { .pid = 1 } },
	{ LK_OWNER_PID, BYTES("4194304"), { .pid = 4194304 } },

	{ LK_OWNER_PID_HOST, BYTES("      1234\nhost\n"), { .pid = 1234, .host = "host" } },
	{ LK_OWNER_PID_HOST, BYTES("1234 host"), { .pid = 1234, .host = "host" } },
	{ LK_OWNER_PID_HOST, BYTES("1234\n\nh\n\n"), { .pid = 1234, .host = "h" } },
	{ LK_OWNER_PID_HOST, BYTES("1234 host\0"), { .pid = 1234, .host = "host" } },
	{ LK_OWNER_PID_HOST, BYTES("1 \x1b[2J"), { .pid = 1, .host = "\x1b[2J" } },

	{ LK_OWNER_PID_COLON_HOST, BYTES("1234:host"), { .pid = 1234, .host = "host" } },
	{ LK_OWNER_PID_COLON_HOST, BYTES("1234:host\n"), { .pid = 1234, .host = "host" } },
	{ LK_OWNER_PID_COLON_HOST, BYTES("1234:a:b"), { .pid = 1234, .host = "a:b" } },

	{ LK_OWNER_HOST_PID, BYTES("host-1234"), { .pid = 1234, .host = "host" } },
	{ LK_OWNER_HOST_PID, BYTES("my-host-1234"), { .pid = 1234, .host = "my-host" } },
	{ LK_OWNER_HOST_PID, BYTES("--1234"), { .pid = 1234, .host = "-" } },

	{ LK_OWNER_ADDRESS_PID,
	  BYTES("127.0.1.1:+1234"),
	  { .pid = 1234, .host = "127.0.1.1", .has_kernel_lock = true } },
	{ LK_OWNER_ADDRESS_PID, BYTES("127.0.1.1:1234"), { .pid = 1234, .host = "127.0.1.1" } },

	{ LK_OWNER_EMACS,
	  BYTES("user@my.host.1234:1700000000"),
	  { .pid = 1234, .user = "user", .host = "my.host", .boot_s = 1700000000 } },
	{ LK_OWNER_EMACS, BYTES("user@host.1234"), { .pid = 1234, .user = "user", .host = "host" } },
	{ LK_OWNER_EMACS, BYTES("u.1@x@host.1234"), { .pid = 1234, .user = "u.1@x", .host = "host" } },
	{ LK_OWNER_EMACS,
	  BYTES("u@host.1:2.3"),
	  { .pid = 3, .user = "u", .host = "host.1:2" } }, /* Emacs, too, reads it so */
	{ LK_OWNER_EMACS, BYTES("@host.1234:0"), { .pid = 1234, .host = "host" } },
	{ LK_OWNER_EMACS, BYTES("u@h.1234\357\200\242170"), { .pid = 1234, .user = "u", .host = "h", .boot_s = 170 } },

	{ LK_OWNER_HG, BYTES("host:1234"), { .pid = 1234, .host = "host" } },
	{ LK_OWNER_HG, BYTES("host/f00000ab:1234"), { .pid = 1234, .host = "host", .pid_ns = 0xf00000ab } },
	{ LK_OWNER_HG, BYTES("a/b/1:1234"), { .pid = 1234, .host = "a/b", .pid_ns = 1 } },

	{ LK_OWNER_POSTMASTER,
	  BYTES("1234\n/var/lib/pg\n1700000000\n5432\n/run/pg\nlocalhost\n  5432001         7\nready   \n"),
	  { .pid = 1234, .path = "/var/lib/pg", .start_s = 1700000000 } },
	{ LK_OWNER_POSTMASTER, BYTES("-1234\n/d\n17\n"), { .pid = 1234, .path = "/d", .start_s = 17 } },
	{ LK_OWNER_POSTMASTER, BYTES("1234\n\n0\n\xff\0"), { .pid = 1234 } },

	{ LK_OWNER_OFFICE,
	  BYTES(",user,host,24.12.2025 18:00,file:///home/user/.config/libreoffice/4;"),
	  { .user = "user", .host = "host" } },
	{ LK_OWNER_OFFICE, BYTES("A B,us\\,er,h\\;o\\\\st,,;"), { .user = "us,er", .host = "h;o\\st" } },
	{ LK_OWNER_OFFICE, BYTES("a\0b,user,host,a\0b,;"), { .user = "user", .host = "host" } },
	{ LK_OWNER_OFFICE, BYTES(",,,,;"), { 0 } },
	{ LK_OWNER_OFFICE, BYTES(",u,h,,;,other,host,,;"), { .user = "u", .host = "h" } },

	{ LK_OWNER_EMACS, BYTES("me@here.1234"), { .pid = 1234, .user = "me" } }, /* joe, without HOSTNAME */
	{ LK_OWNER_EMACS, BYTES("me@here.1234:17"), { .pid = 1234, .user = "me", .host = "here", .boot_s = 17 } },
	{ LK_OWNER_EMACS, BYTES("me@there.1234"), { .pid = 1234, .user = "me", .host = "there" } },

	{ LK_OWNER_GIT, BYTES("pid 1234\n"), { .pid = 1234 } },
	{ LK_OWNER_GIT, BYTES("pid 1234"), { .pid = 1234 } },
	{ LK_OWNER_GIT, BYTES("pid 1234\nhost x\n"), { .pid = 1234 } },

	{ LK_OWNER_FILELOCK, BYTES("1234\nhost\n"), { .pid = 1234, .host = "host" } },
	{ LK_OWNER_FILELOCK, BYTES("1234\nhost\n1769\n"), { .pid = 1234, .host = "host" } },
	{ LK_OWNER_FILELOCK, BYTES("1234\n"), { .pid = 1234 } },
	{ LK_OWNER_FILELOCK, BYTES("  1234"), { .pid = 1234 } },
	{ LK_OWNER_FILELOCK, BYTES("1234\n\n"), { .pid = 1234 } },

	{ LK_OWNER_BORG, BYTES("vm@3281355014145.23247-0"), { .pid = 23247, .host = "vm" } },
	{ LK_OWNER_BORG, BYTES("a.b@c@1.1234-7f01"), { .pid = 1234, .host = "a.b@c" } },

	{ LK_OWNER_BORG_ROSTER,
	  BYTES("{\"exclusive\": [[\"vm@3281355014145\", 23247, 0]]}"),
	  { .pid = 23247, .host = "vm" } },
	{ LK_OWNER_BORG_ROSTER,
	  BYTES("{\"exclusive\": [], \"shared\": [[\"a.b@1\", 12, 0]]}"),
	  { .pid = 12, .host = "a.b" } },

	{ LK_OWNER_CCACHE,
	  BYTES("vm-5993-140361301518144-1795960717.1795960717949797538"),
	  { .pid = 5993, .host = "vm" } },
	{ LK_OWNER_CCACHE, BYTES("my-host-1234-0x7f01-17.0"), { .pid = 1234, .host = "my-host" } },

	{ LK_OWNER_MAIL, BYTES("1234"), { .pid = 1234 } },
	{ LK_OWNER_MAIL, BYTES("1234\n"), { .pid = 1234 } },
	{ LK_OWNER_MAIL, BYTES("1234:host"), { .pid = 1234, .host = "host" } },

	{ LK_OWNER_UUCP, BYTES("      1234\n"), { .pid = 1234 } },
	{ LK_OWNER_UUCP, BYTES("      1234 minicom root\n"), { .pid = 1234 } },
	{ LK_OWNER_UUCP, BYTES("0000001234\n"), { .pid = 1234 } },
};

/* A number as the machine has it in memory. */
Test(lockfile_owner, binary_pid)
{
	static const uint32_t pids[] = { 1, 1234, 4194304 };
	static const uint32_t none[] = { 0, 4194305, UINT32_MAX };

	for (size_t i = 0; i < sizeof(pids) / sizeof(*pids); i++)
		check_taken(LK_OWNER_UUCP, (const char *)&pids[i], sizeof(pids[i]),
			    &(struct lk_owner){ .pid = (int)pids[i] });
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		check_refused(LK_OWNER_UUCP, (const char *)&none[i], sizeof(none[i]), i ? -EBADMSG : -ENODATA);
	/* Text is never a number. */
	check_refused(LK_OWNER_UUCP, BYTES("1234"), -EBADMSG);
	check_refused(LK_OWNER_UUCP, BYTES("123\n"), -EBADMSG);
	check_refused(LK_OWNER_UUCP, BYTES("1\n\n\n"), -EBADMSG);
}

Test(lockfile_owner, taken)
{
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		check_taken(taken[i].form, taken[i].data, taken[i].n, &taken[i].want);
}

/* In every form a number can be written in, the same numbers are none. */
static const struct {
	enum lk_owner_form form;
	const char *before, *behind;
} around[] = {
	{ LK_OWNER_PID, "", "" },
	{ LK_OWNER_MAIL, "", "" },
	{ LK_OWNER_MAIL, "", ":host" },
	{ LK_OWNER_PID_HOST, "", " host" },
	{ LK_OWNER_PID_COLON_HOST, "", ":host" },
	{ LK_OWNER_HOST_PID, "host-", "" },
	{ LK_OWNER_ADDRESS_PID, "127.0.1.1:+", "" },
	{ LK_OWNER_EMACS, "user@host.", ":17" },
	{ LK_OWNER_HG, "host/1:", "" },
	{ LK_OWNER_POSTMASTER, "", "\n/d\n17\n" },
	{ LK_OWNER_GIT, "pid ", "\n" },
	{ LK_OWNER_CCACHE, "host-", "-17-17.17" },
	{ LK_OWNER_FILELOCK, "", "\nhost\n" },
};

static const struct {
	const char *text;
	int want;
} numbers[] = {
	{ "0", -ENODATA },
	{ "000", -ENODATA },
	{ "", -EBADMSG },
	{ "+1", -EBADMSG },
	{ "1-", -EBADMSG },
	{ "0x10", -EBADMSG },
	{ "1e3", -EBADMSG },
	{ "12.", -EBADMSG },
	{ "abc", -EBADMSG },
	{ "4194305", -EBADMSG },
	{ "4294967297", -EBADMSG },
	{ "18446744073709551617", -EBADMSG },
	{ "999999999999999999999999999999999999999999", -EBADMSG },
	{ "\xd9\xa1", -EBADMSG }, /* an Arabic digit */
};

Test(lockfile_owner, borg_roster_of_nobody)
{
	check_refused(LK_OWNER_BORG_ROSTER, BYTES("{}"), -ENODATA);
	check_refused(LK_OWNER_BORG_ROSTER, BYTES("{\"shared\": []}"), -ENODATA);
}

/* As Word writes it: blanks behind the name, then the same in UTF-16. */
Test(lockfile_owner, msoffice)
{
	char file[166];

	memset(file, ' ', sizeof(file));
	memcpy(file, "\4user", 5);
	check_taken(LK_OWNER_MSOFFICE, file, 162, &(struct lk_owner){ .user = "user" });
	check_taken(LK_OWNER_MSOFFICE, file, 165, &(struct lk_owner){ .user = "user" });
	for (size_t n = 160; n <= sizeof(file); n++) {
		if (n != 162 && n != 165)
			check_refused(LK_OWNER_MSOFFICE, file, n, -EBADMSG);
	}
	file[0] = 53;
	check_refused(LK_OWNER_MSOFFICE, file, 162, -EBADMSG);
	file[0] = 0;
	check_refused(LK_OWNER_MSOFFICE, file, 162, -EBADMSG);
	memcpy(file, "\4us\0er", 6);
	check_refused(LK_OWNER_MSOFFICE, file, 162, -EBADMSG);
}

Test(lockfile_owner, numbers)
{
	for (size_t i = 0; i < sizeof(around) / sizeof(*around); i++) {
		for (size_t k = 0; k < sizeof(numbers) / sizeof(*numbers); k++) {
			char text[128];
			int n = snprintf(text, sizeof(text), "%s%s%s", around[i].before, numbers[k].text,
					 around[i].behind);
			/* Nothing at all says that there is none. */
			check_refused(around[i].form, text, (size_t)n, n ? numbers[k].want : -ENODATA);
		}
	}
}

static const struct {
	enum lk_owner_form form;
	const char *data;
	size_t n;
} refused[] = {
	{ LK_OWNER_PID, BYTES("pid 1234") },
	{ LK_OWNER_PID, BYTES("\n1234\n") },
	{ LK_OWNER_PID, BYTES("-1234\n") },
	{ LK_OWNER_PID, BYTES("1234:host") },
	{ LK_OWNER_PID, BYTES("1234x") },
	{ LK_OWNER_PID, BYTES("42 notes\n") },
	{ LK_OWNER_PID, BYTES("1234 5678\n") },
	{ LK_OWNER_PID, BYTES("0x") },
	{ LK_OWNER_PID, BYTES("\0") },
	{ LK_OWNER_PID, BYTES("\xd2\x04\0\0") }, /* 1234 as UUCP has written it */

	{ LK_OWNER_MAIL, BYTES("1234:") },
	{ LK_OWNER_MAIL, BYTES(":host") },
	{ LK_OWNER_MAIL, BYTES("1234 From me\n") },

	{ LK_OWNER_UUCP, BYTES("1234\n") },
	{ LK_OWNER_UUCP, BYTES("     1234\n") },
	{ LK_OWNER_UUCP, BYTES("       1234\n") },
	{ LK_OWNER_UUCP, BYTES("      1234") },
	{ LK_OWNER_UUCP, BYTES("      1234x") },
	{ LK_OWNER_UUCP, BYTES("      1234\0") },
	{ LK_OWNER_UUCP, BYTES("      -123\n") },
	{ LK_OWNER_UUCP, BYTES("\xd2\x04\0\0\0") },
	{ LK_OWNER_UUCP, BYTES("\xd2\x04\0") },

	{ LK_OWNER_PID_HOST, BYTES("1234") },
	{ LK_OWNER_PID_HOST, BYTES("1234\n") },
	{ LK_OWNER_PID_HOST, BYTES("1234:host") },
	{ LK_OWNER_PID_HOST, BYTES("-1234 host") },
	{ LK_OWNER_PID_HOST, BYTES("host 1234") },
	{ LK_OWNER_PID_HOST, BYTES("1234 host garbage") },
	{ LK_OWNER_PID_HOST, BYTES("1234\nhost\nline\n") },
	{ LK_OWNER_PID_HOST, BYTES("1234 ho\0st") },
	{ LK_OWNER_PID_HOST, BYTES("1234 \0") },
	{ LK_OWNER_PID_HOST, BYTES("1234\0host") },

	{ LK_OWNER_PID_COLON_HOST, BYTES("1234") },
	{ LK_OWNER_PID_COLON_HOST, BYTES("1234:") },
	{ LK_OWNER_PID_COLON_HOST, BYTES("1234:\n") },
	{ LK_OWNER_PID_COLON_HOST, BYTES(":host") },
	{ LK_OWNER_PID_COLON_HOST, BYTES(" 1234:host") },
	{ LK_OWNER_PID_COLON_HOST, BYTES("1234:host garbage") },
	{ LK_OWNER_PID_COLON_HOST, BYTES("1234:ho\0st") },

	{ LK_OWNER_HOST_PID, BYTES("1234") },
	{ LK_OWNER_HOST_PID, BYTES("-1234") },
	{ LK_OWNER_HOST_PID, BYTES("host-") },
	{ LK_OWNER_HOST_PID, BYTES("host-1234 ") },
	{ LK_OWNER_HOST_PID, BYTES("host-1234\0") },
	{ LK_OWNER_HOST_PID, BYTES("ho\0st-1234") },

	{ LK_OWNER_ADDRESS_PID, BYTES("127.0.1.1") },
	{ LK_OWNER_ADDRESS_PID, BYTES("127.0.1.1:+") },
	{ LK_OWNER_ADDRESS_PID, BYTES(":+1234") },
	{ LK_OWNER_ADDRESS_PID, BYTES("127.0.1.1:++1") },
	{ LK_OWNER_ADDRESS_PID, BYTES("::1:+1234") },
	{ LK_OWNER_ADDRESS_PID, BYTES("127.0.1.1:+1234\n") },
	{ LK_OWNER_ADDRESS_PID, BYTES("127\0:1234") },

	{ LK_OWNER_EMACS, BYTES("host.1234") },
	{ LK_OWNER_EMACS, BYTES("user.1@host") },
	{ LK_OWNER_EMACS, BYTES("user@.1234") },
	{ LK_OWNER_EMACS, BYTES("user@host") },
	{ LK_OWNER_EMACS, BYTES("user@host.") },
	{ LK_OWNER_EMACS, BYTES("user@host.:17") },
	{ LK_OWNER_EMACS, BYTES("user@host.1234:") },
	{ LK_OWNER_EMACS, BYTES("user@host.1234:-1") },
	{ LK_OWNER_EMACS, BYTES("user@host.1234:17x") },
	{ LK_OWNER_EMACS, BYTES("user@host.1234\357\200\242") },
	{ LK_OWNER_EMACS, BYTES("user@host.1234\357\200") },
	{ LK_OWNER_EMACS, BYTES("user@host.1234:9223372036854775807") },
	{ LK_OWNER_EMACS, BYTES("us\0er@host.1234") },

	{ LK_OWNER_GIT, BYTES("1234\n") },
	{ LK_OWNER_GIT, BYTES("pid") },
	{ LK_OWNER_GIT, BYTES("pid  1234\n") },
	{ LK_OWNER_GIT, BYTES("DIRC\0\0\0\2") },

	{ LK_OWNER_FILELOCK, BYTES("1234\nhost") },
	{ LK_OWNER_FILELOCK, BYTES("1234\nmy host\n") },
	{ LK_OWNER_FILELOCK, BYTES("1234\nhost\nx\n") },
	{ LK_OWNER_FILELOCK, BYTES("1234\nhost\n\n") },
	{ LK_OWNER_FILELOCK, BYTES("1234\nhost\n17\n17\n") },
	{ LK_OWNER_FILELOCK, BYTES("42 notes\n") },
	{ LK_OWNER_FILELOCK, BYTES("[[package]]\nname = \"x\"\n") },
	{ LK_OWNER_FILELOCK, BYTES("PK\3\4") },

	{ LK_OWNER_BORG, BYTES("host@1") },
	{ LK_OWNER_BORG, BYTES("host@1.1234") },
	{ LK_OWNER_BORG, BYTES("host@1.1234-") },
	{ LK_OWNER_BORG, BYTES("host@.1234-0") },
	{ LK_OWNER_BORG, BYTES("@1.1234-0") },
	{ LK_OWNER_BORG, BYTES("my-host.1234-0") }, /* BORG_HOST_ID, whatever that says */
	{ LK_OWNER_BORG, BYTES("host@1x.1234-0") },
	{ LK_OWNER_BORG, BYTES("host@1.0x12-0") },
	{ LK_OWNER_BORG, BYTES("host@1.1234-0\0host@1.1235-0") }, /* two files */

	{ LK_OWNER_BORG_ROSTER, BYTES("{\"shared\": [[\"a@1\", 12, 0], [\"a@1\", 13, 0]]}") },
	{ LK_OWNER_BORG_ROSTER, BYTES("{\"shared\": [[\"a@1\", 12, 0]], \"exclusive\": [[\"a@1\", 13, 0]]}") },
	{ LK_OWNER_BORG_ROSTER, BYTES("{\"shared\": [[\"a\\\\@1\", 12, 0]]}") },
	{ LK_OWNER_BORG_ROSTER, BYTES("{\"shared\": [[\"a\", 12, 0]]}") },
	{ LK_OWNER_BORG_ROSTER, BYTES("{\"shared\": [[\"a@1\", \"12\", 0]]}") },
	{ LK_OWNER_BORG_ROSTER, BYTES("{\"shared\": [[\"a@1\", 12") },
	{ LK_OWNER_BORG_ROSTER, BYTES("{\"shared\": [[\"a@1") },
	{ LK_OWNER_BORG_ROSTER, BYTES("[[\"") },
	{ LK_OWNER_BORG_ROSTER, BYTES("x") },

	{ LK_OWNER_CCACHE, BYTES("host-1234") },
	{ LK_OWNER_CCACHE, BYTES("host-1234-17") },
	{ LK_OWNER_CCACHE, BYTES("host-1234--17") },
	{ LK_OWNER_CCACHE, BYTES("host-1234-17-") },
	{ LK_OWNER_CCACHE, BYTES("1234-17-17") },
	{ LK_OWNER_CCACHE, BYTES("---") },

	{ LK_OWNER_MSOFFICE, BYTES("\4user") },
	{ LK_OWNER_MSOFFICE, BYTES("PK\3\4") },
	{ LK_OWNER_EMACS, BYTES("user@ho\0st.1234") },

	{ LK_OWNER_HG, BYTES("1234") },
	{ LK_OWNER_HG, BYTES(":1234") },
	{ LK_OWNER_HG, BYTES("/1:1234") },
	{ LK_OWNER_HG, BYTES("host/:1234") },
	{ LK_OWNER_HG, BYTES("host/0:1234") },
	{ LK_OWNER_HG, BYTES("host/xyz:1234") },
	{ LK_OWNER_HG, BYTES("host/0x1:1234") },
	{ LK_OWNER_HG, BYTES("host/10000000000000000:1234") },
	{ LK_OWNER_HG, BYTES("host:1:1234") },
	{ LK_OWNER_HG, BYTES("ho\0st:1234") },

	{ LK_OWNER_POSTMASTER, BYTES("1234\n") },
	{ LK_OWNER_POSTMASTER, BYTES("1234\n/d\n") },
	{ LK_OWNER_POSTMASTER, BYTES("1234\n/d\n17") },
	{ LK_OWNER_POSTMASTER, BYTES("1234\n/d\n-17\n") },
	{ LK_OWNER_POSTMASTER, BYTES("1234\n/d\n\n") },
	{ LK_OWNER_POSTMASTER, BYTES("1234\n/d\n  5432001         7\n") },
	{ LK_OWNER_POSTMASTER, BYTES("1234\n/d\n9300000000000000\n") },
	{ LK_OWNER_POSTMASTER, BYTES("1234\n/d\0\n17\n") },
	{ LK_OWNER_POSTMASTER, BYTES(" 1234\n/d\n17\n") },
	{ LK_OWNER_POSTMASTER, BYTES("--1234\n/d\n17\n") },

	{ LK_OWNER_VIM, BYTES("b0VIM 9.0") },

	{ LK_OWNER_OFFICE, BYTES(",user,host,date,profile") },
	{ LK_OWNER_OFFICE, BYTES(",user,host,date;") },
	{ LK_OWNER_OFFICE, BYTES(",user,host,date,profile,;") },
	{ LK_OWNER_OFFICE, BYTES(",us\\er,host,,;") },
	{ LK_OWNER_OFFICE, BYTES(",user,host,,\\") },
	{ LK_OWNER_OFFICE, BYTES(",user,host,,\\;") },
	{ LK_OWNER_OFFICE, BYTES(",us\0er,host,,;") },
	{ LK_OWNER_OFFICE, BYTES(",user,ho\0st,,;") },
};

Test(lockfile_owner, refused)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		check_refused(refused[i].form, refused[i].data, refused[i].n, -EBADMSG);
}

Test(lockfile_owner, nothing_is_written)
{
	struct lk_owner o;

	for (int form = 0; form < LK_N_OWNER_FORMS; form++) {
		check_refused((enum lk_owner_form)form, BYTES(""), -ENODATA);
		check_refused((enum lk_owner_form)form, BYTES(" \t\r\n"), -ENODATA);
		cr_expect_eq(lk_owner_parse((enum lk_owner_form)form, NULL, 0, &o), -ENODATA);
	}
	check_refused(LK_OWNER_NOT_WRITTEN, BYTES("1234"), -ENODATA);
	check_refused(LK_OWNER_PID, BYTES("0\n"), -ENODATA); /* procmail */
	check_refused(LK_OWNER_PID, BYTES("         0\n"), -ENODATA);
	check_refused(LK_OWNER_PID, BYTES("0\0"), -ENODATA);
}

/* Whatever is cut off, it is read within its bounds, and what it says has its limits. */
static void check_limits(enum lk_owner_form form, const char *data, size_t n)
{
	struct lk_owner o;
	int rc = parse(form, data, n, &o);

	cr_expect(rc == 0 || rc == -ENODATA || rc == -EBADMSG);
	cr_expect(o.pid >= 0 && o.pid <= 4194304 && o.boot_s >= 0 && o.start_s >= 0);
	cr_expect((!o.host || *o.host) && (!o.user || *o.user) && (!o.path || *o.path));
	lk_owner_done(&o);
}

Test(lockfile_owner, cut_off)
{
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++) {
		for (size_t n = 0; n <= taken[i].n; n++) {
			for (int form = 0; form < LK_N_OWNER_FORMS; form++)
				check_limits((enum lk_owner_form)form, taken[i].data, n);
		}
	}
}

Test(lockfile_owner, filled_with_one_byte)
{
	static char data[2 * LK_OWNER_MOST];

	for (int c = 0; c < 256; c++) {
		memset(data, c, sizeof(data));
		for (int form = 0; form < LK_N_OWNER_FORMS; form++) {
			check_limits((enum lk_owner_form)form, data, LK_OWNER_MOST);
			check_limits((enum lk_owner_form)form, data, sizeof(data));
		}
	}
}

Test(lockfile_owner, binary)
{
	static char data[LK_OWNER_MOST];
	uint32_t x = 1;

	for (unsigned round = 0; round < 200; round++) {
		for (size_t i = 0; i < sizeof(data); i++) {
			x = x * 1664525 + 1013904223;
			data[i] = (char)(x >> 24);
		}
		for (int form = 0; form < LK_N_OWNER_FORMS; form++)
			check_limits((enum lk_owner_form)form, data, sizeof(data) >> (round % 12));
	}
}

Test(lockfile_owner, long_names)
{
	static char data[LK_OWNER_MOST];
	struct lk_owner o;

	memset(data, 'x', sizeof(data));
	memcpy(data + sizeof(data) - 5, "-1234", 5);
	cr_assert_eq(parse(LK_OWNER_HOST_PID, data, sizeof(data), &o), 0);
	cr_expect(o.pid == 1234 && strlen(o.host) == sizeof(data) - 5);
	lk_owner_done(&o);
	lk_owner_done(&o);
	memcpy(data, "1234 ", 5);
	cr_assert_eq(parse(LK_OWNER_PID_HOST, data, sizeof(data), &o), 0);
	cr_expect(o.pid == 1234 && strlen(o.host) == sizeof(data) - 5);
	lk_owner_done(&o);
}

#define SWAP_BYTES 4096

/* A block 0 as vim 9.0 has written it. */
static void make_swap(char *b)
{
	memset(b, 0, SWAP_BYTES);
	memcpy(b, BYTES("b0VIM 9.0"));
	b[13] = 0x10;
	memcpy(b + 24, BYTES("\xfc\x3a\0\0"));
	memcpy(b + 28, BYTES("user"));
	memcpy(b + 68, BYTES("host"));
	memcpy(b + 108, BYTES("~user/notes.txt"));
	memcpy(b + 1001, BYTES("utf-8\x0d\x55"));
	memcpy(b + 1008, BYTES("3210\0\0\0\0#\"! \x13\x12U"));
}

Test(lockfile_owner, vim)
{
	struct lk_owner want = {
		.pid = 0x3afc, .user = "user", .host = "host", .path = "~user/notes.txt", .modified = true
	};
	char b[SWAP_BYTES];

	make_swap(b);
	check_taken(LK_OWNER_VIM, b, sizeof(b), &want);
	check_taken(LK_OWNER_VIM, b, 1008, &want);
	for (const char *id = "cCdS"; *id; id++) {
		b[1] = *id;
		check_taken(LK_OWNER_VIM, b, sizeof(b), &want);
	}
	b[1] = '0';
	b[1007] = 0;
	want.modified = false;
	check_taken(LK_OWNER_VIM, b, sizeof(b), &want);
	/* Neither the pid nor a name need be known. */
	memset(b + 24, 0, 984);
	check_taken(LK_OWNER_VIM, b, sizeof(b), &(struct lk_owner){ 0 });
}

Test(lockfile_owner, vim_damaged)
{
	static const struct {
		size_t from, n;
		int byte;
	} damages[] = {
		{ 0, 1, 'x' },   { 1, 1, '1' },   { 1, 1, 0 },       { 24, 4, 0xff },      { 27, 1, 0x80 },
		{ 28, 40, 'x' }, { 68, 40, 'x' }, { 108, 890, 'x' }, { 0, SWAP_BYTES, 0 },
	};
	char b[SWAP_BYTES];

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		make_swap(b);
		memset(b + damages[i].from, damages[i].byte, damages[i].n);
		check_refused(LK_OWNER_VIM, b, sizeof(b), -EBADMSG);
	}
	make_swap(b);
	for (size_t n = 1; n < 1008; n++)
		check_refused(LK_OWNER_VIM, b, n, -EBADMSG);
}

Test(lockfile_owner, vim_full_names)
{
	struct lk_owner o;
	char b[SWAP_BYTES];

	make_swap(b);
	memset(b + 28, 'u', 39);
	memset(b + 68, 'h', 39);
	memset(b + 108, 'p', 889);
	cr_assert_eq(parse(LK_OWNER_VIM, b, sizeof(b), &o), 0);
	cr_expect(strlen(o.user) == 39 && strlen(o.host) == 39 && strlen(o.path) == 889 && o.modified);
	lk_owner_done(&o);
}

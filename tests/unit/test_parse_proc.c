/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fdinfo, stat and status. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "record/parse.h"

static const char four_locks[] = "pos:\t0\n"
				 "flags:\t02100002\n"
				 "mnt_id:\t27\n"
				 "ino:\t11012105\n"
				 "lock:\t1: FLOCK  ADVISORY  WRITE 13793 fe:00:11012105 0 EOF\n"
				 "lock:\t2: OFDLCK ADVISORY  WRITE -1 fe:00:11012105 50 50\n"
				 "lock:\t3: POSIX  ADVISORY  WRITE 13793 fe:00:11012105 60 60\n"
				 "lock:\t1: LEASE  BREAKING  UNLCK 13793 fe:00:11012105 0 EOF\n";

struct seen {
	size_t n;
	size_t stop_at;
	enum lk_type types[8];
};

static int remember(void *arg, const struct lk_record *rec, const char *line, size_t n)
{
	struct seen *seen = arg;

	cr_expect(n > 10 && line[0] >= '1' && line[0] <= '9', "the line starts behind the label");
	cr_expect_eq(line[n], '\n');
	seen->types[seen->n++] = rec->type;
	return seen->stop_at == seen->n ? 42 : 0;
}

static struct lk_fdinfo fdinfo(const char *s)
{
	struct lk_fdinfo f;

	cr_assert_eq(lk_parse_fdinfo(s, strlen(s), &f, NULL, NULL), 0);
	return f;
}

Test(parse_fdinfo, numbers_and_locks)
{
	struct seen seen = { 0 };
	struct lk_fdinfo f;

	cr_assert_eq(lk_parse_fdinfo(four_locks, strlen(four_locks), &f, remember, &seen), 0);
	cr_assert_eq(f.pos, 0);
	cr_assert(f.has_flags);
	cr_assert_eq(f.flags, 02100002);
	cr_assert_eq(f.mnt_id, 27);
	cr_assert(f.has_ino);
	cr_assert_eq(f.ino, 11012105);
	cr_assert_eq(f.n_locks, 4);
	cr_assert_eq(f.n_bad, 0);
	cr_assert_eq(seen.n, 4);
	cr_assert_eq(seen.types[0], LK_TYPE_FLOCK);
	cr_assert_eq(seen.types[1], LK_TYPE_OFD);
	cr_assert_eq(seen.types[2], LK_TYPE_POSIX);
	cr_assert_eq(seen.types[3], LK_TYPE_LEASE);
}

Test(parse_fdinfo, the_callback_can_stop)
{
	struct seen seen = { .stop_at = 2 };
	struct lk_fdinfo f;

	cr_assert_eq(lk_parse_fdinfo(four_locks, strlen(four_locks), &f, remember, &seen), 42);
	cr_assert_eq(seen.n, 2);
}

Test(parse_fdinfo, nothing_said)
{
	struct lk_fdinfo f = fdinfo("");

	cr_assert_eq(f.pos, -1);
	cr_assert_not(f.has_flags);
	cr_assert_eq(f.mnt_id, -1);
	cr_assert_not(f.has_ino);
	cr_assert_eq(f.n_locks + f.n_bad, 0);
}

Test(parse_fdinfo, old_kernels_print_no_inode)
{
	struct lk_fdinfo f = fdinfo("pos:\t17\nflags:\t0100000\nmnt_id:\t21\n");

	cr_assert_eq(f.pos, 17);
	cr_assert_eq(f.mnt_id, 21);
	cr_assert_not(f.has_ino);
}

Test(parse_fdinfo, extremes)
{
	struct lk_fdinfo f = fdinfo("pos:\t9223372036854775807\nflags:\t037777777777\nmnt_id:\t2147483647\n"
				    "ino:\t18446744073709551615\n");

	cr_assert_eq(f.pos, INT64_MAX);
	cr_assert_eq(f.flags, 0xffffffffu);
	cr_assert_eq(f.mnt_id, 2147483647);
	cr_assert_eq(f.ino, UINT64_MAX);
}

Test(parse_fdinfo, bad_numbers_are_not_said)
{
	struct lk_fdinfo f = fdinfo("pos:\tx\nflags:\t08\nmnt_id:\t-1\nino:\t-1\n");

	cr_assert_eq(f.pos, -1);
	cr_assert_not(f.has_flags);
	cr_assert_eq(f.mnt_id, -1);
	cr_assert_not(f.has_ino);
	f = fdinfo("flags:\t0777777777777\nmnt_id:\t2147483648\n");
	cr_assert_not(f.has_flags);
	cr_assert_eq(f.mnt_id, -1);
}

Test(parse_fdinfo, bad_lock_lines_are_counted)
{
	struct lk_fdinfo f = fdinfo("lock:\tgarbage\nlock:\nlock:\t1: FLOCK  ADVISORY  WRITE 1 fe:00:1 0 EOF\n"
				    "lock:\t1: FLOCK");

	cr_assert_eq(f.n_locks, 1);
	cr_assert_eq(f.n_bad, 3);
}

Test(parse_fdinfo, other_kinds_of_files_do_not_confuse)
{
	struct lk_fdinfo f = fdinfo("pos:\t0\nflags:\t02\nmnt_id:\t15\nino:\t1061\n"
				    "tfd:        5 events:       19 data: 5  pos:0 ino:4ff sdev:f\n"
				    "inotify wd:1 ino:9e7e sdev:800013 mask:800afce\n"
				    "eventfd-count: 5a\nclockid: 0\n");

	cr_assert_eq(f.ino, 1061);
	cr_assert_eq(f.pos, 0);
	cr_assert_eq(f.n_locks + f.n_bad, 0);
}

Test(parse_fdinfo, last_line_without_newline)
{
	struct lk_fdinfo f = fdinfo("lock:\t1: FLOCK  ADVISORY  WRITE 1 fe:00:1 0 EOF");

	cr_assert_eq(f.n_locks, 1);
}

static struct lk_stat stat_of(const char *s)
{
	struct lk_stat st = { 0 };

	cr_assert_eq(lk_parse_stat(s, strlen(s), &st), 0, "'%s' was refused", s);
	return st;
}

Test(parse_stat, plain)
{
	struct lk_stat st = stat_of("123 (bash) S 7 123 123 34816 -1 4194304 1 2 3 4 5 6 7 8 20 0 3 0 136481 99 9\n");

	cr_assert_eq(st.pid, 123);
	cr_assert_eq(st.comm_len, 4);
	cr_assert_arr_eq(st.comm, "bash", 4);
	cr_assert_eq(st.state, 'S');
	cr_assert_eq(st.ppid, 7);
	cr_assert_eq(st.session, 123);
	cr_assert_eq(st.tty, 34816);
	cr_assert_eq(st.flags, 4194304);
	cr_assert_eq(st.num_threads, 3);
	cr_assert_eq(st.start_ticks, 136481);
}

Test(parse_stat, the_name_may_hold_anything)
{
	struct lk_stat st = stat_of("9 (a) R 1 (b\n) ) Z 7 1 1 0 -1 12 0 0 0 0 0 0 0 0 20 0 1 0 5 0\n");

	cr_assert_eq(st.comm_len, strlen("a) R 1 (b\n) "));
	cr_assert_eq(st.state, 'Z');
	st = stat_of("9 () S 7 1 1 0 -1 12 0 0 0 0 0 0 0 0 20 0 1 0 5 0\n");
	cr_assert_eq(st.comm_len, 0);
}

Test(parse_stat, ends_at_the_start_time)
{
	cr_assert_eq(stat_of("9 (x) S 7 1 1 0 -1 12 0 0 0 0 0 0 0 0 20 0 1 0 18446744073709551615\n").start_ticks,
		     UINT64_MAX);
	cr_assert_eq(stat_of("9 (x) S 7 1 1 0 -1 12 0 0 0 0 0 0 0 0 20 0 1 0 5").start_ticks, 5);
}

Test(parse_stat, kernel_threads)
{
	struct lk_stat st = stat_of("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 4 0\n");

	cr_assert(st.flags & LK_PF_KTHREAD);
	cr_assert_eq(st.ppid, 0);
}

Test(parse_stat, bad)
{
	static const char *const bad[] = {
		"",
		"9",
		"(x) S 7",
		"9 x S 7",
		"9 (x S 7",
		"9 x) S 7",
		"9 )x( S 7",
		"x (x) S 7 1 1 0 -1 12 0 0 0 0 0 0 0 0 20 0 1 0 5 0\n",
		"0 (x) S 7 1 1 0 -1 12 0 0 0 0 0 0 0 0 20 0 1 0 5 0\n",
		"9 (x) S 7 1 1 0 -1 12 0 0 0 0 0 0 0 0 20 0 1 0",
		"9 (x) S 7 1 1 0 -1 12 0 0 0 0 0 0 0 0 20 0 1 0 \n",
		"9 (x) S x 1 1 0 -1 12 0 0 0 0 0 0 0 0 20 0 1 0 5 0\n",
		"9 (x) S 7 1 1 0 -1 -12 0 0 0 0 0 0 0 0 20 0 1 0 5 0\n",
		"9 (x) S 7 1 1 0 -1 12 0 0 0 0 0 0 0 0 20 0 1 0 -5 0\n",
	};
	struct lk_stat st = { .pid = 4711 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect_eq(lk_parse_stat(bad[i], strlen(bad[i]), &st), -EINVAL, "'%s' was taken", bad[i]);
	cr_assert_eq(st.pid, 4711);
}

static const char status[] = "Name:\tx\nUmask:\t0022\nPid:\t77\nUid:\t1000\t1001\t1002\t1003\nNSpid:\t77\t5\t1\n";

Test(parse_status, effective_uid_is_the_second)
{
	unsigned uid = 7;

	cr_assert_eq(lk_parse_status_uid(status, strlen(status), &uid), 0);
	cr_assert_eq(uid, 1001);
	cr_assert_eq(lk_parse_status_uid("Uid:\t0\t4294967295\n", 17, &uid), 0);
	cr_assert_eq(uid, 4294967295u);
}

Test(parse_status, no_uid)
{
	static const char *const bad[] = {
		"",
		"Name:\tUid:\t1\t2\n",
		"Uid:\n",
		"Uid:\t1\n",
		"Uid:\t1\tx\n",
		"Uid:\t1\t4294967296\n",
		"Uid:\t1\n2\n",
	};
	unsigned uid = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect_eq(lk_parse_status_uid(bad[i], strlen(bad[i]), &uid), -ENOENT, "'%s' was taken", bad[i]);
	cr_assert_eq(uid, 7);
}

Test(parse_status, pid_namespaces)
{
	cr_assert_eq(lk_parse_status_nspid(status, strlen(status)), 3);
	cr_assert_eq(lk_parse_status_nspid("NSpid:\t1\n", 9), 1);
	cr_assert_eq(lk_parse_status_nspid("NSpid:\n1 2", 10), 0);
	cr_assert_eq(lk_parse_status_nspid("Name:\tx\n", 8), 0);
	cr_assert_eq(lk_parse_status_nspid("", 0), 0);
}

Test(parse_status, inner_pids)
{
	static const char line[] = "NSpid:\t22777 405\t1\n";
	lk_ints pids = { 0 };

	lk_parse_status_inner_pids("NSpid:\t7\n", 9, &pids);
	cr_assert_eq(pids.n, 0);
	lk_parse_status_inner_pids(line, strlen(line), &pids);
	cr_assert_eq(pids.n, 2);
	cr_assert_eq(pids.v[0], 405);
	cr_assert_eq(pids.v[1], 1);
	lk_vec_done(&pids);
}

static void tty_is(uint32_t number, const char *want)
{
	char buf[LK_TTY_TEXT];

	cr_expect_str_eq(lk_tty_name(number, buf), want, "%u is '%s', not '%s'", number, buf, want);
}

Test(parse_stat, terminals)
{
	tty_is(0, "");
	tty_is(34816, "pts/0");
	tty_is(34819, "pts/3");
	tty_is(136 << 8 | 0x2c | 1 << 20, "pts/300");
	tty_is(137 << 8 | 1, "pts/257");
	tty_is(1025, "tty1");
	tty_is(1088, "ttyS0");
	tty_is(1281, "console");
	tty_is(204 << 8 | 64, "204:64");
	tty_is(UINT32_MAX, "4095:1048575");
}

Test(parse_status, tracer)
{
	static const char text[] = "Name:\tx\nPid:\t9\nPPid:\t1\nTracerPid:\t55\nUid:\t0\t0\t0\t0\n";

	cr_expect_eq(lk_parse_status_tracer(text, strlen(text)), 55);
	cr_expect_eq(lk_parse_status_tracer("TracerPid:\t0\n", 13), 0);
	cr_expect_eq(lk_parse_status_tracer("Name:\tTracerPid: 5\n", 20), 0);
	cr_expect_eq(lk_parse_status_tracer("", 0), 0);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system call of a blocked thread. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "record/blocked.h"

static struct lk_syscall call_of(const char *s)
{
	struct lk_syscall c = { 0 };

	cr_assert_eq(lk_parse_syscall(s, strlen(s), &c), 0, "'%s' was refused", s);
	return c;
}

static struct lk_blocked decoded(const char *s, enum lk_abi abi)
{
	struct lk_syscall c = call_of(s);
	struct lk_blocked b = { 0 };

	cr_assert(lk_blocked_decode(&c, abi, &b), "'%s' is no wait for a lock", s);
	return b;
}

static void not_a_wait(const char *s, enum lk_abi abi)
{
	struct lk_syscall c = call_of(s);
	struct lk_blocked b = { .fd = 4711 };

	cr_expect_not(lk_blocked_decode(&c, abi, &b), "'%s' is taken for a wait", s);
	cr_expect_eq(b.fd, 4711);
}

Test(syscall, numbers_and_arguments)
{
	struct lk_syscall c = call_of("72 0x3 0x26 0x7ffd12345678 0x0 0x0 0xffffffffffffffff 0x7ffd 0x7f00\n");

	cr_assert_eq(c.nr, 72);
	cr_assert_eq(c.arg[0], 3);
	cr_assert_eq(c.arg[1], 0x26);
	cr_assert_eq(c.arg[2], UINT64_C(0x7ffd12345678));
	cr_assert_eq(c.arg[5], UINT64_MAX);
}

Test(syscall, not_in_a_call)
{
	struct lk_syscall c = { .nr = 4711 };

	cr_assert_eq(lk_parse_syscall("running\n", 8, &c), -EBUSY);
	cr_assert_eq(lk_parse_syscall("-1 0x7ffd 0x7f00\n", 17, &c), -EAGAIN);
	cr_assert_eq(c.nr, 4711);
}

Test(syscall, bad)
{
	static const char *const bad[] = {
		"",
		"\n",
		"x",
		"0x48 0x3",
		"72",
		"72 0x3 0x7 0x1 0x0 0x0",
		"72 3 7 1 0 0 0 0 0",
		"72 0x3 0x7 0x1 0x0 0x0 0x",
		"72 0x3 0x7 0x1 0x0 0x0 0xg 0x1 0x1",
		"72 0x3 0x7 0x1 0x0 0x0 0x10000000000000000 0x1 0x1",
	};
	struct lk_syscall c = { .nr = 4711 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect_eq(lk_parse_syscall(bad[i], strlen(bad[i]), &c), -EINVAL, "'%s' was taken", bad[i]);
	cr_assert_eq(c.nr, 4711);
}

#ifdef __x86_64__
Test(blocked, native_calls)
{
	struct lk_blocked b = decoded("72 0x3 0x7 0x7ffd0 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE);

	cr_assert(b.call == LK_BLOCKED_FCNTL && b.fd == 3 && b.type == LK_TYPE_POSIX);
	cr_assert(b.flock_addr == 0x7ffd0 && b.layout == LK_FLOCK_NATIVE && b.mode == LK_MODE_UNKNOWN);
	b = decoded("72 0x0 0x26 0x7ffd0 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE);
	cr_assert(b.fd == 0 && b.type == LK_TYPE_OFD);
	b = decoded("73 0x3 0x2 0x0 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE);
	cr_assert(b.call == LK_BLOCKED_FLOCK && b.type == LK_TYPE_FLOCK && b.mode == LK_MODE_WRITE);
	b = decoded("73 0x3 0x1 0x0 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE);
	cr_assert_eq(b.mode, LK_MODE_READ);
}

Test(blocked, opens_wait_for_leases)
{
	struct lk_blocked b = decoded("257 0xffffff9c 0x7ffd0 0x2 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE);

	cr_assert(b.call == LK_BLOCKED_OPEN && b.fd == -1 && b.type == LK_TYPE_LEASE && b.mode == LK_MODE_WRITE);
	cr_assert_eq(decoded("257 0xffffff9c 0x1 0x80000 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE).mode, LK_MODE_READ);
	cr_assert_eq(decoded("257 0xffffff9c 0x1 0x200 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE).mode, LK_MODE_WRITE);
	cr_assert_eq(decoded("2 0x1 0x1 0x0 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE).mode, LK_MODE_WRITE);
	cr_assert_eq(decoded("85 0x1 0x1 0x0 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE).mode, LK_MODE_WRITE);
	cr_assert_eq(decoded("76 0x1 0x1 0x0 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE).mode, LK_MODE_WRITE);
	cr_assert_eq(decoded("437 0x1 0x1 0x0 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE).mode, LK_MODE_UNKNOWN);
}

Test(blocked, calls_that_do_not_wait)
{
	not_a_wait("0 0x3 0x1 0x1 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE);
	not_a_wait("72 0x3 0x6 0x1 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE);
	not_a_wait("72 0x3 0xe 0x1 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE);
	not_a_wait("73 0x3 0x8 0x0 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE);
	/* fcntl64 of i386 is another call here, and fcntl of x86_64 is another one there. */
	not_a_wait("221 0x3 0x7 0x1 0x0 0x0 0x0 0x1 0x1", LK_ABI_NATIVE);
	not_a_wait("72 0x3 0x7 0x1 0x0 0x0 0x0 0x1 0x1", LK_ABI_I386);
}
#endif

Test(blocked, i386_calls)
{
	struct lk_blocked b = decoded("221 0x3 0x7 0xffd0 0x0 0x0 0x0 0x1 0x1", LK_ABI_I386);

	cr_assert(b.type == LK_TYPE_POSIX && b.layout == LK_FLOCK_I386 && b.flock_addr == 0xffd0);
	b = decoded("221 0x3 0xe 0xffffffffffffffd0 0x0 0x0 0x0 0x1 0x1", LK_ABI_I386);
	cr_assert(b.type == LK_TYPE_POSIX && b.layout == LK_FLOCK_I386_64 && b.flock_addr == 0xffffffd0);
	b = decoded("221 0x3 0x26 0xffd0 0x0 0x0 0x0 0x1 0x1", LK_ABI_I386);
	cr_assert(b.type == LK_TYPE_OFD && b.layout == LK_FLOCK_I386_64);
	cr_assert_eq(decoded("55 0x3 0x7 0xffd0 0x0 0x0 0x0 0x1 0x1", LK_ABI_I386).layout, LK_FLOCK_I386);
	cr_assert_eq(decoded("143 0x3 0x2 0x0 0x0 0x0 0x0 0x1 0x1", LK_ABI_I386).type, LK_TYPE_FLOCK);
	cr_assert_eq(decoded("5 0x1 0x0 0x0 0x0 0x0 0x0 0x1 0x1", LK_ABI_I386).mode, LK_MODE_READ);
	cr_assert_eq(decoded("295 0x1 0x1 0x1 0x0 0x0 0x0 0x1 0x1", LK_ABI_I386).mode, LK_MODE_WRITE);
}

static void range_of(int16_t type, int64_t start, int64_t len, struct lk_range want)
{
	struct flock native = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };
	struct lk_range r = { -1, -1 };
	enum lk_mode mode;
	bool resolved = false;

	cr_assert_eq(lk_flock_decode(LK_FLOCK_NATIVE, &native, &mode, &r, &resolved), 0);
	cr_expect(resolved && mode == (type == F_WRLCK ? LK_MODE_WRITE : LK_MODE_READ));
	cr_expect_eq(lk_range_compare(r, want), 0, "%lld+%lld gave %lld..%lld", (long long)start, (long long)len,
		     (long long)r.start, (long long)r.end);
}

Test(flock, ranges)
{
	range_of(F_WRLCK, 5, 10, (struct lk_range){ 5, 14 });
	range_of(F_RDLCK, 0, 1, (struct lk_range){ 0, 0 });
	range_of(F_WRLCK, 0, 0, LK_RANGE_WHOLE);
	range_of(F_WRLCK, 100, 0, (struct lk_range){ 100, LK_RANGE_EOF });
	range_of(F_WRLCK, 50, -10, (struct lk_range){ 40, 49 });
	range_of(F_WRLCK, INT64_MAX, 1, (struct lk_range){ INT64_MAX, INT64_MAX });
	range_of(F_WRLCK, 1, INT64_MAX, (struct lk_range){ 1, INT64_MAX });
}

Test(flock, bad)
{
	static const struct flock bad[] = {
		{ .l_type = F_UNLCK },
		{ .l_type = 77 },
		{ .l_type = F_WRLCK, .l_start = -1, .l_len = 1 },
		{ .l_type = F_WRLCK, .l_start = 5, .l_len = -6 },
		{ .l_type = F_WRLCK, .l_start = INT64_MAX, .l_len = 2 },
		{ .l_type = F_WRLCK, .l_start = INT64_MIN, .l_len = INT64_MIN },
	};
	struct lk_range r = { 7, 8 };
	enum lk_mode mode;
	bool resolved;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect_eq(lk_flock_decode(LK_FLOCK_NATIVE, &bad[i], &mode, &r, &resolved), -EINVAL,
			     "number %zu was taken", i);
	cr_assert(r.start == 7 && r.end == 8);
}

Test(flock, relative_ranges_are_not_resolved)
{
	struct flock native = { .l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -10, .l_len = 5 };
	struct lk_range r;
	enum lk_mode mode;
	bool resolved = true;

	cr_assert_eq(lk_flock_decode(LK_FLOCK_NATIVE, &native, &mode, &r, &resolved), 0);
	cr_assert_not(resolved);
	cr_assert_eq(mode, LK_MODE_WRITE);
}

Test(flock, i386_layouts)
{
	/* l_type, l_whence, l_start, l_len, l_pid: 16 bit, 16 bit, then 32 bit each, or 64 bit each for flock64. */
	static const unsigned char small[16] = { 1, 0, 0, 0, 5, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0 };
	static const unsigned char large[24] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0 };
	struct lk_range r;
	enum lk_mode mode;
	bool resolved;

	cr_assert_eq(lk_flock_size(LK_FLOCK_I386), sizeof(small));
	cr_assert_eq(lk_flock_size(LK_FLOCK_I386_64), sizeof(large));
	cr_assert_eq(lk_flock_size(LK_FLOCK_NATIVE), sizeof(struct flock));
	cr_assert_eq(lk_flock_decode(LK_FLOCK_I386, small, &mode, &r, &resolved), 0);
	cr_assert(mode == LK_MODE_WRITE && r.start == 5 && r.end == 14);
	cr_assert_eq(lk_flock_decode(LK_FLOCK_I386_64, large, &mode, &r, &resolved), 0);
	cr_assert(mode == LK_MODE_READ && r.start == INT64_C(1) << 32 && r.end == (INT64_C(1) << 32) + 1);
}

Test(thread, exec_start)
{
	static const char sched[] = "sleep (77, #threads: 1)\n----\n"
				    "se.exec_start                                :        128716.532145\n"
				    "se.vruntime                                  :             1.000000\n";
	double ms = 7;

	cr_assert_eq(lk_parse_sched_exec_start(sched, strlen(sched), &ms), 0);
	cr_assert_float_eq(ms, 128716.532145, 1e-6);
	ms = 7;
	cr_assert_eq(lk_parse_sched_exec_start("", 0, &ms), -ENOENT);
	cr_assert_eq(lk_parse_sched_exec_start("se.exec_start", 13, &ms), -ENOENT);
	cr_assert_eq(lk_parse_sched_exec_start("se.exec_start : x\n", 18, &ms), -ENOENT);
	cr_assert_eq(lk_parse_sched_exec_start("se.exec_start : 1.5\n", 20, &ms), -ENOENT);
	cr_assert_eq(ms, 7);
}

Test(thread, processor)
{
	static const char stat[] =
		"9 (a) b) S 1 9 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 136481 1 2 3 4 5 6 7 8 9 10 11 12 "
		"13 14 15 16 13 0 0 0 0\n";
	int processor = 7;

	cr_assert_eq(lk_parse_stat_processor(stat, strlen(stat), &processor), 0);
	cr_assert_eq(processor, 13);
	processor = 7;
	cr_assert_eq(lk_parse_stat_processor("9 (a) S 1", 9, &processor), -EINVAL);
	cr_assert_eq(lk_parse_stat_processor("", 0, &processor), -EINVAL);
	cr_assert_eq(processor, 7);
}

#ifdef __x86_64__
/* Three kinds of programs, three kinds of locks: each asks to write 5 bytes from byte 10, and is decoded as that. */
struct combination {
	enum lk_abi abi;
	const char *call;
	enum lk_type type;
	enum lk_flock_layout layout; /* not for flock(2), which has no range */
};

static const struct combination combinations[] = {
	{ LK_ABI_NATIVE, "72 0x3 0x7 0x1000 0x0 0x0 0x0 0x1 0x1", LK_TYPE_POSIX, LK_FLOCK_NATIVE },
	{ LK_ABI_NATIVE, "72 0x3 0x26 0x1000 0x0 0x0 0x0 0x1 0x1", LK_TYPE_OFD, LK_FLOCK_NATIVE },
	{ LK_ABI_NATIVE, "73 0x3 0x2 0x0 0x0 0x0 0x0 0x1 0x1", LK_TYPE_FLOCK, LK_FLOCK_NATIVE },
	{ LK_ABI_I386, "221 0x3 0x7 0x1000 0x0 0x0 0x0 0x1 0x1", LK_TYPE_POSIX, LK_FLOCK_I386 },
	{ LK_ABI_I386, "221 0x3 0x26 0x1000 0x0 0x0 0x0 0x1 0x1", LK_TYPE_OFD, LK_FLOCK_I386_64 },
	{ LK_ABI_I386, "143 0x3 0x2 0x0 0x0 0x0 0x0 0x1 0x1", LK_TYPE_FLOCK, LK_FLOCK_I386 },
	/* with -D_FILE_OFFSET_BITS=64 */
	{ LK_ABI_I386, "221 0x3 0xe 0x1000 0x0 0x0 0x0 0x1 0x1", LK_TYPE_POSIX, LK_FLOCK_I386_64 },
	{ LK_ABI_I386, "55 0x3 0x26 0x1000 0x0 0x0 0x0 0x1 0x1", LK_TYPE_OFD, LK_FLOCK_I386_64 },
	{ LK_ABI_I386, "143 0x3 0x6 0x0 0x0 0x0 0x0 0x1 0x1", LK_TYPE_FLOCK, LK_FLOCK_I386 },
};

static void put_number(unsigned char *bytes, size_t at, size_t size, int64_t v)
{
	for (size_t i = 0; i < size; i++)
		bytes[at + i] = (unsigned char)((uint64_t)v >> 8 * i);
}

static void make_flock(enum lk_flock_layout layout, unsigned char bytes[LK_FLOCK_MAX])
{
	static const size_t start[] = { 8, 4, 4 }, len[] = { 16, 8, 12 }, size[] = { 8, 4, 8 };

	memset(bytes, 0, LK_FLOCK_MAX);
	put_number(bytes, 0, 2, F_WRLCK);
	put_number(bytes, start[layout], size[layout], 10);
	put_number(bytes, len[layout], size[layout], 5);
}

Test(blocked, nine_combinations)
{
	for (size_t i = 0; i < sizeof(combinations) / sizeof(*combinations); i++) {
		const struct combination *c = &combinations[i];
		struct lk_blocked b = decoded(c->call, c->abi);
		unsigned char bytes[LK_FLOCK_MAX];
		struct lk_range r = LK_RANGE_WHOLE;
		bool resolved = true;

		cr_expect(b.fd == 3 && b.type == c->type, "%s", c->call);
		if (c->type == LK_TYPE_FLOCK) {
			cr_expect(b.call == LK_BLOCKED_FLOCK && b.mode == LK_MODE_WRITE, "%s", c->call);
			continue;
		}
		cr_expect(b.call == LK_BLOCKED_FCNTL && b.flock_addr == 0x1000 && b.layout == c->layout, "%s", c->call);
		make_flock(b.layout, bytes);
		cr_expect_eq(lk_flock_decode(b.layout, bytes, &b.mode, &r, &resolved), 0, "%s", c->call);
		cr_expect(resolved && b.mode == LK_MODE_WRITE && r.start == 10 && r.end == 14, "%s", c->call);
	}
}

/* Numbers of the other word size, commands that never wait, flock(2) that unlocks. */
Test(blocked, no_combination)
{
	static const char *const native[] = {
		"143 0x3 0x2 0x0 0x0 0x0 0x0 0x1 0x1", "55 0x3 0x7 0x1 0x0 0x0 0x0 0x1 0x1",
		"72 0x3 0x5 0x1 0x0 0x0 0x0 0x1 0x1",  "72 0x3 0x25 0x1 0x0 0x0 0x0 0x1 0x1",
		"73 0x3 0x0 0x0 0x0 0x0 0x0 0x1 0x1",  "73 0x3 0x3 0x0 0x0 0x0 0x0 0x1 0x1",
	};
	static const char *const i386[] = {
		"73 0x3 0x2 0x0 0x0 0x0 0x0 0x1 0x1",  "257 0x3 0x2 0x0 0x0 0x0 0x0 0x1 0x1",
		"221 0x3 0xd 0x1 0x0 0x0 0x0 0x1 0x1", "221 0x3 0x25 0x1 0x0 0x0 0x0 0x1 0x1",
		"143 0x3 0x8 0x0 0x0 0x0 0x0 0x1 0x1",
	};

	for (size_t i = 0; i < sizeof(native) / sizeof(*native); i++)
		not_a_wait(native[i], LK_ABI_NATIVE);
	for (size_t i = 0; i < sizeof(i386) / sizeof(*i386); i++)
		not_a_wait(i386[i], LK_ABI_I386);
}
#endif

Test(flock, bad_i386)
{
	static const unsigned char unlock[LK_FLOCK_MAX] = { 2 },
				   negative[LK_FLOCK_MAX] = { 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1 };
	static const enum lk_flock_layout layouts[] = { LK_FLOCK_I386, LK_FLOCK_I386_64 };
	struct lk_range r = { 7, 8 };
	enum lk_mode mode;
	bool resolved;

	for (size_t i = 0; i < 2; i++)
		cr_expect_eq(lk_flock_decode(layouts[i], unlock, &mode, &r, &resolved), -EINVAL);
	cr_expect_eq(lk_flock_decode(LK_FLOCK_I386, negative, &mode, &r, &resolved), -EINVAL);
	cr_assert(r.start == 7 && r.end == 8);
}

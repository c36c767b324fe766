/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What user space makes of a raw dump: paths, descriptors of waiters, state letters. Nothing here talks to the kernel. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "source/bpf/bpf_dump_private.h"

static struct lk_bpf_name name_of(const char *s, uint32_t parent)
{
	struct lk_bpf_name n = { .parent = parent, .len = (uint16_t)strlen(s) };

	memcpy(n.bytes, s, strnlen(s, sizeof(n.bytes)));
	return n;
}

static void path_is(const struct lk_bpf_name *names, size_t n, uint32_t leaf, const char *want)
{
	struct lk_bpf_dump d = { .names = names, .n_names = n };
	struct lk_bpf_inode i = { .name = leaf };
	char buf[512];
	int rc = lk_bpf_path(&d, &i, buf, sizeof(buf));

	cr_assert_eq(rc, (int)strlen(want), "%d for '%s'", rc, want);
	cr_expect_str_eq(buf, want);
}

Test(bpf_path, directories_are_shared)
{
	struct lk_bpf_name n[] = { name_of("f", 1), name_of("b", 2), name_of("a", LK_BPF_ROOT), name_of("g", 1) };

	path_is(n, 4, 0, "/a/b/f");
	path_is(n, 4, 3, "/a/b/g");
	path_is(n, 4, 2, "/a");
	path_is(n, 4, LK_BPF_ROOT, "/");
}

/* What does not fit into a record goes on in the next ones. */
Test(bpf_path, long_names)
{
	for (size_t len = LK_BPF_NAME_BYTES - 1; len <= 255; len++) {
		struct lk_bpf_name n[6] = { { .parent = LK_BPF_ROOT, .len = (uint16_t)len } };
		char want[300] = "/", *bytes = want + 1;
		size_t first = len < LK_BPF_NAME_BYTES ? len : LK_BPF_NAME_BYTES;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (char)('a' + i % 26);
		memcpy(n[0].bytes, bytes, first);
		memcpy(n + 1, bytes + first, len - first);
		path_is(n, 6, 0, want);
	}
}

static void no_path(const struct lk_bpf_name *names, size_t n, uint32_t leaf, size_t size, int want)
{
	struct lk_bpf_dump d = { .names = names, .n_names = n };
	struct lk_bpf_inode i = { .name = leaf };
	char *buf = malloc(size ? size : 1);

	cr_expect_eq(lk_bpf_path(&d, &i, buf, size), want, "leaf %u, %zu bytes", leaf, size);
	free(buf);
}

Test(bpf_path, unknown_and_broken)
{
	struct lk_bpf_name n[] = { name_of("f", LK_BPF_NONE), name_of("loop", 1), name_of("far", 77),
				   name_of("x", LK_BPF_ROOT) };

	no_path(n, 4, LK_BPF_NONE, 100, 0);
	no_path(n, 4, 0, 100, 0);
	no_path(n, 4, 2, 100, 0);
	/* A ring ends with the room. */
	no_path(n, 4, 1, 100, -ENAMETOOLONG);
	/* A name that would go on behind the last record. */
	n[3].len = 200;
	no_path(n, 4, 3, 1000, 0);
	n[3].len = 60000;
	no_path(n, 4, 3, 100000, 0);
}

Test(bpf_path, room)
{
	struct lk_bpf_name n[] = { name_of("abc", LK_BPF_ROOT) };

	no_path(n, 1, 0, 0, -ENAMETOOLONG);
	no_path(n, 1, 0, 1, -ENAMETOOLONG);
	no_path(n, 1, 0, 4, -ENAMETOOLONG);
	no_path(n, 1, 0, 5, 4);
}

static struct lk_bpf_lock waiter(uint32_t tid, uint64_t file)
{
	return (struct lk_bpf_lock){
		.file = file, .wait_tgid = 100, .wait_tid = tid, .wait_start_ns = 7, .wait_fd = -1
	};
}

static struct lk_bpf_call call_of(uint32_t tid, uint32_t fd, uint32_t kind)
{
	return (struct lk_bpf_call){ .tgid = 100, .tid = tid, .start_ns = 7, .files = 1, .kind = kind, .fd = fd };
}

Test(bpf_join, the_call_names_the_descriptor)
{
	struct lk_bpf_hold holds[] = { { .tgid = 100, .files = 1, .fd = 3, .file = 33 },
				       { .tgid = 100, .files = 1, .fd = 4, .file = 33 },
				       { .tgid = 100, .files = 1, .fd = 5, .file = 55 } };
	struct lk_bpf_lock locks[] = {
		{ .file = 33, .wait_fd = -1 }, waiter(101, 33), waiter(102, 33), waiter(103, 55), waiter(104, 0)
	};
	struct lk_bpf_call calls[] = { call_of(103, 3, LK_BPF_CALL_FCNTL), call_of(102, 4, LK_BPF_CALL_FLOCK),
				       call_of(101, 3, LK_BPF_CALL_FCNTL), call_of(104, 5, LK_BPF_CALL_OPEN) };
	struct bpf_records r = { .holds = { holds, 3, 3 }, .locks = { locks, 5, 5 }, .calls = { calls, 4, 4 } };
	struct lk_bpf_dump d = { .calls = calls, .n_calls = 4 };

	lk_bpf_join(&r);
	cr_expect_eq(locks[0].wait_fd, -1);
	cr_expect_eq(locks[1].wait_fd, 3);
	cr_expect_eq(locks[2].wait_fd, 4);
	cr_expect_eq(locks[3].wait_fd, -1, "a descriptor of another file was believed");
	cr_expect_eq(locks[4].wait_fd, -1);
	cr_expect_eq(lk_bpf_find_call(&d, 104)->kind, LK_BPF_CALL_OPEN);
	cr_expect_null(lk_bpf_find_call(&d, 105));
}

/* A thread that ended, and another with its number: the call is not the waiter's. Then only a sole descriptor says it. */
Test(bpf_join, without_a_call)
{
	struct lk_bpf_hold holds[] = { { .tgid = 100, .files = 1, .fd = 3, .file = 33 },
				       { .tgid = 100, .files = 1, .fd = 5, .file = 55 },
				       { .tgid = 100, .files = 1, .fd = 6, .file = 55 },
				       { .tgid = 200, .files = 2, .fd = 9, .file = 33 } };
	struct lk_bpf_lock locks[] = { waiter(101, 33), waiter(102, 55), waiter(103, 77) };
	struct lk_bpf_call calls[] = { call_of(101, 5, LK_BPF_CALL_FCNTL) };
	struct bpf_records r = { .holds = { holds, 4, 4 }, .locks = { locks, 3, 3 }, .calls = { calls, 1, 1 } };

	calls[0].start_ns = 8;
	lk_bpf_join(&r);
	cr_expect_eq(locks[0].wait_fd, 3);
	cr_expect_eq(locks[1].wait_fd, -1, "one of two was guessed");
	cr_expect_eq(locks[2].wait_fd, -1);
}

Test(bpf_join, nothing)
{
	struct bpf_records r = { 0 };

	lk_bpf_join(&r);
}

/* Each tmpfs numbers its files from 1, the kernel's own that has our private file too. */
Test(bpf_markers, only_our_own_file_is_ours)
{
	struct bpf_markers m = { .fd = 9, .key = { 0, 1, 1030, false } };
	struct lk_bpf_inode inodes[] = {
		{ .major = 0, .minor = 1, .ino = 1030, .fstype = "tmpfs" },
		{ .major = 0, .minor = 47, .ino = 1030, .fstype = "tmpfs" },
		{ .major = 1, .minor = 1, .ino = 1030, .fstype = "tmpfs" },
		{ .major = 0, .minor = 1, .ino = 1031, .fstype = "tmpfs", .flags = LK_BPF_INODE_TORN },
	};
	struct bpf_records r = { .inodes = { inodes, 4, 4 } };

	cr_expect_eq(lk_bpf_markers_mark(&m, 0, &r), 0);
	cr_expect_eq(inodes[0].flags, LK_BPF_INODE_OURS);
	cr_expect_eq(inodes[1].flags, 0, "a file of another tmpfs was hidden");
	cr_expect_eq(inodes[2].flags, 0);
	cr_expect_eq(inodes[3].flags, LK_BPF_INODE_TORN);
	m.fd = -1;
	inodes[0].flags = 0;
	lk_bpf_markers_mark(&m, 0, &r);
	cr_expect_eq(inodes[0].flags, 0, "there is no private file");
}

/* What another lockscope looks like in a dump. */
struct other {
	struct lk_bpf_name names[1];
	struct lk_bpf_inode inodes[1];
	struct lk_bpf_lock locks[3];
	struct lk_bpf_hold holds[2];
	struct lk_bpf_task tasks[2];
	size_t n_holds;
};

static struct lk_bpf_lock marker(int64_t start)
{
	return (struct lk_bpf_lock){
		.flags = LK_BPF_FL_POSIX | LK_BPF_FL_OFDLCK, .type = F_WRLCK, .start = start, .end = start
	};
}

static struct other another(void)
{
	return (struct other){ .names = { name_of("memfd:lockscope-markers", LK_BPF_NONE) },
			       .inodes = { { .minor = 1, .ino = 1031, .n_locks = 2, .n_held = 2, .fstype = "tmpfs" } },
			       .locks = { marker(0), marker(2), marker(4) },
			       .holds = { { .tgid = 100, .fd = 6 }, { .tgid = 200, .fd = 9, .inode = 1 } },
			       .tasks = { { .tgid = 100, .program = 77 }, { .tgid = 200, .program = 77 } },
			       .n_holds = 2 };
}

static size_t left_out(struct other *o, uint64_t program)
{
	struct bpf_markers m = { .fd = 9, .key = { 0, 1, 1030, false } };
	struct bpf_records r = { .holds = { o->holds, o->n_holds, 2 },
				 .inodes = { o->inodes, 1, 1 },
				 .locks = { o->locks, 3, 3 },
				 .tasks = { o->tasks, 2, 2 },
				 .names = { o->names, 1, 1 } };
	size_t n = lk_bpf_markers_mark(&m, program, &r);

	cr_expect_eq(n != 0, (o->inodes[0].flags & LK_BPF_INODE_OURS) != 0);
	return n;
}

Test(bpf_markers, those_of_another_lockscope_are_left_out)
{
	struct other o = another();

	cr_expect_eq(left_out(&o, 77), 2);
}

#define NOT_LEFT_OUT(change) \
	do { \
		struct other o = another(); \
		change; \
		cr_expect_eq(left_out(&o, 77), 0, #change); \
	} while (0)

/* Nobody hides a lock of his own by the name of a memfd. */
Test(bpf_markers, what_only_resembles_them_is_listed)
{
	struct other unchanged = another();

	cr_expect_eq(left_out(&unchanged, 0), 0, "what we run ourselves is not known");
	NOT_LEFT_OUT(o.names[0] = name_of("memfd:lockscope-markers2", LK_BPF_NONE));
	NOT_LEFT_OUT(o.names[0] = name_of("memfd:lockscope-markers", LK_BPF_ROOT));
	NOT_LEFT_OUT(o.inodes[0].name = 1);
	NOT_LEFT_OUT(o.inodes[0].minor = 47);
	NOT_LEFT_OUT(o.inodes[0].n_locks = 3); /* somebody waits */
	NOT_LEFT_OUT(o.tasks[0].program = 78);
	NOT_LEFT_OUT(o.tasks[0].program = 0);
	NOT_LEFT_OUT(o.holds[0].task = LK_BPF_NONE);
	NOT_LEFT_OUT(o.holds[1].inode = 0); /* a second descriptor */
	NOT_LEFT_OUT(o.holds[0].inode = 1); /* none */
	NOT_LEFT_OUT(o.locks[1].flags = LK_BPF_FL_POSIX);
	NOT_LEFT_OUT(o.locks[1].type = F_RDLCK);
	NOT_LEFT_OUT(o.locks[1].start = 1);
	NOT_LEFT_OUT(o.locks[1].end = INT64_MAX);
	NOT_LEFT_OUT(o.locks[1] = marker(3));
	NOT_LEFT_OUT(o.locks[1] = marker(2 * 8192));
}

Test(bpf_state, letters)
{
	static const struct {
		uint32_t state, exit_state;
		char letter;
	} cases[] = {
		{ 0, 0, 'R' },     { 1, 0, 'S' },       { 2, 0, 'D' },       { 4, 0, 'T' },
		{ 8, 0, 't' },     { 0x80, 0x10, 'X' }, { 0x80, 0x20, 'Z' }, { 0x40, 0, 'P' },
		{ 0x402, 0, 'I' }, { 0x102, 0, 'D' },   { 0x8000, 0, 'D' },  { 0x2001, 0, 'S' },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lk_bpf_task t = { .state = cases[i].state, .exit_state = cases[i].exit_state };

		cr_expect_eq(lk_bpf_state_letter(&t), cases[i].letter, "state %x", cases[i].state);
	}
}

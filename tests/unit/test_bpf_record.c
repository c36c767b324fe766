/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of a dump of the kernel's structures, without a kernel. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "source/bpf/bpf_private.h"

static const struct lk_bpf_inode inode = { .major = 0xfe, .minor = 1, .ino = 42 };

static struct lk_record record(uint32_t flags, uint8_t type, uint64_t file)
{
	struct lk_bpf_lock l = { .flags = flags, .type = type, .file = file, .pid = 7, .start = 3, .end = 9 };

	return lk_bpf_record(&inode, &l);
}

Test(bpf_record, posix_and_ofd)
{
	struct lk_record r = record(LK_BPF_FL_POSIX, F_WRLCK, 1);

	cr_assert(r.type == LK_TYPE_POSIX && r.mode == LK_MODE_WRITE && r.phase == LK_PHASE_ADVISORY);
	cr_assert(r.pid == 7 && r.range.start == 3 && r.range.end == 9 && !r.key.none);
	cr_assert(r.key.major == 0xfe && r.key.minor == 1 && r.key.ino == 42);
	r = record(LK_BPF_FL_POSIX | LK_BPF_FL_OFDLCK, F_RDLCK, 1);
	cr_assert(r.type == LK_TYPE_OFD && r.mode == LK_MODE_READ && r.pid == 7);
	r = record(LK_BPF_FL_POSIX | LK_BPF_FL_ACCESS, F_RDLCK, 1);
	cr_assert_eq(r.type, LK_TYPE_UNKNOWN);
	cr_assert_str_eq(r.type_word, "ACCESS");
}

Test(bpf_record, flock_is_whole)
{
	struct lk_record r = record(LK_BPF_FL_FLOCK, F_WRLCK, 1);

	cr_assert(r.type == LK_TYPE_FLOCK && r.range.start == 0 && r.range.end == LK_RANGE_EOF);
}

Test(bpf_record, lease)
{
	struct lk_record r = record(LK_BPF_FL_LEASE, F_WRLCK, 1);

	cr_assert(r.type == LK_TYPE_LEASE && r.phase == LK_PHASE_ACTIVE && r.mode == LK_MODE_WRITE);
	r = record(LK_BPF_FL_LEASE | LK_BPF_FL_UNLOCK_PENDING, F_WRLCK, 1);
	cr_assert(r.phase == LK_PHASE_BREAKING && r.mode == LK_MODE_WRITE && r.break_to == LK_BREAK_UNLOCK);
	r = record(LK_BPF_FL_LEASE | LK_BPF_FL_DOWNGRADE_PENDING, F_WRLCK, 1);
	cr_assert(r.phase == LK_PHASE_BREAKING && r.mode == LK_MODE_WRITE && r.break_to == LK_BREAK_READ);
	/* Who opens the file has none yet: /proc/locks prints no key. */
	r = record(LK_BPF_FL_LEASE, F_RDLCK, 0);
	cr_assert(r.phase == LK_PHASE_BREAKER && r.key.none && r.mode == LK_MODE_READ);
	r = record(LK_BPF_FL_LEASE | LK_BPF_FL_DELEG, F_RDLCK, 1);
	cr_assert_eq(r.type, LK_TYPE_DELEG);
}

/* The same lock by both sources is the same lock, though only one knows who took it. */
Test(bpf_record, ofd_body_has_no_pid)
{
	struct lk_record r = record(LK_BPF_FL_POSIX | LK_BPF_FL_OFDLCK, F_RDLCK, 1), text;
	const char line[] = "5: OFDLCK ADVISORY  READ -1 fe:01:42 3 9";

	cr_assert_eq(lk_parse_lock_line(line, strlen(line), &text), 0);
	cr_assert(lk_record_same_body(&r, &text));
	cr_assert_eq(lk_record_hash(&r), lk_record_hash(&text));
	r.type = text.type = LK_TYPE_POSIX;
	cr_assert_not(lk_record_same_body(&r, &text));
	cr_assert_neq(lk_record_hash(&r), lk_record_hash(&text));
}

Test(bpf_record, start_ticks)
{
	cr_assert_eq(lk_bpf_start_ticks(UINT64_C(12345678901), 0, 100), 1234);
	cr_assert_eq(lk_bpf_start_ticks(UINT64_C(12345678901), INT64_C(2000000000), 100), 1434);
	cr_assert_eq(lk_bpf_start_ticks(UINT64_C(12345678901), -INT64_C(2000000000), 100), 1034);
	cr_assert_eq(lk_bpf_start_ticks(1, 0, 0), 0);
}

static int64_t shift(const char *text)
{
	return lk_bpf_boottime_shift_ns(text, strlen(text));
}

Test(bpf_record, time_namespace)
{
	cr_assert_eq(shift("monotonic           0         0\nboottime            0         0\n"), 0);
	cr_assert_eq(shift("monotonic 1 2\nboottime -5 250\n"), -INT64_C(4999999750));
	cr_assert_eq(shift("boottime 5 7"), INT64_C(5000000007));
	cr_assert_eq(shift("boottime 9223372036854775807 7\n"), 0);
	cr_assert_eq(shift("boottime 5"), 0);
	cr_assert_eq(shift("boottime x y"), 0);
	cr_assert_eq(shift(""), 0);
}

/* ---- which mount a path leads into ---- */

static void load(struct lk_mounts *m, const char *text, unsigned ns)
{
	int fd = memfd_create("mountinfo", 0);

	cr_assert_geq(fd, 0);
	cr_assert_eq(lk_io_write_all(fd, text, strlen(text)), 0);
	lseek(fd, 0, SEEK_SET);
	cr_assert_eq(lk_mounts_add(m, fd, ns, 0), 0);
}

static int id_at(const struct lk_mounts *m, unsigned ns, const char *path)
{
	const struct lk_mount *e = lk_mounts_by_path(m, ns, path);

	return e ? e->id : -1;
}

#define LINE(id, parent, dev, target, type) id " " parent " " dev " / " target " rw - " type " x rw\n"

Test(mounts, by_path)
{
	struct lk_mounts m = { 0 };

	load(&m,
	     LINE("1", "0", "8:1", "/", "ext4") LINE("2", "1", "8:2", "/home", "ext4")
		     LINE("3", "2", "8:3", "/home/u/data", "xfs") LINE("4", "1", "8:4", "/home", "tmpfs")
			     LINE("5", "2", "8:5", "/home", "tmpfs"),
	     0);
	load(&m, LINE("11", "10", "9:1", "/", "ext4") LINE("12", "11", "9:2", "/home", "ext4"), 7);
	cr_assert_eq(id_at(&m, 0, "/etc/passwd"), 1);
	cr_assert_eq(id_at(&m, 0, "/homestead"), 1);
	/* What is mounted on top hides the rest. */
	cr_assert_eq(id_at(&m, 0, "/home/u/data/f"), 5);
	cr_assert_eq(id_at(&m, 7, "/home/x"), 12);
	cr_assert_eq(id_at(&m, 7, "/"), 11);
	cr_assert_eq(id_at(&m, 3, "/"), -1);
	lk_mounts_done(&m);
}

Test(mounts, by_path_without_sense)
{
	struct lk_mounts m = { 0 };

	load(&m, LINE("1", "2", "8:1", "/", "ext4") LINE("2", "1", "8:2", "/", "ext4"), 0);
	cr_assert_eq(id_at(&m, 0, "/f"), -1);
	lk_mounts_done(&m);
	m = (struct lk_mounts){ 0 };
	load(&m, LINE("1", "1", "8:1", "/", "ext4") LINE("3", "4", "8:2", "/", "ext4"), 0);
	cr_assert_eq(id_at(&m, 0, "/f"), -1);
	lk_mounts_done(&m);
	m = (struct lk_mounts){ 0 };
	cr_assert_eq(id_at(&m, 0, "/f"), -1);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of the uses of a file that the kernel tells, without a kernel. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/bpf/bpf_private.h"
#include "source/bpf/file_uses.h"

/* Above every process number that Linux gives. */
#define NOT_THERE ((1 << 22) + 1)

enum record { USES, MET, COMPLETE };

static struct bpf_source source;
static struct lk_fact_file files[2];
static struct lk_uses_request req;
static struct procfs_asked asked;
static struct lk_uses uses;
static struct bpf_asking a;

static void set_up(void)
{
	cr_assert_eq(lk_procroot_open(&source.procfs.root, NULL, NULL), 0);
	for (int i = 0; i < 2; i++)
		files[i] = (struct lk_fact_file){ .key = { .major = 8, .minor = 1, .ino = (uint64_t)(40 + i) },
						  .local = LK_YES,
						  .mode = S_IFREG,
						  .fstype = "ext4",
						  .path = "/a/b",
						  .mount_point = "/",
						  .mnt_id = 3 };
	req = (struct lk_uses_request){ .files = files, .n_files = 2 };
	asked = (struct procfs_asked){ 0 };
	uses = (struct lk_uses){ .n_procs = 9 };
	a = (struct bpf_asking){ .source = &source, .req = &req, .asked = &asked, .ret = &uses };
}

static void tear_down(void)
{
	lk_procfs_asked_done(&asked);
	lk_uses_done(&uses);
	lk_vec_done(&a.met);
	lk_procroot_done(&source.procfs.root);
}

TestSuite(bpf_uses, .init = set_up, .fini = tear_down);

static int take(enum record kind, const void *data, size_t n)
{
	char text[1024];

	text[0] = (char)kind;
	if (n)
		memcpy(text + 1, data, n);
	return lk_bpf_uses_take(&a, text, n + 1);
}

static struct lk_bpf_use use_by(uint32_t tgid, enum lk_bpf_use_kind kind)
{
	return (struct lk_bpf_use){ .file = { .ino = 41, .major = 8, .minor = 1 },
				    .start_ns = 70000000,
				    .tgid = tgid,
				    .fd = -1,
				    .kind = kind,
				    .comm = "x" };
}

static void take_met(int pid)
{
	cr_assert_eq(take(MET, &pid, sizeof(pid)), 0);
}

static void deny(int pid, int code)
{
	struct lk_fact_unread u = { .pid = pid, .code = code };

	*lk_vec_push(&asked.denied) = u;
	lk_uses_add_unread(&uses, &u);
}

Test(bpf_uses, a_use_is_told)
{
	struct lk_bpf_use u = use_by(7, LK_BPF_USE_FD);

	u.fd = 3;
	u.flags = LK_BPF_USE_IS_LOCKED;
	cr_assert_eq(take(USES, &u, sizeof(u)), 0);
	cr_assert_eq(uses.v.n, 1);
	cr_assert(uses.v.v[0].file == 1 && uses.v.v[0].pid == 7 && uses.v.v[0].fd == 3 && uses.v.v[0].locked);
	cr_assert(uses.v.v[0].kind == LK_USE_OPEN && uses.v.v[0].certain && !uses.v.v[0].below);
	cr_assert_str_eq(uses.v.v[0].comm, "x");
	cr_assert_eq(uses.v.v[0].start_ticks, 7 * (uint64_t)sysconf(_SC_CLK_TCK) / 100);
}

Test(bpf_uses, each_kind)
{
	static const enum lk_use_kind kinds[] = { LK_USE_OPEN, LK_USE_CWD, LK_USE_ROOT, LK_USE_RUNNING, LK_USE_MAPPED };

	for (unsigned i = 0; i < 5; i++) {
		struct lk_bpf_use u = use_by(7, i);

		cr_assert_eq(take(USES, &u, sizeof(u)), 0);
		cr_assert_eq(uses.v.v[i].kind, kinds[i]);
	}
	lk_uses_finish(&uses);
	cr_assert_eq(uses.v.n, 4, "the program is not listed as mapped besides");
}

Test(bpf_uses, others_are_left_out)
{
	struct lk_bpf_use u[2] = { use_by((uint32_t)getpid(), LK_BPF_USE_CWD), use_by(7, LK_BPF_USE_CWD) };

	u[1].file.minor = 2;
	cr_assert_eq(take(USES, u, sizeof(u)), 0);
	cr_assert_eq(uses.v.n, 0, "ourselves; another file system");
}

Test(bpf_uses, who_answered_may_have_got_it_since)
{
	struct lk_bpf_use u = use_by(5, LK_BPF_USE_CWD);

	*lk_vec_push(&asked.answered) = 5;
	files[1].fstype = "btrfs";
	cr_assert_eq(take(USES, &u, sizeof(u)), 0);
	cr_assert_eq(uses.v.n, 0, "/proc told apart what has the same key");
	files[1].fstype = "ext4";
	cr_assert_eq(take(USES, &u, sizeof(u)), 0);
	cr_assert_eq(uses.v.n, 1);
}

Test(bpf_uses, a_shared_key_is_not_certain)
{
	struct lk_bpf_use u = use_by(7, LK_BPF_USE_CWD);

	files[1].fstype = "btrfs";
	files[0].key.ino = 41;
	cr_assert_eq(take(USES, &u, sizeof(u)), 0);
	cr_assert_eq(uses.v.n, 2, "two files with one key");
	cr_assert(uses.v.v[0].certain && !uses.v.v[1].certain);
}

Test(bpf_uses, bad_records)
{
	struct lk_bpf_use u = use_by(7, LK_BPF_USE_MAPPED + 1);

	cr_assert_eq(take(USES, &u, sizeof(u)), -EBADMSG, "a kind that there is not");
	u = use_by(7, LK_BPF_USE_CWD);
	cr_assert_eq(take(USES, &u, sizeof(u) - 1), -EBADMSG, "cut");
	memset(u.comm, 'x', sizeof(u.comm));
	cr_assert_eq(take(USES, &u, sizeof(u)), -EBADMSG, "a name without end");
	u = use_by(0, LK_BPF_USE_CWD);
	cr_assert_eq(take(USES, &u, sizeof(u)), -EBADMSG, "no process");
	cr_assert_eq(take(MET, &u, 3), -EBADMSG);
	cr_assert_eq(take(COMPLETE + 1, NULL, 0), -EBADMSG);
	cr_assert_eq(lk_bpf_uses_take(&a, "", 0), -EBADMSG);
	cr_assert(!uses.v.n && !a.met.n && !a.complete);
}

Test(bpf_uses, who_was_met_was_asked)
{
	deny(2, -EACCES);
	deny(NOT_THERE, -EACCES);
	deny(getpid(), -ETIMEDOUT);
	uses.hidden = true;
	take_met(2);
	cr_assert_eq(take(COMPLETE, NULL, 0), 0);
	lk_bpf_uses_settle(&a);
	cr_assert_eq(uses.n_unreadable, 1, "met; gone; there, but not met");
	cr_assert(uses.n_unanswered == 1 && uses.unread.n == 1 && uses.unread.v[0].pid == getpid());
	cr_assert(uses.hidden, "without process 1 others can be missing");
	take_met(getpid());
	take_met(1);
	lk_bpf_uses_settle(&a);
	cr_assert(!uses.n_unreadable && !uses.n_unanswered && !uses.unread.n && !uses.hidden);
}

static void check_not_answered(const char *why)
{
	uses.hidden = true;
	a.complete = true;
	lk_bpf_uses_settle(&a);
	cr_assert(uses.n_unreadable == 1 && uses.hidden, "%s", why);
}

Test(bpf_uses, what_a_key_does_not_tell)
{
	struct lk_fact_file good = files[1];

	deny(1, -EACCES);
	take_met(1);
#define CHECK(member, value) \
	do { \
		files[1] = good; \
		files[1].member = value; \
		check_not_answered(#member " " #value); \
	} while (0)
	CHECK(mode, S_IFSOCK);
	CHECK(mode, S_IFBLK);
	CHECK(mode, 0);
	CHECK(fstype, "overlay");
	CHECK(fstype, NULL);
	CHECK(local, LK_NO);
	CHECK(local, LK_UNKNOWN);
	CHECK(key.none, true);
#undef CHECK
	files[1] = good;
	files[1].mode = S_IFDIR;
	files[1].mount_point = files[1].path;
	check_not_answered("the root directory of a mount");
	files[1].mount_point = "/";
	req.tree = true;
	check_not_answered("what is below a directory");
	req.tree = false;
	a.complete = false;
	lk_bpf_uses_settle(&a);
	cr_assert_eq(uses.n_unreadable, 1, "a look that was not complete");
	a.complete = true;
	lk_bpf_uses_settle(&a);
	cr_assert_eq(uses.n_unreadable, 0, "a directory itself");
}

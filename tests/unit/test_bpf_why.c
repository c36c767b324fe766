/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why bpf is not used, and what is said to one who lacks a right: by what the machine is like, without a machine. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "base/text.h"
#include "source/bpf/bpf_dump_private.h"

#define CAP(name) (UINT64_C(1) << CAP_##name)

static struct lk_bpf_facts fit(void)
{
	return (struct lk_bpf_facts){
		.rights = { .effective = UINT64_MAX, .initial_userns = true, .ptrace_scope = 0 },
		.major = 6,
		.minor = 18,
		.probe = -EINVAL,
		.jit = 1,
		.btf = LK_YES,
		.max_fds = 1024,
	};
}

static void why_is(struct lk_bpf_facts f, int rc, int want, const char *words)
{
	struct lk_err err = { 0 };

	cr_expect_eq(lk_bpf_why_not(&f, rc, &err), want, "%s", lk_err_text(&err));
	cr_expect(strstr(lk_err_text(&err), words), "'%s' in '%s'", words, lk_err_text(&err));
	cr_expect(f.rights.euid || !strstr(lk_err_text(&err), "as root"), "said to root: %s", lk_err_text(&err));
	lk_err_done(&err);
}

#define WHY(change, rc, want, words) \
	do { \
		struct lk_bpf_facts f = fit(); \
		change; \
		why_is(f, rc, want, words); \
	} while (0)

/* EPERM is RLIMIT_MEMLOCK there. */
Test(bpf_why, an_old_kernel)
{
	WHY((f.major = 5, f.minor = 10), -EPERM, -EOPNOTSUPP, "needs Linux 5.17 or newer, and this is 5.10");
	WHY((f.major = 4, f.minor = 19), -EINVAL, -EOPNOTSUPP, "this is 4.19");
	WHY((f.major = 5, f.minor = 16), -EINVAL, -EOPNOTSUPP, "this is 5.16");
	WHY((f.major = 5, f.minor = 17), -EINVAL, -EOPNOTSUPP, "does not take the program of the bpf scanner (EINVAL)");
	WHY((f.major = 0, f.minor = 0), -E2BIG, -EOPNOTSUPP, "does not take the program of the bpf scanner (E2BIG)");
}

Test(bpf_why, how_the_kernel_is_set_up)
{
	WHY(f.locked_down = true, -EINVAL, -EOPNOTSUPP, "locked down (confidentiality)");
	WHY(f.locked_down = true, -EPERM, -EOPNOTSUPP, "locked down (confidentiality)");
	WHY(f.jit = 0, -EINVAL, -EOPNOTSUPP, "net.core.bpf_jit_enable=0");
	WHY(f.jit = -1, -EINVAL, -EOPNOTSUPP, "does not take the program");
	WHY(f.btf = LK_NO, -EINVAL, -EOPNOTSUPP, "CONFIG_DEBUG_INFO_BTF");
	WHY(f.btf = LK_UNKNOWN, -EINVAL, -EOPNOTSUPP, "does not take the program");
}

Test(bpf_why, what_is_used_up)
{
	WHY(f.max_fds = 8, -EMFILE, -EMFILE, "more descriptors than the 8 that this process may have (ulimit -n)");
	WHY((void)0, -ENFILE, -EMFILE, "no descriptor left");
	WHY((void)0, -ENOMEM, -ENOMEM, "no memory");
}

Test(bpf_why, what_is_forbidden)
{
	WHY((f.probe = -EPERM, f.filtered = true), -EPERM, -EPERM, "a seccomp filter forbids bpf(2) to this process");
	WHY((f.probe = -ENOSYS, f.filtered = true), -ENOSYS, -EOPNOTSUPP, "a seccomp filter forbids bpf(2)");
	WHY(f.probe = -ENOSYS, -ENOSYS, -EOPNOTSUPP, "this kernel has no bpf(2)");
	WHY(f.probe = -EACCES, -EACCES, -EPERM, "a security module may forbid it (EACCES)");
	WHY((void)0, -EPERM, -EPERM, "a security module may forbid it (EPERM)");
	/* A filter that looks at the command. */
	WHY(f.filtered = true, -EPERM, -EPERM, "a seccomp filter forbids bpf(2)");
}

Test(bpf_why, rights)
{
	WHY((f.rights.euid = 1000, f.rights.effective = 0), -EPERM, -EPERM, "run as root (CAP_BPF and CAP_PERFMON)");
	/* Without CAP_PERFMON the verifier refuses the program with other words. */
	WHY((f.rights.euid = 1000, f.rights.effective = CAP(BPF)), -EINVAL, -EPERM, "CAP_BPF and CAP_PERFMON");
	WHY(f.rights.effective = CAP(SYS_PTRACE), -EPERM, -EPERM, "this root lacks CAP_BPF and CAP_PERFMON");
	WHY(f.rights.effective = CAP(SYS_ADMIN), -EINVAL, -EOPNOTSUPP, "does not take the program");
	WHY(f.rights.effective = CAP(BPF) | CAP(PERFMON), -EINVAL, -EOPNOTSUPP, "does not take the program");
	WHY(f.rights.initial_userns = false, -EPERM, -EPERM, "root of a user namespace has no rights outside of it");
}

static void remedy_is(enum lk_right right, struct lk_rights r, const char *want)
{
	cr_expect_str_eq(lk_rights_remedy(&r, right), want);
}

Test(rights, what_it_would_take)
{
	remedy_is(LK_RIGHT_LOOK, (struct lk_rights){ 1000, 0, true, 0 }, "run as root (CAP_SYS_PTRACE)");
	remedy_is(LK_RIGHT_LOOK, (struct lk_rights){ 0, CAP(SYS_ADMIN), true, 0 }, "this root lacks CAP_SYS_PTRACE");
	remedy_is(LK_RIGHT_LOOK, (struct lk_rights){ 0, UINT64_MAX, true, 3 },
		  "a security module or a setting of the kernel forbids it even to root");
	remedy_is(LK_RIGHT_LOOK, (struct lk_rights){ 0, UINT64_MAX, false, 0 },
		  "root of a user namespace has no rights outside of it, where it takes CAP_SYS_PTRACE");
	/* A user with the capability is refused like root. */
	remedy_is(LK_RIGHT_LOOK, (struct lk_rights){ 1000, CAP(SYS_PTRACE), true, 0 },
		  "a security module or a setting of the kernel forbids it even to root");
	remedy_is(LK_RIGHT_ATTACH, (struct lk_rights){ 0, UINT64_MAX, true, 3 },
		  "kernel.yama.ptrace_scope=3 forbids it to everybody");
	remedy_is(LK_RIGHT_LEASE, (struct lk_rights){ 1000, 0, true, 0 },
		  "run as the owner of the file or as root (CAP_LEASE)");
	remedy_is(LK_RIGHT_SUSPEND_SECCOMP, (struct lk_rights){ 0, UINT64_MAX, true, 0 }, "this kernel cannot");
}

/* Whatever it is about, root is not told to be root. */
Test(rights, root_is_not_told_to_be_root)
{
	struct lk_rights some[] = {
		{ 0, 0, true, 0 }, { 0, UINT64_MAX, true, 0 }, { 0, UINT64_MAX, false, 0 }, { 0, 0, false, 3 }
	};

	for (int right = LK_RIGHT_LOOK; right <= LK_RIGHT_BPF; right++) {
		for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++)
			cr_expect_null(strstr(lk_rights_remedy(&some[i], (enum lk_right)right), "run as"));
	}
}

Test(text, release)
{
	unsigned major = 0, minor = 0;

	cr_expect_eq(lk_text_release("6.18.44-fc-v857", &major, &minor), 0);
	cr_expect(major == 6 && minor == 18);
	cr_expect_eq(lk_text_release("5.10", &major, &minor), 0);
	cr_expect(major == 5 && minor == 10);
	for (size_t i = 0; i < 5; i++) {
		static const char *const bad[] = { "", "6", "6.", ".18", "six.18" };

		cr_expect_eq(lk_text_release(bad[i], &major, &minor), -EINVAL, "%s", bad[i]);
	}
	cr_expect(major == 5 && minor == 10);
}

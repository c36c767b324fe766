/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/bpf_why.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/text.h"
#include "source/procroot.h"
#include "source/sysroot.h"

#define OLDEST_MAJOR 5
#define OLDEST_MINOR 17

static int probe_call(void)
{
	return syscall(SYS_bpf, -1, NULL, 0) < 0 ? -errno : 0;
}

struct lk_bpf_facts lk_bpf_facts(void)
{
	struct lk_bpf_facts f = {
		.rights = lk_rights_own(),
		.probe = probe_call(),
		.filtered = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER,
		.locked_down = lk_sysroot_is_locked_down(),
		.jit = lk_procroot_own_sysctl("net/core/bpf_jit_enable"),
		.btf = lk_sysroot_has_btf(),
	};
	struct utsname u;
	struct rlimit l;

	if (uname(&u) == 0)
		lk_text_release(u.release, &f.major, &f.minor);
	if (getrlimit(RLIMIT_NOFILE, &l) == 0)
		f.max_fds = l.rlim_cur;
	return f;
}

static bool is_too_old(const struct lk_bpf_facts *f)
{
	return f->major && (f->major < OLDEST_MAJOR || (f->major == OLDEST_MAJOR && f->minor < OLDEST_MINOR));
}

/* Something forbids the call itself. */
static int forbidden(const struct lk_bpf_facts *f, int rc, struct lk_err *err)
{
	return lk_err_set(err, rc == -ENOSYS ? -EOPNOTSUPP : -EPERM, "%s (%s)",
			  f->filtered     ? "a seccomp filter forbids bpf(2) to this process, as those of containers do"
			  : rc == -ENOSYS ? "this kernel has no bpf(2)"
					  : "the kernel refuses the bpf scanner to one who has the rights: a security "
					    "module may forbid it",
			  lk_err_name(rc));
}

static int unfit(const struct lk_bpf_facts *f, int rc, struct lk_err *err)
{
	if (f->locked_down)
		return lk_err_set(
			err, -EOPNOTSUPP,
			"this kernel is locked down (confidentiality): nobody may read its memory, as the bpf "
			"scanner does");
	if (f->jit == 0)
		return lk_err_set(err, -EOPNOTSUPP,
				  "the kernel's compiler for the bpf scanner is switched off "
				  "(net.core.bpf_jit_enable=0)");
	if (f->btf == LK_NO)
		return lk_err_set(err, -EOPNOTSUPP,
				  "this kernel does not give its types (CONFIG_DEBUG_INFO_BTF), which the bpf scanner "
				  "needs");
	if (rc == -EPERM || rc == -EACCES)
		return forbidden(f, rc, err);
	return lk_err_set(err, -EOPNOTSUPP, "this kernel does not take the program of the bpf scanner (%s)",
			  lk_err_name(rc));
}

int lk_bpf_why_not(const struct lk_bpf_facts *f, int rc, struct lk_err *err)
{
	if (rc == -ENOMEM)
		return lk_err_set(err, rc, "there is no memory for the bpf scanner");
	if (rc == -EMFILE)
		return lk_err_set(err, rc,
				  "the bpf scanner needs more descriptors than the %llu that this process may have "
				  "(ulimit -n)",
				  (unsigned long long)f->max_fds);
	if (rc == -ENFILE)
		return lk_err_set(err, -EMFILE, "this machine has no descriptor left for the bpf scanner (ENFILE)");
	/* Before 5.11 even root was refused memory with EPERM. */
	if (is_too_old(f))
		return lk_err_set(err, -EOPNOTSUPP, "the bpf scanner needs Linux %d.%d or newer, and this is %u.%u",
				  OLDEST_MAJOR, OLDEST_MINOR, f->major, f->minor);
	if (!lk_rights_have(&f->rights, LK_RIGHT_BPF))
		return lk_err_set(err, -EPERM, "the bpf scanner needs more rights: %s",
				  lk_rights_remedy(&f->rights, LK_RIGHT_BPF));
	if (f->probe != -EINVAL)
		return forbidden(f, f->probe, err);
	return unfit(f, rc, err);
}

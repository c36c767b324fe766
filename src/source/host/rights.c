/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which capability each right takes, and what to say to one who lacks it. */
#include "source/host/rights.h"

#include <unistd.h>

#include "base/caps.h"
#include "source/host/procroot.h"

struct words {
	uint64_t needed; /* capabilities, all of them */
	const char *user, *root, *inside, *all_the_same;
};

#define WORDS(names, user_, all_the_same_) \
	.user = user_, .root = "this root lacks " names, \
	.inside = "root of a user namespace has no rights outside of it, where it takes " names, \
	.all_the_same = all_the_same_
#define REFUSED "a security module or a setting of the kernel forbids it even to root"

static const struct words words[] = {
	[LK_RIGHT_LOOK] = { LK_CAP(CAP_SYS_PTRACE), WORDS("CAP_SYS_PTRACE", "run as root (CAP_SYS_PTRACE)", REFUSED) },
	[LK_RIGHT_ATTACH] = { LK_CAP(CAP_SYS_PTRACE),
			      WORDS("CAP_SYS_PTRACE", "run as root (CAP_SYS_PTRACE)", REFUSED) },
	[LK_RIGHT_SUSPEND_SECCOMP] = { LK_CAP(CAP_SYS_ADMIN),
				       WORDS("CAP_SYS_ADMIN", "run as root (CAP_SYS_ADMIN)", "this kernel cannot") },
	[LK_RIGHT_LEASE] = { LK_CAP(CAP_LEASE),
			     WORDS("CAP_LEASE", "run as the owner of the file or as root (CAP_LEASE)", REFUSED) },
	[LK_RIGHT_SIGNAL] = { LK_CAP(CAP_KILL), WORDS("CAP_KILL", "run this as that user or as root", REFUSED) },
	[LK_RIGHT_WRITE] = { LK_CAP(CAP_DAC_OVERRIDE),
			     WORDS("CAP_DAC_OVERRIDE", "run as the owner of the directory or as root", REFUSED) },
	[LK_RIGHT_BPF] = { LK_CAP(CAP_BPF) | LK_CAP(CAP_PERFMON),
			   WORDS("CAP_BPF and CAP_PERFMON", "run as root (CAP_BPF and CAP_PERFMON)", REFUSED) },
};

struct lk_rights lk_rights_own(void)
{
	struct lk_rights r = { .euid = geteuid(),
			       .effective = lk_caps_effective(),
			       .initial_userns = lk_procroot_own_userns_is_initial(),
			       .ptrace_scope = lk_procroot_own_sysctl("kernel/yama/ptrace_scope") };

	return r;
}

static bool has_capabilities(const struct lk_rights *r, enum lk_right right)
{
	uint64_t needed = words[right].needed;

	/* CAP_SYS_ADMIN includes CAP_BPF and CAP_PERFMON, which were split off from it. */
	if (right == LK_RIGHT_BPF && r->effective & LK_CAP(CAP_SYS_ADMIN))
		return true;
	return (r->effective & needed) == needed;
}

bool lk_rights_have(const struct lk_rights *r, enum lk_right right)
{
	return r->initial_userns && has_capabilities(r, right);
}

const char *lk_rights_remedy(const struct lk_rights *r, enum lk_right right)
{
	const struct words *w = &words[right];

	if (right == LK_RIGHT_ATTACH && r->ptrace_scope == 3)
		return "kernel.yama.ptrace_scope=3 forbids it to everybody";
	if (r->euid && !has_capabilities(r, right))
		return w->user;
	if (!r->initial_userns)
		return w->inside;
	return has_capabilities(r, right) ? w->all_the_same : w->root;
}

const char *lk_rights_advice(enum lk_right right)
{
	struct lk_rights own = lk_rights_own();

	return lk_rights_remedy(&own, right);
}

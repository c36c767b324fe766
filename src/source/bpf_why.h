/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the program of the bpf scanner cannot be used. The kernel says it by a number that means many things (EINVAL, EPERM): what the
 * machine is like tells which. */
#ifndef LK_SOURCE_BPF_WHY_H
#define LK_SOURCE_BPF_WHY_H

#include "base/err.h"
#include "source/rights.h"
#include "source/source.h"

struct lk_bpf_facts {
	struct lk_rights rights;
	unsigned major, minor; /* of the kernel's release; 0.0 unknown */
	int probe; /* -errno of a bpf(2) that asks for nothing: -EINVAL where the call is allowed */
	bool filtered; /* this process has a seccomp filter */
	bool locked_down; /* kernel_lockdown(7), confidentiality */
	int jit; /* net.core.bpf_jit_enable; -1 unknown */
	enum lk_tri btf; /* the kernel gives its types */
	uint64_t max_fds; /* RLIMIT_NOFILE */
};

struct lk_bpf_facts lk_bpf_facts(void);
/* rc: -errno of loading. -EPERM (rights), -ENOMEM, -EMFILE, or -EOPNOTSUPP (this kernel, as it is set up, cannot), with a sentence. */
int lk_bpf_why_not(const struct lk_bpf_facts *f, int rc, struct lk_err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this process may do (capabilities(7), user_namespaces(7)), and what to say to one who lacks a right: "run as root" is no
 * advice for root, who may lack a capability, be root of a user namespace only, or be refused all the same. */
#ifndef LK_SOURCE_RIGHTS_H
#define LK_SOURCE_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

enum lk_right {
	LK_RIGHT_LOOK, /* at processes of other users: fdinfo, maps, system calls (ptrace(2), access mode read) */
	LK_RIGHT_ATTACH, /* to processes of other users: ptrace(2), pidfd_getfd(2) */
	LK_RIGHT_SUSPEND_SECCOMP, /* to suspend the seccomp filter of a traced process (PTRACE_O_SUSPEND_SECCOMP) */
	LK_RIGHT_LEASE, /* to end a lease on a file of another user */
	LK_RIGHT_SIGNAL, /* to signal processes of other users */
	LK_RIGHT_WRITE, /* to change a directory of another user */
	LK_RIGHT_BPF, /* to load programs that read the kernel's memory */
};

struct lk_rights {
	unsigned euid;
	uint64_t effective; /* capabilities, by bit */
	bool initial_userns; /* false: the capabilities count only inside of a user namespace */
	int ptrace_scope; /* kernel.yama.ptrace_scope; -1 unknown */
};

struct lk_rights lk_rights_own(void);
bool lk_rights_have(const struct lk_rights *r, enum lk_right right);
/* What it would take to have the right, as a clause to follow "; " or ": ", without a full stop. Static. */
const char *lk_rights_remedy(const struct lk_rights *r, enum lk_right right);
/* The same for this process. */
const char *lk_rights_advice(enum lk_right right);

#endif

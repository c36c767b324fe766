/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads the BPF program into the kernel and unloads it; explains why it cannot be loaded. */
#include "source/bpf/bpf_dump_private.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/text.h"
#include "source/host/procroot.h"
#include "source/host/sysroot.h"

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

/* bpf(2) is refused although this process has the rights. */
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
	/* Judged before the rights: before Linux 5.11 even root could get EPERM when memory was needed (RLIMIT_MEMLOCK). */
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

#ifdef LK_WITH_BPF

#include "source/bpf/skeletons.h"

/* Sizes of the buffers to begin with, in records. Buffers are emptied when full and do not grow, except for that of the locks, as it must
 * hold all locks of one inode together, and the `seen` table, which cannot be emptied. */
#define ROOM_HOLDS 4096
#define ROOM_INODES 1024
#define ROOM_LOCKS 16384
#define ROOM_TASKS 1024
#define ROOM_CALLS 512
#define ROOM_NAMES 4096
#define ROOM_SEEN 32768

/* One of the ways in which the program was built. */
struct bpf_flavour {
	const char *name;
	int (*load)(struct lk_bpf *b);
	void (*unload)(struct lk_bpf *b);
};

#define FLAVOUR(skel_name) \
	static int load_##skel_name(struct lk_bpf *b) \
	{ \
		struct skel_name *s = skel_name##__open(); \
		int rc; \
\
		if (!s) \
			return -ENOMEM; \
		s->maps.holds.max_entries = b->buffers[BPF_HOLDS].room; \
		s->maps.inodes.max_entries = b->buffers[BPF_INODES].room; \
		s->maps.locks.max_entries = b->buffers[BPF_LOCKS].room; \
		s->maps.tasks.max_entries = b->buffers[BPF_TASKS].room; \
		s->maps.calls.max_entries = b->buffers[BPF_CALLS].room; \
		s->maps.names.max_entries = b->buffers[BPF_NAMES].room; \
		s->maps.seen.max_entries = b->room_seen; \
		rc = skel_name##__load(s); \
		if (rc < 0) { \
			skel_name##__destroy(s); \
			return rc; \
		} \
		b->skel = s; \
		b->ctl = &s->bss->ctl; \
		b->prog_fd = s->progs.lk_dump.prog_fd; \
		b->buffers[BPF_HOLDS].fd = s->maps.holds.map_fd; \
		b->buffers[BPF_INODES].fd = s->maps.inodes.map_fd; \
		b->buffers[BPF_LOCKS].fd = s->maps.locks.map_fd; \
		b->buffers[BPF_TASKS].fd = s->maps.tasks.map_fd; \
		b->buffers[BPF_CALLS].fd = s->maps.calls.map_fd; \
		b->buffers[BPF_NAMES].fd = s->maps.names.map_fd; \
		return 0; \
	} \
	static void unload_##skel_name(struct lk_bpf *b) \
	{ \
		skel_name##__destroy(b->skel); \
	}

FLAVOUR(lock_dump_typed)
FLAVOUR(lock_dump_copy)

static const struct bpf_flavour flavours[] = {
	{ "typed reads", load_lock_dump_typed, unload_lock_dump_typed },
	{ "copying reads (older kernel)", load_lock_dump_copy, unload_lock_dump_copy },
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void lk_bpf_unload(struct lk_bpf *b)
{
	for (int i = 0; i < BPF_N_KINDS; i++) {
		if (b->buffers[i].mapped)
			munmap(b->buffers[i].mapped, b->buffers[i].n_mapped);
		b->buffers[i].mapped = NULL;
		b->buffers[i].n_mapped = 0;
	}
	close_fd(&b->link_fd);
	close_fd(&b->self_link_fd);
	if (b->skel)
		b->flavour->unload(b);
	b->skel = NULL;
	b->ctl = NULL;
}

int lk_bpf_sys(int cmd, union bpf_attr *attr)
{
	long rc = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return rc < 0 ? -errno : (int)rc;
}

int lk_bpf_create_link(int prog_fd, uint32_t only_tid)
{
	union bpf_iter_link_info info = { .task.tid = only_tid };
	union bpf_attr attr = { .link_create = { .prog_fd = (uint32_t)prog_fd, .attach_type = BPF_TRACE_ITER } };

	if (only_tid) {
		attr.link_create.iter_info = (uint64_t)(uintptr_t)&info;
		attr.link_create.iter_info_len = sizeof(info);
	}
	return lk_bpf_sys(BPF_LINK_CREATE, &attr);
}

int lk_bpf_load(struct lk_bpf *b)
{
	int rc;

	b->buffers[BPF_HOLDS].room = ROOM_HOLDS;
	b->buffers[BPF_INODES].room = ROOM_INODES;
	b->buffers[BPF_LOCKS].room = b->room_locks;
	b->buffers[BPF_TASKS].room = ROOM_TASKS;
	b->buffers[BPF_CALLS].room = ROOM_CALLS;
	b->buffers[BPF_NAMES].room = ROOM_NAMES;
	rc = b->flavour->load(b);
	if (rc < 0)
		return rc;
	b->link_fd = lk_bpf_create_link(b->prog_fd, 0);
	if (b->link_fd < 0) {
		rc = b->link_fd;
		lk_bpf_unload(b);
	}
	return rc < 0 ? rc : 0;
}

int lk_bpf_load_first(struct lk_bpf *b, struct lk_err *err)
{
	struct lk_bpf_facts facts;
	int rc = 0;

	if (sizeof(long) != 8)
		return lk_err_set(err, -EOPNOTSUPP, "the bpf scanner works on 64-bit machines only");
	b->room_locks = ROOM_LOCKS;
	b->room_seen = ROOM_SEEN;
	for (size_t i = 0; i < sizeof(flavours) / sizeof(*flavours); i++) {
		b->flavour = &flavours[i];
		rc = lk_bpf_load(b);
		if (rc == 0)
			return 0;
		if (rc == -EPERM || rc == -ENOMEM || rc == -EMFILE || rc == -ENFILE)
			break;
	}
	facts = lk_bpf_facts();
	return lk_bpf_why_not(&facts, rc, err);
}

const char *lk_bpf_flavour(const struct lk_bpf *b)
{
	return b->flavour->name;
}

#endif

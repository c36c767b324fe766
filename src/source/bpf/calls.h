/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds threads inside a system call that can wait for a lock, by the registers with which they entered the kernel. Included by
 * lock_dump.bpf.c only. */
#ifndef LK_SOURCE_BPF_CALLS_H
#define LK_SOURCE_BPF_CALLS_H

#include "source/bpf/state.h"

#define STATE_SLEEPING 0x3 /* TASK_INTERRUPTIBLE, TASK_UNINTERRUPTIBLE */
#define STATE_STOPPED 0x4
#define STATE_TRACED 0x8
#define STATE_FROZEN 0x8000
#define JOBCTL_TRAP_FREEZE (1UL << 23)
#define PF_USER_WORKER 0x4000

#define X86_TS_COMPAT 0x2
#define X86_X32_BIT 0x40000000
#define ARM64_TIF_32BIT (1UL << 22)

/* Saved registers, as in struct pt_regs. This layout is part of the ptrace(2) interface and so fixed, except for orig_x0 and nr of arm64,
 * which follow that part. */
struct x86_regs {
	uint64_t r15_to_bp[5], bx, r11_to_r8[4], ax, cx, dx, si, di, orig_ax;
};

struct arm64_regs {
	uint64_t x[31], sp, pc, pstate, orig_x0;
	int32_t nr;
};

struct call {
	uint32_t arg[2];
	uint32_t nr;
	bool compat;
};

#define REGISTER(type, regs, member) \
	({ \
		typeof(((struct type *)0)->member) value_; \
		bpf_probe_read_kernel(&value_, sizeof(value_), &((struct type *)(regs))->member); \
		value_; \
	})

/* The kernel, too, uses only the low 32 bits of a descriptor and of a command. */
static __always_inline void read_args(uint64_t regs, struct call *ret)
{
	if (ctl.arch == LK_BPF_ARM64) {
		ret->arg[0] = (uint32_t)REGISTER(arm64_regs, regs, orig_x0);
		ret->arg[1] = (uint32_t)REGISTER(arm64_regs, regs, x[1]);
	} else if (ret->compat) {
		ret->arg[0] = (uint32_t)REGISTER(x86_regs, regs, bx);
		ret->arg[1] = (uint32_t)REGISTER(x86_regs, regs, cx);
	} else {
		ret->arg[0] = (uint32_t)REGISTER(x86_regs, regs, di);
		ret->arg[1] = (uint32_t)REGISTER(x86_regs, regs, si);
	}
}

/* The numbers of i386 and 32-bit arm, which agree here except for openat. */
static __always_inline uint32_t kind_compat(uint32_t nr)
{
	switch (nr) {
	case 55: /* fcntl */
	case 221: /* fcntl64 */
		return LK_BPF_CALL_FCNTL;
	case 143:
		return LK_BPF_CALL_FLOCK;
	case 5: /* open */
	case 8: /* creat */
	case 92: /* truncate */
	case 193: /* truncate64 */
	case 295: /* openat */
	case 322: /* openat, arm */
	case 437: /* openat2 */
		return LK_BPF_CALL_OPEN;
	}
	return 0;
}

static __always_inline uint32_t kind_x86(uint32_t nr)
{
	switch (nr) {
	case 72:
		return LK_BPF_CALL_FCNTL;
	case 73:
		return LK_BPF_CALL_FLOCK;
	case 2: /* open */
	case 76: /* truncate */
	case 85: /* creat */
	case 257: /* openat */
	case 437: /* openat2 */
		return LK_BPF_CALL_OPEN;
	}
	return 0;
}

static __always_inline uint32_t kind_arm64(uint32_t nr)
{
	switch (nr) {
	case 25:
		return LK_BPF_CALL_FCNTL;
	case 32:
		return LK_BPF_CALL_FLOCK;
	case 45: /* truncate */
	case 56: /* openat */
	case 437: /* openat2 */
		return LK_BPF_CALL_OPEN;
	}
	return 0;
}

/* Only some commands of fcntl(2) and flock(2) can wait for a lock. */
static __always_inline bool can_wait(uint32_t kind, const struct call *c)
{
	uint32_t cmd = c->arg[1];

	if (kind == LK_BPF_CALL_FCNTL)
		return cmd == 7 || cmd == 38 || (c->compat && cmd == 14); /* F_SETLKW, F_OFD_SETLKW, F_SETLKW64 */
	if (kind == LK_BPF_CALL_FLOCK)
		return (cmd & 3) == 1 || (cmd & 3) == 2; /* LOCK_SH, LOCK_EX */
	return true;
}

static __always_inline bool stands_still(struct task_struct *task)
{
	return READ(task, __state) & (STATE_SLEEPING | STATE_STOPPED | STATE_TRACED | STATE_FROZEN) ||
	       READ(task, jobctl) & JOBCTL_TRAP_FREEZE;
}

static __always_inline bool is_compat(struct task_struct *task)
{
	if (ctl.arch == LK_BPF_ARM64)
		return READ(task, thread_info.flags) & ARM64_TIF_32BIT;
	return bpf_core_field_exists(task->thread_info.status) && READ(task, thread_info.status) & X86_TS_COMPAT;
}

/* The kind of the call (enum lk_bpf_call_kind); 0: none of interest. */
static __always_inline uint32_t read_call(struct task_struct *task, uint64_t regs, struct call *ret)
{
	uint32_t kind;

	if (ctl.arch == LK_BPF_ARM64)
		ret->nr = (uint32_t)REGISTER(arm64_regs, regs, nr);
	else if (ctl.arch == LK_BPF_X86)
		ret->nr = (uint32_t)REGISTER(x86_regs, regs, orig_ax);
	else
		return 0;
	ret->compat = is_compat(task);
	if (ret->compat)
		kind = kind_compat(ret->nr);
	else
		kind = ctl.arch == LK_BPF_ARM64 ? kind_arm64(ret->nr) : kind_x86(ret->nr & ~X86_X32_BIT);
	if (kind)
		read_args(regs, ret);
	return kind;
}

/* Adds a record of a thread if it is in a call that can wait. addr: its struct task_struct; regs: where its registers were saved. 0 or
 * FULL. */
__attribute__((noinline)) int note_call(uint64_t addr, uint64_t regs)
{
	struct task_struct *task = AS(task_struct, addr);
	uint32_t key = ctl.made.calls - ctl.drained.calls, kind;
	struct lk_bpf_call *r;
	struct call c = { 0 };

	if (READ(task, flags) & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER) || !stands_still(task))
		return 0;
	kind = read_call(task, regs, &c);
	if (!kind || !can_wait(kind, &c))
		return 0;
	r = bpf_map_lookup_elem(&calls, &key);
	if (!r) {
		ctl.full |= LK_BPF_FULL_CALLS;
		return FULL;
	}
	r->start_ns = READ(task, start_boottime);
	r->files = READ64(task, files);
	r->fd = c.arg[0];
	r->tgid = (uint32_t)READ(task, tgid);
	r->tid = (uint32_t)READ(task, pid);
	r->kind = kind;
	ctl.made.calls++;
	return 0;
}

#endif

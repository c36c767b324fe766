/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the BPF program keeps its results: output buffers, the table of what was met in this scan, and facts of processes. Included by
 * lock_dump.bpf.c only.
 *
 * Only one reader at a time runs the program, so nothing here is locked. The verifier checks each function that is not static once, by
 * itself, which keeps loading fast; such functions take and return only numbers. */
#ifndef LK_SOURCE_BPF_STATE_H
#define LK_SOURCE_BPF_STATE_H

#include "source/bpf/kernel.h"

#include "source/bpf/lock_dump.h"

#define OUTPUT(name_, record) \
	struct { \
		__uint(type, BPF_MAP_TYPE_ARRAY); \
		__uint(map_flags, BPF_F_MMAPABLE); \
		__uint(max_entries, 1); \
		__type(key, uint32_t); \
		__type(value, record); \
	} name_ SEC(".maps")

/* Something met in this scan, by address: an inode, a task, a directory or a descriptor table. */
struct seen {
	uint64_t addr;
	uint64_t check; /* tells apart objects that had the same address one after the other */
	uint32_t scan; /* the scan that filled this slot; a number other than ctl.scan: the slot is free */
	uint32_t index; /* of its record (for a descriptor table: the tid of its first thread); LK_BPF_NONE: none yet */
};

/* User space sets max_entries of these maps before it loads the program. */
OUTPUT(holds, struct lk_bpf_hold);
OUTPUT(inodes, struct lk_bpf_inode);
OUTPUT(locks, struct lk_bpf_lock);
OUTPUT(tasks, struct lk_bpf_task);
OUTPUT(calls, struct lk_bpf_call);
OUTPUT(names, struct lk_bpf_name);
OUTPUT(seen, struct seen);

struct lk_bpf_control ctl;

/* Turns a pointer, whose type the verifier knows, into a number: only numbers can be passed to functions that are verified by
 * themselves. */
uint64_t scratch;
static __always_inline uint64_t number(uint64_t pointer)
{
	*(volatile uint64_t *)&scratch = pointer;
	return *(volatile uint64_t *)&scratch;
}

/* Iterations of a loop over a list of unknown length. bpf_loop() accepts up to 1 << 23. */
#define MANY (1U << 22)
#define PROBES 64

#define FULL (-2)
#define GONE (-1)

struct probe {
	uint64_t addr, check;
	uint32_t at;
	int found;
};

static long probe_step(uint32_t i, struct probe *p)
{
	uint32_t key = (p->at + i) & ctl.seen_mask;
	struct seen *s = bpf_map_lookup_elem(&seen, &key);

	if (!s)
		return 1;
	if (s->scan == ctl.scan && s->addr != p->addr)
		return 0;
	if (s->scan != ctl.scan || s->check != p->check)
		*s = (struct seen){ p->addr, p->check, ctl.scan, LK_BPF_NONE };
	p->found = (int)key;
	return 1;
}

/* The slot of an object, or a free one, which then belongs to it. FULL: the table must grow. */
__attribute__((noinline)) int seen_slot(uint64_t addr, uint64_t check)
{
	struct probe p = { addr, check, (uint32_t)((addr * 0x9e3779b97f4a7c15ULL) >> 40), FULL };

	bpf_loop(PROBES, probe_step, &p, 0);
	if (p.found < 0)
		ctl.full |= LK_BPF_FULL_SEEN;
	return p.found;
}

static __always_inline struct seen *seen_at(int slot)
{
	uint32_t key = (uint32_t)slot;

	return slot < 0 ? 0 : bpf_map_lookup_elem(&seen, &key);
}

#define PF_IO_WORKER 0x10

/* The struct inode of the executable that a process runs; 0: none. It stays in memory as long as the process runs it, so its address
 * identifies it. */
static __always_inline uint64_t program_of(uint64_t task)
{
	uint64_t mm = GET64(task_struct, task, mm), file = mm ? GET64(mm_struct, mm, exe_file) : 0;

	return file ? GET64(file, file, f_inode) : 0;
}

static __always_inline void fill_task(struct lk_bpf_task *r, uint64_t task)
{
	struct task_struct *p = AS(task_struct, task);
	uint64_t signal = READ64(p, signal);

	r->start_ns = READ(p, start_boottime);
	r->tgid = (uint32_t)READ(p, tgid);
	r->ppid = (uint32_t)GET(task_struct, READ64(p, real_parent), tgid);
	r->euid = GET(cred, READ64(p, real_cred), euid.val);
	r->n_threads = signal ? (uint32_t)GET(signal_struct, signal, nr_threads) : 0;
	r->state = READ(p, __state);
	r->exit_state = (uint32_t)READ(p, exit_state);
	r->is_kthread = !!(READ(p, flags) & PF_KTHREAD);
	r->pad = 0;
	r->program = program_of(task);
	bpf_probe_read_kernel(r->comm, sizeof(r->comm), (const void *)ADDR(task_struct, task, comm));
	r->comm[sizeof(r->comm) - 1] = 0;
}

/* Adds the record of a process if it is met for the first time; leader: its struct task_struct. The index of the record, or FULL. */
__attribute__((noinline)) int add_task(uint64_t leader)
{
	int slot = seen_slot(leader, GET64(task_struct, leader, start_boottime));
	uint32_t key = ctl.made.tasks - ctl.drained.tasks;
	struct seen *s = seen_at(slot);
	struct lk_bpf_task *r;

	if (!s)
		return FULL;
	if (s->index != LK_BPF_NONE)
		return (int)s->index;
	r = bpf_map_lookup_elem(&tasks, &key);
	if (!r) {
		ctl.full |= LK_BPF_FULL_TASKS;
		return FULL;
	}
	fill_task(r, leader);
	s->index = ctl.made.tasks++;
	return (int)s->index;
}

#endif

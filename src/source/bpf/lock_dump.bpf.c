/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF program: an iterator over tasks that walks each descriptor table itself and dumps every inode with locks once. See lock_dump.h
 * for the records it writes, lists.h for how the lists are read. */
#include "source/bpf/inode.h"

#include "source/bpf/calls.h"
#include "source/bpf/links.h"

char LICENSE[] SEC("license") = "GPL";

/* Descriptors looked at in one step. */
#define STEP 8
/* Steps in one call of the program; then it pauses, so that other tasks can run. */
#define STEPS 8192

struct lk_bpf_table t;
uint64_t slots[STEP]; /* pointers to struct file, read in one step */

static __always_inline bool is_empty(uint64_t context)
{
	uint64_t posix = ADDR(file_lock_context, context, flc_posix),
		 flock = ADDR(file_lock_context, context, flc_flock),
		 lease = ADDR(file_lock_context, context, flc_lease);

	return NEXT(posix) == posix && NEXT(flock) == flock && NEXT(lease) == lease;
}

/* The table was read without taking its lock: does the descriptor still lead to this file and this inode? */
static __always_inline bool still_there(uint32_t fd, uint64_t file, uint64_t inode)
{
	uint64_t now = 0;

	bpf_probe_read_kernel(&now, sizeof(now), (const void *)(t.fds + (uint64_t)fd * sizeof(now)));
	return now == file && GET64(file, file, f_inode) == inode && GET64(task_struct, t.task, files) == t.files;
}

/* Adds the record of a descriptor if its inode has locks. 0 or FULL. */
__attribute__((noinline)) int add_hold(uint32_t fd, uint64_t file, uint64_t inode)
{
	uint32_t key = ctl.made.holds - ctl.drained.holds;
	struct lk_bpf_hold *r = bpf_map_lookup_elem(&holds, &key);
	int index;

	if (is_empty(GET64(inode, inode, i_flctx)))
		return 0;
	if (!r) {
		ctl.full |= LK_BPF_FULL_HOLDS;
		return FULL;
	}
	if (t.task_index == LK_BPF_NONE) {
		index = add_task(t.leader);
		if (index < 0)
			return FULL;
		t.task_index = (uint32_t)index;
	}
	index = meet_inode(inode, file);
	if (index < 0)
		return index == FULL ? FULL : 0;
	r->file = file;
	r->files = t.files;
	r->tgid = t.tgid;
	r->tid = t.tid;
	r->fd = (int32_t)fd;
	r->inode = (uint32_t)index;
	r->task = t.task_index;
	r->mnt_id = GET(mount, GET64(file, file, f_path.mnt) - bpf_core_field_offset(struct mount, mnt), mnt_id);
	if (still_there(fd, file, inode))
		ctl.made.holds++;
	return 0;
}

/* A cheap first check; add_hold() looks closer. */
static __always_inline bool is_interesting(uint64_t file)
{
	return GET64(inode, GET64(file, file, f_inode), i_flctx) != 0;
}

/* Looks at STEP descriptors, or skips all 64 of a bitmap word when none is open. */
static long table_step(uint32_t i, void *unused)
{
	uint32_t at = t.fd & ~(STEP - 1);

	if (at >= t.max_fds)
		return 1;
	if (!(at & 63) || !i)
		bpf_probe_read_kernel(&t.open, sizeof(t.open), (const void *)(t.open_fds + (uint64_t)(at / 64) * 8));
	if (!t.open) {
		t.fd = (at | 63) + 1;
		return 0;
	}
	if (bpf_probe_read_kernel(slots, sizeof(slots), (const void *)(t.fds + (uint64_t)at * 8)))
		return 1;
#pragma clang loop unroll(disable)
	for (uint32_t j = 0; j < STEP; j++) {
		uint64_t file = slots[j];

		if (!file || at + j < t.fd || !is_interesting(file))
			continue;
		if (add_hold(at + j, file, number(GET64(file, file, f_inode))) == FULL) {
			t.fd = at + j;
			return 1;
		}
	}
	t.fd = at + STEP;
	return 0;
}

/* true: the table of this thread is walked for another thread. As a rule threads share the table of their leader, for which it is walked.
 * Where the leader has ended, it is walked for the first thread that is met. Sets t.tid. */
static __always_inline bool is_shared(struct task_struct *task)
{
	uint64_t leader_files;
	struct seen *s;

	t.tid = 0;
	if (t.task == t.leader)
		return false;
	leader_files = GET64(task_struct, t.leader, files);
	if (t.files == leader_files)
		return true;
	t.tid = (uint32_t)READ(task, pid);
	if (leader_files)
		return false;
	s = seen_at(seen_slot(t.files, t.tgid));
	if (!s || s->index == t.tid)
		return false;
	if (s->index != LK_BPF_NONE)
		return true;
	s->index = t.tid;
	return false;
}

static __always_inline int walk_table(void)
{
	uint64_t table = GET64(files_struct, t.files, fdt);

	t.max_fds = GET(fdtable, table, max_fds);
	t.fds = GET64(fdtable, table, fd);
	t.open_fds = GET64(fdtable, table, open_fds);
	bpf_loop(STEPS, table_step, 0, 0);
	if (!ctl.full && t.fd >= t.max_fds)
		return 0;
	ctl.resume_task = t.task;
	ctl.resume_fd = t.fd;
	return 1;
}

static __always_inline int dump_task(struct task_struct *trusted, struct task_struct *task)
{
	t.task = (uint64_t)trusted;
	t.files = READ64(task, files);
	t.leader = READ64(task, group_leader);
	t.tgid = (uint32_t)READ(task, tgid);
	t.task_index = LK_BPF_NONE;
	t.fd = 0;
	if (ctl.resume_task == t.task) {
		t.fd = ctl.resume_fd;
	} else {
		if (note_call(number(t.task), number((uint64_t)bpf_task_pt_regs(trusted))) == FULL)
			return 1;
		ctl.stats.n_groups += t.task == t.leader;
		if (t.tgid == ctl.self_tgid)
			ctl.self_program = program_of(t.leader);
	}
	ctl.resume_task = 0;
	if (!t.files || is_shared(task))
		return 0;
	return walk_table();
}

/* 0: go on; 1: call again for the same task, after emptying the buffers if one is full. */
SEC("iter/task")
int lk_dump(struct bpf_iter__task *ctx)
{
	struct task_struct *trusted = ctx->task, *task;

	ctl.full = 0;
	if (!trusted)
		return 0;
	/* For reads through the iterator's own pointer the verifier would search all types of the kernel, which is slow. */
	task = AS(task_struct, trusted);
	if (ctl.mode == LK_BPF_MODE_LINKS)
		return follow_links(task);
	return dump_task(trusted, task);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of one inode, with its locks and the threads that wait. Included by lock_dump.bpf.c only. */
#ifndef LK_SOURCE_BPF_INODE_H
#define LK_SOURCE_BPF_INODE_H

#include "source/bpf/lists.h"
#include "source/bpf/names.h"

/* The thread that sleeps on the wait queue of a blocked request; 0: nobody sleeps there (any more). The queue entry lies on that thread's
 * stack, so it counts only if the queue still leads to it after the read. */
static __always_inline uint64_t sleeper_of(uint64_t lock)
{
	uint64_t head = lock + LOCK_OFFSET(wait.head);
	uint64_t node = NEXT(head), task;

	if (!node || node == head)
		return 0;
	task = GET64(wait_queue_entry, node - bpf_core_field_offset(struct wait_queue_entry, entry), private);
	return PREV(node) == head && NEXT(head) == node ? task : 0;
}

static long sleeper_step(uint32_t i, void *unused)
{
	uint32_t key = w.base + w.n_held + i, parent_key;
	struct lk_bpf_lock *r = bpf_map_lookup_elem(&locks, &key), *parent;
	uint64_t task;
	int rc;

	if (!r || r->parent == LK_BPF_NONE)
		return 1;
	parent_key = w.base + (r->parent - w.first);
	parent = bpf_map_lookup_elem(&locks, &parent_key);
	task = sleeper_of(r->addr);
	if (!parent || !task)
		return 0;
	r->wait_tgid = (uint32_t)GET(task_struct, task, tgid);
	r->wait_tid = (uint32_t)GET(task_struct, task, pid);
	r->wait_start_ns = GET(task_struct, task, start_boottime);
	rc = add_task(number(GET64(task_struct, task, group_leader)));
	/* Still the same request, and the same thread behind it? */
	if (LOCK_GET(r->addr, blocker) != parent->addr || sleeper_of(r->addr) != task) {
		r->wait_tgid = 0;
		r->wait_tid = 0;
		r->wait_start_ns = 0;
		return 0;
	}
	w.full = rc < 0;
	return w.full;
}

static __always_inline void fill_inode(struct lk_bpf_inode *r, uint64_t inode, uint64_t file)
{
	struct inode *p = AS(inode, inode);
	struct file *f = AS(file, file);
	struct super_block *sb = AS(super_block, READ64(p, i_sb));
	uint64_t name = 0, dentry = READ64(f, f_path.dentry);
	struct dentry *d = AS(dentry, dentry);
	uint32_t dev = READ(sb, s_dev);

	r->ino = READ(p, i_ino);
	r->size = READ(p, i_size);
	r->name = LK_BPF_NONE;
	r->major = dev >> 20;
	r->minor = dev & 0xfffff;
	r->nlink = READ(p, i_nlink);
	r->mode = READ(p, i_mode);
	/* The root of a file system is never hashed. */
	r->flags = !READ64(d, d_hash.pprev) && READ64(d, d_parent) != dentry ? LK_BPF_INODE_UNHASHED : 0;
	bpf_probe_read_kernel(&name, sizeof(name), (const void *)READ64(sb, s_type));
	if (bpf_probe_read_kernel_str(r->fstype, sizeof(r->fstype), (const void *)name) < 0)
		r->fstype[0] = 0;
}

/* Dumps the inode of a file. The index of its record; GONE: it has no lock (any more); or FULL. */
static __always_inline int dump_inode(uint64_t inode, uint64_t file)
{
	uint32_t key = ctl.made.inodes - ctl.drained.inodes;
	struct lk_bpf_inode *r = bpf_map_lookup_elem(&inodes, &key);

	if (!r) {
		ctl.full |= LK_BPF_FULL_INODES;
		return FULL;
	}
	if (ctl.made.names - ctl.drained.names + NAMES_PER_PATH > ctl.cap_names) {
		ctl.full |= LK_BPF_FULL_NAMES;
		return FULL;
	}
	w.inode = inode;
	w.context = GET64(inode, inode, i_flctx);
	w.first = ctl.made.locks;
	w.base = ctl.made.locks - ctl.drained.locks;
	w.index = ctl.made.inodes;
	fill_inode(r, inode, file);
	read_settled();
	if (w.full) {
		ctl.full |= LK_BPF_FULL_LOCKS;
		return FULL;
	}
	if (w.flags & LK_BPF_INODE_TORN)
		w.total = w.n_held = 0;
	else if (!w.total)
		return GONE;
	bpf_loop(w.total - w.n_held, sleeper_step, 0, 0);
	if (w.full)
		return FULL;
	r->name = climb(file);
	r->flags |= w.flags;
	r->first_lock = w.first;
	r->n_locks = w.total;
	r->n_held = w.n_held;
	ctl.stats.n_torn += !!(w.flags & LK_BPF_INODE_TORN);
	ctl.stats.n_changing += !!(w.flags & LK_BPF_INODE_CHANGING);
	ctl.made.locks += w.total;
	return (int)ctl.made.inodes++;
}

/* Dumps the inode of a file if it is met for the first time. The index of its record, GONE or FULL. */
__attribute__((noinline)) int meet_inode(uint64_t inode, uint64_t file)
{
	/* The memory may have been reused for an inode with the same number on another file system. */
	uint64_t check = GET64(inode, inode, i_ino) ^ GET64(inode, inode, i_generation) << 32 ^
			 number(GET64(inode, inode, i_sb));
	int slot = seen_slot(inode, check), index;
	struct seen *s = seen_at(slot);

	if (!s)
		return FULL;
	if (s->index != LK_BPF_NONE)
		return (int)s->index;
	index = dump_inode(inode, file);
	if (index >= 0)
		s->index = (uint32_t)index;
	return index;
}

#endif

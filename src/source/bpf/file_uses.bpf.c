/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF program that finds out who uses certain files: iterators over the descriptors, the directories and programs, and the mappings of
 * all tasks. It writes a struct lk_bpf_use for each use, which read(2) of the iterator returns. */
#include "source/bpf/kernel.h"

#include "source/bpf/file_uses.h"

char LICENSE[] SEC("license") = "GPL";

#define MODE_PATH 0x4000 /* FMODE_PATH */
/* Locks of one file that are looked at for one descriptor. */
#define LOCKS_MAX 65536

/* User space sets max_entries before it loads the program. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct lk_bpf_watched);
	__type(value, uint32_t);
} watched SEC(".maps");

/* Processes that must not be left out, and whether they were met. Likewise. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint32_t);
} asked SEC(".maps");

/* How often the directories or the program of a task were replaced while they were read: they may be uses that were not seen. */
uint32_t n_torn;

/* Whether the inode is one of the files; fills in which. */
static __always_inline bool is_watched(uint64_t inode, struct lk_bpf_watched *ret)
{
	uint32_t dev;

	if (!inode)
		return false;
	dev = GET(super_block, GET64(inode, inode, i_sb), s_dev);
	*ret = (struct lk_bpf_watched){ GET64(inode, inode, i_ino), dev >> 20, dev & 0xfffff };
	return bpf_map_lookup_elem(&watched, ret);
}

/* The process that reads the iterator is left out. */
static __always_inline void tell(struct bpf_iter_meta *meta, struct task_struct *task, struct lk_bpf_use *u)
{
	uint64_t leader = READ64(task, group_leader);

	u->tgid = (uint32_t)READ(task, tgid);
	if (u->tgid == bpf_get_current_pid_tgid() >> 32)
		return;
	u->start_ns = GET(task_struct, leader, start_boottime);
	bpf_probe_read_kernel(u->comm, sizeof(u->comm), (const void *)ADDR(task_struct, leader, comm));
	u->comm[sizeof(u->comm) - 1] = 0;
	bpf_seq_write(meta->seq, u, sizeof(*u));
}

/* -- descriptors -- */

/* The locks of a file that are looked through for those of one descriptor. */
struct search {
	uint64_t head, node;
	uint64_t file, files;
	bool found;
};

/* By the rule of fdinfo: the lock was made through this open file description, by it or by this table of descriptors. */
static long search_step(uint32_t i, struct search *s)
{
	uint64_t lock = s->node - LOCK_OFFSET(list), owner;

	if (!s->node || s->node == s->head)
		return 1;
	owner = LOCK_GET(lock, owner);
	s->found = LOCK_GET(lock, file) == s->file && (owner == s->file || owner == s->files);
	s->node = NEXT(s->node);
	return s->found;
}

static __always_inline bool search_list(struct search *s, uint64_t head)
{
	s->head = head;
	s->node = NEXT(head);
	if (!s->found)
		bpf_loop(LOCKS_MAX, search_step, s, 0);
	return s->found;
}

/* The lists are read without their lock: what is found or not found is a hint. */
static __always_inline bool shows_lock(struct task_struct *task, struct file *file, uint64_t inode)
{
	uint64_t context = GET64(inode, inode, i_flctx);
	struct search s = { .file = (uint64_t)file, .files = READ64(task, files) };

	return context && (search_list(&s, ADDR(file_lock_context, context, flc_posix)) ||
			   search_list(&s, ADDR(file_lock_context, context, flc_flock)) ||
			   search_list(&s, ADDR(file_lock_context, context, flc_lease)));
}

SEC("iter/task_file")
int lk_descriptors(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct lk_bpf_use u = { .kind = LK_BPF_USE_FD };
	uint64_t inode;

	if (!task || !file)
		return 0;
	inode = READ64(file, f_inode);
	if (!is_watched(inode, &u.file))
		return 0;
	u.fd = (int32_t)ctx->fd;
	u.flags = READ(file, f_mode) & MODE_PATH ? LK_BPF_USE_IS_PATH : 0;
	u.flags |= shows_lock(task, file, inode) ? LK_BPF_USE_IS_LOCKED : 0;
	tell(ctx->meta, task, &u);
	return 0;
}

/* -- working directory, root directory, program -- */

static __always_inline void look_at_directories(struct bpf_iter__task *ctx, struct task_struct *task, uint64_t fs)
{
	struct task_struct *me = (struct task_struct *)bpf_get_current_task();
	struct fs_struct *p = AS(fs_struct, fs), *mine = AS(fs_struct, READ64(me, fs));
	struct lk_bpf_use u = { .kind = LK_BPF_USE_CWD, .fd = -1 };
	uint64_t dentry = READ64(p, pwd.dentry);

	if (is_watched(GET64(dentry, dentry, d_inode), &u.file))
		tell(ctx->meta, task, &u);
	dentry = READ64(p, root.dentry);
	u.kind = LK_BPF_USE_ROOT;
	if ((dentry != READ64(mine, root.dentry) || READ64(p, root.mnt) != READ64(mine, root.mnt)) &&
	    is_watched(GET64(dentry, dentry, d_inode), &u.file))
		tell(ctx->meta, task, &u);
	n_torn += READ64(task, fs) != fs;
}

static __always_inline void look_at_program(struct bpf_iter__task *ctx, struct task_struct *task, uint64_t mm)
{
	struct lk_bpf_use u = { .kind = LK_BPF_USE_PROGRAM, .fd = -1 };
	uint64_t file = GET64(mm_struct, mm, exe_file);

	if (file && is_watched(GET64(file, file, f_inode), &u.file))
		tell(ctx->meta, task, &u);
	n_torn += READ64(task, mm) != mm || GET64(mm_struct, mm, exe_file) != file;
}

static __always_inline void note_met(struct task_struct *task)
{
	uint32_t tgid = (uint32_t)READ(task, tgid), *met = bpf_map_lookup_elem(&asked, &tgid);

	if (met)
		*met = 1;
}

SEC("iter/task")
int lk_places(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	uint64_t leader, fs, mm;

	if (!task || READ(task, flags) & PF_KTHREAD)
		return 0;
	note_met(task);
	/* As a rule threads share all of it with their leader; what a leader that has ended had, its threads may still have. */
	leader = READ64(task, group_leader);
	fs = READ64(task, fs);
	if (fs && ((uint64_t)task == leader || fs != GET64(task_struct, leader, fs)))
		look_at_directories(ctx, task, fs);
	mm = READ64(task, mm);
	if (mm && ((uint64_t)task == leader || !GET64(task_struct, leader, mm)))
		look_at_program(ctx, task, mm);
	return 0;
}

/* -- mappings -- */

SEC("iter/task_vma")
int lk_mappings(struct bpf_iter__task_vma *ctx)
{
	struct task_struct *task = ctx->task;
	struct vm_area_struct *vma = ctx->vma;
	struct lk_bpf_use u = { .kind = LK_BPF_USE_MAPPED, .fd = -1 };
	uint64_t file;

	if (!task || !vma)
		return 0;
	file = READ64(vma, vm_file);
	if (file && is_watched(GET64(file, file, f_inode), &u.file))
		tell(ctx->meta, task, &u);
	return 0;
}

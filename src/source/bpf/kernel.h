/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of kernel structures that the program reads, by name. Their offsets in the running kernel are resolved when the program is
 * loaded (CO-RE), so that building needs no kernel headers. Included by the BPF program only.
 *
 * A lock has one of two layouts: before Linux 6.9 the common members were in struct file_lock itself (fl_*), since then they are in struct
 * file_lock_core (flc_*), with which struct file_lock and struct file_lease begin. See doc/kernel.md 10.2. */
#ifndef LK_SOURCE_BPF_KERNEL_H
#define LK_SOURCE_BPF_KERNEL_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __s32 int32_t;
typedef __u64 uint64_t;
typedef __s64 int64_t;
typedef _Bool bool;
#define true 1
#define false 0
#define UINT32_C(n) n##U

/* From linux/bpf.h. */
enum { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY = 2 };
enum { BPF_F_MMAPABLE = 1 << 10 };

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_bl_node {
	struct hlist_bl_node *next, **pprev;
};

struct wait_queue_head {
	struct list_head head;
};

struct wait_queue_entry {
	void *private;
	struct list_head entry;
};

struct file_lock_core {
	struct file_lock_core *flc_blocker;
	struct list_head flc_list;
	struct hlist_bl_node flc_link; /* a struct hlist_node in the kernel */
	struct list_head flc_blocked_requests;
	struct list_head flc_blocked_member;
	void *flc_owner;
	unsigned int flc_flags;
	unsigned char flc_type;
	int flc_pid;
	struct wait_queue_head flc_wait;
	struct file *flc_file;
};

/* The layout since Linux 6.9; older kernels have these members under the same names. */
struct file_lock {
	long long fl_start;
	long long fl_end;
};

struct file_lock___old {
	struct file_lock___old *fl_blocker;
	struct list_head fl_list;
	struct hlist_bl_node fl_link;
	struct list_head fl_blocked_requests;
	struct list_head fl_blocked_member;
	void *fl_owner;
	unsigned int fl_flags;
	unsigned char fl_type;
	unsigned int fl_pid;
	struct wait_queue_head fl_wait;
	struct file *fl_file;
};

struct file_lock_context {
	struct list_head flc_flock;
	struct list_head flc_posix;
	struct list_head flc_lease;
};

/* Only its name is read, which has always been the first member. */
struct file_system_type;

struct qstr {
	unsigned int len;
	const unsigned char *name;
};

typedef struct {
	unsigned int sequence;
} seqcount_t;

typedef struct {
	seqcount_t seqcount;
} seqcount_spinlock_t;

struct dentry {
	seqcount_spinlock_t d_seq;
	struct dentry *d_parent;
	struct inode *d_inode;
	struct hlist_bl_node d_hash;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	int mnt_id;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct super_block {
	unsigned int s_dev;
	struct file_system_type *s_type;
};

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_nlink;
	long long i_size;
	unsigned int i_generation;
	struct file_lock_context *i_flctx;
};

struct file {
	unsigned int f_mode;
	struct inode *f_inode;
	struct path f_path;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *open_fds;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root, pwd;
};

typedef struct {
	unsigned int val;
} kuid_t;

struct cred {
	kuid_t euid;
};

struct mm_struct {
	struct file *exe_file;
};

struct vm_area_struct {
	struct file *vm_file;
};

struct signal_struct {
	int nr_threads;
};

struct thread_info {
	unsigned long flags;
	unsigned int status; /* x86 */
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	unsigned int flags;
	int exit_state;
	unsigned long jobctl;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	unsigned long long start_boottime;
	const struct cred *real_cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct signal_struct *signal;
	struct mm_struct *mm;
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

#pragma clang attribute pop

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	__u32 pad;
	struct file *file;
};

struct bpf_iter__task_vma {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	struct vm_area_struct *vma;
};

#define PF_KTHREAD 0x200000

/* Reads through an address that is only a number. Memory that was freed yields zeroes or whatever is there now, never a fault: checks made
 * afterwards prove a value, not the read itself. AS(type, address) is a pointer for READ(pointer, member), for several members that need to
 * be read only once; GET(type, address, member) reads memory anew each time. */
#ifdef LK_BPF_COPY
#define AS(type, addr) ((struct type *)(addr))
#define READ(p, member) \
	({ \
		typeof((p)->member) value_; \
		bpf_probe_read_kernel(&value_, sizeof(value_), &(p)->member); \
		value_; \
	})
#else
/* Since Linux 6.2: tells the verifier the type, so that a read is one instruction. */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym;
#define AS(type, addr) ((struct type *)bpf_rdonly_cast((const void *)(addr), bpf_core_type_id_kernel(struct type)))
#define READ(p, member) ((p)->member)
#endif
#define READ64(p, member) ((uint64_t)READ(p, member))
#define GET(type, addr, member) READ(AS(type, addr), member)
#define GET64(type, addr, member) ((uint64_t)GET(type, addr, member))
#define ADDR(type, addr, member) ((uint64_t)(addr) + bpf_core_field_offset(struct type, member))

/* The two pointers of a list node. In every kind of list the first is `next` and the second is the way back. Why struct hlist_bl_node:
 * while loading, the kernel remembers the type names it resolved in a table of 31 slots (kernel/bpf/btf.c) and searches all its types for a
 * name that was evicted. Loading takes less than half the time with a type that shares its slot with none of the others (struct list_head
 * and struct inode share one). */
#define NEXT(addr) GET64(hlist_bl_node, addr, next)
#define PREV(addr) GET64(hlist_bl_node, addr, pprev)

/* A member of a lock, in either layout. */
#define NEW_LAYOUT bpf_core_type_exists(struct file_lock_core)
#define LOCK_GET(addr, member) \
	(NEW_LAYOUT ? GET64(file_lock_core, addr, flc_##member) : GET64(file_lock___old, addr, fl_##member))
#define LOCK_OFFSET(member) \
	((uint64_t)(NEW_LAYOUT ? bpf_core_field_offset(struct file_lock_core, flc_##member) \
			       : bpf_core_field_offset(struct file_lock___old, fl_##member)))

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records that the BPF program (lock_dump.bpf.c) writes and user space (bpf_dump.c) reads. Plain C for both compilers; every record is
 * a multiple of 8 bytes without hidden padding. Pids are those of the initial pid namespace; device numbers, flag words and addresses are
 * the kernel's own. Addresses only identify objects: user space compares them and never follows them. */
#ifndef LK_SOURCE_BPF_LOCK_DUMP_H
#define LK_SOURCE_BPF_LOCK_DUMP_H

#ifndef __bpf__
#include <stdint.h>
#endif

#define LK_BPF_NONE UINT32_C(0xffffffff)

#define LK_BPF_ROOT UINT32_C(0xfffffffe)
#define LK_BPF_NAME_BYTES 58
#define LK_BPF_NAME_MORE 64 /* bytes of a record that continues a name */

/* A descriptor (opened with O_PATH or not) of a file whose inode has at least one lock. */
struct lk_bpf_hold {
	uint64_t file; /* struct file: the open file description */
	uint64_t files; /* struct files_struct, the descriptor table: the owner of its POSIX locks */
	uint32_t tgid;
	uint32_t tid; /* 0: the table of the process; else the thread that has this private table */
	int32_t fd;
	uint32_t inode; /* index of its lk_bpf_inode */
	uint32_t task; /* index of the lk_bpf_task of the process */
	int32_t mnt_id; /* as in fdinfo and mountinfo; -1 unknown */
};

enum lk_bpf_inode_flags {
	/* The lists of locks stayed inconsistent after all retries: no lock of this inode is reported. */
	LK_BPF_INODE_TORN = 1 << 0,
	/* Every reported lock is real, but the lists changed at each reading: a lock that moved meanwhile may be missing. */
	LK_BPF_INODE_CHANGING = 1 << 1,
	LK_BPF_INODE_UNHASHED = 1 << 2, /* the name by which it was opened is gone */
	LK_BPF_INODE_OURS = 1 << 3, /* the private file of an all-links pass, of this or another lockscope */
};

/* An inode with locks. Each inode is dumped once. */
struct lk_bpf_inode {
	uint64_t ino; /* with major and minor: the key of /proc/locks */
	int64_t size; /* bytes */
	uint32_t name; /* index of the last component of its path, see lk_bpf_path(); LK_BPF_NONE: not known */
	uint32_t major; /* of the superblock */
	uint32_t minor;
	uint32_t nlink;
	uint32_t mode; /* st_mode */
	uint32_t flags; /* LK_BPF_INODE_* */
	uint32_t first_lock; /* index of its first lk_bpf_lock */
	uint32_t
		n_locks; /* held first (POSIX list, flock list, lease list, each in list order), then waiters by depth */
	uint32_t n_held;
	uint32_t pad;
	char fstype[16]; /* NUL-terminated, cut at 15 bytes */
};

/* One component of a path. A directory is stored once, so that the paths of all inodes form a tree. */
struct lk_bpf_name {
	uint32_t parent; /* index of the directory; LK_BPF_ROOT: none, the path begins here; LK_BPF_NONE: not known */
	uint16_t len; /* bytes, without NUL */
	char bytes[LK_BPF_NAME_BYTES]; /* a longer name continues in the records that follow, which hold only bytes */
};

enum lk_bpf_list { LK_BPF_LIST_POSIX, LK_BPF_LIST_FLOCK, LK_BPF_LIST_LEASE };

/* flags of struct file_lock, the same since Linux 3.15. */
#define LK_BPF_FL_POSIX UINT32_C(1)
#define LK_BPF_FL_FLOCK UINT32_C(2)
#define LK_BPF_FL_DELEG UINT32_C(4)
#define LK_BPF_FL_ACCESS UINT32_C(8)
#define LK_BPF_FL_LEASE UINT32_C(32)
#define LK_BPF_FL_DOWNGRADE_PENDING UINT32_C(256) /* a lease being broken down to READ */
#define LK_BPF_FL_UNLOCK_PENDING UINT32_C(512) /* a lease being broken down to nothing */
#define LK_BPF_FL_OFDLCK UINT32_C(1024)
#define LK_BPF_FL_LAYOUT UINT32_C(2048)

/* A held lock (parent LK_BPF_NONE) or a request that waits behind another. */
struct lk_bpf_lock {
	uint64_t addr; /* struct file_lock or file_lease */
	uint64_t owner; /* files_struct (POSIX), file (OFD, flock, lease), or an object of a kernel user */
	uint64_t file; /* open file description through which the lock was made; 0: none (a lease breaker) */
	int64_t start; /* range: inclusive; end INT64_MAX is to EOF */
	int64_t end;
	uint64_t wait_start_ns; /* waiter: start_boottime of its thread, as in lk_bpf_task */
	uint32_t parent; /* index (in all locks) of the lock it waits behind; LK_BPF_NONE: held */
	uint32_t depth; /* 0 held, 1.. waiting */
	uint32_t flags; /* LK_BPF_FL_* */
	int32_t pid; /* tgid of the process that made the lock, also for OFD; negative or 0 for remote and kernel users */
	uint32_t wait_tgid; /* waiter: process of the thread that sleeps; 0 unknown (the thread was waking up) */
	uint32_t wait_tid;
	int32_t wait_fd; /* waiter: descriptor of its call, proven to lead to `file`; -1 none or unknown. Set by user space */
	uint32_t inode; /* index */
	uint8_t list; /* enum lk_bpf_list */
	uint8_t type; /* F_RDLCK, F_WRLCK, F_UNLCK as stored */
	uint8_t has_waiters; /* others wait behind it */
	uint8_t pad[5];
};

/* A process (its thread group leader) that has a hold or waits. */
struct lk_bpf_task {
	uint64_t
		start_ns; /* start_boottime: field 22 of /proc/PID/stat, in nanoseconds and without the offset of a time namespace */
	uint32_t tgid;
	uint32_t ppid; /* as PPid in /proc/PID/status */
	uint32_t euid; /* effective, of the initial user namespace */
	uint32_t n_threads;
	uint32_t state; /* task->__state */
	uint32_t exit_state; /* task->exit_state */
	uint32_t is_kthread;
	uint32_t pad;
	uint64_t program; /* struct inode of its executable; 0: a kernel thread, or the process is ending */
	char comm[16]; /* exact bytes, NUL-terminated */
};

enum lk_bpf_call_kind { LK_BPF_CALL_FCNTL = 1, LK_BPF_CALL_FLOCK = 2, LK_BPF_CALL_OPEN = 3 };

/* A thread that sleeps or is stopped in a system call that can wait for a lock (fcntl, flock, open and similar calls). There are no such
 * records on processors other than x86 and arm64, whose saved registers the program cannot read. */
struct lk_bpf_call {
	uint64_t start_ns;
	uint64_t files; /* its descriptor table */
	uint32_t tgid;
	uint32_t tid;
	uint32_t kind; /* enum lk_bpf_call_kind */
	uint32_t fd; /* the first argument of the call: a descriptor, except for LK_BPF_CALL_OPEN */
};

/* What a scan counted. */
struct lk_bpf_stats {
	uint64_t n_groups; /* processes seen */
	uint32_t n_torn; /* inodes flagged LK_BPF_INODE_TORN */
	uint32_t n_changing;
	uint32_t n_links_torn; /* per-processor lists that could not be followed to the end */
	uint32_t n_links_lists; /* per-processor lists followed */
};

/* -- between lock_dump.bpf.c and bpf_dump.c only -- */

enum lk_bpf_mode { LK_BPF_MODE_FDS, LK_BPF_MODE_LINKS };

enum lk_bpf_arch { LK_BPF_NO_ARCH, LK_BPF_X86, LK_BPF_ARM64 };

enum lk_bpf_full {
	LK_BPF_FULL_HOLDS = 1 << 0,
	LK_BPF_FULL_INODES = 1 << 1,
	LK_BPF_FULL_LOCKS = 1 << 2,
	LK_BPF_FULL_TASKS = 1 << 3,
	LK_BPF_FULL_CALLS = 1 << 4,
	LK_BPF_FULL_NAMES = 1 << 5,
	LK_BPF_FULL_SEEN = 1 << 6, /* the `seen` table: it cannot be emptied, only made larger */
};

/* How many records of each kind. */
struct lk_bpf_counts {
	uint32_t holds, inodes, locks, tasks, calls, names;
};

/* The output buffers are small: when one is full, the program asks to be called again for the same task (it returns 1, so that read(2)
 * fails with EAGAIN); user space moves the records out, notes their number in `drained`, and reads on. */
struct lk_bpf_control {
	uint32_t mode; /* enum lk_bpf_mode */
	uint32_t self_tgid; /* the lockscope process; marker_fd: its file of markers, for the all-links pass */
	int32_t marker_fd;
	uint32_t scan; /* number of this scan, never 0: entries of the `seen` table with another number are free */
	uint32_t seen_mask; /* slots - 1 */
	uint32_t cap_names; /* size of the buffer of names, in records */
	struct lk_bpf_counts made; /* in this scan */
	struct lk_bpf_counts drained;
	uint32_t full; /* LK_BPF_FULL_*: why the program stopped */
	uint32_t arch; /* LK_BPF_X86 ...: how to read registers */
	uint64_t self_program; /* struct inode of the executable of self_tgid; 0: that process was not met yet */
	uint64_t resume_task; /* struct task_struct whose descriptor table was not finished; 0: none */
	uint32_t resume_fd; /* the descriptor at which to go on */
	uint32_t pad2;
	struct lk_bpf_stats stats;
};

/* Working variables of the program itself. Their types are here because the header that bpftool generates names them. */

/* The inode being read (lists.h). */
struct lk_bpf_reading {
	uint64_t inode;
	uint64_t context; /* struct file_lock_context */
	uint32_t base; /* position of the inode's first lock in the buffer */
	uint32_t first; /* index of that lock among all locks of the scan */
	uint32_t index; /* index of the inode's record */
	uint32_t n; /* locks read */
	uint32_t n_held; /* held locks found by the first reading */
	uint32_t total; /* locks and waiters found by the first reading */
	uint32_t n_parents; /* locks with waiters that were not read yet */
	uint32_t verify; /* second reading: compare only */
	uint32_t bad; /* the reading is inconsistent: throw it away */
	uint32_t full;
	uint32_t sound; /* the previous reading was consistent: this one verifies it */
	uint32_t retries;
	uint32_t work; /* locks read in all readings together */
	uint32_t flags; /* LK_BPF_INODE_TORN, LK_BPF_INODE_CHANGING */
	uint32_t pad;
};

/* A per-processor list being followed (links.h). */
struct lk_bpf_chain {
	uint64_t prev; /* list nodes; prev is 0 while cur is the marker */
	uint64_t cur;
	uint64_t last_inode; /* inode of the previous lock, which was handled then */
	uint32_t bad;
	uint32_t ended;
	uint32_t full;
	uint32_t tries;
};

/* The descriptor table being walked. */
struct lk_bpf_table {
	uint64_t task;
	uint64_t leader;
	uint64_t files;
	uint64_t fds;
	uint64_t open_fds;
	uint32_t tgid;
	uint32_t tid;
	uint32_t task_index; /* LK_BPF_NONE: no record yet */
	uint32_t fd; /* the next descriptor to look at */
	uint32_t max_fds;
	uint64_t open; /* bitmap of the 64 descriptors around `fd`: which are open */
};

/* A list being walked (lists.h). */
struct lk_bpf_walk {
	uint64_t head;
	uint64_t cur;
	uint64_t next;
	uint64_t parent; /* address of the lock whose waiters are walked; 0: a list of held locks */
	uint32_t parent_index;
	uint32_t depth;
	uint32_t list; /* enum lk_bpf_list */
	uint32_t ended;
};

/* A path being followed from a file up to the root directory (names.h). */
struct lk_bpf_climb {
	uint64_t dentry;
	uint64_t mnt; /* struct vfsmount */
	uint64_t root_dentry; /* our own root directory */
	uint64_t root_mnt;
	uint32_t first; /* index of the last component of the path; LK_BPF_NONE: none yet */
	uint32_t child; /* index of the component whose directory is looked for; LK_BPF_NONE: none */
};

#endif

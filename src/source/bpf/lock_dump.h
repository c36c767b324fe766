/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records that the BPF program (lock_dump.bpf.c) writes and user space (bpf_dump.c) reads. Plain C for both compilers; every
 * record is a multiple of 8 bytes without hidden padding. Pids are those of the initial pid namespace; device numbers, flag words
 * and addresses are the kernel's own. Addresses are identities to compare, nothing to follow. */
#ifndef LK_SOURCE_BPF_LOCK_DUMP_H
#define LK_SOURCE_BPF_LOCK_DUMP_H

#ifndef __bpf__
#include <stdint.h>
#endif

#define LK_BPF_NONE UINT32_C(0xffffffff)

#define LK_BPF_ROOT UINT32_C(0xfffffffe)
#define LK_BPF_NAME_BYTES 58
#define LK_BPF_NAME_MORE 64 /* bytes of a record that continues a name */

/* A descriptor of a table whose file has at least one lock on its inode, O_PATH or not. */
struct lk_bpf_hold {
	uint64_t file; /* struct file: the open file description */
	uint64_t files; /* struct files_struct: the owner of its POSIX locks */
	uint32_t tgid;
	uint32_t tid; /* 0: the table of the process; else the thread that has this private table */
	int32_t fd;
	uint32_t inode; /* index of its lk_bpf_inode */
	uint32_t task; /* index of the lk_bpf_task of the process; LK_BPF_NONE when it had ended */
	int32_t mnt_id; /* as in fdinfo and mountinfo; -1 unknown */
};

enum lk_bpf_inode_flags {
	/* Its lists stayed inconsistent after all retries: no lock of it is given. */
	LK_BPF_INODE_TORN = 1 << 0,
	/* Every lock given is sound, but the lists changed with each reading: one that moved meanwhile may be missing. */
	LK_BPF_INODE_CHANGING = 1 << 1,
	LK_BPF_INODE_UNHASHED = 1 << 2, /* the name by which it was opened is gone */
	LK_BPF_INODE_OURS = 1 << 3, /* the private file of an all-links pass, ours or another lockscope's */
};

/* An inode with locks: dumped once. */
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

/* One component of a path. Directories are given once, so that the paths of all inodes make a tree. */
struct lk_bpf_name {
	uint32_t parent; /* index of the directory; LK_BPF_ROOT: none, the path begins here; LK_BPF_NONE: not known */
	uint16_t len; /* bytes, without NUL */
	char bytes[LK_BPF_NAME_BYTES]; /* what does not fit goes on in the following records, which are all bytes */
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
	uint64_t owner; /* files_struct (POSIX), file (OFD, flock, lease), or of a kernel user */
	uint64_t file; /* open file description through which it was made; 0: none (a lease breaker) */
	int64_t start; /* range: inclusive; end INT64_MAX is to EOF */
	int64_t end;
	uint64_t wait_start_ns; /* waiter: start_boottime of its thread, as in lk_bpf_task */
	uint32_t parent; /* index (in all locks) of what it waits behind; LK_BPF_NONE: held */
	uint32_t depth; /* 0 held, 1.. waiting */
	uint32_t flags; /* LK_BPF_FL_* */
	int32_t pid; /* recorded: the tgid that made it, OFD too; negative or 0 for remote and kernel users */
	uint32_t wait_tgid; /* waiter: who sleeps; 0 unknown (the thread was waking up) */
	uint32_t wait_tid;
	int32_t wait_fd; /* waiter: descriptor of its call, proven to be `file`; -1 none or unknown. Filled by user space */
	uint32_t inode; /* index */
	uint8_t list; /* enum lk_bpf_list */
	uint8_t type; /* F_RDLCK, F_WRLCK, F_UNLCK as stored */
	uint8_t has_waiters; /* others wait behind it */
	uint8_t pad[5];
};

/* A process (its thread group leader) that has a hold or waits. */
struct lk_bpf_task {
	uint64_t
		start_ns; /* start_boottime: what field 22 of /proc/PID/stat prints, as nanoseconds, time namespace apart */
	uint32_t tgid;
	uint32_t ppid; /* as PPid in /proc/PID/status */
	uint32_t euid; /* effective, of the initial user namespace */
	uint32_t n_threads;
	uint32_t state; /* task->__state */
	uint32_t exit_state; /* task->exit_state */
	uint32_t is_kthread;
	uint32_t pad;
	uint64_t program; /* struct inode of what it runs; 0: a kernel thread, or it is ending */
	char comm[16]; /* exact bytes, NUL-terminated */
};

enum lk_bpf_call_kind { LK_BPF_CALL_FCNTL = 1, LK_BPF_CALL_FLOCK = 2, LK_BPF_CALL_OPEN = 3 };

/* A thread that sleeps or is stopped in a call that can wait for a lock (fcntl, flock, open and its kin). Where the kernel's
 * registers cannot be read (neither x86 nor arm64) there are none. */
struct lk_bpf_call {
	uint64_t start_ns;
	uint64_t files; /* its descriptor table */
	uint32_t tgid;
	uint32_t tid;
	uint32_t kind; /* enum lk_bpf_call_kind */
	uint32_t fd; /* its first argument, which is a descriptor but for open and its kin */
};

/* What a scan counted. */
struct lk_bpf_stats {
	uint64_t n_groups; /* processes seen */
	uint32_t n_torn; /* inodes */
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
	LK_BPF_FULL_SEEN = 1 << 6, /* the table of what was met: cannot be emptied, only be made larger */
};

/* How many records of each kind. */
struct lk_bpf_counts {
	uint32_t holds, inodes, locks, tasks, calls, names;
};

/* Output buffers are small: when one is full the program asks to be called again for the same task (returns 1, so that read(2)
 * says EAGAIN); user space moves the records out, notes in `drained` how many, and reads on. */
struct lk_bpf_control {
	uint32_t mode; /* enum lk_bpf_mode */
	uint32_t self_tgid; /* who asks, and the descriptor of its markers: all-links pass */
	int32_t marker_fd;
	uint32_t scan; /* number of this scan, never 0: entries of the seen table with another number are free */
	uint32_t seen_mask; /* slots - 1 */
	uint32_t cap_names; /* room in the buffer of names */
	struct lk_bpf_counts made; /* in this scan */
	struct lk_bpf_counts drained;
	uint32_t full; /* LK_BPF_FULL_*: why the program stopped */
	uint32_t arch; /* LK_BPF_X86 ...: how to read registers */
	uint64_t self_program; /* struct inode of what it runs who asks; 0: not met yet */
	uint64_t resume_task; /* address; 0: none */
	uint32_t resume_fd; /* where in its table */
	uint32_t pad2;
	struct lk_bpf_stats stats;
};

/* Scratch of the program itself, here because the header that bpftool makes names it. */

/* The inode being read (lists.h). */
struct lk_bpf_reading {
	uint64_t inode;
	uint64_t context; /* struct file_lock_context */
	uint32_t base; /* of its first lock in the buffer */
	uint32_t first; /* the index of that lock */
	uint32_t index; /* of its record */
	uint32_t n; /* locks read */
	uint32_t n_held; /* of the first reading */
	uint32_t total; /* of the first reading */
	uint32_t n_parents; /* locks that others wait behind, not yet followed */
	uint32_t verify; /* second reading: compare only */
	uint32_t bad; /* inconsistent: throw away */
	uint32_t full;
	uint32_t sound; /* the reading before was: this one verifies it */
	uint32_t retries;
	uint32_t work; /* locks looked at in all readings */
	uint32_t flags; /* LK_BPF_INODE_TORN, LK_BPF_INODE_CHANGING */
	uint32_t pad;
};

/* A list by processor being followed (links.h). */
struct lk_bpf_chain {
	uint64_t prev; /* nodes; prev is 0 at the marker */
	uint64_t cur;
	uint64_t last_inode; /* the inode of the lock before, known to be met */
	uint32_t bad;
	uint32_t ended;
	uint32_t full;
	uint32_t tries;
};

/* The table being walked. */
struct lk_bpf_table {
	uint64_t task;
	uint64_t leader;
	uint64_t files;
	uint64_t fds;
	uint64_t open_fds;
	uint32_t tgid;
	uint32_t tid;
	uint32_t task_index; /* LK_BPF_NONE: no record yet */
	uint32_t fd; /* where the walk is */
	uint32_t max_fds;
	uint64_t open; /* which of the 64 descriptors around it are open */
};

/* A list being walked (lists.h). */
struct lk_bpf_walk {
	uint64_t head;
	uint64_t cur;
	uint64_t next;
	uint64_t parent; /* address of the lock that is waited behind; 0: a list of held locks */
	uint32_t parent_index;
	uint32_t depth;
	uint32_t list; /* enum lk_bpf_list */
	uint32_t ended;
};

/* A path being climbed (names.h). */
struct lk_bpf_climb {
	uint64_t dentry;
	uint64_t mnt; /* struct vfsmount */
	uint64_t root_dentry; /* our own root directory */
	uint64_t root_mnt;
	uint32_t first; /* the last component; LK_BPF_NONE: none yet */
	uint32_t child; /* whose parent is looked for; LK_BPF_NONE: none */
};

#endif

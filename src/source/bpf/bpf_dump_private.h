/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the bpf_dump*.c files only. */
#ifndef LK_SOURCE_BPF_DUMP_PRIVATE_H
#define LK_SOURCE_BPF_DUMP_PRIVATE_H

#include "base/vec.h"
#include "source/bpf/bpf_dump.h"
#include "source/host/markers.h"
#include "source/host/rights.h"
#include "source/source.h"

enum bpf_kind { BPF_HOLDS, BPF_INODES, BPF_LOCKS, BPF_TASKS, BPF_CALLS, BPF_NAMES, BPF_N_KINDS };

/* The records that were moved out of the program's buffers in this scan. */
struct bpf_records {
	LK_VEC(struct lk_bpf_hold) holds;
	LK_VEC(struct lk_bpf_inode) inodes;
	LK_VEC(struct lk_bpf_lock) locks;
	LK_VEC(struct lk_bpf_task) tasks;
	LK_VEC(struct lk_bpf_call) calls;
	LK_VEC(struct lk_bpf_name) names;
};

/* Locks of our own on a private file, one taken on each processor. */
struct bpf_markers {
	int fd; /* -1: none */
	unsigned n; /* processors that have one */
	bool all; /* every configured processor has one */
	struct lk_key key; /* of the private file; inode numbers of tmpfs are unique only within one mount */
};

/* One of the program's output buffers. */
struct bpf_buffer {
	int fd; /* of the map; owned by the skeleton */
	uint32_t room; /* records */
	char *mapped; /* NULL: none */
	size_t n_mapped; /* bytes */
};

struct lk_bpf {
	const struct bpf_flavour *flavour;
	void *skel; /* NULL: not loaded */
	struct lk_bpf_control *ctl; /* shared with the program */
	int prog_fd;
	int link_fd, self_link_fd; /* -1: none */
	struct bpf_buffer buffers[BPF_N_KINDS];
	uint32_t room_locks, room_seen;
	uint32_t scan; /* number of the last scan */
	struct bpf_markers markers;
	struct bpf_records records;
};

/* How far the buffers may grow, in records. */
#define BPF_ROOM_MAX (1U << 22)

/* -- bpf_dump_load.c -- */
struct bpf_flavour;
union bpf_attr;
/* Loads the program in the first of the ways it was built that works, with buffers of the initial size. 0 or an error of lk_bpf_open(). */
int lk_bpf_load_first(struct lk_bpf *b, struct lk_err *err);
/* Loads b->flavour with b->room_*. 0 or -errno. */
int lk_bpf_load(struct lk_bpf *b);
void lk_bpf_unload(struct lk_bpf *b);
/* bpf(2). A descriptor or 0, or -errno. */
int lk_bpf_sys(int cmd, union bpf_attr *attr);
/* Makes an iterator. only_tid: 0 for all tasks, or (since Linux 6.1) the only task to see. The descriptor of its link, or -errno. */
int lk_bpf_create_link(int prog_fd, uint32_t only_tid);

/* Facts that tell why the program cannot be used: the kernel's error number (EINVAL, EPERM) alone can mean many things. */
struct lk_bpf_facts {
	struct lk_rights rights;
	unsigned major, minor; /* of the kernel's release; 0.0 unknown */
	int probe; /* -errno of a bpf(2) call with an invalid command: -EINVAL where the call is allowed */
	bool filtered; /* this process has a seccomp filter */
	bool locked_down; /* kernel_lockdown(7), confidentiality */
	int jit; /* net.core.bpf_jit_enable; -1 unknown */
	enum lk_tri btf; /* the kernel publishes its types */
	uint64_t max_fds; /* RLIMIT_NOFILE */
};

struct lk_bpf_facts lk_bpf_facts(void);
/* rc: -errno of loading. Returns -EPERM (rights), -ENOMEM, -EMFILE, or -EOPNOTSUPP (this kernel, as it is set up, cannot), with a
 * sentence. */
int lk_bpf_why_not(const struct lk_bpf_facts *f, int rc, struct lk_err *err);

/* -- bpf_dump.c -- */
/* Sorts the calls by tid, and sets wait_fd of each waiter for which it is proven. */
void lk_bpf_join(struct bpf_records *r);

/* -- bpf_dump_markers.c -- */
/* Takes a marker on each processor, after dropping those that *m has already. 0 or -errno. The affinity of the calling thread is
 * restored. */
int lk_bpf_markers_take(struct bpf_markers *m);
void lk_bpf_markers_drop(struct bpf_markers *m);
/* Flags the private files among the inodes (LK_BPF_INODE_OURS), so that their locks are left out: our own file, and those of other
 * processes that run `program` (struct inode; 0: not known, then our own file alone). Returns the number of locks on files of others. */
size_t lk_bpf_markers_mark(const struct bpf_markers *m, uint64_t program, struct bpf_records *r);
void lk_bpf_markers_done(struct bpf_markers *m);

#endif

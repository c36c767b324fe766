/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of bpf_dump only. */
#ifndef LK_SOURCE_BPF_DUMP_PRIVATE_H
#define LK_SOURCE_BPF_DUMP_PRIVATE_H

#include "base/vec.h"
#include "source/bpf/bpf_dump.h"
#include "source/host/markers.h"
#include "source/host/rights.h"
#include "source/source.h"

enum bpf_kind { BPF_HOLDS, BPF_INODES, BPF_LOCKS, BPF_TASKS, BPF_CALLS, BPF_NAMES, BPF_N_KINDS };

/* What was moved out of the program's buffers in this scan. */
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
	struct lk_key key; /* of the private file; tmpfs numbers the files of each mount anew */
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
	uint32_t scan; /* number of the last one */
	struct bpf_markers markers;
	struct bpf_records records;
};

/* How far the buffers may grow, in records. */
#define BPF_ROOM_MAX (1U << 22)

/* -- bpf_dump_load.c -- */
struct bpf_flavour;
union bpf_attr;
/* Tries the ways in which the program was built, with the room of a first scan. 0 or as lk_bpf_open(). */
int lk_bpf_load_first(struct lk_bpf *b, struct lk_err *err);
/* Loads b->flavour with b->room_*. 0 or -errno. */
int lk_bpf_load(struct lk_bpf *b);
void lk_bpf_unload(struct lk_bpf *b);
/* bpf(2): a descriptor or 0, or -errno. */
int lk_bpf_sys(int cmd, union bpf_attr *attr);
/* An iterator over all tasks (0), or (since Linux 6.1) over one: the descriptor of its link, or -errno. */
int lk_bpf_create_link(int prog_fd, uint32_t only_tid);

/* Why the program cannot be used. The kernel says it by a number that means many things (EINVAL, EPERM): what the machine is like tells
 * which. */
struct lk_bpf_facts {
	struct lk_rights rights;
	unsigned major, minor; /* of the kernel's release; 0.0 unknown */
	int probe; /* -errno of a bpf(2) that asks for nothing: -EINVAL where the call is allowed */
	bool filtered; /* this process has a seccomp filter */
	bool locked_down; /* kernel_lockdown(7), confidentiality */
	int jit; /* net.core.bpf_jit_enable; -1 unknown */
	enum lk_tri btf; /* the kernel gives its types */
	uint64_t max_fds; /* RLIMIT_NOFILE */
};

struct lk_bpf_facts lk_bpf_facts(void);
/* rc: -errno of loading. -EPERM (rights), -ENOMEM, -EMFILE, or -EOPNOTSUPP (this kernel, as it is set up, cannot), with a sentence. */
int lk_bpf_why_not(const struct lk_bpf_facts *f, int rc, struct lk_err *err);

/* -- bpf_dump.c -- */
/* Sorts the calls, and names the descriptor of each waiter where it is proven. */
void lk_bpf_join(struct bpf_records *r);

/* -- bpf_dump_markers.c -- */
/* Takes them (anew when *m has some already). 0 or -errno. The affinity of the calling thread is restored. */
int lk_bpf_markers_take(struct bpf_markers *m);
void lk_bpf_markers_drop(struct bpf_markers *m);
/* Flags the private files among the inodes, so that their locks are left out: ours, and those of others that run `program` (struct
 * inode; 0: not known, then ours alone). How many locks of others that are. */
size_t lk_bpf_markers_mark(const struct bpf_markers *m, uint64_t program, struct bpf_records *r);
void lk_bpf_markers_done(struct bpf_markers *m);

#endif

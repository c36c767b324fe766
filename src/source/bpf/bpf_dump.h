/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own lock structures, read by a BPF iterator: who has which locked file open, and every lock and waiter on it. Nothing
 * is interpreted here (bpf.c does that). This is the only module that talks to bpf(2).
 *
 * Nothing is pinned: programs and maps live as long as their descriptors, which close-on-exec and the end of the process close. */
#ifndef LK_SOURCE_BPF_DUMP_H
#define LK_SOURCE_BPF_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "source/bpf/lock_dump.h"

struct lk_bpf;

/* Borrowed from the struct lk_bpf: valid until its next dump or its end. */
struct lk_bpf_dump {
	const struct lk_bpf_hold *holds;
	size_t n_holds;
	const struct lk_bpf_inode *inodes;
	size_t n_inodes;
	const struct lk_bpf_lock *locks; /* grouped by inode: first_lock, n_locks */
	size_t n_locks;
	const struct lk_bpf_task *tasks;
	size_t n_tasks;
	const struct lk_bpf_call *calls; /* sorted by tid */
	size_t n_calls;
	const struct lk_bpf_name *names; /* for lk_bpf_path() */
	size_t n_names;
	struct lk_bpf_stats stats;
	/* The all-links pass ran on every processor and reached the end of every list: with it, and no inode torn or changing, every
	 * lock that stood all the while is here. */
	bool links_complete;
	const char *links_why; /* why not: a static sentence; NULL: complete, or not asked for */
	size_t n_left_out; /* locks on inodes flagged LK_BPF_INODE_OURS that are another lockscope's */
};

/* Loads the program. 0, or with a sentence: -EOPNOTSUPP (not built in, or this kernel cannot: no BTF, too old, refused by its
 * verifier), or as lk_bpf_why_not() says. */
int lk_bpf_open(struct lk_bpf **ret, struct lk_err *err);
void lk_bpf_free(struct lk_bpf *b);

/* How it was loaded, for --version and -v: "typed reads" or "copying reads (older kernel)". Static. */
const char *lk_bpf_flavour(const struct lk_bpf *b);

/* One scan. Can be repeated: the loaded program is used again. 0 or -errno; *ret is untouched on failure. all_links: also follow the
 * per-processor lists of all locks, so that locks no descriptor leads to (mapped only, in flight, kernel users) are found. For a moment
 * this takes locks on a private memfd, pinned to each processor in turn: microseconds on an idle machine, but a busy processor is
 * waited for until it is our turn. */
int lk_bpf_dump(struct lk_bpf *b, bool all_links, struct lk_bpf_dump *ret, struct lk_err *err);

/* Gives back the memory of the last dump, which ends with it. */
void lk_bpf_forget(struct lk_bpf *b);

/* The state letter of /proc/PID/stat for a task record. */
char lk_bpf_state_letter(const struct lk_bpf_task *t);

/* The path of an inode, written to buf (NUL-terminated) as /proc/PID/fd/N of a holder would show it here, without " (deleted)": its
 * length; 0: not known (ask that link); -ENAMETOOLONG: size is too small. */
int lk_bpf_path(const struct lk_bpf_dump *d, const struct lk_bpf_inode *i, char *buf, size_t size);

/* The descriptor's call of a thread, NULL when there is none. */
const struct lk_bpf_call *lk_bpf_find_call(const struct lk_bpf_dump *d, uint32_t tid);

#endif

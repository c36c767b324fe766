/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own lock structures, read by a BPF iterator: who has which locked file open, and every lock and waiter on it. Nothing is
 * interpreted here (bpf_match.c and bpf_record.c do that). This is the only module that calls bpf(2).
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
	/* The all-links pass ran on every processor and reached the end of every list: then, if no inode is torn or changing, the dump has
	 * every lock that was held throughout. */
	bool links_complete;
	const char *links_why; /* why links_complete is false (static); NULL: it is true, or there was no such pass */
	size_t n_left_out; /* locks of other lockscopes, on inodes flagged LK_BPF_INODE_OURS */
};

/* Loads the program. 0, or with a sentence: -EOPNOTSUPP (not built in, or this kernel cannot: no BTF, too old, refused by its
 * verifier), or as lk_bpf_why_not() says. */
int lk_bpf_open(struct lk_bpf **ret, struct lk_err *err);
void lk_bpf_free(struct lk_bpf *b);

/* How it was loaded, for --version and -v: "typed reads" or "copying reads (older kernel)". Static. */
const char *lk_bpf_flavour(const struct lk_bpf *b);

/* One scan. Can be repeated: the loaded program is used again. 0 or -errno; *ret is untouched on failure. all_links: also follow the
 * per-processor lists of all locks, so that locks to which no descriptor leads (mapped only, in flight, kernel users) are found. For that,
 * the calling thread moves to each processor in turn and takes a lock on a private memfd there: this takes microseconds on an idle machine,
 * but a busy processor first has to let it run. */
int lk_bpf_dump(struct lk_bpf *b, bool all_links, struct lk_bpf_dump *ret, struct lk_err *err);

/* Frees the records of the last dump, which is no longer valid then. */
void lk_bpf_forget(struct lk_bpf *b);

/* The state letter of /proc/PID/stat for a task record. */
char lk_bpf_state_letter(const struct lk_bpf_task *t);

/* Writes the path of an inode to buf (NUL-terminated) as /proc/PID/fd/N of a holder would show it here, without " (deleted)". Its length;
 * 0: not known (read that link instead); -ENAMETOOLONG: size is too small. */
int lk_bpf_path(const struct lk_bpf_dump *d, const struct lk_bpf_inode *i, char *buf, size_t size);

/* The record of the call that a thread is in; NULL: there is none. */
const struct lk_bpf_call *lk_bpf_find_call(const struct lk_bpf_dump *d, uint32_t tid);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the procfs source only. */
#ifndef LK_SOURCE_PROCFS_PRIVATE_H
#define LK_SOURCE_PROCFS_PRIVATE_H

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "record/blocked.h"
#include "record/parse.h"
#include "source/mounts.h"
#include "source/procfs.h"
#include "source/procroot.h"

/* A line of /proc/locks. */
struct scan_line {
	struct lk_record rec;
	uint64_t hash; /* lk_record_hash() */
};

struct scan_lines {
	LK_VEC(struct scan_line) v;
	size_t n_reads; /* read(2) calls that returned data; one alone is atomic */
	size_t n_bytes;
	size_t n_bad;
	bool cut; /* the time was up before the end */
};

/* A descriptor that shows locks. */
struct scan_fd {
	int pid, tid, fd;
	struct lk_fdinfo info;
	size_t ofd; /* 0 unknown */
	bool dead; /* superseded by a later look */
	struct lk_fact_file file; /* strings in scan->arena */
	const char *link; /* raw link text, NULL unknown */
};

/* One lock line of one descriptor. */
struct scan_hit {
	struct lk_record rec;
	uint64_t hash;
	size_t fd; /* index in scan->fds */
	bool dead;
};

/* A process that has a locked file open: only such a one can wait for its locks. */
struct scan_opener {
	int pid;
	uint64_t ino;
};

/* A thread found blocked in a lock call. */
struct scan_waiter {
	struct lk_fact_waiter fact;
	size_t fd; /* index in scan->fds of its descriptor, SIZE_MAX none */
};

/* A thread in a call that can wait for a lock, before its request is known. */
struct scan_sleeper {
	int pid, tid;
	struct lk_blocked call;
	bool has_request; /* its struct flock was read */
	unsigned char request[LK_FLOCK_MAX];
};

/* Our own clock on one processor against CLOCK_MONOTONIC. */
struct scan_clock {
	bool known;
	double ahead_ms;
};

struct scan_proc {
	int pid;
	bool denied; /* its descriptors could not be read */
};

struct scan_denied {
	const char *what; /* static */
	int code;
	size_t count;
	const char *text; /* in scan->arena, or NULL: made from what and code */
};

struct scan {
	const struct lk_procroot *root;
	const struct lk_request *req;
	struct lk_arena arena;
	struct lk_mounts mounts;
	unsigned n_ns; /* mount namespaces met besides our own */
	int64_t deadline_ms; /* lk_io_now_ms(); 0 none */
	bool late; /* the deadline passed: not everything was read */
	bool has_locks_file, stable;
	struct scan_lines lines;
	LK_VEC(struct scan_fd) fds;
	LK_VEC(struct scan_hit) hits;
	LK_VEC(struct scan_proc) procs; /* in the order of /proc */
	struct lk_map locked_inodes; /* inode numbers of what was locked before the sweep; keys in the arena */
	LK_VEC(struct scan_opener) openers;
	LK_VEC(struct scan_waiter) waiters;
	LK_VEC(struct scan_sleeper) sleepers; /* of one round of looking */
	LK_VEC(struct scan_clock) clocks; /* by processor */
	LK_VEC(struct scan_denied) denied;
	LK_VEC(struct lk_fact_orphan) orphans;
	LK_VEC(int) mountinfo_tried; /* pids */
	lk_buf buf; /* scratch for one file */
};

struct procfs {
	struct lk_source base;
	struct lk_procroot root;
	struct lk_arena resolved; /* strings of the last resolve */
};

/* -- procfs_locks.c -- */
void lk_scan_lines_done(struct scan_lines *l);
/* One pass over /proc/locks. 0, -ENOENT: there is none, or -errno. */
int lk_scan_read_lines(struct scan *s, struct scan_lines *ret);
/* Same lines, whatever their order. */
int lk_scan_lines_equal(const struct scan_lines *a, const struct scan_lines *b, bool *ret);
/* Reads until two reads agree, starting with `before` (what was read earlier). *ret_sure: they did, or one was atomic. */
int lk_scan_read_settled(struct scan *s, const struct scan_lines *before, struct scan_lines *ret, bool *ret_sure);
/* The same with the result in s->lines and s->stable. */
int lk_scan_stable_lines(struct scan *s, const struct scan_lines *before);

/* Counts of lock bodies: how many lines, hits. */
struct scan_counts {
	struct lk_map map; /* body hash -> index */
	LK_VEC(struct scan_count) v;
	uint64_t *keys; /* what the map borrows */
};
struct scan_count {
	size_t n_lines, n_groups;
	size_t next_seen; /* scratch */
};
void lk_scan_counts_done(struct scan_counts *c);
int lk_scan_count(const struct scan *s, const struct scan_lines *l, struct scan_counts *ret);
struct scan_count *lk_scan_count_of(struct scan_counts *c, uint64_t hash);

/* -- procfs_sweep.c -- */
/* Every process. 0 or -errno (only when nothing could be read at all). */
int lk_scan_sweep(struct scan *s);
/* One process again: what was known of it is superseded. */
int lk_scan_sweep_pid(struct scan *s, int pid);
/* Private descriptor tables of threads: of pid, or of every process with 0. */
int lk_scan_sweep_threads(struct scan *s, int pid);
/* Calls cb for each thread of a process until it returns non-zero, which is returned. 0 or -errno. */
typedef int (*lk_scan_task_cb)(struct scan *s, int pid, int tid);
int lk_scan_each_task(struct scan *s, int pid, lk_scan_task_cb cb);
/* What a descriptor shows now: hashes of lock bodies, sorted; none when it is gone. 0 or -ENOMEM. */
typedef LK_VEC(uint64_t) scan_hashes;
int lk_scan_show(struct scan *s, const struct scan_fd *fd, scan_hashes *ret);

/* -- procfs_waits.c -- */
/* Remembers which inodes are locked, so that the sweep notes who has them open. */
int lk_scan_note_inodes(struct scan *s, const struct scan_lines *l);
/* Threads blocked in lock calls, where such can be. Their descriptors are added to s->fds. */
int lk_scan_find_waiters(struct scan *s);

/* -- procfs_clock.c -- */
/* How long a thread has slept, in ms; -1 unknown. *ret_error_ms: how far off it may be. */
int64_t lk_scan_slept_ms(struct scan *s, int pid, int tid, int64_t *ret_error_ms);

/* -- procfs_ofd.c -- */
int lk_scan_compare_keys(const void *a, const void *b); /* struct lk_key, for qsort(3) */
/* Numbers open file descriptions that are shared, per locked inode (kcmp(2)). */
int lk_scan_number_ofds(struct scan *s);

/* -- procfs_files.c -- */
/* Paths, mounts, stat of every live descriptor. */
int lk_scan_describe_files(struct scan *s);
bool lk_scan_mandatory_bits(unsigned mode);
int lk_scan_load_own_mounts(const struct lk_procroot *root, struct lk_mounts *m);

/* -- procfs_orphans.c -- */
/* Which processes map the files of the locks in keys, which are sorted. */
int lk_scan_find_maps(struct scan *s, const struct lk_key *keys, size_t n);

/* -- procfs_procs.c -- */
/* A set of processes. */
typedef LK_VEC(int) scan_pids;
/* For qsort(3) and bsearch(3). */
int lk_scan_compare_pids(const void *a, const void *b);
/* A number that is no process's (-1 of OFD locks, 0 of other namespaces) is left out. 0 or -ENOMEM. */
int lk_scan_add_pid(scan_pids *p, int64_t pid);
/* In order, each once. */
void lk_scan_sort_pids(scan_pids *p);

/* It is the number of a thread, under which /proc shows a directory too: no process. */
bool lk_scan_is_thread(struct scan *s, int pid);
int lk_scan_emit_procs(struct scan *s, const struct lk_sink *sink);

/* -- procfs_scan.c -- */
void lk_scan_deny(struct scan *s, const char *what, int code);
bool lk_scan_is_late(struct scan *s);
/* What an earlier sweep could not read counts no more. */
void lk_scan_forget_denied(struct scan *s);
/* All passes; what they found is in *s. 0 or -errno with err. */
int lk_scan_run(struct scan *s, struct lk_err *err);
void lk_scan_done(struct scan *s);

/* -- procfs_resolve.c -- */
#define LK_RESOLVE_STALL_MS 2000

struct lk_helper_out;

/* What the helper that looks a path up sends; file system type, mount point (both NUL-terminated) and link text follow. */
struct resolve_answer {
	int rc; /* 0 or -errno */
	int mnt_id; /* -1 unknown */
	enum lk_tri local;
	struct lk_key key;
	bool has_stat;
	uint32_t st_major, st_minor;
	uint64_t st_ino, nlink;
	int64_t size;
	bool mandatory_bits;
};

/* In the helper: identity of what an O_PATH descriptor stands for. 0 or -errno. */
int lk_resolve_identity(const struct lk_procroot *root, struct lk_mounts *mounts, int fd, struct resolve_answer *a);
int lk_resolve_send(struct lk_helper_out *out, const struct lk_mounts *mounts, int fd, const struct resolve_answer *a);
/* In the parent: an answer back to a fact; strings in arena. 0 or -errno. */
int lk_resolve_take(struct lk_arena *arena, const char *data, size_t n, int *ret_rc, struct lk_fact_file *ret);
int lk_procfs_resolve(struct lk_source *src, const char *path, bool follow, struct lk_fact_file *ret,
		      struct lk_err *err);

/* -- procfs_uses.c -- */
struct lk_uses;
int lk_procfs_uses(struct lk_source *s, const struct lk_fact_file *files, size_t n_files, uint32_t timeout_ms,
		   struct lk_uses *ret, struct lk_err *err);

#endif

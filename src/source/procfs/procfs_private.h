/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the procfs source only. */
#ifndef LK_SOURCE_PROCFS_PRIVATE_H
#define LK_SOURCE_PROCFS_PRIVATE_H

#include <sys/stat.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/ints.h"
#include "base/map.h"
#include "base/vec.h"
#include "record/blocked.h"
#include "record/parse.h"
#include "source/host/guard.h"
#include "source/host/mounts.h"
#include "source/host/procroot.h"
#include "source/procfs/procfs.h"
#include "source/unread.h"

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
	bool asks; /* of its mount: not to be asked anything */
	bool settled; /* what its name is worth is known: nothing to look up */
	struct lk_fact_file file; /* strings in scan->arena */
	const char *link; /* raw link text, NULL unknown */
	const struct lk_mount *here; /* the mount of ours through which the link text leads to it; NULL: none */
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

/* An open file that the sweep came by. */
struct scan_seen {
	uint64_t ino;
	int pid;
	int fd; /* skipped by its inode number, its fdinfo unread; -1: read */
};

/* A device number as stat(2) says it. */
struct scan_dev {
	uint32_t major, minor;
	bool plain; /* its inode numbers are those of the lock list */
};

/* A private descriptor table of a thread that shows locks. */
struct scan_table {
	int pid, tid;
};

struct scan_threads;

/* What had been found when open file descriptions were last numbered: more can only have been added since. */
struct scan_numbered {
	size_t n_fds, n_hits, n_waiters;
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
	enum lk_unread_what what;
	int code;
	size_t count;
	const char *more; /* of its sentence, as in lk_unread_count; in scan->arena, or NULL */
	int pids[LK_UNREAD_MAX]; /* the first processes it counts */
	size_t n_pids;
};

/* The device of all memfds, once it was needed. */
struct scan_memfd {
	bool is_learned;
	struct lk_key key; /* none: it could not be learned */
};

struct scan_cache;

struct scan {
	const struct lk_procroot *root;
	const struct lk_guarded *guarded; /* NULL: nobody watches */
	struct scan_cache *cache; /* of the source; NULL: nothing is kept */
	const struct lk_request *req;
	struct lk_arena arena;
	struct lk_mounts mounts;
	unsigned n_ns; /* mount namespaces met besides our own */
	int64_t began_ms, deadline_ms; /* lk_io_now_ms(); 0 none */
	bool late; /* the deadline passed: not everything was read */
	bool has_locks_file, stable;
	struct scan_memfd memfd;
	size_t n_left_out; /* locks of lk_scan_leave_out_markers() */
	struct scan_lines lines;
	LK_VEC(struct scan_fd) fds;
	LK_VEC(struct scan_hit) hits;
	LK_VEC(struct scan_proc) procs; /* in the order of /proc */
	struct lk_map locked_inodes; /* inode numbers of what was locked before the sweep; keys in the arena */
	LK_VEC(struct scan_opener) openers; /* lk_scan_collect_openers() */
	LK_VEC(struct scan_seen) seen;
	size_t n_skipped; /* how many of `seen` were not read */
	bool read_all; /* nothing is to be skipped */
	LK_VEC(struct scan_dev) devs;
	int credit; /* whether skipping has paid lately */
	unsigned turn;
	LK_VEC(struct scan_table) tables;
	struct scan_numbered numbered;
	struct scan_threads *threads; /* while it sweeps */
	char *dents; /* scratch for directory entries */
	LK_VEC(struct scan_waiter) waiters;
	LK_VEC(struct scan_sleeper) sleepers; /* of one round of looking */
	unsigned n_naps; /* how often a thread was waited for that was about to sleep */
	LK_VEC(struct scan_clock) clocks; /* by processor */
	LK_VEC(struct scan_denied) denied;
	LK_VEC(struct lk_fact_orphan) orphans;
	LK_VEC(int) mountinfo_tried; /* pids */
	LK_VEC(uint64_t) namespaces; /* mount namespaces whose tables were read, or tried */
	int64_t tables_ms; /* how long that took */
	LK_VEC(int) named; /* pids to describe besides those of lines and descriptors */
	bool all_swept; /* every process was looked at, also those that are not in `procs` */
	const struct lk_fact_proc
		*known; /* processes of which the kernel itself said the cheap facts; by pid; borrowed */
	size_t n_known;
	lk_buf buf; /* scratch for one file */
};

/* Needs whose reading takes long, or may. */
#define LK_SCAN_DEAR (LK_NEED_USER | LK_NEEDS_JOBS)

/* The dear facts of a process as they were read; all strings owned, NULL unknown. */
struct scan_cached {
	int pid, ppid;
	uint64_t start_ticks;
	int64_t uid;
	unsigned needs; /* LK_NEED_*: what was asked for */
	int64_t read_ms; /* lk_io_now_ms() */
	char *comm, *user, *cmdline, *cgroup, *parent_comm, *session_comm, *tty;
	int session;
};

typedef LK_VEC(struct scan_cached) scan_cache_list;

/* Zero-initialised is empty. */
struct scan_cache {
	scan_cache_list v; /* those of the last scan, by pid */
	scan_cache_list fresh; /* those of the scan that is going on */
};

struct procfs {
	struct lk_source base;
	struct lk_procroot root;
	struct scan_cache cache;
	struct lk_guard guard;
	struct lk_arena resolved; /* strings of the last resolve */
};

/* -- procfs.c -- */
/* In place, all but base.ops; see lk_procfs_new(). 0 or -errno with a sentence. */
int lk_procfs_init(struct procfs *p, const char *root, struct lk_err *err);
void lk_procfs_done(struct procfs *p);
int lk_procfs_scan(struct lk_source *src, const struct lk_request *req, const struct lk_sink *sink, struct lk_err *err);
int lk_scan_emit_host(struct scan *s, const char *scanner, int64_t wall_ms, const struct lk_sink *sink);
int lk_scan_emit_waiters(struct scan *s, const struct lk_sink *sink);
/* The mount m (NULL: nothing to do) unless its superblock is in `seen`, whose keys are borrowed from m. */
int lk_scan_emit_mount(struct lk_map *seen, const struct lk_mount *m, const struct lk_sink *sink);
/* Those of ours whose locks no list shows. */
int lk_scan_emit_remote_mounts(struct scan *s, struct lk_map *seen, const struct lk_sink *sink);

/* -- procfs_shared.c -- */
void lk_scan_done(struct scan *s);
void lk_scan_lines_done(struct scan_lines *l);
/* One line of /proc/locks, without its end; a bad one is counted. */
void lk_scan_add_line(struct scan_lines *l, const char *s, size_t n);
bool lk_scan_is_late(struct scan *s);
/* It made an earlier helper wait: to be counted as unreadable. */
bool lk_scan_skips(const struct scan *s, int pid);
/* What an answer of proc(5) means. */
bool lk_scan_means_gone(int rc);
bool lk_scan_means_refused(int rc);
/* All that /proc lists, in order. 0 or -errno. */
int lk_scan_list_pids(const struct scan *s, lk_ints *ret);
/* A number that is no process's (-1 of OFD locks, 0 of other namespaces) is left out. */
void lk_scan_add_pid(lk_ints *p, int64_t pid);
/* A small file of a process (tid 0) or a thread, into s->buf. 0 or -errno. */
int lk_scan_read(struct scan *s, int pid, int tid, const char *what);
/* It is the number of a thread, under which /proc shows a directory too: no process. */
bool lk_scan_is_thread(struct scan *s, int pid);

/* -- procfs_denied.c -- */
/* Counts it once more. Valid until the next one. */
struct scan_denied *lk_scan_deny(struct scan *s, enum lk_unread_what what, int code);
/* The same, of a process, which is named. */
void lk_scan_deny_process(struct scan *s, enum lk_unread_what what, int code, int pid);
bool lk_scan_has_denied(const struct scan *s, enum lk_unread_what what);
/* What an earlier sweep could not read counts no more. */
void lk_scan_forget_denied(struct scan *s);
int lk_scan_emit_denied(struct scan *s, const struct lk_sink *sink);

/* -- procfs_locks.c -- */
/* One pass over /proc/locks. 0, -ENOENT: there is none, or -errno. */
int lk_scan_read_lines(struct scan *s, struct scan_lines *ret);
/* Same lines, whatever their order. */
bool lk_scan_lines_equal(const struct scan_lines *a, const struct scan_lines *b);
/* Reads until it is sure that nothing is missing that stood all the time: one read agrees with the one before (the first with
 * `before`, what was read earlier), or was atomic, or chained. */
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
void lk_scan_count(const struct scan *s, const struct scan_lines *l, struct scan_counts *ret);
struct scan_count *lk_scan_count_of(struct scan_counts *c, uint64_t hash);

/* -- procfs_reread.c -- */
/* The list of a machine that does not stand still, which is about `length` bytes long. *ret_sure: nothing is missing that stood all
 * the time; else *ret is untouched. 0 or -errno. */
int lk_scan_reread(struct scan *s, size_t length, struct scan_lines *ret, bool *ret_sure);

/* -- procfs_sweep.c -- */
/* Every process. 0 or -errno (only when nothing could be read at all). */
int lk_scan_sweep(struct scan *s);
/* The same, with the lock list read beside it; *ret_list_rc: what came of that, as lk_scan_read_lines() says it. */
int lk_scan_first_sweep(struct scan *s, struct scan_lines *ret_before, int *ret_list_rc);
/* Some processes again: what was known of them is superseded. They are sorted. */
void lk_scan_sweep_pids(struct scan *s, const int *pids, size_t n);
/* One process, added to s->procs unless it is gone. */
void lk_scan_sweep_one(struct scan *s, int pid);
/* Walks one descriptor table. How many descriptors it has, or -errno: then part of it is unknown. */
int lk_scan_sweep_table(struct scan *s, int pid, int tid);
/* Reads one fdinfo. 1: it shows locks, 0: none, or -errno. */
int lk_scan_sweep_fd(struct scan *s, int dirfd, const char *name, int pid, int tid, int fd);
/* What a descriptor shows now: hashes of lock bodies, sorted; none when it is gone. */
void lk_scan_show(struct scan *s, const struct scan_fd *fd, lk_u64s *ret);

/* -- procfs_threads.c -- */
/* Sweeps the processes, which are sorted, with a second thread where that helps; it ends before this returns. ret_before: NULL, or
 * where the lock list goes that is read beside. */
void lk_scan_threads_run(struct scan *s, const int *pids, size_t n, struct scan_lines *ret_before, int *ret_list_rc);
/* What is locked, once that is known and may be relied on; else NULL. */
const struct lk_map *lk_scan_threads_locked(const struct scan_threads *c);
const struct lk_mounts *lk_scan_threads_mounts(const struct scan_threads *c);

/* -- procfs_skip.c -- */
/* Whether open files may be skipped here without reading their fdinfo; learns what is needed for it. */
bool lk_scan_can_skip_fds(struct scan *s);
/* All file systems of this text of proc_filesystems(5) answer without waiting for anybody. */
bool lk_scan_answer_from_memory(const char *text, size_t n);
/* The descriptor `name` of the directory fddir, which is PID/fd: false when its fdinfo has to be read. */
bool lk_scan_skip_fd(struct scan *s, const struct lk_map *locked, int fddir, const char *name, int pid, int fd,
		     struct scan_dev *ret_dev);
/* What fdinfo (in s->buf) tells of the device of the file; dev as lk_scan_skip_fd() left it. */
void lk_scan_learn_dev(struct scan *s, const struct scan_dev *dev);
/* Remembers the file whose fdinfo is in s->buf. */
void lk_scan_note_seen(struct scan *s, int pid);
/* Remembers which inodes are locked, so that the sweep notes who has them open. */
void lk_scan_note_inodes(struct scan *s, const struct scan_lines *l);
/* Reads what was skipped and has a lock in `s->lines` after all. */
void lk_scan_look_at_skipped(struct scan *s);
/* From s->seen and s->locked_inodes to s->openers, which are sorted by inode number. */
void lk_scan_collect_openers(struct scan *s);

/* -- procfs_tasks.c -- */
/* Calls cb for each thread of a process until it returns non-zero, which is returned. 0 or -errno. */
typedef int (*lk_scan_task_cb)(struct scan *s, int pid, int tid);
int lk_scan_each_task(struct scan *s, int pid, lk_scan_task_cb cb);
/* Remembers a private descriptor table that shows locks. */
void lk_scan_note_table(struct scan *s, int pid, int tid);
/* Private descriptor tables of threads: of pid, or of every process with 0. */
void lk_scan_sweep_threads(struct scan *s, int pid);
/* A leader that has exited while its threads live on shows no descriptors; they do. 0 or -errno. */
int lk_scan_sweep_zombie_leader(struct scan *s, int pid);

/* -- procfs_waits.c -- */
/* Threads blocked in lock calls, where such can be. Their descriptors are added to s->fds. */
void lk_scan_find_waiters(struct scan *s);
struct scan_thread {
	int pid, tid;
};
/* The same for these threads only. */
void lk_scan_look_at_threads(struct scan *s, const struct scan_thread *threads, size_t n);

/* -- procfs_clock.c -- */
/* How long a thread has slept, in ms; -1 unknown. *ret_error_ms: how far off it may be. */
int64_t lk_scan_slept_ms(struct scan *s, int pid, int tid, int64_t *ret_error_ms);

/* -- procfs_ofd.c -- */
/* Numbers open file descriptions that are shared, per locked inode (kcmp(2)). */
void lk_scan_number_ofds(struct scan *s);

/* -- procfs_files.c -- */
/* Paths, mounts, stat of every live descriptor. */
void lk_scan_describe_files(struct scan *s);
/* What the kernel's structures say of a file, so that it need not be asked for. */
struct scan_known {
	const char *path; /* as our root sees it, without " (deleted)"; NULL: not known */
	bool has_name; /* `unhashed` is about the name by which this descriptor was opened */
	bool unhashed; /* it is gone */
	uint64_t ino, nlink;
	int64_t size;
	unsigned mode;
	const char *fstype;
};
/* Paths, mounts, stat of one descriptor, with as few questions as that leaves. */
void lk_scan_describe_known(struct scan *s, struct scan_fd *f, const struct lk_key *key,
			    const struct scan_known *known);
/* The descriptors of s->waiters. */
void lk_scan_describe_waiters(struct scan *s);
bool lk_scan_mandatory_bits(unsigned mode);
void lk_scan_take_stat(struct lk_fact_file *file, const struct statx *st);
int lk_scan_load_own_mounts(const struct lk_procroot *root, struct lk_mounts *m);
/* The link text without the mark of a name that is gone; NULL: it has none. */
char *lk_scan_unmarked_link(struct lk_arena *a, const char *link);

/* -- procfs_names.c -- */
/* Its name may be looked up. */
bool lk_scan_can_verify(const struct scan *s, const struct scan_fd *f);
/* Whether the names of live descriptors that are described, and not settled, still name their files. */
void lk_scan_verify_names(struct scan *s);

/* -- procfs_orphans.c -- */
/* Which processes map the files of the locks in keys, which are sorted. */
void lk_scan_find_maps(struct scan *s, const struct lk_key *keys, size_t n);

/* -- procfs_cache.c -- */
void lk_scan_cache_done(struct scan_cache *m);
/* What is still to be believed of this process; NULL: it has to be read. Valid until it is put into the cache. */
const struct scan_cached *lk_scan_cache_find(const struct scan_cache *m, const struct lk_fact_proc *p, unsigned needs,
					     int64_t now_ms);
/* Keeps it for the next scan. To be called in the order of pids, for all processes of a scan; lk_scan_cache_turn() ends it, and
 * forgets those that were not met again. now_ms: as given to lk_scan_cache_find(). */
void lk_scan_cache_put(struct scan_cache *m, const struct lk_fact_proc *p, unsigned needs, int64_t now_ms);
void lk_scan_cache_turn(struct scan_cache *m);

/* -- procfs_procs.c -- */
/* Those that lines, descriptors and mappings name, and s->named. */
int lk_scan_emit_procs(struct scan *s, const struct lk_sink *sink);

/* -- procfs_markers.c -- */
/* Takes the private locks of other lockscopes out of s->hits and s->lines. */
void lk_scan_leave_out_markers(struct scan *s);
/* Some of these of s->lines, of which nobody is known, may be such locks. */
bool lk_scan_any_may_be_marker(struct scan *s, const size_t *lines, size_t n);
/* Looks again at the processes that have our name. */
void lk_scan_sweep_lockscopes(struct scan *s);

/* -- procfs_jobs.c -- */
/* What LK_NEED_JOB asks for, of those n processes whose places in procs are given; their number and start are known. Strings in
 * s->arena. */
void lk_scan_read_jobs(struct scan *s, struct lk_fact_proc *procs, const size_t *places, size_t n);

/* -- procfs_recheck.c -- */
/* Lines that name nobody who lives, for which those were looked at who may have them. */
struct scan_recheck {
	lk_u64s hashes; /* sorted */
	int n_targeted; /* such looks since the last whole sweep */
};
void lk_scan_recheck_done(struct scan_recheck *d);
bool lk_scan_is_rechecked(const struct scan_recheck *d, uint64_t hash);
/* Sweeps again who may have the locks in these of s->lines, which no descriptor shows; or everything, if such looks have not helped
 * with what is in doubt. 0 or -errno. */
int lk_scan_recheck(struct scan *s, const size_t *lines, size_t n, struct scan_recheck *d);

/* -- procfs_scan.c -- */
/* All passes; what they found is in *s. 0 or -errno with err. */
int lk_scan_run(struct scan *s, struct lk_err *err);

/* -- procfs_resolve.c -- */
#define LK_RESOLVE_STALL_MS 2000

struct lk_helper_out;

/* What the helper that looks a path up sends; file system type, mount point (both NUL-terminated) and link text follow. */
struct resolve_answer {
	int rc; /* 0 or -errno */
	struct lk_fact_file file; /* its strings are not valid */
};

/* In the helper: identity of what an O_PATH descriptor stands for, without strings. 0, or -errno and *ret says that nothing is known. */
int lk_resolve_identity(const struct lk_procroot *root, struct lk_mounts *mounts, int fd, struct lk_fact_file *ret);
/* fd -1 and file NULL: it failed with rc. */
int lk_resolve_send(struct lk_helper_out *out, const struct lk_mounts *mounts, int fd, int rc,
		    const struct lk_fact_file *file);
/* In the parent: an answer back to a fact; strings in arena. 0 or -EBADMSG. */
int lk_resolve_take(struct lk_arena *arena, const char *data, size_t n, int *ret_rc, struct lk_fact_file *ret);
int lk_procfs_resolve(struct lk_source *src, const char *path, bool follow, struct lk_fact_file *ret,
		      struct lk_err *err);

/* -- procfs_walk.c -- */
int lk_procfs_walk(struct lk_source *s, const char *path, bool follow, const struct lk_key *keys, size_t n_keys,
		   lk_tree_cb cb, void *arg, struct lk_err *err);

/* -- procfs_uses.c -- */
struct lk_uses;
struct lk_uses_request;
int lk_procfs_uses(struct lk_source *s, const struct lk_uses_request *req, struct lk_uses *ret, struct lk_err *err);

#endif

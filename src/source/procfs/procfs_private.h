/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the procfs source; the bpf source uses parts of it. */
#ifndef LK_SOURCE_PROCFS_PRIVATE_H
#define LK_SOURCE_PROCFS_PRIVATE_H

#include <sys/stat.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
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
	bool cut; /* the deadline passed before the end of the list */
};

/* A descriptor that shows locks. */
struct scan_fd {
	int pid, tid, fd;
	struct lk_fdinfo info;
	size_t ofd; /* 0 unknown */
	bool dead; /* gone, left out, or superseded by a later look */
	bool asks; /* as in lk_mount: its file system may ask a server, so it gets no statx(2) */
	bool settled; /* whether the path still leads to the file is known: no lookup needed */
	struct lk_fact_file file; /* strings in scan->arena */
	const char *link; /* text of the link fd/FD as it is; NULL unknown */
	const struct lk_mount *here; /* our own mount through which the link text leads to the file; NULL: none */
};

/* One lock line of one descriptor. */
struct scan_hit {
	struct lk_record rec;
	uint64_t hash;
	size_t fd; /* index in scan->fds */
	bool dead;
};

/* A process that has a locked file open: only such a process can wait for its locks. */
struct scan_opener {
	int pid;
	uint64_t ino;
};

/* An open file that the sweep met. */
struct scan_seen {
	uint64_t ino;
	int pid;
	int fd; /* the descriptor if it was skipped by its inode number, its fdinfo unread; -1: read */
};

/* A device number as stat(2) returns it. */
struct scan_dev {
	uint32_t major, minor;
	bool plain; /* for its files stat(2) returns the inode numbers of the lock list */
};

/* A thread with a private descriptor table that shows locks. */
struct scan_table {
	int pid, tid;
};

/* How much had been found when open file descriptions were last numbered. The numbers only grow: if they are equal, nothing was added
 * since. */
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

/* The scheduler's clock of one processor compared with CLOCK_MONOTONIC. */
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
	const char *more; /* as in lk_unread_count; in scan->arena, or NULL */
	int pids[LK_UNREAD_MAX]; /* the first processes it counts */
	size_t n_pids;
};

/* The device that all memfds share; found out when it is first needed. */
struct scan_memfd {
	bool is_learned;
	struct lk_key key; /* key.none: it could not be found out */
};

struct scan_cache;

/* Which descriptors the sweep need not read (procfs_skip.c). */
struct scan_skip {
	struct lk_map locked; /* inode numbers of locked files, of the lists read so far; keys in the arena */
	LK_VEC(struct scan_dev) devs;
	size_t n; /* how many of scan->seen were not read */
	bool on; /* in the sweep that goes on, descriptors of files whose inode number is not in `locked` are skipped */
	bool never; /* every fdinfo is to be read */
	int credit; /* points: whether skipping has saved time lately */
	unsigned turn;
};

/* The search for threads that wait (procfs_waits.c, procfs_clock.c). */
struct scan_asleep {
	LK_VEC(struct scan_opener) openers; /* filled by lk_scan_collect_openers() */
	LK_VEC(struct scan_sleeper) threads; /* found in one round, requests not read yet */
	unsigned n_naps; /* pauses made because a thread was about to sleep again */
	LK_VEC(struct scan_clock) clocks; /* by processor */
};

/* The mount tables of other namespaces (procfs_files.c). */
struct scan_spaces {
	unsigned n; /* mount namespaces met besides our own */
	lk_ints tried; /* pids whose mountinfo was read, or tried */
	lk_u64s read; /* mount namespaces whose tables were read, or tried */
	int64_t ms; /* time spent on that */
};

/* Which processes are described, and what is known of them already (procfs_procs.c). */
struct scan_told {
	lk_ints named; /* pids to describe besides those of lines and descriptors */
	bool all_swept; /* every process was looked at, also those that are not in `procs` */
	const struct lk_fact_proc
		*known; /* processes whose cheap facts the kernel itself told (bpf); sorted by pid; borrowed */
	size_t n_known;
};

/* What a scan knows so far. Members that only a few files use are in parts named after what these files do. */
struct scan {
	const struct lk_procroot *root;
	const struct lk_guarded *guarded; /* NULL: the scan does not run in a watched helper (guard.h) */
	struct scan_cache *cache; /* of the source, kept from scan to scan; NULL: none */
	const struct lk_request *req;
	struct lk_arena arena;
	struct lk_mounts mounts;
	int64_t began_ms, deadline_ms; /* lk_io_now_ms(); deadline 0: none */
	bool late; /* the deadline passed: not everything was read */
	bool has_locks_file, stable;
	struct scan_memfd memfd;
	size_t n_left_out; /* locks removed by lk_scan_leave_out_markers() */
	struct scan_lines lines;
	LK_VEC(struct scan_fd) fds;
	LK_VEC(struct scan_hit) hits;
	LK_VEC(struct scan_proc) procs; /* sorted by pid, as /proc lists them */
	LK_VEC(struct scan_seen) seen;
	LK_VEC(struct scan_table) tables;
	struct scan_numbered numbered;
	struct scan_skip skip;
	struct scan_asleep asleep;
	struct scan_spaces spaces;
	struct scan_told told;
	char *dents; /* scratch for directory entries */
	LK_VEC(struct scan_waiter) waiters;
	LK_VEC(struct scan_denied) denied;
	LK_VEC(struct lk_fact_orphan) orphans;
	lk_buf buf; /* scratch for one file */
};

/* The "dear" (expensive) needs: reading them takes long, or may block. */
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
	scan_cache_list v; /* entries of the last scan, sorted by pid */
	scan_cache_list fresh; /* entries of the current scan */
};

struct procfs {
	struct lk_source base;
	struct lk_procroot root;
	struct scan_cache cache;
	struct lk_guard guard;
	struct lk_arena resolved; /* strings of what lk_procfs_resolve() returned */
};

/* -- procfs.c -- */
/* Initialises all of *p but base.ops; see lk_procfs_new(). 0 or -errno with a sentence. */
int lk_procfs_init(struct procfs *p, const char *root, struct lk_err *err);
void lk_procfs_done(struct procfs *p);
int lk_procfs_scan(struct lk_source *src, const struct lk_request *req, const struct lk_sink *sink, struct lk_err *err);
int lk_scan_emit_host(struct scan *s, const char *scanner, int64_t wall_ms, const struct lk_sink *sink);
int lk_scan_emit_waiters(struct scan *s, const struct lk_sink *sink);
/* Emits the mount m (NULL: nothing) unless its superblock is in `seen`, and adds that; keys of `seen` are borrowed from the mounts. */
int lk_scan_emit_mount(struct lk_map *seen, const struct lk_mount *m, const struct lk_sink *sink);
/* Emits the mounts of our own namespace whose locks no list here shows (nfs, fuse …). */
int lk_scan_emit_remote_mounts(struct scan *s, struct lk_map *seen, const struct lk_sink *sink);

/* -- procfs_shared.c -- */
void lk_scan_done(struct scan *s);
void lk_scan_lines_done(struct scan_lines *l);
/* Adds one line of /proc/locks, without its newline; one that cannot be parsed is counted in n_bad. */
void lk_scan_add_line(struct scan_lines *l, const char *s, size_t n);
bool lk_scan_is_late(struct scan *s);
/* Whether the process must not be read, because it blocked an earlier helper (guard.h); it counts as unreadable. */
bool lk_scan_skips(const struct scan *s, int pid);
/* What a -errno from proc(5) means: the process is gone; we may not read it. */
bool lk_scan_means_gone(int rc);
bool lk_scan_means_refused(int rc);
/* All pids that /proc lists, sorted. 0 or -errno. */
int lk_scan_list_pids(const struct scan *s, lk_ints *ret);
/* Adds a pid. A number that is no pid (-1 of OFD locks, 0 of other pid namespaces) is ignored. */
void lk_scan_add_pid(lk_ints *p, int64_t pid);
/* Reads a small file of a process (tid 0) or a thread into s->buf. 0 or -errno. */
int lk_scan_read(struct scan *s, int pid, int tid, const char *what);
/* Whether the number is that of a thread and not of a process: /proc has a directory for both, but lists only processes. */
bool lk_scan_is_thread(struct scan *s, int pid);

/* -- procfs_denied.c -- */
/* Counts one more failure of this kind. The result is valid until the next call. */
struct scan_denied *lk_scan_deny(struct scan *s, enum lk_unread_what what, int code);
/* The same for a process, which is also named. */
void lk_scan_deny_process(struct scan *s, enum lk_unread_what what, int code, int pid);
bool lk_scan_has_denied(const struct scan *s, enum lk_unread_what what);
/* Forgets what an earlier sweep could not read. */
void lk_scan_forget_denied(struct scan *s);
int lk_scan_emit_denied(struct scan *s, const struct lk_sink *sink);

/* -- procfs_locks.c -- */
/* One pass over /proc/locks. 0, -ENOENT: there is none, or -errno. */
int lk_scan_read_lines(struct scan *s, struct scan_lines *ret);
/* Same lines, whatever their order. */
bool lk_scan_lines_equal(const struct scan_lines *a, const struct scan_lines *b);
/* Reads the list until no lock that was held all the time can be missing: a read equals the one before it (the first read: `before`), or
 * it was a single atomic read(2), or it was chained (procfs_reread.c). *ret_sure: whether that was reached. 0 or -errno. */
int lk_scan_read_settled(struct scan *s, const struct scan_lines *before, struct scan_lines *ret, bool *ret_sure);
/* The same with the result in s->lines and s->stable. */
int lk_scan_stable_lines(struct scan *s, const struct scan_lines *before);

/* By lock body (lk_record_hash()): how many held lines have it, and how many different owners show it in fdinfo (n_groups). */
struct scan_counts {
	struct lk_map map; /* body hash -> index */
	LK_VEC(struct scan_count) v;
	uint64_t *keys; /* memory of the map's keys */
};
struct scan_count {
	size_t n_lines, n_groups;
	size_t next_seen; /* scratch */
};
void lk_scan_counts_done(struct scan_counts *c);
void lk_scan_count(const struct scan *s, const struct scan_lines *l, struct scan_counts *ret);
struct scan_count *lk_scan_count_of(struct scan_counts *c, uint64_t hash);

/* -- procfs_reread.c -- */
/* Reads a list that keeps changing and is about `length` bytes long. *ret_sure: no lock that was held all the time is missing; else *ret
 * is untouched. 0 or -errno. */
int lk_scan_reread(struct scan *s, size_t length, struct scan_lines *ret, bool *ret_sure);

/* -- procfs_sweep.c -- */
/* Sweeps every process: reads its descriptors. 0, or -errno if nothing could be read at all. */
int lk_scan_sweep(struct scan *s);
/* The same, with the lock list read at the same time (ret_before NULL: without); *ret_list_rc: the result of lk_scan_read_lines(). */
int lk_scan_first_sweep(struct scan *s, struct scan_lines *ret_before, int *ret_list_rc);
/* Sweeps some processes again; what was known about them is superseded. pids is sorted. */
void lk_scan_sweep_pids(struct scan *s, const int *pids, size_t n);
/* Walks one descriptor table. Returns how many descriptors it has, or -errno if some of them are unknown. */
int lk_scan_sweep_table(struct scan *s, int pid, int tid);
/* Reads one fdinfo. 1: it shows locks, 0: none, or -errno. */
int lk_scan_sweep_fd(struct scan *s, int dirfd, const char *name, int pid, int tid, int fd);
/* Reads which locks a descriptor shows now: hashes of lock bodies, sorted; none if it is gone. */
void lk_scan_show(struct scan *s, const struct scan_fd *fd, lk_u64s *ret);

/* -- procfs_skip.c -- */
/* Whether descriptors may be skipped here without reading their fdinfo; finds out the device numbers needed for it. */
bool lk_scan_can_skip_fds(struct scan *s);
/* Whether all file systems in this text of proc_filesystems(5) answer stat(2) without waiting for anybody. */
bool lk_scan_answer_from_memory(const char *text, size_t n);
/* Whether the descriptor `name` in the directory fddir, which is PID/fd, is skipped. false: its fdinfo has to be read; then *ret_dev may
 * be its device, if it is not known whether that is plain. */
bool lk_scan_skip_fd(struct scan *s, const struct lk_map *locked, int fddir, const char *name, int pid, int fd,
		     struct scan_dev *ret_dev);
/* Learns from fdinfo (in s->buf) whether a device is plain; dev as lk_scan_skip_fd() left it. */
void lk_scan_learn_dev(struct scan *s, const struct scan_dev *dev);
/* Remembers that pid has the file open whose fdinfo is in s->buf. */
void lk_scan_note_seen(struct scan *s, int pid);
/* Adds the inode numbers of these locks to s->skip.locked. */
void lk_scan_note_inodes(struct scan *s, const struct scan_lines *l);
/* Reads the fdinfo of skipped descriptors whose inode number has a lock in s->lines after all. */
void lk_scan_look_at_skipped(struct scan *s);
/* Fills s->asleep.openers from s->seen and s->skip.locked, sorted by inode number. */
void lk_scan_collect_openers(struct scan *s);

/* -- procfs_tasks.c -- */
/* Calls cb for each thread of a process until it returns non-zero, which is returned. 0 or -errno. */
typedef int (*lk_scan_task_cb)(struct scan *s, int pid, int tid);
int lk_scan_each_task(struct scan *s, int pid, lk_scan_task_cb cb);
/* Remembers a private descriptor table that shows locks. */
void lk_scan_note_table(struct scan *s, int pid, int tid);
/* Sweeps private descriptor tables of threads: of process pid, or of every process with 0. */
void lk_scan_sweep_threads(struct scan *s, int pid);
/* Sweeps the threads of a process whose leader has exited: they show descriptors, the leader does not. 0 or -errno. */
int lk_scan_sweep_zombie_leader(struct scan *s, int pid);

/* -- procfs_waits.c -- */
/* Finds threads blocked in lock calls, among the processes where such threads can be. Their descriptors are added to s->fds. */
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
/* Finds path, mount and stat of every live descriptor, and verifies the paths. */
void lk_scan_describe_files(struct scan *s);
/* What the kernel's own structures (bpf) say about a file, so that it need not be read from /proc. */
struct scan_known {
	const char *path; /* as seen from our root directory, without " (deleted)"; NULL: not known */
	bool has_name; /* `unhashed` is about the name by which this descriptor was opened */
	bool unhashed; /* that name was removed */
	uint64_t ino, nlink;
	int64_t size;
	unsigned mode;
	const char *fstype;
};
/* Finds path, mount and stat of one descriptor, with as few system calls as `known` allows. */
void lk_scan_describe_known(struct scan *s, struct scan_fd *f, const struct lk_key *key,
			    const struct scan_known *known);
/* Finds path, mount and stat of the descriptors of s->waiters, and the keys of their requests. */
void lk_scan_describe_waiters(struct scan *s);
bool lk_scan_mandatory_bits(unsigned mode);
void lk_scan_take_stat(struct lk_fact_file *file, const struct statx *st);
int lk_scan_load_own_mounts(const struct lk_procroot *root, struct lk_mounts *m);
/* The link text without the " (deleted)" at its end; NULL: it does not end so. In the arena. */
char *lk_scan_unmarked_link(struct lk_arena *a, const char *link);

/* -- procfs_names.c -- */
/* Whether its path may be looked up: no file server would be asked. */
bool lk_scan_can_verify(const struct scan *s, const struct scan_fd *f);
/* Finds out whether the paths of described live descriptors that are not settled still lead to their files. */
void lk_scan_verify_names(struct scan *s);

/* -- procfs_orphans.c -- */
/* Finds processes that map the files with these keys, which are sorted; the result is s->orphans. */
void lk_scan_find_maps(struct scan *s, const struct lk_key *keys, size_t n);

/* -- procfs_cache.c -- */
void lk_scan_cache_done(struct scan_cache *m);
/* The cached facts of this process if they are recent enough; NULL: it has to be read. Valid until the process is put into the cache. */
const struct scan_cached *lk_scan_cache_find(const struct scan_cache *m, const struct lk_fact_proc *p, unsigned needs,
					     int64_t now_ms);
/* Keeps the facts for the next scan. To be called in the order of pids, for all processes of a scan; lk_scan_cache_turn() then ends the
 * scan, and forgets processes that were not met again. now_ms: as given to lk_scan_cache_find(). */
void lk_scan_cache_put(struct scan_cache *m, const struct lk_fact_proc *p, unsigned needs, int64_t now_ms);
void lk_scan_cache_turn(struct scan_cache *m);

/* -- procfs_procs.c -- */
/* Emits the processes that lines, descriptors, waiters and mappings name, and s->told.named. */
int lk_scan_emit_procs(struct scan *s, const struct lk_sink *sink);

/* -- procfs_markers.c -- */
/* Removes the markers (private locks) of other lockscopes from s->hits and s->lines. */
void lk_scan_leave_out_markers(struct scan *s);
/* Whether any of these orphans (indexes in s->lines) may be a marker. */
bool lk_scan_any_may_be_marker(struct scan *s, const size_t *lines, size_t n);
/* Sweeps again the processes that have our own name. */
void lk_scan_sweep_lockscopes(struct scan *s);

/* -- procfs_jobs.c -- */
/* Reads what LK_NEED_JOB asks for, for the n processes whose indexes in procs are `places`; their pid and start_ticks are set. Strings in
 * s->arena. */
void lk_scan_read_jobs(struct scan *s, struct lk_fact_proc *procs, const size_t *places, size_t n);

/* -- procfs_recheck.c -- */
/* Orphans whose lines name no living process, for which the processes that may have the lock were already looked at again. */
struct scan_recheck {
	lk_u64s hashes; /* sorted */
	int n_targeted; /* such looks since the last whole sweep */
};
void lk_scan_recheck_done(struct scan_recheck *d);
bool lk_scan_is_rechecked(const struct scan_recheck *d, uint64_t hash);
/* Sweeps again the processes that may have the locks in these lines (indexes in s->lines), which no descriptor shows; or all processes, if
 * such looks have not explained the lines that are in doubt. 0 or -errno. */
int lk_scan_recheck(struct scan *s, const size_t *lines, size_t n, struct scan_recheck *d);

/* -- procfs_scan.c -- */
/* Runs all passes; the results are in *s. 0 or -errno with err. */
int lk_scan_run(struct scan *s, struct lk_err *err);

/* -- procfs_resolve.c -- */
#define LK_RESOLVE_STALL_MS 2000

struct lk_helper_out;

/* What the helper that looks up a path sends; file system type, mount point (both NUL-terminated) and link text follow. */
struct resolve_answer {
	int rc; /* 0 or -errno */
	struct lk_fact_file file; /* its strings are not valid */
};

/* In the helper: identifies the file of an O_PATH descriptor, without strings. 0, or -errno and *ret says that nothing is known. */
int lk_resolve_identity(const struct lk_procroot *root, struct lk_mounts *mounts, int fd, struct lk_fact_file *ret);
/* In the helper: sends an answer. fd -1 and file NULL: the lookup failed with rc. 0 or -errno. */
int lk_resolve_send(struct lk_helper_out *out, const struct lk_mounts *mounts, int fd, int rc,
		    const struct lk_fact_file *file);
/* In the parent: makes a fact of an answer; strings in arena. 0 or -EBADMSG. */
int lk_resolve_take(struct lk_arena *arena, const char *data, size_t n, int *ret_rc, struct lk_fact_file *ret);
int lk_procfs_resolve(struct lk_source *src, const char *path, bool follow, struct lk_fact_file *ret,
		      struct lk_err *err);
int lk_procfs_resolve_all(struct lk_source *src, const char *const *paths, size_t n, lk_resolve_cb cb, void *arg,
			  struct lk_err *err);

/* -- procfs_walk.c -- */
int lk_procfs_walk(struct lk_source *s, const struct lk_walk_request *req, lk_tree_cb cb, void *arg,
		   struct lk_err *err);

/* -- procfs_uses.c -- */
struct lk_uses;
struct lk_uses_request;
int lk_procfs_uses(struct lk_source *s, const struct lk_uses_request *req, struct lk_uses *ret, struct lk_err *err);
/* Which processes told of their uses. Zero-initialised is empty. */
struct procfs_asked {
	lk_ints answered; /* all of it could be read; sorted */
	LK_VEC(struct lk_fact_unread) denied; /* all others, in any order; their strings are in the arena of the uses */
};
/* The same; *ret_asked is filled in any case. */
int lk_procfs_uses_asked(struct lk_source *s, const struct lk_uses_request *req, struct lk_uses *ret,
			 struct procfs_asked *ret_asked, struct lk_err *err);
void lk_procfs_asked_done(struct procfs_asked *a);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where facts come from (a source) and where they go (a sink). The model does not know which source it was.
 *
 * Contract: one lk_source_scan() hands facts to the sink in this order: the host once; then the lock lines, each held lock followed by the
 * requests that wait behind it, as in /proc/locks; then all other facts in any order; then the end once. Everything a fact points to is
 * borrowed for the call. The sink returns 0 or a negative errno, which stops the scan and is returned by it. */
#ifndef LK_SOURCE_SOURCE_H
#define LK_SOURCE_SOURCE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "record/record.h"

/* What a scan has to read besides the locks; 0 is the cheapest. */
enum lk_need {
	LK_NEED_USER = 1 << 0, /* user names */
	LK_NEED_CMDLINE = 1 << 1,
	LK_NEED_CGROUP = 1 << 2, /* unit and container */
	LK_NEED_NS = 1 << 3, /* namespaces of processes */
	LK_NEED_WAITS = 1 << 4, /* threads blocked in lock calls, and since when */
	LK_NEED_JOB = 1 << 5, /* parent's name, session, terminal, tracer */
	LK_NEEDS_JOBS = LK_NEED_CMDLINE | LK_NEED_CGROUP | LK_NEED_JOB, /* the job that a process belongs to */
	LK_NEED_ALL = (1 << 6) - 1,
};

struct lk_request {
	unsigned needs; /* LK_NEED_* */
	uint32_t timeout_ms; /* for the whole scan; 0: no limit */
	/* Prove that no lock is missing, at any cost: reading a long /proc/locks delays everybody who takes a lock. */
	bool exact;
};

enum lk_tri { LK_UNKNOWN = -1, LK_NO = 0, LK_YES = 1 };

/* The machine and the moment. */
struct lk_fact_host {
	const char *scanner; /* "procfs", "bpf" */
	const char *host; /* bytes of the host name */
	const char *boot_id; /* "" when unknown */
	int64_t time_unix_ms;
	int64_t lease_break_s; /* seconds until the kernel takes away a lease that is in the way; 0: never; -1 unknown (proc_sys_fs(5)) */
	int64_t boottime_ms; /* CLOCK_BOOTTIME at time_unix_ms, the clock of start_ticks; 0 unknown */
	unsigned ticks_per_second; /* of start_ticks; 0 unknown */
	unsigned euid; /* the user who scanned */
	bool initial_pidns; /* this /proc belongs to the initial pid namespace: its /proc/locks lists every lock */
	bool has_locks_file; /* /proc/locks could be read */
	bool live; /* a real /proc of this machine: acting is possible */
};

/* One line of /proc/locks, or an entry of the kernel's own lists as that file would print it. */
struct lk_fact_lock {
	size_t line; /* from 1, without gaps */
	struct lk_record rec;
};

/* What is known about an open file or a path. */
struct lk_fact_file {
	struct lk_key key; /* key.none: unknown */
	enum lk_tri local; /* a file system whose locks live in this kernel; LK_NO: nfs, cifs, fuse … */
	bool has_stat; /* st_* below are known (statx without sync, local file systems only) */
	uint32_t st_major, st_minor;
	uint64_t st_ino;
	uint64_t nlink;
	int64_t size; /* bytes; -1 unknown */
	unsigned mode; /* file type and permissions, as st_mode; 0 unknown */
	uint32_t rdev_major, rdev_minor; /* of a device file: its device number; 0, 0: not a device, or unknown */
	bool mandatory_bits; /* set-group-ID without group execute: asked for mandatory locks before Linux 5.15 (fcntl(2)) */
	const char *path; /* as the holder sees it, without " (deleted)" where `deleted` is LK_YES; NULL unknown */
	enum lk_tri deleted; /* this name was removed */
	enum lk_tri replaced; /* the name now belongs to another inode */
	/* The path does not lead to the file from our own root directory: it is a path of another mount namespace, or of a mount or a root
	 * directory that cannot be reached from here. LK_UNKNOWN: not examined, or no path. See lk_file_name(). */
	enum lk_tri unreachable;
	uint64_t
		foreign_mnt_ns; /* if unreachable: inode number of the mount namespace that the path belongs to; 0: not known, or none */
	const char *fstype; /* NULL unknown */
	const char *mount_point; /* as the holder sees it; NULL unknown */
	int mnt_id; /* -1 unknown */
};

/* An open descriptor whose fdinfo shows at least one lock: one fact for each lock line. */
struct lk_fact_fd {
	int pid;
	int tid; /* 0: in the descriptor table of the process; else in the private table of this thread */
	int fd;
	struct lk_record rec; /* rec.depth is 0 */
	/* Descriptors with the same number share one open file description (kcmp(2)); 0: not known. */
	size_t ofd;
	size_t line; /* the lk_fact_lock that it shows; 0: not known, to be found by comparing records */
	const struct lk_fact_file *file;
};

/* A thread that sleeps in a lock call. */
struct lk_fact_waiter {
	int pid;
	int tid;
	int fd; /* -1: none (open(2) stopped by a lease) */
	struct lk_record rec; /* type, mode, key, range of the request; rec.key.none when unknown */
	bool range_resolved; /* false: rec.range is relative to the file position or size, not to be compared */
	bool stopped; /* job-control stop: /proc/locks has dropped the request */
	int64_t wait_ms; /* how long it has slept; -1 unknown; a lower bound of the wait: each wake-up restarts it */
	int64_t wait_error_ms; /* possible error of wait_ms; -1 unknown */
	size_t ofd; /* as in lk_fact_fd: the waiter's own open file description */
	size_t line; /* the lk_fact_lock of its request, if the kernel told it; 0: to be found by comparing records */
	const struct lk_fact_file *file;
};

enum lk_proc_flags {
	LK_PROC_GONE = 1 << 0, /* no such process any more (or never visible here) */
	LK_PROC_UNREADABLE = 1 << 1, /* it exists, but its descriptors could not be read */
	LK_PROC_KTHREAD = 1 << 2,
	LK_PROC_ZOMBIE = 1 << 3,
};

/* A process that a lock line, a descriptor, a waiter or an orphan names. */
struct lk_fact_proc {
	int pid;
	unsigned flags; /* LK_PROC_* */
	uint64_t start_ticks; /* 0 unknown */
	const char *comm; /* exact bytes; NULL unknown */
	size_t comm_len;
	int64_t uid; /* effective; -1 unknown */
	int ppid; /* 0 unknown */
	char state; /* '\0' unknown */
	int64_t num_threads; /* 0 unknown */
	const char *user; /* NULL unknown or not asked for */
	const char *cmdline; /* NULL unknown or not asked for */
	const char *cgroup; /* path of the cgroup; "": the root, or in no hierarchy that names units; NULL likewise */
	uint64_t pid_ns, mnt_ns, user_ns; /* inode numbers; 0 unknown or not asked for */
	/* From proc_pid_stat(5) and proc_pid_status(5). Names are exact bytes; NULL: unknown, gone or not asked for. */
	const char *parent_comm; /* of ppid */
	int session; /* pid of the session leader; 0 unknown or not asked for */
	const char *session_comm; /* NULL also when the leader is gone */
	const char *tty; /* controlling terminal, "pts/3"; NULL: none, unknown or not asked for */
	int tracer; /* 0: none, unknown or not asked for */
	const char *tracer_comm;
};

/* Which mounted file system has this device number: for locks without a readable descriptor, and for each file system whose locks no list
 * here shows (nfs, fuse …). */
struct lk_fact_mount {
	uint32_t major, minor; /* of the superblock */
	const char *fstype;
	const char *mount_point;
	enum lk_tri local;
	bool keys_unique; /* false: several files may share a key here (btrfs, overlay) */
};

/* Why locks on this file may have no known holder: a process that maps the file keeps it open. */
struct lk_fact_orphan {
	struct lk_key key;
	int mapped_pid; /* a process that maps the file; 0 none found */
	bool maps_read; /* the maps of all processes could be read */
};

/* Kinds of things that could not be read; source/unread.c has a word and a sentence for each. */
enum lk_unread_what {
	LK_UNREAD_OTHER, /* named in a capture by a word that this version does not know */
	LK_UNREAD_FDINFO,
	LK_UNREAD_BAD_FDINFO, /* a lock line of it that could not be parsed */
	LK_UNREAD_HIDDEN, /* processes (proc(5), hidepid) */
	LK_UNREAD_PROCESSES,
	LK_UNREAD_THREADS,
	LK_UNREAD_SYSCALL,
	LK_UNREAD_MAPS,
	LK_UNREAD_DETAILS, /* of processes */
	LK_UNREAD_MOUNTS, /* our own mount table */
	LK_UNREAD_MOUNTS_OF, /* the mount table of a process */
	LK_UNREAD_NAME, /* of a file */
	LK_UNREAD_LOCKS,
	LK_UNREAD_BAD_LINE, /* of the lock list */
	LK_UNREAD_NESTED, /* requests that wait behind other requests */
	LK_UNREAD_UNSTABLE,
	LK_UNREAD_UNLISTED, /* locks that no descriptor leads to */
	LK_UNREAD_TORN, /* the locks of a file changed too fast to be read */
	LK_UNREAD_CHANGING, /* the locks of a file changed while they were read */
	LK_UNREAD_TIMEOUT,
	LK_UNREAD_PID_NAMESPACE,
	LK_UNREAD_RELATIONS, /* not computed rather than not read: there are too many locks */
};

/* Something that could not be read. */
struct lk_fact_denied {
	enum lk_unread_what what;
	int code; /* -errno */
	size_t count; /* how many times */
	size_t of; /* out of how many; 0: does not apply */
	bool hides_locks; /* holders or waiters could be hidden by it */
	const char *text; /* one sentence for people */
};

/* A process that could not be read. It is counted in a lk_fact_denied; only the first few of each kind are named. */
struct lk_fact_unread {
	enum lk_unread_what what; /* as in the lk_fact_denied */
	int pid;
	int code; /* -errno, as in the lk_fact_denied */
	const char *comm; /* NULL unknown */
};

/* A file that was asked for: all its locks were seen, whatever else may be missing. */
struct lk_fact_proven {
	struct lk_key key;
};

struct lk_fact_end {
	bool stable; /* /proc/locks, or the kernel's own lists, were read completely and without changes */
	size_t n_bad_lines; /* lines that could not be parsed */
	size_t n_procs, n_unreadable; /* processes seen; processes whose descriptors could not be read */
	size_t n_left_out; /* markers of other lockscopes that scanned at the same time: not reported */
	double scan_ms;
};

enum lk_fact_kind {
	LK_FACT_HOST,
	LK_FACT_LOCK,
	LK_FACT_FD,
	LK_FACT_WAITER,
	LK_FACT_MOUNT,
	LK_FACT_PROC,
	LK_FACT_ORPHAN,
	LK_FACT_DENIED,
	LK_FACT_UNREAD,
	LK_FACT_PROVEN,
	LK_FACT_END,
	LK_FACT_N_KINDS,
};

/* One fact of any kind. */
struct lk_fact {
	enum lk_fact_kind kind;
	union {
		const void *any;
		const struct lk_fact_host *host;
		const struct lk_fact_lock *lock;
		const struct lk_fact_fd *fd;
		const struct lk_fact_waiter *waiter;
		const struct lk_fact_mount *mount;
		const struct lk_fact_proc *proc;
		const struct lk_fact_orphan *orphan;
		const struct lk_fact_denied *denied;
		const struct lk_fact_unread *unread;
		const struct lk_fact_proven *proven;
		const struct lk_fact_end *end;
	};
};

struct lk_sink {
	void *arg;
	int (*put)(void *arg, const struct lk_fact *f);
};

/* lk_sink_host(sink, fact) and so on: hand a fact to the sink. 0, or the negative errno with which the sink stops the scan. */
#define LK_SINK(name, fact_kind) \
	static inline int lk_sink_##name(const struct lk_sink *s, const struct lk_fact_##name *f) \
	{ \
		return s->put(s->arg, &(struct lk_fact){ .kind = fact_kind, .name = f }); \
	}
LK_SINK(host, LK_FACT_HOST)
LK_SINK(lock, LK_FACT_LOCK)
LK_SINK(fd, LK_FACT_FD)
LK_SINK(waiter, LK_FACT_WAITER)
LK_SINK(mount, LK_FACT_MOUNT)
LK_SINK(proc, LK_FACT_PROC)
LK_SINK(orphan, LK_FACT_ORPHAN)
LK_SINK(denied, LK_FACT_DENIED)
LK_SINK(unread, LK_FACT_UNREAD)
LK_SINK(proven, LK_FACT_PROVEN)
LK_SINK(end, LK_FACT_END)
#undef LK_SINK

/* Called for each file below a directory whose key is among those asked for; strings are borrowed for the call. A negative errno
 * stops the walk. */
typedef int (*lk_tree_cb)(void *arg, const struct lk_fact_file *file);

/* Called once for path number i of those that were looked up: rc 0 with the file, whose strings are borrowed for the call; or -errno as of
 * lk_source_resolve(). Non-zero stops. */
typedef int (*lk_resolve_cb)(void *arg, size_t i, int rc, const struct lk_fact_file *file);

/* Does stat(2) of a file say the same numbers? Only with has_stat. */
static inline bool lk_fact_file_has_numbers(const struct lk_fact_file *f, uint64_t ino, uint32_t major, uint32_t minor)
{
	return f->st_ino == ino && f->st_major == major && f->st_minor == minor;
}

/* Which files are looked for below a directory. */
struct lk_walk_request {
	const char *path;
	bool follow; /* where path is a symbolic link */
	const struct lk_key *keys;
	size_t n_keys;
	/* By when the keys had been seen, milliseconds since 1970: a file that was made after that has got the number of another one that is
	 * gone by now. */
	int64_t seen_ms;
};

struct lk_source;

struct lk_uses;
struct lk_uses_request;

struct lk_source_ops {
	int (*scan)(struct lk_source *s, const struct lk_request *req, const struct lk_sink *sink, struct lk_err *err);
	/* Finds out about the file at a path that the user gave, without opening it. 0; -ENOENT …: no such file; -EOPNOTSUPP: this source
	 * cannot look paths up; -ETIMEDOUT: its file system does not answer. Strings are owned by the source until the next call. */
	int (*resolve)(struct lk_source *s, const char *path, bool follow, struct lk_fact_file *ret,
		       struct lk_err *err);
	/* See lk_source_resolve_all(). NULL: this source cannot look paths up. */
	int (*resolve_all)(struct lk_source *s, const char *const *paths, size_t n, lk_resolve_cb cb, void *arg,
			   struct lk_err *err);
	/* Who uses these files, see source/uses.h. NULL: this source cannot know. */
	int (*uses)(struct lk_source *s, const struct lk_uses_request *req, struct lk_uses *ret, struct lk_err *err);
	/* See lk_source_walk(). NULL: this source has no directories. */
	int (*walk)(struct lk_source *s, const struct lk_walk_request *req, lk_tree_cb cb, void *arg,
		    struct lk_err *err);
	/* See lk_source_why_not(). NULL: this source looks in one way only. */
	const char *(*why_not)(const struct lk_source *s);
	void (*free)(struct lk_source *s);
};

struct lk_source {
	const struct lk_source_ops *ops;
};

static inline int lk_source_scan(struct lk_source *s, const struct lk_request *req, const struct lk_sink *sink,
				 struct lk_err *err)
{
	return s->ops->scan(s, req, sink, err);
}

static inline int lk_source_resolve(struct lk_source *s, const char *path, bool follow, struct lk_fact_file *ret,
				    struct lk_err *err)
{
	return s->ops->resolve(s, path, follow, ret, err);
}

/* Looks up many paths at once, in any order. No symbolic link is followed, not even in the middle: -ELOOP; one that is the last part is
 * looked up itself. 0, or -errno with a sentence: cb was not called for each of them. */
static inline int lk_source_resolve_all(struct lk_source *s, const char *const *paths, size_t n, lk_resolve_cb cb,
					void *arg, struct lk_err *err)
{
	if (!s->ops->resolve_all)
		return lk_err_set(err, -EOPNOTSUPP, "names can only be looked up on the live machine");
	return s->ops->resolve_all(s, paths, n, cb, arg, err);
}

/* Calls cb for each file below the directory `path` that has one of these keys, once for each of its names there (hard links, bind
 * mounts). Opens only directories; follows no symbolic link but, with `follow`, `path` itself; ignores names that vanish meanwhile. 0, or
 * -errno with a sentence: -ENOTDIR; -EOPNOTSUPP: this source has no directories to walk; -ETIMEDOUT: a file system did not answer, and
 * what comes after it was not looked at; others: part of the tree could not be read, the rest was walked. */
static inline int lk_source_walk(struct lk_source *s, const struct lk_walk_request *req, lk_tree_cb cb, void *arg,
				 struct lk_err *err)
{
	if (!s->ops->walk)
		return lk_err_set(err, -EOPNOTSUPP, "%s: a directory tree can only be walked on the live machine",
				  req->path);
	return s->ops->walk(s, req, cb, arg, err);
}

/* Why the last scan was not made in the way this source prefers: the end of a sentence that begins with "because"; owned by the source
 * until the next scan. NULL: it was made in that way, or there was no scan yet. */
static inline const char *lk_source_why_not(const struct lk_source *s)
{
	return s->ops->why_not ? s->ops->why_not(s) : NULL;
}

static inline void lk_source_free(struct lk_source *s)
{
	if (s)
		s->ops->free(s);
}

#endif

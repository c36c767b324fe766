/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot: what was true at one moment. Everything is owned by its arena and read-only once built. Cross references are
 * pointers inside the snapshot. */
#ifndef LK_MODEL_SNAPSHOT_H
#define LK_MODEL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "record/record.h"
#include "source/source.h"

enum lk_state {
	LK_STATE_HELD,
	LK_STATE_WAITING,
	LK_STATE_BREAKING, /* a lease being broken */
	LK_STATE_BREAKER, /* an open(2) that waits for a lease */
	LK_STATE_STOPPED_WAITING, /* its thread was stopped by a signal: /proc/locks has dropped the request */
} __attribute__((packed));

enum lk_how {
	LK_HOW_EXACT, /* shown by the process's own fdinfo or the kernel's structures */
	LK_HOW_MATCHED, /* a waiter, inferred from the call it is blocked in */
	LK_HOW_RECORDED, /* only the pid the kernel recorded; may be another process by now */
	LK_HOW_AMBIGUOUS, /* several files share this key, or several equal lines share these descriptors */
	LK_HOW_UNKNOWN,
} __attribute__((packed));

/* The names of all values of each enum, NULL at the end. */
extern const char *const lk_state_words[], *const lk_how_words[];
const char *lk_state_name(enum lk_state s); /* "held", … as in JSON */
const char *lk_how_name(enum lk_how h);

struct lk_proc {
	int pid; /* first, for lk_compare_int() */
	unsigned flags; /* LK_PROC_* */
	uint64_t start_ticks; /* clock ticks since boot; 0 unknown */
	const char *comm; /* exact bytes, NUL-terminated; NULL unknown */
	int64_t uid; /* -1 unknown */
	int ppid;
	char state; /* '\0' unknown */
	int64_t num_threads; /* 0 unknown */
	const char *user; /* NULL unknown or not asked for; likewise below */
	const char *cmdline;
	const char *cgroup;
	const char *unit; /* of systemd, from the cgroup (model/unit.h) */
	const char *user_unit; /* unit of the user's own systemd */
	const char *container;
	uint64_t pid_ns, mnt_ns, user_ns; /* 0 unknown */
	int64_t started_unix_ms; /* by the wall clock of the snapshot; 0 unknown */
	/* Unknown also where not asked for: */
	const char *parent_comm, *session_comm, *tracer_comm; /* NULL unknown or gone */
	const char *tty; /* "pts/3"; NULL: none or unknown */
	int session, tracer; /* process numbers; 0: none or unknown */
};

struct lk_file {
	size_t index; /* in snapshot->files */
	struct lk_key key;
	bool has_stat;
	uint32_t st_major, st_minor;
	uint64_t st_ino, nlink;
	int64_t size; /* bytes; -1 unknown */
	/* Its name for people (lk_file_name()): begins with "/" only if this path leads to it from here, as far as is known. NULL
	 * unknown */
	const char *path;
	const char *seen_path; /* as the holder sees it; exact bytes */
	enum lk_tri deleted, replaced, local, unreachable;
	uint64_t foreign_mnt_ns; /* as in lk_fact_file */
	const char *fstype; /* NULL unknown */
	const char *mount_point; /* as `path` */
	const char *seen_mount_point;
	bool relations_cut; /* not all blockers of its requests are listed: there were too many (model/relate.h) */
	bool ambiguous; /* known only by a key that several files may share */
	bool name_unseen; /* no path, and there are processes that were not allowed to be read, which may know it */
};

struct lk_holder {
	int pid;
	int tid; /* holders: the thread with this private table of descriptors, 0: the process's table; waiters: the thread, 0 unknown */
	int fd; /* -1 unknown */
	const struct lk_proc *proc; /* never NULL */
};

/* A row: a held lock or a request. There may be hundreds of thousands, so the members are ordered to avoid padding. */
struct lk_lock {
	uint64_t id; /* of file, kind, range and owner (explain.c); stable while the lock stands */
	bool id_shared; /* another row has the same id: acting on it is refused */
	enum lk_state state;
	enum lk_how how;
	uint8_t n_because;
	int pid; /* first holder or the waiter; the recorded pid where no holder is proven; 0: unknown */
	uint32_t index; /* in snapshot->locks */
	unsigned deadlock; /* from 1; 0: none */
	struct lk_record rec; /* type, mode, range; rec.pid is the recorded pid */
	const struct lk_file *file; /* never NULL */
	const struct lk_proc *proc; /* of pid; NULL when pid is 0 */
	const struct lk_holder *holders; /* sorted by pid, tid, fd; empty for waiters */
	const struct lk_holder *waiter; /* NULL for held locks; its tid is the thread that waits */
	const char *const *no_holder_because; /* "word: sentence" each: the possible reasons why no holder is known */
	const struct lk_lock *root; /* waiters: the held lock the kernel lists it under; NULL unknown */
	const struct lk_lock *const *blocked_by; /* requests: the held locks that block it, by index */
	const struct lk_lock *const *blocks; /* requests that it blocks, by index */
	size_t n_holders, n_blocked_by, n_blocks;
	size_t line; /* in the kernel's list as the scanner read it, from 1; 0: seen only in fdinfo or in a blocked call */
	int64_t wait_ms; /* -1 unknown or not waiting; a lower bound: each wake-up starts it anew */
	int64_t wait_error_ms; /* how far off wait_ms may be; -1 unknown */
	int64_t break_left_ms; /* of a lease being broken: the kernel takes it away after so long at the latest; -1 unknown or never */
	size_t ofd; /* open file description of the holder or waiter; 0 unknown */
};

/* Processes that wait for each other in a circle. */
struct lk_cycle {
	bool dead; /* nobody in it can move: a deadlock. Otherwise escape_pid could still release its lock */
	unsigned number; /* of a deadlock, from 1, as in lk_lock.deadlock; 0: the cycle is no deadlock */
	const struct lk_lock *const *rows; /* its requests and the locks they wait for, by index */
	size_t n_rows;
	const int *pids; /* its processes, sorted */
	size_t n_pids;
	const int *breakers; /* processes of which each one alone, if it ended, would let all the others go on */
	size_t n_breakers;
	int escape_pid; /* the process that can still move; 0: none, or the cycle opens in another way */
	const char *escape; /* why it is no deadlock, in words; NULL when it is one */
};

struct lk_problem {
	enum lk_unread_what what;
	const char *text;
	int code; /* -errno */
	size_t count;
	bool hides_locks;
	const struct lk_fact_unread
		*unread; /* the first of the processes that `count` is about; none if it counts something else */
	size_t n_unread;
};

struct lk_snapshot {
	_Atomic unsigned n_refs; /* owners besides the first: lk_snapshot_hold(), lk_snapshot_free() */
	struct lk_arena arena;
	struct lk_fact_host host; /* strings in the arena */
	struct lk_fact_end end;
	struct lk_lock *locks; /* rows: a held lock is followed by the waiters the kernel lists under it */
	size_t n_locks;
	struct lk_file *files;
	size_t n_files;
	struct lk_proc *procs; /* by pid */
	size_t n_procs;
	struct lk_fact_mount *mounts;
	size_t n_mounts;
	struct lk_problem *problems;
	size_t n_problems;
	struct lk_key *proven; /* files whose locks are all in this snapshot even where !locks_proven */
	size_t n_proven;
	size_t n_held, n_waiting, n_deadlocks;
	bool relations_cut; /* set for some file; a problem LK_UNREAD_RELATIONS says so, and a deadlock may be missed */
	struct lk_cycle *cycles; /* deadlocks first, in the order of their numbers */
	size_t n_cycles;
	size_t n_possible_cycles; /* circles only if recorded holders, which are not proven, are the real ones; not among the cycles */
	bool complete; /* nothing that could not be read could change this answer */
	bool locks_proven; /* a file whose key has no row has no lock: a stable list of the initial pid namespace has every lock */
};

/* Adds an owner, which must call lk_snapshot_free() too. Callable from any thread that owns s. Returns s. */
struct lk_snapshot *lk_snapshot_hold(struct lk_snapshot *s);
/* Drops one owner; the last one frees it. NULL is fine. Callable from any thread. */
void lk_snapshot_free(struct lk_snapshot *s);

/* True if a file with this key that has no lock in the snapshot has none at all. */
bool lk_snapshot_proves(const struct lk_snapshot *s, const struct lk_key *key);
/* The first problem of that kind; NULL: none. */
const struct lk_problem *lk_snapshot_problem(const struct lk_snapshot *s, enum lk_unread_what what);

/* "running", "stopped", … for lk_proc.state (proc_pid_stat(5)); NULL unknown. */
const char *lk_proc_state_name(char state);
/* It has ended, but its parent has not waited for it yet. A first thread that ended before the others is a zombie too; its process has not
 * ended. */
bool lk_proc_is_over(const struct lk_proc *p);
/* Stopped by a signal or by a tracer: it has to be continued before it can release a lock. */
bool lk_proc_is_stopped(const struct lk_proc *p);
/* It is stopped or has ended, and may hold its locks for ever: stopped, traced, zombie or dead. */
bool lk_proc_is_unusual(const struct lk_proc *p);
/* The names of the states, NULL at the end. */
extern const char *const lk_proc_state_words[];

/* By pid; NULL when the snapshot does not know it. */
const struct lk_proc *lk_snapshot_proc(const struct lk_snapshot *s, int pid);

bool lk_lock_is_waiting(const struct lk_lock *l); /* waiting, breaker or stopped_waiting */
/* A lease or delegation, which the kernel takes away when it has been in the way for lease-break-time, unless that is 0 (proc_sys_fs(5)). */
bool lk_lock_is_taken_away(const struct lk_snapshot *s, const struct lk_lock *l);
/* pid is one of its proven holders. */
bool lk_lock_is_held_by(const struct lk_lock *l, int pid);
/* pid holds or waits for it (as far as known, recorded pids included). */
bool lk_lock_involves(const struct lk_lock *l, int pid);
/* How many processes are known to hold it; a process with several descriptors counts once. */
size_t lk_lock_n_processes(const struct lk_lock *l);
/* Its holder or waiter is proven (LK_HOW_EXACT). */
bool lk_lock_is_exact(const struct lk_lock *l);

/* Whether its path leads to it from here; LK_UNKNOWN also where there is no path. */
enum lk_tri lk_file_reachable(const struct lk_file *f);
/* Why no path can be used here to reach the file, a sentence; NULL: f->path can. */
const char *lk_file_why_nameless(const struct lk_file *f);

/* Is the lock on this file? LK_UNKNOWN: the key is the same, but several files may share it. */
enum lk_tri lk_lock_is_on(const struct lk_lock *l, const struct lk_fact_file *file);

#endif

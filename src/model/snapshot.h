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
	LK_STATE_STOPPED_WAITING, /* asked for it, then was stopped: /proc/locks has dropped it */
} __attribute__((packed));

enum lk_how {
	LK_HOW_EXACT, /* its own fdinfo (or the kernel's structures) say so */
	LK_HOW_MATCHED, /* inferred from the call it is blocked in */
	LK_HOW_RECORDED, /* the number the kernel recorded; may be another process by now */
	LK_HOW_AMBIGUOUS, /* several files share this key */
	LK_HOW_UNKNOWN,
} __attribute__((packed));

/* All of them, NULL at the end. */
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
	const char *user_unit; /* of the user's own systemd */
	const char *container;
	uint64_t pid_ns, mnt_ns, user_ns; /* 0 unknown */
	int64_t started_unix_ms; /* by the wall clock of the snapshot; 0 unknown */
	/* Not asked for is unknown here too: */
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
	/* What it is called (source/file_name.h): begins with "/" only where it is a path of ours, as far as is known. NULL unknown */
	const char *path;
	const char *seen_path; /* as the holder sees it; exact bytes */
	enum lk_tri deleted, replaced, local, unreachable;
	uint64_t foreign_mnt_ns; /* as in lk_fact_file */
	const char *fstype; /* NULL unknown */
	const char *mount_point; /* as `path` */
	const char *seen_mount_point;
	bool relations_cut; /* of its requests not every blocker is listed: there were too many (model/relate.h) */
	bool ambiguous; /* known only by a key that several files may share */
};

struct lk_holder {
	int pid;
	int tid; /* 0: not a thread's private table */
	int fd; /* -1 unknown */
	const struct lk_proc *proc; /* never NULL */
};

/* There may be hundreds of thousands: ordered so that nothing is lost between the fields. */
struct lk_lock {
	uint64_t id; /* of file, kind, range and owner (explain.c); stable while the lock stands */
	bool id_shared; /* another row has the same id: acting on it is refused */
	enum lk_state state;
	enum lk_how how;
	uint8_t n_because;
	int pid; /* first holder or the waiter; the recorded one where nobody is proven; 0: unknown */
	uint32_t index; /* in snapshot->locks */
	unsigned deadlock; /* from 1; 0: none */
	struct lk_record rec; /* type, mode, range; rec.pid is the recorded pid */
	const struct lk_file *file; /* never NULL */
	const struct lk_proc *proc; /* of pid; NULL when pid is 0 */
	const struct lk_holder *holders; /* sorted by pid, tid, fd; empty for waiters */
	const struct lk_holder *waiter; /* NULL for held locks; its tid is the thread that waits */
	const char *const *no_holder_because; /* "word: sentence"; the reasons that remain possible */
	const struct lk_lock *root; /* waiters: the held lock the kernel lists it under; NULL unknown */
	const struct lk_lock *const *blocked_by; /* held locks in its way, by index */
	const struct lk_lock *const *blocks; /* waiting requests it is in the way of, by index */
	size_t n_holders, n_blocked_by, n_blocks;
	size_t line; /* in /proc/locks, from 1; 0: seen only in fdinfo, in a blocked call or by bpf */
	int64_t wait_ms; /* -1 unknown or not waiting; a lower bound: each wake-up starts it anew */
	int64_t wait_error_ms; /* how far off the clock may be; -1 unknown */
	int64_t break_left_ms; /* of a lease being broken: the kernel takes it away after so long at the latest; -1 unknown or never */
	size_t ofd; /* open file description of the holder or waiter; 0 unknown */
};

/* Processes that wait for each other in a circle. */
struct lk_cycle {
	bool dead; /* nobody in it can move: a deadlock. Otherwise escape_pid could still release its lock */
	unsigned number; /* of a deadlock, from 1, as in lk_lock.deadlock; 0 for a cycle that is none */
	const struct lk_lock *const *rows; /* its requests and the locks they wait for, by index */
	size_t n_rows;
	const int *pids; /* its processes, sorted */
	size_t n_pids;
	const int *breakers; /* each of these alone, if it went, would let all the others go on */
	size_t n_breakers;
	int escape_pid; /* who can still move; 0: none, or not by a process of its own */
	const char *escape; /* why it is no deadlock, in words; NULL when it is one */
};

struct lk_problem {
	enum lk_unread_what what;
	const char *text;
	int code; /* -errno */
	size_t count;
	bool hides_locks;
	const struct lk_fact_unread
		*unread; /* the first processes that it counts; none where it counts something else */
	size_t n_unread;
};

struct lk_snapshot {
	_Atomic unsigned n_refs; /* owners beside the first: lk_snapshot_hold(), lk_snapshot_free() */
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
	struct lk_key *proven; /* files whose locks are all here even where !locks_proven */
	size_t n_proven;
	size_t n_held, n_waiting, n_deadlocks;
	bool relations_cut; /* of some file; LK_UNREAD_RELATIONS says so, and a deadlock may be missed */
	struct lk_cycle *cycles; /* deadlocks first, in the order of their numbers */
	size_t n_cycles;
	bool complete; /* nothing that could not be read could change this answer */
	bool locks_proven; /* a key that is not among the locks is free: a stable list of the initial pid namespace has every lock */
};

/* One more owner, which has to call lk_snapshot_free() too. From any thread that keeps the snapshot alive. Returns s. */
struct lk_snapshot *lk_snapshot_hold(struct lk_snapshot *s);
/* Drops one owner; the last one frees it. NULL is fine. From any thread. */
void lk_snapshot_free(struct lk_snapshot *s);

/* A file with this key that has no lock here has none. */
bool lk_snapshot_proves(const struct lk_snapshot *s, const struct lk_key *key);
/* The first problem of that kind; NULL: none. */
const struct lk_problem *lk_snapshot_problem(const struct lk_snapshot *s, enum lk_unread_what what);

/* "running", "stopped", … for lk_proc.state (proc_pid_stat(5)); NULL unknown. */
const char *lk_proc_state_name(char state);
/* It has ended: its parent has not taken notice yet. A leader that ended before its threads is a zombie too and is not over. */
bool lk_proc_is_over(const struct lk_proc *p);
/* Somebody has to let it go on before it can let go of a lock: stopped by a signal or by a tracer. */
bool lk_proc_is_stopped(const struct lk_proc *p);
/* It stands still, or has ended, and may hold its locks for ever: stopped, traced, zombie or dead. */
bool lk_proc_is_unusual(const struct lk_proc *p);
/* The names of the states, NULL at the end. */
extern const char *const lk_proc_state_words[];

/* By pid; NULL when the snapshot does not know it. */
const struct lk_proc *lk_snapshot_proc(const struct lk_snapshot *s, int pid);

bool lk_lock_is_waiting(const struct lk_lock *l); /* waiting, breaker or stopped_waiting */
/* pid is one of its proven holders. */
bool lk_lock_is_held_by(const struct lk_lock *l, int pid);
/* pid holds or waits for it (as far as known, recorded pids included). */
bool lk_lock_involves(const struct lk_lock *l, int pid);
/* How many processes are known to hold it; a process with several descriptors counts once. */
size_t lk_lock_n_processes(const struct lk_lock *l);
/* The lock has an owner that is proven. */
bool lk_lock_is_exact(const struct lk_lock *l);

/* Its path leads there from here; LK_UNKNOWN too where there is no path. */
enum lk_tri lk_file_reachable(const struct lk_file *f);
/* Why there is no name by which this machine's commands and calls find it; NULL: its path is one. A sentence. */
const char *lk_file_why_nameless(const struct lk_file *f);

/* Does the lock stand on this file? LK_UNKNOWN: the key is the same, but several files may share it. */
enum lk_tri lk_lock_is_on(const struct lk_lock *l, const struct lk_fact_file *file);

#endif

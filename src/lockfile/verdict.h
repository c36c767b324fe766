/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a lock file live, stale or harmless? Pure: facts in, verdict and its reasons out. */
#ifndef LK_LOCKFILE_VERDICT_H
#define LK_LOCKFILE_VERDICT_H

#include "base/buf.h"
#include "base/vec.h"
#include "lockfile/kinds.h"
#include "lockfile/owner.h"
#include "model/snapshot.h"
#include "source/uses.h"

enum lk_verdict {
	LK_VERDICT_LIVE, /* proven: who made it is alive, or has it open, or holds a kernel lock on it */
	LK_VERDICT_PROBABLY_LIVE,
	LK_VERDICT_STALE, /* proven: see lk_verdict_find() */
	LK_VERDICT_FOREIGN, /* another host or pid namespace made it: this machine cannot tell */
	LK_VERDICT_HARMLESS, /* the lock is a kernel lock on it, which is free: the file itself means nothing */
	LK_VERDICT_NO_LOCK, /* the file is no lock at all, such as Cargo.lock */
	LK_VERDICT_UNKNOWN,
	LK_N_VERDICTS,
};

extern const char *const lk_verdict_names[]; /* by enum lk_verdict, then NULL */
const char *lk_verdict_name(enum lk_verdict v); /* "live", "probably_live": one word, for JSON */
const char *lk_verdict_words(enum lk_verdict v); /* "probably live", for people */

/* What was gathered about a lock file. Times are milliseconds since 1970; 0: unknown. Everything is borrowed. */
struct lk_lockfile_facts {
	const struct lk_lockfile_kind *kind;
	const char *name; /* last part of its path */
	int64_t mtime_ms, ctime_ms;
	int64_t uid; /* owner of the file; -1 unknown */
	uint64_t nlink; /* how many names it has; 0 unknown */
	bool remote; /* it is on a file system that other machines may use: a number or address without a host's name is not ours */
	bool read; /* its content or target was read; else `why_not_read` says why (NULL: nothing is written in this kind) */
	const char *why_not_read;
	int owner_rc; /* what lk_owner_parse() returned */
	struct lk_owner owner; /* as it is written */

	/* This machine. */
	const char *host; /* NULL unknown */
	bool own_address; /* the owner's host is a network address of it */
	int64_t now_ms; /* when the file was looked at */
	int64_t boot_ms;
	uint64_t pid_ns; /* inode number; 0 unknown */
	bool initial_pidns; /* pids are those of the whole machine */

	/* The process with the owner's number. Only meaningful if owner.pid is not 0. */
	enum lk_tri alive; /* UNKNOWN: it could not be found out; NO also for a zombie */
	/* Some process in another pid namespace has the owner's number there, or not all processes could be asked: a number that is
	 * written without its namespace may be meant so. */
	bool may_be_inner;
	int thread_of; /* the number is that of a thread of this process; 0: it is a process */
	const char *comm; /* of it; NULL unknown */
	int64_t process_uid; /* -1 unknown */
	int64_t started_ms;

	size_t n_companions; /* how many of them are there */
	/* Who uses it, or one of its companions (the files that belong to it, or that it locks). */
	enum lk_tri open; /* YES: or somebody works in what it locks; UNKNOWN: not all processes could be asked */
	int open_pid; /* one of them; 0: not known */
	const char *open_comm, *open_what; /* its name, and the path it has open; NULL unknown */
	bool open_beside, lock_beside; /* `open_what`, `lock_what`: only a companion, which others use too */
	enum lk_use_kind open_how; /* to have it as the working directory is less of a proof than to have it open */
	const char *
		abstract; /* an abstract socket that its owner would listen on, and somebody does; NULL: none, or not known */
	enum lk_tri kernel_lock; /* a kernel lock on it or on a companion is held */
	int lock_pid; /* one holder; 0: not known */
	const char *lock_comm, *lock_what;
};

struct lk_verdict_answer {
	enum lk_verdict verdict;
	/* Sentences without a full stop, the most telling first; bytes of the machine in them are not sanitized. */
	LK_VEC(char *) because;
};

/* Does nothing show that a file of a vague kind is one of it? Then no word is to be said of that. */
bool lk_verdict_is_mistaken(const struct lk_lockfile_facts *f);

/* The rules: `stale` is said only where the owner that is written in it is gone, on this host and in this pid namespace; or it was written
 * in another boot of this host, the file was not changed since this one, and no process can be the owner after all; or the process of that
 * number cannot be the owner (another program or user) and is younger than both mtime and ctime; or its program would have it open; and in
 * each case nobody has the file or a companion open, and that is known. A time alone proves nothing. Whatever is missing for a proof is
 * said. Free with lk_verdict_done(). */
void lk_verdict_find(const struct lk_lockfile_facts *f, struct lk_verdict_answer *ret);
void lk_verdict_done(struct lk_verdict_answer *a);

#endif

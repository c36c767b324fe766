/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses a file, with a lock or without: what would be in the way of deleting it, unmounting its file system or writing to it. */
#ifndef LK_SOURCE_USES_H
#define LK_SOURCE_USES_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "source/source.h"
#include "source/unread.h"

enum lk_use_kind {
	LK_USE_OPEN, /* an open descriptor */
	LK_USE_PATH, /* a descriptor that was opened with O_PATH */
	LK_USE_MAPPED, /* mapped into memory */
	LK_USE_RUNNING, /* the program that a process runs (then it is not listed as mapped) */
	LK_USE_CWD, /* the working directory of a process */
	LK_USE_ROOT, /* the root directory of a process, if it is not our own */
	LK_USE_LOOP, /* the file behind a loop device; used by the kernel */
	LK_USE_SWAP, /* swap space; used by the kernel */
	LK_USE_MOUNT, /* it is a mount point, or mounted itself; in our mount namespace, a block device in any */
	LK_USE_LISTENING, /* a listening socket is bound to it; by the kernel where no process with that socket was found */
	LK_USE_BOUND, /* a socket that does not listen is bound to it: it receives datagrams; likewise */
	LK_USE_CONNECTED, /* one end of a connection that was made through it */
	LK_USE_HOLDER, /* a block device: another one is built on it (device mapper, md, bcache …) */
	LK_USE_BACKING, /* a loop device: the file it is attached to */
	LK_USE_OVERLAY, /* an overlay file system that is mounted here shows it, as another file with locks of its own */
	LK_N_USE_KINDS,
};

/* The words for a kind of use. */
struct lk_use_words {
	const char *name; /* "open": one word, for JSON */
	const char *how, *one, *many; /* "open in" N "process" or "processes"; `one` NULL: it is not counted */
	bool by_process; /* the user is a process, even if it is not known which one */
	const char *before, *after; /* of a process: "has " WHAT " open"; of the kernel: "it is behind " /dev/loop0 */
};
const struct lk_use_words *lk_use_words(enum lk_use_kind kind);

struct lk_use {
	size_t file; /* index among the files asked about */
	enum lk_use_kind kind;
	int pid; /* 0: the kernel, or a process that was not found */
	uint64_t start_ticks; /* 0 where pid is 0 */
	const char *comm; /* exact bytes; NULL where pid is 0 */
	int fd; /* the descriptor, where the use is one; else -1 */
	const char
		*what; /* "/dev/loop0", mount point, "socket:[4711]"; where `below`, a path that is used; else NULL */
	bool below; /* not the file itself is used but something below it, which keeps it busy (see lk_uses_find()) */
	bool locked; /* open, and this descriptor shows a lock on the file */
	bool certain; /* false: it may be another file with the same key, or only the name was compared */
};

/* Zero-initialised is empty. */
struct lk_uses {
	struct lk_arena arena; /* owns the strings */
	LK_VEC(struct lk_use)
	v; /* sorted by file, below, kind, pid, fd; no duplicates */
	size_t n_procs; /* processes that were looked at or should have been; without kernel threads and ourselves */
	size_t n_unreadable; /* of them: could not be read, or did not answer in time */
	size_t n_unanswered; /* of those: did not answer, without being refused; asking again may help */
	lk_unread_list unread; /* the first of the unreadable, with their names; those that did not answer come first */
	bool hidden; /* there are, or could be, processes that cannot even be counted (hidepid, another pid namespace) */
	size_t n_kernel_unknown; /* searches for uses by the kernel (loop, swap, mount, socket …) that failed */
	size_t n_kernel_unanswered; /* of them: did not answer in time */
};

struct lk_uses_request {
	const struct lk_fact_file *files;
	size_t n_files;
	uint32_t timeout_ms; /* 0: no limit */
	bool tree; /* for a directory: also uses of anything below its path, in the mount namespace of that path */
};

/* Looks at every process once for all files. The caller's own process is left out. For the root directory of a mount it also reports who
 * uses anything on that mount and makes umount(2) fail with EBUSY: for each process one use of each kind. 0 with *ret; or -errno with a
 * sentence: -EOPNOTSUPP where processes cannot be looked at (a capture). lk_uses_done() in either case. */
int lk_uses_find(struct lk_source *s, const struct lk_uses_request *req, struct lk_uses *ret, struct lk_err *err);
void lk_uses_done(struct lk_uses *u);

/* Appends "process 1 (init) could not be asked whether it uses it (Permission denied)", or how many of how many processes could not be
 * asked; names: with the names of the first ones. Call it only if n_unreadable is not 0. */
void lk_uses_put_unread(lk_buf *b, const struct lk_uses *u, bool names);
/* A part of u for lk_uses_put_unread(): only the unreadable processes that did not answer, or only those that we may not read. Borrows
 * everything. */
struct lk_uses lk_uses_unread_part(const struct lk_uses *u, bool unanswered);
/* The i-th reason why uses may have been missed, without a full stop; NULL: there is no more. */
const char *lk_uses_doubt(const struct lk_uses *u, size_t i);

/* Whether the use is certain and more than the descriptor that shows a lock: it would be disturbed if the file were removed. */
bool lk_use_is_proven(const struct lk_use *u);

/* For sources: counts a process that could not be read, and keeps a copy if there is room. */
void lk_uses_add_unread(struct lk_uses *u, const struct lk_fact_unread *unread);
/* For sources: adds a copy of a use. */
void lk_uses_add(struct lk_uses *u, const struct lk_use *use);
/* For sources: forgets which processes could not be read. */
void lk_uses_clear_unread(struct lk_uses *u);
/* For sources: sorts the uses and drops duplicates. */
void lk_uses_finish(struct lk_uses *u);

#endif

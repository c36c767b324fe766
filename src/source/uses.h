/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses a file, with a lock or without: what would be in the way of deleting it, unmounting its file system or writing to it. */
#ifndef LK_SOURCE_USES_H
#define LK_SOURCE_USES_H

#include "base/arena.h"
#include "base/vec.h"
#include "source/source.h"
#include "source/unread.h"

enum lk_use_kind {
	LK_USE_OPEN, /* an open descriptor */
	LK_USE_PATH, /* one that only names it (O_PATH) */
	LK_USE_MAPPED, /* mapped into memory */
	LK_USE_RUNNING, /* the program it runs (then it is not listed as mapped) */
	LK_USE_CWD, /* its working directory */
	LK_USE_ROOT, /* its root directory, where that is not our own */
	LK_USE_LOOP, /* behind a loop device; by the kernel, as are those below */
	LK_USE_SWAP, /* swapped to */
	LK_USE_MOUNT, /* something is mounted on it, or it is mounted elsewhere too; in our mount namespace */
	LK_USE_LISTENING, /* a socket that is bound to it listens; by a process, or by the kernel when none was found */
	LK_USE_BOUND, /* a socket is bound to it and does not listen: it receives datagrams; likewise */
	LK_USE_CONNECTED, /* one end of a connection that was made through it */
	LK_USE_HOLDER, /* a block device: another one is made of it (device mapper, md, bcache …) */
	LK_USE_BACKING, /* a loop device: the file it is attached to */
	LK_USE_OVERLAY, /* an overlay file system that is mounted here shows it, as another file with locks of its own */
	LK_N_USE_KINDS,
};

/* How a kind is called and said. */
struct lk_use_words {
	const char *name; /* "open": one word, for JSON */
	const char *how, *one, *many; /* "open in" N "process" or "processes"; `one` NULL: it is not counted */
	bool by_process; /* even where it is not known by which */
	const char *before, *after; /* of a process: "has " WHAT " open"; of the kernel: "it is behind " /dev/loop0 */
};
const struct lk_use_words *lk_use_words(enum lk_use_kind kind);

struct lk_use {
	size_t file; /* index among the files asked about */
	enum lk_use_kind kind;
	int pid; /* 0: the kernel itself */
	uint64_t start_ticks; /* 0: the kernel */
	const char *comm; /* exact bytes; NULL: the kernel */
	int fd; /* open and path; else -1 */
	const char
		*what; /* "/dev/loop0", mount point, "socket:[4711]"; where `below`, a path that is used; else NULL */
	bool below; /* not the file itself is used: something below it, which keeps it busy (see lk_uses_find()) */
	bool locked; /* open, and this descriptor shows a lock on the file */
	bool certain; /* false: it may be another file with the same key, or was told by its name only */
};

/* In place; zero-initialised is empty. */
struct lk_uses {
	struct lk_arena arena; /* owns the strings */
	LK_VEC(struct lk_use)
	v; /* by file, below, kind, pid, fd; each once */
	size_t n_procs; /* processes that were looked at or should have been; without kernel threads and ourselves */
	size_t n_unreadable; /* of them: could not be read, or did not answer in time */
	size_t n_unanswered; /* of those: not refused, so that they could be asked again */
	lk_unread_list unread; /* the first of those that are unreadable, by name; the unanswered first */
	bool hidden; /* there are, or could be, processes that cannot even be counted (hidepid, another pid namespace) */
	size_t n_kernel_unknown; /* of loop, swap and mount: how many could not be looked through */
	size_t n_kernel_unanswered; /* of them: did not answer in time */
};

/* What is asked about. */
struct lk_uses_request {
	const struct lk_fact_file *files;
	size_t n_files;
	uint32_t timeout_ms; /* 0: no limit */
	bool tree; /* of a directory: also who uses anything below it, in our mount namespace and as its path says */
};

/* Looks at every process once for all files. The caller's own process is left out. Of the root directory of a mount it also tells who
 * uses anything on that mount, so that umount(2) would say EBUSY: of each process one use of each kind. 0 with *ret; or -errno with a
 * sentence: -EOPNOTSUPP where processes cannot be looked at (a capture). lk_uses_done() in either case. */
int lk_uses_find(struct lk_source *s, const struct lk_uses_request *req, struct lk_uses *ret, struct lk_err *err);
void lk_uses_done(struct lk_uses *u);

/* "process 1 (init) could not be asked whether it uses it (Permission denied)", or how many of how many could not; names: with the
 * first of them. Only where n_unreadable. */
void lk_uses_put_unread(lk_buf *b, const struct lk_uses *u, bool names);
/* The unreadable that did not answer, or only those that are refused, for lk_uses_put_unread(). Borrows everything. */
struct lk_uses lk_uses_unread_part(const struct lk_uses *u, bool unanswered);
/* The i-th of what else could use a file and was not seen, without a full stop; NULL: there is no more. */
const char *lk_uses_doubt(const struct lk_uses *u, size_t i);

/* A use that would be disturbed if the file went: proven, and not just by a lock's own descriptor. */
bool lk_use_is_proven(const struct lk_use *u);

/* For sources: counts one that could not be read, and keeps a copy if there is room. */
void lk_uses_add_unread(struct lk_uses *u, const struct lk_fact_unread *unread);
/* For sources: adds a copy. */
void lk_uses_add(struct lk_uses *u, const struct lk_use *use);
/* For sources: brings them into order, each once. */
void lk_uses_finish(struct lk_uses *u);

#endif

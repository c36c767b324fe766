/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kinds of lock files there are, known by their names. */
#ifndef LK_LOCKFILE_KINDS_H
#define LK_LOCKFILE_KINDS_H

#include "base/vec.h"
#include "lockfile/owner.h"

/* What kind of file it is; a kind has one. */
enum lk_lockfile_object { LK_LOCKFILE_FILE, LK_LOCKFILE_LINK, LK_LOCKFILE_DIR, LK_LOCKFILE_SOCKET };

/* What its being there means. */
enum lk_lockfile_means {
	LK_LOCKFILE_HELD, /* the lock is held while it exists: whoever makes it (O_EXCL, link(2), symlink(2), mkdir(2)) has the lock */
	LK_LOCKFILE_NOTE, /* says who runs; a program may refuse to start beside it, or lock it with the kernel besides */
	LK_LOCKFILE_KERNEL, /* nothing: the lock is a kernel lock on it */
	LK_LOCKFILE_LIST, /* nothing: it is a list of versions, no lock */
	LK_LOCKFILE_DATA, /* nothing: it is data of its program, no lock, though it is called or taken for one */
};

/* Where its owner is written. */
enum lk_owner_at {
	LK_OWNER_AT_CONTENT, /* in it; of a link, in its target */
	LK_OWNER_AT_ENTRY, /* the name of the one file in it, a directory */
	LK_OWNER_AT_COMPANION, /* in its first companion, a file; nowhere if that is not there, or is older than the lock file */
};

struct lk_lockfile_kind {
	const char *word; /* of the application, one word, for JSON */
	const char *maker; /* the program whose lock file it is, for messages */
	const char *names; /* patterns of the file's name, fnmatch(3) with FNM_PERIOD, separated by '|' */
	const char *dir; /* patterns of its directory's path, likewise, for names that others use too; NULL: any */
	enum lk_lockfile_object object;
	enum lk_lockfile_means means;
	enum lk_owner_form owner;
	enum lk_owner_at owner_at;
	const char *programs; /* names of the programs that can be its owner, separated by '|', fnmatch(3); NULL: any */
	/* Files that belong to it or that it locks, relative to its directory, separated by '|'; '%' stands for lk_lockfile_stem(). NULL:
	 * none. */
	const char *companions;
	/* Patterns of the name of a directory above. Who works in the nearest one, or in the one that has it, may be its owner. NULL: none. */
	const char *top;
	bool lock_beside; /* the kernel lock is not on it, but on its first companion */
	/* Its program changes its mtime, at least this often: one that is no older is a sign of life, an older one proves nothing. Seconds;
	 * 0: it does not. */
	int heartbeat_s;
	const char *abstract; /* name of the abstract socket that its owner listens on; '%' as above; NULL: none */
	/* What it locks, if that is something that a user may ask about. "%": the file after which it is called, see lk_lockfile_stem(),
	 * beside it; else where it is in the directory that it locks, ".git" or "."; NULL: neither. */
	const char *of;
	/* Its program has it open (a socket: is bound to it) as long as it means something, from the moment it is made. */
	bool kept_open;
	/* Other files are called so, too: it is only one if a companion is there or, where it has none, if an owner is written in it or
	 * somebody has it open without a kernel lock on it. */
	bool vague;
	bool linked; /* it is the lock only while it has a second name, the lock file's, by link(2) */
	const char *advice; /* what to do instead of deleting it, or before; NULL: a stale one may be deleted */
	const char *along; /* files beside it that are deleted with it if it is stale, separated by '|'; NULL: none */
	bool keep; /* it is never to be deleted: see advice */
};

/* The whole table. */
const struct lk_lockfile_kind *lk_lockfile_kinds(size_t *ret_n);
/* "symbolic link"; "it is the lock while it exists": a row in words. */
const char *lk_lockfile_object_words(enum lk_lockfile_object o);
const char *lk_lockfile_means_words(enum lk_lockfile_means m);

/* The kind of a file by its path, of which the last part counts, and of some kinds the directory; object: what is there. Static; NULL: not
 * known to be a lock file. */
const struct lk_lockfile_kind *lk_lockfile_find(const char *path, enum lk_lockfile_object object);
/* The same for what is there by its mode, as st_mode. */
const struct lk_lockfile_kind *lk_lockfile_of(const char *path, unsigned mode);

/* A name without what its pattern has before and behind the first and the last of "*?[]": of "a.lock" by "*.lock", "a". To be freed. */
char *lk_lockfile_stem(const struct lk_lockfile_kind *kind, const char *name);

/* The paths where files may be that belong to the kind's file at `path`, an absolute one: its companions in their order, then the
 * directories of `top`. The path in the call is borrowed. */
void lk_lockfile_companions(const struct lk_lockfile_kind *kind, const char *path,
			    void (*cb)(void *arg, const char *path), void *arg);

/* The name of the kind's abstract socket for its file at `path`. To be freed; NULL: it has none. */
char *lk_lockfile_abstract(const struct lk_lockfile_kind *kind, const char *path);

/* Is the file itself the lock, or what is left to tell who has it? Else the lock is a kernel lock on it, or there is none. */
static inline bool lk_lockfile_is_lock(const struct lk_lockfile_kind *kind)
{
	return kind->means == LK_LOCKFILE_HELD || kind->means == LK_LOCKFILE_NOTE;
}

/* Where lock files of the file or directory `path` may be, by the member `of`. */
typedef LK_VEC(char *) lk_lockfile_paths;
void lk_lockfile_paths_of(const char *path, bool is_dir, lk_lockfile_paths *ret);
void lk_lockfile_paths_done(lk_lockfile_paths *p);

/* What it is, for messages: "lock file", "socket", "list of versions" or "data file". */
const char *lk_lockfile_noun(const struct lk_lockfile_kind *kind);

/* Does the name match one of the patterns, separated by '|'? patterns may be NULL: no. */
bool lk_lockfile_matches(const char *patterns, const char *name);

/* The kind of a file whose lock is held while something has its name, whatever that is. mode: as st_mode. Static; NULL: not known to be such
 * a file. Names of files that are as often locked with flock(2) or fcntl(2) (most "*.lock") are not among them. */
const struct lk_lockfile_kind *lk_lockfile_by_existing(const char *path, unsigned mode);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Byte ranges that well-known programs lock, and what they mean by it: one const table. A file is never opened to find out what
 * it is; a layout is only believed where every lock on the file fits it. */
#ifndef LK_TABLE_KNOWN_RANGES_H
#define LK_TABLE_KNOWN_RANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"
#include "model/snapshot.h"

struct lk_known_range {
	struct lk_range range;
	const char *name; /* "PENDING" */
	const char *text; /* what a lock on it means, for people */
	const char *write_text; /* the same of a write lock; NULL: text */
};

/* What an owner does, by all its locks on the file. */
struct lk_known_state {
	const char *name; /* "EXCLUSIVE" */
	const char *text; /* what that means, for people */
	struct lk_range range; /* it has a lock that touches these bytes */
	enum lk_mode mode; /* in this mode; UNKNOWN: in any */
};

struct lk_known_layout {
	const char *word; /* "sqlite": for machines */
	const char *name; /* "SQLite": goes before the name of a range */
	const char *looks_like; /* "a SQLite database" */
	const char *suffix; /* the file's name must end so; NULL: any name */
	bool own_pid; /* one of the locks must be on the byte that has the number of its process */
	bool has_mutex; /* there may be a mutex inside the file, too (pthread_mutexattr_setpshared(3)) */
	bool by_byte; /* a part of a range means the same as all of it */
	bool tells_ranges; /* of an owner in a state each lock tells its ranges; else what the state means is said */
	unsigned types; /* bits 1 << enum lk_type: which kinds of lock the program takes */
	bool only_read; /* it takes no write locks */
	const struct lk_known_range *ranges; /* by start; they do not overlap */
	size_t n_ranges;
	const struct lk_known_state *states; /* the first that fits is it */
	size_t n_states; /* 0: each lock stands for itself */
};

const struct lk_known_layout *lk_known_table(size_t *ret_n);

/* The layout that all locks of one file fit; NULL: none. Not counted are locks that have no range (flock, leases) and those that
 * cover all of the layout, as of a tool that locks the whole file; at least one must be left. path: NULL unknown. */
const struct lk_known_layout *lk_known_find(const struct lk_lock *const *locks, size_t n, const char *path);

/* There may be a mutex inside the file, which is no lock of the kernel: by its layout, or by its name alone. layout, path: NULL unknown. */
bool lk_known_may_have_mutex(const struct lk_known_layout *layout, const char *path);

/* By itself, and by the name of its file; quick. */
bool lk_known_may_fit(const struct lk_lock *l);

/* The range that has this byte; NULL: none. layout may be NULL. */
const struct lk_known_range *lk_known_at(const struct lk_known_layout *layout, int64_t offset);

/* POSIX locks belong to a process, open file description locks to the description. Requests have no owner. */
bool lk_known_same_owner(const struct lk_lock *a, const struct lk_lock *b);
/* What the owner of `of` does, by those of these locks of the file that are its own; NULL: none of the states. layout may be NULL. */
const struct lk_known_state *lk_known_state_of(const struct lk_known_layout *layout, const struct lk_lock *of,
					       const struct lk_lock *const *locks, size_t n);

/* Appends what a lock of this mode on the range means; UNKNOWN: of either mode. */
void lk_known_text(const struct lk_known_range *known, enum lk_mode mode, lk_buf *out);

/* Appends what these bytes are called: "PENDING+RESERVED" when they are exactly that, "part of SHARED", or nothing. layout may be NULL. */
void lk_known_name(const struct lk_known_layout *layout, struct lk_range range, lk_buf *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Byte ranges that well-known programs lock, and what they mean by it: one const table. No file is opened to find out what it is; a layout
 * is accepted only where every lock on the file fits it. */
#ifndef LK_TABLE_KNOWN_RANGES_H
#define LK_TABLE_KNOWN_RANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "model/snapshot.h"

struct lk_known_range {
	struct lk_range range;
	const char *name; /* "PENDING" */
	const char *text; /* what a lock on it means, for people */
	const char *write_text; /* the same for a write lock; NULL: as text */
};

/* What an owner does, judged by all its locks on the file. */
struct lk_known_state {
	const char *name; /* "EXCLUSIVE" */
	const char *text; /* what that means, for people */
	struct lk_range range; /* the owner has a lock that touches these bytes */
	enum lk_mode mode; /* with this mode; UNKNOWN: any mode */
};

struct lk_known_layout {
	const char *word; /* "sqlite": for machines */
	const char *name; /* "SQLite": goes before the name of a range */
	const char *looks_like; /* "a SQLite database" */
	const char *suffix; /* the path must end in this; NULL: any path */
	bool own_pid; /* at least one lock must begin at the byte whose offset is the pid of its owner */
	bool has_mutex; /* the file may also contain a mutex shared by processes (pthread_mutexattr_setpshared(3)) */
	bool by_byte; /* a part of a range means the same as all of it */
	bool tells_ranges; /* for a lock whose owner is in a state, name the ranges of the lock instead of explaining the state */
	unsigned types; /* bits 1 << enum lk_type: the kinds of lock that the program takes */
	bool only_read; /* it takes no write locks */
	const struct lk_known_range *ranges; /* by start; they do not overlap */
	size_t n_ranges;
	const struct lk_known_state *states; /* the first one that fits the owner applies */
	size_t n_states; /* 0: each lock is explained by itself */
};

const struct lk_known_layout *lk_known_table(size_t *ret_n);

/* The layout that all these locks of one file fit; NULL: none. Not counted are locks without a range (flock, leases) and locks that cover
 * the whole layout, such as that of a tool that locks the whole file; at least one other lock must be there. path: NULL unknown. */
const struct lk_known_layout *lk_known_find(const struct lk_lock *const *locks, size_t n, const char *path);

/* Whether the file may contain a mutex, which the kernel does not list as a lock: judged by its layout or, without one, by its name.
 * layout, path: NULL unknown. */
bool lk_known_may_have_mutex(const struct lk_known_layout *layout, const char *path);

/* Whether this lock fits a layout, judged only by itself and the path of its file. Much cheaper than lk_known_find(). */
bool lk_known_may_fit(const struct lk_lock *l);

/* The known range that contains this byte; NULL: none. layout may be NULL. */
const struct lk_known_range *lk_known_at(const struct lk_known_layout *layout, int64_t offset);

/* Whether both locks have the same owner: a process for POSIX locks, an open file description for OFD locks. A request shares its owner
 * with no other lock. */
bool lk_known_same_owner(const struct lk_lock *a, const struct lk_lock *b);
/* What the owner of `of` does, judged by those of these locks of the file that it owns; NULL: no state fits. layout may be NULL. */
const struct lk_known_state *lk_known_state_of(const struct lk_known_layout *layout, const struct lk_lock *of,
					       const struct lk_lock *const *locks, size_t n);

/* Appends what a lock of this mode on the range means; UNKNOWN: what it means in either mode. */
void lk_known_text(const struct lk_known_range *known, enum lk_mode mode, lk_buf *out);

/* Appends the names of the known ranges that these bytes lie in: "PENDING+RESERVED" for exactly those, "part of SHARED" for less; nothing
 * if not all bytes are known. layout may be NULL. */
void lk_known_name(const struct lk_known_layout *layout, struct lk_range range, lk_buf *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One lock as the kernel prints it: a line of /proc/locks (proc_locks(5)) or a "lock:" line of /proc/PID/fdinfo/FD
 * (proc_pid_fdinfo(5)). Source of the format: fs/locks.c lock_get_status(). */
#ifndef LK_RECORD_RECORD_H
#define LK_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/range.h"
#include "record/word.h"

enum lk_type {
	LK_TYPE_POSIX,
	LK_TYPE_OFD,
	LK_TYPE_FLOCK,
	LK_TYPE_LEASE,
	LK_TYPE_DELEG,
	LK_TYPE_UNKNOWN
} __attribute__((packed));
enum lk_mode { LK_MODE_READ, LK_MODE_WRITE, LK_MODE_UNLOCK, LK_MODE_UNKNOWN } __attribute__((packed));
/* The second word of a line. ADVISORY, MANDATORY and MSNFS: an ordinary lock, not a lease. */
enum lk_phase {
	LK_PHASE_ADVISORY,
	LK_PHASE_ACTIVE,
	LK_PHASE_BREAKING,
	LK_PHASE_BREAKER,
	LK_PHASE_MANDATORY,
	LK_PHASE_MSNFS,
	LK_PHASE_NOINODE,
	LK_PHASE_UNKNOWN,
} __attribute__((packed));

/* What a lease is being broken down to. */
enum lk_break { LK_BREAK_NONE, LK_BREAK_READ, LK_BREAK_UNLOCK } __attribute__((packed));

/* The kernel's name for a file: the device number of the superblock (not st_dev!) and the inode number. */
struct lk_key {
	uint32_t major, minor;
	uint64_t ino;
	bool none; /* "<none>:0": no inode is printed for a lease breaker */
};

struct lk_record {
	uint64_t group; /* the line's ordinal; unstable from read to read */
	unsigned depth; /* 0: held; 1..: waiting, behind the nearest line above with depth-1 */
	enum lk_type type;
	enum lk_phase phase;
	enum lk_mode mode; /* of a lease being broken: the mode it still has; UNKNOWN where the line does not tell */
	enum lk_break break_to; /* of a lease being broken, else LK_BREAK_NONE */
	int64_t pid; /* a hint: -1 for OFD (from /proc), 0 when not visible in this pid namespace, may be dead or recycled */
	struct lk_key key;
	struct lk_range range;
	/* The words as printed, so that unknown ones are kept: from lk_word_keep(), or constants; NULL where there was no line. */
	const char *type_word, *phase_word, *mode_word;
};

bool lk_key_equal(const struct lk_key *a, const struct lk_key *b);
/* By device and inode, for qsort(3) and bsearch(3): keys, or structs that begin with one. */
int lk_key_compare(const void *a, const void *b);
/* As /proc/locks prints it, "fe:00:11060405". */
#define LK_KEY_TEXT 48
const char *lk_key_format(const struct lk_key *k, char buf[LK_KEY_TEXT]);
/* "MAJ:MIN:INO" with hex device numbers and a decimal inode. 0 or -EINVAL. */
int lk_key_parse(const char *s, size_t n, struct lk_key *ret);

/* Sets break_to and mode from a BREAKING line, which names only what the lease is being broken down to (fs/locks.c target_leasetype()).
 * Only a write lease is ever broken down to READ; one broken down to nothing can have been either, so that mode becomes UNKNOWN. */
void lk_record_set_break(struct lk_record *r, enum lk_mode target);

/* True if the lines are the same except for group and depth: type, phase, mode as printed, pid (except of OFD locks), key, range. */
bool lk_record_same_body(const struct lk_record *a, const struct lk_record *b);
/* What lk_record_same_body() compares, in a form to be compared and hashed as bytes. */
struct lk_body {
	uint64_t words[6];
};
struct lk_body lk_record_body(const struct lk_record *r);
/* A hash of lk_record_body(), the same from run to run. Not keyed, and ranges are chosen by users: equal hashes are no proof of equal
 * bodies. */
uint64_t lk_record_hash(const struct lk_record *r);

/* The words used in JSON and filters: "posix", "read", … never NULL. The lists end with NULL. */
extern const char *const lk_type_words[], *const lk_mode_words[], *const lk_break_words[];
const char *lk_type_name(enum lk_type t);
const char *lk_mode_name(enum lk_mode m);
/* The mode in words for people: "being broken" for a lease that is being broken. */
const char *lk_record_mode_words(const struct lk_record *r);
const char *lk_break_name(enum lk_break to); /* "read", "unlock"; NULL: none */

/* Can locks of these types ever block each other? POSIX and OFD locks share one space; flock has its own, leases have theirs. */
bool lk_type_same_space(enum lk_type a, enum lk_type b);
/* Conflict by kind, mode and range alone; the caller has settled that the file is the same and the owners differ. */
bool lk_record_conflicts(const struct lk_record *held, const struct lk_record *wanted);

#endif

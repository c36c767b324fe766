/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What records have in common: keys, bodies, kinds, conflicts. */
#include "record/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/ints.h"
#include "base/text.h"

bool lk_key_equal(const struct lk_key *a, const struct lk_key *b)
{
	return a->major == b->major && a->minor == b->minor && a->ino == b->ino && a->none == b->none;
}

int lk_key_compare(const void *a, const void *b)
{
	const struct lk_key *x = a, *y = b;
	int rc = lk_compare(x->major, y->major);

	rc = rc ? rc : lk_compare(x->minor, y->minor);
	return rc ? rc : lk_compare(x->ino, y->ino);
}

const char *lk_key_format(const struct lk_key *k, char buf[LK_KEY_TEXT])
{
	if (k->none)
		return "<none>:0";
	snprintf(buf, LK_KEY_TEXT, "%02" PRIx32 ":%02" PRIx32 ":%" PRIu64, k->major, k->minor, k->ino);
	return buf;
}

int lk_key_parse(const char *s, size_t n, struct lk_key *ret)
{
	const char *c1 = memchr(s, ':', n);
	const char *c2 = c1 ? memchr(c1 + 1, ':', n - (size_t)(c1 + 1 - s)) : NULL;
	uint64_t major, minor, ino;

	if (!c2)
		return -EINVAL;
	if (lk_text_u64(s, (size_t)(c1 - s), 16, &major) < 0 || major > UINT32_MAX)
		return -EINVAL;
	if (lk_text_u64(c1 + 1, (size_t)(c2 - c1 - 1), 16, &minor) < 0 || minor > UINT32_MAX)
		return -EINVAL;
	if (lk_text_u64(c2 + 1, n - (size_t)(c2 + 1 - s), 10, &ino) < 0)
		return -EINVAL;
	*ret = (struct lk_key){ .major = (uint32_t)major, .minor = (uint32_t)minor, .ino = ino };
	return 0;
}

static bool same_word(const char *a, const char *b)
{
	return a == b || strcmp(a ? a : "", b ? b : "") == 0;
}

/* /proc/locks prints no pid for OFD locks. The kernel's structures have one: of the process that took the lock, not of its owner. */
static int64_t pid_of(const struct lk_record *r)
{
	return r->type == LK_TYPE_OFD ? -1 : r->pid;
}

void lk_record_set_break(struct lk_record *r, enum lk_mode target)
{
	r->break_to = target == LK_MODE_READ     ? LK_BREAK_READ
		      : target == LK_MODE_UNLOCK ? LK_BREAK_UNLOCK
						 : LK_BREAK_NONE;
	r->mode = target == LK_MODE_READ ? LK_MODE_WRITE : LK_MODE_UNKNOWN;
}

/* The mode as the kernel prints it: of a lease being broken, only the mode that it is broken down to. */
static unsigned printed_mode(const struct lk_record *r)
{
	return r->break_to ? (unsigned)LK_MODE_UNKNOWN + (unsigned)r->break_to : (unsigned)r->mode;
}

bool lk_record_same_body(const struct lk_record *a, const struct lk_record *b)
{
	return a->type == b->type && a->phase == b->phase && printed_mode(a) == printed_mode(b) &&
	       pid_of(a) == pid_of(b) && lk_key_equal(&a->key, &b->key) && lk_range_compare(a->range, b->range) == 0 &&
	       (a->type != LK_TYPE_UNKNOWN || same_word(a->type_word, b->type_word));
}

struct lk_body lk_record_body(const struct lk_record *r)
{
	uint64_t kind = (uint64_t)r->type << 16 | (uint64_t)r->phase << 8 | printed_mode(r);

	/* Unknown types are told apart by their word. */
	if (r->type == LK_TYPE_UNKNOWN && r->type_word)
		kind |= lk_hash_fnv(LK_HASH_FNV, r->type_word, strlen(r->type_word)) << 24;
	return (struct lk_body){ { kind, (uint64_t)pid_of(r), (uint64_t)r->key.major << 32 | r->key.minor, r->key.ino,
				   (uint64_t)r->range.start, (uint64_t)r->range.end } };
}

uint64_t lk_record_hash(const struct lk_record *r)
{
	struct lk_body b = lk_record_body(r);

	return lk_hash_fnv(LK_HASH_FNV, &b, sizeof(b));
}

const char *const lk_type_words[] = { "posix", "ofd", "flock", "lease", "deleg", "unknown", NULL };
const char *const lk_mode_words[] = { "read", "write", "unlock", "unknown", NULL };
const char *const lk_break_words[] = { "none", "read", "unlock", NULL };

const char *lk_type_name(enum lk_type t)
{
	return lk_type_words[t];
}

const char *lk_mode_name(enum lk_mode m)
{
	return lk_mode_words[m];
}

const char *lk_record_mode_words(const struct lk_record *r)
{
	return r->break_to ? "being broken" : lk_mode_name(r->mode);
}

const char *lk_break_name(enum lk_break to)
{
	return to ? lk_break_words[to] : NULL;
}

/* Which of the kernel's three per-inode lists (struct file_lock_context) a lock is in; -1: unknown. */
static int type_space(enum lk_type t)
{
	switch (t) {
	case LK_TYPE_POSIX:
	case LK_TYPE_OFD:
		return 0;
	case LK_TYPE_FLOCK:
		return 1;
	case LK_TYPE_LEASE:
	case LK_TYPE_DELEG:
		return 2;
	default:
		return -1;
	}
}

bool lk_type_same_space(enum lk_type a, enum lk_type b)
{
	return type_space(a) >= 0 && type_space(a) == type_space(b);
}

bool lk_record_conflicts(const struct lk_record *held, const struct lk_record *wanted)
{
	if (!lk_type_same_space(held->type, wanted->type))
		return false;
	/* A breaker waits for every lease that is being broken. */
	if (type_space(held->type) == 2)
		return held->phase == LK_PHASE_BREAKING || held->mode == LK_MODE_WRITE || wanted->mode == LK_MODE_WRITE;
	if (held->mode != LK_MODE_WRITE && wanted->mode != LK_MODE_WRITE)
		return false;
	return lk_range_overlaps(held->range, wanted->range);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns the kernel's structures into what /proc would print of them (fs/locks.c lock_get_status(), fs/proc/array.c do_task_stat()). */
#include <fcntl.h>
#include <string.h>

#include "base/text.h"
#include "source/bpf/bpf_private.h"

#define SECOND_NS INT64_C(1000000000)
#define LEASES (LK_BPF_FL_LEASE | LK_BPF_FL_DELEG | LK_BPF_FL_LAYOUT)
#define PENDING (LK_BPF_FL_UNLOCK_PENDING | LK_BPF_FL_DOWNGRADE_PENDING)

static enum lk_type type_of(const struct lk_bpf_lock *l)
{
	if (l->flags & LK_BPF_FL_POSIX) {
		if (l->flags & LK_BPF_FL_ACCESS)
			return LK_TYPE_UNKNOWN;
		return l->flags & LK_BPF_FL_OFDLCK ? LK_TYPE_OFD : LK_TYPE_POSIX;
	}
	if (l->flags & LK_BPF_FL_FLOCK)
		return LK_TYPE_FLOCK;
	if (l->flags & LEASES)
		return l->flags & LK_BPF_FL_DELEG ? LK_TYPE_DELEG : LK_TYPE_LEASE;
	return LK_TYPE_UNKNOWN;
}

static bool is_lease(const struct lk_bpf_lock *l)
{
	return !(l->flags & (LK_BPF_FL_POSIX | LK_BPF_FL_FLOCK)) && (l->flags & LEASES);
}

static enum lk_phase phase_of(const struct lk_bpf_lock *l)
{
	if (!is_lease(l))
		return LK_PHASE_ADVISORY;
	if (l->flags & PENDING)
		return LK_PHASE_BREAKING;
	return l->file ? LK_PHASE_ACTIVE : LK_PHASE_BREAKER;
}

static enum lk_break break_of(const struct lk_bpf_lock *l)
{
	if (!is_lease(l) || !(l->flags & PENDING))
		return LK_BREAK_NONE;
	return l->flags & LK_BPF_FL_UNLOCK_PENDING ? LK_BREAK_UNLOCK : LK_BREAK_READ;
}

/* A lease keeps its own mode until it is modified, whatever it is being broken down to (fs/locks.c lease_modify()). */
static enum lk_mode mode_of(const struct lk_bpf_lock *l)
{
	return l->type == F_WRLCK ? LK_MODE_WRITE : l->type == F_RDLCK ? LK_MODE_READ : LK_MODE_UNLOCK;
}

struct lk_record lk_bpf_record(const struct lk_bpf_inode *inode, const struct lk_bpf_lock *l)
{
	struct lk_record r = {
		.type = type_of(l),
		.phase = phase_of(l),
		.mode = mode_of(l),
		.break_to = break_of(l),
		.pid = l->pid,
		.key = { .major = inode->major, .minor = inode->minor, .ino = inode->ino },
		.range = LK_RANGE_WHOLE,
	};

	if (r.type == LK_TYPE_UNKNOWN)
		r.type_word = l->flags & LK_BPF_FL_ACCESS ? "ACCESS" : "UNKNOWN";
	if (!l->file)
		r.key = (struct lk_key){ .none = true };
	if (l->flags & LK_BPF_FL_POSIX)
		r.range = (struct lk_range){ l->start, l->end };
	return r;
}

uint64_t lk_bpf_start_ticks(uint64_t start_ns, int64_t shift_ns, long ticks_per_second)
{
	uint64_t ns = start_ns + (uint64_t)shift_ns;

	return ticks_per_second > 0 ? ns / (uint64_t)(SECOND_NS / ticks_per_second) : 0;
}

static bool next_number(const char **p, const char *end, int64_t *ret)
{
	const char *s = *p, *e;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	for (e = s; e < end && *e != ' ' && *e != '\t' && *e != '\n';)
		e++;
	*p = e;
	return lk_text_i64(s, (size_t)(e - s), ret) == 0;
}

int64_t lk_bpf_boottime_shift_ns(const char *text, size_t n)
{
	static const char label[] = "boottime";
	const char *p = n ? memmem(text, n, label, sizeof(label) - 1) : NULL, *end = text + n;
	int64_t seconds, nanoseconds, shift;

	if (!p)
		return 0;
	p += sizeof(label) - 1;
	if (!next_number(&p, end, &seconds) || !next_number(&p, end, &nanoseconds) ||
	    __builtin_mul_overflow(seconds, SECOND_NS, &shift) || __builtin_add_overflow(shift, nanoseconds, &shift))
		return 0;
	return shift;
}

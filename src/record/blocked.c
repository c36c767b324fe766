/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a thread is blocked in, from its system call and the structures it passed. */
#include "record/blocked.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>

#include "base/text.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

/* fcntl(2) commands of the kernel's 32-bit interface (include/uapi/asm-generic/fcntl.h). */
#define I386_SETLKW 7
#define I386_SETLKW64 14
#define KERNEL_OFD_SETLKW 38

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n'))
		p++;
	return p;
}

static const char *word_end(const char *p, const char *end)
{
	while (p < end && *p != ' ' && *p != '\t' && *p != '\n')
		p++;
	return p;
}

int lk_parse_syscall(const char *s, size_t n, struct lk_syscall *ret)
{
	const char *end = s + n, *p = skip_blanks(s, end), *e = word_end(p, end);
	struct lk_syscall c = { 0 };

	if (e - p == 7 && memcmp(p, "running", 7) == 0)
		return -EBUSY;
	if (lk_text_i64(p, (size_t)(e - p), &c.nr) < 0)
		return -EINVAL;
	if (c.nr < 0)
		return -EAGAIN;
	for (int i = 0; i < 6; i++) {
		p = skip_blanks(e, end);
		e = word_end(p, end);
		if (e - p < 3 || p[0] != '0' || p[1] != 'x' ||
		    lk_text_u64(p + 2, (size_t)(e - p) - 2, 16, &c.arg[i]) < 0)
			return -EINVAL;
	}
	*ret = c;
	return 0;
}

static bool decode_fcntl(const struct lk_syscall *c, enum lk_abi abi, struct lk_blocked *ret)
{
	uint64_t cmd = c->arg[1] & UINT32_MAX;
	bool native = abi == LK_ABI_NATIVE;
	bool ofd = cmd == KERNEL_OFD_SETLKW;
	bool posix = native ? cmd == F_SETLKW : cmd == I386_SETLKW || cmd == I386_SETLKW64;

	if (!ofd && !posix)
		return false;
	ret->call = LK_BLOCKED_FCNTL;
	ret->type = ofd ? LK_TYPE_OFD : LK_TYPE_POSIX;
	ret->mode = LK_MODE_UNKNOWN;
	ret->flock_addr = native ? c->arg[2] : c->arg[2] & UINT32_MAX;
	ret->layout = native ? LK_FLOCK_NATIVE : !ofd && cmd == I386_SETLKW ? LK_FLOCK_I386 : LK_FLOCK_I386_64;
	return true;
}

static bool decode_flock(const struct lk_syscall *c, struct lk_blocked *ret)
{
	int op = (int)(c->arg[1] & 3);

	if (op != LOCK_SH && op != LOCK_EX)
		return false;
	ret->call = LK_BLOCKED_FLOCK;
	ret->type = LK_TYPE_FLOCK;
	ret->mode = op == LOCK_EX ? LK_MODE_WRITE : LK_MODE_READ;
	return true;
}

static bool decode_open(uint64_t flags, bool known, struct lk_blocked *ret)
{
	bool write = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);

	ret->call = LK_BLOCKED_OPEN;
	ret->fd = -1;
	ret->type = LK_TYPE_LEASE;
	ret->mode = !known ? LK_MODE_UNKNOWN : write ? LK_MODE_WRITE : LK_MODE_READ;
	return true;
}

static bool decode_native(const struct lk_syscall *c, struct lk_blocked *ret)
{
	switch (c->nr) {
	case SYS_fcntl:
		return decode_fcntl(c, LK_ABI_NATIVE, ret);
	case SYS_flock:
		return decode_flock(c, ret);
	case SYS_openat:
		return decode_open(c->arg[2], true, ret);
	case SYS_openat2:
		return decode_open(0, false, ret);
	case SYS_truncate:
		return decode_open(O_WRONLY, true, ret);
#ifdef SYS_open
	case SYS_open:
		return decode_open(c->arg[1], true, ret);
	case SYS_creat:
		return decode_open(O_WRONLY, true, ret);
#endif
	default:
		return false;
	}
}

/* arch/x86/entry/syscalls/syscall_32.tbl */
static bool decode_i386(const struct lk_syscall *c, struct lk_blocked *ret)
{
	switch (c->nr) {
	case 55: /* fcntl */
	case 221: /* fcntl64 */
		return decode_fcntl(c, LK_ABI_I386, ret);
	case 143: /* flock */
		return decode_flock(c, ret);
	case 5: /* open */
		return decode_open(c->arg[1], true, ret);
	case 295: /* openat */
		return decode_open(c->arg[2], true, ret);
	case 437: /* openat2 */
		return decode_open(0, false, ret);
	case 8: /* creat */
	case 92: /* truncate */
	case 193: /* truncate64 */
		return decode_open(O_WRONLY, true, ret);
	default:
		return false;
	}
}

bool lk_blocked_decode(const struct lk_syscall *call, enum lk_abi abi, struct lk_blocked *ret)
{
	struct lk_blocked b = { .fd = (int)(call->arg[0] & INT_MAX), .mode = LK_MODE_UNKNOWN };
	bool ok = abi == LK_ABI_I386 ? decode_i386(call, &b) : decode_native(call, &b);

	if (ok)
		*ret = b;
	return ok;
}

size_t lk_flock_size(enum lk_flock_layout layout)
{
	static const size_t sizes[] = { 32, 16, 24 };

	return sizes[layout];
}

static int64_t get(const unsigned char *p, size_t at, size_t size)
{
	int64_t v64;
	int32_t v32;
	int16_t v16;

	switch (size) {
	case 8:
		memcpy(&v64, p + at, 8);
		return v64;
	case 4:
		memcpy(&v32, p + at, 4);
		return v32;
	default:
		memcpy(&v16, p + at, 2);
		return v16;
	}
}

/* l_len 0 means up to EOF; a negative l_len means the bytes before l_start (fcntl(2)). */
static int make_range(int64_t start, int64_t len, struct lk_range *ret)
{
	struct lk_range r = { start, LK_RANGE_EOF };

	if (len > 0) {
		if (__builtin_add_overflow(start, len - 1, &r.end))
			return -EINVAL;
	} else if (len < 0) {
		if (__builtin_add_overflow(start, len, &r.start))
			return -EINVAL;
		r.end = start - 1;
	}
	if (r.start < 0 || r.end < r.start)
		return -EINVAL;
	*ret = r;
	return 0;
}

int lk_flock_decode(enum lk_flock_layout layout, const void *bytes, enum lk_mode *ret_mode, struct lk_range *ret_range,
		    bool *ret_resolved)
{
	/* By enum lk_flock_layout: the offsets of l_start and l_len, and their size. */
	static const struct {
		size_t start, len, size;
	} at[] = { { 8, 16, 8 }, { 4, 8, 4 }, { 4, 12, 8 } };
	int64_t type = get(bytes, 0, 2), whence = get(bytes, 2, 2);
	struct lk_range r = LK_RANGE_WHOLE;
	bool resolved = whence == 0;

	if (type != F_RDLCK && type != F_WRLCK)
		return -EINVAL;
	if (resolved && make_range(get(bytes, at[layout].start, at[layout].size),
				   get(bytes, at[layout].len, at[layout].size), &r) < 0)
		return -EINVAL;
	*ret_mode = type == F_WRLCK ? LK_MODE_WRITE : LK_MODE_READ;
	*ret_range = r;
	*ret_resolved = resolved;
	return 0;
}

int lk_parse_sched_exec_start(const char *s, size_t n, double *ret_ms)
{
	const char *p = memmem(s, n, "se.exec_start", 13), *end = s + n, *e, *dot;
	uint64_t whole, micro = 0;

	p = p ? memchr(p, ':', (size_t)(end - p)) : NULL;
	if (!p)
		return -ENOENT;
	p = skip_blanks(p + 1, end);
	e = word_end(p, end);
	dot = memchr(p, '.', (size_t)(e - p));
	if (lk_text_u64(p, (size_t)((dot ? dot : e) - p), 10, &whole) < 0)
		return -ENOENT;
	if (dot && (e - dot - 1 != 6 || lk_text_u64(dot + 1, 6, 10, &micro) < 0))
		return -ENOENT;
	*ret_ms = (double)whole + (double)micro / 1e6;
	return 0;
}

int lk_parse_stat_processor(const char *s, size_t n, int *ret)
{
	const char *p = memrchr(s, ')', n), *end = s + n;
	uint64_t v;

	if (!p)
		return -EINVAL;
	p++;
	for (int field = 3; field < 39; field++)
		p = word_end(skip_blanks(p, end), end);
	p = skip_blanks(p, end);
	if (lk_text_u64(p, (size_t)(word_end(p, end) - p), 10, &v) < 0 || v > INT_MAX)
		return -EINVAL;
	*ret = (int)v;
	return 0;
}

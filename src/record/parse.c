/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses lock lines of /proc/locks and fdinfo, and /proc/PID/stat and status. See doc/kernel.md 1.1. */
#include "record/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct word {
	const char *s;
	size_t n;
};

/* What is still to be parsed of a text. */
struct cursor {
	const char *p, *end;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool word_is(struct word w, const char *s)
{
	return w.n == strlen(s) && memcmp(w.s, s, w.n) == 0;
}

static struct word next_word(struct cursor *c)
{
	struct word w;

	while (c->p < c->end && is_blank(*c->p))
		c->p++;
	w.s = c->p;
	while (c->p < c->end && !is_blank(*c->p))
		c->p++;
	w.n = (size_t)(c->p - w.s);
	return w;
}

static struct word next_line(struct cursor *c)
{
	const char *nl = memchr(c->p, '\n', (size_t)(c->end - c->p));
	struct word w = { c->p, (size_t)((nl ? nl : c->end) - c->p) };

	c->p = nl ? nl + 1 : c->end;
	return w;
}

static int lookup(struct word w, const char *const *names, size_t n, int unknown, const char **ret_word)
{
	for (size_t i = 0; i < n; i++) {
		if (names[i] && word_is(w, names[i])) {
			*ret_word = names[i];
			return (int)i;
		}
	}
	*ret_word = lk_word_keep(w.s, w.n);
	return unknown;
}

static const char *const type_words[] = {
	[LK_TYPE_POSIX] = "POSIX", [LK_TYPE_OFD] = "OFDLCK",  [LK_TYPE_FLOCK] = "FLOCK",
	[LK_TYPE_LEASE] = "LEASE", [LK_TYPE_DELEG] = "DELEG",
};
static const char *const phase_words[] = {
	[LK_PHASE_ADVISORY] = "ADVISORY", [LK_PHASE_ACTIVE] = "ACTIVE",       [LK_PHASE_BREAKING] = "BREAKING",
	[LK_PHASE_BREAKER] = "BREAKER",   [LK_PHASE_MANDATORY] = "MANDATORY", [LK_PHASE_MSNFS] = "MSNFS",
	[LK_PHASE_NOINODE] = "*NOINODE*",
};
static const char *const mode_words[] = {
	[LK_MODE_READ] = "READ",
	[LK_MODE_WRITE] = "WRITE",
	[LK_MODE_UNLOCK] = "UNLCK",
};

/* The word's index in the table, or `unknown`. *ret_word: the kept word (lk_word_keep()), NULL if it cannot be kept. */
#define LOOKUP(w, table, unknown, ret_word) lookup(w, table, sizeof(table) / sizeof(*(table)), unknown, ret_word)

/* "12:" and, for a waiter, the arrow. Each level of nesting has one more space before the arrow (fs/locks.c, "repeat"). */
static int parse_head(struct cursor *c, struct lk_record *r)
{
	struct word id = next_word(c);
	struct cursor look;
	const char *after;

	if (id.n < 2 || id.s[id.n - 1] != ':' || lk_text_u64(id.s, id.n - 1, 10, &r->group) < 0)
		return -EINVAL;
	after = c->p;
	look = *c;
	r->depth = 0;
	if (!word_is(next_word(&look), "->"))
		return 0;
	/* look.p is just after "->": the spaces before the arrow are the depth. */
	if (look.p - after - 2 > INT_MAX)
		return -EINVAL;
	r->depth = (unsigned)(look.p - after - 2);
	if (!r->depth)
		return -EINVAL;
	*c = look;
	return 0;
}

static int parse_words(struct cursor *c, struct lk_record *r)
{
	struct word type = next_word(c), phase = next_word(c), mode = next_word(c);

	r->type = (enum lk_type)LOOKUP(type, type_words, LK_TYPE_UNKNOWN, &r->type_word);
	r->phase = (enum lk_phase)LOOKUP(phase, phase_words, LK_PHASE_UNKNOWN, &r->phase_word);
	r->mode = (enum lk_mode)LOOKUP(mode, mode_words, LK_MODE_UNKNOWN, &r->mode_word);
	if (r->phase == LK_PHASE_BREAKING)
		lk_record_set_break(r, r->mode);
	return r->type_word && r->phase_word && r->mode_word ? 0 : -EINVAL;
}

static int parse_key(struct word w, struct lk_key *k)
{
	if (word_is(w, "<none>:0")) {
		*k = (struct lk_key){ .none = true };
		return 0;
	}
	return lk_key_parse(w.s, w.n, k);
}

static int parse_range(struct cursor *c, struct lk_range *r)
{
	struct word start = next_word(c), end = next_word(c);

	if (lk_text_i64(start.s, start.n, &r->start) < 0 || r->start < 0)
		return -EINVAL;
	if (word_is(end, "EOF"))
		r->end = LK_RANGE_EOF;
	else if (lk_text_i64(end.s, end.n, &r->end) < 0 || r->end < r->start)
		return -EINVAL;
	return 0;
}

int lk_parse_lock_line(const char *s, size_t n, struct lk_record *ret)
{
	struct cursor c = { s, s + n };
	struct lk_record r = { 0 };
	struct word w;

	if (parse_head(&c, &r) < 0 || parse_words(&c, &r) < 0)
		return -EINVAL;
	w = next_word(&c);
	if (lk_text_i64(w.s, w.n, &r.pid) < 0)
		return -EINVAL;
	if (parse_key(next_word(&c), &r.key) < 0 || parse_range(&c, &r.range) < 0)
		return -EINVAL;
	if (next_word(&c).n)
		return -EINVAL;
	*ret = r;
	return 0;
}

static bool take_label(struct word line, const char *label, struct word *ret_rest)
{
	size_t n = strlen(label);

	if (line.n < n || memcmp(line.s, label, n) != 0)
		return false;
	while (n < line.n && is_blank(line.s[n]))
		n++;
	*ret_rest = (struct word){ line.s + n, line.n - n };
	return true;
}

static unsigned parse_octal(struct word w, bool *ret_ok)
{
	unsigned v = 0;

	*ret_ok = w.n > 0;
	for (size_t i = 0; i < w.n; i++) {
		if (w.s[i] < '0' || w.s[i] > '7' || v > UINT_MAX / 8) {
			*ret_ok = false;
			return 0;
		}
		v = v * 8 + (unsigned)(w.s[i] - '0');
	}
	return v;
}

static void parse_fdinfo_number(struct word line, struct lk_fdinfo *f)
{
	struct word rest;
	int64_t v;

	if (take_label(line, "pos:", &rest)) {
		if (lk_text_i64(rest.s, rest.n, &v) == 0)
			f->pos = v;
	} else if (take_label(line, "flags:", &rest)) {
		f->flags = parse_octal(rest, &f->has_flags);
	} else if (take_label(line, "mnt_id:", &rest)) {
		if (lk_text_i64(rest.s, rest.n, &v) == 0 && v >= 0 && v <= INT_MAX)
			f->mnt_id = (int)v;
	} else if (take_label(line, "ino:", &rest)) {
		f->has_ino = lk_text_u64(rest.s, rest.n, 10, &f->ino) == 0;
	}
}

int lk_parse_fdinfo(const char *s, size_t n, struct lk_fdinfo *ret, lk_parse_lock_cb cb, void *arg)
{
	struct lk_fdinfo f = { .pos = -1, .mnt_id = -1 };
	struct cursor c = { s, s + n };
	int rc = 0;

	while (!rc && c.p < c.end) {
		struct word line = next_line(&c), rest;
		struct lk_record rec;

		if (!take_label(line, "lock:", &rest)) {
			parse_fdinfo_number(line, &f);
			continue;
		}
		if (lk_parse_lock_line(rest.s, rest.n, &rec) < 0) {
			f.n_bad++;
			continue;
		}
		/* No read lease is given on a descriptor that can write (fcntl(2), F_SETLEASE). */
		if (rec.type == LK_TYPE_LEASE && rec.break_to && f.has_flags && (f.flags & O_ACCMODE) != O_RDONLY)
			rec.mode = LK_MODE_WRITE;
		f.n_locks++;
		rc = cb ? cb(arg, &rec, rest.s, rest.n) : 0;
	}
	*ret = f;
	return rc;
}

/* Fields 3.. of stat follow the last ')': the name itself may contain any of "() \n". */
static int parse_stat_tail(struct cursor c, struct lk_stat *st)
{
	for (int field = 3; field <= 22; field++) {
		struct word w = next_word(&c);
		int64_t i = 0;
		uint64_t u = 0;
		int rc = 0;

		if (!w.n)
			return -EINVAL;
		if (field == 3)
			st->state = w.s[0];
		else if (field == 4 && (rc = lk_text_i64(w.s, w.n, &i)) == 0)
			st->ppid = (int)i;
		else if (field == 6 && (rc = lk_text_i64(w.s, w.n, &i)) == 0)
			st->session = i > 0 && i <= INT_MAX ? (int)i : 0;
		else if (field == 7 && (rc = lk_text_i64(w.s, w.n, &i)) == 0)
			st->tty = (uint32_t)i;
		else if (field == 9 && (rc = lk_text_u64(w.s, w.n, 10, &u)) == 0)
			st->flags = (unsigned)u;
		else if (field == 20 && (rc = lk_text_i64(w.s, w.n, &i)) == 0)
			st->num_threads = i;
		else if (field == 22)
			rc = lk_text_u64(w.s, w.n - (w.s[w.n - 1] == '\n'), 10, &st->start_ticks);
		if (rc < 0)
			return -EINVAL;
	}
	return 0;
}

int lk_parse_stat(const char *s, size_t n, struct lk_stat *ret)
{
	const char *open = memchr(s, '(', n);
	const char *close = open ? memrchr(s, ')', n) : NULL;
	struct lk_stat st = { 0 };

	if (!close || close < open || open < s + 2)
		return -EINVAL;
	if (lk_text_pid(s, (size_t)(open - s) - 1, &st.pid) < 0)
		return -EINVAL;
	st.comm = open + 1;
	st.comm_len = (size_t)(close - open - 1);
	if (parse_stat_tail((struct cursor){ close + 1, s + n }, &st) < 0)
		return -EINVAL;
	*ret = st;
	return 0;
}

static bool find_label(const char *s, size_t n, const char *label, struct word *ret_rest)
{
	struct cursor c = { s, s + n };

	while (c.p < c.end) {
		if (take_label(next_line(&c), label, ret_rest))
			return true;
	}
	return false;
}

int lk_parse_status_uid(const char *s, size_t n, unsigned *ret_euid)
{
	struct word rest, w;
	struct cursor c;
	uint64_t v;

	if (!find_label(s, n, "Uid:", &rest))
		return -ENOENT;
	c = (struct cursor){ rest.s, rest.s + rest.n };
	next_word(&c);
	w = next_word(&c);
	if (lk_text_u64(w.s, w.n, 10, &v) < 0 || v > UINT_MAX)
		return -ENOENT;
	*ret_euid = (unsigned)v;
	return 0;
}

size_t lk_parse_status_nspid(const char *s, size_t n)
{
	struct word rest;
	struct cursor c;
	size_t count = 0;

	if (!find_label(s, n, "NSpid:", &rest))
		return 0;
	c = (struct cursor){ rest.s, rest.s + rest.n };
	while (next_word(&c).n)
		count++;
	return count;
}

void lk_parse_status_inner_pids(const char *s, size_t n, lk_ints *ret)
{
	struct word rest, w;
	struct cursor c;
	bool first = true;
	int pid;

	if (!find_label(s, n, "NSpid:", &rest))
		return;
	c = (struct cursor){ rest.s, rest.s + rest.n };
	for (; (w = next_word(&c)).n; first = false) {
		if (!first && lk_text_pid(w.s, w.n, &pid) == 0)
			*lk_vec_push(ret) = pid;
	}
}

static int status_pid(const char *s, size_t n, const char *label)
{
	struct word rest;
	int pid;

	return find_label(s, n, label, &rest) && lk_text_pid(rest.s, rest.n, &pid) == 0 ? pid : 0;
}

int lk_parse_status_tgid(const char *s, size_t n)
{
	return status_pid(s, n, "Tgid:");
}

int lk_parse_status_tracer(const char *s, size_t n)
{
	return status_pid(s, n, "TracerPid:");
}

/* As the kernel packs it: new_encode_dev(), include/linux/kdev_t.h. */
const char *lk_tty_name(uint32_t tty, char buf[LK_TTY_TEXT])
{
	uint32_t major = (tty & 0xfff00) >> 8, minor = (tty & 0xff) | ((tty >> 12) & 0xfff00);

	buf[0] = '\0';
	if (major >= 136 && major <= 143)
		snprintf(buf, LK_TTY_TEXT, "pts/%" PRIu32, minor + (major - 136) * 256);
	else if (major == 4)
		snprintf(buf, LK_TTY_TEXT, minor < 64 ? "tty%" PRIu32 : "ttyS%" PRIu32,
			 minor < 64 ? minor : minor - 64);
	else if (major == 5 && minor == 1)
		snprintf(buf, LK_TTY_TEXT, "console");
	else if (tty)
		snprintf(buf, LK_TTY_TEXT, "%" PRIu32 ":%" PRIu32, major, minor);
	return buf;
}

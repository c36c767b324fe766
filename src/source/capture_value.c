/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/capture_value.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "source/source.h"
#include "source/unread.h"

typedef const struct lk_capture_field field_t;
typedef struct lk_capture_value value_t;

#define MAX_ERRNO 4095

static int64_t load_signed(field_t *f, const void *p)
{
	int64_t v;
	int i;

	if (f->size == sizeof(i))
		return memcpy(&i, p, sizeof(i)), i;
	return memcpy(&v, p, sizeof(v)), v;
}

static uint64_t load_unsigned(field_t *f, const void *p)
{
	uint64_t v;
	unsigned u;

	if (f->size == 1)
		return *(const unsigned char *)p;
	if (f->size == sizeof(u))
		return memcpy(&u, p, sizeof(u)), u;
	return memcpy(&v, p, sizeof(v)), v;
}

static void store_signed(field_t *f, void *p, int64_t v)
{
	int i = (int)v;

	if (f->size == sizeof(i))
		memcpy(p, &i, sizeof(i));
	else
		memcpy(p, &v, sizeof(v));
}

static void store_unsigned(field_t *f, void *p, uint64_t v)
{
	unsigned u = (unsigned)v;

	if (f->size == 1)
		*(unsigned char *)p = (unsigned char)v;
	else if (f->size == sizeof(u))
		memcpy(p, &u, sizeof(u));
	else
		memcpy(p, &v, sizeof(v));
}

static value_t bool_value(bool yes, bool required)
{
	return (value_t){ .kind = yes || required ? LK_CAPTURE_BOOL : LK_CAPTURE_ABSENT, .yes = yes };
}

static void signed_value(int64_t v, value_t *ret)
{
	if (v >= -LK_CAPTURE_EXACT_MAX && v <= LK_CAPTURE_EXACT_MAX) {
		*ret = (value_t){ .kind = LK_CAPTURE_NUMBER, .number = v };
		return;
	}
	ret->kind = LK_CAPTURE_STRING;
	ret->s = ret->buf;
	ret->n = (size_t)snprintf(ret->buf, sizeof(ret->buf), "%" PRId64, v);
}

static void unsigned_value(uint64_t v, value_t *ret)
{
	if (v <= (uint64_t)LK_CAPTURE_EXACT_MAX) {
		*ret = (value_t){ .kind = LK_CAPTURE_NUMBER, .number = (int64_t)v };
		return;
	}
	ret->kind = LK_CAPTURE_STRING;
	ret->s = ret->buf;
	ret->n = (size_t)snprintf(ret->buf, sizeof(ret->buf), "%" PRIu64, v);
}

static void string_value(const char *s, size_t n, value_t *ret)
{
	*ret = (value_t){ .kind = LK_CAPTURE_STRING, .s = s, .n = n };
}

static int load_number(field_t *f, const void *p, value_t *ret)
{
	int64_t i;
	uint64_t u;

	switch (f->type) {
	case LK_CAP_SIGNED:
		i = load_signed(f, p);
		if (f->required || i != f->none)
			signed_value(i, ret);
		return 0;
	case LK_CAP_END:
		i = load_signed(f, p);
		if (i == LK_RANGE_EOF)
			ret->kind = LK_CAPTURE_NULL;
		else
			signed_value(i, ret);
		return 0;
	case LK_CAP_UNSIGNED:
		u = load_unsigned(f, p);
		if (f->required || u)
			unsigned_value(u, ret);
		return 0;
	default: /* LK_CAP_REAL */
		*ret = (value_t){ .kind = LK_CAPTURE_REAL };
		memcpy(&ret->real, p, sizeof(ret->real));
		return isfinite(ret->real) && ret->real >= 0 ? 0 : -EINVAL;
	}
}

static int load_string(field_t *f, const char *base, value_t *ret)
{
	const char *s = base + f->offset;
	size_t n = 1;

	if (f->type == LK_CAP_CHAR) {
		if (*s)
			string_value(s, n, ret);
		return 0;
	}
	memcpy(&s, base + f->offset, sizeof(s));
	if (!s)
		return f->required ? -EINVAL : 0;
	if (f->type == LK_CAP_BYTES)
		memcpy(&n, base + f->offset2, sizeof(n));
	else
		n = strlen(s);
	string_value(s, n, ret);
	return 0;
}

static int load_word(field_t *f, const void *p, value_t *ret)
{
	struct lk_key key;
	const char *s;
	int64_t i = 0;

	if (f->type == LK_CAP_KEY) {
		memcpy(&key, p, sizeof(key));
		s = lk_key_format(&key, ret->buf);
	} else if (f->type == LK_CAP_UNREAD) {
		s = lk_unread_word((enum lk_unread_what)load_unsigned(f, p));
	} else if (f->type == LK_CAP_ERRNO) {
		i = load_signed(f, p);
		s = i ? lk_err_name((int)i) : NULL;
	} else {
		i = (int64_t)load_unsigned(f, p);
		s = f->required || i != f->none ? f->words[i] : NULL;
	}
	if (!s)
		return 0;
	ret->kind = LK_CAPTURE_STRING;
	ret->n = strlen(s);
	ret->s = s;
	return 0;
}

int lk_capture_value_load(field_t *f, const void *base, value_t *ret)
{
	const char *p = (const char *)base + f->offset;
	enum lk_tri tri;

	*ret = (value_t){ .kind = LK_CAPTURE_ABSENT };
	switch (f->type) {
	case LK_CAP_BOOL:
		*ret = bool_value(*(const bool *)p, f->required);
		return 0;
	case LK_CAP_BIT:
		*ret = bool_value(load_unsigned(f, p) & (uint64_t)f->max, false);
		return 0;
	case LK_CAP_TRI:
		memcpy(&tri, p, sizeof(tri));
		*ret = bool_value(tri == LK_YES, tri != LK_UNKNOWN);
		return 0;
	case LK_CAP_ENUM:
	case LK_CAP_UNREAD:
	case LK_CAP_ERRNO:
	case LK_CAP_KEY:
		return load_word(f, p, ret);
	case LK_CAP_TEXT:
	case LK_CAP_BYTES:
	case LK_CAP_WORD:
	case LK_CAP_CHAR:
		return load_string(f, base, ret);
	default:
		return load_number(f, p, ret);
	}
}

static const char *store_signed_value(field_t *f, void *p, const value_t *v)
{
	int64_t i = v->number;

	if (v->kind != LK_CAPTURE_NUMBER && (v->kind != LK_CAPTURE_STRING || lk_text_i64(v->s, v->n, &i) < 0))
		return "must be a whole number";
	if (i < f->min || i > f->max)
		return "is out of range";
	store_signed(f, p, i);
	return NULL;
}

static const char *store_unsigned_value(field_t *f, void *p, const value_t *v)
{
	uint64_t u = (uint64_t)v->number;
	bool ok = v->kind == LK_CAPTURE_STRING ? lk_text_u64(v->s, v->n, 10, &u) == 0
					       : v->kind == LK_CAPTURE_NUMBER && v->number >= 0;

	if (!ok)
		return "must be a whole number, not negative";
	if (f->size == sizeof(unsigned) && u > UINT_MAX)
		return "is out of range";
	store_unsigned(f, p, u);
	return NULL;
}

static const char *store_real(void *p, const value_t *v)
{
	double d = v->kind == LK_CAPTURE_NUMBER ? (double)v->number : v->real;

	if ((v->kind != LK_CAPTURE_NUMBER && v->kind != LK_CAPTURE_REAL) || !(d >= 0))
		return "must be a number, not negative";
	memcpy(p, &d, sizeof(d));
	return NULL;
}

static bool value_is(const value_t *v, const char *s)
{
	return v->kind == LK_CAPTURE_STRING && v->n == strlen(s) && memcmp(v->s, s, v->n) == 0;
}

static const char *store_enum(field_t *f, void *p, const value_t *v)
{
	for (size_t i = 0; f->words[i]; i++) {
		if (value_is(v, f->words[i])) {
			store_unsigned(f, p, i);
			return NULL;
		}
	}
	return "is not a word that this version knows";
}

static const char *store_unread(field_t *f, void *p, const value_t *v)
{
	if (v->kind != LK_CAPTURE_STRING)
		return "must be a string";
	store_unsigned(f, p, lk_unread_find(v->s, v->n));
	return NULL;
}

static const char *store_errno(field_t *f, void *p, const value_t *v)
{
	for (int e = 1; e <= MAX_ERRNO; e++) {
		if (value_is(v, lk_err_name(e))) {
			store_signed(f, p, -e);
			return NULL;
		}
	}
	return "must be the name of an error, like \"EACCES\"";
}

static const char *store_key(void *p, const value_t *v)
{
	struct lk_key key = { .none = true };

	if (!value_is(v, "<none>:0") && (v->kind != LK_CAPTURE_STRING || lk_key_parse(v->s, v->n, &key) < 0))
		return "must be MAJOR:MINOR:INODE as in /proc/locks";
	memcpy(p, &key, sizeof(key));
	return NULL;
}

/* An empty one is as good as none. */
static const char *store_word(field_t *f, char *base, const value_t *v)
{
	const char *word = lk_word_keep(v->s, v->n);

	if (v->n >= LK_WORD_MAX)
		return "is too long";
	if (v->n && !word)
		return "is one unknown word too many";
	memcpy(base + f->offset, &word, sizeof(word));
	return NULL;
}

static const char *store_string(field_t *f, char *base, const value_t *v, struct lk_arena *arena)
{
	const char *s;

	if (v->kind != LK_CAPTURE_STRING)
		return "must be a string";
	if (f->type != LK_CAP_BYTES && memchr(v->s, '\0', v->n))
		return "must not hold a zero byte";
	if (f->type == LK_CAP_CHAR) {
		if (v->n != 1 || *v->s < '!' || *v->s > '~')
			return "must be one printable character";
		base[f->offset] = *v->s;
		return NULL;
	}
	if (f->type == LK_CAP_WORD)
		return store_word(f, base, v);
	/* Not strndup: bytes may hold a zero. */
	s = v->n < SIZE_MAX ? lk_arena_zalloc(arena, v->n + 1) : NULL;
	if (!s)
		return LK_CAPTURE_NO_MEMORY;
	memcpy((char *)s, v->s, v->n);
	memcpy(base + f->offset, &s, sizeof(s));
	if (f->type == LK_CAP_BYTES)
		memcpy(base + f->offset2, &v->n, sizeof(v->n));
	return NULL;
}

static const char *store_bool(field_t *f, void *p, const value_t *v)
{
	enum lk_tri tri = v->yes ? LK_YES : LK_NO;

	if (v->kind != LK_CAPTURE_BOOL)
		return "must be true or false";
	if (f->type == LK_CAP_BOOL)
		memcpy(p, &v->yes, sizeof(v->yes));
	else if (f->type == LK_CAP_TRI)
		memcpy(p, &tri, sizeof(tri));
	else if (v->yes)
		store_unsigned(f, p, load_unsigned(f, p) | (uint64_t)f->max);
	return NULL;
}

/* The struct is zeroed to begin with. */
static const char *store_none(field_t *f, void *p)
{
	enum lk_tri tri = LK_UNKNOWN;

	if (f->type == LK_CAP_TRI)
		memcpy(p, &tri, sizeof(tri));
	else if (f->type == LK_CAP_SIGNED)
		store_signed(f, p, f->none);
	else if (f->type == LK_CAP_ENUM)
		store_unsigned(f, p, (uint64_t)f->none);
	return f->required ? "is missing" : NULL;
}

const char *lk_capture_value_store(field_t *f, void *base, const value_t *v, struct lk_arena *arena)
{
	char *p = (char *)base + f->offset;

	if (f->type == LK_CAP_END && v->kind == LK_CAPTURE_NULL) {
		store_signed(f, p, LK_RANGE_EOF);
		return NULL;
	}
	if (v->kind == LK_CAPTURE_ABSENT || v->kind == LK_CAPTURE_NULL)
		return store_none(f, p);
	switch (f->type) {
	case LK_CAP_BOOL:
	case LK_CAP_TRI:
	case LK_CAP_BIT:
		return store_bool(f, p, v);
	case LK_CAP_SIGNED:
	case LK_CAP_END:
		return store_signed_value(f, p, v);
	case LK_CAP_UNSIGNED:
		return store_unsigned_value(f, p, v);
	case LK_CAP_REAL:
		return store_real(p, v);
	case LK_CAP_ENUM:
		return store_enum(f, p, v);
	case LK_CAP_UNREAD:
		return store_unread(f, p, v);
	case LK_CAP_ERRNO:
		return store_errno(f, p, v);
	case LK_CAP_KEY:
		return store_key(p, v);
	default:
		return store_string(f, base, v, arena);
	}
}

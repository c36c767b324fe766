/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict reading, and writing, of numbers, UTF-8 and base64. */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return INT_MAX;
}

int lk_text_u64(const char *s, size_t n, unsigned base, uint64_t *ret)
{
	uint64_t v = 0;

	if (!n)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		int d = digit_value(s[i]);

		if (d >= (int)base)
			return -EINVAL;
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) || __builtin_add_overflow(v, (uint64_t)d, &v))
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

int lk_text_i64(const char *s, size_t n, int64_t *ret)
{
	bool neg = n && s[0] == '-';
	uint64_t limit = (uint64_t)INT64_MAX + (neg ? 1 : 0);
	uint64_t v;
	int rc = lk_text_u64(s + neg, n - neg, 10, &v);

	if (rc < 0)
		return rc;
	if (v > limit)
		return -ERANGE;
	*ret = neg ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

int lk_text_pid(const char *s, size_t n, int *ret)
{
	uint64_t v;
	int rc = lk_text_u64(s, n, 10, &v);

	if (rc < 0)
		return rc;
	if (v < 1 || v > INT_MAX)
		return -ERANGE;
	*ret = (int)v;
	return 0;
}

static unsigned size_shift(char c)
{
	static const char units[] = "kmgt";
	const char *p = c ? strchr(units, tolower((unsigned char)c)) : NULL;

	return p ? 10 * (unsigned)(p - units + 1) : 0;
}

int lk_text_size(const char *s, size_t n, uint64_t *ret)
{
	unsigned shift = n ? size_shift(s[n - 1]) : 0;
	bool hex = n > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	uint64_t v;
	int rc;

	if (shift)
		n--;
	rc = hex ? lk_text_u64(s + 2, n - 2, 16, &v) : lk_text_u64(s, n, 10, &v);
	if (rc < 0)
		return rc;
	if (shift && v > UINT64_MAX >> shift)
		return -ERANGE;
	*ret = v << shift;
	return 0;
}

int lk_text_seconds_ms(const char *s, uint32_t *ret_ms)
{
	const char *dot = strchr(s, '.');
	size_t whole_len = dot ? (size_t)(dot - s) : strlen(s);
	uint64_t whole = 0, ms = 0;
	unsigned scale = 100;
	int rc = whole_len ? lk_text_u64(s, whole_len, 10, &whole) : 0;

	if (rc == -EINVAL)
		return rc;
	if (!whole_len && (!dot || !dot[1]))
		return -EINVAL;
	for (const char *p = dot ? dot + 1 : ""; *p; p++) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
		ms += (uint64_t)(*p - '0') * scale;
		scale /= 10;
	}
	if (rc < 0 || whole > INT_MAX / 1000 - 1)
		return -ERANGE;
	*ret_ms = (uint32_t)(whole * 1000 + ms);
	return 0;
}

int lk_text_release(const char *s, unsigned *ret_major, unsigned *ret_minor)
{
	size_t n = strspn(s, "0123456789"), m = s[n] == '.' ? strspn(s + n + 1, "0123456789") : 0;
	uint64_t major, minor;

	if (lk_text_u64(s, n, 10, &major) < 0 || lk_text_u64(s + n + 1, m, 10, &minor) < 0 || major > UINT16_MAX ||
	    minor > UINT16_MAX)
		return -EINVAL;
	*ret_major = (unsigned)major;
	*ret_minor = (unsigned)minor;
	return 0;
}

const char *lk_text_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n && dir[n - 1] == '/')
		n--;
	return strncmp(path, dir, n) == 0 && path[n] == '/' ? path + n : NULL;
}

char *lk_text_decimal(char *end, uint64_t v)
{
	do {
		*--end = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return end;
}

size_t lk_text_utf8(const char *s, size_t n, uint32_t *ret_cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *b = (const unsigned char *)s;
	size_t len;
	uint32_t cp;

	if (!n)
		return 0;
	if (b[0] < 0x80)
		len = 1, cp = b[0];
	else if ((b[0] & 0xe0) == 0xc0)
		len = 2, cp = b[0] & 0x1f;
	else if ((b[0] & 0xf0) == 0xe0)
		len = 3, cp = b[0] & 0x0f;
	else if ((b[0] & 0xf8) == 0xf0)
		len = 4, cp = b[0] & 0x07;
	else
		return 0;
	if (len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (b[i] & 0x3f);
	}
	if (cp < least[len] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	if (ret_cp)
		*ret_cp = cp;
	return len;
}

bool lk_text_is_utf8(const char *s, size_t n)
{
	size_t len;

	for (size_t i = 0; i < n; i += len) {
		len = lk_text_utf8(s + i, n - i, NULL);
		if (!len)
			return false;
	}
	return true;
}

size_t lk_text_put_utf8(uint32_t cp, char out[4])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | (cp >> 18 & 7));
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

char *lk_text_to_utf8(const char *s, size_t n)
{
	char *out, *p;

	p = out = lk_alloc(n + 1, 3);
	for (size_t i = 0; i < n;) {
		size_t len = lk_text_utf8(s + i, n - i, NULL);

		if (len) {
			memcpy(p, s + i, len);
			p += len;
			i += len;
		} else {
			memcpy(p, "\xef\xbf\xbd", 3);
			p += 3;
			i++;
		}
	}
	*p = '\0';
	return out;
}

static const char b64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *lk_text_b64(const void *data, size_t n)
{
	const unsigned char *b = data;
	char *out, *p;

	p = out = lk_alloc(n / 3 + 2, 4);
	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)b[i] << 16 | (left > 1 ? (uint32_t)b[i + 1] << 8 : 0) |
			     (left > 2 ? b[i + 2] : 0);

		*p++ = b64_digits[v >> 18];
		*p++ = b64_digits[v >> 12 & 63];
		*p++ = left > 1 ? b64_digits[v >> 6 & 63] : '=';
		*p++ = left > 2 ? b64_digits[v & 63] : '=';
	}
	*p = '\0';
	return out;
}

static int b64_value(char c)
{
	const char *p = c ? strchr(b64_digits, c) : NULL;

	return p ? (int)(p - b64_digits) : -1;
}

/* Decodes one quad; returns the number of bytes, -1 when it is malformed. */
static int b64_quad(const char *s, bool last, unsigned char *out)
{
	int pad = s[3] != '=' ? 0 : s[2] != '=' ? 1 : 2;
	uint32_t v = 0;

	if (pad && !last)
		return -1;
	for (int i = 0; i < 4; i++) {
		int d = i >= 4 - pad ? 0 : b64_value(s[i]);

		if (d < 0)
			return -1;
		v = v << 6 | (uint32_t)d;
	}
	/* Non-zero bits after the last byte would be another spelling of the same bytes. */
	if (v & ((UINT32_C(1) << 8 * pad) - 1))
		return -1;
	out[0] = (unsigned char)(v >> 16);
	out[1] = (unsigned char)(v >> 8);
	out[2] = (unsigned char)v;
	return 3 - pad;
}

int lk_text_unb64(const char *s, char **ret, size_t *ret_n)
{
	size_t n = strlen(s), used = 0;
	unsigned char *out;

	if (n % 4)
		return -EINVAL;
	out = lk_alloc(n / 4 + 1, 3);
	for (size_t i = 0; i < n; i += 4) {
		int got = b64_quad(s + i, i + 4 == n, out + used);

		if (got < 0) {
			free(out);
			return -EINVAL;
		}
		used += (size_t)got;
	}
	out[used] = '\0';
	*ret = (char *)out;
	*ret_n = used;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/vec.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int lk_vec_reserve(void *v, size_t *cap, size_t used, size_t n, size_t size)
{
	void **mem = v;
	size_t want, bytes;
	void *p;

	if (__builtin_add_overflow(used, n, &want))
		return -ENOMEM;
	if (want <= *cap)
		return 0;
	if (want < 16)
		want = 16;
	if (*cap <= SIZE_MAX / 2 && want < *cap * 2)
		want = *cap * 2;
	if (__builtin_mul_overflow(want, size, &bytes))
		return -ENOMEM;
	p = realloc(*mem, bytes);
	if (!p)
		return -ENOMEM;
	*mem = p;
	*cap = want;
	return 0;
}

void lk_vec_free(void *v, size_t *n, size_t *cap)
{
	void **mem = v;

	free(*mem);
	*mem = NULL;
	*n = 0;
	*cap = 0;
}

int lk_buf_add(lk_buf *b, const void *p, size_t n)
{
	if (!n)
		return 0;
	if (lk_vec_reserve(&b->v, &b->cap, b->n, n, 1) < 0)
		return -ENOMEM;
	memcpy(b->v + b->n, p, n);
	b->n += n;
	return 0;
}

int lk_buf_puts(lk_buf *b, const char *s)
{
	return lk_buf_add(b, s, strlen(s));
}

int lk_buf_unsigned(lk_buf *b, uint64_t v)
{
	char buf[LK_TEXT_DECIMAL], *end = buf + sizeof(buf), *p = lk_text_decimal(end, v);

	return lk_buf_add(b, p, (size_t)(end - p));
}

int lk_buf_number(lk_buf *b, int64_t v)
{
	char buf[LK_TEXT_DECIMAL + 1], *end = buf + sizeof(buf);
	char *p = lk_text_decimal(end, v < 0 ? -(uint64_t)v : (uint64_t)v);

	if (v < 0)
		*--p = '-';
	return lk_buf_add(b, p, (size_t)(end - p));
}

int lk_buf_hex(lk_buf *b, uint64_t v, size_t digits)
{
	char buf[16], *end = buf + sizeof(buf), *p = end;

	while (p > buf && (v || (size_t)(end - p) < digits)) {
		*--p = "0123456789abcdef"[v & 15];
		v >>= 4;
	}
	return lk_buf_add(b, p, (size_t)(end - p));
}

int lk_buf_vprintf(lk_buf *b, const char *fmt, va_list ap)
{
	char *s = NULL;
	int n = vasprintf(&s, fmt, ap), rc;

	if (n < 0)
		return -ENOMEM;
	rc = lk_buf_add(b, s, (size_t)n);
	free(s);
	return rc;
}

int lk_buf_printf(lk_buf *b, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = lk_buf_vprintf(b, fmt, ap);
	va_end(ap);
	return rc;
}

char *lk_buf_str(lk_buf *b)
{
	if (lk_vec_reserve(&b->v, &b->cap, b->n, 1, 1) < 0)
		return NULL;
	b->v[b->n] = '\0';
	return b->v;
}

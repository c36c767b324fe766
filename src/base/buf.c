/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Byte buffers that grow. */
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

void lk_buf_add(lk_buf *b, const void *p, size_t n)
{
	if (!n)
		return;
	lk_vec_reserve(&b->v, &b->cap, b->n, n, 1);
	memcpy(b->v + b->n, p, n);
	b->n += n;
}

void lk_buf_fill(lk_buf *b, char c, size_t n)
{
	if (!n)
		return;
	lk_vec_reserve(&b->v, &b->cap, b->n, n, 1);
	memset(b->v + b->n, c, n);
	b->n += n;
}

void lk_buf_puts(lk_buf *b, const char *s)
{
	lk_buf_add(b, s, strlen(s));
}

void lk_buf_unsigned(lk_buf *b, uint64_t v)
{
	char buf[LK_TEXT_DECIMAL], *end = buf + sizeof(buf), *p = lk_text_decimal(end, v);

	lk_buf_add(b, p, (size_t)(end - p));
}

void lk_buf_number(lk_buf *b, int64_t v)
{
	char buf[LK_TEXT_DECIMAL + 1], *end = buf + sizeof(buf);
	char *p = lk_text_decimal(end, v < 0 ? -(uint64_t)v : (uint64_t)v);

	if (v < 0)
		*--p = '-';
	lk_buf_add(b, p, (size_t)(end - p));
}

void lk_buf_hex(lk_buf *b, uint64_t v, size_t digits)
{
	char buf[16], *end = buf + sizeof(buf), *p = end;

	while (p > buf && (v || (size_t)(end - p) < digits)) {
		*--p = "0123456789abcdef"[v & 15];
		v >>= 4;
	}
	lk_buf_add(b, p, (size_t)(end - p));
}

void lk_buf_vprintf(lk_buf *b, const char *fmt, va_list ap)
{
	char *s = lk_vprintf(fmt, ap);

	lk_buf_puts(b, s);
	free(s);
}

void lk_buf_printf(lk_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lk_buf_vprintf(b, fmt, ap);
	va_end(ap);
}

char *lk_buf_str(lk_buf *b)
{
	lk_vec_reserve(&b->v, &b->cap, b->n, 1, 1);
	b->v[b->n] = '\0';
	return b->v;
}

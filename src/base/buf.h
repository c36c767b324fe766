/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing text. Running out of memory ends the program (base/alloc.h). */
#ifndef LK_BASE_BUF_H
#define LK_BASE_BUF_H

#include <stdarg.h>
#include <stdint.h>

#include "base/vec.h"

/* A byte buffer; .v is not NUL-terminated unless lk_buf_str() asked for it. */
typedef LK_VEC(char) lk_buf;

void lk_buf_add(lk_buf *b, const void *p, size_t n);
void lk_buf_puts(lk_buf *b, const char *s);
void lk_buf_fill(lk_buf *b, char c, size_t n); /* n times c */
/* Appends a number in decimal; lk_buf_hex(): with at least `digits` lower-case hex digits. */
void lk_buf_number(lk_buf *b, int64_t v);
void lk_buf_unsigned(lk_buf *b, uint64_t v);
void lk_buf_hex(lk_buf *b, uint64_t v, size_t digits);
void lk_buf_vprintf(lk_buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void lk_buf_printf(lk_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Adds a NUL that is not counted and returns .v. Valid until the next change. */
char *lk_buf_str(lk_buf *b);

#endif

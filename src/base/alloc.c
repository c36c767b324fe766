/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory allocation that never fails: when no memory is left, the program ends. */
#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static lk_alloc_hook on_failure;

lk_alloc_hook lk_alloc_on_failure(lk_alloc_hook hook)
{
	lk_alloc_hook before = on_failure;

	on_failure = hook;
	return before;
}

void lk_alloc_fail(void)
{
	if (on_failure)
		on_failure();
	/* Not exit(3): other threads still run, and exit(3) would flush an incomplete answer from the stdio buffers. */
	_exit(2);
}

static void *must(void *p)
{
	if (!p)
		lk_alloc_fail();
	return p;
}

void *lk_alloc(size_t n, size_t size)
{
	return must(calloc(n ? n : 1, size ? size : 1));
}

void *lk_realloc(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		lk_alloc_fail();
	return must(realloc(p, bytes ? bytes : 1));
}

char *lk_strdup(const char *s)
{
	return s ? must(strdup(s)) : NULL;
}

char *lk_strndup(const char *s, size_t n)
{
	return must(strndup(s, n));
}

char *lk_vprintf(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		lk_alloc_fail();
	return s;
}

char *lk_printf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = lk_vprintf(fmt, ap);
	va_end(ap);
	return s;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors as a number and a sentence. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void lk_err_done(struct lk_err *e)
{
	free(e->text);
	*e = (struct lk_err){ 0 };
}

int lk_err_set(struct lk_err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (!e || e->code)
		return code;
	e->code = code;
	va_start(ap, fmt);
	e->text = lk_vprintf(fmt, ap);
	va_end(ap);
	return code;
}

const char *lk_err_text(const struct lk_err *e)
{
	return e->text ? e->text : strerror(e->code < 0 ? -e->code : e->code);
}

const char *lk_err_name(int code)
{
	static __thread char buf[16];
	int e = code < 0 ? -code : code;
	const char *name = strerrorname_np(e);

	if (name)
		return name;
	snprintf(buf, sizeof(buf), "E%d", e);
	return buf;
}

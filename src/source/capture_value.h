/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between a field of a fact and a plain value of JSON. */
#ifndef LK_SOURCE_CAPTURE_VALUE_H
#define LK_SOURCE_CAPTURE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "record/record.h"
#include "source/capture_shape.h"

/* Numbers up to here are exact in every JSON reader; greater ones are written as decimal strings. */
#define LK_CAPTURE_EXACT_MAX (INT64_C(1) << 53)

enum lk_capture_value_kind {
	LK_CAPTURE_ABSENT,
	LK_CAPTURE_NULL,
	LK_CAPTURE_BOOL,
	LK_CAPTURE_NUMBER,
	LK_CAPTURE_REAL,
	LK_CAPTURE_STRING,
	LK_CAPTURE_OTHER, /* a list or an object where none belongs */
};

struct lk_capture_value {
	enum lk_capture_value_kind kind;
	bool yes;
	int64_t number;
	double real;
	const char *s; /* borrowed, or in buf */
	size_t n;
	char buf[LK_KEY_TEXT];
};

/* The value of a field of the struct at base; not for OBJECT and POINTER. 0, or -EINVAL when it cannot be recorded. */
int lk_capture_value_load(const struct lk_capture_field *f, const void *base, struct lk_capture_value *ret);

/* Sets a field. Strings are copied into the arena. NULL, or what is wrong, as the end of a sentence. */
#define LK_CAPTURE_NO_MEMORY "does not fit into memory"
const char *lk_capture_value_store(const struct lk_capture_field *f, void *base, const struct lk_capture_value *v,
				   struct lk_arena *arena);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a capture holds: the fields of every fact, in one table that the writer and the reader share. The names are
 * those of source.h; lockscope-capture(5) describes them. */
#ifndef LK_SOURCE_CAPTURE_SHAPE_H
#define LK_SOURCE_CAPTURE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source/source.h"

#define LK_CAPTURE_FORMAT "lockscope-capture/1"
/* Numbers up to here are exact in every JSON reader; greater ones are written as decimal strings. */
#define LK_CAPTURE_EXACT_MAX (INT64_C(1) << 53)
/* Room for the name of a field with "_b64" or "." behind it. */
#define LK_CAPTURE_NAME_ROOM 48

enum lk_capture_type {
	LK_CAP_BOOL,
	LK_CAP_TRI, /* true, false; LK_UNKNOWN is left out */
	LK_CAP_SIGNED, /* int or int64_t, by `size` */
	LK_CAP_UNSIGNED, /* unsigned, uint64_t or size_t, by `size` */
	LK_CAP_REAL, /* double, finite, not negative */
	LK_CAP_CHAR, /* one ASCII character; NUL is left out */
	LK_CAP_TEXT, /* const char *, any bytes but NUL */
	LK_CAP_BYTES, /* const char * with its length at `offset2` */
	LK_CAP_WORD, /* const char *, of lk_word_keep() */
	LK_CAP_ENUM, /* one of `words` */
	LK_CAP_UNREAD, /* enum lk_unread_what by its word; any word will do */
	LK_CAP_BIT, /* bool: the bit `max` of an unsigned */
	LK_CAP_ERRNO, /* -errno by its name; 0 is left out */
	LK_CAP_KEY, /* struct lk_key as /proc/locks prints it */
	LK_CAP_END, /* end of a range; null: to EOF */
	LK_CAP_OBJECT, /* struct of shape `sub` in place */
	LK_CAP_POINTER, /* pointer to such a struct; NULL is written as null */
};

struct lk_capture_shape;

struct lk_capture_field {
	const char *name;
	enum lk_capture_type type;
	size_t offset, size;
	size_t offset2;
	/* The field must be present. A field that is not required is left out when its value is `none`, and one that is left out is read as
	 * `none`. */
	bool required;
	int64_t none; /* numbers and enums */
	int64_t min, max; /* bounds of SIGNED and END; for BIT, max is the bit */
	const char *const *words; /* ended by NULL */
	const struct lk_capture_shape *sub;
};

struct lk_capture_shape {
	const char *name; /* of the fact */
	size_t size; /* of the struct */
	const struct lk_capture_field *fields;
	size_t n_fields;
};

extern const struct lk_capture_shape lk_capture_shapes[LK_FACT_N_KINDS];

#endif

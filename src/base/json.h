/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON, written value by value. What comes out is ASCII, whatever goes in. */
#ifndef LK_BASE_JSON_H
#define LK_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/vec.h"

enum lk_json_layout {
	LK_JSON_COMPACT, /* no blanks; each outermost value is a line */
	LK_JSON_INDENTED, /* for people to read and to copy: a member a line */
	LK_JSON_FIELDS, /* "type: flock": a member a line, without the signs around names and values */
};

/* In place; zero-initialised but for `f` and `layout`. */
struct lk_json {
	FILE *f; /* borrowed, for LK_JSON_COMPACT; NULL: the text is only collected */
	enum lk_json_layout layout;
	lk_buf text; /* what is not yet written */
	int error; /* of the first write that failed, -errno; from then on nothing is written */
	bool more; /* in the innermost object or list there is something already */
	bool item; /* fields: the line that comes next begins an element of a list */
	lk_buf open; /* what is to be closed: '{', '[', or '\n' for a list of rows */
	struct lk_json_kept {
		const void *of; /* NULL: nothing is kept */
		size_t begin;
		lk_buf text;
	} kept[2];
};

/* Writes what is left, without flushing f, and frees all. 0 or -errno. */
int lk_json_done(struct lk_json *j);

/* In all that follows `name` is a member's, plain ASCII; NULL for an element of a list, and outermost. */

void lk_json_begin(struct lk_json *j, const char *name); /* an object */
void lk_json_begin_list(struct lk_json *j, const char *name);
/* A list of which each element stands in a line of its own, and is written when it is complete. */
void lk_json_begin_rows(struct lk_json *j, const char *name);
void lk_json_end(struct lk_json *j); /* whatever was begun last */

/* For what many rows share, members of an object that are not its first ones: true, and they are written, if the last ones of this
 * slot (0 or 1) were of the same thing, which must not have changed; else they are to be written, and then to be kept. */
bool lk_json_again(struct lk_json *j, int slot, const void *of);
void lk_json_keep(struct lk_json *j, int slot, const void *of);

void lk_json_null(struct lk_json *j, const char *name);
void lk_json_bool(struct lk_json *j, const char *name, bool v);
void lk_json_number(struct lk_json *j, const char *name, int64_t v);
void lk_json_number_if(struct lk_json *j, const char *name, int64_t v, bool known); /* else null */
void lk_json_unsigned(struct lk_json *j, const char *name, uint64_t v);
/* Always with a point or an exponent, and exact; null for what is no finite number. */
void lk_json_real(struct lk_json *j, const char *name, double v);

/* NULL: null. What is no UTF-8 becomes U+FFFD byte by byte. */
void lk_json_string(struct lk_json *j, const char *name, const char *s);
/* n bytes, a NUL becoming U+FFFD too. Whether the string says them exactly. */
bool lk_json_string_n(struct lk_json *j, const char *name, const char *s, size_t n);
/* Two members: the string, and under NAME_b64 its bytes in base64 where the string is not exact, else null. */
void lk_json_bytes(struct lk_json *j, const char *name, const char *s);
void lk_json_base64(struct lk_json *j, const char *name, const void *p, size_t n);
/* Strings of digits: decimal for what passes 2^53; hexadecimal, as `digits` digits at least. */
void lk_json_decimal(struct lk_json *j, const char *name, uint64_t v);
void lk_json_hex(struct lk_json *j, const char *name, uint64_t v, size_t digits);

#endif

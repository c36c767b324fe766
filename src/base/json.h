/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON, written value by value. What comes out is ASCII, whatever goes in. */
#ifndef LK_BASE_JSON_H
#define LK_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"

enum lk_json_layout {
	LK_JSON_COMPACT, /* no spaces; a newline after each outermost value and before each row */
	LK_JSON_INDENTED, /* for people to read and to copy: one member on each line */
	LK_JSON_FIELDS, /* one member on each line, as "type: flock": no quotes, braces or commas */
};

/* The caller provides the storage: zero-initialised except for `f` and `layout`. */
struct lk_json {
	FILE *f; /* borrowed, only with LK_JSON_COMPACT; NULL: the text is only collected */
	enum lk_json_layout layout;
	lk_buf text; /* what is not yet written */
	int error; /* -errno of the first write that failed; nothing is written after it */
	bool more; /* the innermost open object or list has a member or element already */
	bool item; /* LK_JSON_FIELDS: the next line begins an element of a list */
	lk_buf open; /* a stack of what is open: '{', '[', or '\n' for a list of rows */
	struct lk_json_kept {
		const void *of; /* NULL: nothing is kept */
		size_t begin;
		lk_buf text;
	} kept[2];
};

/* Writes the rest without flushing f, and frees everything. 0, or -errno of the first write that failed. */
int lk_json_done(struct lk_json *j);

/* In all functions below, `name` is the name of a member, in plain ASCII; NULL for an element of a list and for an outermost value. */

void lk_json_begin(struct lk_json *j, const char *name); /* an object */
void lk_json_begin_list(struct lk_json *j, const char *name);
/* A list whose elements begin on a line of their own, and can be written to f as soon as they are complete. */
void lk_json_begin_rows(struct lk_json *j, const char *name);
void lk_json_end(struct lk_json *j); /* ends what was begun last */

/* Members that many rows repeat are formatted only once. lk_json_again(): if the last members kept in this slot (0 or 1) are those of the
 * same object `of`, writes them again and returns true. If false, the caller writes the members, then calls lk_json_keep(). They must not
 * be the first members of their JSON object (the kept text begins with a comma), and *of must not change in between. */
bool lk_json_again(struct lk_json *j, int slot, const void *of);
void lk_json_keep(struct lk_json *j, int slot, const void *of);

void lk_json_null(struct lk_json *j, const char *name);
void lk_json_bool(struct lk_json *j, const char *name, bool v);
void lk_json_number(struct lk_json *j, const char *name, int64_t v);
void lk_json_number_if(struct lk_json *j, const char *name, int64_t v, bool known); /* null if not known */
void lk_json_unsigned(struct lk_json *j, const char *name, uint64_t v);
/* Always with a decimal point or an exponent, and exact; NaN and infinity become null. */
void lk_json_real(struct lk_json *j, const char *name, double v);

/* NULL: null. Each byte that is not valid UTF-8 becomes U+FFFD. */
void lk_json_string(struct lk_json *j, const char *name, const char *s);
/* The string s[0..n); a NUL becomes U+FFFD too. True: the JSON string has exactly these bytes. */
bool lk_json_string_n(struct lk_json *j, const char *name, const char *s, size_t n);
/* Two members: NAME is the string; NAME_b64 is its bytes in base64 if the string is not exact, else null. */
void lk_json_bytes(struct lk_json *j, const char *name, const char *s);
void lk_json_base64(struct lk_json *j, const char *name, const void *p, size_t n);
/* Strings of digits: decimal, for numbers that may exceed 2^53; hexadecimal, with at least `digits` digits. */
void lk_json_decimal(struct lk_json *j, const char *name, uint64_t v);
void lk_json_hex(struct lk_json *j, const char *name, uint64_t v, size_t digits);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One fact to one JSON object and back, by the table of its fields. The only file of the captures that knows jansson. */
#ifndef LK_SOURCE_CAPTURE_JSON_H
#define LK_SOURCE_CAPTURE_JSON_H

#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "source/capture_shape.h"

/* Where a text stands in the capture, for messages. */
struct lk_capture_place {
	const char *name; /* of the capture, borrowed */
	size_t line, column; /* of the first byte, from 1 */
	size_t fact; /* its number, from 1; 0: not a fact */
};

/* Writes the fact as one line of JSON without a newline. 0, -EINVAL (a fact that cannot be recorded), -ENOMEM or -EIO. */
int lk_capture_json_put(FILE *f, const struct lk_capture_shape *shape, const void *fact);

/* Reads one JSON object that is a fact. *ret_kind and *ret (owned by the arena, as is all it points to) on success; else
 * -EINVAL or -ENOMEM with a sentence. */
int lk_capture_json_get(const char *text, size_t n, const struct lk_capture_place *place, struct lk_arena *arena,
			enum lk_capture_kind *ret_kind, void **ret, struct lk_err *err);

/* Any JSON value at all: 0, or -EINVAL with a sentence. For members that a capture may have but that are not read. */
int lk_capture_json_check(const char *text, size_t n, const struct lk_capture_place *place, struct lk_err *err);

#endif

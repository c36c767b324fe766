/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the lines of a capture into facts and checks that the facts make sense together. */
#ifndef LK_SOURCE_CAPTURE_READ_H
#define LK_SOURCE_CAPTURE_READ_H

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "source/capture/capture_shape.h"

typedef LK_VEC(struct lk_fact) lk_capture_facts; /* each in the arena */

/* Bounds on what a capture may be. */
#define LK_CAPTURE_MAX_BYTES ((size_t)256 << 20)
#define LK_CAPTURE_MAX_FACTS ((size_t)4 << 20)
#define LK_CAPTURE_MAX_LINE ((size_t)16 << 20)
#define LK_CAPTURE_MAX_VALUES 4096 /* in a line */

/* Reads line by line from fd, without keeping the lines; fd -1: from text[0..n), which may be freed afterwards. name is for messages. 0;
 * -EINVAL or -EFBIG with a sentence that names the place; or the -errno of a read. On success the first fact is the host, the last one the
 * end, and locks stand before the rest. */
int lk_capture_read(const char *name, int fd, const char *text, size_t n, struct lk_arena *arena, lk_capture_facts *ret,
		    struct lk_err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Byte ranges of locks: start..end, both inclusive; LK_RANGE_EOF as end means "to the end of the file, however it grows"
 * (fcntl(2) l_len 0; fs/locks.c OFFSET_MAX, printed as EOF in /proc/locks). Units: bytes. */
#ifndef LK_RECORD_RANGE_H
#define LK_RECORD_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define LK_RANGE_EOF INT64_MAX

struct lk_range {
	int64_t start; /* 0..2^63-1 */
	int64_t end; /* inclusive, >= start; LK_RANGE_EOF: to EOF */
};

#define LK_RANGE_WHOLE ((struct lk_range){ 0, LK_RANGE_EOF })

bool lk_range_is_whole(struct lk_range r);
bool lk_range_is_to_eof(struct lk_range r);
bool lk_range_overlaps(struct lk_range a, struct lk_range b);
/* By start, then end. <0, 0, >0. */
int lk_range_compare(struct lk_range a, struct lk_range b);

/* "A-B" inclusive, "A+LEN", "A-" (to EOF), "A" (one byte), "whole"; A, B, LEN decimal or 0x hex with K M G T.
 * 0 or -EINVAL with a sentence in err; *ret untouched on failure. */
int lk_range_parse(const char *s, struct lk_range *ret, struct lk_err *err);

/* Writes what lk_range_parse() reads: "whole", "100-199", "4096-". Returns buf. */
#define LK_RANGE_TEXT 48
const char *lk_range_format(struct lk_range r, char buf[LK_RANGE_TEXT]);
/* The same for sentences: "bytes 100-199", "byte 5", "the whole file". Returns buf. */
#define LK_RANGE_WORDS 56
const char *lk_range_words(struct lk_range r, char buf[LK_RANGE_WORDS]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lock means to the program that took it, by the table of known_ranges.h. It is told by all locks of the file, so it takes the
 * snapshot; rows of one file stand together in it. */
#ifndef LK_TABLE_MEANING_H
#define LK_TABLE_MEANING_H

#include "table/known_ranges.h"

/* The rows of the file that l stands on; how many. l is in the snapshot. */
const struct lk_lock *lk_meaning_rows(const struct lk_snapshot *s, const struct lk_lock *l, size_t *ret_n);

/* The layout that all locks of its file fit; NULL: none, or there are too many to look at. s may be NULL: then none. */
const struct lk_known_layout *lk_meaning_layout(const struct lk_snapshot *s, const struct lk_lock *l);

/* "SQLite EXCLUSIVE: has the database for itself", "QEMU writer: consistent-read+write"; nothing where it is not known.
 * Words of our own, ASCII. */
void lk_meaning_text(const struct lk_snapshot *s, const struct lk_lock *l, lk_buf *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lock means to the program that took it, by the table of known_ranges.h. All locks of the file are needed to tell that, hence the
 * snapshot, in which the rows of one file stand together. */
#ifndef LK_TABLE_MEANING_H
#define LK_TABLE_MEANING_H

#include "base/buf.h"
#include "table/known_ranges.h"

/* The first row on the same file as l, which must be in the snapshot; *ret_n: how many there are. Counting stops when there are too many
 * to look at. */
const struct lk_lock *lk_meaning_rows(const struct lk_snapshot *s, const struct lk_lock *l, size_t *ret_n);

/* The layout that all locks of its file fit; NULL: none, or there are too many to look at. s may be NULL: then none. */
const struct lk_known_layout *lk_meaning_layout(const struct lk_snapshot *s, const struct lk_lock *l);

/* Appends "SQLite EXCLUSIVE: has the database for itself", "QEMU writer: consistent-read+write"; nothing where it is not known. ASCII
 * words of our own. */
void lk_meaning_text(const struct lk_snapshot *s, const struct lk_lock *l, lk_buf *out);

#endif

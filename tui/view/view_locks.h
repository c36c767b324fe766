/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the views Locks, Files and Procs share, and the rows of the Locks view. */
#ifndef LK_TUI_VIEW_LOCKS_H
#define LK_TUI_VIEW_LOCKS_H

#include "base/buf.h"
#include "tui/core/app.h"

/* As lk_view_ops.shown. */
size_t lk_locks_shown(const struct lk_tui *t, size_t ret[LK_COLUMNS_MAX]);

/* The file of a row that groups locks by file; NULL: the row is about a lock. */
const struct lk_file *lk_locks_group(const struct lk_item *it);
/* Index of the lock whose age the row shows; LK_TOTALS_NONE: none. */
size_t lk_locks_oldest(const struct lk_item *it);

/* Identity of the row of a file. */
uint64_t lk_locks_file_id(const struct lk_file *file);
/* The letter for the worst state among the locks of a file, or "x" for a ghost; *ret_style: its style. */
char lk_locks_file_letter(const struct lk_file_sum *sum, bool ghost, enum lk_style *ret_style);
/* Appends "/srv/app.db", "(deleted) /srv/app.db", or "?:77 on /mnt". */
void lk_locks_put_path(const struct lk_file *file, lk_buf *out);
/* Appends the current age of a lock or request, given by index, or "gone" for a row that is a ghost; *ret_style: what it means.
 * LK_TOTALS_NONE: no lock. Of a lock that was there in the first look: "<37m" where its owner began so long ago, "-" where nothing is
 * known, and "12m+" as soon as we have looked long enough for that to say something. */
void lk_locks_put_age(const struct lk_tui *t, const struct lk_item *it, size_t lock, lk_buf *out,
		      enum lk_style *ret_style);

#endif

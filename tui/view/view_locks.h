/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the lists of locks, files and processes say alike; and the list of locks. */
#ifndef LK_TUI_VIEW_LOCKS_H
#define LK_TUI_VIEW_LOCKS_H

#include "tui/core/app.h"

/* As in lk_view_ops: the columns that are shown. */
size_t lk_locks_shown(const struct lk_tui *t, size_t ret[LK_COLUMNS_MAX]);

/* The file that a row of the grouped list is about; NULL: it is about a lock. */
const struct lk_file *lk_locks_group(const struct lk_item *it);
/* The lock whose age the row tells, by index; LK_TOTALS_NONE: none. */
size_t lk_locks_oldest(const struct lk_item *it);

/* Identity of a file's row. */
uint64_t lk_locks_file_id(const struct lk_file *file);
/* The worst state among a file's locks. */
char lk_locks_file_letter(const struct lk_file_sum *sum, bool ghost, enum lk_style *ret_style);
/* "/srv/app.db", "(deleted) /srv/app.db", "?:77 on /mnt". */
void lk_locks_put_path(const struct lk_file *file, lk_buf *out);
/* The age of a lock as of now, "gone" for rows that are; lock: index, LK_TOTALS_NONE none. */
void lk_locks_put_age(const struct lk_tui *t, const struct lk_item *it, size_t lock, lk_buf *out);

#endif

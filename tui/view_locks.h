/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the lists of locks, files and processes say alike; and the parts of the list of locks. */
#ifndef LK_TUI_VIEW_LOCKS_H
#define LK_TUI_VIEW_LOCKS_H

#include "tui/app.h"

/* The first columns of the Locks view; the others follow. */
enum lk_locks_column {
	LK_LOCKS_S,
	LK_LOCKS_PID,
	LK_LOCKS_USER,
	LK_LOCKS_COMMAND,
	LK_LOCKS_TYPE,
	LK_LOCKS_MODE,
	LK_LOCKS_RANGE,
	LK_LOCKS_AGE,
	LK_LOCKS_PATH,
	LK_LOCKS_COLUMNS = 44,
};
extern const struct lk_view_column lk_locks_columns[LK_LOCKS_COLUMNS];
/* The column of `list` that a column of the view shows; NULL: none. */
const struct lk_column *lk_locks_table_column(const struct lk_tui *t, size_t column);
/* As in lk_view_ops. */
int lk_locks_init(struct lk_view *v);
void lk_locks_done(struct lk_view *v);
size_t lk_locks_shown(const struct lk_tui *t, size_t ret[LK_VIEW_COLUMNS]);
int lk_locks_cell(const struct lk_tui *t, const struct lk_item *it, size_t column, lk_buf *out,
		  enum lk_style *ret_style);
int lk_locks_words(const void *view, const struct lk_item *it, lk_buf *out);

/* The file that a row of the grouped list is about; NULL: it is about a lock. */
const struct lk_file *lk_locks_group(const struct lk_item *it);
/* The lock whose age the row tells, by index; LK_SUMS_NONE: none. */
size_t lk_locks_oldest(const struct lk_item *it);

/* Identity of a file's row. */
uint64_t lk_locks_file_id(const struct lk_file *file);
/* The worst state among a file's locks. */
char lk_locks_file_letter(const struct lk_file_sum *sum, bool ghost, enum lk_style *ret_style);
/* "/srv/app.db", "(deleted) /srv/app.db", "?:77 on /mnt". 0 or -ENOMEM. */
int lk_locks_put_path(const struct lk_file *file, lk_buf *out);
/* The age of a lock as of now, "gone" for rows that are; lock: index, LK_SUMS_NONE none. 0 or -ENOMEM. */
int lk_locks_put_age(const struct lk_tui *t, const struct lk_item *it, size_t lock, lk_buf *out);

#endif

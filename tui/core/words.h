/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows in plain words: who holds what, who waits for whom. Raw bytes of the machine are in them: sanitize before a terminal. */
#ifndef LK_TUI_WORDS_H
#define LK_TUI_WORDS_H

#include "base/buf.h"
#include "table/known_ranges.h"
#include "tui/core/app.h"

/* The layout that all locks of the file fit; NULL: none. Linear in its locks. */
const struct lk_known_layout *lk_words_layout(const struct lk_frame *f, const struct lk_file *file);
/* "php-fpm[4410] holds the SQLite SHARED range of app.db (read); 2 processes wait for it, the oldest 3m12s" */
void lk_words_put_lock(const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l, lk_buf *out);
/* The same where there is hardly any room: "3307 waits 3m12s for 2211", "2211 holds base.lck: 2 wait". */
void lk_words_brief(const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l, lk_buf *out);
/* "app.db: 3 locks held, 2 requests wait, the oldest 3m12s; looks like a SQLite database" */
void lk_words_of_file(const struct lk_tui *t, const struct lk_frame *f, const struct lk_file *file, lk_buf *out);
/* "pg_dump[2211] holds 1 lock and is in the way of 2 requests" */
void lk_words_of_process(const struct lk_tui *t, const struct lk_frame *f, const struct lk_proc *p, lk_buf *out);

#endif

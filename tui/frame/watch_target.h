/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks that the user wants to be told about when they are free. No look is taken for that: the looks that the screen takes are checked. */
#ifndef LK_TUI_WATCH_TARGET_H
#define LK_TUI_WATCH_TARGET_H

#include "tui/core/app.h"

/* Begins to watch a held lock of this frame, unless it is watched already; what is needed of it is copied. */
void lk_watch_target_add(struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l);
/* Why the lock of this row cannot be waited for; NULL: it can. Static. */
const char *lk_watch_target_why_not(const struct lk_subject *s);
/* f: the frame of l. */
bool lk_watch_target_has(const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l);
size_t lk_watch_targets_count(const struct lk_tui *t);
/* false: it was not watched. */
bool lk_watch_target_stop(struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l);

/* For each new look, shown or not: the message line and the history tell which locks are gone. */
void lk_watch_target_frame(struct lk_tui *t, const struct lk_frame *f);
void lk_watch_targets_free(struct lk_tui *t);

#endif

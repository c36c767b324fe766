/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks that somebody wants to be told about when they are free. Nothing is read for it: each look that is taken anyway is asked. */
#ifndef LK_TUI_WATCH_TARGET_H
#define LK_TUI_WATCH_TARGET_H

#include "tui/core/app.h"

/* Begins to wait for a held lock of this frame, unless it does already; what it needs is copied. */
void lk_watch_target_add(struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l);
/* Why it cannot be waited for what this row is about; NULL: it can. Static. */
const char *lk_watch_target_why_not(const struct lk_subject *s);
bool lk_watch_target_has(const struct lk_tui *t, const struct lk_lock *l);
/* false: it was not waited for. */
bool lk_watch_target_stop(struct lk_tui *t, const struct lk_lock *l);

/* A new look is there, shown or not: says in the message line, and in the history, which locks have gone. */
void lk_watch_target_frame(struct lk_tui *t, const struct lk_frame *f);
void lk_watch_targets_free(struct lk_tui *t);

#endif

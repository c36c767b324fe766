/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From rows of a view to the processes that a signal goes to. */
#ifndef LK_TUI_TARGETS_H
#define LK_TUI_TARGETS_H

#include "action/signal.h"
#include "tui/core/app.h"

/* Adds each process once: for a held lock its proven holders (only the row's holder, if it names one), for a request its waiter; for a row
 * without a lock its process, or else the proven holders of all locks on its file. Borrows from the frame. 0, or -ENOENT with a sentence:
 * nobody is proven. */
int lk_targets_add(lk_signal_list *ret, const struct lk_subject *s, struct lk_err *err);
/* Likewise for a lock: every proven holder, or the waiter of a request. */
int lk_targets_add_lock(lk_signal_list *ret, const struct lk_lock *l, struct lk_err *err);
/* Why nobody can be signalled for this row; NULL: somebody can. Static. */
const char *lk_targets_why_not(const struct lk_subject *s);

#endif

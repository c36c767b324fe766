/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom an action is for. */
#ifndef LK_TUI_WHOM_H
#define LK_TUI_WHOM_H

#include "tui/core/app.h"

/* For a request asks first whether the holder in its way is meant, or the one who waits; for a circle, which of those who could end it. Then,
 * or at once for every other row, calls act. title: static. LK_DIRTY_*. */
unsigned lk_whom_ask(struct lk_tui *t, const char *title, const struct lk_subject *s, lk_subject_fn act);

#endif

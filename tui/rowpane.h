/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pane of text about the row that was selected when it was opened: found again by its identity in each frame. */
#ifndef LK_TUI_ROWPANE_H
#define LK_TUI_ROWPANE_H

#include "tui/app.h"

/* s, it: of the row, valid for the call; s->frame is never NULL. Returns 0. */
typedef int (*lk_rowpane_fill)(struct lk_tui *t, const struct lk_subject *s, const struct lk_item *it,
			       struct lk_text *ret);

/* name, title: static. Says so when nothing is selected. LK_DIRTY_*. */
unsigned lk_rowpane_open(struct lk_tui *t, const char *name, const char *title, lk_rowpane_fill fill);

#endif

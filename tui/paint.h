/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mouse on what was painted. */
#ifndef LK_TUI_PAINT_H
#define LK_TUI_PAINT_H

#include "tui/app.h"

/* What a click or the wheel means where it happened: the top pane, a tab, a heading, a row, a key of the bar. Nothing is done by it that
 * a key would not do. LK_DIRTY_*, not settled yet. */
unsigned lk_paint_click(struct lk_tui *t, const struct lk_mouse *m);

#endif

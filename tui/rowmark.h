/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is seen of a row beside its text, in views that paint their rows themselves. */
#ifndef LK_TUI_ROWMARK_H
#define LK_TUI_ROWMARK_H

#include "tui/canvas.h"
#include "tui/list.h"

#define LK_ROW_GUTTER 2 /* cells before the text */

/* In a line r that has been painted: selected, tagged, gone, found; and the cursor. */
void lk_row_mark(const struct lk_list *l, const struct lk_item *it, struct lk_canvas *c, struct lk_rect r);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the list widget. */
#ifndef LK_TUI_LIST_PRIVATE_H
#define LK_TUI_LIST_PRIVATE_H

#include "base/buf.h"
#include "tui/widget/list.h"

/* Whether the row passes the filters. words: scratch, reused from row to row. */
bool lk_list_passes(const struct lk_list *l, const struct lk_item *it, lk_buf *words);
/* Finds the place of the selected row after rows have moved, and scrolls to it. */
void lk_list_place_cursor(struct lk_list *l);

#endif

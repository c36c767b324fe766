/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the list widget. */
#ifndef LK_TUI_LIST_PRIVATE_H
#define LK_TUI_LIST_PRIVATE_H

#include "tui/widget/list.h"

/* The row passes the filters that hide rows. words: scratch, kept from row to row. */
bool lk_list_passes(const struct lk_list *l, const struct lk_item *it, lk_buf *words);
/* Puts the cursor where its row is now. */
void lk_list_place_cursor(struct lk_list *l);

#endif

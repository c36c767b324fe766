/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What styles and marks look like, with eight colours and without any. */
#ifndef LK_TUI_THEME_H
#define LK_TUI_THEME_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/term/canvas.h"

enum lk_attr { LK_ATTR_BOLD = 1 << 0, LK_ATTR_DIM = 1 << 1, LK_ATTR_UNDERLINE = 1 << 2, LK_ATTR_REVERSE = 1 << 3 };

struct lk_theme {
	short fg, bg; /* 0 to 7 as in ECMA-48: black red green yellow blue magenta cyan white; -1: the terminal's own */
	unsigned attrs; /* LK_ATTR_*, with colours */
	unsigned mono; /* LK_ATTR_* without colours */
};

/* All rows; each is one pair of colours. */
const struct lk_theme *lk_theme_table(size_t *ret_n);
/* LK_ATTR_* of a cell; *ret_row: its row in the table, which has its colours. */
unsigned lk_theme_of(const struct lk_cell *cell, bool color, size_t *ret_row);

#endif

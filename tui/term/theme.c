/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of colours and attributes, and what a cell gets of it. */
#include "tui/term/theme.h"

#define BOLD LK_ATTR_BOLD
#define DIM LK_ATTR_DIM
#define UNDER LK_ATTR_UNDERLINE
#define REVERSE LK_ATTR_REVERSE

enum { OWN = -1, BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE };
enum { SELECTED = LK_STYLES, CHANGED, TAGGED, ROWS };

/* No dark blue: it cannot be read on black. */
static const struct lk_theme table[ROWS] = {
	[LK_STYLE_PLAIN] = { OWN, OWN, 0, 0 },
	[LK_STYLE_BRIGHT] = { OWN, OWN, BOLD, BOLD },
	[LK_STYLE_DIM] = { OWN, OWN, DIM, DIM },
	[LK_STYLE_METER] = { CYAN, OWN, 0, 0 },
	[LK_STYLE_TAB] = { OWN, OWN, 0, 0 },
	[LK_STYLE_TAB_ON] = { BLACK, CYAN, 0, REVERSE | BOLD },
	[LK_STYLE_HEADING] = { BLACK, GREEN, 0, REVERSE },
	[LK_STYLE_HEADING_SORT] = { BLACK, CYAN, 0, REVERSE | BOLD },
	[LK_STYLE_HELD] = { GREEN, OWN, 0, 0 },
	[LK_STYLE_BLOCKING] = { MAGENTA, OWN, BOLD, BOLD },
	[LK_STYLE_WAITING] = { YELLOW, OWN, BOLD, UNDER },
	[LK_STYLE_CYCLE] = { RED, OWN, BOLD, BOLD | UNDER },
	[LK_STYLE_UNKNOWN] = { CYAN, OWN, 0, 0 },
	[LK_STYLE_GHOST] = { OWN, OWN, DIM, DIM },
	[LK_STYLE_READ] = { GREEN, OWN, 0, 0 },
	[LK_STYLE_WRITE] = { YELLOW, OWN, BOLD, BOLD },
	[LK_STYLE_WORDS] = { OWN, OWN, 0, 0 },
	[LK_STYLE_BADGE] = { BLACK, YELLOW, 0, REVERSE },
	[LK_STYLE_ALARM] = { RED, OWN, BOLD, BOLD | REVERSE },
	[LK_STYLE_GOOD] = { GREEN, OWN, BOLD, BOLD },
	[LK_STYLE_KEY] = { OWN, OWN, BOLD, BOLD },
	[LK_STYLE_KEY_NAME] = { BLACK, CYAN, 0, REVERSE },
	[LK_STYLE_BORDER] = { CYAN, OWN, 0, 0 },
	[LK_STYLE_INPUT] = { OWN, OWN, UNDER, UNDER },
	[LK_STYLE_BUTTON] = { OWN, OWN, BOLD, BOLD },
	[LK_STYLE_OFF] = { OWN, OWN, DIM, DIM },
	[SELECTED] = { BLACK, CYAN, 0, REVERSE },
	[CHANGED] = { BLACK, GREEN, 0, BOLD | UNDER },
	[TAGGED] = { YELLOW, OWN, BOLD, BOLD },
};

const struct lk_theme *lk_theme_table(size_t *ret_n)
{
	*ret_n = ROWS;
	return table;
}

unsigned lk_theme_of(const struct lk_cell *cell, bool color, size_t *ret_row)
{
	size_t row = cell->style < LK_STYLES ? cell->style : LK_STYLE_PLAIN;
	unsigned attrs;

	if (cell->marks & LK_MARK_SELECTED)
		row = SELECTED;
	else if (cell->marks & LK_MARK_CHANGED)
		row = CHANGED;
	else if (cell->marks & LK_MARK_TAGGED)
		row = TAGGED;
	attrs = color ? table[row].attrs : table[row].mono;
	if (cell->marks & LK_MARK_FOUND)
		attrs |= UNDER | BOLD;
	*ret_row = row;
	return attrs;
}

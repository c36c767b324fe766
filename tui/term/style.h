/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a piece of the screen means. Only theme.c knows the colours of styles; nothing is said by colour alone. */
#ifndef LK_TUI_STYLE_H
#define LK_TUI_STYLE_H

enum lk_style {
	LK_STYLE_PLAIN,
	LK_STYLE_BRIGHT, /* names in the header, titles of panes */
	LK_STYLE_DIM, /* what matters less: ghosts, hints */
	LK_STYLE_METER, /* figures of the header */
	LK_STYLE_TAB,
	LK_STYLE_TAB_ON,
	LK_STYLE_HEADING, /* of a table */
	LK_STYLE_HEADING_SORT, /* the column that orders the table */
	LK_STYLE_HELD,
	LK_STYLE_BLOCKING,
	LK_STYLE_WAITING,
	LK_STYLE_CYCLE,
	LK_STYLE_UNKNOWN,
	LK_STYLE_GHOST,
	LK_STYLE_READ, /* in maps */
	LK_STYLE_WRITE,
	LK_STYLE_WORDS, /* the line that explains the row */
	LK_STYLE_BADGE, /* PARTIAL, PAUSED, RO */
	LK_STYLE_ALARM, /* DANGER, failures */
	LK_STYLE_GOOD, /* done, free */
	LK_STYLE_KEY, /* of the key bar */
	LK_STYLE_KEY_NAME,
	LK_STYLE_BORDER,
	LK_STYLE_INPUT, /* a field to type in */
	LK_STYLE_BUTTON,
	LK_STYLE_OFF, /* not possible here */
	LK_STYLES,
};

/* On top of a style. */
enum lk_mark {
	LK_MARK_SELECTED = 1 << 0,
	LK_MARK_TAGGED = 1 << 1,
	LK_MARK_CHANGED = 1 << 2, /* new since a moment ago */
	LK_MARK_FOUND = 1 << 3, /* what was searched for */
};

#endif

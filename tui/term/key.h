/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys, as the terminal reports them and as people write them. */
#ifndef LK_TUI_KEY_H
#define LK_TUI_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A Unicode code point (control characters for Ctrl-A to Ctrl-Z, so Tab is Ctrl-I), or one of those below. */
typedef uint32_t lk_press;

enum {
	LK_KEY_CTRL_B = 2,
	LK_KEY_CTRL_C = 3,
	LK_KEY_TAB = 9,
	LK_KEY_ENTER = 13, /* also what a terminal sends as line feed */
	LK_KEY_ESC = 27,
	LK_KEY_NAMED = 0x200000, /* above every code point */
	LK_KEY_UP,
	LK_KEY_DOWN,
	LK_KEY_LEFT,
	LK_KEY_RIGHT,
	LK_KEY_PAGE_UP,
	LK_KEY_PAGE_DOWN,
	LK_KEY_HOME,
	LK_KEY_END,
	LK_KEY_INSERT,
	LK_KEY_DELETE,
	LK_KEY_BACKSPACE,
	LK_KEY_BACK_TAB,
	LK_KEY_F1,
	LK_KEY_F2,
	LK_KEY_F3,
	LK_KEY_F4,
	LK_KEY_F5,
	LK_KEY_F6,
	LK_KEY_F7,
	LK_KEY_F8,
	LK_KEY_F9,
	LK_KEY_F10,
	LK_KEY_F11,
	LK_KEY_F12,
	LK_KEY_SHIFT_F3,
	LK_KEY_SHIFT_PAGE_UP,
	LK_KEY_SHIFT_PAGE_DOWN, /* the last */
};
#define LK_KEY_CTRL(letter) ((lk_press)((letter)&0x1f))

/* Whether the key types a character into a field. */
bool lk_press_is_text(lk_press k);

#define LK_KEY_NAME 16
/* "F9", "Ctrl-S", "PgDn", "Space", "?". Returns buf. UTF-8. */
const char *lk_press_name(lk_press k, char buf[LK_KEY_NAME]);
/* The key of such a name, in upper or lower case; also "^S"; a single character stands for itself. 0 or -EINVAL. */
int lk_press_from_name(const char *word, size_t n, lk_press *ret);

enum lk_mouse_kind { LK_MOUSE_CLICK, LK_MOUSE_DOUBLE, LK_MOUSE_WHEEL_UP, LK_MOUSE_WHEEL_DOWN };
struct lk_mouse {
	enum lk_mouse_kind kind;
	int x, y; /* cells */
};

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of keys. */
#include "tui/term/key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

static const struct {
	lk_press key;
	const char *name;
} names[] = {
	{ LK_KEY_TAB, "Tab" },
	{ LK_KEY_ENTER, "Enter" },
	{ LK_KEY_ESC, "Esc" },
	{ ' ', "Space" },
	{ LK_KEY_UP, "Up" },
	{ LK_KEY_DOWN, "Down" },
	{ LK_KEY_LEFT, "Left" },
	{ LK_KEY_RIGHT, "Right" },
	{ LK_KEY_PAGE_UP, "PgUp" },
	{ LK_KEY_PAGE_DOWN, "PgDn" },
	{ LK_KEY_HOME, "Home" },
	{ LK_KEY_END, "End" },
	{ LK_KEY_INSERT, "Insert" },
	{ LK_KEY_DELETE, "Delete" },
	{ LK_KEY_BACKSPACE, "Backspace" },
	{ LK_KEY_BACK_TAB, "Shift-Tab" },
	{ LK_KEY_F1, "F1" },
	{ LK_KEY_F2, "F2" },
	{ LK_KEY_F3, "F3" },
	{ LK_KEY_F4, "F4" },
	{ LK_KEY_F5, "F5" },
	{ LK_KEY_F6, "F6" },
	{ LK_KEY_F7, "F7" },
	{ LK_KEY_F8, "F8" },
	{ LK_KEY_F9, "F9" },
	{ LK_KEY_F10, "F10" },
	{ LK_KEY_F11, "F11" },
	{ LK_KEY_F12, "F12" },
	{ LK_KEY_SHIFT_F3, "Shift-F3" },
	{ LK_KEY_SHIFT_PAGE_UP, "Shift-PgUp" },
	{ LK_KEY_SHIFT_PAGE_DOWN, "Shift-PgDn" },
};
#define N_NAMES (sizeof(names) / sizeof(*names))

bool lk_press_is_text(lk_press k)
{
	return k >= ' ' && k != 0x7f && k < 0x110000 && !(k >= 0x80 && k < 0xa0);
}

const char *lk_press_name(lk_press k, char buf[LK_KEY_NAME])
{
	for (size_t i = 0; i < N_NAMES; i++) {
		if (names[i].key == k) {
			snprintf(buf, LK_KEY_NAME, "%s", names[i].name);
			return buf;
		}
	}
	if (k < ' ')
		snprintf(buf, LK_KEY_NAME, "Ctrl-%c", (int)k + '@');
	else if (lk_press_is_text(k))
		buf[lk_text_put_utf8(k, buf)] = '\0';
	else
		snprintf(buf, LK_KEY_NAME, "0x%x", (unsigned)k);
	return buf;
}

static int parse_ctrl(char letter, lk_press *ret)
{
	if (letter >= 'a' && letter <= 'z')
		letter = (char)(letter - 'a' + 'A');
	if (letter < 'A' || letter > 'Z')
		return -EINVAL;
	*ret = LK_KEY_CTRL(letter);
	/* Terminals send line feed and carriage return for the same key. */
	if (*ret == '\n')
		*ret = LK_KEY_ENTER;
	return 0;
}

int lk_press_from_name(const char *word, size_t n, lk_press *ret)
{
	uint32_t cp;

	for (size_t i = 0; i < N_NAMES; i++) {
		if (strlen(names[i].name) == n && strncasecmp(names[i].name, word, n) == 0) {
			*ret = names[i].key;
			return 0;
		}
	}
	if (n == 6 && strncasecmp(word, "Ctrl-", 5) == 0)
		return parse_ctrl(word[5], ret);
	if (n == 2 && word[0] == '^')
		return parse_ctrl(word[1], ret);
	if (!n || lk_text_utf8(word, n, &cp) != n || !lk_press_is_text(cp))
		return -EINVAL;
	*ret = cp;
	return 0;
}

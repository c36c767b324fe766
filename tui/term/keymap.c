/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of keys, and what the configuration file changes in it. */
#include "tui/term/keymap.h"

#include <errno.h>
#include <string.h>

#define V LK_KEYS_VIEW
#define T LK_KEYS_TEXT

/* Lower-case letters never change the system. The first key of a command is the one to name where there is room for one. */
/* clang-format off */
static const struct lk_keymap_row table[] = {
	{ V, LK_KEY_F1, "help" }, { V, '?', "help" },
	{ V, LK_KEY_F2, "setup" }, { V, 'S', "setup" },
	{ V, LK_KEY_F3, "find" }, { V, '/', "find" },
	{ V, 'n', "find-next" }, { V, 'N', "find-previous" }, { V, LK_KEY_SHIFT_F3, "find-previous" },
	{ V, LK_KEY_F4, "filter" }, { V, '\\', "filter" },
	{ V, LK_KEY_F5, "tree" }, { V, 't', "tree" },
	{ V, LK_KEY_F6, "sort" }, { V, 's', "sort" }, { V, '<', "sort-previous" }, { V, '>', "sort-next" }, { V, 'I', "invert" },
	{ V, LK_KEY_F7, "test" }, { V, 'T', "test" },
	{ V, LK_KEY_F8, "actions" }, { V, 'a', "actions" },
	{ V, LK_KEY_F9, "signal" }, { V, 'K', "signal" },
	{ V, 'X', "release" },
	{ V, 'D', "delete" },
	{ V, LK_KEY_F10, "quit" }, { V, 'Q', "quit" }, { V, LK_KEY_CTRL('C'), "quit" },
	{ V, 'q', "close" }, { V, LK_KEY_ESC, "cancel" },
	{ V, LK_KEY_UP, "up" }, { V, 'k', "up" }, { V, LK_KEY_DOWN, "down" }, { V, 'j', "down" },
	{ V, LK_KEY_PAGE_UP, "page-up" }, { V, LK_KEY_CTRL('B'), "page-up" },
	{ V, LK_KEY_PAGE_DOWN, "page-down" }, { V, LK_KEY_CTRL('F'), "page-down" },
	{ V, LK_KEY_CTRL('U'), "half-up" }, { V, LK_KEY_CTRL('D'), "half-down" },
	{ V, LK_KEY_HOME, "first" }, { V, 'g', "first" }, { V, LK_KEY_END, "last" }, { V, 'G', "last" },
	{ V, LK_KEY_LEFT, "left" }, { V, 'h', "left" }, { V, LK_KEY_RIGHT, "right" }, { V, 'l', "right" },
	{ V, LK_KEY_ENTER, "detail" }, { V, 'i', "detail" }, { V, 'd', "side-detail" },
	{ V, LK_KEY_SHIFT_PAGE_UP, "side-up" }, { V, LK_KEY_SHIFT_PAGE_DOWN, "side-down" },
	{ V, LK_KEY_BACKSPACE, "back" },
	{ V, '1', "locks" }, { V, '2', "files" }, { V, '3', "processes" }, { V, '4', "waits" }, { V, '5', "map" }, { V, '6', "history" },
	{ V, '7', "lockfiles" },
	{ V, LK_KEY_TAB, "next-view" }, { V, LK_KEY_BACK_TAB, "previous-view" },
	{ V, ' ', "tag" }, { V, 'c', "tag-same" }, { V, 'U', "untag" },
	{ V, 'F', "follow" },
	{ V, 'Z', "pause" },
	{ V, 'r', "refresh" }, { V, LK_KEY_CTRL('L'), "redraw" },
	{ V, '+', "expand" }, { V, '-', "collapse" },
	{ V, ']', "next-contended" }, { V, '[', "previous-contended" },
	{ V, 'o', "blocker" }, { V, '%', "blocker" },
	{ V, 'b', "contended" },
	{ V, 'u', "user" },
	{ V, 'B', "units" },
	{ V, 'y', "show" },
	{ V, 'w', "write" }, { V, LK_KEY_CTRL('S'), "write" },
	{ V, '#', "header" },
	{ V, 'H', "highlight" },
	{ V, 'P', "blind-spots" },
	{ V, LK_KEY_CTRL('Z'), "suspend" },

	{ T, LK_KEY_F1, "help" }, { T, '?', "help" },
	{ T, 'q', "close" }, { T, LK_KEY_ESC, "close" }, { T, LK_KEY_BACKSPACE, "close" },
	{ T, LK_KEY_F10, "quit" }, { T, 'Q', "quit" }, { T, LK_KEY_CTRL('C'), "quit" },
	{ T, LK_KEY_CTRL('L'), "redraw" }, { T, 'r', "refresh" }, { T, LK_KEY_CTRL('Z'), "suspend" },
	{ T, 'Z', "pause" }, { T, 'B', "units" },
};
/* clang-format on */
#define N_ROWS (sizeof(table) / sizeof(*table))

const struct lk_keymap_row *lk_keymap_table(size_t *ret_n)
{
	*ret_n = N_ROWS;
	return table;
}

void lk_keymap_done(struct lk_keymap *m)
{
	lk_vec_done(&m->own);
}

/* Keys that are easily pressed without thinking: none of these gets a command that can change the system. */
static bool is_careless(lk_press k)
{
	static const lk_press keys[] = { LK_KEY_ENTER,     LK_KEY_TAB,       ' ',
					 LK_KEY_BACKSPACE, LK_KEY_DELETE,    LK_KEY_UP,
					 LK_KEY_DOWN,      LK_KEY_LEFT,      LK_KEY_RIGHT,
					 LK_KEY_PAGE_UP,   LK_KEY_PAGE_DOWN, LK_KEY_HOME,
					 LK_KEY_END,       LK_KEY_ESC,       LK_KEY_BACK_TAB,
					 LK_KEY_CTRL('D'), LK_KEY_CTRL('K'), LK_KEY_CTRL('R') };

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (keys[i] == k)
			return true;
	}
	return k >= 'a' && k <= 'z';
}

static size_t word_end(const char *s, size_t at)
{
	while (s[at] && s[at] != ' ' && s[at] != '\t')
		at++;
	return at;
}

static size_t skip_blanks(const char *s, size_t at)
{
	while (s[at] == ' ' || s[at] == '\t')
		at++;
	return at;
}

int lk_keymap_bind(struct lk_keymap *m, const char *text, struct lk_err *err)
{
	size_t key_at = skip_blanks(text, 0), key_end = word_end(text, key_at);
	size_t name_at = skip_blanks(text, key_end), name_end = word_end(text, name_at);
	const struct lk_command *cmd = lk_command_find(m->commands, text + name_at, name_end - name_at);
	bool none = name_end - name_at == 4 && memcmp(text + name_at, "none", 4) == 0;
	lk_press key;

	if (text[skip_blanks(text, name_end)])
		return lk_err_set(err, -EINVAL, "bind takes a key and a command, as in \"F11 signal\", not \"%s\"",
				  text);
	if (lk_press_from_name(text + key_at, key_end - key_at, &key) < 0)
		return lk_err_set(err, -EINVAL, "\"%.*s\" is no key: write F1 to F12, Ctrl-A, PgUp, or one character",
				  (int)(key_end - key_at), text + key_at);
	if (!cmd && !none)
		return lk_err_set(err, -EINVAL, "\"%.*s\" is no command of the screen: see KEYS in the manual page",
				  (int)(name_end - name_at), text + name_at);
	if (cmd && (cmd->flags & LK_COMMAND_CHANGES) && is_careless(key))
		return lk_err_set(err, -EINVAL, "%s can change the system and is not put on the key %.*s", cmd->name,
				  (int)(key_end - key_at), text + key_at);
	*lk_vec_push(&m->own) = (struct lk_binding){ key, cmd };
	return 0;
}

const struct lk_command *lk_keymap_find(const struct lk_keymap *m, enum lk_keymap_context context, lk_press key)
{
	for (size_t i = m->own.n; context == LK_KEYS_VIEW && i > 0; i--) {
		if (m->own.v[i - 1].key == key)
			return m->own.v[i - 1].command;
	}
	for (size_t i = 0; i < N_ROWS; i++) {
		if (table[i].context == context && table[i].key == key)
			return lk_command_find(m->commands, table[i].command, strlen(table[i].command));
	}
	return NULL;
}

static size_t add_key(const struct lk_keymap *m, const struct lk_command *cmd, lk_press key, lk_press *ret, size_t max,
		      size_t n)
{
	for (size_t i = 0; i < n && i < max; i++) {
		if (ret[i] == key)
			return n;
	}
	/* The configuration file may have given the key another meaning. */
	if (lk_keymap_find(m, LK_KEYS_VIEW, key) != cmd)
		return n;
	if (n < max)
		ret[n] = key;
	return n + 1;
}

size_t lk_keymap_keys(const struct lk_keymap *m, const struct lk_command *cmd, lk_press *ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < N_ROWS; i++) {
		if (table[i].context == LK_KEYS_VIEW && strcmp(table[i].command, cmd->name) == 0)
			n = add_key(m, cmd, table[i].key, ret, max, n);
	}
	for (size_t i = 0; i < m->own.n; i++) {
		if (m->own.v[i].command == cmd)
			n = add_key(m, cmd, m->own.v[i].key, ret, max, n);
	}
	return n;
}

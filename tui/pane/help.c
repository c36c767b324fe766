/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help for the current view: made from the tables of commands, keys and columns, so that it cannot lag behind them. */
#include <string.h>

#include "tui/core/app.h"

#define KEYS_CELLS 16
#define MOST_KEYS 8 /* of one command */

static const struct {
	const char *glyph, *text;
} glyphs[] = {
	{ "H", "held" },
	{ "B", "held, and somebody waits for it" },
	{ "W", "waits" },
	{ "C", "part of a deadlock: it waits in a circle that cannot end by itself" },
	{ "x", "gone; the row stays for three looks, and nothing acts on it" },
	{ "?", "held, but by whom is not visible from here" },
	{ ">", "the selected row" },
	{ "*", "tagged: signals go to all that are tagged" },
	{ "12m+", "at least so long: the kernel keeps no time, so it counts from the first look" },
	{ "<37m", "less than that: its process began then" },
	{ "-", "not known yet for how long" },
	{ ".../name", "the path is cut on its left; the file name is always whole where it fits" },
	{ "\\x1b", "a byte that cannot be shown; a backslash itself is written \\\\" },
};

static const struct {
	const char *glyph, *text;
} map_glyphs[] = {
	{ "R W", "read or write lock held" },
	{ "r w", "read or write lock waited for" },
	{ "#", "here a request overlaps a lock that is in its way" },
	{ ".", "free" },
	{ ":", "one column for several stretches, some of them free: + zooms in" },
	{ "//", "drawn shorter than it is" },
	{ "|", "end of the file" },
	{ "^", "where the cursor is; left and right move it, + and - zoom" },
	{ "=", "in History: holds it;  . waits for it;  > still does" },
};

static void put_view(struct lk_maker *m, const struct lk_view_ops *ops)
{
	lk_maker_note(m, "%s view. %s", ops->title, ops->help ? ops->help : "");
}

/* Appends the keys of a command: "F9 K". */
static void add_keys(const struct lk_tui *t, const struct lk_command *cmd, lk_buf *out)
{
	lk_press keys[MOST_KEYS];
	size_t n = lk_keymap_keys(&t->keymap, cmd, keys, MOST_KEYS);
	char name[LK_KEY_NAME];

	if (!n)
		lk_buf_puts(out, cmd->group == LK_GROUP_ACT ? "(F8 a)" : "(no key)");
	for (size_t i = 0; i < n && i < MOST_KEYS; i++)
		lk_buf_printf(out, "%s%s", i ? " " : "", lk_press_name(keys[i], name));
}

static void put_command(struct lk_maker *m, const struct lk_tui *t, const struct lk_command *cmd)
{
	bool possible = t->can_act || !(cmd->flags & LK_COMMAND_CHANGES);
	lk_buf keys = { 0 };

	add_keys(t, cmd, &keys);
	lk_maker_line(m, lk_buf_str(&keys));
	lk_maker_put(m, "%s", cmd->help);
	if (!possible)
		lk_maker_put(m, " (not here: %s)", t->cannot_act ? t->cannot_act : "nothing can be changed");
	/* Ends the line now: its label is freed below. */
	lk_maker_line(m, NULL);
	lk_vec_done(&keys);
}

static void put_commands(struct lk_maker *m, const struct lk_tui *t)
{
	for (int g = 0; g < LK_GROUPS; g++) {
		lk_maker_title(m, lk_command_group_title((enum lk_command_group)g));
		for (const struct lk_command *cmd = t->keymap.commands; cmd->name; cmd++) {
			if ((int)cmd->group == g)
				put_command(m, t, cmd);
		}
	}
	lk_maker_title(m, "In panes of text like this one");
	lk_maker_line(m, "arrows, PgDn");
	lk_maker_put(m, "move, as in the views");
	lk_maker_line(m, "/  n  N");
	lk_maker_put(m, "find, the next, the one before");
	lk_maker_line(m, "Esc q Backspace");
	lk_maker_put(m, "close");
}

static void put_columns(struct lk_maker *m, const struct lk_tui *t, const struct lk_view *v)
{
	size_t order[LK_COLUMNS_MAX], n = lk_table_order(t, v, order);

	lk_maker_title(m, "Columns");
	for (size_t i = 0; i < n; i++) {
		const struct lk_column *col = &v->ops->list.columns[order[i]];

		lk_maker_line(m, col->name);
		lk_maker_put(m, "%s", col->help);
	}
}

static void put_glyphs(struct lk_maker *m)
{
	lk_maker_title(m, "Signs");
	for (size_t i = 0; i < sizeof(glyphs) / sizeof(*glyphs); i++) {
		lk_maker_line(m, glyphs[i].glyph);
		lk_maker_put(m, "%s", glyphs[i].text);
	}
	lk_maker_title(m, "Signs of the map, and of History");
	for (size_t i = 0; i < sizeof(map_glyphs) / sizeof(*map_glyphs); i++) {
		lk_maker_line(m, map_glyphs[i].glyph);
		lk_maker_put(m, "%s", map_glyphs[i].text);
	}
}

static void put_caveats(struct lk_maker *m)
{
	lk_maker_title(m, "What is not seen");
	lk_maker_note(
		m, "%s",
		"Only requests that block (F_SETLKW, flock without LOCK_NB) are in the kernel's list of those who "
		"wait. Programs that try, sleep and try again, SQLite's busy handler among them, never are: "
		"\"Waiting 0\" does not mean that nobody is being held up.");
	lk_maker_note(m, "%s", "A lock that comes and goes between two looks is not seen at all.");
	lk_maker_title(m, "Mouse");
	lk_maker_note(
		m, "%s",
		"Click on a row, a tab, a heading or a key of the bar; the wheel scrolls, a double click is Enter. "
		"To select text for the clipboard hold Shift while dragging, or start with --no-mouse.");
}

static bool fill(struct lk_tui *t, void *arg, struct lk_text *ret)
{
	const struct lk_view_ops *ops = lk_tui_view(t)->ops;
	struct lk_maker m = { .text = ret, .cells = KEYS_CELLS };

	(void)arg;
	put_view(&m, ops);
	put_commands(&m, t);
	put_columns(&m, t, lk_tui_view(t));
	put_glyphs(&m);
	put_caveats(&m);
	lk_maker_done(&m);
	/* The text is our own: a backslash is shown as it is. */
	for (size_t i = 0; i < ret->lines.n; i++) {
		ret->lines.v[i].exact = true;
		ret->lines.v[i].label = ret->lines.v[i].label < 1 ? 1 : ret->lines.v[i].label;
	}
	return true;
}

unsigned lk_do_help(struct lk_tui *t)
{
	struct lk_pane *top = lk_pane_top(t);

	/* No second Help on top of Help. */
	if (top && top->title && strcmp(top->title, "Help") == 0)
		return LK_DIRTY_NONE;
	return lk_text_open(t, "Help", fill, NULL);
}

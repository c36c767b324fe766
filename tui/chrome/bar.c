/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key bar, made from the tables of keys and commands. */
#include <stdio.h>
#include <string.h>

#include "base/sanitize.h"
#include "tui/chrome/paint.h"

#define N_F 10
#define N_OWN 12 /* keys that a view may choose for its bar */

/* The order in which F-keys get a place where there is no room for all: Help, Quit, then Signal, the main purpose. */
static const int narrow_order[N_F] = { 1, 10, 9, 3, 4, 8, 6, 7, 5, 2 };
/* Further keys that are named where there is room. */
static const lk_press further[] = { LK_KEY_ENTER, 'X', 'D', 'b', 'Z', 'y', 'w', 'P' };
#define N_FURTHER (sizeof(further) / sizeof(*further))

static bool is_letter_key(lk_press k)
{
	return k > ' ' && k < 0x7f;
}

/* The first printable key of the command, to be named instead of its F-key; 0: there is none. */
static lk_press alias_of(const struct lk_tui *t, const struct lk_command *cmd)
{
	lk_press keys[8];
	size_t n = lk_keymap_keys(&t->keymap, cmd, keys, sizeof(keys) / sizeof(*keys));

	for (size_t i = 0; i < n && i < sizeof(keys) / sizeof(*keys); i++) {
		if (is_letter_key(keys[i]))
			return keys[i];
	}
	return 0;
}

static bool make_spot(const struct lk_tui *t, lk_press k, bool as_letter, struct lk_bar_spot *ret)
{
	const struct lk_command *cmd = lk_keymap_find(&t->keymap, LK_KEYS_VIEW, k);
	char name[LK_KEY_NAME];

	if (!cmd)
		return false;
	if (as_letter && alias_of(t, cmd))
		k = alias_of(t, cmd);
	*ret = (struct lk_bar_spot){ .command = cmd, .label = lk_view_label(lk_tui_view(t), cmd) };
	snprintf(ret->key, sizeof(ret->key), "%s", lk_press_name(k, name));
	ret->blank = !*ret->label;
	/* A blank spot keeps the width of its label, so that the other keys do not move. */
	ret->w = (int)(strlen(ret->key) + strlen(*ret->label ? ret->label : cmd->label));
	return true;
}

static int total(const struct lk_bar_spot *spots, const bool *wanted, size_t n)
{
	int cells = 0;

	for (size_t i = 0; i < n; i++)
		cells += wanted[i] ? spots[i].w + (cells ? 1 : 0) : 0;
	return cells;
}

static size_t place(const struct lk_bar_spot *spots, const bool *wanted, size_t n, struct lk_bar_spot *ret)
{
	size_t n_ret = 0;
	int x = 0;

	for (size_t i = 0; i < n; i++) {
		if (!wanted[i])
			continue;
		ret[n_ret] = spots[i];
		ret[n_ret++].x = x;
		x += spots[i].w + 1;
	}
	return n_ret;
}

/* For narrow screens: as many F-keys as fit, from F1 to F10, each named by a letter where it has one. */
static size_t make_narrow(const struct lk_tui *t, int w, struct lk_bar_spot *ret)
{
	struct lk_bar_spot spots[N_F] = { 0 };
	bool wanted[N_F] = { 0 };

	for (size_t i = 0; i < N_F; i++) {
		int f = narrow_order[i] - 1;

		wanted[f] = make_spot(t, (lk_press)(LK_KEY_F1 + f), true, &spots[f]);
		if (total(spots, wanted, N_F) > w)
			wanted[f] = false;
	}
	return place(spots, wanted, N_F, ret);
}

/* The keys that are always named: the view's own choice, else the F-keys. Returns how many. */
static size_t make_base(const struct lk_tui *t, struct lk_bar_spot *spots, bool *wanted)
{
	const lk_press *own = lk_tui_view(t)->ops->bar;
	size_t n = 0;

	for (; n < (own ? N_OWN : N_F) && (!own || own[n]); n++)
		wanted[n] = make_spot(t, own ? own[n] : (lk_press)(LK_KEY_F1 + n), false, &spots[n]);
	return n;
}

static bool is_named(const struct lk_bar_spot *spots, const bool *wanted, size_t n, const struct lk_command *cmd)
{
	for (size_t i = 0; i < n; i++) {
		if (wanted[i] && spots[i].command == cmd)
			return true;
	}
	return false;
}

size_t lk_bar_make(const struct lk_tui *t, int w, struct lk_bar_spot ret[LK_BAR_SPOTS])
{
	struct lk_bar_spot spots[N_OWN + N_FURTHER] = { 0 };
	bool wanted[N_OWN + N_FURTHER] = { 0 };
	size_t n = make_base(t, spots, wanted);

	if (total(spots, wanted, n) > w)
		return make_narrow(t, w, ret);
	for (size_t i = 0; i < N_FURTHER; i++, n++) {
		wanted[n] = make_spot(t, further[i], false, &spots[n]) && !is_named(spots, wanted, n, spots[n].command);
		if (total(spots, wanted, n + 1) > w)
			wanted[n] = false;
	}
	return place(spots, wanted, n, ret);
}

static void paint_spot(const struct lk_tui *t, const struct lk_bar_spot *s, struct lk_canvas *c, struct lk_rect r)
{
	enum lk_style style = lk_command_refusal(t, s->command) ? LK_STYLE_OFF : LK_STYLE_KEY_NAME;
	int x = r.x + s->x;

	x += lk_canvas_put(c, x, r.y, r.x + r.w - x, LK_STYLE_KEY, s->key);
	if (!s->blank)
		lk_canvas_put(c, x, r.y, r.x + r.w - x, style, s->label);
}

/* For a pane that has a context of its own (panes of text): the keys of that context. */
static void paint_context(const struct lk_tui *t, enum lk_keymap_context context, struct lk_canvas *c, struct lk_rect r)
{
	size_t n;
	const struct lk_keymap_row *rows = lk_keymap_table(&n);
	const char *last = "";
	int x = r.x;

	for (size_t i = 0; i < n; i++) {
		const struct lk_command *cmd = lk_keymap_find(&t->keymap, context, rows[i].key);
		char buf[LK_KEY_NAME];
		const char *key;

		/* Each command once, by its first key. */
		if (rows[i].context != context || !cmd || strcmp(rows[i].command, last) == 0)
			continue;
		last = rows[i].command;
		key = lk_press_name(rows[i].key, buf);
		if (x + (int)(strlen(key) + strlen(cmd->label)) > r.x + r.w)
			return;
		x += lk_canvas_put(c, x, r.y, r.x + r.w - x, LK_STYLE_KEY, key);
		x += lk_canvas_put(c, x, r.y, r.x + r.w - x, LK_STYLE_KEY_NAME, cmd->label) + 1;
	}
}

void lk_bar_paint(const struct lk_tui *t, struct lk_canvas *c, struct lk_rect r)
{
	const struct lk_pane *top = lk_pane_top(t);
	const char *keys = !top ? NULL : top->keys ? top->keys : top->ops->keys;
	struct lk_bar_spot spots[LK_BAR_SPOTS];
	size_t n;

	if (keys) {
		lk_canvas_put(c, r.x, r.y, r.w, LK_STYLE_KEY_NAME, keys);
		return;
	}
	if (top && top->ops->context != LK_KEYS_VIEW) {
		paint_context(t, top->ops->context, c, r);
		return;
	}
	n = lk_bar_make(t, r.w, spots);
	for (size_t i = 0; i < n; i++)
		paint_spot(t, &spots[i], c, r);
}

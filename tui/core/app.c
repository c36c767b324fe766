/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes and frees the state of the screen, and takes what comes in: keys, mouse events, frames. */
#include "tui/core/app.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/debug.h"
#include "base/sanitize.h"
#include "tui/chrome/paint.h"
#include "tui/frame/watch_target.h"

static const struct lk_view_ops *const all_views[LK_VIEWS] = { &lk_view_locks,    &lk_view_files, &lk_view_procs,
							       &lk_view_waits,    &lk_view_map,   &lk_view_history,
							       &lk_view_lockfiles };

/* ---- life ---- */

static void make_view(struct lk_tui *t, enum lk_view_id id)
{
	struct lk_view *v = &t->views[id];

	v->ops = all_views[id];
	v->tui = t;
	lk_list_init(&v->list, &v->ops->list, v);
	v->list.sort_column = v->ops->sort_column;
	v->list.tree = v->ops->tree;
	if (v->ops->sort_column != SIZE_MAX)
		v->list.descending = v->ops->list.columns[v->ops->sort_column].flags & LK_COL_DESCENDING;
	if (v->ops->init)
		v->ops->init(v);
}

/* A wrong `bind` is reported in the message line; the others take effect. */
static void apply_binds(struct lk_tui *t)
{
	for (size_t i = 0; i < t->set.binds.n; i++) {
		struct lk_err err = { 0 };

		if (lk_keymap_bind(&t->keymap, t->set.binds.v[i], &err) < 0)
			lk_tui_say(t, LK_STYLE_ALARM, "%s.", lk_err_text(&err));
		lk_err_done(&err);
	}
}

/* The setting is an expression, which the prompt marks by an equals sign. It was checked when it was set (cli/settings.h), as was the
 * order. */
static void apply_filter(struct lk_tui *t)
{
	const char *text = t->set.filter;
	lk_auto_mem char *marked = text ? lk_printf("%s%s", *text == '=' ? "" : "=", text) : NULL;

	if (marked)
		lk_list_set_filter(&t->views[LK_VIEW_LOCKS].list, marked, NULL);
}

static void apply_sort(struct lk_tui *t)
{
	struct lk_view *v = &t->views[LK_VIEW_LOCKS];
	const char *name = t->set.sort;
	bool descending = name && *name == '-';
	const struct lk_column *columns = v->ops->list.columns, *col;

	col = name ? lk_column_named(columns, name + descending, strlen(name + descending)) : NULL;
	if (!col)
		return;
	v->list.sort_column = (size_t)(col - columns);
	v->list.descending = descending;
}

struct lk_tui *lk_tui_new(const struct lk_tui_host *host, struct lk_settings *set)
{
	struct lk_tui *t = lk_alloc(1, sizeof(*t));

	t->host = *host;
	t->keymap.commands = lk_command_table;
	t->set = *set;
	t->utf8 = lk_sanitize_locale_is_utf8();
	t->can_act = !t->set.readonly;
	t->cannot_act = t->set.readonly ? "read-only mode" : NULL;
	t->show_header = t->set.header == LK_HEADER_FULL;
	t->w = 80, t->h = 24;
	for (size_t i = 0; i < LK_VIEWS; i++)
		make_view(t, (enum lk_view_id)i);
	if (t->set.start_view < LK_VIEWS)
		t->current = (enum lk_view_id)t->set.start_view;
	apply_binds(t);
	apply_sort(t);
	apply_filter(t);
	return t;
}

void lk_tui_free(struct lk_tui *t)
{
	if (!t)
		return;
	while (t->panes.n)
		lk_pane_pop(t);
	lk_vec_done(&t->panes);
	for (size_t i = 0; i < LK_VIEWS; i++) {
		lk_list_done(&t->views[i].list);
		if (t->views[i].ops->done)
			t->views[i].ops->done(&t->views[i]);
	}
	lk_frame_drop(t->frame);
	lk_frame_drop(t->failed);
	lk_frame_drop(t->waiting_frame);
	lk_found_drop(t->found);
	lk_history_done(&t->history);
	lk_watch_targets_free(t);
	lk_keymap_done(&t->keymap);
	lk_settings_done(&t->set);
	free(t->message);
	free(t);
}

/* ---- frames ---- */

/* Moves the events to the history. The frame may still be changed, because nobody else has it yet. */
static void take_events(struct lk_tui *t, struct lk_frame *f)
{
	for (size_t i = 0; i < f->n_events; i++)
		lk_history_add(&t->history, &f->events[i]);
	free(f->events);
	f->events = NULL;
	f->n_events = 0;
	if (!t->history.since_wall_ms)
		t->history.since_wall_ms = f->wall_ms;
}

unsigned lk_tui_frame(struct lk_tui *t, struct lk_frame *f)
{
	bool show = !t->paused || t->show_next || !t->frame;

	t->looking = false;
	lk_debug(LK_DEBUG_TUI, "look %llu: %s, %.1f ms, %zu rows, %zu events", (unsigned long long)f->number,
		 f->snap ? "taken" : lk_err_text(&f->failure), f->scan_ms, f->snap ? f->snap->n_locks : 0, f->n_events);
	lk_frame_drop(t->failed);
	t->failed = NULL;
	if (!f->snap) {
		t->failed = f;
		return LK_DIRTY_PAINT;
	}
	take_events(t, f);
	f->found = lk_found_hold(t->found);
	lk_watch_target_frame(t, f);
	lk_frame_drop(t->waiting_frame);
	t->waiting_frame = NULL;
	t->show_next = false;
	if (show)
		return lk_tui_show_frame(t, f);
	t->waiting_frame = f;
	return LK_DIRTY_PAINT;
}

unsigned lk_tui_tick(struct lk_tui *t)
{
	if (t->message && t->now_ms >= t->message_until_ms)
		lk_tui_unsay(t);
	return LK_DIRTY_PAINT;
}

/* ---- keys ---- */

static unsigned key_of_context(struct lk_tui *t, enum lk_keymap_context context, lk_press k)
{
	const struct lk_command *cmd = lk_keymap_find(&t->keymap, context, k);

	return cmd ? lk_command_invoke(t, cmd) : LK_DIRTY_NONE;
}

static unsigned key_in_pane(struct lk_tui *t, struct lk_pane *p, lk_press k)
{
	unsigned dirty = p->ops->key ? p->ops->key(p, t, k) : LK_DIRTY_NOT_MINE;

	if (!(dirty & LK_DIRTY_NOT_MINE))
		return dirty;
	if (p->ops->context != LK_KEYS_NONE)
		return key_of_context(t, p->ops->context, k);
	/* These keys work in prompts, menus and dialogs, too: leave, quit, suspend, redraw. */
	if (k == LK_KEY_ESC)
		return lk_pane_pop(t);
	if (k == LK_KEY_CTRL('C') || k == LK_KEY_F10)
		return lk_do_quit(t);
	if (k == LK_KEY_CTRL('Z'))
		return lk_do_suspend(t);
	return k == LK_KEY_CTRL('L') ? LK_DIRTY_REDRAW | LK_DIRTY_PAINT : LK_DIRTY_NONE;
}

unsigned lk_tui_key(struct lk_tui *t, lk_press k)
{
	struct lk_pane *top = lk_pane_top(t);
	unsigned dirty = t->message ? LK_DIRTY_PAINT : LK_DIRTY_NONE;
	bool asked = t->asked_to_quit;

	lk_tui_unsay(t);
	dirty |= top ? key_in_pane(t, top, k) : key_of_context(t, LK_KEYS_VIEW, k);
	/* Only the very next key confirms it. */
	t->asked_to_quit = t->asked_to_quit && !asked;
	return lk_tui_settle(t, dirty);
}

/* Where nothing takes text, its letters would be commands. */
unsigned lk_tui_paste(struct lk_tui *t, const char *text)
{
	struct lk_pane *top = lk_pane_top(t);

	lk_tui_unsay(t);
	if (top && top->ops->paste && *text)
		return lk_tui_settle(t, top->ops->paste(top, t, text) | LK_DIRTY_PAINT);
	if (top && top->ops->paste)
		return lk_tui_say(t, LK_STYLE_ALARM,
				  "What was pasted was dropped: it was empty, too long or not whole.");
	return lk_tui_say(t, LK_STYLE_ALARM, LK_PASTE_DROPPED);
}

unsigned lk_tui_mouse(struct lk_tui *t, const struct lk_mouse *m)
{
	lk_tui_unsay(t);
	return lk_tui_settle(t, lk_paint_click(t, m));
}

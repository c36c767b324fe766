/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events to state: keys to commands, frames to rows. */
#include "tui/core/app.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/debug.h"
#include "base/sanitize.h"
#include "tui/chrome/paint.h"
#include "tui/frame/watch_target.h"

#define MESSAGE_MS 8000

static const struct lk_view_ops *const all_views[LK_VIEWS] = { &lk_view_locks, &lk_view_files, &lk_view_procs,
							       &lk_view_waits, &lk_view_map,   &lk_view_history };

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

/* What the settings say wrongly is told, and the rest counts. */
static void apply_binds(struct lk_tui *t)
{
	for (size_t i = 0; i < t->set.binds.n; i++) {
		struct lk_err err = { 0 };

		if (lk_keymap_bind(&t->keymap, t->set.binds.v[i], &err) < 0)
			lk_tui_say(t, LK_STYLE_ALARM, "%s.", lk_err_text(&err));
		lk_err_done(&err);
	}
}

static void apply_filter(struct lk_tui *t)
{
	struct lk_err err = { 0 };

	if (t->set.filter && lk_list_set_filter(&t->views[LK_VIEW_LOCKS].list, t->set.filter, &err) < 0)
		lk_tui_say(t, LK_STYLE_ALARM, "The filter is not used: %s", lk_err_text(&err));
	lk_err_done(&err);
}

static void apply_sort(struct lk_tui *t)
{
	struct lk_view *v = &t->views[LK_VIEW_LOCKS];
	const char *name = t->set.sort;
	bool descending = name && *name == '-';
	const struct lk_column *columns = v->ops->list.columns, *col;

	if (!name)
		return;
	col = lk_column_named(columns, name + descending, strlen(name + descending));
	if (col) {
		v->list.sort_column = (size_t)(col - columns);
		v->list.descending = descending;
		return;
	}
	lk_tui_say(t, LK_STYLE_ALARM, "The Locks view has no column %s to order by.", name);
}

struct lk_tui *lk_tui_new(const struct lk_tui_host *host, struct lk_settings *set)
{
	struct lk_tui *t = lk_alloc(1, sizeof(*t));

	t->host = *host;
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
	lk_history_done(&t->history);
	lk_watch_targets_free(t);
	lk_keymap_done(&t->keymap);
	lk_settings_done(&t->set);
	free(t->message);
	free(t);
}

struct lk_view *lk_tui_view(const struct lk_tui *t)
{
	return (struct lk_view *)&t->views[t->current];
}

/* ---- words ---- */

unsigned lk_tui_say(struct lk_tui *t, enum lk_style style, const char *fmt, ...)
{
	char *before = t->message;
	va_list ap;

	va_start(ap, fmt);
	t->message = lk_vprintf(fmt, ap);
	va_end(ap);
	free(before);
	t->message_style = style;
	t->message_until_ms = t->now_ms + MESSAGE_MS;
	return LK_DIRTY_PAINT;
}

static void unsay(struct lk_tui *t)
{
	free(t->message);
	t->message = NULL;
}

void lk_tui_note(struct lk_tui *t, const char *static_word, int pid, const char *comm, const char *text)
{
	struct lk_history_entry e;

	lk_history_entry_own(&e, static_word, t->wall_ms, pid, comm, text);
	lk_history_add(&t->history, &e);
}

/* ---- rows ---- */

static unsigned refill(struct lk_tui *t)
{
	struct lk_view *v = lk_tui_view(t);

	if (t->frame)
		lk_list_refresh(&v->list, t->frame);
	return LK_DIRTY_PAINT;
}

/* Does what a command made necessary. */
static unsigned settle(struct lk_tui *t, unsigned dirty)
{
	if (dirty & LK_DIRTY_ROWS)
		dirty |= refill(t);
	else if (dirty & LK_DIRTY_ORDER)
		lk_list_arrange(&lk_tui_view(t)->list);
	if (dirty & (LK_DIRTY_ORDER | LK_DIRTY_ROWS)) {
		lk_list_reselect(&lk_tui_view(t)->list);
		dirty |= LK_DIRTY_PAINT;
	}
	if ((dirty & LK_DIRTY_SCAN) && t->host.look)
		t->host.look(t->host.arg);
	return dirty & ~(unsigned)(LK_DIRTY_ROWS | LK_DIRTY_ORDER | LK_DIRTY_NOT_MINE);
}

void lk_tui_subject(const struct lk_tui *t, struct lk_subject *ret)
{
	const struct lk_view *v = lk_tui_view(t);
	const struct lk_item *it = lk_list_selected(&v->list);

	*ret = (struct lk_subject){ 0 };
	if (!it)
		return;
	v->ops->subject(t, it, ret);
	ret->id = it->id;
	ret->ghost = it->flags & LK_ITEM_GHOST;
	ret->gone_ms = it->gone_ms;
}

struct lk_subject *lk_tui_subjects(const struct lk_tui *t, size_t *ret_n)
{
	const struct lk_view *v = lk_tui_view(t);
	const struct lk_list *l = &v->list;
	struct lk_subject *s = lk_alloc(l->tags.n + 1, sizeof(*s));
	size_t n = 0;

	for (size_t i = 0; i < l->tags.n; i++) {
		const struct lk_item *it = lk_list_find_id(l, l->tags.v[i]);

		if (!it || (it->flags & (LK_ITEM_GHOST | LK_ITEM_FIXED)))
			continue;
		v->ops->subject(t, it, &s[n]);
		s[n].id = it->id;
		n += s[n].frame != NULL;
	}
	if (!l->tags.n) {
		lk_tui_subject(t, &s[0]);
		n = s[0].frame != NULL;
	}
	*ret_n = n;
	return s;
}

unsigned lk_tui_switch(struct lk_tui *t, enum lk_view_id id)
{
	if (id != t->current)
		lk_list_forget(&lk_tui_view(t)->list);
	t->current = id;
	return refill(t);
}

/* ---- frames ---- */

/* The entries become the history's: nobody else has seen the frame yet. */
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

static unsigned show_frame(struct lk_tui *t, const struct lk_frame *f)
{
	unsigned dirty = LK_DIRTY_PAINT;

	lk_frame_drop(t->frame);
	t->frame = f;
	if (!f->snap->host.live) {
		t->can_act = false;
		if (!t->cannot_act)
			t->cannot_act = "this is not the live machine";
	}
	dirty |= refill(t);
	for (size_t i = t->panes.n; i > 0; i--) {
		struct lk_pane *p = t->panes.v[i - 1];

		if (p->ops->frame)
			dirty |= p->ops->frame(p, t);
	}
	return settle(t, dirty);
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
	lk_watch_target_frame(t, f);
	lk_frame_drop(t->waiting_frame);
	t->waiting_frame = NULL;
	t->show_next = false;
	if (show)
		return show_frame(t, f);
	t->waiting_frame = f;
	return LK_DIRTY_PAINT;
}

unsigned lk_tui_want_look(struct lk_tui *t)
{
	t->show_next = true;
	return settle(t, LK_DIRTY_SCAN);
}

unsigned lk_tui_tick(struct lk_tui *t)
{
	if (t->message && t->now_ms >= t->message_until_ms)
		unsay(t);
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
	/* Even a dialog can be left at once, and a torn screen mended. */
	if (k == LK_KEY_ESC)
		return lk_pane_pop(t);
	if (k == LK_KEY_CTRL('C') || k == LK_KEY_F10)
		return LK_DIRTY_QUIT;
	if (k == LK_KEY_CTRL('Z'))
		return lk_do_suspend(t);
	return k == LK_KEY_CTRL('L') ? LK_DIRTY_REDRAW | LK_DIRTY_PAINT : LK_DIRTY_NONE;
}

unsigned lk_tui_key(struct lk_tui *t, lk_press k)
{
	struct lk_pane *top = lk_pane_top(t);
	unsigned dirty = t->message ? LK_DIRTY_PAINT : LK_DIRTY_NONE;

	unsay(t);
	dirty |= top ? key_in_pane(t, top, k) : key_of_context(t, LK_KEYS_VIEW, k);
	return settle(t, dirty);
}

unsigned lk_tui_mouse(struct lk_tui *t, const struct lk_mouse *m)
{
	unsay(t);
	return settle(t, lk_paint_click(t, m));
}

/* ---- commands ---- */

unsigned lk_do_quit(struct lk_tui *t)
{
	(void)t;
	return LK_DIRTY_QUIT;
}

unsigned lk_do_close(struct lk_tui *t)
{
	return t->panes.n ? lk_pane_pop(t) : LK_DIRTY_QUIT;
}

unsigned lk_do_cancel(struct lk_tui *t)
{
	struct lk_list *l = &lk_tui_view(t)->list;

	if (t->panes.n)
		return lk_pane_pop(t);
	free(l->search);
	l->search = NULL;
	return LK_DIRTY_PAINT;
}

unsigned lk_do_suspend(struct lk_tui *t)
{
	(void)t;
	return LK_DIRTY_SUSPEND | LK_DIRTY_REDRAW | LK_DIRTY_PAINT;
}

unsigned lk_do_redraw(struct lk_tui *t)
{
	t->show_next = true;
	return LK_DIRTY_REDRAW | LK_DIRTY_SCAN | LK_DIRTY_PAINT;
}

unsigned lk_do_refresh(struct lk_tui *t)
{
	t->show_next = true;
	return LK_DIRTY_SCAN | LK_DIRTY_PAINT;
}

unsigned lk_do_pause(struct lk_tui *t)
{
	const struct lk_frame *f = t->waiting_frame;

	t->paused = !t->paused;
	if (t->paused || !f)
		return LK_DIRTY_PAINT;
	t->waiting_frame = NULL;
	return show_frame(t, f);
}

unsigned lk_do_units(struct lk_tui *t)
{
	static const char *const words[] = { "KiB, MiB, GiB", "bytes in full", "hexadecimal" };

	t->set.units = (enum lk_units)((t->set.units + 1) % 3);
	return lk_tui_say(t, LK_STYLE_WORDS, "Sizes and offsets: %s.", words[t->set.units]);
}

unsigned lk_do_header(struct lk_tui *t)
{
	t->show_header = !t->show_header;
	return LK_DIRTY_PAINT;
}

unsigned lk_do_highlight(struct lk_tui *t)
{
	struct lk_settings normal;

	lk_settings_init(&normal);
	t->set.highlight_looks = t->set.highlight_looks ? 0 : normal.highlight_looks;
	lk_settings_done(&normal);
	return lk_tui_say(t, LK_STYLE_WORDS,
			  t->set.highlight_looks ? "New rows stand out." : "New rows do not stand out.");
}

/* The map is that of the selected row's file. */
unsigned lk_do_view(struct lk_tui *t, int id)
{
	struct lk_subject s;

	lk_tui_subject(t, &s);
	if (id == LK_VIEW_MAP && t->current != LK_VIEW_MAP)
		lk_view_map_show(t, &s);
	return lk_tui_switch(t, (enum lk_view_id)id);
}

unsigned lk_do_next_view(struct lk_tui *t, int step)
{
	return lk_do_view(t, ((int)t->current + LK_VIEWS + step) % LK_VIEWS);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands, views and panes may all do with the state of the screen: say something, know what is selected, ask for a look. Nothing
 * here knows one of them by name, because all of them call this file. */
#include <stdarg.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "tui/core/app.h"

#define MESSAGE_MS 8000

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

void lk_tui_keep_message(struct lk_tui *t)
{
	t->message_until_ms = INT64_MAX;
	t->bell = true;
}

void lk_tui_unsay(struct lk_tui *t)
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

/* Later, where another message stands. */
static void say_dropped_tags(struct lk_tui *t, struct lk_list *l)
{
	size_t n = l->n_tags_dropped;

	if (!n || t->message)
		return;
	lk_tui_say(t, LK_STYLE_WORDS, "%zu tagged row%s gone; %s not tagged any more.", n, n == 1 ? " is" : "s are",
		   n == 1 ? "it is" : "they are");
	l->n_tags_dropped = 0;
}

static unsigned refill(struct lk_tui *t)
{
	struct lk_list *l = &lk_tui_view(t)->list;

	if (t->frame)
		lk_list_refresh(l, t->frame);
	say_dropped_tags(t, l);
	return LK_DIRTY_PAINT;
}

static void tend(struct lk_tui *t)
{
	struct lk_view *v = lk_tui_view(t);

	if (v->ops->tend)
		v->ops->tend(t, v);
}

unsigned lk_tui_settle(struct lk_tui *t, unsigned dirty)
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
	refill(t);
	tend(t);
	return LK_DIRTY_PAINT;
}

bool lk_tui_leave_map(struct lk_tui *t)
{
	if (t->current != LK_VIEW_MAP || !t->map_from)
		return false;
	lk_tui_switch(t, t->map_from->ops->id);
	return true;
}

/* ---- frames ---- */

unsigned lk_tui_show_frame(struct lk_tui *t, const struct lk_frame *f)
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
	tend(t);
	return lk_tui_settle(t, dirty);
}

unsigned lk_tui_want_look(struct lk_tui *t)
{
	t->show_next = true;
	return lk_tui_settle(t, LK_DIRTY_SCAN);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/table_private.h"

static const char *const nothing[LK_VIEWS] = {
	[LK_VIEW_LOCKS] = "No process holds a file lock, and none waits for one.",
	[LK_VIEW_FILES] = "No file is locked.",
	[LK_VIEW_PROCS] = "No process is known to hold a file lock or to wait for one.",
	[LK_VIEW_WAITS] = "Nobody waits for a file lock.",
	[LK_VIEW_MAP] = "No lock on this file.",
	[LK_VIEW_HISTORY] = "Nothing has happened yet.",
};

static void say_hidden(const struct lk_list *l, lk_buf *b)
{
	if (l->n_total == 1)
		lk_buf_puts(b, "The only row is");
	else
		lk_buf_printf(b, "All %zu rows are", l->n_total);
	if (l->filter_text)
		lk_buf_printf(b, " hidden by the filter \"%s\". F4 changes it; Esc there takes it away.",
			      l->filter_text);
	else if (l->user)
		lk_buf_printf(b, " hidden: only those of user %s are shown (u changes it).", l->user);
	else
		lk_buf_puts(b, " hidden: only what is blocked or blocks is shown (b shows the rest).");
}

static void say_none(const struct lk_tui *t, const struct lk_view *v, lk_buf *b)
{
	const struct lk_snapshot *s = t->frame->snap;
	bool of_history = v->ops->id == LK_VIEW_HISTORY;

	if (s->complete || of_history) {
		lk_buf_puts(b, nothing[v->ops->id]);
		return;
	}
	lk_buf_puts(b, "Nothing is seen here, but not all could be looked at");
	if (s->end.n_unreadable)
		lk_buf_printf(b, ": %zu process%s could not be inspected", s->end.n_unreadable,
			      s->end.n_unreadable == 1 ? "" : "es");
	else if (s->n_problems)
		lk_buf_printf(b, ": %s", s->problems[0].text);
	lk_buf_puts(b, ". P lists what is missing.");
}

void lk_table_say_empty(const struct lk_tui *t, const struct lk_view *v, struct lk_canvas *c, struct lk_rect r)
{
	lk_buf b = { 0 };
	int margin = r.w > 20 ? 2 : 0;

	if (r.h < 1)
		return;
	if (v->list.n_total)
		say_hidden(&v->list, &b);
	else
		say_none(t, v, &b);
	if (lk_buf_str(&b))
		lk_canvas_wrap(c, r.x + margin, r.y, r.w - 2 * margin, r.h, LK_STYLE_PLAIN, b.v);
	lk_vec_done(&b);
	c->cursor_x = r.x;
	c->cursor_y = r.y;
}

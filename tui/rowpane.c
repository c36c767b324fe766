/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pane of text about one row, found again by its identity. */
#include "tui/rowpane.h"

#include <errno.h>

#include "base/alloc.h"

struct row {
	enum lk_view_id view;
	uint64_t id;
	lk_rowpane_fill fill;
};

/* What is shown of them is the past. */
static void say_ghost(const struct lk_tui *t, const struct lk_item *it, struct lk_text *ret)
{
	int64_t ms = t->now_ms > it->gone_ms ? t->now_ms - it->gone_ms : 0;

	lk_text_add(ret, LK_STYLE_ALARM, "Gone since %lld.%lld s. This is how it was.", (long long)(ms / 1000),
		    (long long)(ms % 1000 / 100));
}

static int fill(struct lk_tui *t, void *arg, struct lk_text *ret)
{
	const struct row *row = arg;
	const struct lk_view *v = &t->views[row->view];
	const struct lk_item *it = lk_list_find_id(&v->list, row->id);
	struct lk_subject s = { 0 };

	if (!it)
		return -ENOENT;
	v->ops->subject(t, it, &s);
	s.id = it->id;
	if (!s.frame || !s.frame->snap)
		return -ENOENT;
	if (it->flags & LK_ITEM_GHOST)
		say_ghost(t, it, ret);
	return row->fill(t, &s, it, ret);
}

unsigned lk_rowpane_open(struct lk_tui *t, const char *name, const char *title, lk_rowpane_fill own_fill)
{
	struct lk_view *v = lk_tui_view(t);
	const struct lk_item *it = lk_list_selected(&v->list);
	struct row *row;

	if (!it)
		return lk_tui_say(t, LK_STYLE_DIM, "No row is selected.");
	row = lk_alloc(1, sizeof(*row));
	*row = (struct row){ v->ops->id, it->id, own_fill };
	return lk_text_open(t, name, title, fill, row);
}

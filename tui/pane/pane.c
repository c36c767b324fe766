/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stack of panes over a view. */
#include "tui/pane/pane.h"

#include "tui/core/app.h"

unsigned lk_pane_push(struct lk_tui *t, struct lk_pane *p)
{
	p->serial = ++t->next_serial;
	*lk_vec_push(&t->panes) = p;
	return LK_DIRTY_PAINT;
}

unsigned lk_pane_pop(struct lk_tui *t)
{
	struct lk_pane *p = lk_pane_top(t);

	if (!p)
		return LK_DIRTY_NONE;
	t->panes.n--;
	p->ops->free(p, t);
	return LK_DIRTY_PAINT;
}

unsigned lk_pane_close(struct lk_tui *t, struct lk_pane *p)
{
	for (size_t i = 0; i < t->panes.n; i++) {
		if (t->panes.v[i] != p)
			continue;
		while (t->panes.n > i)
			lk_pane_pop(t);
		return LK_DIRTY_PAINT;
	}
	return LK_DIRTY_NONE;
}

struct lk_pane *lk_pane_top(const struct lk_tui *t)
{
	return t->panes.n ? t->panes.v[t->panes.n - 1] : NULL;
}

struct lk_pane *lk_pane_find(const struct lk_tui *t, uint64_t serial)
{
	for (size_t i = 0; i < t->panes.n; i++) {
		if (t->panes.v[i]->serial == serial)
			return t->panes.v[i];
	}
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of the program: leaving it, looking again, which view and how things are shown. */
#include <stdlib.h>

#include "tui/core/app.h"

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
	return lk_tui_show_frame(t, f);
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

/* The Map view shows the file of the row that is selected now. */
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

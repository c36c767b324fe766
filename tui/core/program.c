/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of the program: leaving it, looking again, which view and how things are shown. */
#include <stdlib.h>

#include "tui/core/app.h"
#include "tui/frame/watch_target.h"

/* Whoever waits for a lock asks to be told; leaving would forget that. */
unsigned lk_do_quit(struct lk_tui *t)
{
	size_t n = lk_watch_targets_count(t);

	if (!n || t->asked_to_quit)
		return LK_DIRTY_QUIT;
	t->asked_to_quit = true;
	return lk_tui_say(t, LK_STYLE_ALARM, "You wait for %zu lock%s and would not be told: press it again to leave.",
			  n, n == 1 ? "" : "s");
}

unsigned lk_do_close(struct lk_tui *t)
{
	if (t->panes.n)
		return lk_pane_pop(t);
	return lk_tui_leave_map(t) ? LK_DIRTY_PAINT : lk_do_quit(t);
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

/* The file of the row that is selected now; else the one that was shown before, else the one that was contended last. A row about several
 * files: the user chooses if asked, or else gets the most contended one. */
static unsigned open_map(struct lk_tui *t, bool ask)
{
	struct lk_subject s;
	lk_map_files files = { 0 };
	unsigned dirty = LK_DIRTY_NOT_MINE;

	t->map_from = lk_tui_view(t);
	lk_tui_subject(t, &s);
	lk_view_map_files(t, &s, &files);
	if (files.n > 1 && ask)
		dirty = lk_menu_of_files(t, &files);
	else if (files.n)
		s.file = files.v[0];
	lk_vec_done(&files);
	if (!(dirty & LK_DIRTY_NOT_MINE))
		return dirty;
	lk_view_map_show(t, &s);
	return lk_tui_switch(t, LK_VIEW_MAP);
}

unsigned lk_do_view(struct lk_tui *t, int id)
{
	if (id == LK_VIEW_MAP && t->current != LK_VIEW_MAP)
		return open_map(t, true);
	return lk_tui_switch(t, (enum lk_view_id)id);
}

unsigned lk_do_next_view(struct lk_tui *t, int step)
{
	int id = ((int)t->current + LK_VIEWS + step) % LK_VIEWS;

	return id == LK_VIEW_MAP ? open_map(t, false) : lk_do_view(t, id);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where things are on the screen, at every size; and clicks on them. */
#include <criterion/criterion.h>

#include "tui/chrome/paint.h"
#include "tui_world.h"

static void want_look(void *arg)
{
	(void)arg;
}

Test(tui_layout, below_the_smallest_size_nothing_is_there)
{
	struct lk_tui *t = world_new(NULL);

	cr_assert(lk_layout_make(t, 19, 24).too_small);
	cr_assert(lk_layout_make(t, 80, 2).too_small);
	cr_assert_not(lk_layout_make(t, 20, 3).too_small);
	lk_tui_free(t);
}

/* Lines from the top to the bottom, each cell of the screen in one of them. */
Test(tui_layout, every_line_belongs_to_one_part)
{
	struct lk_tui *t = world_new(NULL);

	for (int w = 20; w <= 200; w++) {
		for (int h = 3; h <= 60; h++) {
			struct lk_layout l = lk_layout_make(t, w, h);
			const struct lk_rect *parts[] = { &l.header, &l.meters,  &l.tabs, &l.heading_and_rows,
							  &l.words,  &l.message, &l.bar };
			int y = 0;

			for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
				if (parts[i]->h)
					cr_assert_eq(parts[i]->y, y, "%dx%d: part %zu", w, h, i);
				y += parts[i]->h;
			}
			cr_assert_eq(y, h);
			cr_assert_geq(l.heading_and_rows.h - lk_layout_has_heading(h), 1, "%dx%d", w, h);
			if (l.detail.h)
				cr_assert_eq(l.detail.x + l.detail.w, w);
		}
	}
	lk_tui_free(t);
}

Test(tui_layout, the_header_goes_before_the_list)
{
	struct lk_tui *t = world_new(NULL);

	for (int h = 3; h <= 60; h++) {
		struct lk_layout l = lk_layout_make(t, 80, h);

		/* What is there says what else must be. */
		cr_assert(!l.meters.h || l.header.h);
		cr_assert(!l.header.h || !lk_layout_is_short(80, h));
		cr_assert(!l.header.h || l.message.h);
		cr_assert(!l.message.h || l.words.h);
		cr_assert(!l.words.h || lk_layout_has_heading(h));
		cr_assert(!lk_layout_has_heading(h) || l.bar.h);
	}
	t->show_header = false;
	cr_assert_eq(lk_layout_make(t, 80, 24).header.h, 0);
	cr_assert_eq(lk_layout_make(t, 80, 24).meters.h, 0);
	lk_tui_free(t);
}

Test(tui_layout, the_detail_stands_beside_the_list_where_there_is_room)
{
	struct lk_tui *t = world_new(NULL);

	cr_assert_eq(lk_layout_make(t, 119, 40).detail.w, 0);
	cr_assert_geq(lk_layout_make(t, 120, 40).detail.w, 40);
	cr_assert_geq(lk_layout_make(t, 120, 40).heading_and_rows.w, 70);
	t->hide_detail = true;
	cr_assert_eq(lk_layout_make(t, 120, 40).detail.w, 0);
	cr_assert_eq(lk_layout_make(t, 120, 40).heading_and_rows.w, 120);
	t->hide_detail = false;
	t->current = LK_VIEW_MAP;
	cr_assert_eq(lk_layout_make(t, 120, 40).detail.w, 0);
	lk_tui_free(t);
}

Test(tui_layout, painting_survives_every_size_in_every_view)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_canvas c = { 0 };

	for (int shown = 0; shown < 2; shown++) {
		for (int view = 0; view < LK_VIEWS; view++) {
			lk_tui_switch(t, (enum lk_view_id)view);
			for (int h = 1; h <= 26; h++) {
				for (int w = 1; w <= 130; w += w < 40 ? 1 : 9) {
					world_paint(t, &c, w, h);
					cr_assert_lt(c.cursor_x, w);
					cr_assert_lt(c.cursor_y, h);
				}
			}
		}
		if (!shown)
			world_show(t, world_of(30));
	}
	lk_canvas_done(&c);
	lk_tui_free(t);
}

Test(tui_layout, the_selected_row_is_seen_and_has_the_cursor_at_every_size)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_canvas c = { 0 };

	world_show(t, world_of(40));
	lk_list_select(&lk_tui_view(t)->list, 25);
	for (int h = 60; h >= 3; h--) {
		for (int w = 140; w >= 20; w -= 3) {
			char *line;

			world_paint(t, &c, w, h);
			cr_assert_eq(c.cursor_x, 0);
			line = world_line(&c, c.cursor_y);
			cr_assert_eq(line[0], '>', "%dx%d: \"%s\"", w, h, line);
			cr_assert(strstr(line, "1022"), "%dx%d: \"%s\"", w, h, line);
			free(line);
		}
	}
	lk_canvas_done(&c);
	lk_tui_free(t);
}

Test(tui_layout, before_the_first_look_and_below_the_smallest_size_a_sentence)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_canvas c = { 0 };

	world_paint(t, &c, 80, 24);
	cr_assert(world_says(&c, "Looking at this machine ..."));
	world_paint(t, &c, 60, 2);
	cr_assert(world_says(&c, "lockscope: 60x2 too small (q quits)"));
	lk_canvas_done(&c);
	lk_tui_free(t);
}

Test(tui_layout, a_filter_and_what_it_hides_are_always_seen)
{
	static const int sizes[][2] = { { 120, 40 }, { 80, 24 }, { 60, 15 }, { 60, 10 }, { 40, 10 } };
	struct lk_tui *t = world_new(NULL);
	struct lk_canvas c = { 0 };
	struct lk_err err = { 0 };

	world_show(t, world_of(9));
	cr_assert_eq(lk_list_set_filter(&lk_tui_view(t)->list, "100", &err), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		world_paint(t, &c, sizes[i][0], sizes[i][1]);
		cr_assert(world_says(&c, "filter: 100"), "%dx%d", sizes[i][0], sizes[i][1]);
		cr_assert(world_says(&c, "9/12"), "%dx%d", sizes[i][0], sizes[i][1]);
	}
	world_paint(t, &c, 80, 24);
	cr_assert(world_says(&c, "2 waiting (2 hidden by filter)"));
	cr_assert_eq(lk_list_set_filter(&lk_tui_view(t)->list, "nowhere", &err), 0);
	world_paint(t, &c, 80, 24);
	cr_assert(world_says(&c, "All 12 rows are hidden by the filter \"nowhere\""));
	lk_canvas_done(&c);
	lk_tui_free(t);
}

Test(tui_layout, the_header_says_how_fresh_and_how_whole_it_is)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_canvas c = { 0 };
	struct lk_snapshot *s = world_of(2);
	struct lk_frame *f = world_frame(s, 0);

	s->complete = false;
	s->end.n_unreadable = 3;
	s->host.euid = 1000;
	f->scan_ms = 700;
	f->usual_cost_ms = 500;
	t->host.look = want_look;
	lk_tui_frame(t, f);
	world_paint(t, &c, 120, 24);
	cr_assert(world_says(&c, "PARTIAL"));
	cr_assert(world_says(&c, "3 processes could not be inspected (run as root for full detail) [P]"));
	/* Ten times what a look costs, not how long it takes, however short the interval that was chosen. */
	cr_assert(world_says(&c, "every 5s  scan 700ms  uid 1000"));
	t->paused = true;
	t->looking = true;
	t->look_started_ms = t->now_ms;
	t->now_ms += 12000;
	world_paint(t, &c, 120, 24);
	cr_assert(world_says(&c, "PAUSED 12s"));
	cr_assert(world_says(&c, "look under way for 12s"));
	world_paint(t, &c, 50, 24);
	cr_assert(world_says(&c, "PARTIAL"));
	cr_assert(world_says(&c, "PAUSED 12s"));
	lk_canvas_done(&c);
	lk_tui_free(t);
}

static unsigned click(struct lk_tui *t, enum lk_mouse_kind kind, int x, int y)
{
	struct lk_mouse m = { kind, x, y };

	return lk_tui_mouse(t, &m);
}

Test(tui_layout, clicks_select_rows_order_columns_and_switch_views)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_list *l = &lk_tui_view(t)->list;
	struct lk_canvas c = { 0 };

	world_show(t, world_of(9));
	world_paint(t, &c, 80, 24);
	click(t, LK_MOUSE_CLICK, 20, 4 + 5);
	cr_assert_eq(l->cursor_at, 5);
	click(t, LK_MOUSE_WHEEL_DOWN, 20, 9);
	cr_assert_eq(l->cursor_at, 8);
	/* Below the last row. */
	click(t, LK_MOUSE_CLICK, 20, 19);
	cr_assert_eq(l->cursor_at, 8);
	click(t, LK_MOUSE_CLICK, 5, 3);
	cr_assert_str_eq(lk_view_locks.list.columns[l->sort_column].filter_name, "pid");
	cr_assert_not(l->descending);
	click(t, LK_MOUSE_CLICK, 5, 3);
	cr_assert(l->descending);
	click(t, LK_MOUSE_CLICK, 12, 2);
	cr_assert_eq(t->current, LK_VIEW_FILES);
	cr_assert(click(t, LK_MOUSE_CLICK, 72, 23) & LK_DIRTY_QUIT);
	cr_assert_not(click(t, LK_MOUSE_CLICK, 79, 0) & LK_DIRTY_QUIT);
	lk_canvas_done(&c);
	lk_tui_free(t);
}

static enum lk_style style_of_label(const struct lk_canvas *c, const char *label)
{
	char *line = world_line(c, 23), *at = strstr(line, label);
	size_t x = at ? (size_t)(at - line) : 0;

	cr_assert_not_null(at, "%s", line);
	free(line);
	return c->cells[23 * (size_t)c->w + x].style;
}

Test(tui_layout, keys_that_change_something_are_grey_in_read_only_mode)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_canvas c = { 0 };

	world_show(t, world_of(1));
	world_paint(t, &c, 80, 24);
	cr_assert_eq(style_of_label(&c, "Signal"), LK_STYLE_KEY_NAME);
	t->set.readonly = true;
	t->can_act = false;
	world_paint(t, &c, 80, 24);
	cr_assert_eq(style_of_label(&c, "Signal"), LK_STYLE_OFF);
	cr_assert_eq(style_of_label(&c, "Find"), LK_STYLE_KEY_NAME);
	cr_assert(world_says(&c, "RO"));
	lk_canvas_done(&c);
	lk_tui_free(t);
}

/* All that is on the bar fits, and each key is where a click finds it. */
Test(tui_layout, the_key_bar_fits_every_width)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_bar_spot spots[LK_BAR_SPOTS];

	for (int w = 20; w <= 200; w++) {
		size_t n = lk_bar_make(t, w, spots);
		int x = 0;

		cr_assert_gt(n, 1);
		cr_assert_str_eq(spots[0].command->name, "help");
		for (size_t i = 0; i < n; i++) {
			cr_assert_geq(spots[i].x, x);
			x = spots[i].x + spots[i].w;
			cr_assert_leq(x, w);
		}
	}
	lk_tui_free(t);
}

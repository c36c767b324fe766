/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which columns a table shows, how wide they are, what cells say. */
#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "table/sort.h"
#include "tui/view/view_locks.h"
#include "tui/widget/table_private.h"
#include "tui_world.h"

static const struct lk_table_spot *spot_of(const struct lk_table_layout *l, size_t column)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->spots[i].column == column)
			return &l->spots[i];
	}
	return NULL;
}

static size_t at(const char *name)
{
	return (size_t)(lk_column_named(lk_column_screen, name, strlen(name)) - lk_column_screen);
}

Test(tui_table, columns_never_overlap_and_fill_the_width)
{
	struct lk_tui *t = world_new(NULL);

	world_show(t, world_of(5));
	for (int view = 0; view < LK_VIEW_WAITS; view++) {
		for (int w = 4; w <= 220; w++) {
			struct lk_table_layout l;
			int x = 0;

			lk_table_lay_out(t, &t->views[view], w, &l);
			cr_assert_geq(l.n, 1);
			for (size_t i = 0; i < l.n; i++) {
				cr_assert_geq(l.spots[i].x, x, "view %d, %d cells", view, w);
				cr_assert_geq(l.spots[i].w, 1);
				x = l.spots[i].x + l.spots[i].w + 1;
			}
			cr_assert_eq(x - 1, w, "view %d, %d cells: the last ends at %d", view, w, x - 1);
		}
	}
	lk_tui_free(t);
}

/* PATH > S > PID > COMMAND > MODE > TYPE > RANGE > AGE > USER. */
Test(tui_table, columns_go_by_their_priority)
{
	static const char *const order[] = { "USER", "AGE", "RANGE", "TYPE", "MODE", "COMMAND", "PID", "S" };
	struct lk_tui *t = world_new(NULL);
	size_t n_gone = 0;

	for (int w = 120; w >= 4; w--) {
		struct lk_table_layout l;

		lk_table_lay_out(t, &t->views[LK_VIEW_LOCKS], w, &l);
		cr_assert(spot_of(&l, at("PATH")));
		if (w >= 30 && l.n > 1)
			cr_assert_geq(spot_of(&l, at("PATH"))->w, 12, "%d cells", w);
		while (n_gone < 8 && !spot_of(&l, at(order[n_gone])))
			n_gone++;
		for (size_t i = n_gone; i < 8; i++)
			cr_assert(spot_of(&l, at(order[i])), "%d cells: column %s", w, order[i]);
	}
	cr_assert_eq(n_gone, 8);
	lk_tui_free(t);
}

Test(tui_table, numbers_are_not_cut)
{
	static const int widths[] = { 20, 25, 40, 60, 80, 120 };
	struct lk_tui *t = world_new(NULL);
	struct facts f = facts_begin();
	struct lk_canvas c = { 0 };

	add_proc(&f, 4194303, 1);
	add_held(&f,
		 make_record(LK_TYPE_POSIX, LK_MODE_WRITE, 5, INT64_C(4611686018427387000),
			     INT64_C(4611686018427387903), 4194303),
		 4194303, 0);
	world_show(t, facts_end(&f));
	for (size_t i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
		world_paint(t, &c, widths[i], 24);
		cr_assert(world_says(&c, " 4194303 "), "%d cells", widths[i]);
	}
	world_paint(t, &c, 80, 24);
	/* Where there is no room at all it is seen that something is missing. */
	cr_assert(world_says(&c, " 461168601842738700"));
	cr_assert(world_says(&c, "~ "));
	cr_assert_not(world_says(&c, "4611686018427387000 "));
	lk_canvas_done(&c);
	lk_tui_free(t);
}

/* One lock on a file of that name. */
static struct lk_snapshot *one_lock_on(const char *path, enum lk_tri deleted)
{
	struct facts f = facts_begin();
	struct lk_record rec = whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 10);
	struct lk_fact_file file = make_file(&rec);
	struct lk_fact_fd fd = { .pid = 10, .fd = 3, .rec = rec, .file = &file };

	file.path = path;
	file.deleted = deleted;
	add_proc(&f, 10, 1);
	add_line(&f, &rec, 0);
	facts_fed(lk_sink_fd(f.sink, &fd));
	return facts_end(&f);
}

Test(tui_table, of_a_path_the_name_of_the_file_stays)
{
	static const char path[] = "/srv/a/very/long/way/down/to/the/place/where/the/file/is/app.db";
	struct lk_tui *t = world_new(NULL);
	struct lk_canvas c = { 0 };

	world_show(t, one_lock_on(path, LK_NO));
	for (int w = 20; w <= 110; w++) {
		world_paint(t, &c, w, 24);
		cr_assert(world_says(&c, "app.db"), "%d cells", w);
	}
	world_paint(t, &c, 200, 24);
	cr_assert(world_says(&c, path));
	lk_canvas_done(&c);
	lk_tui_free(t);
}

Test(tui_table, deleted_is_said_where_the_name_still_has_room)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_canvas c = { 0 };

	world_show(t, one_lock_on("/srv/old.pid", LK_YES));
	world_paint(t, &c, 100, 24);
	cr_assert(world_says(&c, "(deleted) /srv/old.pid"));
	world_paint(t, &c, 64, 24);
	cr_assert(world_says(&c, " /srv/old.pid"));
	lk_canvas_done(&c);
	lk_tui_free(t);
}

Test(tui_table, scrolled_to_the_side_the_first_columns_stay)
{
	static const char path[] = "/begin/and/a/very/long/way/down/to/the/place/where/the/file/is/app.db";
	struct lk_tui *t = world_new(NULL);
	struct lk_list *l = &lk_tui_view(t)->list;
	struct lk_canvas c = { 0 };
	char *line;

	world_show(t, one_lock_on(path, LK_NO));
	l->side = 1000000;
	world_paint(t, &c, 60, 24);
	cr_assert_lt(l->side, 200, "it was scrolled no further than there is something");
	line = world_line(&c, 4);
	cr_assert_eq(strncmp(line, "> H   10 ", 9), 0, "\"%s\"", line);
	cr_assert(strstr(line, "the/place/where/the/file/is/app.db"), "\"%s\"", line);
	free(line);
	l->side = 40;
	world_paint(t, &c, 60, 24);
	line = world_line(&c, 4);
	cr_assert(strstr(line, "/begin/and/a"), "\"%s\"", line);
	free(line);
	l->side = 0;
	world_paint(t, &c, 60, 24);
	cr_assert(world_says(&c, "COMMAND"));
	lk_canvas_done(&c);
	lk_tui_free(t);
}

/* What is under the mouse is what was painted there. */
Test(tui_table, a_heading_is_found_where_it_stands)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_view *v = &t->views[LK_VIEW_LOCKS];
	struct lk_canvas c = { 0 };

	world_show(t, world_of(3));
	for (int side = 0; side < 2; side++) {
		for (int w = 30; w <= 110; w += 8) {
			char *line;

			v->list.side = side ? 12 : 0;
			world_paint(t, &c, w, 24);
			line = world_line(&c, w < 50 ? 1 : 3);
			for (int x = 0; line[x]; x++) {
				size_t column = lk_table_column_at(t, v, (struct lk_rect){ 0, 1, w, 10 }, x);
				const char *heading = column != SIZE_MAX ? v->ops->list.columns[column].name : "";

				if (line[x] >= 'A' && line[x] <= 'Z')
					cr_assert(strchr(heading, line[x]), "%d cells, at %d: \"%s\"", w, x, line);
			}
			free(line);
		}
	}
	lk_canvas_done(&c);
	lk_tui_free(t);
}

Test(tui_table, every_view_has_columns_that_fit)
{
	struct lk_tui *t = world_new(NULL);

	for (int view = 0; view < LK_VIEWS; view++) {
		const struct lk_column *columns = t->views[view].ops->list.columns;
		size_t order[LK_COLUMNS_MAX], n = lk_column_count(columns);

		cr_assert_leq(n, LK_COLUMNS_MAX);
		cr_assert_eq(lk_table_order(t, &t->views[view], order), n);
		for (size_t i = 0; i < n; i++) {
			const struct lk_column *col = &columns[i];

			cr_assert(col->filter_name && col->name && col->help);
			cr_assert_geq(col->width, col->min_width, "%s", col->name);
			cr_assert_geq(col->min_width, strlen(col->name) > 6 ? 5 : 1, "%s", col->name);
			cr_assert_eq(lk_column_named(columns, col->filter_name, strlen(col->filter_name)), col);
		}
	}
	lk_tui_free(t);
}

/* Locks that differ in all that can be ordered, some of it only as numbers: pid 9 and 10, ranges from 9, 10 and 100. */
static struct lk_snapshot *mixed_world(void)
{
	static const struct lk_range ranges[] = {
		{ 100, 199 }, { 9, 10 }, { 10, 20 }, { 10, LK_RANGE_EOF }, { 0, LK_RANGE_EOF }
	};
	struct facts f = facts_begin();
	struct lk_snapshot *s;

	for (int i = 0; i < 20; i++) {
		struct lk_record r = whole(i % 2 ? LK_TYPE_POSIX : LK_TYPE_OFD, i % 3 ? LK_MODE_READ : LK_MODE_WRITE,
					   (uint64_t)(i * 7 % 13 + 5), 9 + i * 3 % 20);

		r.range = ranges[i % 5];
		add_proc(&f, 9 + i * 3 % 20, 1 + i % 12);
		add_held(&f, r, 9 + i * 3 % 20, (size_t)(i % 4));
		if (i % 4 == 0)
			add_request(&f, 1, r, 60 + i, 60 + i, 0);
	}
	s = facts_end(&f);
	for (size_t i = 0; i < s->n_locks; i++)
		s->locks[i].wait_ms = lk_lock_is_waiting(&s->locks[i]) ? (int64_t)(i * 7 % 5) * 1000 : -1;
	return s;
}

static void expect_same_order(struct lk_tui *t, size_t column, bool descending)
{
	struct lk_list *l = &t->views[LK_VIEW_LOCKS].list;
	const struct lk_snapshot *s = l->frame->snap;
	const struct lk_column *col = &lk_column_screen[column];
	struct lk_sort sort = { col, descending };
	bool age = col->screen == LK_SCREEN_AGE;
	lk_auto_mem struct lk_row *rows = calloc(s->n_locks, sizeof(*rows));

	l->sort_column = column;
	l->descending = descending;
	lk_list_arrange(l);
	cr_assert_eq(l->shown.n, s->n_locks);
	for (size_t i = 0; i < s->n_locks; i++)
		rows[i] = (struct lk_row){ .snap = s, .lock = &s->locks[i] };
	lk_sort_rows(&sort, rows, s->n_locks);
	for (size_t i = 0, k = 0; i < s->n_locks; i++, k++) {
		/* How long a lock is held only the screen knows. */
		for (; age && i < s->n_locks && rows[i].lock->wait_ms < 0; i++)
			;
		for (; age && k < s->n_locks && s->locks[lk_list_at(l, k)->index].wait_ms < 0; k++)
			;
		cr_assert_eq(i < s->n_locks, k < s->n_locks);
		if (i < s->n_locks)
			cr_assert_eq(lk_list_at(l, k)->index, rows[i].lock->index, "by %s%s: row %zu",
				     descending ? "-" : "", col->name, i);
	}
}

/* What `list --sort` puts first stands first on the screen. */
Test(tui_table, list_and_screen_order_alike_by_every_column)
{
	struct lk_tui *t = world_new(NULL);

	world_show(t, mixed_world());
	for (size_t i = at("S") + 1; lk_column_screen[i].name; i++) {
		expect_same_order(t, i, false);
		expect_same_order(t, i, true);
	}
	lk_tui_free(t);
}

Test(tui_table, ranges_and_numbers_are_ordered_by_what_they_are)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_list *l = &t->views[LK_VIEW_LOCKS].list;

	world_show(t, mixed_world());
	lk_list_sort_by(l, at("RANGE"));
	lk_list_arrange(l);
	for (size_t i = 1; i < l->shown.n; i++) {
		const struct lk_lock *locks = l->frame->snap->locks;

		cr_assert_leq(lk_range_compare(locks[lk_list_at(l, i - 1)->index].rec.range,
					       locks[lk_list_at(l, i)->index].rec.range),
			      0);
	}
	lk_tui_free(t);
}

static void expect_shown(const char *columns, const char *headings)
{
	struct lk_tui *t = world_new(columns);
	size_t shown[LK_COLUMNS_MAX];
	size_t n = lk_locks_shown(t, shown);
	lk_buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		lk_buf_printf(&b, "%s%s", i ? " " : "", lk_column_screen[shown[i]].name);
	cr_assert_str_eq(lk_buf_str(&b), headings);
	lk_vec_done(&b);
	lk_tui_free(t);
}

Test(tui_table, columns_can_be_chosen)
{
	expect_shown(NULL, "S PID USER COMMAND TYPE MODE RANGE AGE PATH");
	expect_shown("PATH,pid", "S PATH PID");
	expect_shown("how_known,MAJ:MIN,state", "S HOW MAJ:MIN STATE");
	expect_shown("+INODE", "S PID USER COMMAND TYPE MODE RANGE AGE PATH INODE");
	expect_shown("PID,PID,nonsense,,FD", "S PID FD");
	expect_shown("", "S");
}

/* Also without the one that grows. */
Test(tui_table, chosen_columns_are_painted)
{
	struct lk_tui *t = world_new("STATE,BLOCKS,ID");
	struct lk_canvas c = { 0 };

	world_show(t, world_of(1));
	world_paint(t, &c, 80, 24);
	cr_assert(world_says(&c, "STATE"));
	cr_assert(world_says(&c, "60,70"));
	cr_assert_not(world_says(&c, "COMMAND"));
	for (int w = 20; w < 60; w++)
		world_paint(t, &c, w, 24);
	lk_canvas_done(&c);
	lk_tui_free(t);
}

Test(tui_table, contended_locks_come_first_and_files_make_groups)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_canvas c = { 0 };
	char *line;

	world_show(t, world_of(2));
	world_paint(t, &c, 80, 24);
	line = world_line(&c, 4);
	cr_assert_eq(strncmp(line, "> B   50", 8), 0, "\"%s\"", line);
	free(line);
	lk_tui_key(t, 't');
	world_paint(t, &c, 80, 24);
	cr_assert(world_says(&c, "- 3 locks"));
	cr_assert(world_says(&c, "|- prog"));
	cr_assert(world_says(&c, "`- prog"));
	lk_canvas_done(&c);
	lk_tui_free(t);
}

static unsigned marks_at(const struct lk_canvas *c, int x, int y)
{
	return c->cells[(size_t)y * (size_t)c->w + (size_t)x].marks;
}

Test(tui_table, tags_finds_and_the_cursor_are_marked)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_canvas c = { 0 };
	char *line;

	world_show(t, world_of(4));
	lk_tui_key(t, 'j');
	lk_tui_key(t, ' ');
	lk_tui_view(t)->list.search = strdup("1002");
	world_paint(t, &c, 80, 24);
	line = world_line(&c, 5);
	cr_assert_eq(strncmp(line, " *W ", 4), 0, "\"%s\"", line);
	free(line);
	cr_assert(marks_at(&c, 30, 5) & LK_MARK_TAGGED);
	cr_assert_not(marks_at(&c, 30, 5) & LK_MARK_SELECTED);
	cr_assert(marks_at(&c, 30, 6) & LK_MARK_SELECTED);
	cr_assert(marks_at(&c, 79, 6) & LK_MARK_SELECTED);
	cr_assert(world_says(&c, "1 tagged."));
	/* The fourth of the rest, in the column of the pid only. */
	cr_assert(marks_at(&c, 6, 9) & LK_MARK_FOUND);
	cr_assert_not(marks_at(&c, 30, 9) & LK_MARK_FOUND);
	lk_canvas_done(&c);
	lk_tui_free(t);
}

static void want_look(void *arg)
{
	(void)arg;
}

/* The file with the oldest waiter comes first; of each file the lock before its waiters; locks in nobody's way last. */
Test(tui_table, contended_files_by_their_oldest_waiter)
{
	static const int wanted[] = { 60, 62, 61, 50, 51, 52, 40 };
	struct lk_tui *t = world_new(NULL);
	struct facts f = facts_begin();
	struct lk_snapshot *s;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		add_proc(&f, wanted[i], 1);
	add_held(&f, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 4, 40), 40, 0);
	add_held(&f, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 50), 50, 0);
	add_request(&f, 1, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 51), 51, 51, 0);
	add_request(&f, 1, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 5, 52), 52, 52, 0);
	add_held(&f, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 6, 60), 60, 0);
	add_request(&f, 1, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 6, 62), 62, 62, 0);
	add_request(&f, 1, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 6, 61), 61, 61, 0);
	s = facts_end(&f);
	for (size_t i = 0; i < s->n_locks; i++) {
		if (lk_lock_is_waiting(&s->locks[i]))
			s->locks[i].wait_ms = s->locks[i].pid == 61 ? 90000 : 5000;
	}
	world_show(t, s);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		const struct lk_list *l = &lk_tui_view(t)->list;
		const struct lk_item *it = lk_list_at(l, i);

		cr_assert_not_null(it);
		cr_expect_eq(s->locks[it->index].pid, wanted[i], "row %zu is %d", i, s->locks[it->index].pid);
	}
	lk_tui_free(t);
}

static void count_look(void *arg)
{
	++*(size_t *)arg;
}

/* Where looks cost so much that they are far apart, the header says so, and a key that needs new data asks for one. */
Test(tui_table, looks_that_are_far_apart)
{
	struct lk_tui *t = world_new(NULL);
	struct lk_canvas c = { 0 };
	struct lk_frame *f = world_frame(world_of(2), 5000);
	size_t n = 0;

	t->host.look = count_look;
	t->host.arg = &n;
	t->set.delay_ms = 2000;
	f->cost_ms = 4000;
	f->usual_cost_ms = 20;
	lk_tui_frame(t, f);
	world_paint(t, &c, 100, 24);
	cr_assert(world_says(&c, "every 2s"));
	t->now_ms += 3000;
	lk_tui_key(t, '2');
	cr_assert_eq(n, 0);
	f = world_frame(world_of(2), 5000);
	f->usual_cost_ms = 2800;
	lk_tui_frame(t, f);
	world_paint(t, &c, 100, 24);
	cr_assert(world_says(&c, "looks cost much: one in 28s"));
	t->now_ms = f->taken_ms + 1000;
	lk_tui_key(t, '1');
	cr_assert_eq(n, 0, "what is shown is new");
	t->now_ms = f->taken_ms + 3000;
	lk_tui_key(t, 'j');
	cr_assert_eq(n, 0, "moving needs nothing new");
	lk_tui_key(t, '2');
	cr_assert_eq(n, 1);
	lk_canvas_done(&c);
	lk_tui_free(t);
}

/* Each look is two seconds after the one before. */
Test(tui_table, new_rows_stand_out_for_a_while)
{
	static const struct {
		int64_t age_ms;
		bool is_new;
	} cases[] = { { 0, true }, { 2000, true }, { 4000, true }, { 6000, false }, { 60000, false } };
	struct lk_canvas c = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lk_tui *t = world_new(NULL);

		t->host.look = want_look;
		t->set.delay_ms = 2000;
		t->set.highlight_looks = 3;
		lk_tui_frame(t, world_frame(world_of(2), cases[i].age_ms));
		world_paint(t, &c, 80, 24);
		cr_assert_eq(!!(marks_at(&c, 30, 6) & LK_MARK_CHANGED), cases[i].is_new, "%d ms", (int)cases[i].age_ms);
		t->set.highlight_looks = 0;
		world_paint(t, &c, 80, 24);
		cr_assert_not(marks_at(&c, 30, 6) & LK_MARK_CHANGED);
		lk_tui_free(t);
	}
	lk_canvas_done(&c);
}

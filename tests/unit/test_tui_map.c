/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map: which file, which bytes, where the cursor is. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "screen.h"
#include "tui/view/view_map.h"

/* A lock of a process on some bytes of a file; the same key may belong to several files. */
static void add_range(struct facts *f, uint64_t st_ino, const char *path, int pid, enum lk_mode mode, int64_t start,
		      int64_t end)
{
	struct lk_record rec = make_record(LK_TYPE_POSIX, mode, 9, start, end, pid);
	struct lk_fact_file file = make_file(&rec);
	struct lk_fact_fd fact = { .pid = pid, .fd = 3, .rec = rec, .ofd = (size_t)pid, .file = &file };

	file.has_stat = st_ino > 0;
	file.st_ino = st_ino;
	file.path = path;
	file.size = 1000;
	add_proc(f, pid, 1);
	add_line(f, &rec, 0);
	facts_fed(lk_sink_fd(f->sink, &fact));
}

/* 100 writes 0-9, 110 reads 20-29, 120 waits for 0-99 behind both. */
static struct lk_snapshot *busy(void)
{
	struct facts facts = facts_begin();
	struct lk_record rec = make_record(LK_TYPE_POSIX, LK_MODE_WRITE, 9, 0, 99, 120);
	struct lk_fact_file file = make_file(&rec);
	struct lk_fact_waiter w = {
		.pid = 120, .tid = 120, .fd = 3, .rec = rec, .range_resolved = true, .wait_ms = 8000, .file = &file
	};

	file.path = "/f";
	file.size = 1000;
	add_range(&facts, 9, "/f", 100, LK_MODE_WRITE, 0, 9);
	add_proc(&facts, 120, 1);
	add_line(&facts, &rec, 1);
	facts_fed(lk_sink_waiter(facts.sink, &w));
	add_range(&facts, 9, "/f", 110, LK_MODE_READ, 20, 29);
	return facts_end(&facts);
}

static struct lk_snapshot *nothing(void)
{
	struct facts facts = facts_begin();

	return facts_end(&facts);
}

static struct lk_view_map_own *map_of(const struct lk_tui *t)
{
	return t->views[LK_VIEW_MAP].own;
}

/* Opens the map on the first row of the Locks view. */
static struct lk_tui *open_map(void)
{
	struct lk_tui *t = screen_new(LK_VIEW_LOCKS);

	screen_look(t, busy(), 1);
	lk_tui_key(t, '5');
	cr_assert_not_null(map_of(t)->file);
	return t;
}

Test(tui_map, no_file_yet)
{
	struct lk_tui *t = screen_new(LK_VIEW_MAP);
	static const lk_press keys[] = { 'h', 'l', '+', '-', '[', ']', 't', 'j', LK_KEY_ENTER, LK_KEY_ESC, 'B', 'y' };

	screen_any_size(t);
	screen_look(t, busy(), 1);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		lk_tui_key(t, keys[i]);
	screen_says(t, 80, 24, "No file is chosen: press 5 on a lock");
	lk_tui_free(t);
}

Test(tui_map, lanes_and_words)
{
	struct lk_tui *t = open_map();

	screen_says(t, 80, 24, "/f  size 1000B  8:1 ino 9  2 locks 1 waiter");
	screen_says(t, 80, 24, " 100 W WW");
	screen_says(t, 80, 24, " 120 w ww");
	screen_says(t, 80, 24, " 110 R ..");
	screen_says(t, 80, 24, "cursor 0 (0x0) len 10   W 100 prog   w 120 prog waits 8s");
	screen_says(t, 80, 24, "prog[120] has waited 8s for a POSIX write lock on bytes 0-99 of f");
	screen_says(t, 80, 24, "no lock on 100 to EOF");
	screen_any_size(t);
	lk_tui_free(t);
}

Test(tui_map, the_cursor_goes_from_stretch_to_stretch)
{
	struct lk_tui *t = open_map();
	struct lk_view_map_own *m = map_of(t);

	/* 0-9, 10-19, 20-29, 30-99, 100-999, 1000- */
	cr_assert_eq(m->all.n_segments, 6);
	cr_assert_eq(m->cursor, 0);
	lk_tui_key(t, 'h');
	cr_assert_eq(m->cursor, 0);
	lk_tui_key(t, 'l');
	cr_assert_eq(m->cursor, 10);
	lk_tui_key(t, ']');
	cr_assert_eq(m->cursor, 20);
	lk_tui_key(t, ']');
	cr_assert_eq(m->cursor, 0, "around the end");
	lk_tui_key(t, '[');
	cr_assert_eq(m->cursor, 20);
	for (int i = 0; i < 10; i++)
		lk_tui_key(t, LK_KEY_RIGHT);
	cr_assert_eq(m->cursor, 1000);
	lk_tui_free(t);
}

Test(tui_map, zoom)
{
	struct lk_tui *t = open_map();
	struct lk_view_map_own *m = map_of(t);
	size_t rows = t->views[LK_VIEW_MAP].list.shown.n;

	lk_tui_key(t, '-');
	cr_assert(lk_range_is_whole(m->view));
	lk_tui_key(t, '+');
	cr_assert_eq(m->view.start, 0);
	cr_assert_eq(m->view.end, 29);
	lk_tui_key(t, '+');
	lk_tui_key(t, '+');
	lk_tui_key(t, '+');
	cr_assert_eq(m->view.start, 0);
	cr_assert_eq(m->view.end, 9);
	cr_assert_eq(t->views[LK_VIEW_MAP].list.shown.n, rows, "every lane stays");
	screen_says(t, 80, 24, "zoomed to 0-9; - shows more");
	/* What is in view goes with the cursor. */
	lk_tui_key(t, 'l');
	cr_assert_eq(m->view.start, 10);
	cr_assert_eq(m->view.end, 19);
	screen_any_size(t);
	for (int i = 0; i < 5; i++)
		lk_tui_key(t, '-');
	cr_assert(lk_range_is_whole(m->view));
	lk_tui_free(t);
}

Test(tui_map, commands_mean_the_lock_under_the_cursor)
{
	struct facts facts = facts_begin();
	struct lk_tui *t = screen_new(LK_VIEW_LOCKS);
	struct lk_subject s;

	add_range(&facts, 9, "/f", 100, LK_MODE_WRITE, 0, 9);
	add_range(&facts, 9, "/f", 100, LK_MODE_READ, 20, 29);
	screen_look(t, facts_end(&facts), 1);
	lk_tui_key(t, '5');
	cr_assert_eq(t->views[LK_VIEW_MAP].list.shown.n, 1);
	lk_tui_subject(t, &s);
	cr_assert_eq(s.lock->rec.range.start, 0);
	lk_tui_key(t, 'l');
	lk_tui_key(t, 'l');
	lk_tui_subject(t, &s);
	cr_assert_eq(s.lock->rec.range.start, 20);
	cr_assert_eq(s.lock->rec.mode, LK_MODE_READ);
	lk_tui_free(t);
}

Test(tui_map, the_file_stays_and_comes_back)
{
	struct lk_tui *t = open_map();
	struct lk_view_map_own *m = map_of(t);
	uint64_t id = t->views[LK_VIEW_MAP].list.cursor;

	lk_tui_key(t, '+');
	screen_look(t, busy(), 2);
	cr_assert_not_null(m->file);
	cr_assert_eq(m->view.end, 29);
	cr_assert_eq(t->views[LK_VIEW_MAP].list.cursor, id);
	screen_look(t, nothing(), 3);
	cr_assert_null(m->file);
	screen_says(t, 80, 24, "The file has no more locks: /f");
	screen_any_size(t);
	lk_tui_key(t, 'l');
	lk_tui_key(t, '+');
	lk_tui_key(t, ']');
	screen_look(t, busy(), 4);
	cr_assert_not_null(m->file);
	cr_assert_eq(t->views[LK_VIEW_MAP].list.cursor, id);
	lk_tui_free(t);
}

Test(tui_map, a_lane_that_is_gone_is_drawn_where_it_was)
{
	struct lk_tui *t = open_map();
	struct facts facts = facts_begin();
	struct lk_list *l = &t->views[LK_VIEW_MAP].list;
	struct lk_subject s;

	add_range(&facts, 9, "/f", 110, LK_MODE_READ, 20, 29);
	screen_look(t, facts_end(&facts), 2);
	cr_assert_eq(l->shown.n, 3);
	screen_says(t, 80, 24, " 100 x WW");
	for (size_t i = 0; i < l->shown.n; i++) {
		lk_list_select(l, i);
		lk_tui_subject(t, &s);
		cr_assert_eq(s.ghost, s.proc->pid != 110);
	}
	screen_any_size(t);
	lk_tui_free(t);
}

/* btrfs subvolumes share keys. */
static struct lk_snapshot *twins(uint64_t st_ino, uint64_t other_st_ino)
{
	struct facts facts = facts_begin();

	add_range(&facts, st_ino, "/a", 100, LK_MODE_WRITE, 0, 9);
	add_range(&facts, other_st_ino, "/b", 200, LK_MODE_WRITE, 0, 9);
	return facts_end(&facts);
}

static void tells_twins_apart(uint64_t st_ino, uint64_t other_st_ino)
{
	struct lk_snapshot *s = twins(st_ino, other_st_ino);
	struct lk_frame *f = screen_frame(s, 1);

	for (size_t i = 0; i < s->n_files; i++) {
		struct lk_subject subject = { .frame = f, .file = &s->files[i] };
		struct lk_view_map_own m = { 0 };

		lk_view_map_choose(&m, &subject);
		lk_view_map_refresh(&m, f);
		cr_assert_eq(m.file, &s->files[i]);
		lk_view_map_done(&m);
	}
	lk_frame_drop(f);
}

Test(tui_map, files_with_the_same_key)
{
	tells_twins_apart(9, 10);
}

Test(tui_map, a_name_alone)
{
	struct lk_snapshot *s = twins(9, 10);
	struct lk_frame *f = screen_frame(s, 1);
	struct lk_file file = s->files[0];
	struct lk_subject subject = { .frame = f, .file = &file };
	struct lk_view_map_own m = { 0 };

	/* Where statx said nothing. */
	file.has_stat = false;
	lk_view_map_choose(&m, &subject);
	lk_view_map_refresh(&m, f);
	cr_assert_eq(m.file, &s->files[0]);
	file.path = "/c";
	lk_view_map_choose(&m, &subject);
	lk_view_map_refresh(&m, f);
	cr_assert_null(m.file);
	lk_view_map_done(&m);
	lk_frame_drop(f);
}

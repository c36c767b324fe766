/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Panes of text: wrapping, searching, what they say, and words for a shell. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "screen.h"
#include "tui/core/show.h"
#include "tui/widget/text.h"

static void row_is(const struct lk_wrap *w, size_t i, int indent, const char *text)
{
	cr_assert_lt(i, w->rows.n);
	cr_expect_str_eq(lk_wrap_str(w, i), text);
	cr_expect_eq(w->rows.v[i].indent, indent);
}

Test(tui_text, lines_are_broken_at_blanks)
{
	struct lk_text x = { 0 };
	struct lk_wrap w;

	lk_text_add(&x, LK_STYLE_PLAIN, "one two  three");
	lk_text_add(&x, LK_STYLE_PLAIN, "%s", "");
	lk_text_add(&x, LK_STYLE_PLAIN, "abcdefghij");
	lk_wrap_make(&w, &x, 7, true, 100);
	cr_assert_eq(w.rows.n, 5);
	row_is(&w, 0, 0, "one two");
	row_is(&w, 1, 0, "three");
	row_is(&w, 2, 0, "");
	row_is(&w, 3, 0, "abcdefg");
	row_is(&w, 4, 0, "hij");
	lk_wrap_done(&w);
	lk_wrap_make(&w, &x, 7, true, 2);
	cr_assert_eq(w.rows.n, 2);
	lk_wrap_done(&w);
	lk_wrap_make(&w, &x, 0, true, 1000);
	cr_assert_gt(w.rows.n, 10);
	lk_wrap_done(&w);
	lk_text_done(&x);
}

Test(tui_text, what_follows_a_label_stands_beside_it)
{
	struct lk_text x = { 0 };
	struct lk_wrap w;

	lk_text_add_label(&x, 6, "file", "one two three four");
	lk_wrap_make(&w, &x, 20, true, 100);
	row_is(&w, 0, 0, "file  one two three");
	row_is(&w, 1, 6, "four");
	lk_wrap_done(&w);
	/* Where there is no room for that it begins at the left. */
	lk_wrap_make(&w, &x, 12, true, 100);
	row_is(&w, 1, 0, "two three");
	lk_wrap_done(&w);
	lk_text_done(&x);
}

Test(tui_text, bytes_of_the_machine_are_made_safe)
{
	struct lk_text x = { 0 };
	struct lk_wrap w;

	lk_text_add(&x, LK_STYLE_PLAIN, "%s", "a\033[2J\\b");
	lk_text_add(&x, LK_STYLE_PLAIN, "%s", "c\\u001bd");
	lk_text_add(&x, LK_STYLE_PLAIN, "%s", "e\033\\f");
	x.lines.v[1].exact = x.lines.v[2].exact = true;
	lk_wrap_make(&w, &x, 40, true, 100);
	row_is(&w, 0, 0, "a\\x1b[2J\\\\b");
	row_is(&w, 1, 0, "c\\u001bd");
	/* It only claims to be. */
	row_is(&w, 2, 0, "e\\x1b\\\\f");
	lk_wrap_done(&w);
	lk_text_done(&x);
}

/* ---- on the screen ---- */

static struct lk_snapshot *one_lock(int pid)
{
	struct facts facts = facts_begin();

	add_proc(&facts, pid, 1);
	add_held(&facts, whole(LK_TYPE_FLOCK, LK_MODE_WRITE, 1, pid), pid, 1);
	return facts_end(&facts);
}

static void keys(struct lk_tui *t, const char *text)
{
	for (; *text; text++)
		lk_tui_key(t, (lk_press)(unsigned char)*text);
}

Test(tui_text, detail_stays_when_its_row_is_gone)
{
	struct lk_tui *t = screen_new(LK_VIEW_LOCKS);

	screen_look(t, one_lock(100), 1);
	lk_tui_key(t, LK_KEY_ENTER);
	screen_says(t, 80, 24, "lock   H FLOCK WRITE whole file");
	screen_says(t, 80, 24, "owner  100 prog");
	/* What is not known, or is not so, is left out. */
	screen_does_not_say(t, 80, 200, "null");
	screen_does_not_say(t, 80, 200, "false");
	screen_any_size(t);
	screen_look(t, one_lock(200), 2);
	screen_says(t, 80, 24, "This is how it was.");
	for (uint64_t number = 3; number < 7; number++)
		screen_look(t, one_lock(200), number);
	screen_says(t, 80, 24, "gone by now");
	screen_says(t, 80, 24, "owner  100 prog");
	lk_tui_key(t, LK_KEY_ESC);
	screen_does_not_say(t, 80, 24, "gone by now");
	lk_tui_free(t);
}

Test(tui_text, d_shows_and_hides_it_where_there_is_room)
{
	struct lk_tui *t = screen_new(LK_VIEW_LOCKS);

	screen_look(t, one_lock(100), 1);
	screen_says(t, 120, 40, "lock   H FLOCK WRITE whole file");
	lk_tui_key(t, 'd');
	screen_does_not_say(t, 120, 40, "lock   H FLOCK");
	cr_assert_eq(t->panes.n, 0);
	lk_tui_key(t, LK_KEY_ENTER);
	cr_assert_eq(t->panes.n, 1);
	screen_says(t, 120, 40, "lock   H FLOCK WRITE whole file");
	lk_tui_key(t, LK_KEY_ESC);
	lk_tui_key(t, 'd');
	screen_says(t, 120, 40, "lock   H FLOCK WRITE whole file");
	lk_tui_free(t);
}

Test(tui_text, the_wheel_scrolls_the_detail_beside_the_list)
{
	struct lk_tui *t = screen_new(LK_VIEW_LOCKS);
	struct lk_mouse down = { .kind = LK_MOUSE_WHEEL_DOWN, .x = 110, .y = 10 };

	screen_look(t, one_lock(100), 1);
	screen_says(t, 120, 24, "more: Shift-PgDn");
	for (int i = 0; i < 4; i++)
		lk_tui_mouse(t, &down);
	screen_does_not_say(t, 120, 24, "lock   H FLOCK");
	screen_says(t, 120, 24, "more: Shift-PgUp");
	for (int i = 0; i < 50; i++)
		lk_tui_mouse(t, &down);
	screen_says(t, 120, 24, "more: Shift-PgUp");
	screen_does_not_say(t, 120, 24, "Shift-PgDn");
	down.x = 10;
	down.kind = LK_MOUSE_WHEEL_UP;
	lk_tui_mouse(t, &down);
	screen_does_not_say(t, 120, 24, "lock   H FLOCK");
	lk_tui_free(t);
}

Test(tui_text, every_pane_on_nothing)
{
	static const char opens[] = "diyP?";

	for (const char *p = opens; *p; p++) {
		struct lk_tui *t = screen_new(LK_VIEW_LOCKS);
		char one[2] = { *p, '\0' };

		free(screen_text(t, 80, 24));
		keys(t, one);
		screen_any_size(t);
		screen_look(t, one_lock(100), 1);
		keys(t, "jkgG");
		screen_any_size(t);
		lk_tui_free(t);
	}
}

Test(tui_text, finding)
{
	struct lk_tui *t = screen_new(LK_VIEW_LOCKS);

	screen_look(t, one_lock(100), 1);
	keys(t, "?");
	free(screen_text(t, 80, 24));
	screen_does_not_say(t, 80, 24, "Mouse");
	keys(t, "/clipboard");
	lk_tui_key(t, LK_KEY_ENTER);
	screen_says(t, 80, 24, "clipboard");
	keys(t, "/ZZZ");
	lk_tui_key(t, LK_KEY_ENTER);
	screen_says(t, 80, 24, "Not found: ZZZ");
	keys(t, "/mov");
	lk_tui_key(t, LK_KEY_ESC);
	keys(t, "n");
	screen_says(t, 80, 24, "Nothing to search for");
	keys(t, "q");
	cr_assert_eq(t->panes.n, 0);
	lk_tui_free(t);
}

Test(tui_text, back_goes_up_and_changes_nothing)
{
	struct lk_tui *t = screen_new(LK_VIEW_HISTORY);

	screen_look(t, one_lock(100), 1);
	lk_tui_key(t, LK_KEY_BACKSPACE);
	cr_assert_eq(t->current, LK_VIEW_LOCKS);
	cr_assert_eq(lk_tui_key(t, LK_KEY_BACKSPACE) & LK_DIRTY_QUIT, 0);
	keys(t, "y");
	cr_assert_eq(t->panes.n, 1);
	lk_tui_key(t, LK_KEY_BACKSPACE);
	cr_assert_eq(t->panes.n, 0);
	lk_tui_free(t);
}

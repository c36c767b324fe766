/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Test, delete and rename, by keys; and all dialogs in any size. */
#include "dialog_world.h"

/* ---- test ---- */

Test(tui_dialog, test_computes_and_really_tries)
{
	struct world w;
	char c;

	begin(&w);
	press(&w, 'T');
	cr_assert(pane_is(&w, "test"));
	cr_assert(shows(&w, "It would have to wait, 1 in the way:"));
	cr_assert_eq(*w.n_changes, 0);
	press(&w, 'A');
	cr_assert(shows(&w, "Really asked for: refused"));
	cr_assert_eq(write(w.go, "x", 1), 1);
	cr_assert_eq(read(w.ready, &c, 1), 1);
	press(&w, 'A');
	cr_assert(shows(&w, "Really asked for: granted. It was released at once"));
	cr_assert(!is_locked(&w));
	/* Another question has another answer: POSIX locks and flock do not see each other. */
	for (int i = 0; i < 2; i++)
		press(&w, LK_KEY_TAB);
	press(&w, LK_KEY_RIGHT);
	cr_assert(shows(&w, "Kind: < POSIX >"));
	/* On a busy machine the list of locks may not be proven to be whole. */
	cr_assert(shows(&w, w.t->frame->snap->locks_proven ? "It would be granted now." : "Cannot tell: "));
	press(&w, LK_KEY_BACK_TAB);
	press(&w, LK_KEY_BACK_TAB);
	press(&w, LK_KEY_BACK_TAB);
	type(&w, "x");
	cr_assert(shows(&w, "bad range"), "a range that is none is no question");
	end(&w);
}

Test(tui_dialog, test_does_not_try_in_read_only_mode)
{
	struct world w;

	begin(&w);
	w.t->can_act = false;
	w.t->cannot_act = "read-only mode";
	press(&w, 'T');
	cr_assert(shows(&w, "It would have to wait, 1 in the way:"));
	press(&w, 'A');
	cr_assert(shows(&w, "It is not tried: read-only mode"));
	cr_assert_eq(*w.n_changes, 0);
	end(&w);
}

/* ---- files ---- */

Test(tui_dialog, delete_wants_a_tick_for_a_locked_file)
{
	struct world w;

	begin(&w);
	press(&w, 'D');
	cr_assert(pane_is(&w, "delete"));
	cr_assert(shows(&w, "is locked: wait until it is free, or tick \"Although it is locked or in use\"."));
	press(&w, LK_KEY_TAB);
	press(&w, LK_KEY_ENTER);
	cr_assert_eq(*w.n_changes, 0);
	cr_assert(shows(&w, "Not possible: "));
	press(&w, LK_KEY_TAB);
	press(&w, ' ');
	cr_assert(shows(&w, "[x] Although it is locked"));
	cr_assert(shows(&w, "No lock is released: deleting a file only takes its name away."));
	press(&w, LK_KEY_BACK_TAB);
	press(&w, LK_KEY_ENTER);
	cr_assert_gt(*w.n_changes, 0);
	cr_assert(shows(&w, "is deleted."));
	cr_assert_eq(access(w.path, F_OK), -1);
	cr_assert(is_noted(&w, "DELETE"));
	end(&w);
}

Test(tui_dialog, another_file_of_that_name_is_left_alone)
{
	struct world w;
	char other[80];
	int fd;

	begin(&w);
	/* Before the dialog opens: the list shows a file that has the name no more. */
	snprintf(other, sizeof(other), "%s.new", w.path);
	fd = open(other, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	cr_assert_geq(fd, 0);
	close(fd);
	cr_assert_eq(rename(other, w.path), 0);
	press(&w, 'D');
	cr_assert(shows(&w, "is another file now"));
	press(&w, LK_KEY_TAB);
	press(&w, LK_KEY_ENTER);
	cr_assert_eq(*w.n_changes, 0);
	cr_assert_eq(access(w.path, F_OK), 0);
	end(&w);
}

Test(tui_dialog, a_file_replaced_while_the_dialog_is_open_is_left_alone)
{
	struct world w;
	char other[80];
	int fd;

	begin(&w);
	press(&w, 'D');
	press(&w, LK_KEY_TAB);
	press(&w, LK_KEY_TAB);
	press(&w, ' ');
	snprintf(other, sizeof(other), "%s.new", w.path);
	fd = open(other, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	cr_assert_geq(fd, 0);
	close(fd);
	cr_assert_eq(rename(other, w.path), 0);
	press(&w, LK_KEY_BACK_TAB);
	press(&w, LK_KEY_ENTER);
	cr_assert(shows(&w, "target changed since you looked"));
	cr_assert_eq(*w.n_changes, 0);
	cr_assert_eq(access(w.path, F_OK), 0);
	end(&w);
}

Test(tui_dialog, rename_shows_the_plan_before_it_acts)
{
	struct world w;
	char to[80];

	begin(&w);
	lk_do_rename(w.t);
	cr_assert(pane_is(&w, "rename"));
	press(&w, LK_KEY_CTRL('U'));
	press(&w, LK_KEY_ENTER);
	cr_assert(shows(&w, "type the new name first"));
	snprintf(to, sizeof(to), "%s.b", strrchr(w.path, '/') + 1);
	type(&w, to);
	press(&w, LK_KEY_ENTER);
	cr_assert(shows(&w, "> [ Cancel ]"));
	cr_assert(shows(&w, "is locked: wait until it is free, or tick \"Although it is locked or in use\"."));
	press(&w, LK_KEY_BACK_TAB);
	press(&w, LK_KEY_BACK_TAB);
	press(&w, ' ');
	cr_assert(shows(&w, "will get the name"));
	cr_assert_eq(*w.n_changes, 0);
	press(&w, LK_KEY_TAB);
	press(&w, LK_KEY_TAB);
	press(&w, LK_KEY_TAB);
	press(&w, LK_KEY_ENTER);
	cr_assert_gt(*w.n_changes, 0);
	snprintf(to, sizeof(to), "%s.b", w.path);
	cr_assert_eq(access(to, F_OK), 0, "a name without a slash stays in the folder");
	cr_assert_eq(access(w.path, F_OK), -1);
	unlink(to);
	end(&w);
}

/* ---- mouse ---- */

static void click(struct world *w, const char *words)
{
	struct lk_mouse m = { .kind = LK_MOUSE_CLICK };
	lk_buf b = { 0 };
	const char *at, *line;

	lk_tui_paint(w->t, &w->canvas);
	lk_canvas_dump(&w->canvas, &b);
	at = strstr(lk_buf_str(&b), words);
	cr_assert_not_null(at, "%s", words);
	line = b.v;
	for (const char *p = b.v; p < at; p++) {
		if (*p != '\n')
			continue;
		line = p + 1;
		m.y++;
	}
	m.x = (int)(at - line) + 2;
	lk_vec_done(&b);
	lk_tui_mouse(w->t, &m);
}

/* Who does not answer is in the way until that is ticked, whatever is ticked of those that are known. */
Test(tui_dialog, delete_wants_a_tick_for_what_is_not_known)
{
	static const char words[] =
		"may be in use, process 4711 (stuck) could not be asked whether it uses it (it does not answer): "
		"try again later, or tick \"Although some do not say whether they use it\".";
	struct world w;

	begin(&w);
	w.silent = true;
	press(&w, 'D');
	cr_assert(shows(&w, words));
	click(&w, "[ ] Although some");
	cr_assert(!shows(&w, words) && shows(&w, ": process 4711 (stuck) could not be asked whether it uses it"));
	cr_assert(shows(&w, "is locked: wait until it is free"));
	click(&w, "[ Delete ]");
	click(&w, "[ Delete ]");
	cr_assert_eq(*w.n_changes, 0);
	click(&w, "[ ] Although it is locked");
	cr_assert(shows(&w, "This will happen:"));
	end(&w);
}

Test(tui_dialog, a_click_chooses_before_it_acts)
{
	struct world w;

	begin(&w);
	press(&w, 'D');
	click(&w, "[ ] Although it is locked");
	cr_assert(shows(&w, "[x] Although it is locked"));
	click(&w, "[ Delete ]");
	cr_assert(shows(&w, "> [ Delete ]"));
	cr_assert_eq(*w.n_changes, 0);
	click(&w, "[ Cancel ]");
	cr_assert(shows(&w, "> [ Cancel ]"));
	click(&w, "[ Cancel ]");
	cr_assert_null(lk_pane_top(w.t));
	/* In the list of signals it only selects. */
	press(&w, 'K');
	click(&w, " 9 KILL");
	cr_assert(shows(&w, "Send SIGKILL to process"));
	click(&w, " 9 KILL");
	cr_assert_eq(*w.n_changes, 0);
	end(&w);
}

/* ---- any size ---- */

Test(tui_dialog, any_size_can_be_painted)
{
	static const char keys[] = "KXDTa\\/w";
	struct world w;

	begin(&w);
	for (size_t i = 0; keys[i]; i++) {
		press(&w, (lk_press)keys[i]);
		cr_assert_not_null(lk_pane_top(w.t));
		for (int width = 1; width < 90; width += 1 + width / 8) {
			for (int height = 1; height < 30; height += 1 + height / 8) {
				lk_canvas_resize(&w.canvas, width, height);
				w.t->w = width, w.t->h = height;
				lk_tui_paint(w.t, &w.canvas);
			}
		}
		lk_tui_key(w.t, LK_KEY_ESC);
		cr_assert_null(lk_pane_top(w.t));
	}
	cr_assert_eq(*w.n_changes, 0);
	end(&w);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signal, release and wait, by keys. */
#include "dialog_world.h"

/* ---- signal ---- */

Test(tui_dialog, enter_sends_term_to_the_frozen_target)
{
	struct world w;
	int status;

	begin(&w);
	press(&w, 'K');
	cr_assert(pane_is(&w, "signal"));
	cr_assert(shows(&w, "15 TERM"));
	cr_assert(shows(&w, "To 1 process (frozen "));
	cr_assert(shows(&w, "It holds 1 lock; nobody is seen waiting."));
	cr_assert(shows(&w, "goes away"));
	cr_assert_eq(*w.n_changes, 0);
	/* The list behind goes on, and another row gets the cursor. */
	look(&w);
	lk_list_select(&lk_tui_view(w.t)->list, 0);
	press(&w, LK_KEY_ENTER);
	cr_assert_eq(*w.n_changes, 1);
	cr_assert(shows(&w, "Done, and looked at again:"));
	cr_assert(shows(&w, "has ended"));
	cr_assert(is_noted(&w, "SIGNAL"));
	status = status_of_child(&w);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	press(&w, LK_KEY_ENTER);
	cr_assert_null(lk_pane_top(w.t));
	end(&w);
}

Test(tui_dialog, kill_asks_twice)
{
	struct world w;
	int status;

	begin(&w);
	press(&w, 'K');
	press(&w, '9');
	press(&w, LK_KEY_ENTER);
	cr_assert(shows(&w, "Enter once more sends it"));
	press(&w, 'x');
	press(&w, LK_KEY_ENTER);
	cr_assert(shows(&w, "Enter once more sends it"), "another key takes it back");
	cr_assert_eq(*w.n_changes, 0);
	press(&w, LK_KEY_ENTER);
	cr_assert_eq(*w.n_changes, 1);
	status = status_of_child(&w);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	end(&w);
}

Test(tui_dialog, escape_sends_nothing)
{
	struct world w;

	begin(&w);
	press(&w, 'K');
	press(&w, LK_KEY_ESC);
	cr_assert_null(lk_pane_top(w.t));
	press(&w, 'K');
	press(&w, 'q');
	cr_assert_null(lk_pane_top(w.t));
	cr_assert_eq(*w.n_changes, 0);
	cr_assert_eq(waitpid(w.pid, NULL, WNOHANG), 0);
	end(&w);
}

Test(tui_dialog, a_target_that_vanished_is_refused)
{
	struct world w;

	begin(&w);
	press(&w, 'K');
	end_child(&w);
	look(&w);
	cr_assert(shows(&w, "The target changed: the newest look does not have this lock any more."));
	press(&w, LK_KEY_ENTER);
	cr_assert_eq(*w.n_changes, 0);
	cr_assert(shows(&w, "target changed since you looked: process"));
	press(&w, LK_KEY_ESC);
	/* What is left of the row is a ghost. */
	press(&w, 'K');
	cr_assert_null(lk_pane_top(w.t));
	cr_assert(shows(&w, "lock released"));
	end(&w);
}

Test(tui_dialog, a_lock_that_was_let_go_of_is_refused)
{
	struct world w;
	char c;

	begin(&w);
	press(&w, 'K');
	cr_assert_eq(write(w.go, "x", 1), 1);
	cr_assert_eq(read(w.ready, &c, 1), 1);
	press(&w, LK_KEY_ENTER);
	cr_assert_eq(*w.n_changes, 0);
	cr_assert(shows(&w, "the lock is no longer on descriptor"));
	end(&w);
}

Test(tui_dialog, what_was_begun_is_finished_without_its_dialog)
{
	struct world w;
	int status;

	begin(&w);
	w.hold = true;
	press(&w, 'K');
	press(&w, LK_KEY_ENTER);
	cr_assert(shows(&w, "the plan is still being made"));
	run_jobs(&w);
	cr_assert(!shows(&w, "still being made"), "it was true while it was made");
	cr_assert_eq(*w.n_changes, 0, "Enter before the plan was seen sends nothing, then or later");
	press(&w, LK_KEY_ENTER);
	press(&w, LK_KEY_ESC);
	cr_assert_null(lk_pane_top(w.t));
	run_jobs(&w);
	cr_assert_eq(*w.n_changes, 1);
	cr_assert_not_null(w.t->message);
	cr_assert(is_noted(&w, "SIGNAL"));
	status = status_of_child(&w);
	cr_assert(WIFSIGNALED(status));
	/* And a plan that nobody waits for any more does nothing. */
	press(&w, 'X');
	press(&w, LK_KEY_ESC);
	run_jobs(&w);
	end(&w);
}

Test(tui_dialog, read_only_refuses)
{
	static const char keys[] = "KXD";
	struct world w;

	begin(&w);
	w.t->can_act = false;
	w.t->cannot_act = "read-only mode";
	for (size_t i = 0; keys[i]; i++) {
		press(&w, (lk_press)keys[i]);
		cr_assert_null(lk_pane_top(w.t));
		cr_assert(shows(&w, "read-only mode"));
	}
	lk_do_signal(w.t);
	lk_do_release(w.t);
	lk_do_delete(w.t);
	lk_do_rename(w.t);
	cr_assert_null(lk_pane_top(w.t), "also when they are called past the table");
	/* It can turn out while a dialog is open. */
	w.t->can_act = true;
	press(&w, 'K');
	w.t->can_act = false;
	press(&w, LK_KEY_ENTER);
	cr_assert(shows(&w, "Nothing is sent: read-only mode"));
	cr_assert_eq(*w.n_changes, 0);
	end(&w);
}

/* ---- release ---- */

Test(tui_dialog, enter_on_cancel_changes_nothing)
{
	static const char keys[] = "XD";
	struct world w;

	begin(&w);
	for (size_t i = 0; keys[i]; i++) {
		press(&w, (lk_press)keys[i]);
		cr_assert_not_null(lk_pane_top(w.t));
		cr_assert(shows(&w, "> [ Cancel ]"));
		press(&w, LK_KEY_ENTER);
		cr_assert_null(lk_pane_top(w.t));
	}
	cr_assert_eq(*w.n_changes, 0);
	cr_assert(is_locked(&w));
	cr_assert_eq(access(w.path, F_OK), 0);
	end(&w);
}

/* From Cancel: the button that acts, then the choices from the top. */
static void choose_duplicate(struct world *w)
{
	press(w, 'X');
	for (int i = 0; i < 4; i++)
		press(w, LK_KEY_TAB);
	press(w, ' ');
}

Test(tui_dialog, release_wants_the_number_typed)
{
	struct world w;
	char number[16];

	begin(&w);
	choose_duplicate(&w);
	cr_assert(shows(&w, "DANGER: process"));
	cr_assert(shows(&w, "(*) unlock its open file with pidfd_getfd"));
	cr_assert(shows(&w, "unlock inside the process (ptrace) [POSIX only; this is not]"));
	/* Back to the button, without a number. */
	press(&w, LK_KEY_BACK_TAB);
	press(&w, LK_KEY_BACK_TAB);
	press(&w, LK_KEY_BACK_TAB);
	cr_assert(shows(&w, "> [ Release ]"));
	press(&w, LK_KEY_ENTER);
	cr_assert(shows(&w, "type the number of the process that loses its lock"));
	cr_assert_eq(*w.n_changes, 0);
	/* The field stands before Cancel. */
	press(&w, LK_KEY_BACK_TAB);
	press(&w, LK_KEY_BACK_TAB);
	snprintf(number, sizeof(number), "%d", (int)w.pid);
	type(&w, number);
	press(&w, LK_KEY_TAB);
	press(&w, LK_KEY_TAB);
	press(&w, LK_KEY_ENTER);
	cr_assert_eq(*w.n_changes, 1);
	cr_assert(shows(&w, "released: the lock; nobody else has it now."));
	cr_assert(!is_locked(&w));
	cr_assert_eq(waitpid(w.pid, NULL, WNOHANG), 0, "the process lives on");
	cr_assert(is_noted(&w, "RELEASE"));
	/* That the lock is gone is its success. */
	look(&w);
	cr_assert(shows(&w, "released: the lock; nobody else has it now."));
	cr_assert(!shows(&w, "The target changed"));
	end(&w);
}

Test(tui_dialog, asking_is_a_signal)
{
	struct world w;
	int status;

	begin(&w);
	press(&w, 'X');
	for (int i = 0; i < 3; i++)
		press(&w, LK_KEY_TAB);
	press(&w, ' ');
	cr_assert(shows(&w, "Send SIGTERM to process"));
	for (int i = 0; i < 2; i++)
		press(&w, LK_KEY_BACK_TAB);
	cr_assert(shows(&w, "> [ Send SIGTERM ]"));
	cr_assert_eq(*w.n_changes, 0);
	press(&w, LK_KEY_ENTER);
	cr_assert_eq(*w.n_changes, 1);
	status = status_of_child(&w);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	cr_assert(is_noted(&w, "SIGNAL") && !is_noted(&w, "RELEASE"));
	end(&w);
}

/* ---- wait ---- */

Test(tui_dialog, waiting_tells)
{
	struct lk_subject s;
	struct world w;
	char c;

	begin(&w);
	lk_tui_subject(w.t, &s);
	press(&w, 'X');
	press(&w, LK_KEY_TAB);
	cr_assert(shows(&w, "> [ Wait ]"));
	press(&w, LK_KEY_ENTER);
	cr_assert_null(lk_pane_top(w.t));
	cr_assert(lk_watch_target_has(w.t, s.frame, s.lock));
	look(&w);
	cr_assert(!is_noted(&w, "FREE"));
	/* Stopped, and begun again. */
	lk_do_wait(w.t);
	cr_assert(shows(&w, "You are waiting for this lock already."));
	press(&w, LK_KEY_TAB);
	press(&w, LK_KEY_ENTER);
	lk_tui_subject(w.t, &s);
	cr_assert(!lk_watch_target_has(w.t, s.frame, s.lock));
	lk_do_wait(w.t);
	press(&w, LK_KEY_TAB);
	press(&w, LK_KEY_ENTER);
	cr_assert_eq(write(w.go, "x", 1), 1);
	cr_assert_eq(read(w.ready, &c, 1), 1);
	w.t->paused = true;
	for (int i = 0; i < 4 && !is_noted(&w, "FREE"); i++)
		look(&w);
	cr_assert(is_noted(&w, "FREE"), "also while the list stands still");
	cr_assert(strncmp(w.t->message, "Free", 4) == 0 && strstr(w.t->message, ": the flock write lock on "), "%s",
		  w.t->message);
	end(&w);
}

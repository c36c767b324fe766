/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Wait dialog. Waiting for a lock holds nothing up: each new look is checked, and a message says when the lock is gone. */
#include "base/alloc.h"
#include "tui/dialog/dialog.h"
#include "tui/frame/watch_target.h"

enum { START = 1, STOP };

struct wait_dialog {
	struct lk_dialog d;
	const struct lk_frame *frame; /* held */
	const struct lk_lock *lock; /* in it */
};

static void fill(struct lk_dialog *d, struct lk_tui *t)
{
	const struct wait_dialog *w = (struct wait_dialog *)d;

	lk_text_add(
		&d->body, LK_STYLE_PLAIN, "%s",
		lk_watch_target_has(t, w->frame, w->lock)
			? "You are waiting for this lock already."
			: "Nothing is locked and nobody is held up: each refresh is asked whether the lock is still "
			  "there, and the line above the keys says when it is gone. You go on meanwhile.");
}

static unsigned press(struct lk_dialog *d, struct lk_tui *t, struct lk_control *button)
{
	struct wait_dialog *w = (struct wait_dialog *)d;

	if (button->id == STOP) {
		lk_watch_target_stop(t, w->frame, w->lock);
		lk_tui_say(t, LK_STYLE_WORDS, "You are not waiting for the lock any more.");
	} else {
		lk_watch_target_add(t, w->frame, w->lock);
		lk_tui_say(t, LK_STYLE_GOOD, "You will be told here when the lock is free.");
	}
	return lk_pane_close(t, &d->pane);
}

static void free_dialog(struct lk_dialog *d)
{
	lk_frame_drop(((struct wait_dialog *)d)->frame);
}

static const struct lk_dialog_ops dialog_ops = { .press = press, .fill = fill, .free = free_dialog };
static const struct lk_pane_ops pane_ops = LK_DIALOG_PANE_OPS("wait", "Tab next   Enter press the button   Esc cancel");

static void fill_dialog(struct wait_dialog *w, struct lk_tui *t)
{
	lk_buf lock = { 0 };
	bool has = lk_watch_target_has(t, w->frame, w->lock);

	lk_dialog_put_lock(t, w->lock, &lock);
	lk_text_add(&w->d.head, LK_STYLE_BRIGHT, "Wait for %s", lk_buf_str(&lock));
	lk_vec_done(&lock);
	if (w->lock->proc)
		lk_dialog_head_process(&w->d, t, w->frame, w->lock->proc, false);
	lk_dialog_add(&w->d, LK_CONTROL_BUTTON, LK_BUTTON_CANCEL, "Cancel");
	lk_dialog_add(&w->d, LK_CONTROL_BUTTON, has ? STOP : START, "%s", has ? "Stop waiting" : "Wait");
}

static unsigned open_dialog(struct lk_tui *t, const struct lk_subject *s)
{
	struct wait_dialog *w = lk_alloc(1, sizeof(*w));

	w->d = (struct lk_dialog){ .pane = { .ops = &pane_ops, .title = "Wait" }, .ops = &dialog_ops };
	w->frame = lk_frame_hold(s->frame);
	w->lock = s->lock;
	w->d.row = lk_frame_row(s->frame, s->lock);
	fill_dialog(w, t);
	return lk_dialog_open(t, &w->d);
}

unsigned lk_do_wait(struct lk_tui *t)
{
	struct lk_subject s;
	const char *why;

	lk_tui_subject(t, &s);
	if (!lk_dialog_is_there(t, &s, "Wait"))
		return LK_DIRTY_PAINT;
	why = lk_watch_target_why_not(&s);
	if (!why)
		return open_dialog(t, &s);
	return lk_tui_say(t, LK_STYLE_ALARM, "Wait: not possible, %s.", why);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lock in a few words, for terminals where a sentence would lose what matters. */
#include "tui/words.h"

#define NAMES_W 50 /* from this many cells on there is room for names */

static int put_owner(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out)
{
	if (l->proc && t->w >= NAMES_W)
		return lk_words_put_process(l->proc, 0, out);
	return l->pid > 0 ? lk_buf_printf(out, "%d", l->pid) : lk_buf_puts(out, "?");
}

static int put_holding(const struct lk_lock *l, lk_buf *out)
{
	/* By pid. */
	bool shared = l->n_holders > 1 && l->holders[l->n_holders - 1].pid != l->holders[0].pid;
	int rc = lk_buf_puts(out, shared ? " and others hold " : " holds ");

	rc = rc ? rc : lk_words_file(l->file, out);
	if (!rc && l->n_blocks)
		rc = lk_buf_printf(out, ": %zu wait%s", l->n_blocks, l->n_blocks == 1 ? "s" : "");
	return rc;
}

static int put_waiting(const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l, lk_buf *out)
{
	const struct lk_lock *by = l->n_blocked_by ? l->blocked_by[0] : l->root;
	bool at_least;
	int64_t age = lk_frame_age_ms(f, l, lk_tui_now_of(t, f), &at_least);
	int rc = lk_buf_puts(out, age < 0 ? " waits" : " waits ");

	rc = rc ? rc : lk_tui_age_text(age, at_least, out);
	rc = rc ? rc : lk_buf_puts(out, " for ");
	rc = rc ? rc : by ? put_owner(t, by, out) : lk_words_file(l->file, out);
	if (!rc && l->n_blocked_by > 1)
		rc = lk_buf_printf(out, " and %zu more", l->n_blocked_by - 1);
	return rc;
}

int lk_words_brief(const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l, lk_buf *out)
{
	int rc = put_owner(t, l, out);

	if (!rc)
		rc = lk_lock_is_waiting(l) ? put_waiting(t, f, l, out) : put_holding(l, out);
	return rc || !l->deadlock ? rc : lk_buf_puts(out, " (deadlock)");
}

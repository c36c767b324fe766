/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom an action is for, where the selected row does not say it: somebody who waits would not be helped by ending himself. */
#include "tui/dialog/whom.h"

#include <stdlib.h>

#include "tui/dialog/dialog.h"
#include "words/forest.h"
#include "words/words.h"

#define MOST_NAMED 8 /* blockers, or processes of a circle, that are offered */

/* Appends to *ret; the text is the buffer's from now on. */
static void add(lk_menu_targets *ret, lk_buf *text, struct lk_subject about)
{
	lk_buf_str(text);
	*lk_vec_push(ret) = (struct lk_menu_target){ text->v, about };
}

/* "the holder pg_dump[2211] is in its way" */
static void add_blocker(lk_menu_targets *ret, const struct lk_frame *f, const struct lk_lock *by)
{
	struct lk_subject about = { .frame = f };
	size_t n = lk_lock_n_processes(by);
	lk_buf b = { 0 };

	lk_subject_set_lock(&about, by);
	about.holder = n == 1 ? by->holders : NULL;
	if (!n) {
		lk_buf_puts(&b, LK_WORDS_UNSEEN_HOLDER " is in its way");
	} else {
		lk_buf_printf(&b, "the holder%s ", n == 1 ? "" : "s");
		lk_words_put_process(by->holders[0].proc, 0, &b);
		if (n > 1)
			lk_buf_printf(&b, " and %zu other%s", n - 1, n == 2 ? "" : "s");
		lk_buf_puts(&b, n == 1 ? " is in its way" : " are in its way");
	}
	add(ret, &b, about);
}

static void add_of_request(lk_menu_targets *ret, const struct lk_subject *s)
{
	const struct lk_lock *l = s->lock;
	lk_buf b = { 0 };

	for (size_t i = 0; i < l->n_blocked_by && i < MOST_NAMED; i++)
		add_blocker(ret, s->frame, l->blocked_by[i]);
	if (!ret->n && l->root)
		add_blocker(ret, s->frame, l->root);
	if (l->proc)
		lk_words_put_process(l->proc, 0, &b);
	else
		lk_buf_puts(&b, LK_WORDS_UNSEEN);
	lk_buf_puts(&b, ", which waits itself");
	add(ret, &b, *s);
}

/* Those who alone could end the circle; where one is not enough, all of them. */
static void add_of_cycle(lk_menu_targets *ret, const struct lk_subject *s)
{
	const struct lk_cycle *c = s->cycle;
	const int *pids = c->n_breakers ? c->breakers : c->pids;
	size_t n = c->n_breakers ? c->n_breakers : c->n_pids;

	for (size_t i = 0; i < n && i < MOST_NAMED; i++) {
		const struct lk_proc *p = lk_snapshot_proc(s->frame->snap, pids[i]);
		lk_buf b = { 0 };

		if (!p)
			continue;
		lk_words_put_process(p, 0, &b);
		lk_words_put_freed(&b, s->frame->snap, pids[i]);
		add(ret, &b, (struct lk_subject){ .frame = s->frame, .proc = p });
	}
}

unsigned lk_whom_ask(struct lk_tui *t, const char *title, const struct lk_subject *s, lk_subject_fn act)
{
	lk_menu_targets targets = { 0 };

	if (s->lock && lk_lock_is_waiting(s->lock))
		add_of_request(&targets, s);
	else if (s->cycle && act == lk_signal_open)
		add_of_cycle(&targets, s);
	if (targets.n > (s->lock ? 1 : 0))
		return lk_menu_of_targets(t, title, s->frame, &targets, act);
	/* Only the one who waits is known. */
	for (size_t i = 0; i < targets.n; i++)
		free(targets.v[i].text);
	lk_vec_done(&targets);
	return act(t, s);
}

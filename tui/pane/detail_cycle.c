/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The detail of a circle of processes that wait for each other. */
#include "tui/core/words.h"
#include "tui/pane/detail.h"
#include "words/forest.h"
#include "words/words.h"

static void put_member(struct lk_maker *m, const struct lk_tui *t, const struct lk_subject *s, const struct lk_lock *l)
{
	const struct lk_proc *p = l->proc;

	lk_maker_line(m, NULL);
	lk_words_put_lock(t, s->frame, l, &m->line);
	if (p && (p->unit || p->user_unit))
		lk_maker_put(m, "  (%s%s)", p->user_unit ? "user unit " : "unit ",
			     p->user_unit ? p->user_unit : p->unit);
}

static void put_choices(struct lk_maker *m, const struct lk_subject *s)
{
	const struct lk_cycle *c = s->cycle;

	lk_maker_line(m, NULL);
	lk_words_advise_cycle(&m->line, c);
	for (size_t i = 0; i < c->n_pids; i++) {
		const struct lk_proc *p = lk_snapshot_proc(s->frame->snap, c->pids[i]);

		if (!p)
			continue;
		lk_maker_line(m, NULL);
		lk_words_put_process(p, 0, &m->line);
		lk_words_put_freed(&m->line, s->frame->snap, c->pids[i]);
	}
}

void lk_detail_cycle(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret)
{
	struct lk_maker m = { .text = ret };

	lk_maker_title(&m, "They wait for each other");
	for (size_t i = 0; i < s->cycle->n_rows; i++) {
		if (lk_lock_is_waiting(s->cycle->rows[i]))
			put_member(&m, t, s, s->cycle->rows[i]);
	}
	lk_maker_title(&m, "What would end it");
	put_choices(&m, s);
	lk_maker_done(&m);
}

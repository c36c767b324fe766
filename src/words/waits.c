/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting processes, and events, in the words that command line and screen share. */
#include "words/waits.h"

#include "table/get.h"
#include "words/words.h"

#define NAMED_MAX 4 /* processes in a sentence */

void lk_words_put_pids(lk_buf *b, const int *pids, size_t n, const char *last_word, const char *more)
{
	size_t shown = n > NAMED_MAX ? NAMED_MAX : n;

	for (size_t i = 0; i < shown; i++)
		lk_buf_printf(b, "%s%d", i == 0 ? "" : i == n - 1 ? last_word : ", ", pids[i]);
	if (n > shown)
		lk_buf_printf(b, "%s%s%zu more", last_word, more, n - shown);
}

void lk_words_put_thread(lk_buf *b, int pid, int tid)
{
	lk_buf_printf(b, "%d", pid);
	if (tid > 0 && tid != pid)
		lk_buf_printf(b, "/%d", tid);
}

void lk_words_put_member(lk_buf *b, const struct lk_proc *p, int tid)
{
	lk_words_put_thread(b, p->pid, tid);
	if (p->comm)
		lk_buf_printf(b, " %s", p->comm);
}

/* ---- events ---- */

const char *lk_words_event(enum lk_event_kind kind)
{
	static const char *const words[] = { "GAP",     "RELEASED", "GAVE_UP",  "DEADLOCK_OVER", "BREAKING",
					     "CHANGED", "GRANTED",  "ACQUIRED", "WAITING",       "DEADLOCK" };

	return words[kind];
}

/* "processes 11 and 12 wait for each other and cannot go on; …" */
static void put_circle(lk_buf *b, const struct lk_event *ev)
{
	const struct lk_cycle *c = ev->cycle;

	lk_buf_puts(b, c->n_pids == 1 ? "process " : "processes ");
	lk_words_put_pids(b, c->pids, c->n_pids, " and ", "");
	if (ev->kind == LK_EVENT_DEADLOCK_OVER) {
		lk_buf_puts(b, " no longer wait in a circle");
		return;
	}
	lk_buf_puts(b, c->n_pids == 1 ? " waits for itself" : " wait for each other and cannot go on");
	if (!c->n_breakers || c->n_pids == 1)
		return;
	lk_buf_puts(b, "; the others could if one went: ");
	lk_words_put_pids(b, c->breakers, c->n_breakers, " or ", "one of ");
}

static void put_behind(lk_buf *b, const struct lk_lock *l)
{
	lk_ints pids = { 0 };

	lk_lock_blockers(l, &pids);
	if (pids.n)
		lk_buf_puts(b, " behind ");
	lk_words_put_pids(b, pids.v, pids.n, ", ", "and ");
	lk_vec_done(&pids);
}

/* The mode and range that the lock had before, where they were others. */
static void put_was(lk_buf *b, const struct lk_lock *was, const struct lk_lock *l)
{
	bool mode = was->rec.mode != l->rec.mode || was->rec.break_to != l->rec.break_to;
	bool range = lk_range_compare(was->rec.range, l->rec.range) != 0;

	if (!mode && !range)
		return;
	lk_buf_puts(b, " (was ");
	if (mode)
		lk_text_mode(&(struct lk_row){ .lock = was }, true, b);
	lk_buf_puts(b, mode && range ? " " : "");
	if (range)
		lk_range_brief(was->rec.range, b);
	lk_buf_puts(b, ")");
}

static const char *how_of(const struct lk_lock *l)
{
	if (lk_lock_is_waiting(l) || l->how == LK_HOW_EXACT)
		return "";
	if (l->how == LK_HOW_RECORDED)
		return " (only the recorded process)";
	return l->how == LK_HOW_AMBIGUOUS ? " (one of several files or holders)" : " (holder not found)";
}

static const char *doubt_of(const struct lk_event *ev)
{
	if (ev->kind == LK_EVENT_RELEASED && !ev->certain)
		return " (or no longer visible)";
	if (ev->kind == LK_EVENT_GAVE_UP && !ev->certain)
		return " (or held it between two looks)";
	return "";
}

void lk_words_put_event(lk_buf *b, const struct lk_event *ev)
{
	if (!ev->lock) {
		lk_buf_puts(b, ev->text);
		return;
	}
	if (ev->cycle) {
		put_circle(b, ev);
		return;
	}
	if (ev->kind == LK_EVENT_WAITING)
		put_behind(b, ev->lock);
	/* What was granted has the mode and range of the request. */
	if (ev->before && ev->kind != LK_EVENT_GRANTED)
		put_was(b, ev->before, ev->lock);
	lk_buf_puts(b, how_of(ev->lock));
	lk_buf_puts(b, doubt_of(ev));
}

int64_t lk_words_event_ms(const struct lk_event *ev)
{
	if (ev->kind == LK_EVENT_GAP)
		return ev->gap_ms;
	return ev->waited_ms >= 0 ? ev->waited_ms : ev->held_ms;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits, deadlocks, and what would end them, in the words that command line and screen share. */
#include "words/waits.h"

#include "table/get.h"
#include "words/words.h"

enum {
	NAMED_MAX = 4, /* processes in a sentence */
	STOPPED_MAX = 3,
};

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

bool lk_words_put_short_kind(lk_buf *b, const struct lk_lock *l)
{
	lk_text_type(&(struct lk_row){ .lock = l }, true, b);
	lk_buf_printf(b, " %c", "RW??"[l->rec.mode]);
	return l->rec.type == LK_TYPE_POSIX || l->rec.type == LK_TYPE_OFD || !lk_range_is_whole(l->rec.range);
}

/* ---- the top of a tree ---- */

size_t lk_words_put_root_owner(lk_buf *b, const struct lk_lock *l)
{
	size_t n = lk_lock_n_processes(l);

	if (!n && !l->proc) {
		lk_buf_puts(b, l->n_because ? "(owner not visible, perhaps: " : "(owner not visible");
		lk_words_put_reasons(l, b);
		lk_buf_puts(b, ")");
		return 0;
	}
	lk_words_put_member(b, n ? l->holders[0].proc : l->proc, 0);
	if (n > 1)
		lk_buf_printf(b, " and %zu more", n - 1);
	lk_note_state(&(struct lk_row){ .lock = l }, b);
	if (!n)
		lk_buf_puts(b, " (recorded, not proven)");
	return n;
}

const char *lk_words_unseen_root(const struct lk_tree_node *top)
{
	return top->lock->state == LK_STATE_STOPPED_WAITING ? "(nothing is in the way any more)"
							    : "(owner not visible: nor is its lock)";
}

static size_t put_stopped(lk_buf *b, const struct lk_proc *p, const char *before)
{
	if (!lk_proc_is_stopped(p))
		return 0;
	if (p->state == 'T')
		lk_buf_printf(b, "%s%d is stopped: SIGCONT lets it go on (lockscope signal -s CONT %d).", before,
			      p->pid, p->pid);
	else
		lk_buf_printf(b, "%s%d is stopped while it is traced: its debugger has to let it go on.", before,
			      p->pid);
	return 1;
}

size_t lk_words_put_stopped(lk_buf *b, const struct lk_tree_node *top, const char *before)
{
	const struct lk_lock *l = top->lock;
	size_t n = 0;

	if (top->kind == LK_TREE_UNSEEN && l->state == LK_STATE_STOPPED_WAITING && l->pid > 0) {
		lk_buf_printf(b, "%sNothing is in the way of %d, which was stopped: SIGCONT lets it go on.", before,
			      l->pid);
		return 1;
	}
	for (size_t i = 0; top->kind == LK_TREE_LOCK && i < l->n_holders && n < STOPPED_MAX; i++) {
		if (!i || l->holders[i].pid != l->holders[i - 1].pid)
			n += put_stopped(b, l->holders[i].proc, n ? " " : before);
	}
	if (top->kind == LK_TREE_LOCK && !l->n_holders && l->proc)
		n += put_stopped(b, l->proc, before);
	return n;
}

/* ---- cycles ---- */

void lk_words_put_verdict(lk_buf *b, const struct lk_cycle *c)
{
	if (c->dead)
		lk_buf_puts(b, "cannot resolve by itself");
	else if (c->escape_pid)
		lk_buf_printf(b, "but PID %d could still release", c->escape_pid);
	else
		lk_buf_puts(b, "but it can still resolve");
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

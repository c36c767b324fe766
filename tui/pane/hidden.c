/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pane of blind spots: what could not be seen, why, and what would help. */
#include <errno.h>
#include <string.h>

#include "source/host/rights.h"
#include "source/unread.h"
#include "tui/core/app.h"

static void put_failure(struct lk_maker *m, const struct lk_tui *t)
{
	if (!t->failed)
		return;
	lk_maker_title(m, "The newest look failed");
	lk_maker_note(m, "%s", lk_err_text(&t->failed->failure));
	if (t->frame)
		lk_maker_note(m, "What is shown is the look before it. The next one is made as usual.");
}

static bool is_refusal(const struct lk_problem *p)
{
	return p->code == -EACCES || p->code == -EPERM;
}

static const char *advice(const struct lk_problem *p, const struct lk_tui *t)
{
	bool live = t->frame->snap->host.live;

	if (is_refusal(p))
		return live ? lk_rights_advice(LK_RIGHT_LOOK)
			    : "Whoever looked was not allowed to; it has to be looked at again, as root.";
	if (p->code == -ETIMEDOUT)
		return "Something did not answer in time: --scan-timeout gives it more.";
	return NULL;
}

/* Not for one process: p->text names it already. */
static void put_processes(struct lk_maker *m, const struct lk_problem *p)
{
	lk_buf b = { 0 };

	if (p->count <= 1 || !p->n_unread)
		return;
	lk_unread_put(&b, p->unread, p->n_unread, p->count);
	lk_maker_line(m, "");
	lk_maker_put(m, "%s", lk_buf_str(&b));
	lk_vec_done(&b);
}

static void put_problem(struct lk_maker *m, const struct lk_tui *t, const struct lk_problem *p)
{
	const char *what_to_do = advice(p, t);

	lk_maker_line(m, lk_unread_word(p->what));
	lk_maker_put(m, "%s", p->text ? p->text : "could not be read");
	if (p->code) {
		lk_maker_line(m, "");
		lk_maker_put(m, "%s: %s", lk_err_name(p->code), strerror(-p->code));
		if (p->count > 1)
			lk_maker_put(m, ", %zu times", p->count);
	}
	put_processes(m, p);
	lk_maker_line(m, "");
	lk_maker_put(m, "%s", p->hides_locks ? "Holders or requests may be hidden by this." : "It hides no lock.");
	if (what_to_do) {
		lk_maker_line(m, "");
		lk_maker_put(m, "%s", what_to_do);
	}
}

/* Locks without a proven holder, and requests without a known waiter. */
static void put_nameless(struct lk_maker *m, const struct lk_snapshot *s)
{
	size_t held = 0, waiting = 0;

	for (size_t i = 0; i < s->n_locks; i++) {
		const struct lk_lock *l = &s->locks[i];

		held += !lk_lock_is_waiting(l) && !l->n_holders;
		waiting += lk_lock_is_waiting(l) && !l->waiter;
	}
	if (held)
		lk_maker_note(m, "%zu %s no proven holder. The detail of each (Enter) says what remains possible.",
			      held, held == 1 ? "lock has" : "locks have");
	if (waiting)
		lk_maker_note(m, "%zu %s of processes that are not visible.", waiting,
			      waiting == 1 ? "request is" : "requests are");
}

static void put_limits(struct lk_maker *m, const struct lk_snapshot *s)
{
	const struct lk_fact_host *h = &s->host;

	lk_maker_title(m, "What this look can tell");
	if (s->complete)
		lk_maker_note(m, "It is complete: nothing that could not be read could change what is shown.");
	else
		lk_maker_note(m, "It is not complete: what is listed below could change it.");
	if (s->locks_proven)
		lk_maker_note(m, "Every lock is in the list: a file that is not in it is not locked on this host.");
	else
		lk_maker_note(m, "A file that is not in the list may be locked all the same.");
	if (!h->initial_pidns)
		lk_maker_note(m, "This is not the first pid namespace: locks of processes outside of it are not seen.");
	if (!h->has_locks_file)
		lk_maker_note(m, "The kernel's own list of locks could not be read.");
	put_nameless(m, s);
	lk_maker_note(m, "%s",
		      "Only requests that sleep are seen. A program that tries again and again, as SQLite does when it "
		      "is busy, is not among them: nobody waiting does not mean that nobody is held up.");
}

static bool fill(struct lk_tui *t, void *arg, struct lk_text *ret)
{
	struct lk_maker m = { .text = ret, .cells = 12 };
	const struct lk_snapshot *s = t->frame ? t->frame->snap : NULL;

	(void)arg;
	put_failure(&m, t);
	if (!s) {
		lk_maker_note(&m, "There was no look yet.");
		lk_maker_done(&m);
		return true;
	}
	put_limits(&m, s);
	lk_maker_title(&m, "What could not be read");
	for (size_t i = 0; i < s->n_problems; i++)
		put_problem(&m, t, &s->problems[i]);
	if (!s->n_problems && s->end.n_unreadable)
		lk_maker_note(&m, "%zu of %zu processes, which hide nothing here.", s->end.n_unreadable,
			      s->end.n_procs);
	else if (!s->n_problems)
		lk_maker_note(&m, "Nothing.");
	lk_maker_done(&m);
	return true;
}

unsigned lk_do_hidden(struct lk_tui *t)
{
	return lk_text_open(t, "Blind spots: what could not be seen, and why", fill, NULL);
}

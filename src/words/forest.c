/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forest of waits in the words that command line and screen share. */
#include "words/forest.h"

#include "table/get.h"
#include "words/waits.h"
#include "words/words.h"

#define STOPPED_MAX 3 /* sentences about one lock */

void lk_words_line_done(struct lk_words_line *line)
{
	lk_vec_done(&line->before);
	lk_vec_done(&line->path);
	lk_vec_done(&line->after);
}

/* ---- parts of lines ---- */

static void put_gap(lk_buf *b, const struct lk_words_manner *m)
{
	if (m->pad)
		m->pad(m->arg, b);
	else
		lk_buf_puts(b, " ");
}

static int64_t age_of(const struct lk_lock *l, const struct lk_words_manner *m, bool *ret_at_least)
{
	*ret_at_least = false;
	return m->age_ms ? m->age_ms(m->arg, l, ret_at_least) : l->wait_ms;
}

/* ", oldest at least 3m12s"; nothing if the age is not known. */
static void put_age(lk_buf *b, const char *before, int64_t ms, bool at_least, const struct lk_words_manner *m)
{
	if (ms < 0)
		return;
	lk_buf_printf(b, "%s%s", before, m->brief ? "" : "at least ");
	lk_age_text(ms, m->brief && at_least, b);
}

static bool has_range(const struct lk_lock *l)
{
	return l->rec.type == LK_TYPE_POSIX || l->rec.type == LK_TYPE_OFD || !lk_range_is_whole(l->rec.range);
}

static void put_range(lk_buf *b, const struct lk_lock *l, const struct lk_words_manner *m)
{
	char range[LK_RANGE_TEXT];

	lk_buf_puts(b, " ");
	if (m->put_range)
		m->put_range(m->arg, l, b);
	else if (m->brief)
		lk_range_brief(l->rec.range, b);
	else
		lk_buf_puts(b, lk_range_format(l->rec.range, range));
}

void lk_words_put_kind(lk_buf *b, const struct lk_lock *l, const struct lk_words_manner *m)
{
	struct lk_row row = { .lock = l };

	lk_text_type(&row, true, b);
	lk_buf_puts(b, " ");
	if (m->brief)
		lk_buf_add(b, &"RW??"[l->rec.mode], 1);
	else
		lk_text_mode(&row, true, b);
	if (l->state == LK_STATE_BREAKING) {
		lk_buf_puts(b, " (");
		lk_break_text(l, b);
		lk_buf_puts(b, ")");
	} else if (has_range(l)) {
		put_range(b, l, m);
	}
}

/* ---- cycles ---- */

/* "cannot resolve by itself", "but PID 12 could still release" */
static void put_verdict(lk_buf *b, const struct lk_cycle *c)
{
	if (c->dead)
		lk_buf_puts(b, "cannot resolve by itself");
	else if (c->escape_pid)
		lk_buf_printf(b, "but PID %d could still release", c->escape_pid);
	else
		lk_buf_puts(b, "but it can still resolve");
}

/* The cycle is as old as the latest of its requests. */
static int64_t cycle_age(const struct lk_cycle *c, const struct lk_words_manner *m, bool *ret_at_least)
{
	int64_t age = -1;

	for (size_t i = 0; i < c->n_rows; i++) {
		bool at_least;
		int64_t ms = lk_lock_is_waiting(c->rows[i]) ? age_of(c->rows[i], m, &at_least) : -1;

		if (ms >= 0 && (age < 0 || ms < age))
			age = ms, *ret_at_least = at_least;
	}
	return age;
}

static void put_cycle(lk_buf *b, const struct lk_cycle *c, const struct lk_words_manner *m)
{
	bool at_least = false;
	int64_t age = cycle_age(c, m, &at_least);

	lk_buf_puts(b, "CYCLE");
	if (c->dead)
		lk_buf_printf(b, " %u", c->number);
	lk_buf_printf(b, ": %zu process%s", c->n_pids, c->n_pids == 1 ? "" : "es");
	put_age(b, ", ", age, at_least, m);
	lk_buf_puts(b, ", ");
	put_verdict(b, c);
}

void lk_words_put_way_out(lk_buf *b, const struct lk_cycle *c)
{
	if (!c->dead) {
		lk_buf_printf(b, "no deadlock: %s", c->escape ? c->escape : "it can still resolve");
	} else if (c->n_breakers) {
		lk_buf_puts(b, "ends if ");
		lk_words_put_pids(b, c->breakers, c->n_breakers, " or ", "one of ");
		lk_buf_puts(b, " goes");
	} else {
		lk_buf_puts(b, "takes more than one process to end");
	}
}

void lk_words_put_possible(lk_buf *b, size_t n)
{
	lk_buf_printf(b, "%zu possible circle%s (holders recorded, not proven)", n, n == 1 ? "" : "s");
}

void lk_words_put_freed(lk_buf *b, const struct lk_snapshot *s, int pid)
{
	size_t n = lk_forest_freed_by(s, &pid, 1);

	if (n)
		lk_buf_printf(b, ": if it ends, %zu request%s can go on", n, n == 1 ? "" : "s");
	else
		lk_buf_puts(b, ": if it alone ends, nobody can go on");
}

/* ---- the tops of trees ---- */

/* "2211 pg_dump and 2 more (stopped)", "2211 pg_dump (recorded, not proven)", "(owner not visible, perhaps: kept by the kernel)". Returns
 * how many processes hold the lock; 0: none is proven. */
static size_t put_owner(lk_buf *b, const struct lk_lock *l)
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

static const char *unseen_owner(const struct lk_tree_node *top)
{
	return top->lock->state == LK_STATE_STOPPED_WAITING ? "(nothing is in the way any more)"
							    : "(owner not visible: nor is its lock)";
}

static void put_root(struct lk_words_line *line, const struct lk_tree_node *top, const struct lk_words_manner *m)
{
	lk_buf *b = &line->before;

	lk_buf_puts(b, "ROOT ");
	if (top->kind == LK_TREE_LOCK) {
		size_t n = put_owner(b, top->lock);

		put_gap(b, m);
		lk_buf_puts(b, n > 1 ? "hold " : n || top->lock->proc ? "holds " : "");
		lk_words_put_kind(b, top->lock, m);
	} else {
		lk_buf_puts(b, unseen_owner(top));
	}
	lk_buf_puts(b, " ");
	lk_text_path(&(struct lk_row){ .lock = top->lock }, true, &line->path);
	lk_buf_printf(&line->after, "; %zu behind", top->n_behind);
	if (top->oldest_wait_ms >= 0)
		put_age(&line->after, ", oldest ", top->oldest_wait_ms + m->passed_ms, false, m);
}

/* ---- requests ---- */

/* "5121", "5121 and 5122", "itself" */
static void put_holders(lk_buf *b, const struct lk_lock *held, int waiter)
{
	lk_ints pids = { 0 };

	for (size_t i = 0; i < held->n_holders; i++)
		*lk_vec_push(&pids) = held->holders[i].pid;
	lk_ints_sort(&pids);
	if (pids.n == 1 && pids.v[0] == waiter)
		lk_buf_puts(b, "itself");
	else if (pids.n)
		lk_words_put_pids(b, pids.v, pids.n, " and ", "");
	else if (held->pid > 0)
		lk_buf_printf(b, "%d (recorded, not proven)", held->pid);
	else
		lk_buf_puts(b, "an owner that is not visible");
	lk_vec_done(&pids);
}

/* Adds the holders of the other locks in the way of l, but not those that hold `by` too. */
static void put_others(lk_buf *b, const struct lk_lock *l, const struct lk_lock *by)
{
	lk_ints pids = { 0 };
	size_t unseen = 0;

	for (size_t i = 0; i < l->n_blocked_by; i++) {
		const struct lk_lock *held = l->blocked_by[i];

		unseen += held != by && !held->n_holders;
		for (size_t k = 0; held != by && k < held->n_holders; k++) {
			if (!lk_lock_is_held_by(by, held->holders[k].pid))
				*lk_vec_push(&pids) = held->holders[k].pid;
		}
	}
	lk_ints_sort(&pids);
	if (pids.n || unseen)
		lk_buf_puts(b, "; also blocked by ");
	lk_words_put_pids(b, pids.v, pids.n, " and ", "");
	if (unseen)
		lk_buf_printf(b, "%san owner that is not visible", pids.n ? ", and " : "");
	lk_vec_done(&pids);
}

static bool asks_the_same(const struct lk_lock *a, const struct lk_lock *b)
{
	return a->rec.type == b->rec.type && a->rec.mode == b->rec.mode &&
	       lk_range_compare(a->rec.range, b->rec.range) == 0;
}

/* What the request waits for. The file is left out where the line above names it. */
static void put_wanted(struct lk_words_line *line, const struct lk_lock *l, const struct lk_tree_node *parent,
		       const struct lk_words_manner *m)
{
	const struct lk_lock *above = parent->lock;
	bool same_file = above && above->file == l->file;
	bool opens = l->state == LK_STATE_BREAKER;

	if (opens) {
		lk_buf_puts(&line->before, same_file ? " to open it" : " to open");
		lk_buf_printf(&line->after, " for %s", l->rec.mode == LK_MODE_READ ? "reading" : "writing");
		/* An unseen root is named after its first request, which says nothing about the lock in the way. */
	} else if (!m->brief || !same_file || parent->kind == LK_TREE_UNSEEN || !asks_the_same(above, l)) {
		lk_buf_puts(&line->before, " for ");
		lk_words_put_kind(&line->before, l, m);
	}
	if (same_file)
		return;
	lk_buf_puts(&line->before, " ");
	lk_text_path(&(struct lk_row){ .lock = l }, true, &line->path);
}

static void put_in_the_way(lk_buf *b, const struct lk_tree_node *node, const struct lk_lock *above)
{
	if (node->why == LK_TREE_QUEUED && above && above->waiter) {
		lk_buf_puts(b, ", queued behind ");
		lk_words_put_thread(b, above->pid, above->waiter->tid);
	} else if (node->by && (node->why == LK_TREE_CHAINED || !above)) {
		lk_buf_puts(b, ", held by ");
		put_holders(b, node->by, node->lock->pid);
	}
	if (node->by)
		put_others(b, node->lock, node->by);
}

void lk_words_put_waiter(lk_buf *b, const struct lk_lock *l)
{
	if (l->proc)
		lk_words_put_member(b, l->proc, l->waiter ? l->waiter->tid : 0);
	else
		lk_buf_puts(b, LK_WORDS_UNSEEN);
}

static void put_request(struct lk_words_line *line, const struct lk_forest *f, const struct lk_tree_node *node,
			const struct lk_words_manner *m)
{
	const struct lk_tree_node *parent = &f->nodes[node->parent];
	const struct lk_lock *l = node->lock;
	lk_buf *b = &line->before;
	bool at_least;
	int64_t ms = age_of(l, m, &at_least);

	lk_words_put_waiter(b, l);
	put_gap(b, m);
	if (l->state == LK_STATE_STOPPED_WAITING)
		lk_buf_puts(b, "was stopped while it waited");
	else
		lk_buf_puts(b, m->past ? "waited" : "waits");
	put_age(b, " ", ms, at_least, m);
	put_wanted(line, l, parent, m);
	put_in_the_way(&line->after, node, parent->lock);
}

void lk_words_put_node(struct lk_words_line *line, const struct lk_forest *f, const struct lk_tree_node *node,
		       const struct lk_words_manner *m)
{
	if (node->kind == LK_TREE_CYCLE)
		put_cycle(&line->before, node->cycle, m);
	else if (node->kind == LK_TREE_REQUEST)
		put_request(line, f, node, m);
	else
		put_root(line, node, m);
}

/* ---- advice ---- */

void lk_words_advise_cycle(lk_buf *b, const struct lk_cycle *c)
{
	if (c->dead)
		lk_buf_printf(b, "Deadlock %u ", c->number);
	else
		lk_buf_puts(b, "The cycle is ");
	lk_words_put_way_out(b, c);
	lk_buf_puts(b, ".");
}

void lk_words_advise_signal(lk_buf *b, const int *pids, size_t n, size_t freed)
{
	lk_buf_puts(b, "Signalling ");
	lk_words_put_pids(b, pids, n, " and ", "");
	lk_buf_printf(b, "%s would let %zu go on.", n > 1 ? " together" : "", freed);
}

void lk_words_advise_unseen(lk_buf *b, size_t n_behind)
{
	lk_buf_printf(b, "Who is in the way of %zu of these cannot be seen from here.", n_behind);
}

static size_t put_stopped(lk_buf *b, const char *before, const struct lk_proc *p)
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

size_t lk_words_advise_stopped(lk_buf *b, const struct lk_tree_node *top)
{
	const struct lk_lock *l = top->lock;
	size_t n = 0;

	if (top->kind == LK_TREE_UNSEEN && l->state == LK_STATE_STOPPED_WAITING && l->pid > 0) {
		lk_buf_printf(b, "Nothing is in the way of %d, which was stopped: SIGCONT lets it go on.", l->pid);
		return 1;
	}
	for (size_t i = 0; top->kind == LK_TREE_LOCK && i < l->n_holders && n < STOPPED_MAX; i++) {
		if (!i || l->holders[i].pid != l->holders[i - 1].pid)
			n += put_stopped(b, n ? " " : "", l->holders[i].proc);
	}
	if (top->kind == LK_TREE_LOCK && !l->n_holders && l->proc)
		n += put_stopped(b, "", l->proc);
	return n;
}

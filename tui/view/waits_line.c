/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nodes of the forest of waits as lines, and advice on what would free whom. */
#include "tui/view/waits_line.h"

#include "query/waits.h"
#include "table/get.h"
#include "tui/core/words.h"
#include "words/waits.h"
#include "words/words.h"

#define NAME_CELLS 18 /* the cell where the words behind a name begin, if the name is short enough */

/* "FLOCK W", "OFD R 0-9" */
static void put_kind(lk_buf *b, const struct lk_tui *t, const struct lk_lock *lock)
{
	if (!lk_words_put_short_kind(b, lock))
		return;
	lk_buf_puts(b, " ");
	lk_tui_range_cell(t, lock, b);
}

static void put_break(struct lk_waits_line *l, const struct lk_lock *lock)
{
	if (lock->state != LK_STATE_BREAKING)
		return;
	lk_buf_puts(&l->before, "(");
	lk_break_text(lock, &l->before);
	lk_buf_puts(&l->before, ") ");
}

/* Appends the whole path, or what helps to find the file where it is not known. */
static void put_path(struct lk_waits_line *l, const struct lk_file *f)
{
	if (f->path)
		lk_buf_printf(&l->path, "%s%s", f->path, f->deleted == LK_YES ? " (deleted)" : "");
	else
		lk_words_put_file(f, &l->path);
}

/* Appends blanks up to where the words begin. */
static void pad(struct lk_waits_line *l, const struct lk_tui *t, int indent)
{
	int cells = lk_canvas_cells(l->before.v, l->before.n, t->utf8);

	lk_buf_printf(&l->before, "%*s", indent + cells < NAME_CELLS ? NAME_CELLS - indent - cells : 1, "");
}

/* ---- cycles ---- */

/* How long the whole cycle has existed, in ms: as long as the latest of its requests; -1 unknown. */
static int64_t cycle_age_ms(const struct lk_tui *t, const struct lk_frame *f, const struct lk_cycle *c)
{
	int64_t age = -1;

	for (size_t i = 0; i < c->n_rows; i++) {
		bool at_least, first = age < 0;
		int64_t ms = lk_lock_is_waiting(c->rows[i])
				     ? lk_frame_age_ms(f, c->rows[i], lk_tui_now_of(t, f), &at_least)
				     : -1;

		if (ms >= 0 && (first || ms < age))
			age = ms;
	}
	return age;
}

static void say_cycle(struct lk_waits_line *l, const struct lk_tui *t, const struct lk_frame *f,
		      const struct lk_cycle *c)
{
	int64_t age = cycle_age_ms(t, f, c);

	l->style = c->dead ? LK_STYLE_CYCLE : LK_STYLE_BLOCKING;
	lk_buf_puts(&l->before, "CYCLE");
	if (c->dead)
		lk_buf_printf(&l->before, " %u", c->number);
	lk_buf_printf(&l->before, "  (%zu process%s, ", c->n_pids, c->n_pids == 1 ? "" : "es");
	lk_age_text(age, false, &l->before);
	lk_buf_puts(&l->before, age >= 0 ? ", " : "");
	lk_words_put_verdict(&l->before, c);
	lk_buf_puts(&l->before, ")");
}

/* The lock of the cycle that this process holds; NULL: none. */
static const struct lk_lock *held_in(const struct lk_cycle *c, int pid)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		const struct lk_lock *l = c->rows[i];

		for (size_t k = 0; k < l->n_holders && !lk_lock_is_waiting(l); k++) {
			if (l->holders[k].pid == pid)
				return l;
		}
	}
	return NULL;
}

static void say_in_cycle(struct lk_waits_line *l, const struct lk_tui *t, const struct lk_cycle *c,
			 const struct lk_tree_node *node, int indent)
{
	const struct lk_lock *held = held_in(c, node->lock->pid);

	pad(l, t, indent);
	if (held) {
		lk_buf_puts(&l->before, "holds ");
		put_kind(&l->before, t, held);
		lk_buf_puts(&l->before, " ");
		lk_words_put_file(held->file, &l->before);
		lk_buf_puts(&l->before, "   ");
	}
	lk_buf_puts(&l->before, "waits for ");
	if (!held || held->rec.type != node->lock->rec.type || held->rec.mode != node->lock->rec.mode) {
		put_kind(&l->before, t, node->lock);
		lk_buf_puts(&l->before, " ");
		lk_words_put_file(node->lock->file, &l->before);
		return;
	}
	lk_words_put_file(node->lock->file, &l->before);
	if (lk_range_is_whole(node->lock->rec.range))
		return;
	lk_buf_puts(&l->before, " ");
	lk_tui_range_cell(t, node->lock, &l->before);
}

/* ---- the tops of trees ---- */

static void say_top(struct lk_waits_line *l, const struct lk_tui *t, const struct lk_frame *f,
		    const struct lk_tree_node *node)
{
	int64_t now = lk_tui_now_of(t, f), passed = f->snap->host.live && now > f->taken_ms ? now - f->taken_ms : 0;

	l->style = node->kind == LK_TREE_LOCK && node->lock->n_holders ? LK_STYLE_BLOCKING : LK_STYLE_UNKNOWN;
	lk_buf_puts(&l->before, "ROOT ");
	if (node->kind == LK_TREE_LOCK) {
		lk_words_put_root_owner(&l->before, node->lock);
		pad(l, t, 0);
		lk_buf_puts(&l->before, " ");
		put_kind(&l->before, t, node->lock);
		lk_buf_puts(&l->before, " ");
		put_break(l, node->lock);
	} else {
		lk_buf_printf(&l->before, "%s ", lk_words_unseen_root(node));
	}
	put_path(l, node->lock->file);
	lk_buf_printf(&l->after, "   blocks %zu", node->n_behind);
	if (node->oldest_wait_ms >= 0)
		lk_buf_puts(&l->after, ", oldest ");
	lk_age_text(node->oldest_wait_ms >= 0 ? node->oldest_wait_ms + passed : -1, false, &l->after);
}

/* ---- requests ---- */

static bool asks_the_same(const struct lk_lock *a, const struct lk_lock *b)
{
	return a->rec.type == b->rec.type && a->rec.mode == b->rec.mode &&
	       lk_range_compare(a->rec.range, b->rec.range) == 0;
}

/* Appends what the request waits for, unless the line above says that already. */
static void put_wanted(struct lk_waits_line *l, const struct lk_tui *t, const struct lk_tree_node *node,
		       const struct lk_lock *above)
{
	bool same_file = above && above->file == node->lock->file;

	if (node->lock->state == LK_STATE_BREAKER)
		lk_buf_printf(&l->before, " to open it for %s",
			      node->lock->rec.mode == LK_MODE_READ ? "reading" : "writing");
	else if (!same_file || !asks_the_same(above, node->lock)) {
		lk_buf_puts(&l->before, "  ");
		put_kind(&l->before, t, node->lock);
	}
	if (same_file)
		return;
	lk_buf_puts(&l->before, " ");
	put_path(l, node->lock->file);
}

static void put_behind(struct lk_waits_line *l, const struct lk_tree_node *node, const struct lk_lock *above)
{
	const struct lk_lock *by = node->by;
	size_t n_others = 0;

	/* Other locks of the same process do not count: they go away with it. */
	for (size_t i = 0; by && i < node->lock->n_blocked_by; i++)
		n_others += node->lock->blocked_by[i]->pid != by->pid;

	if (node->why == LK_TREE_QUEUED && above && above->pid > 0)
		lk_buf_printf(&l->after, " (queued behind %d)", above->pid);
	else if (node->why == LK_TREE_CHAINED && by && by->pid > 0)
		lk_buf_printf(&l->after, " (held by %d)", by->pid);
	if (n_others)
		lk_buf_printf(&l->after, " (%zu more in its way)", n_others);
}

static void say_request(struct lk_waits_line *l, const struct lk_tui *t, const struct lk_frame *f,
			const struct lk_tree_node *node, int indent)
{
	const struct lk_tree_node *parent = node->parent < f->forest.n ? &f->forest.nodes[node->parent] : NULL;
	const struct lk_lock *lock = node->lock;
	bool at_least = false;
	int64_t ms = lk_frame_age_ms(f, lock, lk_tui_now_of(t, f), &at_least);

	l->style = lock->deadlock ? LK_STYLE_CYCLE : LK_STYLE_WAITING;
	if (lock->proc)
		lk_words_put_member(&l->before, lock->proc, lock->waiter ? lock->waiter->tid : 0);
	else
		lk_buf_puts(&l->before, "? not visible");
	if (parent && parent->kind == LK_TREE_CYCLE) {
		say_in_cycle(l, t, parent->cycle, node, indent);
		return;
	}
	pad(l, t, indent);
	lk_buf_puts(&l->before, lock->state == LK_STATE_STOPPED_WAITING ? "was stopped while it waited"
				: f == t->frame                         ? "waits"
									: "waited");
	lk_buf_puts(&l->before, ms >= 0 ? " " : "");
	lk_age_text(ms, at_least, &l->before);
	/* An unseen root is named after its first request, which says nothing about the lock in the way. */
	put_wanted(l, t, node, parent && parent->kind != LK_TREE_UNSEEN ? parent->lock : NULL);
	put_behind(l, node, parent ? parent->lock : NULL);
}

void lk_waits_line_make(struct lk_waits_line *ret, const struct lk_tui *t, const struct lk_frame *f,
			const struct lk_tree_node *node, int indent)
{
	*ret = (struct lk_waits_line){ .style = LK_STYLE_PLAIN };
	if (node->kind == LK_TREE_CYCLE)
		say_cycle(ret, t, f, node->cycle);
	else if (node->kind == LK_TREE_REQUEST)
		say_request(ret, t, f, node, indent);
	else
		say_top(ret, t, f, node);
}

void lk_waits_line_done(struct lk_waits_line *l)
{
	lk_vec_done(&l->before);
	lk_vec_done(&l->path);
	lk_vec_done(&l->after);
}

/* ---- advice: what would free whom ---- */

static const struct lk_tree_node *top_of(const struct lk_forest *f, const struct lk_tree_node *node)
{
	while (node && node->parent < f->n)
		node = &f->nodes[node->parent];
	return node;
}

static const struct lk_tree_node *first_root(const struct lk_forest *f)
{
	for (size_t i = 0; i < f->n; i++) {
		if (!f->nodes[i].level && f->nodes[i].kind != LK_TREE_CYCLE)
			return &f->nodes[i];
	}
	return NULL;
}

static void advise_root(const struct lk_frame *f, const struct lk_tree_node *top, lk_buf *out)
{
	size_t first = (size_t)(top - f->forest.nodes) + 1;
	lk_ints pids = { 0 };
	size_t freed;

	if (lk_words_put_stopped(out, top, ""))
		lk_buf_puts(out, " ");
	if (lk_waits_is_unseen(top)) {
		lk_buf_printf(out, "Who is in the way of %zu cannot be seen from here. ", top->n_behind);
		return;
	}
	if (top->kind != LK_TREE_LOCK)
		return;
	freed = lk_waits_find_signal(f->snap, top->lock, first < f->forest.n ? f->forest.nodes[first].lock : NULL,
				     &pids);
	if (freed) {
		lk_buf_puts(out, "Signalling ");
		lk_words_put_pids(out, pids.v, pids.n, " and ", "");
		lk_buf_printf(out, "%s would unblock %zu. ", pids.n > 1 ? " together" : "", freed);
	}
	lk_vec_done(&pids);
}

static void advise_cycle(const struct lk_cycle *c, lk_buf *out)
{
	if (!c->dead) {
		lk_buf_printf(out, "No deadlock: %s. ", c->escape ? c->escape : "it can still resolve");
		return;
	}
	if (!c->n_breakers) {
		lk_buf_printf(out, "Breaking cycle %u takes more than one process. ", c->number);
		return;
	}
	lk_buf_puts(out, c->number > 1 ? "Breaking cycle " : "Breaking the cycle");
	if (c->number > 1)
		lk_buf_printf(out, "%u", c->number);
	lk_buf_puts(out, " needs ");
	lk_words_put_pids(out, c->breakers, c->n_breakers, " or ", "one of ");
	lk_buf_puts(out, ". ");
}

void lk_waits_advice(const struct lk_frame *f, const struct lk_tree_node *node, lk_buf *out)
{
	const struct lk_tree_node *top = top_of(&f->forest, node);
	const struct lk_cycle *cycle = top && top->kind == LK_TREE_CYCLE ? top->cycle : NULL;

	if (!top || cycle)
		top = first_root(&f->forest);
	if (!cycle && f->snap->n_cycles)
		cycle = &f->snap->cycles[0];
	if (top)
		advise_root(f, top, out);
	if (cycle)
		advise_cycle(cycle, out);
}

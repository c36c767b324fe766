/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nodes of the forest of waits as lines, and advice on what would free whom. */
#include "tui/view/view_waits.h"

#include "query/waits.h"
#include "words/words.h"

#define NAME_CELLS 18 /* the cell where the words behind a name begin, if the name is short enough */

/* What the words need to know of the line that they are put on. */
struct teller {
	const struct lk_tui *t;
	const struct lk_frame *f;
	int indent;
};

static int64_t age_ms(const void *arg, const struct lk_lock *l, bool *ret_at_least)
{
	const struct teller *by = arg;

	return lk_frame_age_ms(by->f, l, lk_tui_now_of(by->t, by->f), ret_at_least);
}

static void put_range(const void *arg, const struct lk_lock *l, lk_buf *out)
{
	lk_tui_range_cell(((const struct teller *)arg)->t, l, out);
}

/* Appends blanks up to where the words begin. */
static void pad(const void *arg, lk_buf *out)
{
	const struct teller *by = arg;
	int cells = by->indent + lk_canvas_cells(out->v, out->n, by->t->utf8);

	lk_buf_printf(out, "%*s", cells < NAME_CELLS ? NAME_CELLS - cells : 1, "");
}

/* ---- a request of a cycle: what its process holds, too ---- */

/* The lock of the cycle that this process holds; NULL: none. */
static const struct lk_lock *held_in(const struct lk_cycle *c, int pid)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		const struct lk_lock *l = c->rows[i];

		if (!lk_lock_is_waiting(l) && lk_lock_is_held_by(l, pid))
			return l;
	}
	return NULL;
}

static void say_in_cycle(lk_buf *b, const struct lk_cycle *c, const struct lk_lock *wanted,
			 const struct lk_words_manner *m)
{
	const struct lk_lock *held = held_in(c, wanted->pid);

	lk_words_put_waiter(b, wanted);
	pad(m->arg, b);
	if (held) {
		lk_buf_puts(b, "holds ");
		lk_words_put_kind(b, held, m);
		lk_buf_puts(b, " ");
		lk_words_put_file(held->file, b);
		lk_buf_puts(b, "   ");
	}
	lk_buf_puts(b, "waits for ");
	if (!held || held->rec.type != wanted->rec.type || held->rec.mode != wanted->rec.mode) {
		lk_words_put_kind(b, wanted, m);
		lk_buf_puts(b, " ");
		lk_words_put_file(wanted->file, b);
		return;
	}
	lk_words_put_file(wanted->file, b);
	if (lk_range_is_whole(wanted->rec.range))
		return;
	lk_buf_puts(b, " ");
	put_range(m->arg, wanted, b);
}

/* ---- lines ---- */

static enum lk_style style_of(const struct lk_tree_node *node)
{
	if (node->kind == LK_TREE_CYCLE)
		return node->cycle->dead ? LK_STYLE_CYCLE : LK_STYLE_BLOCKING;
	if (node->kind == LK_TREE_REQUEST)
		return node->lock->deadlock ? LK_STYLE_CYCLE : LK_STYLE_WAITING;
	return node->kind == LK_TREE_LOCK && node->lock->n_holders ? LK_STYLE_BLOCKING : LK_STYLE_UNKNOWN;
}

void lk_waits_line_make(struct lk_waits_line *ret, const struct lk_tui *t, const struct lk_frame *f,
			const struct lk_tree_node *node, int indent)
{
	const struct lk_tree_node *parent = node->parent < f->forest.n ? &f->forest.nodes[node->parent] : NULL;
	struct teller by = { t, f, indent };
	int64_t now = lk_tui_now_of(t, f);
	struct lk_words_manner m = {
		.brief = true,
		.past = f != t->frame,
		.passed_ms = f->snap->host.live && now > f->taken_ms ? now - f->taken_ms : 0,
		.age_ms = age_ms,
		.put_range = put_range,
		.pad = pad,
		.arg = &by,
	};

	*ret = (struct lk_waits_line){ .style = style_of(node) };
	if (node->kind == LK_TREE_REQUEST && parent->kind == LK_TREE_CYCLE)
		say_in_cycle(&ret->words.before, parent->cycle, node->lock, &m);
	else
		lk_words_put_node(&ret->words, &f->forest, node, &m);
}

void lk_waits_line_shorten(struct lk_waits_line *line, const struct lk_forest *f, const struct lk_tree_node *node)
{
	const struct lk_tree_node *parent = node->parent < f->n ? &f->nodes[node->parent] : NULL;
	const struct lk_lock *held;
	lk_buf *b = &line->words.before;

	if (node->kind != LK_TREE_REQUEST || !parent || parent->kind != LK_TREE_CYCLE)
		return;
	held = held_in(parent->cycle, node->lock->pid);
	b->n = 0;
	lk_words_put_waiter(b, node->lock);
	if (held) {
		lk_buf_puts(b, " holds ");
		lk_words_put_file(held->file, b);
	}
	lk_buf_puts(b, held ? ", waits for " : " waits for ");
	lk_words_put_file(node->lock->file, b);
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

static void separate(lk_buf *out)
{
	lk_buf_puts(out, out->n ? " " : "");
}

static void advise_root(const struct lk_frame *f, const struct lk_tree_node *top, lk_buf *out)
{
	size_t first = (size_t)(top - f->forest.nodes) + 1;
	lk_ints pids = { 0 };
	size_t freed;

	lk_words_advise_stopped(out, top);
	if (lk_waits_is_unseen(top)) {
		separate(out);
		lk_words_advise_unseen(out, top->n_behind);
		return;
	}
	if (top->kind != LK_TREE_LOCK)
		return;
	freed = lk_waits_find_signal(f->snap, top->lock, first < f->forest.n ? f->forest.nodes[first].lock : NULL,
				     &pids);
	if (freed) {
		separate(out);
		lk_words_advise_signal(out, pids.v, pids.n, freed);
	}
	lk_vec_done(&pids);
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
	if (!cycle)
		return;
	separate(out);
	lk_words_advise_cycle(out, cycle);
}

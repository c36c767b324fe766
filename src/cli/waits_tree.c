/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forest of waits for people: a tree, and below it sentences that say what would let waiters go on. */
#include "cli/waits_tree.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "query/waits.h"
#include "words/forest.h"

#define MAX_LEVEL 12 /* deeper branches are printed at this level, and say in words what they are behind */
#define MAX_ADVICE 3 /* trees that get a sentence */

typedef LK_VEC(struct lk_out_branch) branches;

/* The line takes over the texts of *w. */
static void add_branch(branches *lines, struct lk_words_line *w, size_t parent, bool alarm)
{
	*lk_vec_push(lines) = (struct lk_out_branch){
		.parent = parent,
		.before = lk_buf_str(&w->before),
		.path = lk_buf_str(&w->path),
		.after = lk_buf_str(&w->after),
		.alarm = alarm,
	};
}

static void add_node(branches *lines, const struct lk_forest *f, const struct lk_tree_node *t, size_t parent)
{
	static const struct lk_words_manner in_full;
	struct lk_words_line line = { 0 }, way_out = { 0 };
	size_t here = lines->n;

	lk_words_put_node(&line, f, t, &in_full);
	add_branch(lines, &line, parent, t->kind == LK_TREE_CYCLE && t->cycle->dead);
	if (t->kind != LK_TREE_CYCLE)
		return;
	lk_words_put_way_out(&way_out.before, t->cycle);
	add_branch(lines, &way_out, here, false);
}

static bool is_wanted(const struct lk_tree_node *top, bool only_deadlocks)
{
	return !only_deadlocks || (top->kind == LK_TREE_CYCLE && top->cycle->dead);
}

static void add_nodes(branches *lines, const struct lk_forest *f, bool only_deadlocks)
{
	lk_auto_mem size_t *line_of = lk_alloc(f->n, sizeof(*line_of)); /* by node */
	lk_auto_mem size_t *parent = lk_alloc(f->n, sizeof(*parent)); /* by node: the line above it */
	bool wanted = false;

	for (size_t i = 0; i < f->n; i++) {
		const struct lk_tree_node *t = &f->nodes[i];

		if (!t->level)
			wanted = is_wanted(t, only_deadlocks);
		if (!wanted)
			continue;
		parent[i] = !t->level ? SIZE_MAX : t->level > MAX_LEVEL ? parent[t->parent] : line_of[t->parent];
		line_of[i] = lines->n;
		add_node(lines, f, t, parent[i]);
	}
}

void lk_waits_put_tree(const struct lk_out *o, const struct lk_forest *f, bool only_deadlocks)
{
	branches lines = { 0 };

	add_nodes(&lines, f, only_deadlocks);
	lk_out_tree(o, lines.v, lines.n);
	for (size_t i = 0; i < lines.n; i++) {
		free(lines.v[i].before);
		free(lines.v[i].path);
		free(lines.v[i].after);
	}
	lk_vec_done(&lines);
}

/* ---- what would let waiters go on ---- */

struct advice {
	const struct lk_out *o;
	lk_buf text; /* the sentence that is being made */
	size_t column;
	uint64_t said; /* hash of the processes of the last sentence */
};

/* Sentences follow each other on a line as long as they fit. */
static void put_sentence(struct advice *a)
{
	if (!a->text.n)
		return;
	if (a->column && a->o->width && a->column + 1 + a->text.n > a->o->width) {
		putc('\n', a->o->f);
		a->column = 0;
	}
	fprintf(a->o->f, "%s%s", a->column ? " " : "", lk_buf_str(&a->text));
	a->column += a->text.n + (a->column ? 1 : 0);
	a->text.n = 0;
}

/* Does not name the same processes twice in a row. */
static void advise_root(struct advice *a, const struct lk_snapshot *s, const struct lk_lock *root,
			const struct lk_lock *request)
{
	lk_ints pids = { 0 };
	size_t freed = lk_waits_find_signal(s, root, request, &pids);
	uint64_t hash = lk_hash_fnv(LK_HASH_FNV, pids.v, pids.n * sizeof(*pids.v));

	if (freed && hash != a->said) {
		a->said = hash;
		lk_words_advise_signal(&a->text, pids.v, pids.n, freed);
		put_sentence(a);
	}
	lk_vec_done(&pids);
}

static void advise_rest(struct advice *a, size_t n_roots, size_t n_unseen, size_t n_deadlocks)
{
	if (n_unseen)
		lk_words_advise_unseen(&a->text, n_unseen);
	put_sentence(a);
	if (n_roots > MAX_ADVICE)
		lk_buf_printf(&a->text, "There are %zu more roots.", n_roots - MAX_ADVICE);
	put_sentence(a);
	if (n_deadlocks > MAX_ADVICE)
		lk_buf_printf(&a->text, "There are %zu more deadlocks.", n_deadlocks - MAX_ADVICE);
	put_sentence(a);
}

void lk_waits_put_advice(const struct lk_out *o, const struct lk_snapshot *s, const struct lk_forest *f,
			 bool only_deadlocks)
{
	struct advice a = { .o = o };
	size_t n_roots = 0, n_unseen = 0, n_deadlocks = 0, n_stopped = 0;

	for (size_t i = 0; i < f->n && !only_deadlocks; i++) {
		const struct lk_tree_node *t = &f->nodes[i];

		if (!t->level && n_stopped < MAX_ADVICE)
			n_stopped += lk_words_advise_stopped(&a.text, t);
		put_sentence(&a);
		if (lk_waits_is_unseen(t))
			n_unseen += t->n_behind;
		else if (t->kind == LK_TREE_LOCK && n_roots++ < MAX_ADVICE)
			advise_root(&a, s, t->lock, f->nodes[i + 1].lock);
	}
	for (size_t i = 0; i < s->n_cycles && s->cycles[i].dead; i++) {
		if (n_deadlocks++ < MAX_ADVICE)
			lk_words_advise_cycle(&a.text, &s->cycles[i]);
		put_sentence(&a);
	}
	if (s->n_possible_cycles) {
		lk_words_put_possible(&a.text, s->n_possible_cycles);
		lk_buf_puts(&a.text, ".");
	}
	put_sentence(&a);
	advise_rest(&a, n_roots, n_unseen, n_deadlocks);
	if (a.column)
		putc('\n', o->f);
	lk_vec_done(&a.text);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forest of waits for people: a tree, and below it sentences that say what would let waiters go on. */
#include "cli/waits_tree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "query/waits.h"
#include "table/get.h"
#include "words/waits.h"

#define MAX_LEVEL 12 /* deeper branches are printed at this level, and say in words what they are behind */
#define MAX_ADVICE 3 /* trees that get a sentence */

/* ---- words ---- */

static void put_cell(lk_buf *b, const char *column, const struct lk_lock *l)
{
	lk_column_text(lk_column_find(column, strlen(column)), &(struct lk_row){ .lock = l }, true, b);
}

/* ", at least 3m12s"; nothing if the time is not known. */
static void put_time(lk_buf *b, const char *before, int64_t ms)
{
	struct lk_lock l = { .wait_ms = ms };

	if (ms < 0)
		return;
	lk_buf_printf(b, "%sat least ", before);
	put_cell(b, "AGE", &l);
}

/* "FLOCK WRITE", "OFD READ 0-9" */
static void put_lock(lk_buf *b, const struct lk_lock *l)
{
	bool has_range = l->rec.type == LK_TYPE_POSIX || l->rec.type == LK_TYPE_OFD || !lk_range_is_whole(l->rec.range);

	put_cell(b, "TYPE", l);
	lk_buf_puts(b, " ");
	put_cell(b, "MODE", l);
	if (l->state == LK_STATE_BREAKING) {
		lk_buf_puts(b, " (");
		lk_break_text(l, b);
		lk_buf_puts(b, ")");
		return;
	}
	if (has_range) {
		lk_buf_puts(b, " ");
		put_cell(b, "RANGE", l);
	}
}

/* "5121", "5121 and 5122", "itself" */
static void put_holders(lk_buf *b, const struct lk_lock *held, int waiter)
{
	lk_ints pids = { 0 };

	lk_waits_holders(held, &pids);
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

/* ---- who else is in the way ---- */

static bool holds(const struct lk_lock *l, int pid)
{
	for (size_t i = 0; i < l->n_holders; i++) {
		if (l->holders[i].pid == pid)
			return true;
	}
	return false;
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
			if (!holds(by, held->holders[k].pid))
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

/* ---- branches ---- */

struct branch {
	lk_buf before, path, after;
	bool alarm;
};

/* The cycle is as old as the latest of its requests. */
static int64_t cycle_age(const struct lk_cycle *c)
{
	int64_t age = INT64_MAX;

	for (size_t i = 0; i < c->n_rows; i++) {
		if (lk_lock_is_waiting(c->rows[i]) && c->rows[i]->wait_ms < age)
			age = c->rows[i]->wait_ms;
	}
	return age == INT64_MAX ? -1 : age;
}

static void say_cycle(struct branch *b, const struct lk_cycle *c)
{
	lk_buf_puts(&b->before, "CYCLE");
	if (c->dead)
		lk_buf_printf(&b->before, " %u", c->number);
	lk_buf_printf(&b->before, ": %zu process%s", c->n_pids, c->n_pids == 1 ? "" : "es");
	put_time(&b->before, ", ", cycle_age(c));
	lk_buf_puts(&b->before, ", ");
	lk_words_put_verdict(&b->before, c);
	b->alarm = c->dead;
}

/* The line below a cycle: what would end the deadlock, or why it is no deadlock. */
static void say_way_out(struct branch *b, const struct lk_cycle *c)
{
	if (!c->dead) {
		lk_buf_printf(&b->before, "no deadlock: %s", c->escape);
	} else if (c->n_breakers) {
		lk_buf_puts(&b->before, "ends if ");
		lk_words_put_pids(&b->before, c->breakers, c->n_breakers, " or ", "one of ");
		lk_buf_puts(&b->before, " goes");
	} else {
		lk_buf_puts(&b->before, "no process alone would end it");
	}
}

static void say_top(struct branch *b, const struct lk_tree_node *t)
{
	lk_buf_puts(&b->before, "ROOT ");
	if (t->kind == LK_TREE_LOCK) {
		size_t n = lk_words_put_root_owner(&b->before, t->lock);

		lk_buf_puts(&b->before, n > 1 ? " hold " : n || t->lock->proc ? " holds " : " ");
		put_lock(&b->before, t->lock);
	} else {
		lk_buf_puts(&b->before, lk_words_unseen_root(t));
	}
	lk_buf_puts(&b->before, " ");
	put_cell(&b->path, "PATH", t->lock);
	lk_buf_printf(&b->after, "; %zu behind", t->n_behind);
	put_time(&b->after, ", oldest ", t->oldest_wait_ms);
}

static void say_request(struct branch *b, const struct lk_forest *f, const struct lk_tree_node *t)
{
	const struct lk_lock *l = t->lock, *above = f->nodes[t->parent].lock;
	bool same_file = above && above->file == l->file;
	bool opens = l->state == LK_STATE_BREAKER, stopped = l->state == LK_STATE_STOPPED_WAITING;

	if (l->waiter)
		lk_words_put_member(&b->before, l->waiter->proc, l->waiter->tid);
	else
		lk_buf_puts(&b->before, "a process that is not visible");
	lk_buf_puts(&b->before, stopped ? " is stopped and waits" : " waits");
	put_time(&b->before, " ", l->wait_ms);
	lk_buf_puts(&b->before, opens ? same_file ? " to open it" : " to open" : " for ");
	if (!opens)
		put_lock(&b->before, l);
	if (!same_file) {
		lk_buf_puts(&b->before, " ");
		put_cell(&b->path, "PATH", l);
	}
	if (opens)
		lk_buf_printf(&b->after, " for %s", l->rec.mode == LK_MODE_READ ? "reading" : "writing");
	if (t->why == LK_TREE_QUEUED && above && above->waiter) {
		lk_buf_puts(&b->after, ", queued behind ");
		lk_words_put_thread(&b->after, above->pid, above->waiter->tid);
	} else if (t->by && (t->why == LK_TREE_CHAINED || !above)) {
		lk_buf_puts(&b->after, ", held by ");
		put_holders(&b->after, t->by, l->pid);
	}
	if (t->by)
		put_others(&b->after, l, t->by);
}

typedef LK_VEC(struct lk_out_branch) branches;

/* The line takes over the texts of *b. */
static void add_branch(branches *lines, struct branch *b, size_t parent)
{
	*lk_vec_push(lines) = (struct lk_out_branch){
		.parent = parent,
		.before = lk_buf_str(&b->before),
		.path = lk_buf_str(&b->path),
		.after = lk_buf_str(&b->after),
		.alarm = b->alarm,
	};
	*b = (struct branch){ 0 };
}

static void add_node(branches *lines, const struct lk_forest *f, const struct lk_tree_node *t, size_t parent)
{
	struct branch b = { 0 };
	size_t here = lines->n;

	if (t->kind == LK_TREE_CYCLE)
		say_cycle(&b, t->cycle);
	else if (t->kind == LK_TREE_REQUEST)
		say_request(&b, f, t);
	else
		say_top(&b, t);
	add_branch(lines, &b, parent);
	if (t->kind == LK_TREE_CYCLE) {
		say_way_out(&b, t->cycle);
		add_branch(lines, &b, here);
	}
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
		lk_buf_puts(&a->text, "Signalling ");
		lk_words_put_pids(&a->text, pids.v, pids.n, " and ", "");
		lk_buf_printf(&a->text, "%s would let %zu go on.", pids.n > 1 ? " together" : "", freed);
		put_sentence(a);
	}
	lk_vec_done(&pids);
}

static void advise_cycle(struct advice *a, const struct lk_cycle *c)
{
	lk_buf_printf(&a->text, "Deadlock %u ", c->number);
	if (c->n_breakers) {
		lk_buf_puts(&a->text, "ends if ");
		lk_words_put_pids(&a->text, c->breakers, c->n_breakers, " or ", "one of ");
		lk_buf_puts(&a->text, " goes.");
	} else {
		lk_buf_puts(&a->text, "takes more than one process to end.");
	}
	put_sentence(a);
}

static void advise_rest(struct advice *a, size_t n_roots, size_t n_unseen, size_t n_deadlocks)
{
	if (n_unseen)
		lk_buf_printf(&a->text, "Who is in the way of %zu of these cannot be seen from here.", n_unseen);
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
			n_stopped += lk_words_put_stopped(&a.text, t, "");
		put_sentence(&a);
		if (lk_waits_is_unseen(t))
			n_unseen += t->n_behind;
		else if (t->kind == LK_TREE_LOCK && n_roots++ < MAX_ADVICE)
			advise_root(&a, s, t->lock, f->nodes[i + 1].lock);
	}
	for (size_t i = 0; i < s->n_cycles && s->cycles[i].dead; i++) {
		if (n_deadlocks++ < MAX_ADVICE)
			advise_cycle(&a, &s->cycles[i]);
	}
	advise_rest(&a, n_roots, n_unseen, n_deadlocks);
	if (a.column)
		putc('\n', o->f);
	lk_vec_done(&a.text);
}

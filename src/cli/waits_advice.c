/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would free what, in plain words. */
#include <errno.h>
#include <stdlib.h>

#include "base/map.h"
#include "cli/waits_tree.h"

#define MAX_ADVICE 3 /* trees that are spoken of */

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

size_t lk_waits_put_stopped(lk_buf *b, const struct lk_tree_node *top, const char *before)
{
	const struct lk_lock *l = top->lock;
	size_t n = 0;

	if (top->kind == LK_TREE_UNSEEN && l->state == LK_STATE_STOPPED_WAITING && l->pid > 0) {
		lk_buf_printf(b, "%sNothing is in the way of %d, which was stopped: SIGCONT lets it go on.", before,
			      l->pid);
		return 1;
	}
	for (size_t i = 0; top->kind == LK_TREE_LOCK && i < l->n_holders && n < MAX_ADVICE; i++) {
		if (!i || l->holders[i].pid != l->holders[i - 1].pid)
			n += put_stopped(b, l->holders[i].proc, n ? " " : before);
	}
	if (top->kind == LK_TREE_LOCK && !l->n_holders && l->proc)
		n += put_stopped(b, l->proc, before);
	return n;
}

struct advice {
	const struct lk_out *o;
	size_t column;
	uint64_t said; /* hash of the processes of the last sentence */
};

/* Sentences follow each other on a line as long as they fit. */
static void put_sentence(struct advice *a, lk_buf *text)
{
	const char *s = lk_buf_str(text);

	if (a->column && a->o->width && a->column + 1 + text->n > a->o->width) {
		putc('\n', a->o->f);
		a->column = 0;
	}
	fprintf(a->o->f, "%s%s", a->column ? " " : "", s ? s : "");
	a->column += text->n + (a->column ? 1 : 0);
	text->n = 0;
}

static void say_signal(struct advice *a, const lk_pid_list *pids, size_t freed)
{
	lk_buf text = { 0 };

	lk_buf_puts(&text, "Signalling ");
	lk_waits_put_pids(&text, pids->v, pids->n, " and ", "");
	lk_buf_printf(&text, "%s would let %zu go on.", pids->n > 1 ? " together" : "", freed);
	put_sentence(a, &text);
	lk_vec_done(&text);
}

static size_t advise_stopped(struct advice *a, const struct lk_tree_node *top)
{
	lk_buf text = { 0 };
	size_t n = lk_waits_put_stopped(&text, top, "");

	if (n)
		put_sentence(a, &text);
	lk_vec_done(&text);
	return n;
}

/* The holders of the lock; if others are in the way as well, with them. What was said before is not said again. */
static int advise_root(struct advice *a, const struct lk_snapshot *s, const struct lk_lock *root,
		       const struct lk_lock *request)
{
	lk_pid_list pids = { 0 };
	size_t freed = 0;
	int rc = 0;

	pids.v = lk_waits_holders(root, &pids.n);
	pids.cap = root->n_holders + 1;
	if (pids.v)
		freed = lk_forest_freed_by(s, pids.v, pids.n);
	if (!freed) {
		pids.n = 0;
		rc = lk_waits_add_blockers(&pids, request);
		freed = rc ? 0 : lk_forest_freed_by(s, pids.v, pids.n);
	}
	if (!rc && freed && lk_hash(LK_HASH_INIT, pids.v, pids.n * sizeof(*pids.v)) != a->said) {
		a->said = lk_hash(LK_HASH_INIT, pids.v, pids.n * sizeof(*pids.v));
		say_signal(a, &pids, freed);
	}
	lk_vec_done(&pids);
	return rc;
}

static void advise_cycle(struct advice *a, const struct lk_cycle *c)
{
	lk_buf text = { 0 };

	lk_buf_printf(&text, "Deadlock %u ", c->number);
	if (c->n_breakers) {
		lk_buf_puts(&text, "ends if ");
		lk_waits_put_pids(&text, c->breakers, c->n_breakers, " or ", "one of ");
		lk_buf_puts(&text, " goes.");
	} else {
		lk_buf_puts(&text, "takes more than one process to end.");
	}
	put_sentence(a, &text);
	lk_vec_done(&text);
}

static void advise_rest(struct advice *a, size_t n_roots, size_t n_unseen, size_t n_deadlocks)
{
	lk_buf text = { 0 };

	if (n_unseen) {
		lk_buf_printf(&text, "Who is in the way of %zu of these cannot be seen from here.", n_unseen);
		put_sentence(a, &text);
	}
	if (n_roots > MAX_ADVICE) {
		lk_buf_printf(&text, "There are %zu more roots.", n_roots - MAX_ADVICE);
		put_sentence(a, &text);
	}
	if (n_deadlocks > MAX_ADVICE) {
		lk_buf_printf(&text, "There are %zu more deadlocks.", n_deadlocks - MAX_ADVICE);
		put_sentence(a, &text);
	}
	lk_vec_done(&text);
}

int lk_waits_put_advice(const struct lk_out *o, const struct lk_snapshot *s, const struct lk_forest *f,
			bool only_deadlocks)
{
	struct advice a = { .o = o };
	size_t n_roots = 0, n_unseen = 0, n_deadlocks = 0, n_stopped = 0;
	int rc = 0;

	for (size_t i = 0; i < f->n && !rc && !only_deadlocks; i++) {
		const struct lk_tree_node *t = &f->nodes[i];

		if (!t->level && n_stopped < MAX_ADVICE)
			n_stopped += advise_stopped(&a, t);
		if (t->kind == LK_TREE_LOCK && t->lock->n_holders && n_roots++ < MAX_ADVICE)
			rc = advise_root(&a, s, t->lock, f->nodes[i + 1].lock);
		else if ((t->kind == LK_TREE_UNSEEN && t->lock->state != LK_STATE_STOPPED_WAITING) ||
			 (t->kind == LK_TREE_LOCK && !t->lock->n_holders))
			n_unseen += t->n_behind;
	}
	for (size_t i = 0; i < s->n_cycles && s->cycles[i].dead; i++) {
		if (n_deadlocks++ < MAX_ADVICE)
			advise_cycle(&a, &s->cycles[i]);
	}
	advise_rest(&a, n_roots, n_unseen, n_deadlocks);
	if (a.column)
		putc('\n', o->f);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests as trees: who must move first, and who waits behind. */
#include "model/forest.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/ints.h"
#include "base/vec.h"
#include "model/graph.h"

#define NONE LK_FOREST_NONE

/* Nodes before they are put in order, by number: first the rows (a waiting one is a request, a held one the top of a tree), then the
 * cycles, then the files, for requests whose blocker is not known. */
struct grower {
	const struct lk_snapshot *s;
	struct lk_graph g;
	size_t n; /* rows + cycles + files */
	size_t *parent; /* by node; NONE: at the top or not in the forest */
	enum lk_tree_why *why;
	const struct lk_lock **by; /* by row */
	size_t *cycle; /* by row: index of the cycle it is in, NONE for the others */
	size_t *waits_in; /* by held row whose holders all wait: the request of one of them; NONE: not all wait, or none is known */
	size_t *first_child, *last_child, *next; /* by node */
	size_t *n_behind;
	int64_t *oldest;
	unsigned char *state; /* by row: scratch of the search for loops */
};

static size_t cycle_node(const struct grower *w, size_t cycle)
{
	return w->s->n_locks + cycle;
}

static size_t unseen_node(const struct grower *w, const struct lk_file *f)
{
	return w->s->n_locks + w->s->n_cycles + f->index;
}

static bool is_request(const struct grower *w, size_t node)
{
	return node < w->s->n_locks && lk_lock_is_waiting(&w->s->locks[node]);
}

static void allocate(struct grower *w)
{
	size_t n = w->n + 1;

	w->parent = lk_alloc(n, sizeof(*w->parent));
	w->cycle = lk_alloc(n, sizeof(*w->cycle));
	w->waits_in = lk_alloc(n, sizeof(*w->waits_in));
	w->first_child = lk_alloc(n, sizeof(*w->first_child));
	w->last_child = lk_alloc(n, sizeof(*w->last_child));
	w->next = lk_alloc(n, sizeof(*w->next));
	w->oldest = lk_alloc(n, sizeof(*w->oldest));
	w->why = lk_alloc(n, sizeof(*w->why));
	w->by = lk_alloc(n, sizeof(*w->by));
	w->n_behind = lk_alloc(n, sizeof(*w->n_behind));
	w->state = lk_alloc(n, 1);
	for (size_t i = 0; i < n; i++) {
		w->parent[i] = w->cycle[i] = w->waits_in[i] = w->first_child[i] = w->last_child[i] = w->next[i] = NONE;
		w->oldest[i] = -1;
	}
}

static void done(struct grower *w)
{
	free(w->parent);
	free(w->why);
	free(w->by);
	free(w->cycle);
	free(w->waits_in);
	free(w->first_child);
	free(w->last_child);
	free(w->next);
	free(w->n_behind);
	free(w->oldest);
	free(w->state);
	lk_graph_done(&w->g);
}

static void mark_cycles(struct grower *w)
{
	for (size_t i = 0; i < w->s->n_cycles; i++) {
		const struct lk_cycle *c = &w->s->cycles[i];

		for (size_t k = 0; k < c->n_rows; k++)
			w->cycle[c->rows[k]->index] = i;
	}
}

/* The request of a process to put others below: one that is in a cycle, else the first; NONE when the process can go on. */
static size_t request_of(const struct grower *w, size_t proc)
{
	const struct lk_proc *p = &w->s->procs[proc];
	size_t node = w->s->n_locks + proc, begin = w->g.first[node], end = w->g.first[node + 1];

	if (begin == end || (p->num_threads > 0 && lk_graph_has_free_thread(&w->g, w->s, p)))
		return NONE;
	for (size_t e = begin; e < end; e++) {
		if (w->cycle[w->g.to[e]] != NONE)
			return w->g.to[e];
	}
	return w->g.to[begin];
}

static void find_waiting_holders(struct grower *w)
{
	lk_auto_mem size_t *request = lk_alloc(w->s->n_procs, sizeof(*request));

	for (size_t i = 0; i < w->s->n_procs; i++)
		request[i] = request_of(w, i);
	for (size_t i = 0; i < w->s->n_locks; i++) {
		const struct lk_lock *l = &w->s->locks[i];
		size_t found = NONE;

		for (size_t k = 0; k < l->n_holders; k++) {
			size_t r = request[l->holders[k].proc - w->s->procs];

			if (found == NONE || r == NONE || (w->cycle[found] == NONE && w->cycle[r] != NONE))
				found = r;
			if (r == NONE)
				break;
		}
		w->waits_in[i] = found;
	}
}

/* The lock is never released: it is part of a deadlock, or its holders are. */
static bool never_goes(const struct grower *w, const struct lk_lock *held)
{
	size_t request = w->waits_in[held->index];

	return held->deadlock || (request != NONE && w->s->locks[request].deadlock);
}

/* The blocker to put a request below, by preference: one of the same cycle, one that is never released, the one the kernel lists the
 * request under, the first. */
static const struct lk_lock *main_blocker(const struct grower *w, const struct lk_lock *l)
{
	const struct lk_lock *stuck = NULL, *named = NULL;

	for (size_t i = 0; i < l->n_blocked_by; i++) {
		const struct lk_lock *held = l->blocked_by[i];

		if (w->cycle[l->index] != NONE && w->cycle[held->index] == w->cycle[l->index])
			return held;
		if (!stuck && never_goes(w, held))
			stuck = held;
		if (held == l->root)
			named = held;
	}
	if (stuck || named)
		return stuck ? stuck : named;
	return l->n_blocked_by ? l->blocked_by[0] : NULL;
}

static void hang(struct grower *w, size_t node, size_t parent, enum lk_tree_why why)
{
	w->parent[node] = parent;
	w->why[node] = why;
}

/* Puts a request below this lock, or below the request in which the lock's holders wait. */
static void hang_below_lock(struct grower *w, size_t node, const struct lk_lock *held)
{
	if (w->waits_in[held->index] != NONE)
		hang(w, node, w->waits_in[held->index], LK_TREE_CHAINED);
	else
		hang(w, node, held->index, LK_TREE_WAITS);
}

/* The request that this one queues behind: the last row above it that is one less deep. above[d]: the last row of depth d. NONE unless both
 * wait for the same lock. */
static size_t queued_behind(const struct grower *w, const struct lk_lock *l, const size_t *above)
{
	size_t depth = l->rec.depth;
	size_t node = depth > 1 && depth <= w->s->n_locks ? above[depth - 1] : NONE;

	if (node == NONE || l->root != w->by[l->index] || w->by[node] != l->root || w->s->locks[node].root != l->root)
		return NONE;
	return w->cycle[node] == NONE ? node : NONE;
}

static void place(struct grower *w, const struct lk_lock *l, const size_t *above)
{
	size_t node = l->index, before;

	w->by[node] = main_blocker(w, l);
	if (w->cycle[node] != NONE) {
		hang(w, node, cycle_node(w, w->cycle[node]), LK_TREE_WAITS);
		return;
	}
	before = queued_behind(w, l, above);
	if (before != NONE)
		hang(w, node, before, LK_TREE_QUEUED);
	else if (w->by[node])
		hang_below_lock(w, node, w->by[node]);
	else
		hang(w, node, unseen_node(w, l->file), LK_TREE_WAITS);
}

/* A held row is followed by the requests listed under it, as deep as the kernel's queue goes. */
static void place_all(struct grower *w)
{
	size_t n = w->s->n_locks;
	lk_auto_mem size_t *above = lk_alloc(n + 1, sizeof(*above));

	for (size_t i = 0; i <= n; i++)
		above[i] = NONE;
	for (size_t i = 0; i < n; i++) {
		const struct lk_lock *l = &w->s->locks[i];

		if (!lk_lock_is_waiting(l))
			continue;
		place(w, l, above);
		/* No queue is deeper than there are rows, but a capture may claim anything. */
		if (l->rec.depth <= n)
			above[l->rec.depth] = i;
	}
}

/* Cycles that were not confirmed, or that contain a deadlock, are no trees: one of their requests is cut off and put below the lock it
 * waits for. */
static void cut_loops(struct grower *w)
{
	enum { NEW, OPEN, CLOSED };

	for (size_t i = 0; i < w->s->n_locks; i++) {
		size_t node, end;

		for (end = i; is_request(w, end) && w->state[end] == NEW; end = w->parent[end])
			w->state[end] = OPEN;
		if (!is_request(w, end) || w->state[end] != OPEN)
			end = NONE;
		for (node = i; is_request(w, node) && w->state[node] == OPEN; node = w->parent[node])
			w->state[node] = CLOSED;
		if (end != NONE && w->by[end])
			hang(w, end, w->by[end]->index, LK_TREE_WAITS);
	}
}

static void link_children(struct grower *w)
{
	for (size_t i = 0; i < w->s->n_locks; i++) {
		size_t p = w->parent[i];

		if (p == NONE)
			continue;
		if (w->first_child[p] == NONE)
			w->first_child[p] = i;
		else
			w->next[w->last_child[p]] = i;
		w->last_child[p] = i;
	}
}

/* The node after `node` in a walk through the tree of top, parents before children; NONE: it was the last. */
static size_t walk_next(const struct grower *w, size_t top, size_t node)
{
	if (w->first_child[node] != NONE)
		return w->first_child[node];
	while (node != top && w->next[node] == NONE)
		node = w->parent[node];
	return node == top ? NONE : w->next[node];
}

/* Each node adds itself and what is below it to its parent's count; from the end of the walk, so that children come before parents. */
static void count_behind(struct grower *w)
{
	lk_auto_mem size_t *order = lk_alloc(w->n, sizeof(*order));
	size_t n = 0;

	for (size_t top = 0; top < w->n; top++) {
		if (w->parent[top] != NONE || w->first_child[top] == NONE)
			continue;
		for (size_t node = top; node != NONE; node = walk_next(w, top, node))
			order[n++] = node;
	}
	while (n--) {
		size_t node = order[n], p = w->parent[node];
		int64_t wait;

		if (p == NONE)
			continue;
		wait = w->s->locks[node].wait_ms;
		w->n_behind[p] += w->n_behind[node] + 1;
		wait = w->oldest[node] > wait ? w->oldest[node] : wait;
		w->oldest[p] = wait > w->oldest[p] ? wait : w->oldest[p];
	}
}

static enum lk_tree_kind kind_of(const struct grower *w, size_t node)
{
	if (is_request(w, node))
		return LK_TREE_REQUEST;
	if (node < w->s->n_locks)
		return LK_TREE_LOCK;
	return node < w->s->n_locks + w->s->n_cycles ? LK_TREE_CYCLE : LK_TREE_UNSEEN;
}

static int compare_tops(const void *a, const void *b, void *arg)
{
	const struct grower *w = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	enum lk_tree_kind kx = kind_of(w, x), ky = kind_of(w, y);

	if (kx != ky)
		return kx < ky ? -1 : 1;
	if (kx != LK_TREE_CYCLE && w->n_behind[x] != w->n_behind[y])
		return w->n_behind[x] > w->n_behind[y] ? -1 : 1;
	if (kx != LK_TREE_CYCLE && w->oldest[x] != w->oldest[y])
		return w->oldest[x] > w->oldest[y] ? -1 : 1;
	return lk_compare(x, y);
}

static struct lk_tree_node make_node(const struct grower *w, size_t node)
{
	struct lk_tree_node t = {
		.kind = kind_of(w, node),
		.why = w->why[node],
		.parent = NONE,
		.n_behind = w->n_behind[node],
		.oldest_wait_ms = w->oldest[node],
	};

	if (t.kind == LK_TREE_CYCLE)
		t.cycle = &w->s->cycles[node - w->s->n_locks];
	else
		t.lock = &w->s->locks[t.kind == LK_TREE_UNSEEN ? w->first_child[node] : node];
	if (t.kind == LK_TREE_REQUEST)
		t.by = w->by[node];
	return t;
}

/* place_of: by node, its index in the forest. */
static void add_tree(const struct grower *w, size_t top, size_t *place_of, struct lk_forest *f)
{
	for (size_t node = top; node != NONE; node = walk_next(w, top, node)) {
		struct lk_tree_node *t = &f->nodes[f->n];

		*t = make_node(w, node);
		if (node != top) {
			t->parent = place_of[w->parent[node]];
			t->level = f->nodes[t->parent].level + 1;
		}
		place_of[node] = f->n++;
	}
}

static void write_out(struct grower *w, struct lk_forest *f)
{
	lk_auto_mem size_t *tops = lk_alloc(w->n, sizeof(*tops));
	lk_auto_mem size_t *place_of = lk_alloc(w->n, sizeof(*place_of));
	size_t n = 0;

	f->nodes = lk_alloc(w->n, sizeof(*f->nodes));
	for (size_t i = 0; i < w->n; i++) {
		if (w->parent[i] == NONE && (w->first_child[i] != NONE || kind_of(w, i) == LK_TREE_CYCLE))
			tops[n++] = i;
	}
	qsort_r(tops, n, sizeof(*tops), compare_tops, w);
	for (size_t i = 0; i < n; i++)
		add_tree(w, tops[i], place_of, f);
}

struct lk_forest lk_forest_make(const struct lk_snapshot *s)
{
	struct grower w = { .s = s, .n = s->n_locks + s->n_cycles + s->n_files };
	struct lk_forest f = { 0 };

	if (!s->n_waiting)
		return f;
	lk_graph_make(&w.g, s);
	allocate(&w);
	mark_cycles(&w);
	find_waiting_holders(&w);
	place_all(&w);
	cut_loops(&w);
	link_children(&w);
	count_behind(&w);
	write_out(&w, &f);
	done(&w);
	return f;
}

void lk_forest_done(struct lk_forest *f)
{
	free(f->nodes);
	*f = (struct lk_forest){ 0 };
}

size_t lk_forest_freed_by(const struct lk_snapshot *s, const int *pids, size_t n)
{
	lk_auto_mem unsigned char *out = lk_alloc(s->n_procs, 1), *moves = lk_alloc(s->n_locks + s->n_procs, 1);
	struct lk_graph g;
	size_t freed = 0;

	lk_graph_make(&g, s);
	for (size_t i = 0; i < n; i++) {
		const struct lk_proc *p = lk_snapshot_proc(s, pids[i]);

		if (p)
			out[p - s->procs] = 1;
	}
	lk_graph_who_follows(&g, s, out, moves);
	for (size_t i = 0; i < s->n_locks; i++) {
		const struct lk_lock *l = &s->locks[i];

		freed += lk_lock_is_waiting(l) && moves[i] && !(l->proc && out[l->proc - s->procs]);
	}
	lk_graph_done(&g);
	return freed;
}

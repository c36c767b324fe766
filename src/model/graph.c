/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The graph of waiting: what can move, and its strongly connected components. */
#include "model/graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/vec.h"

typedef void (*edge_cb)(struct lk_graph *g, size_t from, size_t to);

static size_t proc_node(const struct lk_snapshot *s, const struct lk_proc *p)
{
	return s->n_locks + (size_t)(p - s->procs);
}

/* A process shown by several descriptors is one sharer. */
static bool is_repeated(const struct lk_lock *l, size_t i)
{
	return i > 0 && l->holders[i - 1].pid == l->holders[i].pid;
}

static void each_edge(const struct lk_snapshot *s, edge_cb cb, struct lk_graph *g)
{
	for (size_t i = 0; i < s->n_locks; i++) {
		const struct lk_lock *l = &s->locks[i];

		for (size_t k = 0; k < l->n_blocked_by; k++)
			cb(g, i, l->blocked_by[k]->index);
		for (size_t k = 0; k < l->n_holders; k++) {
			if (!is_repeated(l, k))
				cb(g, i, proc_node(s, l->holders[k].proc));
		}
		if (g->recorded && !lk_lock_is_waiting(l) && !l->n_holders && l->proc)
			cb(g, i, proc_node(s, l->proc));
		if (l->waiter)
			cb(g, proc_node(s, l->waiter->proc), i);
	}
}

static void count_edge(struct lk_graph *g, size_t from, size_t to)
{
	g->first[from + 1]++;
	g->first_back[to + 1]++;
}

/* first[] and first_back[] advance while filling and are set back afterwards. */
static void put_edge(struct lk_graph *g, size_t from, size_t to)
{
	g->to[g->first[from]++] = to;
	g->back[g->first_back[to]++] = from;
}

static void sum_up(size_t *first, size_t n)
{
	for (size_t i = 1; i <= n; i++)
		first[i] += first[i - 1];
}

static void set_back(size_t *first, size_t n)
{
	memmove(first + 1, first, n * sizeof(*first));
	first[0] = 0;
}

static void make(struct lk_graph *g, const struct lk_snapshot *s, bool recorded)
{
	size_t n = s->n_locks + s->n_procs;

	*g = (struct lk_graph){ .n_nodes = n, .n_rows = s->n_locks, .recorded = recorded };
	g->first = lk_alloc(n + 2, sizeof(*g->first));
	g->first_back = lk_alloc(n + 2, sizeof(*g->first_back));
	g->n_waiting = lk_alloc(s->n_procs, sizeof(*g->n_waiting));
	each_edge(s, count_edge, g);
	sum_up(g->first, n);
	sum_up(g->first_back, n);
	g->to = lk_alloc(g->first[n], sizeof(*g->to));
	g->back = lk_alloc(g->first[n], sizeof(*g->back));
	each_edge(s, put_edge, g);
	set_back(g->first, n);
	set_back(g->first_back, n);
	for (size_t i = 0; i < s->n_locks; i++) {
		if (s->locks[i].waiter)
			g->n_waiting[s->locks[i].waiter->proc - s->procs]++;
	}
}

void lk_graph_make(struct lk_graph *g, const struct lk_snapshot *s)
{
	make(g, s, false);
}

void lk_graph_make_recorded(struct lk_graph *g, const struct lk_snapshot *s)
{
	make(g, s, true);
}

void lk_graph_done(struct lk_graph *g)
{
	free(g->first);
	free(g->to);
	free(g->first_back);
	free(g->back);
	free(g->n_waiting);
	*g = (struct lk_graph){ 0 };
}

bool lk_graph_has_free_thread(const struct lk_graph *g, const struct lk_snapshot *s, const struct lk_proc *p)
{
	int64_t alive = p->num_threads - (p->state == 'Z' ? 1 : 0);

	return p->num_threads <= 0 || alive > g->n_waiting[p - s->procs];
}

/* The nodes that move without another one moving first: processes with a thread that does not wait, requests without a blocker, locks that
 * the kernel takes away (leases) or whose holder is not known. */
static bool moves_by_itself(const struct lk_graph *g, const struct lk_snapshot *s, size_t node)
{
	const struct lk_lock *l;

	if (node >= s->n_locks)
		return lk_graph_has_free_thread(g, s, &s->procs[node - s->n_locks]);
	l = &s->locks[node];
	if (lk_lock_is_waiting(l))
		return l->n_blocked_by == 0;
	return l->n_holders == 0 || lk_lock_is_taken_away(s, l);
}

/* State of a search that spreads movement through the graph. */
struct spread {
	const struct lk_graph *g;
	const struct lk_snapshot *s;
	const unsigned char *out; /* by process: assumed to be gone */
	unsigned char *moves;
	size_t *queue, head, tail;
	size_t *left; /* by node: how many of its edges lead to nodes that do not move yet */
	uint32_t *log; /* NULL, or the nodes whose left was counted down */
	size_t n_log;
};

static void set_moving(struct spread *sp, size_t node)
{
	sp->moves[node] = 1;
	sp->queue[sp->tail++] = node;
}

static bool count_down(struct spread *sp, size_t node)
{
	if (sp->log)
		sp->log[sp->n_log++] = (uint32_t)node;
	return --sp->left[node] == 0;
}

/* `node` moves now: does that let `from`, which points to it, move too? */
static bool is_moved_by(struct spread *sp, size_t from, size_t node)
{
	size_t n_rows = sp->s->n_locks;

	if (from >= n_rows)
		return true; /* one of its threads can go on */
	if (lk_lock_is_waiting(&sp->s->locks[from]))
		return count_down(sp, from);
	/* A process that shares the lock can release it; but one that is gone only drops its own share. */
	return (node >= n_rows && !sp->out[node - n_rows]) || count_down(sp, from);
}

static void run(struct spread *sp)
{
	while (sp->head < sp->tail) {
		size_t node = sp->queue[sp->head++];

		for (size_t e = sp->g->first_back[node]; e < sp->g->first_back[node + 1]; e++) {
			size_t from = sp->g->back[e];

			if (!sp->moves[from] && is_moved_by(sp, from, node))
				set_moving(sp, from);
		}
	}
}

static void count_edges(struct spread *sp)
{
	for (size_t i = 0; i < sp->g->n_nodes; i++)
		sp->left[i] = sp->g->first[i + 1] - sp->g->first[i];
}

/* ---- what if ---- */

struct lk_graph_what_if {
	struct spread sp;
	unsigned char *out; /* the array of sp.out, writable */
};

void lk_graph_what_if_free(struct lk_graph_what_if *w)
{
	if (!w)
		return;
	free(w->out);
	free(w->sp.moves);
	free(w->sp.queue);
	free(w->sp.left);
	free(w->sp.log);
	free(w);
}

struct lk_graph_what_if *lk_graph_what_if_new(const struct lk_graph *g, const struct lk_snapshot *s)
{
	struct lk_graph_what_if *w = lk_alloc(1, sizeof(*w));

	w->out = lk_alloc(s->n_procs, 1);
	w->sp = (struct spread){ .g = g, .s = s, .out = w->out };
	w->sp.moves = lk_alloc(g->n_nodes, 1);
	w->sp.queue = lk_alloc(g->n_nodes, sizeof(*w->sp.queue));
	w->sp.left = lk_alloc(g->n_nodes, sizeof(*w->sp.left));
	count_edges(&w->sp);
	for (size_t i = 0; i < g->n_nodes; i++) {
		if (moves_by_itself(g, s, i))
			set_moving(&w->sp, i);
	}
	run(&w->sp);
	/* From here on changes are logged, so that lk_graph_what_if_back() can undo them. */
	w->sp.log = lk_alloc(g->first[g->n_nodes], sizeof(*w->sp.log));
	return w;
}

const unsigned char *lk_graph_what_if_moves(const struct lk_graph_what_if *w)
{
	return w->sp.moves;
}

void lk_graph_what_if_gone(struct lk_graph_what_if *w, size_t proc)
{
	size_t node = w->sp.s->n_locks + proc;

	w->sp.head = w->sp.tail = w->sp.n_log = 0;
	w->out[proc] = 1;
	if (w->sp.moves[node])
		return;
	set_moving(&w->sp, node);
	run(&w->sp);
}

void lk_graph_what_if_back(struct lk_graph_what_if *w, size_t proc)
{
	w->out[proc] = 0;
	while (w->sp.tail)
		w->sp.moves[w->sp.queue[--w->sp.tail]] = 0;
	while (w->sp.n_log)
		w->sp.left[w->sp.log[--w->sp.n_log]]++;
}

void lk_graph_who_follows(const struct lk_graph *g, const struct lk_snapshot *s, const unsigned char *out,
			  unsigned char *moves)
{
	lk_auto_mem size_t *queue = lk_alloc(g->n_nodes, sizeof(*queue));
	lk_auto_mem size_t *left = lk_alloc(g->n_nodes, sizeof(*left));
	struct spread sp = { .g = g, .s = s, .out = out, .moves = moves, .queue = queue, .left = left };

	memset(moves, 0, g->n_nodes);
	count_edges(&sp);
	for (size_t i = 0; i < s->n_procs; i++) {
		if (out[i])
			set_moving(&sp, s->n_locks + i);
	}
	run(&sp);
}

/* Tarjan's algorithm, without recursion. */
struct tarjan {
	const struct lk_graph *g;
	const unsigned char *moves;
	size_t *order, *low, *edge; /* by node; order 0: not visited */
	size_t *stack, n_stack; /* nodes of open components */
	size_t *path, n_path; /* from the start node to the current one */
	unsigned char *on_stack;
	size_t clock, n_found;
	size_t *component;
};

static void visit(struct tarjan *t, size_t node)
{
	t->order[node] = t->low[node] = ++t->clock;
	t->edge[node] = t->g->first[node];
	t->stack[t->n_stack++] = node;
	t->on_stack[node] = 1;
	t->path[t->n_path++] = node;
}

static void close_component(struct tarjan *t, size_t root)
{
	bool alone = t->stack[t->n_stack - 1] == root;
	size_t node;

	do {
		node = t->stack[--t->n_stack];
		t->on_stack[node] = 0;
		t->component[node] = alone ? LK_GRAPH_NONE : t->n_found;
	} while (node != root);
	t->n_found += !alone;
}

static void step(struct tarjan *t)
{
	size_t node = t->path[t->n_path - 1];

	while (t->edge[node] < t->g->first[node + 1]) {
		size_t to = t->g->to[t->edge[node]++];

		if (t->moves && t->moves[to])
			continue;
		if (!t->order[to]) {
			visit(t, to);
			return;
		}
		if (t->on_stack[to] && t->order[to] < t->low[node])
			t->low[node] = t->order[to];
	}
	if (t->low[node] == t->order[node])
		close_component(t, node);
	t->n_path--;
	if (t->n_path) {
		size_t parent = t->path[t->n_path - 1];

		if (t->low[node] < t->low[parent])
			t->low[parent] = t->low[node];
	}
}

size_t lk_graph_components(const struct lk_graph *g, const unsigned char *moves, size_t *component)
{
	size_t n = g->n_nodes;
	lk_auto_mem size_t *mem = lk_alloc(n, 5 * sizeof(*mem));
	lk_auto_mem unsigned char *on_stack = lk_alloc(n, 1);
	struct tarjan t = { .g = g, .moves = moves, .component = component };

	t.order = mem;
	t.low = mem + n;
	t.edge = mem + 2 * n;
	t.stack = mem + 3 * n;
	t.path = mem + 4 * n;
	t.on_stack = on_stack;
	for (size_t i = 0; i < n; i++)
		component[i] = LK_GRAPH_NONE;
	for (size_t i = 0; i < n; i++) {
		if (t.order[i] || (moves && moves[i]))
			continue;
		visit(&t, i);
		while (t.n_path)
			step(&t);
	}
	return t.n_found;
}

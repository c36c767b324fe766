/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/deadlock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "model/graph.h"

#define MAX_TRIED 64 /* processes of one deadlock tried as the one that ends it */

struct finder {
	struct lk_snapshot *s;
	struct lk_graph g;
	unsigned char *moves; /* by node: it can move (a waiter gets on, a lock goes, a process has a free thread) */
	size_t *component; /* by node; LK_GRAPH_NONE: not in a cycle */
	LK_VEC(struct lk_cycle) cycles;
};

static int compare_int(const void *a, const void *b)
{
	return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

/* Rows and processes of one component into the cycle. */
static int fill_cycle(struct finder *f, size_t component, struct lk_cycle *c)
{
	struct lk_snapshot *s = f->s;
	size_t n_rows = 0, n_pids = 0;
	const struct lk_lock **rows;
	int *pids;

	for (size_t i = 0; i < f->g.n_nodes; i++) {
		if (f->component[i] == component && ++*(i < s->n_locks ? &n_rows : &n_pids) == 0)
			return -ENOMEM;
	}
	rows = lk_arena_array(&s->arena, n_rows, sizeof(*rows));
	pids = lk_arena_array(&s->arena, n_pids, sizeof(*pids));
	if (!rows || !pids)
		return -ENOMEM;
	for (size_t i = 0; i < f->g.n_nodes; i++) {
		if (f->component[i] != component)
			continue;
		if (i < s->n_locks)
			rows[c->n_rows++] = &s->locks[i];
		else
			pids[c->n_pids++] = s->procs[i - s->n_locks].pid;
	}
	qsort(pids, n_pids, sizeof(*pids), compare_int);
	c->rows = rows;
	c->pids = pids;
	return 0;
}

/* Would every other request of the cycle get on if this process went, with its locks and its requests? */
static bool would_end(struct finder *f, const struct lk_cycle *c, int pid, unsigned char *scratch)
{
	const struct lk_proc *p = lk_snapshot_proc(f->s, pid);

	lk_graph_who_moves(&f->g, f->s, (size_t)(p - f->s->procs), scratch);
	for (size_t i = 0; i < c->n_rows; i++) {
		const struct lk_lock *l = c->rows[i];

		if (lk_lock_is_waiting(l) && l->pid != pid && !scratch[l->index])
			return false;
	}
	return true;
}

static int find_breakers(struct finder *f, struct lk_cycle *c)
{
	lk_auto_mem unsigned char *scratch = malloc(f->g.n_nodes + 1);
	int *out = lk_arena_array(&f->s->arena, c->n_pids, sizeof(*out));

	if (!scratch || !out)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_pids && i < MAX_TRIED; i++) {
		if (would_end(f, c, c->pids[i], scratch))
			out[c->n_breakers++] = c->pids[i];
	}
	c->breakers = out;
	return 0;
}

/* In words, why this process can still let go of a lock of the circle. */
static const char *why_moves(struct finder *f, const struct lk_proc *p)
{
	struct lk_arena *a = &f->s->arena;
	int64_t waiting = f->g.n_waiting[p - f->s->procs];

	if (!waiting)
		return lk_arena_printf(a, "process %d also holds one of the locks and does not wait", p->pid);
	if (p->num_threads <= 0)
		return lk_arena_printf(a, "it is not known whether process %d has a thread that is not waiting",
				       p->pid);
	if (lk_graph_has_free_thread(&f->g, f->s, p))
		return lk_arena_printf(a, "process %d has a thread that is not waiting", p->pid);
	return lk_arena_printf(a, "process %d has a thread that waits for something else and can still get it", p->pid);
}

/* The first holder of a lock of the circle that can move, or (by_itself) that needs nobody else for it; NULL: none. */
static const struct lk_proc *find_mover(const struct finder *f, const struct lk_cycle *c, bool by_itself)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		for (size_t k = 0; k < c->rows[i]->n_holders; k++) {
			const struct lk_proc *p = c->rows[i]->holders[k].proc;
			size_t node = f->s->n_locks + (size_t)(p - f->s->procs);

			if (f->moves[node] && (!by_itself || lk_graph_has_free_thread(&f->g, f->s, p)))
				return p;
		}
	}
	return NULL;
}

static bool has_lease(const struct lk_cycle *c)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		enum lk_type t = c->rows[i]->rec.type;

		if (!lk_lock_is_waiting(c->rows[i]) && (t == LK_TYPE_LEASE || t == LK_TYPE_DELEG))
			return true;
	}
	return false;
}

/* Why a circle is no deadlock: somebody in it, or sharing a lock of it, can still move. */
static int find_escape(struct finder *f, struct lk_cycle *c)
{
	const struct lk_proc *p = find_mover(f, c, true);

	if (!p && has_lease(c)) {
		c->escape = "a lease is part of it, which the kernel takes away after its break time";
		return 0;
	}
	p = p ? p : find_mover(f, c, false);
	c->escape_pid = p ? p->pid : 0;
	c->escape = p ? why_moves(f, p) : "one of its requests can still be granted";
	return c->escape ? 0 : -ENOMEM;
}

static int add_cycle(struct finder *f, size_t component, bool dead)
{
	struct lk_cycle *c = lk_vec_push(&f->cycles);
	int rc;

	if (!c)
		return -ENOMEM;
	*c = (struct lk_cycle){ .dead = dead };
	rc = fill_cycle(f, component, c);
	if (rc)
		return rc;
	return dead ? find_breakers(f, c) : find_escape(f, c);
}

static bool touches_deadlock(const struct finder *f, size_t component)
{
	for (size_t i = 0; i < f->s->n_locks; i++) {
		if (f->component[i] == component && f->s->locks[i].deadlock)
			return true;
	}
	return false;
}

static void number_rows(struct finder *f, struct lk_cycle *c)
{
	c->number = (unsigned)++f->s->n_deadlocks;
	for (size_t i = 0; i < c->n_rows; i++)
		f->s->locks[c->rows[i]->index].deadlock = c->number;
}

/* Circles among what cannot move are deadlocks; circles of the whole graph that contain none are worth a word. */
static int find_cycles(struct finder *f, bool dead)
{
	size_t n = 0;
	int rc = lk_graph_components(&f->g, dead ? f->moves : NULL, f->component, &n);

	for (size_t i = 0; i < n && !rc; i++) {
		if (!dead && touches_deadlock(f, i))
			continue;
		rc = add_cycle(f, i, dead);
		if (!rc && dead)
			number_rows(f, &f->cycles.v[f->cycles.n - 1]);
	}
	return rc;
}

static int run(struct finder *f)
{
	int rc = lk_graph_make(&f->g, f->s);

	if (rc)
		return rc;
	f->moves = calloc(f->g.n_nodes + 1, 1);
	f->component = calloc(f->g.n_nodes + 1, sizeof(*f->component));
	if (!f->moves || !f->component)
		return -ENOMEM;
	lk_graph_who_moves(&f->g, f->s, LK_GRAPH_NONE, f->moves);
	rc = find_cycles(f, true);
	return rc ? rc : find_cycles(f, false);
}

int lk_deadlock_find(struct lk_snapshot *s)
{
	struct finder f = { .s = s };
	int rc = s->n_waiting ? run(&f) : 0;

	s->n_cycles = rc ? 0 : f.cycles.n;
	s->cycles = lk_arena_memdup(&s->arena, f.cycles.v, s->n_cycles * sizeof(*f.cycles.v));
	lk_graph_done(&f.g);
	free(f.moves);
	free(f.component);
	lk_vec_done(&f.cycles);
	return rc || s->cycles ? rc : -ENOMEM;
}

static bool stands_in(const struct lk_snapshot *later, bool dead, uint64_t id)
{
	for (size_t i = 0; i < later->n_cycles && (!dead || later->cycles[i].dead); i++) {
		for (size_t k = 0; k < later->cycles[i].n_rows; k++) {
			if (later->cycles[i].rows[k]->id == id)
				return true;
		}
	}
	return false;
}

static bool cycle_stands(const struct lk_cycle *c, const struct lk_snapshot *later)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		if (!stands_in(later, c->dead, c->rows[i]->id))
			return false;
	}
	return true;
}

void lk_deadlock_confirm(struct lk_snapshot *s, const struct lk_snapshot *later)
{
	size_t kept = 0;

	s->n_deadlocks = 0;
	for (size_t i = 0; i < s->n_cycles; i++) {
		struct lk_cycle c = s->cycles[i];
		bool stands = cycle_stands(&c, later);

		c.number = c.dead && stands ? (unsigned)++s->n_deadlocks : 0;
		for (size_t k = 0; c.dead && k < c.n_rows; k++)
			s->locks[c.rows[k]->index].deadlock = c.number;
		if (stands)
			s->cycles[kept++] = c;
	}
	s->n_cycles = kept;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cycles of waiting, and which of them can never end. See doc/kernel.md 9.2. */
#include "model/deadlock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/ints.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/graph.h"

#define MAX_TRIED 64 /* how many processes of one deadlock are tried as the one that would end it */

struct finder {
	struct lk_snapshot *s;
	struct lk_graph g;
	struct lk_graph_what_if *what_if;
	const unsigned char
		*moves; /* by node: it can move (a request is granted, a lock released, a thread of a process free) */
	size_t *component; /* by node; LK_GRAPH_NONE: not in a cycle */
	size_t *members; /* nodes, component by component, lowest first */
	size_t *begin; /* where the nodes of each component begin in `members`; one entry more than there are components */
	LK_VEC(struct lk_cycle) cycles;
};

/* Fills members, and begin, which has room for n_components + 2 entries. */
static void list_members(struct finder *f, size_t n_components)
{
	memset(f->begin, 0, (n_components + 2) * sizeof(*f->begin));
	for (size_t i = 0; i < f->g.n_nodes; i++) {
		if (f->component[i] != LK_GRAPH_NONE)
			f->begin[f->component[i] + 2]++;
	}
	for (size_t i = 1; i <= n_components; i++)
		f->begin[i + 1] += f->begin[i];
	for (size_t i = 0; i < f->g.n_nodes; i++) {
		if (f->component[i] != LK_GRAPH_NONE)
			f->members[f->begin[f->component[i] + 1]++] = i;
	}
}

/* Puts the rows and processes of one component into the cycle. */
static void fill_cycle(struct finder *f, size_t component, struct lk_cycle *c)
{
	const size_t *member = f->members + f->begin[component], *end = f->members + f->begin[component + 1];
	struct lk_snapshot *s = f->s;
	const struct lk_lock **rows = lk_arena_array(&s->arena, (size_t)(end - member), sizeof(*rows));
	int *pids = lk_arena_array(&s->arena, (size_t)(end - member), sizeof(*pids));

	for (; member < end; member++) {
		if (*member < s->n_locks)
			rows[c->n_rows++] = &s->locks[*member];
		else
			pids[c->n_pids++] = s->procs[*member - s->n_locks].pid;
	}
	qsort(pids, c->n_pids, sizeof(*pids), lk_compare_int);
	c->rows = rows;
	c->pids = pids;
}

/* Could every other request of the cycle be granted if this process ended, with its locks and its requests? */
static bool would_end(struct finder *f, const struct lk_cycle *c, int pid)
{
	const struct lk_proc *p = lk_snapshot_proc(f->s, pid);
	size_t proc = (size_t)(p - f->s->procs);
	bool ends = true;

	lk_graph_what_if_gone(f->what_if, proc);
	for (size_t i = 0; i < c->n_rows && ends; i++) {
		const struct lk_lock *l = c->rows[i];

		ends = !lk_lock_is_waiting(l) || l->pid == pid || f->moves[l->index];
	}
	lk_graph_what_if_back(f->what_if, proc);
	return ends;
}

static void find_breakers(struct finder *f, struct lk_cycle *c)
{
	size_t n = c->n_pids < MAX_TRIED ? c->n_pids : MAX_TRIED;
	int *out = lk_arena_array(&f->s->arena, n, sizeof(*out));

	for (size_t i = 0; i < n; i++) {
		if (would_end(f, c, c->pids[i]))
			out[c->n_breakers++] = c->pids[i];
	}
	c->breakers = out;
}

/* In words, why this process can still release a lock of the cycle. */
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

/* The first process that holds a lock of the cycle and can move; by_itself: one that can do so before anybody else moves. NULL: none. */
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

static bool has_taken_away(const struct lk_snapshot *s, const struct lk_cycle *c)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		if (!lk_lock_is_waiting(c->rows[i]) && lk_lock_is_taken_away(s, c->rows[i]))
			return true;
	}
	return false;
}

/* Why a cycle is no deadlock: some process in it, or sharing a lock of it, can still move. */
static void find_escape(struct finder *f, struct lk_cycle *c)
{
	const struct lk_proc *p = find_mover(f, c, true);

	if (!p && has_taken_away(f->s, c)) {
		c->escape = "a lease is part of it, which the kernel takes away after its break time";
		return;
	}
	p = p ? p : find_mover(f, c, false);
	c->escape_pid = p ? p->pid : 0;
	c->escape = p ? why_moves(f, p) : "one of its requests can still be granted";
}

static void add_cycle(struct finder *f, size_t component, bool dead)
{
	struct lk_cycle *c = lk_vec_push(&f->cycles);

	*c = (struct lk_cycle){ .dead = dead };
	fill_cycle(f, component, c);
	if (dead)
		find_breakers(f, c);
	else
		find_escape(f, c);
}

static bool touches_deadlock(const struct finder *f, size_t component)
{
	for (size_t i = f->begin[component]; i < f->begin[component + 1]; i++) {
		if (f->members[i] < f->s->n_locks && f->s->locks[f->members[i]].deadlock)
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

/* Cycles among the nodes that cannot move are deadlocks; cycles of the whole graph that contain no deadlock are listed as well. */
static void find_cycles(struct finder *f, bool dead)
{
	size_t n = lk_graph_components(&f->g, dead ? f->moves : NULL, f->component);

	list_members(f, n);
	for (size_t i = 0; i < n; i++) {
		if (!dead && touches_deadlock(f, i))
			continue;
		add_cycle(f, i, dead);
		if (dead)
			number_rows(f, &f->cycles.v[f->cycles.n - 1]);
	}
}

/* A cheap test first: a cycle needs a process that waits and holds a lock that somebody waits for. recorded: or may hold it. */
static bool may_have_cycles(const struct lk_snapshot *s, bool recorded)
{
	lk_auto_mem unsigned char *waits = lk_alloc(s->n_procs, 1);
	bool found = false;

	for (size_t i = 0; i < s->n_locks; i++) {
		if (s->locks[i].waiter)
			waits[s->locks[i].waiter->proc - s->procs] = 1;
	}
	for (size_t i = 0; i < s->n_locks && !found; i++) {
		const struct lk_lock *l = &s->locks[i];

		for (size_t k = 0; l->n_blocks && k < l->n_holders && !found; k++)
			found = waits[l->holders[k].proc - s->procs];
		if (recorded && l->n_blocks && !l->n_holders && l->proc)
			found = found || waits[l->proc - s->procs];
	}
	return found;
}

static void run(struct finder *f)
{
	size_t n;

	lk_graph_make(&f->g, f->s);
	n = f->g.n_nodes;
	f->what_if = lk_graph_what_if_new(&f->g, f->s);
	f->moves = lk_graph_what_if_moves(f->what_if);
	f->component = lk_alloc(n, sizeof(*f->component));
	f->members = lk_alloc(n, sizeof(*f->members));
	f->begin = lk_alloc(n + 3, sizeof(*f->begin));
	find_cycles(f, true);
	find_cycles(f, false);
}

/* Circles that have a lock whose holder is only recorded, and nothing of a cycle that is proven. */
static size_t count_possible(const struct lk_snapshot *s)
{
	lk_auto_mem unsigned char *possible = NULL;
	lk_auto_mem size_t *component = NULL;
	struct lk_graph g;
	size_t n, count = 0;

	lk_graph_make_recorded(&g, s);
	component = lk_alloc(g.n_nodes, sizeof(*component));
	n = lk_graph_components(&g, NULL, component);
	possible = lk_alloc(n, 1);
	for (size_t i = 0; i < s->n_locks; i++) {
		if (component[i] != LK_GRAPH_NONE && !lk_lock_is_waiting(&s->locks[i]) && !s->locks[i].n_holders)
			possible[component[i]] = 1;
	}
	for (size_t i = 0; i < s->n_cycles; i++) {
		for (size_t k = 0; k < s->cycles[i].n_rows; k++)
			possible[component[s->cycles[i].rows[k]->index]] = 0;
	}
	for (size_t i = 0; i < n; i++)
		count += possible[i];
	lk_graph_done(&g);
	return count;
}

void lk_deadlock_find(struct lk_snapshot *s)
{
	struct finder f = { .s = s };

	if (s->n_waiting && may_have_cycles(s, false))
		run(&f);
	s->n_cycles = f.cycles.n;
	s->cycles = lk_arena_memdup(&s->arena, f.cycles.v, s->n_cycles * sizeof(*f.cycles.v));
	lk_graph_what_if_free(f.what_if);
	lk_graph_done(&f.g);
	free(f.component);
	free(f.members);
	free(f.begin);
	lk_vec_done(&f.cycles);
	if (s->n_waiting && may_have_cycles(s, true))
		s->n_possible_cycles = count_possible(s);
}

/* Ids of the rows of all cycles; rows of deadlocks come first, because deadlocks come first among the cycles. */
struct id_set {
	const struct lk_lock **rows;
	size_t n, n_dead;
	struct lk_index index;
};

struct wanted_id {
	uint64_t id;
	bool dead; /* only a row of a deadlock will do */
};

static bool is_wanted(const void *arg, uint32_t value, const void *key)
{
	const struct id_set *set = arg;
	const struct wanted_id *w = key;

	return set->rows[value]->id == w->id && (!w->dead || value < set->n_dead);
}

static uint64_t hash_id(uint64_t id)
{
	return lk_hash_add(lk_hash_begin(), id, 0);
}

static void list_ids(const struct lk_snapshot *s, struct id_set *set)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_cycles; i++)
		n += s->cycles[i].n_rows;
	set->rows = lk_alloc(n, sizeof(*set->rows));
	for (size_t i = 0; i < s->n_cycles; i++) {
		for (size_t k = 0; k < s->cycles[i].n_rows; k++) {
			set->rows[set->n] = s->cycles[i].rows[k];
			lk_index_add(&set->index, hash_id(set->rows[set->n]->id), (uint32_t)set->n);
			set->n++;
		}
		if (s->cycles[i].dead)
			set->n_dead = set->n;
	}
}

static bool cycle_stands(const struct lk_cycle *c, const struct id_set *later)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		struct wanted_id w = { c->rows[i]->id, c->dead };

		if (lk_index_find(&later->index, hash_id(w.id), is_wanted, later, &w) == LK_INDEX_NONE)
			return false;
	}
	return true;
}

void lk_deadlock_confirm(struct lk_snapshot *s, const struct lk_snapshot *later)
{
	struct id_set ids = { 0 };
	size_t kept = 0;

	list_ids(later, &ids);
	s->n_deadlocks = 0;
	for (size_t i = 0; i < s->n_cycles; i++) {
		struct lk_cycle c = s->cycles[i];
		bool stands = cycle_stands(&c, &ids);

		c.number = c.dead && stands ? (unsigned)++s->n_deadlocks : 0;
		for (size_t k = 0; c.dead && k < c.n_rows; k++)
			s->locks[c.rows[k]->index].deadlock = c.number;
		if (stands)
			s->cycles[kept++] = c;
	}
	s->n_cycles = kept;
	if (later->n_possible_cycles < s->n_possible_cycles)
		s->n_possible_cycles = later->n_possible_cycles;
	lk_index_done(&ids.index);
	free(ids.rows);
}

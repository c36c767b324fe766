/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who waits for whom, and what would let them go on: the finding, without the printing. */
#include "query/waits.h"

/* ---- what is known ---- */

/* Nothing about this request is left to guess: who waits, what is in its way, and who holds that. */
static bool is_resolved(const struct lk_lock *l)
{
	if (!l->waiter || (!l->n_blocked_by && l->state != LK_STATE_STOPPED_WAITING))
		return false;
	for (size_t i = 0; i < l->n_blocked_by; i++) {
		if (!l->blocked_by[i]->n_holders || !lk_lock_is_exact(l->blocked_by[i]))
			return false;
	}
	return true;
}

/* A cycle that does not count as a deadlock only because the number of threads of one process is not known. */
static bool is_doubtful(const struct lk_snapshot *s, const struct lk_cycle *c)
{
	const struct lk_proc *p = c->dead || !c->escape_pid ? NULL : lk_snapshot_proc(s, c->escape_pid);

	return p && p->num_threads <= 0;
}

static bool all_resolved(const struct lk_snapshot *s)
{
	for (size_t i = 0; i < s->n_locks; i++) {
		if (lk_lock_is_waiting(&s->locks[i]) && !is_resolved(&s->locks[i]))
			return false;
	}
	for (size_t i = 0; i < s->n_cycles; i++) {
		if (is_doubtful(s, &s->cycles[i]))
			return false;
	}
	return s->locks_proven && !s->relations_cut;
}

enum lk_tri lk_waits_any(const struct lk_snapshot *s, bool only_deadlocks)
{
	if (only_deadlocks ? s->n_deadlocks > 0 : s->n_waiting > 0)
		return LK_YES;
	return (only_deadlocks ? all_resolved(s) : s->locks_proven) ? LK_NO : LK_UNKNOWN;
}

/* ---- what would help ---- */

static void add_holders(const struct lk_lock *l, lk_ints *ret)
{
	for (size_t i = 0; i < l->n_holders; i++)
		*lk_vec_push(ret) = l->holders[i].pid;
}

void lk_waits_holders(const struct lk_lock *l, lk_ints *ret)
{
	add_holders(l, ret);
	lk_ints_sort(ret);
}

size_t lk_waits_find_signal(const struct lk_snapshot *s, const struct lk_lock *root, const struct lk_lock *request,
			    lk_ints *ret)
{
	size_t freed;

	lk_waits_holders(root, ret);
	freed = lk_forest_freed_by(s, ret->v, ret->n);
	if (freed || !request)
		return freed;
	ret->n = 0;
	for (size_t i = 0; i < request->n_blocked_by; i++)
		add_holders(request->blocked_by[i], ret);
	lk_ints_sort(ret);
	return lk_forest_freed_by(s, ret->v, ret->n);
}

bool lk_waits_is_unseen(const struct lk_tree_node *top)
{
	if (top->kind == LK_TREE_UNSEEN)
		return top->lock->state != LK_STATE_STOPPED_WAITING;
	return top->kind == LK_TREE_LOCK && !top->lock->n_holders;
}

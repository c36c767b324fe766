/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would free what. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/waits_tree.h"
#include "tui/waits_line.h"

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

/* The holders of the lock; if others are in the way as well, together with them. */
static int find_signal(const struct lk_frame *f, const struct lk_tree_node *top, lk_pid_list *pids, size_t *ret_freed)
{
	size_t first = (size_t)(top - f->forest.nodes) + 1;
	int rc;

	pids->v = lk_waits_holders(top->lock, &pids->n);
	pids->cap = top->lock->n_holders + 1;
	if (!pids->v)
		return -ENOMEM;
	*ret_freed = lk_forest_freed_by(f->snap, pids->v, pids->n);
	if (*ret_freed || first >= f->forest.n || f->forest.nodes[first].kind != LK_TREE_REQUEST)
		return 0;
	pids->n = 0;
	rc = lk_waits_add_blockers(pids, f->forest.nodes[first].lock);
	*ret_freed = lk_forest_freed_by(f->snap, pids->v, pids->n);
	return rc;
}

static int advise_root(const struct lk_frame *f, const struct lk_tree_node *top, lk_buf *out)
{
	lk_pid_list pids = { 0 };
	size_t freed = 0;
	int rc;

	if (lk_waits_put_stopped(out, top, ""))
		lk_buf_puts(out, " ");
	if (top->kind == LK_TREE_UNSEEN && top->lock->state == LK_STATE_STOPPED_WAITING)
		return 0;
	if (top->kind == LK_TREE_UNSEEN || !top->lock->n_holders)
		return lk_buf_printf(out, "Who is in the way of %zu cannot be seen from here. ", top->n_behind);
	rc = find_signal(f, top, &pids, &freed);
	if (!rc && freed) {
		lk_buf_puts(out, "Signalling ");
		lk_waits_put_pids(out, pids.v, pids.n, " and ", "");
		rc = lk_buf_printf(out, "%s would unblock %zu. ", pids.n > 1 ? " together" : "", freed);
	}
	lk_vec_done(&pids);
	return rc;
}

static int advise_cycle(const struct lk_cycle *c, lk_buf *out)
{
	if (!c->dead)
		return lk_buf_printf(out, "No deadlock: %s. ", c->escape ? c->escape : "it can still resolve");
	if (!c->n_breakers)
		return lk_buf_printf(out, "Breaking cycle %u takes more than one process. ", c->number);
	lk_buf_puts(out, c->number > 1 ? "Breaking cycle " : "Breaking the cycle");
	if (c->number > 1)
		lk_buf_printf(out, "%u", c->number);
	lk_buf_puts(out, " needs ");
	lk_waits_put_pids(out, c->breakers, c->n_breakers, " or ", "one of ");
	return lk_buf_puts(out, ". ");
}

int lk_waits_advice(const struct lk_frame *f, const struct lk_tree_node *node, lk_buf *out)
{
	const struct lk_tree_node *top = top_of(&f->forest, node);
	const struct lk_cycle *cycle = top && top->kind == LK_TREE_CYCLE ? top->cycle : NULL;
	int rc = 0;

	if (!top || cycle)
		top = first_root(&f->forest);
	if (!cycle && f->snap->n_cycles)
		cycle = &f->snap->cycles[0];
	if (top)
		rc = advise_root(f, top, out);
	return rc || !cycle ? rc : advise_cycle(cycle, out);
}

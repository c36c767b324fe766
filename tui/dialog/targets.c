/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the processes that a signal for a row, a lock or a file goes to. */
#include "tui/dialog/targets.h"

#include <errno.h>

static void add_process(lk_signal_list *ret, int pid, const struct lk_proc *p)
{
	lk_signal_want(ret, (struct lk_signal_wanted){ .pid = pid, .start_ticks = p ? p->start_ticks : 0 });
}

static void add_holder(lk_signal_list *ret, const struct lk_lock *l, const struct lk_holder *h)
{
	lk_signal_want(ret, (struct lk_signal_wanted){
				    .pid = h->pid, .start_ticks = h->proc->start_ticks, .lock = l, .holder = h });
}

int lk_targets_add_lock(lk_signal_list *ret, const struct lk_lock *l, struct lk_err *err)
{
	if (lk_lock_is_waiting(l)) {
		if (!l->waiter || l->waiter->pid <= 0)
			return lk_err_set(err, -ENOENT,
					  "who waits there is not proven, so nobody can be signalled for it");
		add_process(ret, l->waiter->pid, l->waiter->proc);
		return 0;
	}
	if (!l->n_holders || !lk_lock_is_exact(l))
		return lk_err_set(err, -ENOENT, "who holds the lock is not proven, so nobody can be signalled for it");
	for (size_t i = 0; i < l->n_holders; i++)
		add_holder(ret, l, &l->holders[i]);
	return 0;
}

static int add_file(lk_signal_list *ret, const struct lk_snapshot *snap, const struct lk_file *file, struct lk_err *err)
{
	bool any = false;

	for (size_t i = 0; i < snap->n_locks; i++) {
		const struct lk_lock *l = &snap->locks[i];

		if (l->file == file && !lk_lock_is_waiting(l))
			any = lk_targets_add_lock(ret, l, NULL) == 0 || any;
	}
	return any ? 0 : lk_err_set(err, -ENOENT, "nobody is proven to hold a lock on the file");
}

int lk_targets_add(lk_signal_list *ret, const struct lk_subject *s, struct lk_err *err)
{
	if (s->lock && s->holder && !lk_lock_is_waiting(s->lock) && lk_lock_is_exact(s->lock))
		add_holder(ret, s->lock, s->holder);
	else if (s->lock)
		return lk_targets_add_lock(ret, s->lock, err);
	else if (s->proc && s->proc->pid > 0)
		add_process(ret, s->proc->pid, s->proc);
	else if (s->file)
		return add_file(ret, s->frame->snap, s->file, err);
	else
		return lk_err_set(err, -ENOENT, "this row is about no process");
	return 0;
}

const char *lk_targets_why_not(const struct lk_subject *s)
{
	lk_signal_list wanted = { 0 };
	int rc = lk_targets_add(&wanted, s, NULL);

	lk_vec_done(&wanted);
	if (!rc)
		return NULL;
	return s->lock || s->file ? "nobody is proven to hold it, or to wait" : "this row is about no process";
}

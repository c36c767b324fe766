/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/targets.h"

#include <errno.h>

/* A process that is there already keeps the first lock that it is there for. */
static int add(lk_wanted *ret, struct lk_signal_wanted w)
{
	struct lk_signal_wanted *slot;

	for (size_t i = 0; i < ret->n; i++) {
		struct lk_signal_wanted *old = &ret->v[i];

		if (old->pid != w.pid)
			continue;
		if (!old->lock) {
			old->lock = w.lock;
			old->holder = w.holder;
		}
		return 0;
	}
	slot = lk_vec_push(ret);
	if (!slot)
		return -ENOMEM;
	*slot = w;
	return 0;
}

static int add_process(lk_wanted *ret, int pid, const struct lk_proc *p)
{
	return add(ret, (struct lk_signal_wanted){ .pid = pid, .start_ticks = p ? p->start_ticks : 0 });
}

static int add_holder(lk_wanted *ret, const struct lk_lock *l, const struct lk_holder *h)
{
	return add(ret, (struct lk_signal_wanted){
				.pid = h->pid, .start_ticks = h->proc->start_ticks, .lock = l, .holder = h });
}

int lk_targets_add_lock(lk_wanted *ret, const struct lk_lock *l, struct lk_err *err)
{
	int rc = 0;

	if (lk_lock_is_waiting(l)) {
		if (l->waiter && l->waiter->pid > 0)
			return add_process(ret, l->waiter->pid, l->waiter->proc);
		return lk_err_set(err, -ENOENT, "who waits there is not proven, so nobody can be signalled for it");
	}
	if (!l->n_holders || !lk_lock_is_exact(l))
		return lk_err_set(err, -ENOENT, "who holds the lock is not proven, so nobody can be signalled for it");
	for (size_t i = 0; i < l->n_holders && !rc; i++)
		rc = add_holder(ret, l, &l->holders[i]);
	return rc;
}

static int add_file(lk_wanted *ret, const struct lk_snapshot *snap, const struct lk_file *file, struct lk_err *err)
{
	size_t before = ret->n;
	int rc = 0;

	for (size_t i = 0; i < snap->n_locks && !rc; i++) {
		const struct lk_lock *l = &snap->locks[i];

		if (l->file == file && !lk_lock_is_waiting(l) && l->n_holders && lk_lock_is_exact(l))
			rc = lk_targets_add_lock(ret, l, err);
	}
	if (!rc && ret->n == before)
		return lk_err_set(err, -ENOENT, "nobody is proven to hold a lock on the file");
	return rc;
}

int lk_targets_add(lk_wanted *ret, const struct lk_subject *s, struct lk_err *err)
{
	int rc;

	if (s->lock && s->holder && !lk_lock_is_waiting(s->lock) && lk_lock_is_exact(s->lock))
		rc = add_holder(ret, s->lock, s->holder);
	else if (s->lock)
		rc = lk_targets_add_lock(ret, s->lock, err);
	else if (s->proc && s->proc->pid > 0)
		rc = add_process(ret, s->proc->pid, s->proc);
	else if (s->file)
		rc = add_file(ret, s->frame->snap, s->file, err);
	else
		rc = lk_err_set(err, -ENOENT, "this row is about no process");
	return rc < 0 ? lk_err_set(err, rc, "out of memory") : 0;
}

const char *lk_targets_why_not(const struct lk_subject *s)
{
	lk_wanted wanted = { 0 };
	int rc = lk_targets_add(&wanted, s, NULL);

	lk_vec_done(&wanted);
	if (rc == -ENOENT)
		return s->lock || s->file ? "nobody is proven to hold it, or to wait" : "this row is about no process";
	return rc ? "out of memory" : NULL;
}

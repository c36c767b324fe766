/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes of an answer: name, start, user and state come with the dump; what else is wanted, and those that only a number
 * stands for, are read as by procfs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/bpf_private.h"

static int name(struct bpf_scan *b, int64_t pid)
{
	int *slot;

	if (pid <= 0 || pid > INT32_MAX || (b->s.named.n && b->s.named.v[b->s.named.n - 1] == pid))
		return 0;
	slot = lk_vec_push(&b->s.named);
	if (!slot)
		return -ENOMEM;
	*slot = (int)pid;
	return 0;
}

static int name_holder(void *arg, uint32_t hold, uint32_t lock __attribute__((unused)))
{
	struct bpf_scan *b = arg;
	int rc = name(b, b->dump.holds[hold].tgid);

	return rc ? rc : 1;
}

static int name_all(struct bpf_scan *b)
{
	int rc = 0;

	for (size_t i = 0; i < b->dump.n_locks && !rc; i++) {
		const struct lk_bpf_lock *l = &b->dump.locks[i];

		if (!lk_bpf_is_ours(b, l->inode))
			rc = name(b, l->pid);
		if (!rc && l->wait_tgid)
			rc = name(b, l->wait_tgid);
	}
	for (size_t i = 0; i < b->n_holds && rc >= 0; i++)
		rc = lk_bpf_each_shown(b, b->holds[i], name_holder, b);
	rc = rc < 0 ? rc : 0;
	for (size_t i = 0; i < b->unlisted.n && !rc; i++) {
		size_t at = b->unlisted.v[i];

		do
			rc = name(b, b->listed.v.v[at].rec.pid);
		while (!rc && ++at < b->listed.v.n && b->listed.v.v[at].rec.depth);
	}
	return rc;
}

static int compare_procs(const void *a, const void *b)
{
	const struct lk_fact_proc *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static struct lk_fact_proc fact_of(const struct bpf_scan *b, const struct lk_bpf_task *t, long ticks)
{
	struct lk_fact_proc f = {
		.pid = (int)t->tgid,
		.start_ticks = lk_bpf_start_ticks(t->start_ns, b->source->boottime_shift_ns, ticks),
		.comm = t->comm,
		.comm_len = strnlen(t->comm, sizeof(t->comm)),
		.uid = t->euid,
		.ppid = (int)t->ppid,
		.state = lk_bpf_state_letter(t),
		.num_threads = t->n_threads,
	};

	if (t->flags & LK_BPF_TASK_KTHREAD)
		f.flags |= LK_PROC_KTHREAD;
	if (f.state == 'Z' || f.state == 'X')
		f.flags |= LK_PROC_ZOMBIE;
	return f;
}

static int take_known(struct bpf_scan *b)
{
	struct lk_fact_proc *known = lk_arena_array(&b->s.arena, b->dump.n_tasks, sizeof(*known));
	long ticks = sysconf(_SC_CLK_TCK);

	if (!known)
		return -ENOMEM;
	for (size_t i = 0; i < b->dump.n_tasks; i++)
		known[i] = fact_of(b, &b->dump.tasks[i], ticks);
	if (b->dump.n_tasks)
		qsort(known, b->dump.n_tasks, sizeof(*known), compare_procs);
	b->s.known = known;
	b->s.n_known = b->dump.n_tasks;
	return 0;
}

int lk_bpf_emit_procs(struct bpf_scan *b, const struct lk_sink *sink)
{
	int rc = take_known(b);

	rc = rc ? rc : name_all(b);
	return rc ? rc : lk_scan_emit_procs(&b->s, sink);
}

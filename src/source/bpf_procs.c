/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes of an answer: name, start, user and state come with the dump; what else is wanted, and those that only a number
 * stands for, are read as by procfs. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/bpf_private.h"

static void name(struct bpf_scan *b, int64_t pid)
{
	if (pid > 0 && pid <= INT32_MAX && (!b->s.named.n || b->s.named.v[b->s.named.n - 1] != pid))
		*lk_vec_push(&b->s.named) = (int)pid;
}

static int name_holder(void *arg, uint32_t hold, uint32_t lock __attribute__((unused)))
{
	struct bpf_scan *b = arg;

	name(b, b->dump.holds[hold].tgid);
	return 1;
}

static void name_all(struct bpf_scan *b)
{
	for (size_t i = 0; i < b->dump.n_locks; i++) {
		const struct lk_bpf_lock *l = &b->dump.locks[i];

		if (!lk_bpf_is_ours(b, l->inode))
			name(b, l->pid);
		name(b, l->wait_tgid);
	}
	for (size_t i = 0; i < b->n_holds; i++)
		lk_bpf_each_shown(b, b->holds[i], name_holder, b);
	for (size_t i = 0; i < b->unlisted.n; i++) {
		size_t at = b->unlisted.v[i];

		do
			name(b, b->listed.v.v[at].rec.pid);
		while (++at < b->listed.v.n && b->listed.v.v[at].rec.depth);
	}
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

	if (t->is_kthread)
		f.flags |= LK_PROC_KTHREAD;
	if (f.state == 'Z' || f.state == 'X')
		f.flags |= LK_PROC_ZOMBIE;
	return f;
}

static void take_known(struct bpf_scan *b)
{
	struct lk_fact_proc *known = lk_arena_array(&b->s.arena, b->dump.n_tasks, sizeof(*known));
	long ticks = sysconf(_SC_CLK_TCK);

	for (size_t i = 0; i < b->dump.n_tasks; i++)
		known[i] = fact_of(b, &b->dump.tasks[i], ticks);
	if (b->dump.n_tasks)
		qsort(known, b->dump.n_tasks, sizeof(*known), lk_compare_int);
	b->s.known = known;
	b->s.n_known = b->dump.n_tasks;
}

int lk_bpf_emit_procs(struct bpf_scan *b, const struct lk_sink *sink)
{
	take_known(b);
	name_all(b);
	return lk_scan_emit_procs(&b->s, sink);
}

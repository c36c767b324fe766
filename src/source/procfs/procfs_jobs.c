/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which job a process belongs to: its parent, session, terminal and tracer. These files are readable for everybody. */
#include <errno.h>
#include <stdlib.h>

#include "base/io.h"
#include "source/procfs/procfs_private.h"

/* Processes that facts name by pid, each once, and their names. */
struct relatives {
	lk_ints pids;
	const char **comms; /* in the arena; NULL: gone */
};

static bool read_text(struct scan *s, int pid, const char *what)
{
	return !lk_scan_skips(s, pid) && lk_scan_read(s, pid, 0, what) == 0;
}

static bool read_stat(struct scan *s, int pid, struct lk_stat *ret)
{
	return read_text(s, pid, "stat") && lk_parse_stat(s->buf.v, s->buf.n, ret) == 0;
}

static void read_numbers(struct scan *s, struct lk_fact_proc *p)
{
	char tty[LK_TTY_TEXT];
	struct lk_stat st;

	/* The pid may belong to another process by now. */
	if (p->flags & LK_PROC_GONE || !read_stat(s, p->pid, &st) || st.start_ticks != p->start_ticks)
		return;
	p->ppid = st.ppid;
	p->session = st.session;
	if (st.tty)
		p->tty = lk_arena_strdup(&s->arena, lk_tty_name(st.tty, tty));
	if (read_text(s, p->pid, "status"))
		p->tracer = lk_parse_status_tracer(s->buf.v, s->buf.n);
}

static void read_names(struct scan *s, struct relatives *r)
{
	r->comms = lk_arena_array(&s->arena, r->pids.n, sizeof(*r->comms));
	for (size_t i = 0; i < r->pids.n; i++) {
		struct lk_stat st;

		if (read_stat(s, r->pids.v[i], &st))
			r->comms[i] = lk_arena_strndup(&s->arena, st.comm, st.comm_len);
	}
}

static const char *name_of(const struct relatives *r, int pid)
{
	const int *found = r->pids.n ? bsearch(&pid, r->pids.v, r->pids.n, sizeof(pid), lk_compare_int) : NULL;

	return found ? r->comms[found - r->pids.v] : NULL;
}

void lk_scan_read_jobs(struct scan *s, struct lk_fact_proc *procs, const size_t *places, size_t n)
{
	struct relatives r = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct lk_fact_proc *p = &procs[places[i]];

		read_numbers(s, p);
		lk_scan_add_pid(&r.pids, p->ppid);
		lk_scan_add_pid(&r.pids, p->session);
		lk_scan_add_pid(&r.pids, p->tracer);
	}
	lk_ints_sort(&r.pids);
	read_names(s, &r);
	for (size_t i = 0; i < n; i++) {
		struct lk_fact_proc *p = &procs[places[i]];

		p->parent_comm = name_of(&r, p->ppid);
		p->session_comm = name_of(&r, p->session);
		p->tracer_comm = name_of(&r, p->tracer);
	}
	lk_vec_done(&r.pids);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which job a process is: its parent, its session, its terminal, and who traces it. These files are readable for everybody. */
#include <errno.h>
#include <stdlib.h>

#include "base/io.h"
#include "source/procfs_private.h"

#define SMALL_FILE ((size_t)64 * 1024)

/* Processes that facts name by number, each once, and their names. */
struct relatives {
	scan_pids pids;
	const char **comms; /* in the arena; NULL: gone */
};

static bool read_text(struct scan *s, int pid, const char *what)
{
	struct lk_proc_name name = lk_procroot_task_name(pid, 0, what);

	s->buf.n = 0;
	return !lk_scan_skips(s, pid) && lk_io_read_at(s->root->fd, name.s, SMALL_FILE, &s->buf) == 0;
}

static bool read_stat(struct scan *s, int pid, struct lk_stat *ret)
{
	return read_text(s, pid, "stat") && lk_parse_stat(s->buf.v, s->buf.n, ret) == 0;
}

static int read_numbers(struct scan *s, struct lk_fact_proc *p)
{
	char tty[LK_TTY_TEXT];
	struct lk_stat st;

	/* The number may be somebody else's by now. */
	if (p->flags & LK_PROC_GONE || !read_stat(s, p->pid, &st) || st.start_ticks != p->start_ticks)
		return 0;
	p->ppid = st.ppid;
	p->session = st.session;
	if (st.tty) {
		p->tty = lk_arena_strdup(&s->arena, lk_tty_name(st.tty, tty));
		if (!p->tty)
			return -ENOMEM;
	}
	if (read_text(s, p->pid, "status"))
		p->tracer = lk_parse_status_tracer(s->buf.v, s->buf.n);
	return 0;
}

static int read_names(struct scan *s, struct relatives *r)
{
	r->comms = lk_arena_array(&s->arena, r->pids.n ? r->pids.n : 1, sizeof(*r->comms));
	if (!r->comms)
		return -ENOMEM;
	for (size_t i = 0; i < r->pids.n; i++) {
		struct lk_stat st;

		if (!read_stat(s, r->pids.v[i], &st))
			continue;
		r->comms[i] = lk_arena_strndup(&s->arena, st.comm, st.comm_len);
		if (!r->comms[i])
			return -ENOMEM;
	}
	return 0;
}

static const char *name_of(const struct relatives *r, int pid)
{
	const int *found = r->pids.n ? bsearch(&pid, r->pids.v, r->pids.n, sizeof(pid), lk_scan_compare_pids) : NULL;

	return found ? r->comms[found - r->pids.v] : NULL;
}

int lk_scan_read_jobs(struct scan *s, struct lk_fact_proc *procs, const size_t *places, size_t n)
{
	struct relatives r = { 0 };
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++) {
		struct lk_fact_proc *p = &procs[places[i]];

		rc = read_numbers(s, p);
		rc = rc ? rc : lk_scan_add_pid(&r.pids, p->ppid);
		rc = rc ? rc : lk_scan_add_pid(&r.pids, p->session);
		rc = rc ? rc : lk_scan_add_pid(&r.pids, p->tracer);
	}
	lk_scan_sort_pids(&r.pids);
	rc = rc ? rc : read_names(s, &r);
	for (size_t i = 0; i < n && !rc; i++) {
		struct lk_fact_proc *p = &procs[places[i]];

		p->parent_comm = name_of(&r, p->ppid);
		p->session_comm = name_of(&r, p->session);
		p->tracer_comm = name_of(&r, p->tracer);
	}
	lk_vec_done(&r.pids);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/build_private.h"
#include "model/deadlock.h"
#include "model/relate.h"
#include "model/unit.h"

static int on_host(void *arg, const struct lk_fact_host *f)
{
	struct lk_build *b = arg;
	struct lk_fact_host *h = &b->snap->host;

	*h = *f;
	h->scanner = lk_arena_strdup(&b->snap->arena, f->scanner);
	h->host = lk_arena_strdup(&b->snap->arena, f->host);
	h->boot_id = lk_arena_strdup(&b->snap->arena, f->boot_id);
	return h->scanner && h->host && h->boot_id ? 0 : -ENOMEM;
}

static int on_lock(void *arg, const struct lk_fact_lock *f)
{
	struct lk_build *b = arg;
	struct lk_fact_lock *slot = lk_vec_push(&b->lines);

	if (!slot)
		return -ENOMEM;
	*slot = *f;
	return 0;
}

static int on_fd(void *arg, const struct lk_fact_fd *f)
{
	struct lk_build *b = arg;
	struct build_hit *h = lk_vec_push(&b->hits);

	if (!h)
		return -ENOMEM;
	*h = (struct build_hit){ .pid = f->pid, .tid = f->tid, .fd = f->fd, .rec = f->rec, .ofd = f->ofd };
	h->body = lk_record_body(&f->rec);
	h->file = lk_build_file(b, f->file);
	return h->file ? 0 : -ENOMEM;
}

static int on_waiter(void *arg, const struct lk_fact_waiter *f)
{
	struct lk_build *b = arg;
	struct build_waiter *w = lk_vec_push(&b->waiters);

	if (!w)
		return -ENOMEM;
	*w = (struct build_waiter){ .f = *f };
	w->f.file = NULL;
	if (!f->file)
		return 0;
	w->file = lk_build_file(b, f->file);
	return w->file ? 0 : -ENOMEM;
}

static int on_mount(void *arg, const struct lk_fact_mount *f)
{
	struct lk_build *b = arg;
	struct lk_fact_mount *m = lk_vec_push(&b->mounts);

	if (!m)
		return -ENOMEM;
	*m = *f;
	m->fstype = lk_arena_strdup(&b->snap->arena, f->fstype);
	m->mount_point = lk_arena_strdup(&b->snap->arena, f->mount_point);
	return 0;
}

static int on_proc(void *arg, const struct lk_fact_proc *f)
{
	struct lk_build *b = arg;
	struct lk_arena *a = &b->snap->arena;
	struct lk_proc *p = lk_vec_push(&b->procs);

	if (!p)
		return -ENOMEM;
	*p = (struct lk_proc){
		.pid = f->pid,
		.flags = f->flags,
		.start_ticks = f->start_ticks,
		.uid = f->uid,
		.ppid = f->ppid,
		.state = f->state,
		.num_threads = f->num_threads,
		.comm = f->comm ? lk_arena_strndup(a, f->comm, f->comm_len) : NULL,
		.user = lk_arena_strdup(a, f->user),
		.cmdline = lk_arena_strdup(a, f->cmdline),
		.cgroup = lk_arena_strdup(a, f->cgroup),
		.unit = lk_unit_of(a, f->cgroup),
		.container = lk_container_of(a, f->cgroup),
		.pid_ns = f->pid_ns,
		.mnt_ns = f->mnt_ns,
		.user_ns = f->user_ns,
	};
	return 0;
}

static int on_orphan(void *arg, const struct lk_fact_orphan *f)
{
	struct lk_build *b = arg;
	struct lk_fact_orphan *o = lk_vec_push(&b->orphans);

	if (!o)
		return -ENOMEM;
	*o = *f;
	return 0;
}

static int on_denied(void *arg, const struct lk_fact_denied *f)
{
	struct lk_build *b = arg;
	struct lk_fact_denied *d = lk_vec_push(&b->denied);

	if (!d)
		return -ENOMEM;
	*d = *f;
	d->what = lk_arena_strdup(&b->snap->arena, f->what);
	d->text = lk_arena_strdup(&b->snap->arena, f->text);
	return d->what && d->text ? 0 : -ENOMEM;
}

static int on_end(void *arg, const struct lk_fact_end *f)
{
	struct lk_build *b = arg;

	b->snap->end = *f;
	return 0;
}

int lk_build_new(struct lk_build **ret)
{
	struct lk_build *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->snap = calloc(1, sizeof(*b->snap));
	if (!b->snap) {
		free(b);
		return -ENOMEM;
	}
	b->sink = (struct lk_sink){ b,        on_host, on_lock,   on_fd,     on_waiter,
				    on_mount, on_proc, on_orphan, on_denied, on_end };
	*ret = b;
	return 0;
}

const struct lk_sink *lk_build_sink(struct lk_build *b)
{
	return &b->sink;
}

void lk_build_free(struct lk_build *b)
{
	if (!b)
		return;
	lk_snapshot_free(b->snap);
	lk_vec_done(&b->lines);
	lk_vec_done(&b->hits);
	lk_vec_done(&b->waiters);
	lk_vec_done(&b->procs);
	lk_vec_done(&b->mounts);
	lk_vec_done(&b->orphans);
	lk_vec_done(&b->denied);
	lk_vec_done(&b->files);
	lk_vec_done(&b->groups);
	lk_vec_done(&b->rows);
	lk_map_done(&b->by_ident);
	lk_map_done(&b->by_key);
	lk_map_done(&b->by_body);
	free(b);
}

static int compare_procs(const void *a, const void *b)
{
	const struct lk_proc *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* Every pid that a descriptor or a waiter names has a process, even when the source said nothing about it. */
static int add_unnamed_procs(struct lk_build *b)
{
	size_t n = b->procs.n;

	for (size_t i = 0; i < b->hits.n + b->waiters.n; i++) {
		int pid = i < b->hits.n ? b->hits.v[i].pid : b->waiters.v[i - b->hits.n].f.pid;
		struct lk_proc key = { .pid = pid }, *p;

		if (n && bsearch(&key, b->procs.v, n, sizeof(key), compare_procs))
			continue;
		p = lk_vec_push(&b->procs);
		if (!p)
			return -ENOMEM;
		*p = (struct lk_proc){ .pid = pid, .uid = -1 };
	}
	return 0;
}

static void sort_procs(struct lk_build *b)
{
	size_t n = 0;

	if (b->procs.n)
		qsort(b->procs.v, b->procs.n, sizeof(*b->procs.v), compare_procs);
	for (size_t i = 0; i < b->procs.n; i++) {
		if (!n || b->procs.v[n - 1].pid != b->procs.v[i].pid)
			b->procs.v[n++] = b->procs.v[i];
	}
	b->procs.n = n;
}

static int freeze_procs(struct lk_build *b)
{
	struct lk_snapshot *s = b->snap;

	sort_procs(b);
	if (add_unnamed_procs(b) < 0)
		return -ENOMEM;
	sort_procs(b);
	s->n_procs = b->procs.n;
	s->procs = lk_arena_memdup(&s->arena, b->procs.v, b->procs.n * sizeof(*b->procs.v));
	return s->procs ? 0 : -ENOMEM;
}

static void count_row(struct lk_snapshot *s, const struct lk_lock *l)
{
	if (lk_lock_is_waiting(l))
		s->n_waiting++;
	else
		s->n_held++;
}

static int freeze_rows(struct lk_build *b)
{
	struct lk_snapshot *s = b->snap;

	s->n_locks = b->rows.n;
	s->locks = lk_arena_array(&s->arena, b->rows.n, sizeof(*s->locks));
	if (!s->locks)
		return -ENOMEM;
	for (size_t i = 0; i < b->rows.n; i++) {
		struct build_row *r = &b->rows.v[i];
		int rc = lk_build_explain(b, r);

		if (rc < 0)
			return rc;
		s->locks[i] = r->lock;
		s->locks[i].index = i;
		s->locks[i].root = r->root == i ? NULL : &s->locks[r->root];
		count_row(s, &s->locks[i]);
	}
	return 0;
}

/* Files in the arena are pointed to by rows already; the array is for those who want to list them. */
static int freeze_files(struct lk_build *b)
{
	struct lk_snapshot *s = b->snap;

	s->n_files = b->files.n;
	s->files = lk_arena_array(&s->arena, b->files.n, sizeof(*s->files));
	if (!s->files)
		return -ENOMEM;
	for (size_t i = 0; i < b->files.n; i++)
		s->files[i] = *b->files.v[i];
	for (size_t i = 0; i < b->rows.n; i++)
		b->rows.v[i].lock.file = &s->files[b->rows.v[i].lock.file->index];
	return 0;
}

static int compare_orphans(const void *a, const void *b)
{
	const struct lk_fact_orphan *x = a, *y = b;

	return lk_build_compare_keys(&x->key, &y->key);
}

static void sort_orphans(struct lk_build *b)
{
	if (b->orphans.n)
		qsort(b->orphans.v, b->orphans.n, sizeof(*b->orphans.v), compare_orphans);
}

static int freeze_mounts(struct lk_build *b)
{
	struct lk_snapshot *s = b->snap;

	s->n_mounts = b->mounts.n;
	s->mounts = lk_arena_memdup(&s->arena, b->mounts.v, b->mounts.n * sizeof(*b->mounts.v));
	return s->mounts ? 0 : -ENOMEM;
}

int lk_build_finish(struct lk_build *b, struct lk_snapshot **ret, struct lk_err *err)
{
	int rc = freeze_procs(b);

	sort_orphans(b);
	rc = rc ? rc : lk_build_join(b);
	rc = rc ? rc : freeze_files(b);
	rc = rc ? rc : freeze_mounts(b);
	rc = rc ? rc : freeze_rows(b);
	if (!rc) {
		lk_build_name_ids(b->snap);
		rc = lk_relate(b->snap);
		rc = rc ? rc : lk_deadlock_find(b->snap);
	}
	rc = rc ? rc : lk_build_completeness(b);
	if (rc < 0)
		return lk_err_set(err, rc, "cannot put the facts together: %s", strerror(-rc));
	*ret = b->snap;
	b->snap = NULL;
	return 0;
}

static int take_once(struct lk_source *src, const struct lk_request *req, struct lk_snapshot **ret, struct lk_err *err)
{
	struct lk_build *b;
	int rc = lk_build_new(&b);

	if (rc < 0)
		return lk_err_set(err, rc, "out of memory");
	rc = lk_source_scan(src, req, lk_build_sink(b), err);
	rc = rc ? rc : lk_build_finish(b, ret, err);
	lk_build_free(b);
	return rc;
}

/* While locks move, one look can show a circle that never was: it must stand in a second one. */
int lk_snapshot_take(struct lk_source *src, const struct lk_request *req, struct lk_snapshot **ret, struct lk_err *err)
{
	struct lk_snapshot *s, *later;
	int rc = take_once(src, req, &s, err);

	if (rc < 0)
		return rc;
	if (s->n_cycles && s->host.live) {
		rc = take_once(src, req, &later, err);
		if (rc < 0) {
			lk_snapshot_free(s);
			return rc;
		}
		lk_deadlock_confirm(s, later);
		lk_snapshot_free(later);
	}
	*ret = s;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds a snapshot: collects the facts of a scan, then has the rows made, related and explained. */
#include "model/build.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/ints.h"
#include "model/build_private.h"
#include "model/deadlock.h"
#include "model/relate.h"
#include "model/unit.h"

const char *lk_build_string(struct lk_build *b, const char *s)
{
	size_t n_words = sizeof(b->words) / sizeof(*b->words);
	const char *kept;

	for (size_t i = 0; s && i < n_words; i++) {
		if (b->words[i] && strcmp(b->words[i], s) == 0)
			return b->words[i];
	}
	kept = lk_arena_strdup(&b->snap->arena, s);
	if (kept)
		b->words[b->n_words++ % n_words] = kept;
	return kept;
}

static void on_host(struct lk_build *b, const struct lk_fact_host *f)
{
	struct lk_fact_host *h = &b->snap->host;

	*h = *f;
	h->scanner = lk_arena_strdup(&b->snap->arena, f->scanner);
	h->host = lk_arena_strdup(&b->snap->arena, f->host);
	h->boot_id = lk_arena_strdup(&b->snap->arena, f->boot_id);
}

static void on_fd(struct lk_build *b, const struct lk_fact_fd *f)
{
	/* A fact without a pid names no descriptor. */
	if (f->pid > 0)
		lk_build_add_hit(b, f, lk_build_file(b, f->file));
}

static void on_waiter(struct lk_build *b, const struct lk_fact_waiter *f)
{
	struct build_waiter *w = lk_vec_push(&b->waiters);

	*w = (struct build_waiter){ .f = *f, .file = f->file ? lk_build_file(b, f->file) : BUILD_NONE };
	w->f.file = NULL;
}

static void on_mount(struct lk_build *b, const struct lk_fact_mount *f)
{
	struct lk_fact_mount *m = lk_vec_push(&b->mounts);

	*m = *f;
	m->fstype = lk_build_string(b, f->fstype);
	m->mount_point = lk_arena_strdup(&b->snap->arena, f->mount_point);
}

/* By the snapshot's wall clock: the time from here to the snapshot is how long the process has run, even if the clock was set meanwhile. */
static int64_t started_unix_ms(const struct lk_fact_host *h, uint64_t ticks)
{
	uint64_t seconds, ms;

	if (!ticks || !h->ticks_per_second || h->boottime_ms <= 0)
		return 0;
	seconds = ticks / h->ticks_per_second;
	ms = ticks % h->ticks_per_second * 1000 / h->ticks_per_second;
	if (seconds > (uint64_t)h->boottime_ms / 1000 + 1)
		return 0;
	ms += seconds * 1000;
	return h->time_unix_ms - (h->boottime_ms > (int64_t)ms ? h->boottime_ms - (int64_t)ms : 0);
}

static void on_proc(struct lk_build *b, const struct lk_fact_proc *f)
{
	struct lk_arena *a = &b->snap->arena;
	struct lk_proc *p = lk_vec_push(&b->procs);

	*p = (struct lk_proc){
		.pid = f->pid,
		.flags = f->flags,
		.start_ticks = f->start_ticks,
		.uid = f->uid,
		.ppid = f->ppid,
		.state = f->state,
		.num_threads = f->num_threads,
		.comm = f->comm ? lk_arena_strndup(a, f->comm, f->comm_len) : NULL,
		.user = lk_build_string(b, f->user),
		.cmdline = lk_arena_strdup(a, f->cmdline),
		.cgroup = lk_build_string(b, f->cgroup),
		.unit = lk_unit_of(a, f->cgroup),
		.user_unit = lk_user_unit_of(a, f->cgroup),
		.container = lk_container_of(a, f->cgroup),
		.pid_ns = f->pid_ns,
		.mnt_ns = f->mnt_ns,
		.user_ns = f->user_ns,
		.started_unix_ms = started_unix_ms(&b->snap->host, f->start_ticks),
		.parent_comm = lk_build_string(b, f->parent_comm),
		.session = f->session,
		.session_comm = lk_build_string(b, f->session_comm),
		.tty = lk_build_string(b, f->tty),
		.tracer = f->tracer,
		.tracer_comm = lk_build_string(b, f->tracer_comm),
	};
}

static void on_denied(struct lk_build *b, const struct lk_fact_denied *f)
{
	struct lk_fact_denied *d = lk_vec_push(&b->denied);

	*d = *f;
	d->text = lk_arena_strdup(&b->snap->arena, f->text);
}

static void on_unread(struct lk_build *b, const struct lk_fact_unread *f)
{
	struct lk_fact_unread *u = lk_vec_push(&b->unread);

	*u = *f;
	u->comm = lk_arena_strdup(&b->snap->arena, f->comm);
}

static int on_fact(void *arg, const struct lk_fact *f)
{
	struct lk_build *b = arg;

	switch (f->kind) {
	case LK_FACT_HOST:
		on_host(b, f->host);
		break;
	case LK_FACT_LOCK:
		lk_build_add_row(b, &f->lock->rec, f->lock->line, BUILD_NONE);
		break;
	case LK_FACT_FD:
		on_fd(b, f->fd);
		break;
	case LK_FACT_WAITER:
		on_waiter(b, f->waiter);
		break;
	case LK_FACT_MOUNT:
		on_mount(b, f->mount);
		break;
	case LK_FACT_PROC:
		on_proc(b, f->proc);
		break;
	case LK_FACT_ORPHAN:
		*lk_vec_push(&b->orphans) = *f->orphan;
		break;
	case LK_FACT_DENIED:
		on_denied(b, f->denied);
		break;
	case LK_FACT_UNREAD:
		on_unread(b, f->unread);
		break;
	case LK_FACT_PROVEN:
		*lk_vec_push(&b->proven) = f->proven->key;
		break;
	default:
		b->snap->end = *f->end;
	}
	return 0;
}

struct lk_build *lk_build_new(void)
{
	struct lk_build *b = lk_alloc(1, sizeof(*b));

	b->snap = lk_alloc(1, sizeof(*b->snap));
	b->sink = (struct lk_sink){ b, on_fact };
	return b;
}

const struct lk_sink *lk_build_sink(struct lk_build *b)
{
	return &b->sink;
}

/* Frees what is only needed to put the rows together. */
static void free_collected(struct lk_build *b)
{
	lk_vec_done(&b->links);
	lk_vec_done(&b->hits);
	lk_vec_done(&b->waiters);
	lk_vec_done(&b->orphans);
	lk_vec_done(&b->names);
	lk_vec_done(&b->bodies);
	lk_vec_done(&b->recs);
	lk_vec_done(&b->groups);
	lk_index_done(&b->by_ident);
	lk_index_done(&b->by_key);
	lk_index_done(&b->by_body);
	free(b->order);
	b->order = NULL;
}

void lk_build_free(struct lk_build *b)
{
	if (!b)
		return;
	lk_snapshot_free(b->snap);
	free_collected(b);
	lk_vec_done(&b->rows);
	lk_vec_done(&b->files);
	lk_vec_done(&b->procs);
	lk_vec_done(&b->mounts);
	lk_vec_done(&b->proven);
	lk_vec_done(&b->denied);
	lk_vec_done(&b->unread);
	lk_index_done(&b->by_pid);
	free(b);
}

static bool has_pid(const void *arg, uint32_t value, const void *key)
{
	const struct lk_build *b = arg;

	return b->procs.v[value].pid == *(const int *)key;
}

static uint64_t hash_pid(int pid)
{
	return lk_hash_add(lk_hash_begin(), (uint64_t)pid, 0);
}

static uint32_t find_pid(const struct lk_build *b, int pid)
{
	return lk_index_find(&b->by_pid, hash_pid(pid), has_pid, b, &pid);
}

const struct lk_proc *lk_build_proc(const struct lk_build *b, int64_t pid)
{
	uint32_t at = pid > 0 && pid <= INT32_MAX ? find_pid(b, (int)pid) : BUILD_NONE;

	return at == BUILD_NONE ? NULL : &b->snap->procs[at];
}

static void index_procs(struct lk_build *b)
{
	lk_index_done(&b->by_pid);
	for (size_t i = 0; i < b->procs.n; i++)
		lk_index_add(&b->by_pid, hash_pid(b->procs.v[i].pid), (uint32_t)i);
}

/* Gives every pid that a descriptor or a waiter names a process, even when the source said nothing about it. */
static void add_unnamed_procs(struct lk_build *b)
{
	for (size_t i = 0; i < b->hits.n + b->waiters.n; i++) {
		int pid = i < b->hits.n ? b->hits.v[i].pid : b->waiters.v[i - b->hits.n].f.pid;

		if (find_pid(b, pid) != BUILD_NONE)
			continue;
		*lk_vec_push(&b->procs) = (struct lk_proc){ .pid = pid, .uid = -1 };
		lk_index_add(&b->by_pid, hash_pid(pid), (uint32_t)(b->procs.n - 1));
	}
}

static void sort_procs(struct lk_build *b)
{
	size_t n = 0;

	for (size_t i = 1; i < b->procs.n && !n; i++)
		n = b->procs.v[i - 1].pid > b->procs.v[i].pid;
	if (n)
		qsort(b->procs.v, b->procs.n, sizeof(*b->procs.v), lk_compare_int);
	n = 0;
	for (size_t i = 0; i < b->procs.n; i++) {
		if (!n || b->procs.v[n - 1].pid != b->procs.v[i].pid)
			b->procs.v[n++] = b->procs.v[i];
	}
	b->procs.n = n;
}

static void freeze_procs(struct lk_build *b)
{
	struct lk_snapshot *s = b->snap;
	size_t n;

	sort_procs(b);
	index_procs(b);
	n = b->procs.n;
	add_unnamed_procs(b);
	if (b->procs.n > n) {
		sort_procs(b);
		index_procs(b);
	}
	s->n_procs = b->procs.n;
	s->procs = lk_arena_memdup(&s->arena, b->procs.v, b->procs.n * sizeof(*b->procs.v));
}

static void count_row(struct lk_snapshot *s, const struct lk_lock *l)
{
	if (lk_lock_is_waiting(l))
		s->n_waiting++;
	else
		s->n_held++;
}

/* Gives an array to the snapshot, shrunk to its length. Never NULL, even when the array is empty. */
static void *keep_array(struct lk_snapshot *s, void *array, size_t n, size_t size)
{
	void *p = lk_realloc(array, n, size);

	lk_arena_keep(&s->arena, p);
	return p;
}

static void freeze_files(struct lk_build *b)
{
	struct lk_snapshot *s = b->snap;

	s->n_files = b->files.n;
	s->files = keep_array(s, b->files.v, b->files.n, sizeof(*b->files.v));
	b->files.v = NULL;
}

static void freeze_rows(struct lk_build *b)
{
	struct lk_snapshot *s = b->snap;

	b->rows.v = keep_array(s, b->rows.v, b->rows.n, sizeof(*b->rows.v));
	for (uint32_t i = 0; i < b->rows.n; i++) {
		struct lk_lock *l = &b->rows.v[i];

		l->index = i;
		l->file = &s->files[b->links.v[i].file];
		l->root = b->links.v[i].root == i ? NULL : &b->rows.v[b->links.v[i].root];
		lk_build_explain(b, i);
		count_row(s, l);
	}
	s->n_locks = b->rows.n;
	s->locks = b->rows.v;
	b->rows.v = NULL;
}

static void sort_orphans(struct lk_build *b)
{
	if (b->orphans.n)
		qsort(b->orphans.v, b->orphans.n, sizeof(*b->orphans.v), lk_key_compare);
}

static void freeze_mounts(struct lk_build *b)
{
	struct lk_snapshot *s = b->snap;

	s->n_proven = b->proven.n;
	s->proven = lk_arena_memdup(&s->arena, b->proven.v, b->proven.n * sizeof(*b->proven.v));
	s->n_mounts = b->mounts.n;
	s->mounts = lk_arena_memdup(&s->arena, b->mounts.v, b->mounts.n * sizeof(*b->mounts.v));
}

struct lk_snapshot *lk_build_finish(struct lk_build *b)
{
	struct lk_snapshot *s = b->snap;

	freeze_procs(b);
	sort_orphans(b);
	lk_build_join(b);
	freeze_files(b);
	freeze_mounts(b);
	freeze_rows(b);
	free_collected(b);
	lk_build_name_ids(s);
	lk_relate(s);
	lk_build_settle_leases(s);
	lk_deadlock_find(s);
	lk_build_completeness(b);
	b->snap = NULL;
	return s;
}

static int take_once(struct lk_source *src, const struct lk_request *req, struct lk_snapshot **ret, struct lk_err *err)
{
	struct lk_build *b = lk_build_new();
	int rc = lk_source_scan(src, req, lk_build_sink(b), err);

	if (!rc)
		*ret = lk_build_finish(b);
	lk_build_free(b);
	return rc;
}

/* While locks change, one scan can show a cycle that never existed: a cycle counts only if a second scan shows it too. */
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

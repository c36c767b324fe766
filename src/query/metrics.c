/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts what monitoring asks for. */
#include "query/metrics.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/ints.h"

static enum lk_metric_state state_of(const struct lk_lock *l)
{
	if (lk_lock_is_waiting(l))
		return LK_METRIC_WAITING;
	return l->state == LK_STATE_BREAKING ? LK_METRIC_BREAKING : LK_METRIC_HELD;
}

static void add_row(struct lk_metric_file *f, const struct lk_lock *l)
{
	if (!lk_lock_is_waiting(l)) {
		f->n_held++;
		return;
	}
	f->n_waiting++;
	if (l->wait_ms > f->oldest_wait_ms)
		f->oldest_wait_ms = l->wait_ms;
}

static void count_row(struct lk_metrics *m, const struct lk_lock *l, lk_ints *waiting)
{
	m->locks[l->rec.type][l->rec.mode][state_of(l)]++;
	for (size_t i = 0; i < m->watched.n; i++) {
		struct lk_metric_file *f = &m->watched.v[i];

		if (l->file->path && fnmatch(f->path, l->file->path, 0) == 0)
			add_row(f, l);
	}
	if (!lk_lock_is_waiting(l)) {
		m->n_unproven += !lk_lock_is_exact(l);
		m->blocking_max = l->n_blocks > m->blocking_max ? l->n_blocks : m->blocking_max;
		return;
	}
	m->oldest_wait_ms = l->wait_ms > m->oldest_wait_ms ? l->wait_ms : m->oldest_wait_ms;
	if (l->pid)
		*lk_vec_push(waiting) = l->pid;
	else
		m->n_waiting_processes++;
}

static int compare_top(const void *a, const void *b)
{
	const struct lk_metric_file *x = a, *y = b;
	int c = lk_compare(y->oldest_wait_ms, x->oldest_wait_ms);

	c = c ? c : lk_compare(y->n_waiting, x->n_waiting);
	return c ? c : strcmp(x->path, y->path);
}

/* A series must not stand there twice. */
static bool is_watched(const struct lk_metrics *m, const char *path)
{
	for (size_t i = 0; i < m->watched.n; i++) {
		if (strcmp(m->watched.v[i].path, path) == 0)
			return true;
	}
	return false;
}

static int compare_path(const void *a, const void *b)
{
	const struct lk_metric_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* Files of one name, one of which was deleted, are one series. */
static void join_names(struct lk_metrics *m)
{
	size_t n = 0;

	if (!m->top.n)
		return;
	qsort(m->top.v, m->top.n, sizeof(*m->top.v), compare_path);
	for (size_t i = 0; i < m->top.n; i++) {
		const struct lk_metric_file *f = &m->top.v[i];
		struct lk_metric_file *last = n ? &m->top.v[n - 1] : NULL;

		if (!last || strcmp(last->path, f->path) != 0) {
			m->top.v[n++] = *f;
			continue;
		}
		last->n_held += f->n_held;
		last->n_waiting += f->n_waiting;
		if (f->oldest_wait_ms > last->oldest_wait_ms)
			last->oldest_wait_ms = f->oldest_wait_ms;
	}
	m->top.n = n;
}

static void find_top(const struct lk_snapshot *s, size_t n_top, struct lk_metrics *m)
{
	lk_auto_mem struct lk_metric_file *files = lk_alloc(s->n_files, sizeof(*files));

	for (size_t i = 0; i < s->n_locks; i++)
		add_row(&files[s->locks[i].file->index], &s->locks[i]);
	for (size_t i = 0; i < s->n_files; i++) {
		files[i].path = s->files[i].path;
		if (files[i].n_waiting && files[i].path && !is_watched(m, files[i].path))
			*lk_vec_push(&m->top) = files[i];
	}
	join_names(m);
	if (m->top.n)
		qsort(m->top.v, m->top.n, sizeof(*m->top.v), compare_top);
	m->top_cut = m->top.n > n_top;
	m->top.n = m->top_cut ? n_top : m->top.n;
}

void lk_metrics_count(const struct lk_snapshot *s, const char *const *patterns, size_t n_patterns, size_t n_top,
		      struct lk_metrics *ret)
{
	lk_ints waiting = { 0 };

	*ret = (struct lk_metrics){ 0 };
	for (size_t i = 0; i < n_patterns; i++) {
		if (!is_watched(ret, patterns[i]))
			*lk_vec_push(&ret->watched) = (struct lk_metric_file){ .path = patterns[i] };
	}
	for (size_t i = 0; i < s->n_locks; i++)
		count_row(ret, &s->locks[i], &waiting);
	lk_ints_sort(&waiting);
	ret->n_waiting_processes += waiting.n;
	lk_vec_done(&waiting);
	if (n_top)
		find_top(s, n_top, ret);
}

void lk_metrics_done(struct lk_metrics *m)
{
	lk_vec_done(&m->watched);
	lk_vec_done(&m->top);
}

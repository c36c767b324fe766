/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which file the Map view shows when it is opened from a row. */
#include <stdlib.h>
#include <string.h>

#include "tui/core/app.h"
#include "tui/view/view_map.h"

static void add_once(lk_map_files *ret, const struct lk_file *f)
{
	for (size_t i = 0; i < ret->n; i++) {
		if (ret->v[i] == f)
			return;
	}
	*lk_vec_push(ret) = f;
}

static void add_of_process(const struct lk_frame *f, const struct lk_proc *p, lk_map_files *ret)
{
	struct lk_proc_sum sum = lk_totals_proc(f, p);

	for (size_t i = 0; i < sum.n; i++)
		add_once(ret, f->snap->locks[f->totals.by_proc[sum.first + i]].file);
}

static int compare_contended(const void *a, const void *b, void *frame)
{
	const struct lk_file *x = *(const struct lk_file *const *)a, *y = *(const struct lk_file *const *)b;
	int rc = lk_compare(lk_totals_file(frame, y).n_waiting, lk_totals_file(frame, x).n_waiting);

	return rc ? rc : lk_compare(x->index, y->index);
}

static const struct lk_file *file_named(const struct lk_snapshot *s, const char *path)
{
	for (size_t i = 0; i < s->n_files; i++) {
		if (s->files[i].path && strcmp(s->files[i].path, path) == 0)
			return &s->files[i];
	}
	return NULL;
}

/* By the history, which has those who wait since the first look, too. */
static const struct lk_file *last_contended(const struct lk_tui *t)
{
	const struct lk_file *f = NULL;

	for (size_t i = 0; i < t->history.n && !f; i++) {
		const struct lk_history_entry *e = lk_history_at(&t->history, i);

		if (e->after == '.' && e->path)
			f = file_named(t->frame->snap, e->path);
	}
	return f;
}

void lk_view_map_files(const struct lk_tui *t, const struct lk_subject *s, lk_map_files *ret)
{
	const struct lk_view_map_own *map = t->views[LK_VIEW_MAP].own;

	if (s->file)
		add_once(ret, s->file);
	else if (s->proc)
		add_of_process(s->frame, s->proc, ret);
	for (size_t i = 0; s->cycle && i < s->cycle->n_rows; i++)
		add_once(ret, s->cycle->rows[i]->file);
	if (ret->n)
		qsort_r(ret->v, ret->n, sizeof(*ret->v), compare_contended, (void *)s->frame);
	else if (t->frame && !map->chosen && last_contended(t))
		add_once(ret, last_contended(t));
}

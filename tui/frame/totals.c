/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting the locks of a look by file, by process and by kind. */
#include "tui/frame/totals.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "tui/frame/frame.h"

static const struct lk_file_sum no_file = { .oldest_held = LK_TOTALS_NONE,
					    .oldest_waiting = LK_TOTALS_NONE,
					    .first_waiting = LK_TOTALS_NONE };
static const struct lk_proc_sum no_proc = { .oldest_held = LK_TOTALS_NONE,
					    .oldest_waiting = LK_TOTALS_NONE,
					    .oldest_blocked = LK_TOTALS_NONE };

static int64_t age_of(const struct lk_frame *f, size_t lock)
{
	bool at_least;

	return lk_frame_age_ms(f, &f->snap->locks[lock], f->taken_ms, &at_least);
}

/* Keeps the older one in *at. */
static void keep_older(const struct lk_frame *f, size_t *at, size_t lock)
{
	int64_t age = age_of(f, lock);

	if (age >= 0 && (*at == LK_TOTALS_NONE || age_of(f, *at) < age))
		*at = lock;
}

static void count_for_file(const struct lk_frame *f, struct lk_file_sum *sum, const struct lk_lock *l)
{
	sum->types |= 1u << l->rec.type;
	sum->cycle |= l->deadlock != 0;
	if (lk_lock_is_waiting(l)) {
		sum->n_waiting++;
		if (sum->first_waiting == LK_TOTALS_NONE)
			sum->first_waiting = l->index;
		keep_older(f, &sum->oldest_waiting, l->index);
		return;
	}
	sum->n_held++;
	sum->blocking |= l->n_blocks > 0;
	sum->nobody |= !l->n_holders && l->pid <= 0;
	keep_older(f, &sum->oldest_held, l->index);
}

static struct lk_proc_sum *sum_of(const struct lk_frame *f, struct lk_totals *s, const struct lk_proc *p)
{
	return &s->procs[p - f->snap->procs];
}

static void count_held(const struct lk_frame *f, struct lk_totals *s, const struct lk_lock *l)
{
	for (size_t i = 0; i < l->n_holders; i++) {
		struct lk_proc_sum *sum = sum_of(f, s, l->holders[i].proc);

		/* Holders are sorted by pid: another descriptor of the same process. */
		if (i && l->holders[i].proc == l->holders[i - 1].proc)
			continue;
		sum->n++;
		sum->n_held++;
		sum->cycle |= l->deadlock != 0;
		keep_older(f, &sum->oldest_held, l->index);
	}
	if (l->n_holders || !l->proc)
		return;
	sum_of(f, s, l->proc)->n++;
	sum_of(f, s, l->proc)->n_recorded++;
}

/* Each process in the way of a request is counted once for it. seen: by process, 1 + index of the last request counted. */
static void count_blockers(const struct lk_frame *f, struct lk_totals *s, const struct lk_lock *l, size_t *seen)
{
	for (size_t i = 0; i < l->n_blocked_by; i++) {
		const struct lk_lock *by = l->blocked_by[i];

		for (size_t k = 0; k < by->n_holders; k++) {
			size_t p = (size_t)(by->holders[k].proc - f->snap->procs);

			if (seen[p] == l->index + 1)
				continue;
			seen[p] = l->index + 1;
			s->procs[p].n_blocks++;
			keep_older(f, &s->procs[p].oldest_blocked, l->index);
		}
	}
}

static void count_waiting(const struct lk_frame *f, struct lk_totals *s, const struct lk_lock *l, size_t *seen)
{
	struct lk_proc_sum *sum = l->proc ? sum_of(f, s, l->proc) : NULL;

	keep_older(f, &s->oldest_waiting, l->index);
	count_blockers(f, s, l, seen);
	if (!sum)
		return;
	sum->n++;
	sum->n_waiting++;
	sum->cycle |= l->deadlock != 0;
	keep_older(f, &sum->oldest_waiting, l->index);
}

/* Fills by_file: the locks of each file side by side. next: scratch, one element for each file. */
static void group_by_file(const struct lk_snapshot *snap, struct lk_totals *s, size_t *next)
{
	size_t at = 0;

	for (size_t i = 0; i < snap->n_files; i++) {
		s->files[i].first = next[i] = at;
		at += s->files[i].n_held + s->files[i].n_waiting;
	}
	for (size_t i = 0; i < snap->n_locks; i++)
		s->by_file[next[snap->locks[i].file->index]++] = i;
}

/* Fills by_proc likewise. next: scratch, one element for each process. */
static void group_by_proc(const struct lk_snapshot *snap, struct lk_totals *s, size_t *next)
{
	size_t at = 0;

	for (size_t i = 0; i < snap->n_procs; i++) {
		s->procs[i].first = next[i] = at;
		at += s->procs[i].n;
	}
	s->by_proc = lk_alloc(at, sizeof(*s->by_proc));
	for (size_t i = 0; i < snap->n_locks; i++) {
		const struct lk_lock *l = &snap->locks[i];

		for (size_t k = 0; k < l->n_holders; k++) {
			if (!k || l->holders[k].proc != l->holders[k - 1].proc)
				s->by_proc[next[l->holders[k].proc - snap->procs]++] = i;
		}
		if (!l->n_holders && l->proc)
			s->by_proc[next[l->proc - snap->procs]++] = i;
	}
}

static void allocate(const struct lk_snapshot *snap, struct lk_totals *s)
{
	s->files = lk_alloc(snap->n_files, sizeof(*s->files));
	s->procs = lk_alloc(snap->n_procs, sizeof(*s->procs));
	s->by_file = lk_alloc(snap->n_locks, sizeof(*s->by_file));
	for (size_t i = 0; i < snap->n_files; i++)
		s->files[i] = no_file;
	for (size_t i = 0; i < snap->n_procs; i++)
		s->procs[i] = no_proc;
}

void lk_totals_make(const struct lk_frame *f, struct lk_totals *ret)
{
	const struct lk_snapshot *snap = f->snap;
	lk_auto_mem size_t *next = lk_alloc(snap->n_files, sizeof(*next));
	lk_auto_mem size_t *seen = lk_alloc(snap->n_procs, sizeof(*seen));
	struct lk_totals s = { .oldest_waiting = LK_TOTALS_NONE };

	allocate(snap, &s);
	for (size_t i = 0; i < snap->n_locks; i++) {
		const struct lk_lock *l = &snap->locks[i];

		count_for_file(f, &s.files[l->file->index], l);
		if (lk_lock_is_waiting(l)) {
			count_waiting(f, &s, l, seen);
		} else {
			s.held_by_type[l->rec.type]++;
			count_held(f, &s, l);
		}
	}
	group_by_file(snap, &s, next);
	group_by_proc(snap, &s, seen);
	*ret = s;
}

void lk_totals_done(struct lk_totals *s)
{
	free(s->files);
	free(s->procs);
	free(s->by_file);
	free(s->by_proc);
	*s = (struct lk_totals){ .oldest_waiting = LK_TOTALS_NONE };
}

struct lk_file_sum lk_totals_file(const struct lk_frame *f, const struct lk_file *file)
{
	return f->totals.files && file->index < f->snap->n_files ? f->totals.files[file->index] : no_file;
}

struct lk_proc_sum lk_totals_proc(const struct lk_frame *f, const struct lk_proc *p)
{
	return f->totals.procs ? f->totals.procs[p - f->snap->procs] : no_proc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/mapview.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "tui/words.h"

/* ---- the file ---- */

static void forget(struct lk_mapview *m)
{
	lk_lanes_done(&m->all);
	lk_lanes_done(&m->part);
	lk_frame_drop(m->frame);
	m->frame = NULL;
	m->file = NULL;
	m->n_held = m->n_waiting = 0;
}

void lk_mapview_done(struct lk_mapview *m)
{
	forget(m);
	free(m->path);
	m->path = NULL;
}

void lk_mapview_choose(struct lk_mapview *m, const struct lk_subject *s)
{
	const struct lk_file *f = s->file;

	lk_mapview_done(m);
	*m = (struct lk_mapview){
		.chosen = true,
		.key = f->key,
		.has_stat = f->has_stat,
		.st_major = f->st_major,
		.st_minor = f->st_minor,
		.st_ino = f->st_ino,
		.path = lk_strdup(f->path),
		.view = LK_RANGE_WHOLE,
		.cursor = s->lock ? s->lock->rec.range.start : -1,
	};
}

static bool is_same_name(const struct lk_mapview *m, const struct lk_file *f)
{
	return m->path && f->path && strcmp(m->path, f->path) == 0;
}

/* The key alone may be shared by several files; what statx said of it, or else its name, tells them apart. */
static bool is_it(const struct lk_mapview *m, const struct lk_file *f)
{
	if (m->key.none || f->key.none)
		return m->key.none && f->key.none && is_same_name(m, f);
	if (!lk_key_equal(&m->key, &f->key))
		return false;
	if (m->has_stat && f->has_stat)
		return m->st_major == f->st_major && m->st_minor == f->st_minor && m->st_ino == f->st_ino;
	return !m->path || !f->path || is_same_name(m, f);
}

static const struct lk_file *find_file(const struct lk_mapview *m, const struct lk_snapshot *s)
{
	const struct lk_file *found = NULL;

	for (size_t i = 0; i < s->n_files && m->chosen; i++) {
		const struct lk_file *f = &s->files[i];

		if (!is_it(m, f))
			continue;
		if (!found || (is_same_name(m, f) && !is_same_name(m, found)))
			found = f;
	}
	return found;
}

static bool is_zoomed(const struct lk_mapview *m)
{
	return !lk_range_is_whole(m->view);
}

const struct lk_lanes *lk_mapview_shown(const struct lk_mapview *m)
{
	return is_zoomed(m) ? &m->part : &m->all;
}

static void make_part(struct lk_mapview *m)
{
	struct lk_lanes_options o = { .layout = m->all.layout, .size = m->all.size, .view = m->view };
	lk_auto_mem const struct lk_lock **locks = NULL;
	size_t n = 0;

	lk_lanes_done(&m->part);
	if (!is_zoomed(m))
		return;
	for (size_t i = 0; i < m->all.n_lanes; i++)
		n += m->all.lanes[i].n_spans;
	locks = lk_alloc(n, sizeof(*locks));
	for (size_t i = 0; i < n; i++)
		locks[i] = m->all.spans[i].lock;
	lk_lanes_make(&m->part, locks, n, &o);
}

static void make_all(struct lk_mapview *m)
{
	const struct lk_frame *f = m->frame;
	struct lk_file_sum sum = lk_sums_file(f, m->file);
	size_t n = sum.n_held + sum.n_waiting;
	lk_auto_mem const struct lk_lock **locks = lk_alloc(n, sizeof(*locks));
	struct lk_lanes_options o = { .size = m->file->size, .view = LK_RANGE_WHOLE };

	for (size_t i = 0; i < n; i++)
		locks[i] = &f->snap->locks[f->sums.by_file[sum.first + i]];
	o.layout = lk_words_layout(f, m->file);
	m->n_held = sum.n_held;
	m->n_waiting = sum.n_waiting;
	lk_lanes_make(&m->all, locks, n, &o);
}

/* The first stretch that is locked; the first of all when none is. */
static int64_t first_locked(const struct lk_lanes *l)
{
	for (size_t i = 0; i < l->n_segments; i++) {
		if (l->segments[i].flags)
			return l->segments[i].range.start;
	}
	return 0;
}

void lk_mapview_refresh(struct lk_mapview *m, const struct lk_frame *f)
{
	forget(m);
	m->frame = lk_frame_hold(f);
	m->file = find_file(m, f->snap);
	if (!m->file)
		return;
	make_all(m);
	if (m->cursor < 0)
		m->cursor = first_locked(&m->all);
	make_part(m);
}

/* ---- lanes ---- */

uint64_t lk_mapview_id(const struct lk_lock *l)
{
	const struct lk_holder *h = l->waiter ? l->waiter : l->n_holders ? l->holders : NULL;
	unsigned kind = 2 * (unsigned)l->rec.type + lk_lock_is_waiting(l);
	uint64_t h64 = lk_hash(LK_HASH_INIT, &kind, sizeof(kind));
	int which = !h ? -1 : l->waiter ? h->tid : l->rec.type == LK_TYPE_POSIX ? -1 : h->fd;

	h64 = lk_hash(h64, &l->pid, sizeof(l->pid));
	h64 = lk_hash(h64, &which, sizeof(which));
	if (l->proc)
		h64 = lk_hash(h64, &l->proc->start_ticks, sizeof(l->proc->start_ticks));
	/* Owners that are not known are told apart by what they hold. */
	if (l->pid <= 0)
		h64 = lk_hash(h64, &l->id, sizeof(l->id));
	return h64 ? h64 : 1;
}

const struct lk_lane *lk_mapview_lane(const struct lk_mapview *m, const struct lk_item *it)
{
	if (!m->file || it->frame != m->frame || (it->flags & LK_ITEM_GHOST) || it->sub >= m->all.n_lanes)
		return NULL;
	return &m->all.lanes[it->sub];
}

const struct lk_lane *lk_mapview_part(const struct lk_mapview *m, const struct lk_lane *lane)
{
	if (!is_zoomed(m))
		return lane;
	for (size_t i = 0; i < m->part.n_lanes; i++) {
		const struct lk_lane *other = &m->part.lanes[i];

		for (size_t k = 0; k < lane->n_spans; k++) {
			if (other->spans[0].lock == lane->spans[k].lock)
				return other;
		}
	}
	return NULL;
}

const struct lk_lock *lk_mapview_lock(const struct lk_mapview *m, const struct lk_lane *lane)
{
	for (size_t i = 0; i < lane->n_spans; i++) {
		const struct lk_lock *l = lane->spans[i].lock;

		if (l->rec.range.start <= m->cursor && m->cursor <= l->rec.range.end)
			return l;
	}
	return lane->spans[0].lock;
}

/* ---- the cursor ---- */

static size_t cursor_at(const struct lk_mapview *m)
{
	return lk_lanes_segment_at(&m->all, m->cursor);
}

const struct lk_segment *lk_mapview_segment(const struct lk_mapview *m)
{
	return &m->all.segments[cursor_at(m)];
}

/* From stretch `first` on, n of them. */
static void set_view(struct lk_mapview *m, size_t first, size_t n)
{
	size_t all = m->all.n_segments;

	m->view = LK_RANGE_WHOLE;
	if (n < all) {
		first = first + n > all ? all - n : first;
		m->view.start = m->all.segments[first].range.start;
		m->view.end = m->all.segments[first + n - 1].range.end;
	}
	make_part(m);
}

static void get_view(const struct lk_mapview *m, size_t *ret_first, size_t *ret_n)
{
	*ret_first = lk_lanes_segment_at(&m->all, m->view.start);
	*ret_n = lk_lanes_segment_at(&m->all, m->view.end) - *ret_first + 1;
}

/* What is in view goes along with the cursor. */
static void put_cursor(struct lk_mapview *m, size_t segment)
{
	size_t first, n;

	m->cursor = m->all.segments[segment].range.start;
	get_view(m, &first, &n);
	if (is_zoomed(m) && (segment < first || segment >= first + n))
		set_view(m, segment < first ? segment : segment - n + 1, n);
}

void lk_mapview_move(struct lk_mapview *m, int by)
{
	size_t at, last;

	if (!m->file)
		return;
	at = cursor_at(m);
	last = m->all.n_segments - 1;
	if (by < 0)
		at = at > (size_t)-by ? at - (size_t)-by : 0;
	else
		at = (size_t)by > last - at ? last : at + (size_t)by;
	put_cursor(m, at);
}

bool lk_mapview_conflict(struct lk_mapview *m, int direction)
{
	size_t n = m->file ? m->all.n_segments : 0;

	for (size_t step = 1; step <= n; step++) {
		size_t at = cursor_at(m);
		size_t i = direction > 0 ? (at + step) % n : (at + n - step) % n;

		if (!(m->all.segments[i].flags & LK_SEGMENT_CONFLICT))
			continue;
		put_cursor(m, i);
		return true;
	}
	return false;
}

bool lk_mapview_zoom(struct lk_mapview *m, int direction)
{
	size_t first, n, wanted, at;

	if (!m->file)
		return false;
	get_view(m, &first, &n);
	wanted = direction > 0 ? (n + 1) / 2 : 2 * n;
	if ((direction > 0 && n <= 1) || (direction < 0 && !is_zoomed(m)))
		return false;
	/* The cursor stays in the middle. */
	at = cursor_at(m);
	set_view(m, at > wanted / 2 ? at - wanted / 2 : 0, wanted);
	return true;
}

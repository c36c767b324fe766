/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Map view: the byte ranges of one file, with a lane for each owner and for each request. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/sanitize.h"
#include "table/get.h"
#include "tui/core/words.h"
#include "tui/view/view_map.h"

#define TITLE_REST 58 /* cells of the tab line that the path must leave free */

enum { COL_PID, COL_MODE, COL_COMMAND, COL_TYPE, COL_FIRST, COL_LOCKS, COL_AGE, N_COLS };

static const struct lk_column columns[N_COLS + 1] = {
	[COL_PID] = { "pid", "PID", "who holds it or waits for it", 7, 5, 0, LK_COL_RIGHT, .unknown = "?" },
	[COL_MODE] = { "mode", "M", "R W held for reading or writing, r w waited for", 1, 1, 1, 0 },
	[COL_COMMAND] = { "command", "COMMAND", "the name of that process", 12, 6, 3, 0, LK_COL_STRING },
	[COL_TYPE] = { "type", "TYPE", "the kind of lock", 5, 5, 4, 0, LK_COL_STRING },
	[COL_FIRST] = { "first", "FIRST", "the first byte of its first range", 12, 6, 5, LK_COL_RIGHT },
	[COL_LOCKS] = { "locks", "LOCKS", "how many ranges it has", 5, 5, 6, LK_COL_RIGHT | LK_COL_DESCENDING },
	[COL_AGE] = { "age", "AGE", "how long it has held or waited for the first of them", 7, 6, 7,
		      LK_COL_RIGHT | LK_COL_DESCENDING },
};

static struct lk_view_map_own *own_of(const struct lk_view *v)
{
	return v->own;
}

/* ---- the file ---- */

static void forget(struct lk_view_map_own *m)
{
	lk_lanes_done(&m->all);
	lk_lanes_done(&m->part);
	lk_frame_drop(m->frame);
	m->frame = NULL;
	m->file = NULL;
	m->n_held = m->n_waiting = 0;
}

void lk_view_map_done(struct lk_view_map_own *m)
{
	forget(m);
	free(m->path);
	m->path = NULL;
}

void lk_view_map_choose(struct lk_view_map_own *m, const struct lk_subject *s)
{
	const struct lk_file *f = s->file;

	lk_view_map_done(m);
	*m = (struct lk_view_map_own){
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

static bool is_same_name(const struct lk_view_map_own *m, const struct lk_file *f)
{
	return m->path && f->path && strcmp(m->path, f->path) == 0;
}

/* Several files may share a key; what statx(2) said, or else the path, tells them apart. */
static bool is_it(const struct lk_view_map_own *m, const struct lk_file *f)
{
	if (m->key.none || f->key.none)
		return m->key.none && f->key.none && is_same_name(m, f);
	if (!lk_key_equal(&m->key, &f->key))
		return false;
	if (m->has_stat && f->has_stat)
		return m->st_major == f->st_major && m->st_minor == f->st_minor && m->st_ino == f->st_ino;
	return !m->path || !f->path || is_same_name(m, f);
}

static const struct lk_file *find_file(const struct lk_view_map_own *m, const struct lk_snapshot *s)
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

static bool is_zoomed(const struct lk_view_map_own *m)
{
	return !lk_range_is_whole(m->view);
}

const struct lk_lanes *lk_view_map_shown(const struct lk_view_map_own *m)
{
	return is_zoomed(m) ? &m->part : &m->all;
}

static void make_part(struct lk_view_map_own *m)
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

static void make_all(struct lk_view_map_own *m)
{
	const struct lk_frame *f = m->frame;
	struct lk_file_sum sum = lk_totals_file(f, m->file);
	size_t n = sum.n_held + sum.n_waiting;
	lk_auto_mem const struct lk_lock **locks = lk_alloc(n, sizeof(*locks));
	struct lk_lanes_options o = { .size = m->file->size, .view = LK_RANGE_WHOLE };

	for (size_t i = 0; i < n; i++)
		locks[i] = &f->snap->locks[f->totals.by_file[sum.first + i]];
	o.layout = lk_words_layout(f, m->file);
	m->n_held = sum.n_held;
	m->n_waiting = sum.n_waiting;
	lk_lanes_make(&m->all, locks, n, &o);
}

/* Where the first segment with a lock or request begins; 0: there is none. */
static int64_t first_locked(const struct lk_lanes *l)
{
	for (size_t i = 0; i < l->n_segments; i++) {
		if (l->segments[i].flags)
			return l->segments[i].range.start;
	}
	return 0;
}

void lk_view_map_refresh(struct lk_view_map_own *m, const struct lk_frame *f)
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

/* Identity of the lane of a lock: the same for all locks of a known owner; never 0. */
static uint64_t lane_id(const struct lk_lock *l)
{
	const struct lk_holder *h = l->waiter ? l->waiter : l->n_holders ? l->holders : NULL;
	unsigned kind = 2 * (unsigned)l->rec.type + lk_lock_is_waiting(l);
	uint64_t h64 = lk_hash_fnv(LK_HASH_FNV, &kind, sizeof(kind));
	int which = !h ? -1 : l->waiter ? h->tid : l->rec.type == LK_TYPE_POSIX ? -1 : h->fd;

	h64 = lk_hash_fnv(h64, &l->pid, sizeof(l->pid));
	h64 = lk_hash_fnv(h64, &which, sizeof(which));
	if (l->proc)
		h64 = lk_hash_fnv(h64, &l->proc->start_ticks, sizeof(l->proc->start_ticks));
	/* Where the owner is unknown, the lock itself stands for it. */
	if (l->pid <= 0)
		h64 = lk_hash_fnv(h64, &l->id, sizeof(l->id));
	return h64 ? h64 : 1;
}

const struct lk_lane *lk_view_map_lane(const struct lk_view_map_own *m, const struct lk_item *it)
{
	if (!m->file || it->frame != m->frame || (it->flags & LK_ITEM_GHOST) || it->sub >= m->all.n_lanes)
		return NULL;
	return &m->all.lanes[it->sub];
}

const struct lk_lock *lk_view_map_first_lock(const struct lk_item *it)
{
	const struct lk_snapshot *s = it->frame ? it->frame->snap : NULL;

	return s && it->index < s->n_locks ? &s->locks[it->index] : NULL;
}

const struct lk_lane *lk_view_map_part(const struct lk_view_map_own *m, const struct lk_lane *lane)
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

/* The lock of the lane that the cursor is on, else its first. */
static const struct lk_lock *lock_of(const struct lk_view_map_own *m, const struct lk_lane *lane)
{
	for (size_t i = 0; i < lane->n_spans; i++) {
		const struct lk_lock *l = lane->spans[i].lock;

		if (l->rec.range.start <= m->cursor && m->cursor <= l->rec.range.end)
			return l;
	}
	return lane->spans[0].lock;
}

/* ---- the cursor ---- */

static size_t cursor_at(const struct lk_view_map_own *m)
{
	return lk_lanes_segment_at(&m->all, m->cursor);
}

const struct lk_segment *lk_view_map_segment(const struct lk_view_map_own *m)
{
	return &m->all.segments[cursor_at(m)];
}

/* Shows n segments, from segment `first` on. */
static void set_view(struct lk_view_map_own *m, size_t first, size_t n)
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

static void get_view(const struct lk_view_map_own *m, size_t *ret_first, size_t *ret_n)
{
	*ret_first = lk_lanes_segment_at(&m->all, m->view.start);
	*ret_n = lk_lanes_segment_at(&m->all, m->view.end) - *ret_first + 1;
}

/* Moves the view too, if the cursor would leave it. */
static void put_cursor(struct lk_view_map_own *m, size_t segment)
{
	size_t first, n;

	m->cursor = m->all.segments[segment].range.start;
	get_view(m, &first, &n);
	if (is_zoomed(m) && (segment < first || segment >= first + n))
		set_view(m, segment < first ? segment : segment - n + 1, n);
}

/* Moves the cursor by so many segments. */
static void move(struct lk_view_map_own *m, int by)
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

/* Moves the cursor to the next (1) or previous (-1) conflict, wrapping around. false: there is none. */
static bool to_conflict(struct lk_view_map_own *m, int direction)
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

/* Shows half (1) or twice (-1) as many segments. false: that is not possible. */
static bool zoom(struct lk_view_map_own *m, int direction)
{
	size_t first, n, wanted, at;

	if (!m->file)
		return false;
	get_view(m, &first, &n);
	wanted = direction > 0 ? (n + 1) / 2 : 2 * n;
	if ((direction > 0 && n <= 1) || (direction < 0 && !is_zoomed(m)))
		return false;
	/* The cursor gets into the middle. */
	at = cursor_at(m);
	set_view(m, at > wanted / 2 ? at - wanted / 2 : 0, wanted);
	return true;
}

/* ---- rows ---- */

static void init(struct lk_view *v)
{
	v->own = lk_alloc(1, sizeof(struct lk_view_map_own));
}

static void done(struct lk_view *v)
{
	lk_view_map_done(v->own);
	free(v->own);
}

static void add_lane(const struct lk_view_map_own *m, size_t i, lk_items *ret)
{
	const struct lk_lane *lane = &m->all.lanes[i];
	struct lk_item *it = lk_vec_push(ret);

	*it = (struct lk_item){
		.id = lane_id(lane->spans[0].lock), .frame = m->frame, .index = lane->spans[0].lock->index, .sub = i
	};
	if (lane->blocks || lane->waiting)
		it->flags |= LK_ITEM_CONTENDED;
	if (lane->waiting)
		it->flags |= LK_ITEM_WAITING;
}

static void fill(const void *view, const struct lk_frame *f, bool tree, lk_items *ret)
{
	struct lk_view_map_own *m = own_of(view);

	(void)tree;
	lk_view_map_refresh(m, f);
	for (size_t i = 0; i < m->all.n_lanes; i++)
		add_lane(m, i, ret);
}

void lk_view_map_show(struct lk_tui *t, const struct lk_subject *s)
{
	struct lk_view *v = &t->views[LK_VIEW_MAP];
	uint64_t id = s->lock ? lane_id(s->lock) : 0;

	if (!s->file)
		return;
	lk_view_map_choose(v->own, s);
	if (!t->frame)
		return;
	v->list.cursor = 0;
	lk_list_refresh(&v->list, t->frame);
	if (id)
		lk_list_select_id(&v->list, id);
}

/* ---- values and cells ---- */

static int64_t age_of(const struct lk_tui *t, const struct lk_item *it, const struct lk_lock *l, bool *ret_at_least)
{
	return lk_frame_age_ms(it->frame, l, lk_tui_now_of(t, it->frame), ret_at_least);
}

static struct lk_value value(const void *view, const struct lk_item *it, size_t column, lk_buf *scratch)
{
	const struct lk_view *v = view;
	const struct lk_lock *l = lk_view_map_first_lock(it);
	const struct lk_lane *lane = lk_view_map_lane(own_of(v), it);
	const char *s;
	bool at_least;

	(void)scratch;
	if (!l)
		return lk_view_number(0, false);
	switch (column) {
	case COL_PID:
		return lk_view_number(l->pid, l->pid > 0);
	case COL_MODE:
		return lk_view_number(lk_lane_glyph(l), true);
	case COL_FIRST:
		return lk_view_number(l->rec.range.start, true);
	case COL_LOCKS:
		return lk_view_number(lane ? (int64_t)lane->n_spans : 1, true);
	case COL_AGE:
		return lk_view_number(age_of(v->tui, it, l, &at_least), true);
	default:
		s = column == COL_TYPE ? lk_type_name(l->rec.type) : l->proc ? l->proc->comm : NULL;
		return lk_view_string(s);
	}
}

static bool match(const void *view, const struct lk_item *it, const struct lk_filter *f)
{
	const struct lk_lane *lane = lk_view_map_lane(own_of(view), it);
	struct lk_row row = { .snap = it->frame->snap, .lock = lk_view_map_first_lock(it) };
	size_t n = lane ? lane->n_spans : row.lock ? 1 : 0;

	for (size_t i = 0; i < n; i++) {
		if (lane)
			row.lock = lane->spans[i].lock;
		if (lk_filter_match(f, &row))
			return true;
	}
	return false;
}

static int pid_of(const void *view, const struct lk_item *it)
{
	const struct lk_lock *l = lk_view_map_first_lock(it);

	(void)view;
	return l ? l->pid : 0;
}

static bool cell(const struct lk_tui *t, const struct lk_item *it, size_t column, lk_buf *out, enum lk_style *ret_style)
{
	const struct lk_lock *l = lk_view_map_first_lock(it);
	struct lk_row row = { .lock = l };
	bool at_least;
	int64_t ms;

	(void)ret_style;
	if (!l)
		return true;
	switch (column) {
	case COL_MODE:
		lk_buf_printf(out, "%c", lk_lane_glyph(l));
		return true;
	case COL_COMMAND:
		lk_column_text(lk_column_find("COMMAND", 7), &row, true, out);
		return true;
	case COL_FIRST:
		lk_tui_offset_text(t, l->rec.range.start, out);
		return true;
	case COL_AGE:
		ms = age_of(t, it, l, &at_least);
		lk_age_text(ms, at_least, out);
		return true;
	default:
		return false;
	}
}

static void subject(const struct lk_tui *t, const struct lk_item *it, struct lk_subject *ret)
{
	const struct lk_view_map_own *m = t->views[LK_VIEW_MAP].own;
	const struct lk_lane *lane = lk_view_map_lane(m, it);
	const struct lk_lock *l = lane ? lock_of(m, lane) : lk_view_map_first_lock(it);

	*ret = (struct lk_subject){ .frame = it->frame };
	if (l)
		lk_subject_set_lock(ret, l);
}

static void describe(const struct lk_tui *t, const struct lk_item *it, lk_buf *out)
{
	const struct lk_view_map_own *m = t->views[LK_VIEW_MAP].own;
	const struct lk_lane *lane = lk_view_map_lane(m, it);
	/* For a request lk_words_put_lock() tells the waiting time of now, lk_lane_words() that of the snapshot. */
	const struct lk_lock *l = !lane ? lk_view_map_first_lock(it) : lane->waiting ? lock_of(m, lane) : NULL;

	if (l) {
		lk_words_put_lock(t, it->frame, l, out);
	} else if (lane) {
		lk_lane_label(lane, out);
		lk_buf_puts(out, " ");
		lk_lane_words(&m->all, lane, out);
	}
}

/* ---- the tab line ---- */

/* Cut on its left, at a slash, so that the rest of the line stays visible. */
static void put_path(const char *path, int cells, lk_buf *out)
{
	size_t n = strlen(path), room = cells > 8 ? (size_t)cells : 8;
	const char *slash = path;

	if (n <= room) {
		lk_buf_puts(out, path);
		return;
	}
	while (slash && strlen(slash) + strlen(LK_SANITIZE_CUT_ASCII) > room)
		slash = strchr(slash + 1, '/');
	if (!slash)
		slash = strrchr(path, '/');
	/* In ASCII: the line is sanitized, which would show other bytes by their numbers where there is no UTF-8. */
	lk_buf_printf(out, LK_SANITIZE_CUT_ASCII "%s", slash ? slash : path);
}

static void title_words(const struct lk_tui *t, const struct lk_view *v, lk_buf *out)
{
	const struct lk_view_map_own *m = own_of(v);
	const struct lk_file *f = m->file;

	if (m->path)
		put_path(m->path, t->w - TITLE_REST, out);
	else
		lk_buf_puts(out, m->chosen ? "a file without a name" : "no file chosen");
	if (!f) {
		lk_buf_puts(out, m->chosen ? "  no more locks" : "");
		return;
	}
	lk_buf_puts(out, "  size ");
	lk_tui_size_text(t, f->size, out);
	if (!f->key.none)
		lk_buf_printf(out, "  %" PRIu32 ":%" PRIu32 " ino %" PRIu64, f->key.major, f->key.minor, f->key.ino);
	lk_buf_printf(out, "  %zu lock%s %zu waiter%s", m->n_held, m->n_held == 1 ? "" : "s", m->n_waiting,
		      m->n_waiting == 1 ? "" : "s");
}

/* ---- commands ---- */

static unsigned step(struct lk_view_map_own *m, int by)
{
	move(m, by);
	return LK_DIRTY_PAINT;
}

static unsigned settle(struct lk_tui *t, bool moved, const char *none)
{
	if (!moved)
		lk_tui_say(t, LK_STYLE_WORDS, "%s", none);
	return LK_DIRTY_PAINT;
}

static unsigned command(struct lk_tui *t, struct lk_view *v, const struct lk_command *cmd)
{
	struct lk_view_map_own *m = own_of(v);

	if (cmd->run == lk_do_left)
		return step(m, -1);
	if (cmd->run == lk_do_right)
		return step(m, 1);
	if (cmd->run == lk_do_expand)
		return settle(t, zoom(m, 1), "This is one stretch: there is nothing smaller to see.");
	if (cmd->run == lk_do_collapse)
		return settle(t, zoom(m, -1), "This is the whole file.");
	if (cmd->run_with == lk_do_next_contended)
		return settle(t, to_conflict(m, cmd->arg), "There is no conflict on this file.");
	return LK_DIRTY_NOT_MINE;
}

static const char *label(const struct lk_view *v, const struct lk_command *cmd)
{
	if (cmd->run == lk_do_expand)
		return "Zoom";
	return cmd->run == lk_do_collapse ? "Out" : lk_view_flat_label(v, cmd);
}

static const lk_press bar[] = { LK_KEY_F1, '+',       '-', 'h',          'l',        LK_KEY_F7,
				LK_KEY_F8, LK_KEY_F9, 'B', LK_KEY_ENTER, LK_KEY_F10, 0 };

const struct lk_view_ops lk_view_map = {
	.id = LK_VIEW_MAP,
	.title = "Map",
	.nothing = "No lock on this file.",
	.help = "The byte ranges of one file, that of the row on which 5 was pressed. A lane for each owner and for each request; "
		"columns are not to scale, each stretch between two edges gets a few. Left and right move the cursor from "
		"stretch to stretch, + and - zoom, [ and ] go to the next conflict. flock locks and leases have no ranges "
		"and lie over the whole file.",
	.sort_column = SIZE_MAX,
	.list = {
		.ghosts = true,
		.columns = columns,
		.fill = fill,
		.value = value,
		.words = lk_table_words,
		.match = match,
		.pid = pid_of,
	},
	.init = init,
	.done = done,
	.cell = cell,
	.subject = subject,
	.describe = describe,
	.paint = lk_view_map_paint,
	.lines_above = lk_view_map_lines_above,
	.title_words = title_words,
	.command = command,
	.label = label,
	.bar = bar,
};

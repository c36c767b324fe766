/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The History view: what happened since the start, and a timeline of the selected event. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/ints.h"
#include "table/get.h"
#include "tui/chrome/paint.h"
#include "tui/core/app.h"
#include "tui/core/words.h"
#include "tui/widget/timeline.h"

#define MOST_LANES 4 /* of a timeline */
#define LABEL_CELLS 9 /* of a lane: " |4194304" */

enum { COL_TIME, COL_FOR, COL_EVENT, COL_PID, COL_COMMAND, COL_LOCK, N_COLS };

static const struct lk_column columns[N_COLS + 1] = {
	[COL_TIME] = { "time", "TIME", "when it was seen: between this look and the one before", 8, 8, 1,
		       LK_COL_DESCENDING },
	[COL_FOR] = { "for", "FOR",
		      "how long it has gone on since then, or lasted; -: only a moment, or its end was not seen", 6, 6,
		      4, LK_COL_RIGHT | LK_COL_DESCENDING },
	[COL_EVENT] = { "event", "EVENT", "what happened", 13, 8, 0, LK_COL_WHOLE, LK_COL_STRING },
	[COL_PID] = { "pid", "PID", "the process it happened to", 7, 5, 2, LK_COL_RIGHT },
	[COL_COMMAND] = { "command", "COMMAND", "the name of that process", 11, 8, 5, 0, LK_COL_STRING },
	[COL_LOCK] = { "lock", "LOCK", "the lock, its file, and what is worth saying about it", 30, 12, 3, LK_COL_GROW,
		       LK_COL_STRING },
};

/* An event that something is over by. */
struct end {
	uint64_t row; /* first, for lk_compare_u64() */
	bool deadlock;
	int64_t wall_ms;
};

/* What still goes on in a frame, and what is over. */
struct standing {
	lk_u64s rows; /* of the locks and requests in the frame, sorted */
	LK_VEC(struct end) ends; /* by row */
	uint64_t number; /* number of the frame; 0: none yet */
	uint64_t serial; /* the newest event */
};

static const struct lk_history_entry *entry_of(const struct lk_tui *t, const struct lk_item *it)
{
	return lk_history_find(&t->history, it->index);
}

static void note_rows(struct standing *s, const struct lk_frame *f)
{
	s->rows.n = 0;
	for (size_t i = 0; i < f->snap->n_locks; i++)
		*lk_vec_push(&s->rows) = lk_frame_row(f, &f->snap->locks[i]);
	lk_u64s_sort(&s->rows);
	s->number = f->number;
}

static void note_ends(struct standing *s, const struct lk_history *h)
{
	s->ends.n = 0;
	for (size_t i = 0; i < h->n; i++) {
		const struct lk_history_entry *e = lk_history_at(h, i);

		if (e->ends)
			*lk_vec_push(&s->ends) = (struct end){ e->ends, e->deadlock, e->wall_ms };
	}
	if (s->ends.n)
		qsort(s->ends.v, s->ends.n, sizeof(*s->ends.v), lk_compare_u64);
	s->serial = h->next_serial;
}

static void note_standing(struct standing *s, const struct lk_history *h, const struct lk_frame *f)
{
	if (s->number != f->number)
		note_rows(s, f);
	if (s->serial != h->next_serial)
		note_ends(s, h);
}

/* The event that ended what e began; NULL: none was seen. */
static const struct end *end_of(const struct standing *s, const struct lk_history_entry *e)
{
	size_t lo = 0, hi = s->ends.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->ends.v[mid].row < e->row)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; e->row && lo < s->ends.n && s->ends.v[lo].row == e->row; lo++) {
		if (s->ends.v[lo].deadlock == e->deadlock)
			return &s->ends.v[lo];
	}
	return NULL;
}

/* The current time in the clock of events: Unix time in ms; for a capture, when it was made. */
static int64_t now_wall(const struct lk_tui *t)
{
	const struct lk_frame *f = t->frame;
	int64_t passed;

	if (!f)
		return t->wall_ms;
	passed = f->snap->host.live && t->now_ms > f->taken_ms ? t->now_ms - f->taken_ms : 0;
	return f->snap->host.time_unix_ms + passed;
}

/* How long what the event began has gone on, or how long it lasted, in ms; -1: it began nothing, or its end was not seen. */
static int64_t lasting_ms(const struct lk_tui *t, const struct lk_history_entry *e)
{
	const struct standing *s = t->views[LK_VIEW_HISTORY].own;
	const struct end *end = e->after == ' ' ? NULL : end_of(s, e);
	int64_t ms = (end ? end->wall_ms : now_wall(t)) - e->wall_ms;

	if (e->after == ' ' || (!end && !lk_u64s_has(&s->rows, e->row)))
		return -1;
	if (e->after == '.' && !e->alarm && e->for_ms > 0)
		ms += e->for_ms;
	/* An open(2) that a lease held up leaves nothing that goes on. */
	if (end && ms <= 0)
		return -1;
	return ms > 0 ? ms : 0;
}

/* ---- rows ---- */

static void init(struct lk_view *v)
{
	v->own = lk_alloc(1, sizeof(struct standing));
}

static void done(struct lk_view *v)
{
	struct standing *s = v->own;

	lk_vec_done(&s->rows);
	lk_vec_done(&s->ends);
	free(s);
}

static void fill(const void *view, const struct lk_frame *f, bool tree, lk_items *ret)
{
	const struct lk_view *v = view;
	const struct lk_history *h = &v->tui->history;

	(void)tree;
	note_standing(v->own, h, f);
	for (size_t i = 0; i < h->n; i++) {
		const struct lk_history_entry *e = lk_history_at(h, i);
		struct lk_item *it = lk_vec_push(ret);

		*it = (struct lk_item){ .id = e->serial, .frame = f, .index = e->serial };
		if (e->behind[0] || e->alarm)
			it->flags |= LK_ITEM_CONTENDED;
	}
}

static struct lk_value value(const void *view, const struct lk_item *it, size_t column, lk_buf *scratch)
{
	const struct lk_view *v = view;
	const struct lk_history_entry *e = entry_of(v->tui, it);
	const char *s;
	int64_t ms;

	(void)scratch;
	if (!e)
		return lk_view_number(0, false);
	switch (column) {
	case COL_TIME:
		return lk_view_number(e->wall_ms, true);
	case COL_FOR:
		ms = lasting_ms(v->tui, e);
		return lk_view_number(ms, ms >= 0);
	case COL_PID:
		return lk_view_number(e->pid, e->pid > 0);
	default:
		s = column == COL_EVENT ? e->word : column == COL_COMMAND ? e->comm : e->text;
		return lk_view_string(s);
	}
}

/* The lock of the event if it is still there, else NULL. */
static const struct lk_lock *lock_of(const struct lk_tui *t, const struct lk_history_entry *e)
{
	const struct lk_snapshot *s = t->frame ? t->frame->snap : NULL;

	if (!s || !e->row || !lk_u64s_has(&((struct standing *)t->views[LK_VIEW_HISTORY].own)->rows, e->row))
		return NULL;
	for (size_t i = 0; i < s->n_locks; i++) {
		if (lk_frame_row(t->frame, &s->locks[i]) == e->row)
			return &s->locks[i];
	}
	return NULL;
}

static bool match(const void *view, const struct lk_item *it, const struct lk_filter *f)
{
	const struct lk_view *v = view;
	const struct lk_history_entry *e = entry_of(v->tui, it);
	const struct lk_lock *l = e ? lock_of(v->tui, e) : NULL;
	struct lk_row row = { .lock = l };

	if (!l)
		return false;
	row.snap = v->tui->frame->snap;
	return lk_filter_match(f, &row);
}

static int pid_of(const void *view, const struct lk_item *it)
{
	const struct lk_view *v = view;
	const struct lk_history_entry *e = entry_of(v->tui, it);

	return e ? e->pid : 0;
}

/* ---- cells ---- */

static enum lk_style style_of(const struct lk_history_entry *e)
{
	if (e->alarm)
		return LK_STYLE_ALARM;
	return e->after == '.' ? LK_STYLE_WAITING : e->after == '=' ? LK_STYLE_HELD : LK_STYLE_PLAIN;
}

static bool cell(const struct lk_tui *t, const struct lk_item *it, size_t column, lk_buf *out, enum lk_style *ret_style)
{
	const struct lk_history_entry *e = entry_of(t, it);
	char time[LK_TIME_TEXT];
	int64_t ms;

	if (!e)
		return true;
	switch (column) {
	case COL_TIME:
		lk_buf_puts(out, lk_tui_time(e->wall_ms, LK_CLOCK, time));
		return true;
	case COL_FOR:
		ms = strcmp(e->word, "GAP") == 0 ? e->for_ms : lasting_ms(t, e);
		lk_buf_puts(out, ms < 0 ? "-" : "");
		lk_age_text(ms, false, out);
		return true;
	case COL_EVENT:
		*ret_style = style_of(e);
		return false;
	default:
		return false;
	}
}

/* The process of the event; NULL if it is gone, or unknown, or its pid belongs to another process by now. */
static const struct lk_proc *proc_of(const struct lk_tui *t, const struct lk_history_entry *e)
{
	const struct lk_proc *p = e->pid ? lk_snapshot_proc(t->frame->snap, e->pid) : NULL;

	if (!p || !e->start_ticks || p->start_ticks != e->start_ticks)
		return NULL;
	return p;
}

static void subject(const struct lk_tui *t, const struct lk_item *it, struct lk_subject *ret)
{
	const struct lk_history_entry *e = entry_of(t, it);

	const struct lk_lock *l = e ? lock_of(t, e) : NULL;

	*ret = (struct lk_subject){ .frame = t->frame };
	if (l)
		lk_subject_set_lock(ret, l);
	else if (e && t->frame)
		ret->proc = proc_of(t, e);
}

static void describe(const struct lk_tui *t, const struct lk_item *it, lk_buf *out)
{
	const struct lk_history_entry *e = entry_of(t, it);
	const struct lk_lock *l = e ? lock_of(t, e) : NULL;

	if (l) {
		lk_buf_puts(out, "now: ");
		lk_words_put_lock(t, t->frame, l, out);
	} else if (e && e->path) {
		lk_buf_printf(out, "%s%s", e->path, e->lock_id ? ": this lock is gone by now" : "");
	} else {
		lk_buf_puts(out, !e ? "It was pushed out of the history by newer events." : e->text ? e->text : "");
	}
}

static void title_words(const struct lk_tui *t, const struct lk_view *v, lk_buf *out)
{
	bool live = !t->frame || t->frame->snap->host.live;
	int64_t interval = lk_header_interval_ms(t);
	char time[LK_TIME_TEXT];

	(void)v;
	if (!t->history.since_wall_ms || (!live && t->frame->number < 2)) {
		lk_buf_puts(out, live || t->frame->number > 1 ? "nothing was seen yet"
							      : "of one look only: nothing to compare it with");
		return;
	}
	lk_buf_printf(out, "since %s, sampled every %gs: shorter locks can be missed",
		      lk_tui_time(t->history.since_wall_ms, LK_CLOCK, time),
		      (double)((interval ? interval : t->set.delay_ms) / 100) / 10);
	if (t->history.n_lost)
		lk_buf_printf(out, "\n%" PRIu64 " older events are forgotten", t->history.n_lost);
}

/* ---- the timeline ---- */

/* Whose lanes are drawn: up to MOST_LANES - 1 processes that were in the way, then the process of the event. Returns how many. */
static size_t lanes_of(const struct lk_history_entry *e, int pids[MOST_LANES])
{
	size_t n = 0;

	if (!e || !e->pid || !e->path)
		return 0;
	for (size_t i = 0; i < sizeof(e->behind) / sizeof(*e->behind) && e->behind[i] && n < MOST_LANES - 1; i++)
		pids[n++] = e->behind[i];
	pids[n++] = e->pid;
	return n;
}

static const struct lk_history_entry *selected_entry(const struct lk_tui *t, const struct lk_view *v)
{
	const struct lk_item *it = lk_list_selected(&v->list);

	return it ? entry_of(t, it) : NULL;
}

static int footer_height(const struct lk_tui *t, const struct lk_view *v, int h)
{
	int pids[MOST_LANES];
	size_t n = lanes_of(selected_entry(t, v), pids);

	/* In a low body the rows need all lines. */
	if (!n || h < 2 * MOST_LANES)
		return 0;
	return (int)n + 1;
}

static enum lk_timeline_now does_now(const struct lk_snapshot *s, const struct lk_history_entry *e, int pid)
{
	enum lk_timeline_now now = LK_TIMELINE_NOTHING;

	for (size_t i = 0; i < s->n_locks && now != LK_TIMELINE_HOLDS; i++) {
		const struct lk_lock *l = &s->locks[i];

		if (!lk_lock_involves(l, pid) || !l->file->path || strcmp(l->file->path, e->path) != 0)
			continue;
		now = lk_lock_is_waiting(l) ? LK_TIMELINE_WAITS : LK_TIMELINE_HOLDS;
	}
	return now;
}

static void paint_axis(const struct lk_timeline *l, struct lk_canvas *c, struct lk_rect r)
{
	char time[LK_TIME_TEXT];

	if (r.w <= LABEL_CELLS + 20)
		return;
	lk_canvas_put(c, r.x + LABEL_CELLS, r.y, 8, LK_STYLE_DIM, lk_tui_time(l->from_ms, LK_CLOCK, time));
	lk_canvas_put(c, r.x + r.w - 9, r.y, 8, LK_STYLE_DIM, lk_tui_time(l->to_ms, LK_CLOCK, time));
	if (r.w > LABEL_CELLS + 60)
		lk_canvas_put(c, r.x + LABEL_CELLS + 12, r.y, r.w - LABEL_CELLS - 24, LK_STYLE_DIM,
			      "= holds   . waits   | ended   > goes on");
}

static void paint_lanes(const struct lk_tui *t, const struct lk_timeline *l, const struct lk_history_entry *e,
			struct lk_canvas *c, struct lk_rect r)
{
	size_t cells = r.w > LABEL_CELLS + 1 ? (size_t)(r.w - LABEL_CELLS - 1) : 0;
	lk_auto_mem char *line = lk_alloc(cells + 1, 1);
	int pids[MOST_LANES];
	size_t n = lanes_of(e, pids);

	for (size_t i = 0; i < n && (int)i < r.h; i++) {
		enum lk_timeline_now now = does_now(t->frame->snap, e, pids[i]);

		lk_timeline_draw(l, pids[i], now, cells, line);
		lk_canvas_printf(c, r.x + 1, r.y + (int)i, LABEL_CELLS - 1, LK_STYLE_METER, "|%d", pids[i]);
		lk_canvas_put(c, r.x + LABEL_CELLS, r.y + (int)i, (int)cells,
			      pids[i] == e->pid ? LK_STYLE_PLAIN : LK_STYLE_BLOCKING, line);
	}
}

static void paint_footer(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r)
{
	const struct lk_history_entry *e = selected_entry(t, v);
	struct lk_timeline l = { .history = &t->history, .to_ms = now_wall(t) };
	int pids[MOST_LANES];
	size_t n = lanes_of(e, pids);

	if (!n || r.h < 2 || !t->frame)
		return;
	l.path = e->path;
	l.from_ms = l.to_ms;
	for (size_t i = 0; i < n; i++) {
		int64_t begin = lk_timeline_begin(&l, pids[i]);

		l.from_ms = begin < l.from_ms ? begin : l.from_ms;
	}
	/* Begins a little earlier, so that the first beginning can be seen. */
	l.from_ms -= (l.to_ms - l.from_ms) / 20 + 1000;
	paint_axis(&l, c, r);
	paint_lanes(t, &l, e, c, (struct lk_rect){ r.x, r.y + 1, r.w, r.h - 1 });
}

const struct lk_view_ops lk_view_history = {
	.id = LK_VIEW_HISTORY,
	.title = "History",
	.nothing = "Nothing has happened yet.",
	.help = "What happened since the start, the newest first: the difference between one look and the next. A lock that "
		"comes and goes between two looks is not seen. Below is the selected event's file over time: who held a "
		"lock on it and who waited. What was done from here stands among the events.",
	.sort_column = SIZE_MAX,
	.list = {
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
	.label = lk_view_flat_label,
	.describe = describe,
	.title_words = title_words,
	.footer_height = footer_height,
	.paint_footer = paint_footer,
};

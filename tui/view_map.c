/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The byte ranges of one file: a lane for each owner and for each request. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "table/lanes_draw.h"
#include "tui/mapview.h"
#include "tui/words.h"

#define TITLE_REST 58 /* cells of the tab line that the path must leave */

enum { COL_PID, COL_MODE, COL_COMMAND, COL_TYPE, COL_FIRST, COL_LOCKS, COL_AGE, N_COLS };

static const struct lk_column columns[N_COLS + 1] = {
	[COL_PID] = { "pid", "PID", "who holds it or waits for it", 7, 5, 0, LK_COL_RIGHT },
	[COL_MODE] = { "mode", "M", "R W held for reading or writing, r w waited for", 1, 1, 1, 0 },
	[COL_COMMAND] = { "command", "COMMAND", "the name of that process", 12, 6, 3, 0, LK_COL_STRING },
	[COL_TYPE] = { "type", "TYPE", "the kind of lock", 5, 5, 4, 0, LK_COL_STRING },
	[COL_FIRST] = { "first", "FIRST", "the first byte of its first range", 12, 6, 5, LK_COL_RIGHT },
	[COL_LOCKS] = { "locks", "LOCKS", "how many ranges it has", 5, 5, 6, LK_COL_RIGHT | LK_COL_DESCENDING },
	[COL_AGE] = { "age", "AGE", "how long it has held or waited for the first of them", 7, 6, 7,
		      LK_COL_RIGHT | LK_COL_DESCENDING },
};

static struct lk_mapview *own_of(const struct lk_view *v)
{
	return v->own;
}

/* Any lock of a row, also of a ghost; NULL: none. */
static const struct lk_lock *first_lock(const struct lk_item *it)
{
	const struct lk_snapshot *s = it->frame ? it->frame->snap : NULL;

	return s && it->index < s->n_locks ? &s->locks[it->index] : NULL;
}

static int init(struct lk_view *v)
{
	v->own = calloc(1, sizeof(struct lk_mapview));
	return v->own ? 0 : -ENOMEM;
}

static void done(struct lk_view *v)
{
	if (v->own)
		lk_mapview_done(v->own);
	free(v->own);
}

static int add_lane(const struct lk_mapview *m, size_t i, lk_items *ret)
{
	const struct lk_lane *lane = &m->all.lanes[i];
	struct lk_item *it = lk_vec_push(ret);

	if (!it)
		return -ENOMEM;
	*it = (struct lk_item){ .id = lk_mapview_id(lane->spans[0].lock),
				.frame = m->frame,
				.index = lane->spans[0].lock->index,
				.sub = i };
	if (lane->blocks || lane->waiting)
		it->flags |= LK_ITEM_CONTENDED;
	if (lane->waiting)
		it->flags |= LK_ITEM_WAITING;
	return 0;
}

static int fill(const void *view, const struct lk_frame *f, bool tree, lk_items *ret)
{
	struct lk_mapview *m = own_of(view);
	int rc = 0;

	(void)tree;
	lk_mapview_refresh(m, f);
	for (size_t i = 0; i < m->all.n_lanes && !rc; i++)
		rc = add_lane(m, i, ret);
	return rc;
}

void lk_view_map_show(struct lk_tui *t, const struct lk_subject *s)
{
	struct lk_view *v = &t->views[LK_VIEW_MAP];
	uint64_t id = s->lock ? lk_mapview_id(s->lock) : 0;

	if (!s->file)
		return;
	lk_mapview_choose(v->own, s);
	if (!t->frame)
		return;
	v->list.cursor = 0;
	lk_list_refresh(&v->list, t->frame);
	if (id)
		lk_list_select_id(&v->list, id);
}

/* ---- values and cells ---- */

static struct lk_value number(int64_t i, bool known)
{
	return (struct lk_value){ .known = known, .i = i };
}

static int64_t age_of(const struct lk_tui *t, const struct lk_item *it, const struct lk_lock *l, bool *ret_at_least)
{
	return lk_frame_age_ms(it->frame, l, lk_tui_now_of(t, it->frame), ret_at_least);
}

static struct lk_value value(const void *view, const struct lk_item *it, size_t column, lk_buf *scratch)
{
	const struct lk_view *v = view;
	const struct lk_lock *l = first_lock(it);
	const struct lk_lane *lane = lk_mapview_lane(own_of(v), it);
	const char *s;
	bool at_least;

	(void)scratch;
	if (!l)
		return number(0, false);
	switch (column) {
	case COL_PID:
		return number(l->pid, l->pid > 0);
	case COL_MODE:
		return number(lk_lane_glyph(l), true);
	case COL_FIRST:
		return number(l->rec.range.start, true);
	case COL_LOCKS:
		return number(lane ? (int64_t)lane->n_spans : 0, lane != NULL);
	case COL_AGE:
		return number(age_of(v->tui, it, l, &at_least), true);
	default:
		s = column == COL_TYPE ? lk_type_name(l->rec.type) : l->proc ? l->proc->comm : NULL;
		return (struct lk_value){ .known = s != NULL, .s = s };
	}
}

static int words(const void *view, const struct lk_item *it, lk_buf *out)
{
	return lk_table_words(view, it, out);
}

static bool match(const void *view, const struct lk_item *it, const struct lk_filter *f)
{
	const struct lk_lane *lane = lk_mapview_lane(own_of(view), it);
	struct lk_row row = { .snap = it->frame->snap, .lock = first_lock(it) };
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
	const struct lk_lock *l = first_lock(it);

	(void)view;
	return l ? l->pid : 0;
}

static int cell(const struct lk_tui *t, const struct lk_item *it, size_t column, lk_buf *out, enum lk_style *ret_style)
{
	const struct lk_lock *l = first_lock(it);
	const struct lk_lane *lane = lk_mapview_lane(t->views[LK_VIEW_MAP].own, it);
	struct lk_row row = { .lock = l };
	bool at_least;
	int64_t ms;

	(void)ret_style;
	if (!l)
		return 0;
	switch (column) {
	case COL_PID:
		return l->pid > 0 ? lk_buf_printf(out, "%d", l->pid) : lk_buf_puts(out, "?");
	case COL_MODE:
		return lk_buf_printf(out, "%c", lk_lane_glyph(l));
	case COL_COMMAND:
		return lk_column_text(lk_column_find("COMMAND", 7), &row, true, out);
	case COL_TYPE:
		return lk_buf_puts(out, lk_type_name(l->rec.type));
	case COL_FIRST:
		return lk_tui_offset_text(t, l->rec.range.start, out);
	case COL_LOCKS:
		return lk_buf_printf(out, "%zu", lane ? lane->n_spans : 1);
	default:
		ms = age_of(t, it, l, &at_least);
		return lk_tui_age_text(ms, at_least, out);
	}
}

static void subject(const struct lk_tui *t, const struct lk_item *it, struct lk_subject *ret)
{
	const struct lk_mapview *m = t->views[LK_VIEW_MAP].own;
	const struct lk_lane *lane = lk_mapview_lane(m, it);
	const struct lk_lock *l = lane ? lk_mapview_lock(m, lane) : first_lock(it);

	*ret = (struct lk_subject){ .frame = it->frame };
	if (!l)
		return;
	ret->lock = l;
	ret->file = l->file;
	ret->proc = l->proc;
	ret->holder = l->waiter ? l->waiter : l->n_holders ? l->holders : NULL;
}

static int describe(const struct lk_tui *t, const struct lk_item *it, lk_buf *out)
{
	const struct lk_mapview *m = t->views[LK_VIEW_MAP].own;
	const struct lk_lane *lane = lk_mapview_lane(m, it);
	int rc;

	if (!lane)
		return first_lock(it) ? lk_words_put_lock(t, it->frame, first_lock(it), out) : 0;
	/* The words of a request know what time it is. */
	if (lane->waiting)
		return lk_words_put_lock(t, it->frame, lk_mapview_lock(m, lane), out);
	rc = lk_lane_label(lane, out);
	rc = rc ? rc : lk_buf_puts(out, " ");
	return rc ? rc : lk_lane_words(&m->all, lane, out);
}

/* ---- the tab line ---- */

/* Cut on its left, at a slash, so that what follows it on the line is seen too. */
static int put_path(const char *path, int cells, lk_buf *out)
{
	size_t n = strlen(path), room = cells > 8 ? (size_t)cells : 8;
	const char *slash = path;

	if (n <= room)
		return lk_buf_puts(out, path);
	while (slash && strlen(slash) + 1 > room)
		slash = strchr(slash + 1, '/');
	if (!slash)
		slash = strrchr(path, '/');
	return lk_buf_printf(out, "~%s", slash ? slash : path);
}

static int title_words(const struct lk_tui *t, const struct lk_view *v, lk_buf *out)
{
	const struct lk_mapview *m = own_of(v);
	const struct lk_file *f = m->file;
	int rc;

	if (!m->chosen)
		return lk_buf_puts(out, "no file chosen");
	rc = m->path ? put_path(m->path, t->w - TITLE_REST, out) : lk_buf_puts(out, "a file without a name");
	if (rc || !f)
		return rc ? rc : lk_buf_puts(out, "  no more locks");
	rc = lk_buf_puts(out, "  size ");
	rc = rc ? rc : lk_tui_size_text(t, f->size, out);
	if (!rc && !f->key.none)
		rc = lk_buf_printf(out, "  %" PRIu32 ":%" PRIu32 " ino %" PRIu64, f->key.major, f->key.minor,
				   f->key.ino);
	return rc ? rc
		  : lk_buf_printf(out, "  %zu lock%s %zu waiter%s", m->n_held, m->n_held == 1 ? "" : "s", m->n_waiting,
				  m->n_waiting == 1 ? "" : "s");
}

/* ---- commands ---- */

static unsigned step(struct lk_mapview *m, int by)
{
	lk_mapview_move(m, by);
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
	struct lk_mapview *m = own_of(v);

	if (cmd->run == lk_do_left)
		return step(m, -1);
	if (cmd->run == lk_do_right)
		return step(m, 1);
	if (cmd->run == lk_do_expand)
		return settle(t, lk_mapview_zoom(m, 1), "This is one stretch: there is nothing smaller to see.");
	if (cmd->run == lk_do_collapse)
		return settle(t, lk_mapview_zoom(m, -1), "This is the whole file.");
	if (cmd->run_with == lk_do_next_contended)
		return settle(t, lk_mapview_conflict(m, cmd->arg), "There is no conflict on this file.");
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
		.words = words,
		.match = match,
		.pid = pid_of,
	},
	.init = init,
	.done = done,
	.cell = cell,
	.subject = subject,
	.describe = describe,
	.paint = lk_mapview_paint,
	.lines_above = lk_mapview_lines_above,
	.title_words = title_words,
	.command = command,
	.label = label,
	.bar = bar,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paints the Map view: the bytes of a file as a picture, and what it means in words. */
#include <inttypes.h>
#include <string.h>

#include "table/get.h"
#include "table/picture.h"
#include "tui/core/words.h"
#include "tui/view/view_map.h"
#include "tui/widget/table_private.h"
#include "words/words.h"

enum {
	PID_CELLS = 7,
	COMM_CELLS = 12,
	WIDE = 100, /* screens from this width on have room for names */
	NARROW = 40,
	MOST_FREE = 3, /* free stretches that are named */
};

/* One painting. */
struct sheet {
	struct lk_tui *t;
	struct lk_view *v;
	const struct lk_view_map_own *m;
	struct lk_canvas *c;
	struct lk_rect r; /* of the rows */
	int label; /* cells before the picture */
	struct lk_picture picture;
};

/* ---- lines of the picture ---- */

static enum lk_style style_of(char glyph)
{
	switch (glyph) {
	case 'R':
		return LK_STYLE_READ;
	case 'W':
	case 'U':
		return LK_STYLE_WRITE;
	case 'r':
	case 'w':
		return LK_STYLE_WAITING;
	case '#':
		return LK_STYLE_CYCLE;
	case '.':
		return LK_STYLE_DIM;
	default:
		return LK_STYLE_PLAIN;
	}
}

static void put_glyphs(const struct sheet *s, int y, const lk_buf *line, bool ghost)
{
	for (size_t i = 0; i < line->n && (int)i < s->r.w - s->label; i++) {
		char glyph[2] = { line->v[i], '\0' };

		lk_canvas_put(s->c, s->r.x + s->label + (int)i, y, 1, ghost ? LK_STYLE_GHOST : style_of(line->v[i]),
			      glyph);
	}
}

static void put_ruler(const struct sheet *s, int y)
{
	lk_buf line = { 0 };

	lk_canvas_fill(s->c, (struct lk_rect){ s->r.x, y, s->r.w, 1 }, LK_STYLE_HEADING, ' ');
	lk_canvas_put(s->c, s->r.x + 1, y, s->label - 1, LK_STYLE_HEADING, "offset");
	lk_picture_ruler(&s->picture, &line);
	lk_canvas_put(s->c, s->r.x + s->label, y, s->r.w - s->label, LK_STYLE_HEADING, lk_buf_str(&line));
	lk_vec_done(&line);
}

static void put_sum(const struct sheet *s, int y)
{
	lk_buf line = { 0 };

	lk_canvas_put(s->c, s->r.x + 1, y, s->label - 1, LK_STYLE_BRIGHT, "all");
	lk_picture_sum(&s->picture, &line);
	put_glyphs(s, y, &line, false);
	lk_vec_done(&line);
}

/* Where the segment of the cursor is in the picture, in cells; false: it is not in view. */
static bool find_cursor(const struct sheet *s, int *ret_x, int *ret_w)
{
	size_t segment = lk_lanes_segment_at(s->picture.lanes, s->m->cursor), column = 0;

	if (s->m->cursor < s->m->view.start || s->m->cursor > s->m->view.end)
		return false;
	for (size_t i = 0; i < s->picture.n_blocks; i++) {
		const struct lk_block *b = &s->picture.blocks[i];

		if (b->first <= segment && segment <= b->last) {
			*ret_x = (int)(column + b->at_end);
			*ret_w = (int)b->width;
			return true;
		}
		column += b->width + b->at_end;
	}
	return false;
}

static void put_cursor(const struct sheet *s, int y)
{
	int x, w;

	if (find_cursor(s, &x, &w) && x + w / 2 < s->r.w - s->label)
		lk_canvas_put(s->c, s->r.x + s->label + x + (w - 1) / 2, y, 1, LK_STYLE_BRIGHT, "^");
}

/* ---- lanes ---- */

/* A lane with a write lock is marked as one. */
static char lane_letter(const struct lk_lane *lane)
{
	char letter = lk_lane_glyph(lane->spans[0].lock);

	for (size_t i = 1; i < lane->n_spans; i++) {
		if (lane->spans[i].lock->rec.mode == LK_MODE_WRITE)
			letter = lk_lane_glyph(lane->spans[i].lock);
	}
	return letter;
}

/* The name of the process may be cut, but not how many others share the lock. */
static void put_command(const struct sheet *s, int x, int y, const struct lk_lock *l, enum lk_style style)
{
	struct lk_row row = { .lock = l };
	lk_buf others = { 0 };

	lk_note_holders(&row, &others);
	if (others.n < COMM_CELLS) {
		int room = COMM_CELLS - 1 - (int)others.n;

		x += lk_canvas_bytes(s->c, x, y, room, style, LK_FIT_LEFT, l->proc->comm, strlen(l->proc->comm));
		lk_canvas_bytes(s->c, x, y, (int)others.n, style, LK_FIT_LEFT, others.v ? others.v : "", others.n);
	}
	lk_vec_done(&others);
}

static void put_label(const struct sheet *s, int y, const struct lk_lock *l, char letter, enum lk_style style)
{
	int x = s->r.x + LK_ROW_GUTTER, pid = PID_CELLS;

	if (s->label < LK_ROW_GUTTER + PID_CELLS + 3)
		pid = s->label - LK_ROW_GUTTER - 3;
	if (l->pid > 0)
		x += lk_canvas_printf(s->c, x, y, pid, style, "%*d", pid, l->pid);
	else
		x += lk_canvas_printf(s->c, x, y, pid, style, "%*s", pid, "?");
	lk_canvas_printf(s->c, x, y, 3, style, " %c ", letter);
	if (s->label >= LK_ROW_GUTTER + PID_CELLS + 3 + COMM_CELLS && l->proc && l->proc->comm)
		put_command(s, x + 3, y, l, style);
}

/* Draws a ghost where its lock was. */
static void draw_ghost(const struct sheet *s, const struct lk_lock *l, lk_buf *out)
{
	struct lk_range r = l->rec.range, view = s->m->view;
	struct lk_span span = { .lock = l };
	struct lk_lane lane = { .spans = &span, .n_spans = 1 };

	if (!lk_range_overlaps(r, view))
		return;
	span.first = lk_lanes_segment_at(s->picture.lanes, r.start > view.start ? r.start : view.start);
	span.last = lk_lanes_segment_at(s->picture.lanes, r.end < view.end ? r.end : view.end);
	lk_picture_lane(&s->picture, &lane, out);
}

static void put_lane(const struct sheet *s, const struct lk_item *it, int y)
{
	static const struct lk_lane none = { .n_spans = 0 }; /* nothing of the lane is in view: only dots */
	const struct lk_lane *lane = lk_view_map_lane(s->m, it), *part = lane ? lk_view_map_part(s->m, lane) : NULL;
	const struct lk_lock *l = lane ? lane->spans[0].lock : lk_view_map_first_lock(it);
	lk_buf line = { 0 };

	if (!l)
		return;
	if (lane)
		lk_picture_lane(&s->picture, part ? part : &none, &line);
	else
		draw_ghost(s, l, &line);
	put_label(s, y, l, lane ? lane_letter(lane) : 'x', lane ? LK_STYLE_PLAIN : LK_STYLE_GHOST);
	put_glyphs(s, y, &line, !lane);
	lk_vec_done(&line);
	lk_view_mark_row(&s->v->list, it, s->c, (struct lk_rect){ s->r.x, y, s->r.w, 1 });
}

/* ---- in words ---- */

static bool covers(const struct lk_lock *l, const struct lk_segment *segment)
{
	return lk_range_overlaps(l->rec.range, segment->range);
}

/* The first lock of the lane in this segment; NULL: none. */
static const struct lk_lock *lock_under(const struct lk_lane *lane, const struct lk_segment *segment)
{
	for (size_t i = 0; i < lane->n_spans; i++) {
		if (covers(lane->spans[i].lock, segment))
			return lane->spans[i].lock;
	}
	return NULL;
}

static void put_who(const struct sheet *s, const struct lk_lock *l, lk_buf *out)
{
	struct lk_row row = { .lock = l };
	bool at_least;
	int64_t ms;

	lk_buf_printf(out, "   %c ", lk_lane_glyph(l));
	if (l->pid > 0)
		lk_words_put_pid(l->pid, l->proc ? l->proc->comm : NULL, out);
	else
		lk_buf_puts(out, "?");
	if (!lk_lock_is_waiting(l)) {
		lk_note_holders(&row, out);
		return;
	}
	ms = lk_frame_age_ms(s->m->frame, l, s->t->now_ms, &at_least);
	lk_buf_puts(out, " waits ");
	lk_age_text(ms, at_least, out);
}

/* "cursor 1073741824 (0x40000000) len 1   W 4420 php-fpm   r 4433 php-fpm waits 8s" */
static void say_cursor(const struct sheet *s, lk_buf *out)
{
	const struct lk_segment *segment = lk_view_map_segment(s->m);
	struct lk_range r = segment->range;

	lk_buf_printf(out, "cursor %" PRId64 " (0x%" PRIx64 ")", r.start, (uint64_t)r.start);
	if (r.end == LK_RANGE_EOF)
		lk_buf_puts(out, " to EOF");
	else
		lk_buf_printf(out, " len %" PRId64, r.end - r.start + 1);
	if (segment->known)
		lk_buf_printf(out, "  %s %s", s->m->all.layout->name, segment->known->name);
	/* No more than a line has room for. */
	for (size_t i = 0; i < s->m->all.n_lanes && out->n < (size_t)s->r.w; i++) {
		const struct lk_lock *l = lock_under(&s->m->all.lanes[i], segment);

		if (l)
			put_who(s, l, out);
	}
	if (!segment->flags)
		lk_buf_puts(out, "   no byte range is locked here");
}

/* Appends the request that is in conflict under the cursor, else what the bytes are for. */
static void say_conflict(const struct sheet *s, lk_buf *out)
{
	const struct lk_segment *segment = lk_view_map_segment(s->m);

	for (size_t i = 0; i < s->m->all.n_lanes && (segment->flags & LK_SEGMENT_CONFLICT); i++) {
		const struct lk_lane *lane = &s->m->all.lanes[i];
		const struct lk_lock *l = lane->waiting ? lock_under(lane, segment) : NULL;

		if (!l)
			continue;
		lk_words_put_lock(s->t, s->m->frame, l, out);
		return;
	}
	if (segment->known) {
		lk_buf_printf(out, "%s: ", segment->known->name);
		lk_known_text(segment->known, LK_MODE_UNKNOWN, out);
	} else if (s->picture.merged > 1) {
		lk_buf_printf(out, "a column stands for up to %zu stretches: + zooms in", s->picture.merged);
	}
}

static void put_stretch(const struct sheet *s, const char *before, struct lk_range r, lk_buf *out)
{
	lk_buf_puts(out, before);
	lk_tui_offset_text(s->t, r.start, out);
	lk_buf_puts(out, r.end == LK_RANGE_EOF ? " to " : "-");
	lk_tui_offset_text(s->t, r.end, out);
}

/* Appends the stretches without a lock, neighbours joined; when zoomed, what is in view instead. */
static void say_free(const struct sheet *s, lk_buf *out)
{
	const struct lk_lanes *l = &s->m->all;
	size_t n = 0;

	if (!lk_range_is_whole(s->m->view)) {
		put_stretch(s, "zoomed to ", s->m->view, out);
		lk_buf_puts(out, "; - shows more");
		return;
	}
	for (size_t i = 0; i < l->n_segments; i++) {
		struct lk_range one = l->segments[i].range;

		if (l->segments[i].flags)
			continue;
		while (i + 1 < l->n_segments && !l->segments[i + 1].flags)
			one.end = l->segments[++i].range.end;
		if (n < MOST_FREE)
			put_stretch(s, n ? ", " : "no lock on ", one, out);
		n++;
	}
	if (n > MOST_FREE)
		lk_buf_printf(out, " and %zu more", n - MOST_FREE);
	else if (!n)
		lk_buf_puts(out, "every byte is locked or waited for");
}

static void put_words(const struct sheet *s, int y, void (*say)(const struct sheet *s, lk_buf *out), int room)
{
	lk_buf line = { 0 };

	say(s, &line);
	if (line.n)
		lk_canvas_bytes(s->c, s->r.x + 1, y, room, LK_STYLE_PLAIN, LK_FIT_LEFT, line.v, line.n);
	lk_vec_done(&line);
}

static void put_all_words(const struct sheet *s, int y)
{
	static const char hint[] = "[ ] next conflict";
	bool wide = s->r.w > NARROW + (int)sizeof(hint);

	put_words(s, y, say_cursor, s->r.w - 1);
	put_words(s, y + 1, say_conflict, s->r.w - 1);
	put_words(s, y + 2, say_free, s->r.w - 1 - (wide ? (int)sizeof(hint) + 1 : 0));
	if (wide)
		lk_canvas_put(s->c, s->r.x + s->r.w - (int)sizeof(hint), y + 2, (int)sizeof(hint), LK_STYLE_DIM, hint);
}

/* ---- the whole view ---- */

/* How many lines of each kind there is room for. On a low screen the words go first, the lanes never. */
struct lines {
	int ruler, sum, cursor, words;
};

static struct lines choose_lines(const struct lk_view_map_own *m, const struct lk_list *list, int h)
{
	struct lines l = { 0 };
	int left = h - 1;

	if (left >= 2)
		l.ruler = 1, left--;
	if (left >= 2)
		l.cursor = 1, left--;
	if (left >= 5)
		l.words = 3, left -= 3;
	if (left >= 2 && m->all.has_ranges && list->shown.n > 1)
		l.sum = 1;
	return l;
}

static void say_nothing(const struct sheet *s)
{
	lk_buf text = { 0 };

	if (!s->m->chosen)
		lk_buf_puts(&text, "No file is chosen: press 5 on a lock or a file in another view.");
	else
		lk_buf_printf(&text, "The file has no more locks: %s", s->m->path ? s->m->path : "it has no name");
	lk_canvas_wrap(s->c, s->r.x + 1, s->r.y, s->r.w - 2, s->r.h, LK_STYLE_PLAIN, lk_buf_str(&text));
	lk_vec_done(&text);
	s->c->cursor_x = s->r.x;
	s->c->cursor_y = s->r.y;
}

static void paint_rows(struct sheet *s)
{
	struct lk_list *list = &s->v->list;
	struct lines l = choose_lines(s->m, list, s->r.h);
	int y = s->r.y, room = s->r.h - l.ruler - l.sum - l.cursor - l.words, used = 0;

	list->page = room > 0 ? (size_t)room : 1;
	lk_list_scroll(list);
	if (l.ruler)
		put_ruler(s, y++);
	if (l.sum)
		put_sum(s, y++);
	for (; used < room && list->top + (size_t)used < list->shown.n; used++)
		put_lane(s, lk_list_at(list, list->top + (size_t)used), y++);
	if (!list->shown.n && list->n_total) {
		lk_table_say_empty(s->t, s->v, s->c, (struct lk_rect){ s->r.x, y, s->r.w, 1 });
		y++;
	}
	if (l.cursor)
		put_cursor(s, y++);
	if (l.words)
		put_all_words(s, y);
}

int lk_view_map_lines_above(const struct lk_tui *t, const struct lk_view *v, struct lk_rect r)
{
	struct lines l = choose_lines(v->own, &v->list, r.h);

	(void)t;
	return l.ruler + l.sum;
}

static int label_cells(const struct lk_rect *r)
{
	if (r->w >= WIDE)
		return LK_ROW_GUTTER + PID_CELLS + 3 + COMM_CELLS;
	return r->w >= NARROW ? LK_ROW_GUTTER + PID_CELLS + 3 : LK_ROW_GUTTER + 8;
}

void lk_view_map_paint(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r)
{
	struct sheet s = { .t = t, .v = v, .m = v->own, .c = c, .r = r, .label = label_cells(&r) };

	v->list.page = 1;
	if (r.h < 1 || r.w < 1)
		return;
	if (!s.m->file) {
		say_nothing(&s);
		return;
	}
	lk_picture_make(&s.picture, lk_view_map_shown(s.m), r.w > s.label ? (size_t)(r.w - s.label) : 0);
	paint_rows(&s);
	lk_picture_done(&s.picture);
}

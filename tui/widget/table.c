/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paints a list as a table. Only visible rows are formatted, each cell once. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/chrome/paint.h"
#include "tui/widget/table_private.h"

/* In fewer cells than this, only the name of the file is shown of a path. */
#define SHORT_PATH 12
/* How many rows below the screen are looked at to see whether a branch goes on there. */
#define LOOK_AHEAD 10000
#define MAX_LEVEL 12

struct cell {
	size_t at, n; /* bytes in text */
	enum lk_style style;
};

/* The visible rows as text. */
struct sheet {
	struct lk_tui *t;
	struct lk_view *v;
	size_t shown[LK_COLUMNS_MAX];
	size_t n_shown;
	size_t n_columns; /* all columns of the view */
	size_t n_rows;
	struct cell *cells; /* n_rows * n_columns */
	uint64_t *branches; /* by row: bit mask of the levels at which a branch goes on below it; bit 0: the top */
	lk_buf text;
};

static struct cell *cell_of(const struct sheet *s, size_t row, size_t column)
{
	return &s->cells[row * s->n_columns + column];
}

/* At most how many cells these bytes take once they are sanitized. */
static size_t widest(const char *s, size_t n)
{
	size_t cells = n;

	for (size_t i = 0; i < n; i++) {
		unsigned char byte = (unsigned char)s[i];

		cells += byte == '\\' ? 1 : byte < 0x20 || byte >= 0x7f ? 3 : 0;
	}
	return cells;
}

static void format_row(struct sheet *s, size_t row)
{
	const struct lk_item *it = lk_list_at(&s->v->list, s->v->list.top + row);

	for (size_t i = 0; i < s->n_shown; i++) {
		size_t column = s->shown[i], cells;
		struct cell *cell = cell_of(s, row, column);

		*cell = (struct cell){ .at = s->text.n, .style = LK_STYLE_PLAIN };
		if (it->flags & LK_ITEM_FIXED)
			continue;
		lk_view_put_cell(s->v, it, column, &s->text, &cell->style);
		cell->n = s->text.n - cell->at;
		cells = widest(s->text.v + cell->at, cell->n);
		if (cells > s->v->seen[column])
			s->v->seen[column] = (unsigned short)(cells > 8192 ? 8192 : cells);
	}
}

/* ---- branches ---- */

/* Bit mask of the levels at which a branch goes on from row `at`, the first one below the screen. */
static uint64_t branches_below(const struct lk_list *l, size_t at)
{
	uint64_t mask = 0;
	unsigned least = MAX_LEVEL + 1;

	for (size_t steps = 0; steps < LOOK_AHEAD && least > 0; steps++) {
		const struct lk_item *it = lk_list_at(l, at + steps);

		if (!it)
			break;
		if (it->level < least) {
			least = it->level;
			mask |= UINT64_C(1) << least;
		}
	}
	return mask;
}

static void find_branches(struct sheet *s)
{
	const struct lk_list *l = &s->v->list;
	uint64_t mask = l->tree ? branches_below(l, l->top + s->n_rows) : 0;

	for (size_t row = s->n_rows; row-- > 0 && l->tree;) {
		unsigned level = lk_list_at(l, l->top + row)->level;

		level = level > MAX_LEVEL ? MAX_LEVEL : level;
		s->branches[row] = mask;
		mask &= (UINT64_C(2) << level) - 1;
		mask |= UINT64_C(1) << level;
	}
}

/* The branches before a row: "|  `- ", then "- " if it can be folded, "+ " if it is. */
static void put_branch(const struct sheet *s, size_t row, const struct lk_item *it, char ret[3 * MAX_LEVEL + 3])
{
	unsigned level = it->level > MAX_LEVEL ? MAX_LEVEL : it->level;
	char *p = ret;

	for (unsigned i = 1; i <= level; i++, p += 3) {
		bool goes_on = s->branches[row] >> i & 1;

		memcpy(p, i == level ? goes_on ? "|- " : "`- " : goes_on ? "|  " : "   ", 3);
	}
	p[0] = ' ';
	if (it->flags & LK_ITEM_HAS_CHILDREN)
		p[0] = lk_list_is_folded(&s->v->list, it->id) ? '+' : '-';
	p[1] = ' ';
	/* A row without children is lined up with those that have some only at the top. */
	p[level && !(it->flags & LK_ITEM_HAS_CHILDREN) ? 0 : 2] = '\0';
}

/* ---- painting ---- */

static void paint_heading(const struct sheet *s, const struct lk_table_layout *l, struct lk_canvas *c, struct lk_rect r)
{
	const struct lk_view_ops *ops = s->v->ops;
	const struct lk_list *list = &s->v->list;

	lk_canvas_fill(c, (struct lk_rect){ r.x, r.y, r.w, 1 }, LK_STYLE_HEADING, ' ');
	for (int fixed = 0; fixed < 2; fixed++) {
		if (fixed && l->side)
			lk_canvas_fill(c, (struct lk_rect){ r.x, r.y, l->fixed_w, 1 }, LK_STYLE_HEADING, ' ');
		for (size_t i = 0; i < l->n; i++) {
			const struct lk_table_spot *q = &l->spots[i];
			const struct lk_column *col = &ops->list.columns[q->column];
			int len = (int)strlen(col->name), w = q->w < r.w - q->x ? q->w : r.w - q->x, x = q->x;
			bool sorts = q->column == list->sort_column;

			if (q->fixed != fixed || w <= 0)
				continue;
			if ((col->flags & RIGHT) && len < w)
				x += w - len;
			lk_canvas_put(c, r.x + x, r.y, w, sorts ? LK_STYLE_HEADING_SORT : LK_STYLE_HEADING, col->name);
			/* No mark for the order that the view begins with. */
			if (sorts &&
			    (q->column != ops->sort_column || list->descending != !!(col->flags & LK_COL_DESCENDING)) &&
			    x + len < r.w)
				lk_canvas_put(c, r.x + x + len, r.y, 1, LK_STYLE_HEADING_SORT,
					      list->descending ? "v" : "^");
		}
	}
}

/* Shortens text that does not fit: a word to its first letter; a path by its note, then to the name of its file. */
static void shorten(const struct lk_column *col, int w, const char **text, size_t *n)
{
	bool narrow = w < col->width;
	const char *slash;

	if ((col->flags & LK_COL_INITIAL) && narrow && *n > 1)
		*n = 1;
	if (!(col->flags & LK_COL_TRUNC_LEFT) || (size_t)w >= *n)
		return;
	/* "(deleted) /x": the note is shown whole or not at all. */
	slash = **text == '(' ? memmem(*text, *n, ") ", 2) : NULL;
	if (slash) {
		*n -= (size_t)(slash + 2 - *text);
		*text = slash + 2;
	}
	if (w >= SHORT_PATH || (size_t)w >= *n)
		return;
	slash = memrchr(*text, '/', *n);
	if (!slash || slash + 1 == *text + *n)
		return;
	*n -= (size_t)(slash + 1 - *text);
	*text = slash + 1;
}

static enum lk_fit fit_of(const struct lk_column *col, int side)
{
	if (col->flags & RIGHT)
		return LK_FIT_RIGHT;
	return (col->flags & LK_COL_TRUNC_LEFT) && !side ? LK_FIT_PATH : LK_FIT_LEFT;
}

/* How many cells a text may run on over the columns behind it, as far as those are empty in this row. */
static int cells_free_behind(const struct sheet *s, size_t row, const struct lk_table_layout *l,
			     const struct lk_table_spot *q)
{
	int cells = 0;

	for (q++; q < l->spots + l->n && !q->fixed && !cell_of(s, row, q->column)->n; q++)
		cells = q->x + q->w - q[-1].x - q[-1].w + cells;
	return cells;
}

static void paint_cell(const struct sheet *s, size_t row, const struct lk_item *it, const struct lk_table_layout *l,
		       const struct lk_table_spot *q, struct lk_canvas *c, struct lk_rect r)
{
	const struct lk_column *col = &s->v->ops->list.columns[q->column];
	const struct cell *cell = cell_of(s, row, q->column);
	const char *text = cell->n ? s->text.v + cell->at : "", *search = s->v->list.search;
	size_t n = cell->n;
	int x = q->x, w = q->w < r.w - q->x ? q->w : r.w - q->x;
	enum lk_style style = it->flags & LK_ITEM_GHOST ? LK_STYLE_GHOST : cell->style;
	char branch[3 * MAX_LEVEL + 3];

	if (w <= 0)
		return;
	if ((col->flags & LK_COL_TREE) && s->v->list.tree) {
		int used;

		put_branch(s, row, it, branch);
		used = lk_canvas_put(c, r.x + x, r.y, w, LK_STYLE_BORDER, branch);
		x += used, w -= used;
		if (n > (size_t)w)
			w += cells_free_behind(s, row, l, q);
	} else if (!n) {
		/* The text of the column before may run over an empty cell. */
		return;
	}
	shorten(col, w, &text, &n);
	lk_canvas_bytes(c, r.x + x, r.y, w, style, fit_of(col, l->side), text, n);
	/* A number that lost its end would look like another number. */
	if ((col->flags & (RIGHT | LK_COL_WHOLE)) && n > (size_t)w)
		lk_canvas_put(c, r.x + x + w - 1, r.y, 1, style, "~");
	if (search && *search && lk_list_contains(text, n, search, strlen(search)))
		lk_canvas_mark(c, (struct lk_rect){ r.x + x, r.y, w, 1 }, LK_MARK_FOUND);
}

/* Whether the lock was first seen so recently that the row is highlighted. */
static bool is_new(const struct sheet *s, const struct lk_item *it)
{
	const struct lk_frame *f = it->frame;
	int64_t looks = (int64_t)s->t->set.highlight_looks, interval = lk_header_interval_ms(s->t);
	struct lk_subject about = { 0 };

	if (!looks || !interval || (it->flags & LK_ITEM_GHOST) || !f || !f->since_ms)
		return false;
	s->v->ops->subject(s->t, it, &about);
	if (!about.lock || about.frame != f || f->at_least[about.lock->index])
		return false;
	return f->taken_ms - f->since_ms[about.lock->index] < looks * interval - interval / 2;
}

static void paint_marks(const struct sheet *s, const struct lk_item *it, bool selected, struct lk_canvas *c,
			struct lk_rect r, int gutter)
{
	bool tagged = lk_list_is_tagged(&s->v->list, it->id);
	unsigned marks = (selected ? LK_MARK_SELECTED : 0u) | (tagged ? LK_MARK_TAGGED : 0u);

	if (is_new(s, it))
		marks |= LK_MARK_CHANGED;
	if (tagged)
		lk_canvas_put(c, r.x + gutter - 1, r.y, 1, LK_STYLE_BRIGHT, "*");
	if (selected)
		lk_canvas_put(c, r.x, r.y, 1, LK_STYLE_BRIGHT, ">");
	lk_canvas_mark(c, r, marks);
}

static void paint_fixed_line(const struct sheet *s, const struct lk_item *it, struct lk_canvas *c, struct lk_rect r)
{
	lk_buf text = { 0 };

	if (s->v->ops->describe)
		s->v->ops->describe(s->t, it, &text);
	if (text.n)
		lk_canvas_bytes(c, r.x + 2, r.y, r.w - 2, LK_STYLE_DIM, LK_FIT_LEFT, text.v, text.n);
	lk_vec_done(&text);
}

static void paint_row(const struct sheet *s, size_t row, const struct lk_table_layout *l, struct lk_canvas *c,
		      struct lk_rect r)
{
	const struct lk_list *list = &s->v->list;
	const struct lk_item *it = lk_list_at(list, list->top + row);
	bool selected = it->id && it->id == list->cursor;

	if (it->flags & LK_ITEM_FIXED) {
		paint_fixed_line(s, it, c, r);
		return;
	}
	for (int fixed = 0; fixed < 2; fixed++) {
		if (fixed && l->side)
			lk_canvas_fill(c, (struct lk_rect){ r.x, r.y, l->fixed_w, 1 }, LK_STYLE_PLAIN, ' ');
		for (size_t i = 0; i < l->n; i++) {
			if (l->spots[i].fixed == fixed)
				paint_cell(s, row, it, l, &l->spots[i], c, r);
		}
	}
	paint_marks(s, it, selected, c, r, l->gutter);
	/* Also where nothing is selected: it is the place that moving starts from. */
	if (list->top + row == list->cursor_at) {
		c->cursor_x = r.x;
		c->cursor_y = r.y;
	}
}

/* ---- no rows ---- */

static void say_hidden(const struct lk_list *l, lk_buf *b)
{
	if (l->n_total == 1)
		lk_buf_puts(b, "The only row is");
	else
		lk_buf_printf(b, "All %zu rows are", l->n_total);
	if (l->filter_text)
		lk_buf_printf(b, " hidden by the filter \"%s\". F4 changes it; Esc there takes it away.",
			      l->filter_text);
	else if (l->user)
		lk_buf_printf(b, " hidden: only those of user %s are shown (u changes it).", l->user);
	else
		lk_buf_puts(b, " hidden: only what is blocked or blocks is shown (b shows the rest).");
}

static void say_none(const struct lk_tui *t, const struct lk_view *v, lk_buf *b)
{
	const struct lk_snapshot *s = t->frame->snap;
	/* Their rows do not come from the snapshot. */
	bool of_others = v->ops->id == LK_VIEW_HISTORY || v->ops->id == LK_VIEW_LOCKFILES;

	if (s->complete || of_others) {
		lk_buf_puts(b, v->ops->nothing);
		return;
	}
	lk_buf_puts(b, "Nothing is seen here, but not all could be looked at");
	if (s->end.n_unreadable)
		lk_buf_printf(b, ": %zu process%s could not be inspected", s->end.n_unreadable,
			      s->end.n_unreadable == 1 ? "" : "es");
	else if (s->n_problems)
		lk_buf_printf(b, ": %s", s->problems[0].text);
	lk_buf_puts(b, ". P lists what is missing.");
}

void lk_table_say_empty(const struct lk_tui *t, const struct lk_view *v, struct lk_canvas *c, struct lk_rect r)
{
	lk_buf b = { 0 };
	int margin = r.w > 20 ? 2 : 0;

	if (r.h < 1)
		return;
	if (v->list.n_total)
		say_hidden(&v->list, &b);
	else
		say_none(t, v, &b);
	lk_canvas_wrap(c, r.x + margin, r.y, r.w - 2 * margin, r.h, LK_STYLE_PLAIN, lk_buf_str(&b));
	lk_vec_done(&b);
	c->cursor_x = r.x;
	c->cursor_y = r.y;
}

/* ---- the whole table ---- */

static void sheet_make(struct sheet *s)
{
	struct lk_list *l = &s->v->list;

	s->n_shown = lk_table_shown(s->t, s->v, s->shown);
	s->n_columns = lk_column_count(s->v->ops->list.columns);
	s->n_rows = l->shown.n > l->top ? l->shown.n - l->top : 0;
	s->n_rows = s->n_rows > l->page ? l->page : s->n_rows;
	s->cells = lk_alloc(s->n_rows * s->n_columns, sizeof(*s->cells));
	s->branches = lk_alloc(s->n_rows, sizeof(*s->branches));
	for (size_t row = 0; row < s->n_rows; row++)
		format_row(s, row);
	find_branches(s);
}

static void sheet_done(struct sheet *s)
{
	free(s->cells);
	free(s->branches);
	lk_vec_done(&s->text);
}

void lk_table_paint(struct lk_tui *t, struct lk_view *v, struct lk_canvas *c, struct lk_rect r)
{
	struct sheet s = { .t = t, .v = v };
	int heading = lk_layout_has_heading(c->h) ? 1 : 0;
	struct lk_table_layout l;

	v->list.page = r.h - heading > 0 ? (size_t)(r.h - heading) : 1;
	lk_list_scroll(&v->list);
	if (r.h < 1 || r.w < 1)
		return;
	sheet_make(&s);
	lk_table_lay_out(t, v, r.w, &l);
	v->list.side = l.side;
	if (heading)
		paint_heading(&s, &l, c, r);
	for (size_t row = 0; row < s.n_rows; row++)
		paint_row(&s, row, &l, c, (struct lk_rect){ r.x, r.y + heading + (int)row, r.w, 1 });
	if (!s.n_rows)
		lk_table_say_empty(t, v, c, (struct lk_rect){ r.x, r.y + heading, r.w, r.h - heading });
	sheet_done(&s);
}

size_t lk_table_column_at(const struct lk_tui *t, const struct lk_view *v, struct lk_rect r, int x)
{
	struct lk_table_layout l;

	lk_table_lay_out(t, v, r.w, &l);
	/* Columns that do not scroll lie over the others. The blank behind a column belongs to it. */
	for (int fixed = 1; fixed >= 0; fixed--) {
		for (size_t i = 0; i < l.n; i++) {
			const struct lk_table_spot *q = &l.spots[i];

			if (q->fixed == fixed && x - r.x >= q->x && x - r.x <= q->x + q->w)
				return q->column;
		}
	}
	return SIZE_MAX;
}

void lk_table_words(const void *view, const struct lk_item *it, lk_buf *out)
{
	const struct lk_view *v = view;
	size_t shown[LK_COLUMNS_MAX];
	size_t n = lk_table_shown(v->tui, v, shown);
	enum lk_style style;

	for (size_t i = 0; i < n; i++) {
		lk_view_put_cell(v, it, shown[i], out, &style);
		lk_buf_add(out, " ", 1);
	}
}

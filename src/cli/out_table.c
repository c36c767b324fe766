/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables and trees for people. Cells are made safe and cut to fit. libsmartcols prints the trees. Tables look as it would print them, but
 * it keeps every cell and measures each of them several times: with a hundred thousand rows that is most of the time. */
#include <errno.h>
#include <libsmartcols.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/sanitize.h"
#include "cli/out_cell.h"

#define SEPARATOR 1 /* cells between columns */
#define WIDTH_MIN 12 /* cells no column is cut below, unless it is narrower */

struct sheet {
	const struct lk_out *out;
	const lk_columns *cols;
	const struct lk_row *rows;
	size_t n;
	struct lk_cell_maker maker;
	size_t *widths; /* by column */
	lk_buf text; /* lines that are not yet written */
};

/* Every cell is made twice, to measure it and to print it: that is cheaper than to keep them all. */
static int sheet_measure(struct sheet *s)
{
	struct lk_cell cell;

	s->widths = calloc(s->cols->n, sizeof(*s->widths));
	if (!s->widths)
		return -ENOMEM;
	for (size_t c = 0; c < s->cols->n; c++)
		s->widths[c] = strlen(s->cols->v[c]->name);
	for (size_t i = 0; i < s->n; i++) {
		for (size_t c = 0; c < s->cols->n; c++) {
			if (lk_cell_make(&s->maker, c, &s->rows[i], &cell) < 0)
				return -ENOMEM;
			if (cell.width > s->widths[c])
				s->widths[c] = cell.width;
		}
	}
	return 0;
}

static bool may_shrink(const struct sheet *s, size_t c)
{
	return s->cols->v[c]->flags & (LK_COL_TRUNC | LK_COL_TRUNC_LEFT) && s->widths[c] > WIDTH_MIN;
}

/* Takes cells from the widest column that may be cut until the rows fit, or nothing is left to take. */
static void sheet_fit(struct sheet *s)
{
	size_t sum = (s->cols->n - 1) * SEPARATOR;

	for (size_t c = 0; c < s->cols->n; c++)
		sum += s->widths[c];
	while (s->out->width && sum > s->out->width) {
		size_t widest = s->cols->n;

		for (size_t c = 0; c < s->cols->n; c++) {
			if (may_shrink(s, c) && (widest == s->cols->n || s->widths[c] > s->widths[widest]))
				widest = c;
		}
		if (widest == s->cols->n)
			return;
		s->widths[widest]--;
		sum--;
	}
}

/* The word says it already; the colour only helps to find it. */
static const char *color_of(const struct lk_column *col, const struct lk_lock *l)
{
	if (strcmp(col->name, "STATE") != 0)
		return NULL;
	if (l->deadlock)
		return "\033[1;31m";
	if (lk_lock_is_waiting(l))
		return "\033[33m";
	return l->state == LK_STATE_BREAKING ? "\033[35m" : NULL;
}

static int add_blanks(lk_buf *text, size_t n)
{
	if (!n)
		return 0;
	if (lk_vec_reserve(&text->v, &text->cap, text->n, n, 1) < 0)
		return -ENOMEM;
	memset(text->v + text->n, ' ', n);
	text->n += n;
	return 0;
}

/* A cell of column c, and what separates it from the next. The colour of a cell takes in what fills it up; the last column is not
 * filled up behind its text, nor where there is no text at all. */
static int add_cell(struct sheet *s, size_t c, const struct lk_cell *cell, const char *color)
{
	size_t blanks = cell->width < s->widths[c] ? s->widths[c] - cell->width : 0;
	bool right = s->cols->v[c]->flags & LK_COL_RIGHT, last = c + 1 == s->cols->n;
	int rc = 0;

	if (last && (!right || !cell->n))
		blanks = 0;
	rc = color ? lk_buf_puts(&s->text, color) : 0;
	rc = rc ? rc : add_blanks(&s->text, right ? blanks : 0);
	rc = rc ? rc : lk_buf_add(&s->text, cell->s, cell->n);
	rc = rc ? rc : add_blanks(&s->text, right ? 0 : blanks);
	rc = rc || !color ? rc : lk_buf_puts(&s->text, "\033[0m");
	if (rc)
		return rc;
	return last ? lk_buf_add(&s->text, "\n", 1) : add_blanks(&s->text, SEPARATOR);
}

static int add_heading(struct sheet *s)
{
	int rc = 0;

	for (size_t c = 0; c < s->cols->n && !rc; c++) {
		const char *name = s->cols->v[c]->name;
		struct lk_cell cell = { name, strlen(name), strlen(name), 0 };

		rc = add_cell(s, c, &cell, NULL);
	}
	return rc;
}

/* A cell that is wider than its column is cut. */
static int add_row_cell(struct sheet *s, size_t c, const struct lk_row *row)
{
	const char *color = s->out->color ? color_of(s->cols->v[c], row->lock) : NULL;
	lk_auto_mem char *safe = NULL, *cut = NULL, *text = NULL;
	struct lk_cell cell;

	if (lk_cell_make(&s->maker, c, row, &cell) < 0)
		return -ENOMEM;
	if (cell.width <= s->widths[c])
		return add_cell(s, c, &cell, color);
	safe = strndup(cell.s, cell.n - cell.n_note);
	cut = safe ? lk_out_cut(s->out, s->cols->v[c], safe, s->widths[c] - cell.n_note) : NULL;
	if (cut && asprintf(&text, "%s%.*s", cut, (int)cell.n_note, cell.s + cell.n - cell.n_note) < 0)
		text = NULL;
	if (!text)
		return -ENOMEM;
	cell = (struct lk_cell){ text, strlen(text), lk_sanitize_width(text, s->out->utf8), 0 };
	return add_cell(s, c, &cell, color);
}

static int sheet_print(struct sheet *s)
{
	int rc = s->out->headings ? add_heading(s) : 0;

	for (size_t i = 0; i < s->n && !rc; i++) {
		for (size_t c = 0; c < s->cols->n && !rc; c++)
			rc = add_row_cell(s, c, &s->rows[i]);
		lk_out_flush(s->out, &s->text, LK_OUT_CHUNK);
	}
	lk_out_flush(s->out, &s->text, 1);
	return rc;
}

/* A heading alone still says what was looked for. */
static void print_heading(const struct lk_out *o, const lk_columns *cols)
{
	for (size_t c = 0; c < cols->n; c++)
		fprintf(o->f, "%s%s", c ? " " : "", cols->v[c]->name);
	putc('\n', o->f);
}

/* ---- trees ---- */

#define INDENT 2 /* cells of a level */

/* The line of a branch, made safe and cut to fit. Heap; NULL: no memory. */
static char *branch_text(const struct lk_out *o, const struct lk_out_branch *b, size_t indent)
{
	lk_auto_mem char *before = lk_sanitize_str(b->before, o->utf8);
	lk_auto_mem char *path = lk_sanitize_str(b->path ? b->path : "", o->utf8);
	lk_auto_mem char *after = lk_sanitize_str(b->after ? b->after : "", o->utf8);
	lk_auto_mem char *cut = NULL;
	size_t room, others;
	char *line;

	if (!before || !path || !after)
		return NULL;
	others = indent + lk_sanitize_width(before, o->utf8) + lk_sanitize_width(after, o->utf8);
	room = others + WIDTH_MIN < o->width ? o->width - others : WIDTH_MIN;
	if (o->width && lk_sanitize_width(path, o->utf8) > room) {
		cut = lk_out_cut_path(o, path, room);
		if (!cut)
			return NULL;
	}
	return asprintf(&line, "%s%s%s", before, cut ? cut : path, after) < 0 ? NULL : line;
}

static int add_branch(const struct lk_out *o, struct libscols_table *table, const struct lk_out_branch *b, size_t level,
		      struct libscols_line *parent, struct libscols_line **ret)
{
	struct libscols_line *line = scols_table_new_line(table, parent);
	char *text = line ? branch_text(o, b, level * INDENT) : NULL;

	if (!text)
		return -ENOMEM;
	if (scols_line_refer_data(line, 0, text) < 0) {
		free(text);
		return -ENOMEM;
	}
	if (b->alarm && o->color && scols_cell_set_color(scols_line_get_cell(line, 0), "\033[1;31m") < 0)
		return -ENOMEM;
	*ret = line;
	return 0;
}

static struct libscols_table *new_tree(const struct lk_out *o)
{
	struct libscols_table *table = scols_new_table();
	int rc = table ? scols_table_set_stream(table, o->f) : -ENOMEM;

	rc = rc ? rc : scols_table_enable_noencoding(table, 1);
	rc = rc ? rc : scols_table_enable_noheadings(table, 1);
	rc = rc ? rc : scols_table_enable_ascii(table, !o->utf8);
	rc = rc ? rc : scols_table_enable_colors(table, o->color);
	rc = rc ? rc : scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	if (rc == 0 && scols_table_new_column(table, "WHO", 0, SCOLS_FL_TREE))
		return table;
	scols_unref_table(table);
	return NULL;
}

int lk_out_tree(const struct lk_out *o, const struct lk_out_branch *lines, size_t n)
{
	struct libscols_table *table = n ? new_tree(o) : NULL;
	lk_auto_mem struct libscols_line **made = calloc(n + 1, sizeof(*made));
	lk_auto_mem size_t *levels = calloc(n + 1, sizeof(*levels));
	int rc = !n || (table && made && levels) ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		size_t p = lines[i].parent;

		levels[i] = p == SIZE_MAX ? 0 : levels[p] + 1;
		rc = add_branch(o, table, &lines[i], levels[i], p == SIZE_MAX ? NULL : made[p], &made[i]);
	}
	if (n && rc == 0)
		rc = scols_print_table(table) == -ENOMEM ? -ENOMEM : 0;
	if (table)
		scols_unref_table(table);
	return rc;
}

/* ---- tables ---- */

int lk_out_table(const struct lk_out *o, const lk_columns *cols, const struct lk_row *rows, size_t n)
{
	struct sheet s = { .out = o, .cols = cols, .rows = rows, .n = n };
	int rc;

	if (!n) {
		if (o->headings)
			print_heading(o, cols);
		return 0;
	}
	rc = lk_cell_maker_init(&s.maker, o, cols, false);
	rc = rc ? rc : sheet_measure(&s);
	if (rc == 0) {
		sheet_fit(&s);
		rc = sheet_print(&s);
	}
	lk_cell_maker_done(&s.maker);
	lk_vec_done(&s.text);
	free(s.widths);
	return rc;
}

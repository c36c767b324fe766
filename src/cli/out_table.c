/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables for people. Cells are made safe and cut to fit before libsmartcols sees them; it aligns and prints. */
#include <errno.h>
#include <libsmartcols.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/sanitize.h"
#include "cli/out.h"

#define SEPARATOR 1 /* cells between columns */
#define WIDTH_MIN 12 /* cells no column is cut below, unless it is narrower */

struct sheet {
	const struct lk_out *out;
	const lk_columns *cols;
	const struct lk_row *rows;
	size_t n;
	char **cells; /* row by row */
	size_t *widths; /* by column */
};

static char **cell_at(const struct sheet *s, size_t row, size_t col)
{
	return &s->cells[row * s->cols->n + col];
}

static void sheet_done(struct sheet *s)
{
	for (size_t i = 0; s->cells && i < s->n * s->cols->n; i++)
		free(s->cells[i]);
	free(s->cells);
	free(s->widths);
}

static int sheet_fill(struct sheet *s)
{
	size_t total;

	if (__builtin_mul_overflow(s->n, s->cols->n, &total))
		return -ENOMEM;
	s->cells = calloc(total ? total : 1, sizeof(*s->cells));
	s->widths = calloc(s->cols->n, sizeof(*s->widths));
	if (!s->cells || !s->widths)
		return -ENOMEM;
	for (size_t c = 0; c < s->cols->n; c++)
		s->widths[c] = strlen(s->cols->v[c]->name);
	for (size_t i = 0; i < s->n; i++) {
		for (size_t c = 0; c < s->cols->n; c++) {
			char *cell = lk_out_cell(s->out, s->cols->v[c], &s->rows[i]);
			size_t width;

			if (!cell)
				return -ENOMEM;
			*cell_at(s, i, c) = cell;
			width = lk_sanitize_width(cell, s->out->utf8);
			if (width > s->widths[c])
				s->widths[c] = width;
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

static int sheet_cut(struct sheet *s)
{
	for (size_t i = 0; i < s->n * s->cols->n; i++) {
		size_t c = i % s->cols->n;
		char *cut;

		if (lk_sanitize_width(s->cells[i], s->out->utf8) <= s->widths[c])
			continue;
		cut = lk_out_cut(s->out, s->cols->v[c], s->cells[i], s->widths[c]);
		if (!cut)
			return -ENOMEM;
		free(s->cells[i]);
		s->cells[i] = cut;
	}
	return 0;
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

static int add_line(const struct sheet *s, struct libscols_table *table, size_t i)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	const char *color;

	if (!line)
		return -ENOMEM;
	for (size_t c = 0; c < s->cols->n; c++) {
		/* The table owns the cell from here. */
		if (scols_line_refer_data(line, c, *cell_at(s, i, c)) < 0)
			return -ENOMEM;
		*cell_at(s, i, c) = NULL;
		color = s->out->color ? color_of(s->cols->v[c], s->rows[i].lock) : NULL;
		if (color && scols_cell_set_color(scols_line_get_cell(line, c), color) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int set_up(const struct sheet *s, struct libscols_table *table)
{
	int rc = scols_table_set_stream(table, s->out->f);

	rc = rc ? rc : scols_table_enable_noencoding(table, 1);
	rc = rc ? rc : scols_table_enable_noheadings(table, !s->out->headings);
	rc = rc ? rc : scols_table_enable_colors(table, s->out->color);
	/* Everything fits already: it is not to cut again. */
	rc = rc ? rc : scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	for (size_t c = 0; rc == 0 && c < s->cols->n; c++) {
		int flags = s->cols->v[c]->flags & LK_COL_RIGHT ? SCOLS_FL_RIGHT : 0;

		if (!scols_table_new_column(table, s->cols->v[c]->name, 0, flags))
			rc = -ENOMEM;
	}
	return rc ? -ENOMEM : 0;
}

static int print(const struct sheet *s)
{
	struct libscols_table *table = scols_new_table();
	int rc = table ? set_up(s, table) : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < s->n; i++)
		rc = add_line(s, table, i);
	if (rc == 0)
		rc = scols_print_table(table) == -ENOMEM ? -ENOMEM : 0;
	scols_unref_table(table);
	return rc;
}

/* libsmartcols prints nothing for a table without rows; a heading alone still says what was looked for. */
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
	rc = sheet_fill(&s);
	if (rc == 0) {
		sheet_fit(&s);
		rc = sheet_cut(&s);
	}
	if (rc == 0)
		rc = print(&s);
	sheet_done(&s);
	return rc;
}

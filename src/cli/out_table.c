/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables and trees for people, printed by libsmartcols. Cells are sanitized and cut to fit before they are passed to it. */
#include <libsmartcols.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/sanitize.h"
#include "cli/out_cell.h"

#define SEPARATOR 1 /* cells between columns */
#define COLOR_ALARM "\033[1;31m"
#define WIDTH_MIN 12 /* cells; no column is cut to less */

struct sheet {
	const struct lk_out *out;
	const lk_columns *cols;
	const struct lk_row *rows;
	size_t n;
	struct lk_cell_maker maker;
	size_t *widths; /* cells, by column: the width of its widest cell; fit() may reduce it */
	struct libscols_table *table;
};

/* libsmartcols fails only for want of memory. */
static void must(int rc)
{
	if (rc < 0)
		lk_alloc_fail();
}

/* noencoding: cells are sanitized already. Write errors stay in the stream. */
static struct libscols_table *new_table(const struct lk_out *o, bool headings)
{
	struct libscols_table *table = scols_new_table();

	must(table ? scols_table_set_stream(table, o->f) : -1);
	scols_table_enable_noencoding(table, 1);
	scols_table_enable_noheadings(table, !headings);
	scols_table_enable_ascii(table, !o->utf8);
	scols_table_enable_colors(table, o->color);
	/* Only columns with LK_COL_TRUNC or LK_COL_TRUNC_LEFT may be cut, which is done here: the library cuts on the right only. */
	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	return table;
}

static void print_and_free(struct libscols_table *table)
{
	must(scols_print_table(table));
	scols_unref_table(table);
}

static void must_add_column(struct libscols_table *table, const char *name, int flags)
{
	must(scols_table_new_column(table, name, 0, flags) ? 0 : -1);
}

/* The colour says no more than the word does; it only helps to find the row. */
static const char *color_of(const struct lk_column *col, const struct lk_lock *l)
{
	if (!l || !(col->flags & LK_COL_COLORED))
		return NULL;
	if (l->deadlock)
		return COLOR_ALARM;
	if (lk_lock_is_waiting(l))
		return "\033[33m";
	return l->state == LK_STATE_BREAKING ? "\033[35m" : NULL;
}

static void add_row(struct sheet *s, const struct lk_row *row)
{
	struct libscols_line *line = scols_table_new_line(s->table, NULL);
	struct lk_cell cell;

	must(line ? 0 : -1);
	for (size_t c = 0; c < s->cols->n; c++) {
		const char *color = s->out->color ? color_of(s->cols->v[c], row->lock) : NULL;

		lk_cell_make(&s->maker, c, row, &cell);
		must(scols_line_refer_data(line, c, lk_strndup(cell.s, cell.n)));
		if (color)
			must(scols_cell_set_color(scols_line_get_cell(line, c), color));
		if (cell.width > s->widths[c])
			s->widths[c] = cell.width;
	}
}

static bool may_shrink(const struct sheet *s, size_t c)
{
	return s->cols->v[c]->flags & (LK_COL_TRUNC | LK_COL_TRUNC_LEFT) && s->widths[c] > WIDTH_MIN;
}

/* Cuts the cells of column c that are wider than s->widths[c]. */
static void cut_cells(struct sheet *s, size_t c)
{
	struct lk_cell cell;

	for (size_t i = 0; i < s->n; i++) {
		lk_auto_mem char *safe = NULL, *cut = NULL;

		lk_cell_make(&s->maker, c, &s->rows[i], &cell);
		if (cell.width <= s->widths[c])
			continue;
		safe = lk_strndup(cell.s, cell.n - cell.n_note);
		cut = lk_out_cut(s->out, s->cols->v[c], safe, s->widths[c] - cell.n_note);
		must(scols_line_refer_data(scols_table_get_line(s->table, i), c,
					   lk_printf("%s%.*s", cut, (int)cell.n_note, cell.s + cell.n - cell.n_note)));
	}
}

/* Makes the widest column that may be cut narrower, cell by cell, until the rows fit or no column may be cut further. */
static void fit(struct sheet *s)
{
	size_t n = s->cols->n, sum = (n - 1) * SEPARATOR;
	lk_auto_mem size_t *before = lk_alloc(n, sizeof(*before));

	memcpy(before, s->widths, n * sizeof(*before));
	for (size_t c = 0; c < n; c++)
		sum += s->widths[c];
	while (s->out->width && sum > s->out->width) {
		size_t widest = n;

		for (size_t c = 0; c < n; c++) {
			if (may_shrink(s, c) && (widest == n || s->widths[c] > s->widths[widest]))
				widest = c;
		}
		if (widest == n)
			break;
		s->widths[widest]--;
		sum--;
	}
	for (size_t c = 0; c < n; c++) {
		if (s->widths[c] < before[c])
			cut_cells(s, c);
	}
}

/* For a table without rows: its headings still say what was looked for. */
static void print_heading(const struct lk_out *o, const lk_columns *cols)
{
	for (size_t c = 0; c < cols->n; c++)
		fprintf(o->f, "%s%s", c ? " " : "", cols->v[c]->name);
	putc('\n', o->f);
}

/* ---- trees ---- */

#define INDENT 2 /* cells per level */

/* The text of a branch, sanitized, its path cut to fit. Heap. */
static char *branch_text(const struct lk_out *o, const struct lk_out_branch *b, size_t indent)
{
	lk_auto_mem char *before = lk_sanitize_str(b->before, o->utf8);
	lk_auto_mem char *path = lk_sanitize_str(b->path ? b->path : "", o->utf8);
	lk_auto_mem char *after = lk_sanitize_str(b->after ? b->after : "", o->utf8);
	lk_auto_mem char *cut = NULL;
	size_t others = indent + lk_sanitize_width(before, o->utf8) + lk_sanitize_width(after, o->utf8);
	size_t room = others + WIDTH_MIN < o->width ? o->width - others : WIDTH_MIN;

	if (o->width && lk_sanitize_width(path, o->utf8) > room)
		cut = lk_out_cut_path(o, path, room);
	return lk_printf("%s%s%s", before, cut ? cut : path, after);
}

static struct libscols_line *add_branch(const struct lk_out *o, struct libscols_table *table,
					const struct lk_out_branch *b, size_t level, struct libscols_line *parent)
{
	struct libscols_line *line = scols_table_new_line(table, parent);

	must(line ? scols_line_refer_data(line, 0, branch_text(o, b, level * INDENT)) : -1);
	if (b->alarm && o->color)
		must(scols_cell_set_color(scols_line_get_cell(line, 0), COLOR_ALARM));
	return line;
}

void lk_out_tree(const struct lk_out *o, const struct lk_out_branch *lines, size_t n)
{
	lk_auto_mem struct libscols_line **made = lk_alloc(n, sizeof(*made));
	lk_auto_mem size_t *levels = lk_alloc(n, sizeof(*levels));
	struct libscols_table *table;

	if (!n)
		return;
	table = new_table(o, false);
	must_add_column(table, "WHO", SCOLS_FL_TREE);
	for (size_t i = 0; i < n; i++) {
		size_t p = lines[i].parent;

		levels[i] = p == SIZE_MAX ? 0 : levels[p] + 1;
		made[i] = add_branch(o, table, &lines[i], levels[i], p == SIZE_MAX ? NULL : made[p]);
	}
	print_and_free(table);
}

/* ---- tables ---- */

void lk_out_table(const struct lk_out *o, const lk_columns *cols, const struct lk_row *rows, size_t n)
{
	struct sheet s = { .out = o, .cols = cols, .rows = rows, .n = n };

	if (!n) {
		if (o->headings)
			print_heading(o, cols);
		return;
	}
	lk_cell_maker_init(&s.maker, o, cols, false);
	s.table = new_table(o, o->headings);
	s.widths = lk_alloc(cols->n, sizeof(*s.widths));
	for (size_t c = 0; c < cols->n; c++) {
		must_add_column(s.table, cols->v[c]->name, cols->v[c]->flags & LK_COL_RIGHT ? SCOLS_FL_RIGHT : 0);
		s.widths[c] = strlen(cols->v[c]->name);
	}
	for (size_t i = 0; i < n; i++)
		add_row(&s, &rows[i]);
	fit(&s);
	print_and_free(s.table);
	lk_cell_maker_done(&s.maker);
	free(s.widths);
}

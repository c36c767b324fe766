/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables and trees for people. Cells are made safe and cut to fit. libsmartcols prints the trees. Tables look as it would print them, but
 * it keeps every cell and measures each of them several times: 100,000 rows of 12 columns cost it 0.6 s of CPU, and 0.1 s here. */
#include <libsmartcols.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
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
static void sheet_measure(struct sheet *s)
{
	struct lk_cell cell;

	s->widths = lk_alloc(s->cols->n, sizeof(*s->widths));
	for (size_t c = 0; c < s->cols->n; c++)
		s->widths[c] = strlen(s->cols->v[c]->name);
	for (size_t i = 0; i < s->n; i++) {
		for (size_t c = 0; c < s->cols->n; c++) {
			lk_cell_make(&s->maker, c, &s->rows[i], &cell);
			if (cell.width > s->widths[c])
				s->widths[c] = cell.width;
		}
	}
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

/* A cell of column c, and what separates it from the next. The colour of a cell takes in what fills it up; the last column is not
 * filled up behind its text, nor where there is no text at all. */
static void add_cell(struct sheet *s, size_t c, const struct lk_cell *cell, const char *color)
{
	size_t blanks = cell->width < s->widths[c] ? s->widths[c] - cell->width : 0;
	bool right = s->cols->v[c]->flags & LK_COL_RIGHT, last = c + 1 == s->cols->n;

	if (last && (!right || !cell->n))
		blanks = 0;
	if (color)
		lk_buf_puts(&s->text, color);
	lk_buf_fill(&s->text, ' ', right ? blanks : 0);
	lk_buf_add(&s->text, cell->s, cell->n);
	lk_buf_fill(&s->text, ' ', right ? 0 : blanks);
	if (color)
		lk_buf_puts(&s->text, "\033[0m");
	if (last)
		lk_buf_add(&s->text, "\n", 1);
	else
		lk_buf_fill(&s->text, ' ', SEPARATOR);
}

static void add_heading(struct sheet *s)
{
	for (size_t c = 0; c < s->cols->n; c++) {
		const char *name = s->cols->v[c]->name;
		struct lk_cell cell = { name, strlen(name), strlen(name), 0 };

		add_cell(s, c, &cell, NULL);
	}
}

/* A cell that is wider than its column is cut. */
static void add_row_cell(struct sheet *s, size_t c, const struct lk_row *row)
{
	const char *color = s->out->color ? color_of(s->cols->v[c], row->lock) : NULL;
	lk_auto_mem char *safe = NULL, *cut = NULL, *text = NULL;
	struct lk_cell cell;

	lk_cell_make(&s->maker, c, row, &cell);
	if (cell.width > s->widths[c]) {
		safe = lk_strndup(cell.s, cell.n - cell.n_note);
		cut = lk_out_cut(s->out, s->cols->v[c], safe, s->widths[c] - cell.n_note);
		text = lk_printf("%s%.*s", cut, (int)cell.n_note, cell.s + cell.n - cell.n_note);
		cell = (struct lk_cell){ text, strlen(text), lk_sanitize_width(text, s->out->utf8), 0 };
	}
	add_cell(s, c, &cell, color);
}

static void sheet_print(struct sheet *s)
{
	if (s->out->headings)
		add_heading(s);
	for (size_t i = 0; i < s->n; i++) {
		for (size_t c = 0; c < s->cols->n; c++)
			add_row_cell(s, c, &s->rows[i]);
		lk_out_flush(s->out, &s->text, LK_OUT_CHUNK);
	}
	lk_out_flush(s->out, &s->text, 1);
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

/* The line of a branch, made safe and cut to fit. Heap. */
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

/* The library fails for want of memory alone. */
static void must(int rc)
{
	if (rc < 0)
		lk_alloc_fail();
}

static struct libscols_line *add_branch(const struct lk_out *o, struct libscols_table *table,
					const struct lk_out_branch *b, size_t level, struct libscols_line *parent)
{
	struct libscols_line *line = scols_table_new_line(table, parent);

	must(line ? scols_line_refer_data(line, 0, branch_text(o, b, level * INDENT)) : -1);
	if (b->alarm && o->color)
		must(scols_cell_set_color(scols_line_get_cell(line, 0), "\033[1;31m"));
	return line;
}

static struct libscols_table *new_tree(const struct lk_out *o)
{
	struct libscols_table *table = scols_new_table();

	must(table ? scols_table_set_stream(table, o->f) : -1);
	scols_table_enable_noencoding(table, 1);
	scols_table_enable_noheadings(table, 1);
	scols_table_enable_ascii(table, !o->utf8);
	scols_table_enable_colors(table, o->color);
	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	must(scols_table_new_column(table, "WHO", 0, SCOLS_FL_TREE) ? 0 : -1);
	return table;
}

void lk_out_tree(const struct lk_out *o, const struct lk_out_branch *lines, size_t n)
{
	lk_auto_mem struct libscols_line **made = lk_alloc(n, sizeof(*made));
	lk_auto_mem size_t *levels = lk_alloc(n, sizeof(*levels));
	struct libscols_table *table;

	if (!n)
		return;
	table = new_tree(o);
	for (size_t i = 0; i < n; i++) {
		size_t p = lines[i].parent;

		levels[i] = p == SIZE_MAX ? 0 : levels[p] + 1;
		made[i] = add_branch(o, table, &lines[i], levels[i], p == SIZE_MAX ? NULL : made[p]);
	}
	/* Write errors stay in the stream. */
	scols_print_table(table);
	scols_unref_table(table);
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
	sheet_measure(&s);
	sheet_fit(&s);
	sheet_print(&s);
	lk_cell_maker_done(&s.maker);
	lk_vec_done(&s.text);
	free(s.widths);
}

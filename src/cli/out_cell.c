/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes sanitized cells and measures their width. */
#include "cli/out_cell.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sanitize.h"
#include "table/get.h"

struct lk_cell_cache {
	const void *of; /* the file or process it was made from; NULL: it depends on more than that */
	lk_buf safe, noted;
	size_t width;
};

void lk_cell_maker_init(struct lk_cell_maker *m, const struct lk_out *out, const lk_columns *cols, bool raw)
{
	*m = (struct lk_cell_maker){ .out = out, .cols = cols, .raw = raw };
	m->caches = lk_alloc(cols->n, sizeof(*m->caches));
}

void lk_cell_maker_done(struct lk_cell_maker *m)
{
	for (size_t c = 0; c < m->cols->n; c++) {
		lk_vec_done(&m->caches[c].safe);
		lk_vec_done(&m->caches[c].noted);
	}
	free(m->caches);
	lk_vec_done(&m->text);
	lk_vec_done(&m->scratch);
}

static const void *depends_on(const struct lk_column *col, const struct lk_row *row)
{
	if (col->flags & LK_COL_OF_FILE)
		return row->lock->file;
	return col->flags & LK_COL_OF_PROC ? lk_row_proc(row) : NULL;
}

/* A file name may itself end in "(deleted)" or "(replaced)": its parenthesis becomes an escape, to tell it from our note. */
static void mark_false_note(lk_buf *safe, size_t n_note)
{
	static const char escape[] = "\\x28";
	size_t grown = sizeof(escape) - 2, at;

	if (!n_note || n_note > safe->n)
		return;
	lk_vec_reserve(&safe->v, &safe->cap, safe->n, grown, 1);
	at = safe->n - n_note;
	memmove(safe->v + at + grown, safe->v + at, n_note);
	memcpy(safe->v + at, escape, sizeof(escape) - 1);
	safe->n += grown;
}

/* Raw cells are separated by blanks: blanks within a cell become escapes, an empty cell becomes "-", and "-" an escape. */
static void make_raw(struct lk_cell_maker *m, lk_buf *safe)
{
	lk_buf *copy = &m->text;

	if (!safe->n)
		lk_buf_puts(safe, "-");
	else if (safe->n > 1 ? !memchr(safe->v, ' ', safe->n) : safe->v[0] != '-' && safe->v[0] != ' ')
		return;
	else if (safe->n == 1) {
		bool blank = safe->v[0] == ' ';

		safe->n = 0;
		lk_buf_puts(safe, blank ? "\\x20" : "\\x2d");
	} else {
		copy->n = 0;
		lk_buf_add(copy, safe->v, safe->n);
		safe->n = 0;
		for (size_t i = 0; i < copy->n; i++)
			lk_buf_add(safe, copy->v[i] == ' ' ? "\\x20" : &copy->v[i], copy->v[i] == ' ' ? 4 : 1);
	}
}

static void make(struct lk_cell_maker *m, const struct lk_column *col, const struct lk_row *row, lk_buf *safe)
{
	m->text.n = safe->n = 0;
	lk_column_put(col, row, m->out->human, &m->scratch, &m->text);
	lk_sanitize_add(safe, m->text.v, m->text.n, m->out->utf8 && !m->raw);
	if (col->flags & LK_COL_PATH)
		mark_false_note(safe, lk_path_false_note(row));
	if (m->raw)
		make_raw(m, safe);
}

/* Appends the note of the column, if it has one for this row. */
static void add_note(struct lk_cell_maker *m, size_t col, const struct lk_row *row, struct lk_cell *cell)
{
	lk_buf *noted = &m->caches[col].noted, *note = &m->text;

	note->n = 0;
	m->cols->v[col]->note(row, note);
	if (!note->n)
		return;
	noted->n = 0;
	lk_buf_add(noted, cell->s, cell->n);
	lk_buf_add(noted, note->v, note->n);
	*cell = (struct lk_cell){ noted->v, noted->n, cell->width + note->n, note->n };
}

void lk_cell_make(struct lk_cell_maker *m, size_t col, const struct lk_row *row, struct lk_cell *ret)
{
	const struct lk_column *column = m->cols->v[col];
	const void *of = depends_on(column, row);
	struct lk_cell_cache *cache = &m->caches[col];

	if (!of || of != cache->of) {
		make(m, column, row, &cache->safe);
		cache->of = of;
		cache->width = m->raw ? 0 : lk_sanitize_width_n(cache->safe.v, cache->safe.n, m->out->utf8);
	}
	*ret = (struct lk_cell){ cache->safe.v ? cache->safe.v : "", cache->safe.n, cache->width, 0 };
	if (column->note && !m->raw)
		add_note(m, col, row, ret);
}

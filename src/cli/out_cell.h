/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the cells of many rows, one after the other: memory is reused, and a cell that depends on the file or process alone is not made
 * again while that stays the same. */
#ifndef LK_CLI_OUT_CELL_H
#define LK_CLI_OUT_CELL_H

#include "base/buf.h"
#include "cli/out.h"

struct lk_cell {
	const char *s; /* sanitized; borrowed until the next cell of the same column */
	size_t n; /* bytes */
	size_t width; /* cells of a terminal; tables only */
	size_t n_note; /* length of the note at its end, in bytes and in cells; it must not be cut */
};

struct lk_cell_cache;

struct lk_cell_maker {
	const struct lk_out *out;
	const lk_columns *cols;
	bool raw; /* as lk_out_raw() prints them; else as tables do */
	struct lk_cell_cache *caches; /* by column: the cell made last */
	lk_buf text, scratch;
};

/* out and cols are borrowed. Freed by lk_cell_maker_done(). */
void lk_cell_maker_init(struct lk_cell_maker *m, const struct lk_out *out, const lk_columns *cols, bool raw);
void lk_cell_maker_done(struct lk_cell_maker *m);

/* The cell of a row in column number `col`. */
void lk_cell_make(struct lk_cell_maker *m, size_t col, const struct lk_row *row, struct lk_cell *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cells of many rows, one after the other: memory is used again, and what a row shares with the one before is not made anew. */
#ifndef LK_CLI_OUT_CELL_H
#define LK_CLI_OUT_CELL_H

#include "base/vec.h"
#include "cli/out.h"

struct lk_cell {
	const char *s; /* made safe; borrowed until the next cell of the same column */
	size_t n; /* bytes */
	size_t width; /* cells of a terminal; tables only */
	size_t n_note; /* so many of the bytes at its end are a note, as many cells wide, which is not to be cut */
};

struct lk_cell_memo;

struct lk_cell_maker {
	const struct lk_out *out;
	const lk_columns *cols;
	bool raw; /* as lk_out_raw() prints them; else as tables do */
	struct lk_cell_memo *memos; /* by column: the cell made last */
	lk_buf text, scratch;
};

/* out and cols are borrowed. Freed by lk_cell_maker_done(). */
void lk_cell_maker_init(struct lk_cell_maker *m, const struct lk_out *out, const lk_columns *cols, bool raw);
void lk_cell_maker_done(struct lk_cell_maker *m);

/* The cell of a row in column number `col`. */
void lk_cell_make(struct lk_cell_maker *m, size_t col, const struct lk_row *row, struct lk_cell *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The column table: every property of a row, its words, how to get it and how to order it. Help, completion, --filter, --sort and the
 * Locks view of the screen are made from it; the other views of the screen have column tables of their own. */
#ifndef LK_TABLE_COLUMN_H
#define LK_TABLE_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "model/snapshot.h"

struct lk_lockfile;

/* A row of a table: a lock or a request; in tables with a line for each process (`who`) also one of its holders. In the table of lock files
 * (lockfile/columns.h): a lock file. */
struct lk_row {
	const struct lk_snapshot *snap;
	const struct lk_lock *lock; /* NULL in the table of lock files */
	const struct lk_holder *holder; /* NULL: the lock as a whole */
	const struct lk_lockfile *lockfile; /* NULL: it is no row of that table */
};

enum lk_col_type {
	LK_COL_NUMBER, /* int64_t */
	LK_COL_UNSIGNED, /* uint64_t */
	LK_COL_STRING, /* unsanitized bytes from the machine, or from a const table */
	LK_COL_ENUM, /* lower-case word; compared without case */
	LK_COL_RANGE, /* a string for lk_range_parse(); ordered by its first byte, then by its last */
	LK_COL_BOOL,
};

struct lk_value {
	bool known; /* false: unknown or not applicable (JSON null, "-" or empty in tables) */
	int64_t i; /* NUMBER, BOOL; RANGE: the first byte; ENUM: rank, compared before the word is */
	uint64_t u; /* UNSIGNED; RANGE: the last byte */
	const char *s; /* STRING, ENUM, RANGE; borrowed from the snapshot, a const table or `scratch` */
};

enum lk_col_flags {
	LK_COL_RIGHT = 1 << 0, /* right-aligned */
	LK_COL_TRUNC_LEFT = 1 << 1, /* may be cut, on its left */
	LK_COL_TRUNC = 1 << 2, /* may be cut, on its right */
	LK_COL_SIZE = 1 << 3, /* bytes: human-readable unless -b */
	LK_COL_COLORED = 1 << 4, /* a table shows the state of the lock by a colour of this cell */
	LK_COL_NUMBERS = 1 << 5, /* a STRING made of numbers, which are ordered as numbers */
	/* The cell depends on nothing but this, so that rows which have it in common can share the text: */
	LK_COL_OF_FILE = 1 << 6, /* lock->file */
	LK_COL_OF_PROC = 1 << 7, /* lk_row_proc() */
	/* On the screen: */
	LK_COL_SCREEN_RIGHT = 1 << 8, /* right-aligned there only */
	LK_COL_GROW = 1 << 9, /* takes the cells that are left; at most one column of a view */
	LK_COL_DESCENDING = 1 << 10, /* sorted from the greatest down when the user chooses it */
	LK_COL_INITIAL = 1 << 11, /* where the column is narrower than `width`, only the first letter is shown */
	LK_COL_TREE = 1 << 12, /* the branches of a tree are drawn in it; at most one column of a view */
	LK_COL_WHOLE = 1 << 13, /* as wide as its content, up to `width`, rather than cut; implied by LK_COL_RIGHT */
	/* The path of the file: it stays last when columns are added, and its own name may end in what looks like "(deleted)". */
	LK_COL_PATH = 1 << 14,
};

/* What the Locks view of the screen shows instead of the text of the table. */
enum lk_col_screen {
	LK_SCREEN_TEXT, /* the same text */
	LK_SCREEN_MODE, /* "breaking" for a lease that is being broken; the words for the row say to what */
	LK_SCREEN_LETTER, /* one letter for the state */
	LK_SCREEN_COMMAND, /* with the note on the process's state in front, where it is not cut */
	LK_SCREEN_RANGE, /* in the units that were chosen; a long one as START+LENGTH */
	LK_SCREEN_BLOCKER, /* with its name */
	LK_SCREEN_AGE, /* also how long a lock has been held */
	LK_SCREEN_PATH, /* with "(deleted)" or "(replaced)" in front */
};

struct lk_column {
	const char *
		filter_name; /* "pid": the name in --filter, --sort and settings (both names are accepted, in any case) */
	const char *name; /* "PID": the heading */
	const char *help; /* one line */
	int width, min_width; /* cells on the screen */
	int priority; /* on a narrow screen the column with the highest number goes first */
	unsigned flags; /* LK_COL_* flags */
	enum lk_col_type type;
	enum lk_col_screen screen;
	const char *unknown; /* what the screen shows when the value is not known; NULL: nothing */
	unsigned needs; /* LK_NEED_* */
	const char *const *words; /* ENUM: all possible words, NULL at the end; NULL for other types */
	/* scratch: memory for values that have to be made; cleared by the caller before each call. NULL: the view of the screen makes the
	 * value itself. */
	struct lk_value (*get)(const struct lk_row *row, lk_buf *scratch);
	/* Appends the text of the cell, where it says more than the value. NULL: the value itself is shown. */
	void (*text)(const struct lk_row *row, bool human, lk_buf *out);
	/* Appends a note such as " +1" that follows the cell in output for people and is never cut; ASCII words of our own. Appends
	 * nothing where there is nothing to say. Output for scripts has no notes. NULL: the column never has one. */
	void (*note)(const struct lk_row *row, lk_buf *out);
};

/* Every list of columns ends with one that has no name. */
size_t lk_column_count(const struct lk_column *columns);
/* By name or filter name, any case; NULL when there is none. */
const struct lk_column *lk_column_named(const struct lk_column *columns, const char *name, size_t n);

/* The columns of the screen's Locks view: the letter of the state, then the columns of `list`. */
#define LK_COLUMNS_MAX 64 /* no list of columns is longer */
extern const struct lk_column lk_column_screen[];

/* The columns of `list`: a list like others. */
extern const struct lk_column *const lk_column_list;
const struct lk_column *lk_column_table(size_t *ret_n);
/* As lk_column_named(), among the columns of `list`. */
const struct lk_column *lk_column_find(const char *name, size_t n);
/* The command that lists them, for messages: "list -H", or "-H" of the verb itself. */
const char *lk_columns_lister(const struct lk_column *columns);
/* The nearest name, for "did you mean"; NULL when none is near. */
const char *lk_column_suggest(const struct lk_column *columns, const char *name, size_t n);

typedef LK_VEC(const struct lk_column *) lk_columns;

/* The columns are those of the list `columns`. "PID,PATH" replaces *cols, "+PID,PATH" adds to it. 0; or -EINVAL with *cols unchanged and a sentence that names the unknown column and
 * may suggest another. */
int lk_columns_parse(lk_columns *cols, const struct lk_column *columns, const char *list, struct lk_err *err);
/* Whether each name in such a list is one of these columns. 0, or -EINVAL with the same sentence. */
int lk_columns_check(const struct lk_column *columns, const char *list, struct lk_err *err);
/* A terminal of fewer cells is narrow. */
#define LK_COLUMNS_WIDE 120
/* The default set of `list` or `who` for a width in cells (0: no terminal). */
void lk_columns_default(lk_columns *cols, bool who, size_t width);
void lk_columns_all(lk_columns *cols, const struct lk_column *columns);
bool lk_columns_has(const lk_columns *cols, const char *name);
unsigned lk_columns_needs(const lk_columns *cols);

/* Appends a cell for people, with its note, not yet sanitized; nothing when unknown. human: sizes as 1.2M, times as 3m12s. */
void lk_column_text(const struct lk_column *col, const struct lk_row *row, bool human, lk_buf *out);

/* The same without the note. scratch: a buffer of the caller, reused from row to row. */
void lk_column_put(const struct lk_column *col, const struct lk_row *row, bool human, lk_buf *scratch, lk_buf *out);

/* Orders two known values of that column. */
int lk_value_compare(const struct lk_column *col, const struct lk_value *a, const struct lk_value *b);

#endif

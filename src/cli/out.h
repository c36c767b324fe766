/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows on standard output, for people and for scripts. JSON: out_json.h. */
#ifndef LK_CLI_OUT_H
#define LK_CLI_OUT_H

#include <stdio.h>

#include "base/buf.h"
#include "cli/option.h"
#include "table/column.h"

struct lk_out {
	FILE *f;
	bool headings;
	bool human; /* sizes as 1.2M */
	bool nul; /* lines end with NUL; not for tables */
	bool color;
	bool utf8;
	size_t width; /* cells to fit the table into; 0: do not cut */
};

/* Sets up *o as the command line asks, for standard output. */
void lk_out_init(struct lk_out *o, const struct lk_cli *cli);

/* The width in cells of the terminal that standard output is; 0 when it is no terminal. */
size_t lk_out_terminal_width(void);

/* The columns to print: -o, --output-all, -N or the default set; who: that of `who`, else that of `list`. 0, or the exit status after the
 * error was printed. */
enum lk_status lk_out_columns(const struct lk_cli *cli, bool who, lk_columns *ret);
/* Likewise, with the default set given as a list of names. */
enum lk_status lk_out_columns_from(const struct lk_cli *cli, const char *defaults, lk_columns *ret);
/* For people: unless -o replaces the default set, adds HOW if a row is not exact, and SHARED if a row is for one of several holders of a
 * lock. */
void lk_out_show_wanted(const struct lk_cli *cli, lk_columns *cols, const struct lk_row *rows, size_t n);
/* The same for MEANING, if the bytes of a row have one. On a narrow terminal MEANING may take the place of other columns. */
void lk_out_show_meaning(const struct lk_cli *cli, lk_columns *cols, const struct lk_row *rows, size_t n);

/* Write errors stay in the stream (ferror(3)). */
void lk_out_table(const struct lk_out *o, const lk_columns *cols, const struct lk_row *rows, size_t n);

/* A line of a tree: `before`, `path`, `after`, not sanitized. */
struct lk_out_branch {
	size_t parent; /* index of an earlier line; SIZE_MAX: none */
	char *before;
	char *path; /* NULL: none; cut on its left if the line is too long */
	char *after; /* NULL: none */
	bool alarm; /* printed in the colour of an alarm */
};

/* Only paths are cut to fit the width; lines may be longer than it. ASCII where the locale is not UTF-8. */
void lk_out_tree(const struct lk_out *o, const struct lk_out_branch *lines, size_t n);
/* One line a row, cells separated by one blank. In a cell, a blank and every byte that is not printable ASCII is \xNN, and a backslash is
 * \\; an empty cell is "-", and a cell that is "-" is \x2d. The same in every locale. */
void lk_out_raw(const struct lk_out *o, const lk_columns *cols, const struct lk_row *rows, size_t n);
/* Prints the pids of holders, sorted, each once. Says on standard error for how many locks the holder is not proven or not known. */
void lk_out_pids(const struct lk_out *o, const struct lk_row *rows, size_t n);

/* Once text has `least` bytes or more, writes and empties it. Write errors stay in the stream. */
#define LK_OUT_CHUNK ((size_t)64 * 1024)
void lk_out_flush(const struct lk_out *o, lk_buf *text, size_t least);

/* A cell of a table, sanitized. Heap. */
char *lk_out_cell(const struct lk_out *o, const struct lk_column *col, const struct lk_row *row);
/* Cuts a sanitized cell to the width, on the side its column says. Heap. */
char *lk_out_cut(const struct lk_out *o, const struct lk_column *col, const char *cell, size_t cells);
/* Cuts a sanitized path on its left, but never into its file name, even if that is wider than `cells`. Heap. */
char *lk_out_cut_path(const struct lk_out *o, const char *path, size_t cells);
/* Prints s, sanitized. */
void lk_out_puts(const struct lk_out *o, const char *s);

#endif

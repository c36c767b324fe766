/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows on standard output, for people and for scripts. JSON: out_json.h. */
#ifndef LK_CLI_OUT_H
#define LK_CLI_OUT_H

#include <stdio.h>

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

/* As the command line wants it, for standard output. */
void lk_out_init(struct lk_out *o, const struct lk_cli *cli);

/* The width of the terminal that standard output is, in cells; 0 when it is none. */
size_t lk_out_terminal_width(void);

/* The columns to print: -o, --output-all, -N or the default set. 0, or a status after it was said what is wrong. */
enum lk_status lk_out_columns(const struct lk_cli *cli, bool who, lk_columns *ret);
/* Likewise, with the default set given as a list of names. */
enum lk_status lk_out_columns_from(const struct lk_cli *cli, const char *defaults, lk_columns *ret);
/* For people: a default set gets HOW when one of the rows is not exact, and SHARED when rows of several holders are of one lock. */
void lk_out_show_wanted(const struct lk_cli *cli, lk_columns *cols, const struct lk_row *rows, size_t n);
/* The same for MEANING, where the bytes of a row have one. */
void lk_out_show_meaning(const struct lk_cli *cli, lk_columns *cols, const struct lk_row *rows, size_t n);

/* Write errors stay in the stream. */
void lk_out_table(const struct lk_out *o, const lk_columns *cols, const struct lk_row *rows, size_t n);

/* A line of a tree: `before`, `path`, `after`, as bytes of the machine. */
struct lk_out_branch {
	size_t parent; /* index of an earlier line; SIZE_MAX: none */
	char *before;
	char *path; /* NULL: none; cut on its left where the line is too long */
	char *after; /* NULL: none */
	bool alarm; /* to be seen first */
};

/* Lines in any width: only paths are cut. ASCII where the locale is not UTF-8. */
void lk_out_tree(const struct lk_out *o, const struct lk_out_branch *lines, size_t n);
/* One line a row, cells separated by one blank: bytes other than printable ASCII, and blanks, are \xNN, a backslash is \\,
 * nothing is "-" (and a cell that is "-" is \x2d). The same in every locale. */
void lk_out_raw(const struct lk_out *o, const lk_columns *cols, const struct lk_row *rows, size_t n);
/* The pids of holders, sorted, each once. Says on standard error where one is not proven. */
void lk_out_pids(const struct lk_out *o, const struct lk_row *rows, size_t n);

/* Writes text that was collected, once it is as long as `least`, and empties it. Write errors stay in the stream. */
#define LK_OUT_CHUNK ((size_t)64 * 1024)
void lk_out_flush(const struct lk_out *o, lk_buf *text, size_t least);

/* A cell of a table: made safe, heap. */
char *lk_out_cell(const struct lk_out *o, const struct lk_column *col, const struct lk_row *row);
/* Cuts a safe cell to the width, on the side its column says. Heap. */
char *lk_out_cut(const struct lk_out *o, const struct lk_column *col, const char *cell, size_t cells);
/* Cuts a safe path on its left, but never into its file name, even if that is wider than `cells`. As above. */
char *lk_out_cut_path(const struct lk_out *o, const char *path, size_t cells);
/* Prints bytes of the machine, made safe. */
void lk_out_puts(const struct lk_out *o, const char *s);

#endif

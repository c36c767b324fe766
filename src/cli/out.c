/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all output on standard output shares: width, columns, cells, raw rows and pids. */
#include "cli/out.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/ints.h"
#include "base/sanitize.h"
#include "base/text.h"
#include "cli/out_cell.h"
#include "table/meaning.h"

size_t lk_out_terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t width;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	if (columns && lk_text_u64(columns, strlen(columns), 10, &width) == 0 && width > 0 && width < 10000)
		return width;
	return 80;
}

static bool wants_color(enum lk_color color)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (color != LK_COLOR_AUTO)
		return color == LK_COLOR_ALWAYS;
	if (no_color && no_color[0])
		return false;
	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

void lk_out_init(struct lk_out *o, const struct lk_cli *cli)
{
	*o = (struct lk_out){
		.f = stdout,
		.headings = !cli->no_headings,
		.human = !cli->bytes,
		.nul = cli->nul,
		.color = wants_color(cli->color),
		.utf8 = lk_sanitize_locale_is_utf8(),
		.width = cli->no_truncate ? 0 : lk_out_terminal_width(),
	};
}

/* -N: shows the column UID in place of USER. */
static void use_numbers(lk_columns *cols)
{
	const struct lk_column *uid = lk_column_find("UID", 3);

	for (size_t i = 0; i < cols->n; i++) {
		if (strcmp(cols->v[i]->name, "USER") == 0)
			cols->v[i] = uid;
	}
}

/* Changes *ret, which has the default set, as the options ask. */
static enum lk_status choose_columns(const struct lk_cli *cli, lk_columns *ret)
{
	struct lk_err err = { 0 };
	enum lk_status status = 0;

	if (cli->all_columns)
		lk_columns_all(ret, lk_verb_columns(cli->verb));
	if (cli->columns && lk_columns_parse(ret, lk_verb_columns(cli->verb), cli->columns, &err) < 0)
		status = lk_cli_misuse(cli->verb, "%s", lk_err_text(&err));
	if (cli->numeric)
		use_numbers(ret);
	lk_err_done(&err);
	return status;
}

enum lk_status lk_out_columns(const struct lk_cli *cli, bool who, lk_columns *ret)
{
	lk_columns_default(ret, who, cli->format == LK_FORMAT_RAW ? 0 : lk_out_terminal_width());
	if (who && cli->recursive && !lk_columns_has(ret, "PATH"))
		lk_columns_parse(ret, lk_column_list, "+PATH", NULL);
	return choose_columns(cli, ret);
}

enum lk_status lk_out_columns_from(const struct lk_cli *cli, const char *defaults, lk_columns *ret)
{
	lk_columns_parse(ret, lk_verb_columns(cli->verb), defaults, NULL);
	return choose_columns(cli, ret);
}

static bool has_doubt(const struct lk_row *row)
{
	return row->lock->how != LK_HOW_EXACT;
}

static bool is_shared(const struct lk_row *row)
{
	return row->holder && row->lock->n_holders > 1;
}

/* Adds the column; a path stays last if it was. */
static void add_column(lk_columns *cols, const char *name)
{
	const struct lk_column *last = cols->n ? cols->v[cols->n - 1] : NULL;

	lk_columns_parse(cols, lk_column_list, name, NULL);
	if (last && last->flags & LK_COL_PATH) {
		cols->v[cols->n - 2] = cols->v[cols->n - 1];
		cols->v[cols->n - 1] = last;
	}
}

static bool has_meaning(const struct lk_row *row)
{
	lk_buf text = { 0 };
	bool known;

	lk_meaning_text(row->snap, row->lock, &text);
	known = text.n;
	lk_vec_done(&text);
	return known;
}

static void show(lk_columns *cols, const char *name, bool (*wants)(const struct lk_row *row), const struct lk_row *rows,
		 size_t n)
{
	bool wanted = false;

	if (lk_columns_has(cols, name + 1))
		return;
	for (size_t i = 0; i < n && !wanted; i++)
		wanted = wants(&rows[i]);
	if (wanted)
		add_column(cols, name);
}

static void drop_column(lk_columns *cols, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < cols->n; i++) {
		if (strcmp(cols->v[i]->name, name) != 0)
			cols->v[n++] = cols->v[i];
	}
	cols->n = n;
}

/* On a narrow terminal MEANING takes the place of columns that say less. HOW goes only if every row is exact. */
static void make_room(lk_columns *cols, const struct lk_row *rows, size_t n)
{
	bool doubt = false;

	for (size_t i = 0; i < n && !doubt; i++)
		doubt = has_doubt(&rows[i]);
	drop_column(cols, "USER");
	drop_column(cols, "FD");
	if (!doubt)
		drop_column(cols, "HOW");
}

void lk_out_show_meaning(const struct lk_cli *cli, lk_columns *cols, const struct lk_row *rows, size_t n)
{
	size_t width = lk_out_terminal_width(), before = cols->n;

	if (cli->columns && cli->columns[0] != '+')
		return;
	show(cols, "+MEANING", has_meaning, rows, n);
	if (cols->n > before && !cli->columns && width > 0 && width < LK_COLUMNS_WIDE)
		make_room(cols, rows, n);
}

void lk_out_show_wanted(const struct lk_cli *cli, lk_columns *cols, const struct lk_row *rows, size_t n)
{
	if (cli->verb->columns)
		return;
	if (cli->columns && cli->columns[0] != '+')
		return;
	show(cols, "+HOW", has_doubt, rows, n);
	show(cols, "+SHARED", is_shared, rows, n);
}

char *lk_out_cell(const struct lk_out *o, const struct lk_column *col, const struct lk_row *row)
{
	const struct lk_column *one[] = { col };
	const lk_columns cols = { one, 1, 1 };
	struct lk_cell_maker m;
	struct lk_cell cell;
	char *copy;

	lk_cell_maker_init(&m, o, &cols, false);
	lk_cell_make(&m, 0, row, &cell);
	copy = lk_strndup(cell.s, cell.n);
	lk_cell_maker_done(&m);
	return copy;
}

/* The length in bytes of one character or escape at s; *ret_cells: its width in cells. */
static size_t unit(const char *s, size_t n, bool utf8, size_t *ret_cells)
{
	size_t len = 1;
	uint32_t cp;
	int width;

	*ret_cells = 1;
	if (s[0] == '\\' && n > 1)
		len = s[1] == 'x' && n >= 4 ? 4 : 2;
	if (len > 1 || !utf8) {
		*ret_cells = len;
		return len;
	}
	len = lk_text_utf8(s, n, &cp);
	width = len ? wcwidth((wchar_t)cp) : 1;
	*ret_cells = width < 0 ? 1 : (size_t)width;
	return len ? len : 1;
}

static char *cut_right(const char *safe, size_t cells, bool utf8)
{
	size_t n = strlen(safe), i = 0, sum = 0, len, width;

	if (lk_sanitize_width(safe, utf8) <= cells)
		return lk_strdup(safe);
	while (i < n) {
		len = unit(safe + i, n - i, utf8, &width);
		if (sum + width + 1 > cells)
			break;
		sum += width;
		i += len;
	}
	return lk_printf("%.*s~", (int)i, safe);
}

char *lk_out_cut_path(const struct lk_out *o, const char *path, size_t cells)
{
	const char *slash = path[0] == '/' ? strrchr(path, '/') : NULL;
	/* The name of the file is never cut. */
	size_t least = lk_sanitize_width(slash ? slash : path, o->utf8) + strlen(LK_SANITIZE_CUT_ASCII);

	return lk_sanitize_cut_left(path, cells > least ? cells : least, o->utf8, LK_SANITIZE_CUT_ASCII);
}

char *lk_out_cut(const struct lk_out *o, const struct lk_column *col, const char *cell, size_t cells)
{
	if (col->flags & LK_COL_TRUNC_LEFT)
		return lk_out_cut_path(o, cell, cells);
	return cut_right(cell, cells, o->utf8);
}

void lk_out_puts(const struct lk_out *o, const char *s)
{
	lk_auto_mem char *safe = lk_sanitize_str(s, o->utf8);

	fputs(safe, o->f);
}

static void end_line(const struct lk_out *o)
{
	putc(o->nul ? '\0' : '\n', o->f);
}

static void add_raw_line(struct lk_cell_maker *m, const struct lk_row *row, lk_buf *lines)
{
	struct lk_cell cell;

	for (size_t c = 0; c < m->cols->n; c++) {
		lk_cell_make(m, c, row, &cell);
		if (c)
			lk_buf_add(lines, " ", 1);
		lk_buf_add(lines, cell.s, cell.n);
	}
	lk_buf_add(lines, m->out->nul ? "" : "\n", 1);
}

void lk_out_raw(const struct lk_out *o, const lk_columns *cols, const struct lk_row *rows, size_t n)
{
	struct lk_cell_maker m;
	lk_buf lines = { 0 };

	lk_cell_maker_init(&m, o, cols, true);
	for (size_t c = 0; o->headings && c < cols->n; c++)
		fprintf(o->f, "%s%s", c ? " " : "", cols->v[c]->name);
	if (o->headings)
		end_line(o);
	for (size_t i = 0; i < n; i++) {
		add_raw_line(&m, &rows[i], &lines);
		lk_out_flush(o, &lines, i + 1 < n ? LK_OUT_CHUNK : 1);
	}
	lk_cell_maker_done(&m);
	lk_vec_done(&lines);
}

void lk_out_flush(const struct lk_out *o, lk_buf *text, size_t least)
{
	if (text->n < least)
		return;
	fwrite(text->v, 1, text->n, o->f);
	text->n = 0;
}

/* Adds to *ret_doubt the locks whose holder is only recorded, and to *ret_nameless those whose holder is not known. */
static void add_holders(lk_ints *list, const struct lk_lock *l, size_t *ret_doubt, size_t *ret_nameless)
{
	for (size_t i = 0; i < l->n_holders; i++)
		*lk_vec_push(list) = l->holders[i].pid;
	if (l->n_holders || lk_lock_is_waiting(l))
		return;
	if (l->how != LK_HOW_RECORDED || l->pid <= 0) {
		++*ret_nameless;
		return;
	}
	++*ret_doubt;
	*lk_vec_push(list) = l->pid;
}

void lk_out_pids(const struct lk_out *o, const struct lk_row *rows, size_t n)
{
	size_t doubt = 0, nameless = 0;
	lk_ints list = { 0 };

	for (size_t i = 0; i < n; i++)
		add_holders(&list, rows[i].lock, &doubt, &nameless);
	lk_ints_sort(&list);
	for (size_t i = 0; i < list.n; i++) {
		fprintf(o->f, "%d", list.v[i]);
		end_line(o);
	}
	lk_vec_done(&list);
	if (doubt)
		lk_say("of %zu %s only the number that the kernel recorded is known; that process need not hold it",
		       doubt, doubt == 1 ? "lock" : "locks");
	if (nameless)
		lk_say("the holder of %zu %s is not known", nameless, nameless == 1 ? "lock" : "locks");
}

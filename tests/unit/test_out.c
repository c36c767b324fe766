/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables and raw output of random cells. */
#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/out_cell.h"

enum { N_COLS = 4, MAX_ROWS = 40 };

/* What a cell can be made of: plain text, blanks, wide and combining characters, what has to be escaped. */
static const char *const parts[] = {
	"a",         "Zz",           " ",    "-",          "\\",   "\n",          "\xc3\xa9",
	"e\xcc\x81", "\xe6\xbc\xa2", "\xff", "0123456789", "/srv", "\xe2\x80\xae"
};
static const enum lk_state states[] = { LK_STATE_HELD, LK_STATE_WAITING, LK_STATE_BREAKING };

static char cells[MAX_ROWS][N_COLS][256];
static struct lk_lock locks[MAX_ROWS];
static struct lk_row rows[MAX_ROWS];
static struct lk_column columns[N_COLS];
static uint64_t dice_state;

static unsigned dice(unsigned n)
{
	dice_state = dice_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(dice_state >> 33) % n;
}

#define GET(i) \
	static struct lk_value get_##i(const struct lk_row *row, lk_buf *scratch) \
	{ \
		(void)scratch; \
		return (struct lk_value){ .known = true, .s = cells[row->lock->index][i] }; \
	}
GET(0)
GET(1)
GET(2)
GET(3)

static size_t make_world(uint64_t seed, lk_columns *cols)
{
	static struct lk_value (*const getters[])(const struct lk_row *, lk_buf *) = { get_0, get_1, get_2, get_3 };
	static const char *const names[] = { "A", "STATE", "COLUMN", "LONGER NAME" };
	size_t n;

	dice_state = seed;
	n = 1 + dice(MAX_ROWS);
	cols->n = 0;
	for (unsigned c = 0, n_cols = 1 + dice(N_COLS); c < n_cols; c++) {
		columns[c] = (struct lk_column){ .name = names[c], .type = LK_COL_STRING, .get = getters[c] };
		columns[c].flags = dice(2) ? LK_COL_RIGHT : 0;
		*lk_vec_push(cols) = &columns[c];
	}
	for (size_t i = 0; i < n; i++) {
		locks[i] = (struct lk_lock){ .index = (uint32_t)i, .state = states[dice(3)], .deadlock = dice(5) == 0 };
		rows[i] = (struct lk_row){ .lock = &locks[i] };
		for (size_t c = 0; c < N_COLS; c++) {
			size_t at = 0;

			cells[i][c][0] = '\0';
			for (unsigned k = dice(4); k; k--)
				at += (size_t)snprintf(cells[i][c] + at, sizeof(cells[i][c]) - at, "%s",
						       parts[dice(sizeof(parts) / sizeof(*parts))]);
		}
	}
	return n;
}

/* Without blanks and colours: what stands between cells is the library's own business, and has changed. */
static void add_without_layout(lk_buf *text, const char *s)
{
	while (*s) {
		if (*s == '\033')
			s = strchr(s, 'm') + 1;
		else if (*s++ != ' ')
			lk_buf_add(text, s - 1, 1);
	}
}

static void check_table(uint64_t seed, bool utf8)
{
	lk_auto_mem char *printed = NULL;
	struct lk_out o = { .utf8 = utf8 };
	lk_columns cols = { 0 };
	lk_buf expected = { 0 }, got = { 0 };
	size_t n_printed, n = make_world(seed, &cols);

	o.color = dice(2);
	o.headings = dice(4);
	o.f = open_memstream(&printed, &n_printed);
	lk_out_table(&o, &cols, rows, n);
	fclose(o.f);
	for (size_t c = 0; o.headings && c < cols.n; c++)
		add_without_layout(&expected, cols.v[c]->name);
	lk_buf_puts(&expected, o.headings ? "\n" : "");
	for (size_t i = 0; i < n; i++) {
		for (size_t c = 0; c < cols.n; c++) {
			lk_auto_mem char *cell = lk_out_cell(&o, cols.v[c], &rows[i]);

			add_without_layout(&expected, cell);
		}
		lk_buf_puts(&expected, "\n");
	}
	add_without_layout(&got, printed);
	cr_assert_str_eq(lk_buf_str(&got), lk_buf_str(&expected), "seed %llu", (unsigned long long)seed);
	lk_vec_done(&expected);
	lk_vec_done(&got);
	lk_vec_done(&cols);
}

Test(out, tables_have_every_cell_in_its_place)
{
	for (uint64_t seed = 1; seed <= 2000; seed++)
		check_table(seed, false);
}

Test(out, tables_have_them_in_utf8_too)
{
	if (!setlocale(LC_ALL, "C.UTF-8"))
		cr_skip("there is no locale C.UTF-8 here");
	for (uint64_t seed = 1; seed <= 2000; seed++)
		check_table(seed, true);
}

/* What lk_out_raw() promises, cell by cell. */
static void add_raw(lk_buf *text, const char *safe)
{
	if (!*safe || strcmp(safe, "-") == 0) {
		lk_buf_puts(text, *safe ? "\\x2d" : "-");
		return;
	}
	for (; *safe; safe++) {
		if (*safe == ' ')
			lk_buf_puts(text, "\\x20");
		else
			lk_buf_add(text, safe, 1);
	}
}

static void add_raw_rows(lk_buf *text, const lk_columns *cols, size_t n)
{
	struct lk_out ascii = { .utf8 = false };

	for (size_t i = 0; i < n; i++) {
		for (size_t c = 0; c < cols->n; c++) {
			lk_auto_mem char *safe = lk_out_cell(&ascii, cols->v[c], &rows[i]);

			lk_buf_puts(text, c ? " " : "");
			add_raw(text, safe);
		}
		lk_buf_puts(text, "\n");
	}
}

Test(out, raw_lines_split_on_blanks)
{
	struct lk_out o = { .utf8 = true };

	for (uint64_t seed = 1; seed <= 500; seed++) {
		lk_auto_mem char *ours = NULL;
		lk_columns cols = { 0 };
		lk_buf expected = { 0 };
		size_t n_ours, n = make_world(seed, &cols);

		add_raw_rows(&expected, &cols, n);
		o.f = open_memstream(&ours, &n_ours);
		lk_out_raw(&o, &cols, rows, n);
		fclose(o.f);
		cr_assert_str_eq(ours, lk_buf_str(&expected), "seed %llu", (unsigned long long)seed);
		lk_vec_done(&cols);
		lk_vec_done(&expected);
	}
}

/* A cell that is kept from row to row must not outlive what it was made for. */
Test(out, cells_follow_their_file_and_process)
{
	static const struct lk_file a = { .path = "/a", .size = 1 },
				    b = { .path = "/b (deleted)", .size = 2, .deleted = LK_NO };
	static const struct lk_proc p = { .pid = 1, .comm = "one" }, q = { .pid = 2, .comm = "two" };
	static const struct lk_lock made[] = {
		{ .file = &a, .proc = &p, .pid = 1 }, { .file = &a, .proc = &q, .pid = 2 },
		{ .file = &b, .proc = &q, .pid = 2 }, { .file = &b, .pid = 3 },
		{ .file = &a, .proc = &p, .pid = 1 },
	};
	lk_auto_mem char *text = NULL;
	lk_columns cols = { 0 };
	struct lk_row five[5];
	struct lk_out o = { 0 };
	size_t n;

	for (size_t i = 0; i < 5; i++)
		five[i] = (struct lk_row){ .lock = &made[i] };
	cr_assert_eq(lk_columns_parse(&cols, lk_column_list, "COMMAND,SIZE,PATH", NULL), 0);
	o.f = open_memstream(&text, &n);
	lk_out_table(&o, &cols, five, 5);
	fclose(o.f);
	cr_assert_str_eq(text, "one        1 /a\n"
			       "two        1 /a\n"
			       "two        2 /b \\x28deleted)\n"
			       "           2 /b \\x28deleted)\n"
			       "one        1 /a\n");
	lk_vec_done(&cols);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "rows.h"
#include "table/get.h"
#include "table/sort.h"

/* The cell as text; checked against `want`. */
static void cell(size_t at, const char *name, bool human, const char *want)
{
	const struct lk_column *col = lk_column_find(name, strlen(name));
	struct lk_row row = row_at(at);
	lk_buf out = { 0 };

	cr_assert(col, "no column %s", name);
	lk_column_text(col, &row, human, &out);
	cr_assert(lk_buf_str(&out));
	cr_expect_str_eq(out.v, want, "%s of row %zu is '%s', not '%s'", name, at, out.v, want);
	lk_vec_done(&out);
}

Test(column, names_are_unique_and_found_in_any_case)
{
	size_t n;
	const struct lk_column *table = lk_column_table(&n);

	cr_assert_gt(n, 30);
	for (size_t i = 0; i < n; i++) {
		cr_expect_eq(lk_column_find(table[i].name, strlen(table[i].name)), &table[i], "%s", table[i].name);
		cr_expect_eq(lk_column_find(table[i].filter_name, strlen(table[i].filter_name)), &table[i], "%s",
			     table[i].filter_name);
		cr_expect(table[i].help && table[i].help[0] && table[i].get, "%s", table[i].name);
		cr_expect_eq(table[i].type == LK_COL_ENUM, table[i].words != NULL, "%s", table[i].name);
	}
	cr_expect_eq(lk_column_find("pId", 3), lk_column_find("PID", 3));
	cr_expect_null(lk_column_find("PI", 2));
	cr_expect_null(lk_column_find("", 0));
}

Test(column, every_column_of_every_row_has_a_cell)
{
	size_t n;
	const struct lk_column *table = lk_column_table(&n);

	for (size_t i = 0; i < n * N_ROWS; i++) {
		struct lk_row row = row_at(i % N_ROWS);
		lk_buf out = { 0 };

		lk_column_text(&table[i / N_ROWS], &row, true, &out);
		lk_vec_done(&out);
	}
}

Test(column, cells_of_a_held_lock)
{
	cell(ROW_OFD, "ID", true, "0000000000000abc");
	cell(ROW_OFD, "STATE", true, "held");
	cell(ROW_OFD, "TYPE", true, "OFD");
	cell(ROW_OFD, "MODE", true, "READ");
	cell(ROW_OFD, "PID", true, "100");
	cell(ROW_OFD, "TID", true, "");
	cell(ROW_OFD, "FD", true, "4");
	cell(ROW_OFD, "COMMAND", true, "alpha +1");
	cell(ROW_OFD, "USER", true, "root");
	cell(ROW_OFD, "RANGE", true, "100-199");
	cell(ROW_OFD, "START", true, "100");
	cell(ROW_OFD, "END", true, "199");
	cell(ROW_OFD, "LENGTH", true, "100");
	cell(ROW_OFD, "SIZE", true, "1.5K");
	cell(ROW_OFD, "SIZE", false, "1536");
	cell(ROW_OFD, "INODE", true, "11");
	cell(ROW_OFD, "DEV", true, "fe:00");
	cell(ROW_OFD, "MAJ:MIN", true, "254:0");
	cell(ROW_OFD, "KEY", true, "fe:00:11");
	cell(ROW_OFD, "PATH", true, "/srv/app.db");
	cell(ROW_OFD, "DELETED", true, "no");
	cell(ROW_OFD, "HOLDERS", true, "100:4,200/201:5");
	cell(ROW_OFD, "NHOLDERS", true, "2");
	cell(ROW_OFD, "SHARED", true, "200/201:5");
	cell(ROW_OFD, "HOW", true, "exact");
	cell(ROW_OFD, "BLOCKER", true, "");
	cell(ROW_OFD, "UNIT", true, "alpha.service");
	cell(ROW_OFD, "M", true, "0");
	cell(ROW_OFD, "AGE", true, "");
}

Test(column, cells_of_a_waiter_and_its_blocker)
{
	cell(ROW_FLOCK, "FD", true, "0");
	cell(ROW_FLOCK, "COMMAND", true, "gamma");
	cell(ROW_FLOCK, "NHOLDERS", true, "1");
	cell(ROW_FLOCK, "SHARED", true, "");
	cell(ROW_FLOCK, "RANGE", true, "whole");
	cell(ROW_FLOCK, "END", true, "EOF");
	cell(ROW_FLOCK, "LENGTH", true, "EOF");
	cell(ROW_FLOCK, "SIZE", true, "");
	cell(ROW_FLOCK, "INODE", true, "9223372036854775940");
	cell(ROW_FLOCK, "DEV", true, "00:2f");
	cell(ROW_FLOCK, "MAJ:MIN", true, "0:47");
	cell(ROW_FLOCK, "PATH", true, "/run/x (deleted)");
	cell(ROW_FLOCK, "BLOCKS", true, "200");
	cell(ROW_WAITER, "STATE", true, "waiting");
	cell(ROW_WAITER, "PID", true, "200");
	cell(ROW_WAITER, "TID", true, "202");
	cell(ROW_WAITER, "FD", true, "");
	cell(ROW_WAITER, "USER", true, "1000");
	cell(ROW_WAITER, "UID", true, "1000");
	cell(ROW_WAITER, "BLOCKER", true, "300 +2");
	cell(ROW_WAITER, "BLOCKEDBY", true, "100,200,300");
	cell(ROW_WAITER, "HOLDERS", true, "");
	cell(ROW_WAITER, "NHOLDERS", true, "");
	cell(ROW_WAITER, "SHARED", true, "");
	cell(ROW_WAITER, "AGE", true, "3m12s");
	cell(ROW_WAITER, "AGE", false, "192");
}

Test(column, cells_of_what_is_not_known)
{
	cell(ROW_STRANGE, "PID", true, "");
	cell(ROW_STRANGE, "COMMAND", true, "");
	cell(ROW_STRANGE, "USER", true, "");
	cell(ROW_STRANGE, "TYPE", true, "ACCESS");
	cell(ROW_STRANGE, "MODE", true, "UNLOCK");
	cell(ROW_STRANGE, "RANGE", true, "4096-");
	cell(ROW_STRANGE, "SIZE", true, "0B");
	cell(ROW_STRANGE, "DELETED", true, "");
	cell(ROW_STRANGE, "M", true, "1");
	cell(ROW_STRANGE, "PATH", true, "?:77 on /mnt");
	cell(ROW_STRANGE, "WHY", true, "unreadable: a process could not be read; mapped: it may only be mapped");
}

Test(column, a_row_for_one_holder)
{
	const struct lk_column *pid = lk_column_find("PID", 3), *tid = lk_column_find("TID", 3);
	struct lk_row row = { .lock = &locks[ROW_OFD], .holder = &ofd_holders[1] };
	lk_buf scratch = { 0 };

	cr_expect_eq(pid->get(&row, &scratch).i, 200);
	cr_expect_eq(tid->get(&row, &scratch).i, 201);
	/* Each of them has a row: nobody is left out. */
	lk_note_holders(&row, &scratch);
	cr_expect_eq(scratch.n, 0);
	cr_expect_str_eq(lk_column_find("SHARED", 6)->get(&row, &scratch).s, "100:4");
	lk_vec_done(&scratch);
}

Test(column, many_who_share_a_lock_are_counted)
{
	struct lk_holder holders[6];
	struct lk_lock lock = { .holders = holders, .n_holders = 6 };
	struct lk_row row = { .lock = &lock, .holder = &holders[1] };
	lk_buf scratch = { 0 };

	for (int i = 0; i < 6; i++)
		holders[i] = (struct lk_holder){ .pid = 10 + i / 2, .fd = i, .proc = &procs[0] };
	cr_expect_str_eq(lk_column_find("SHARED", 6)->get(&row, &scratch).s, "10:0,11:2,11:3,+2");
	cr_expect_eq(lk_column_find("NHOLDERS", 8)->get(&row, &scratch).i, 3);
	lk_vec_done(&scratch);
}

static void size_is(int64_t bytes, const char *want)
{
	struct lk_file file = { .size = bytes };
	struct lk_lock lock = { .file = &file };
	struct lk_row row = { .lock = &lock };
	lk_buf out = { 0 };

	lk_column_text(lk_column_find("SIZE", 4), &row, true, &out);
	cr_assert(lk_buf_str(&out));
	cr_expect_str_eq(out.v, want, "%lld is '%s', not '%s'", (long long)bytes, out.v, want);
	lk_vec_done(&out);
}

Test(column, sizes_for_people)
{
	size_is(0, "0B");
	size_is(1023, "1023B");
	size_is(1024, "1K");
	size_is(1075, "1K");
	size_is(1076, "1.1K");
	size_is(1024 * 1024 - 1, "1024K");
	size_is(5 * INT64_C(1073741824), "5G");
	size_is(INT64_MAX, "8E");
}

Test(columns, a_list_replaces_and_plus_adds)
{
	struct lk_err err = { 0 };
	lk_columns cols = { 0 };

	lk_columns_default(&cols, false, 80);
	cr_expect_str_eq(cols.v[cols.n - 1]->name, "PATH");
	cr_expect_eq(cols.n, 7);
	cr_expect(!lk_columns_has(&cols, "KEY"));
	cr_assert_eq(lk_columns_parse(&cols, lk_column_list, "+key,Maj:Min", &err), 0);
	cr_expect_eq(cols.n, 9);
	cr_expect(lk_columns_has(&cols, "KEY"));
	cr_assert_eq(lk_columns_parse(&cols, lk_column_list, "pid,cmdline", &err), 0);
	cr_expect_eq(cols.n, 2);
	cr_expect_eq(lk_columns_needs(&cols), LK_NEED_CMDLINE);
	lk_vec_done(&cols);
}

static void refused(const char *list, const char *words)
{
	struct lk_err err = { 0 };
	lk_columns cols = { 0 };

	lk_columns_default(&cols, false, 0);
	size_t n = cols.n;
	cr_expect_eq(lk_columns_parse(&cols, lk_column_list, list, &err), -EINVAL, "'%s' was accepted", list);
	cr_expect_eq(cols.n, n, "a refused list changed the columns");
	cr_expect(strstr(lk_err_text(&err), words), "'%s' says '%s'", list, lk_err_text(&err));
	lk_err_done(&err);
	lk_vec_done(&cols);
}

Test(columns, a_bad_name_is_quoted_and_the_nearest_is_named)
{
	refused("PID,COMAND", "\"COMAND\"; did you mean COMMAND");
	refused("+inod", "did you mean INODE");
	refused("zzzzzz", "\"zzzzzz\"; list -H lists them");
	refused("", "empty name");
	refused("PID,,FD", "empty name");
	refused("PID,", "empty name");
}

Test(columns, wide_and_narrow_defaults)
{
	lk_columns narrow = { 0 }, wide = { 0 }, none = { 0 };

	lk_columns_default(&narrow, false, 119);
	lk_columns_default(&wide, false, 120);
	lk_columns_default(&none, false, 0);
	cr_expect_lt(narrow.n, wide.n);
	cr_expect_eq(none.n, wide.n);
	cr_expect(lk_columns_has(&wide, "HOW"));
	lk_vec_done(&narrow);
	lk_vec_done(&wide);
	lk_vec_done(&none);
}

/* The order of the rows, as their indexes: "2031". */
static void sorted(const char *by, const char *want)
{
	struct lk_row rows[N_ROWS];
	char got[N_ROWS + 1] = "";
	struct lk_err err = { 0 };
	struct lk_sort sort;

	for (size_t i = 0; i < N_ROWS; i++)
		rows[i] = row_at(i);
	cr_assert_eq(lk_sort_parse(by, lk_column_list, &sort, &err), 0, "%s", lk_err_text(&err));
	lk_sort_rows(&sort, rows, N_ROWS);
	for (size_t i = 0; i < N_ROWS; i++)
		got[i] = (char)('0' + rows[i].lock->index);
	cr_expect_str_eq(got, want, "by %s: %s, not %s", by, got, want);
}

Test(sort, numbers_are_numbers_and_unknown_is_last)
{
	sorted("PID", "0213");
	sorted("-PID", "1203");
	sorted("inode", "0312");
	sorted("-inode", "1230");
	sorted("START", "1203");
	sorted("path", "1203");
	sorted("state", "1203");
	sorted("range", "1203");
	sorted("-range", "3012");
	sorted("size", "3012");
}

Test(sort, unknown_column)
{
	struct lk_err err = { 0 };
	struct lk_sort sort;

	cr_expect_eq(lk_sort_parse("-pidd", lk_column_list, &sort, &err), -EINVAL);
	cr_expect(strstr(lk_err_text(&err), "did you mean PID"), "%s", lk_err_text(&err));
	lk_err_done(&err);
}

static void state_is(const struct lk_lock *l, const struct lk_holder *holder, const char *want)
{
	struct lk_row row = { .lock = l, .holder = holder };
	lk_buf out = { 0 };

	lk_column_text(lk_column_find("STATE", 5), &row, true, &out);
	cr_assert(lk_buf_str(&out));
	cr_expect_str_eq(out.v, want);
	lk_vec_done(&out);
}

Test(column, who_cannot_go_on_stands_behind_the_state)
{
	struct lk_proc p[] = { { .pid = 1, .state = 'S' }, { .pid = 2, .state = 'T' }, { .pid = 3, .state = 'T' } };
	struct lk_holder h[] = { { .pid = 1, .fd = 3, .proc = &p[0] },
				 { .pid = 2, .fd = 3, .proc = &p[1] },
				 { .pid = 2, .fd = 4, .proc = &p[1] },
				 { .pid = 3, .fd = 3, .proc = &p[2] } };
	struct lk_lock l = { .holders = h, .n_holders = 1, .pid = 1, .proc = &p[0] };

	state_is(&l, NULL, "held");
	l.n_holders = 4;
	state_is(&l, NULL, "held (2 of 3 stopped)");
	state_is(&l, &h[0], "held");
	state_is(&l, &h[3], "held (stopped)");
	p[0].state = 'Z';
	state_is(&l, NULL, "held (1 of 3 zombie)");
	l = (struct lk_lock){ .pid = 2, .proc = &p[1] };
	state_is(&l, NULL, "held (stopped)");
	l = (struct lk_lock){ .state = LK_STATE_STOPPED_WAITING, .waiter = &h[1], .pid = 2, .proc = &p[1] };
	state_is(&l, NULL, "stopped_waiting");
	p[1].state = 't';
	state_is(&l, NULL, "stopped_waiting (traced)");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of lock files. */
#include <criterion/criterion.h>
#include <string.h>

#include "lockfile/columns.h"
#include "table/filter.h"
#include "table/sort.h"

static char because_1[] = "it is gone", because_2[] = "nobody has it open";
static char *sentences[] = { because_1, because_2 };
static const struct lk_fact_file file = { .path = "/run/x.pid" };
static const struct lk_snapshot snap = { .host = { .time_unix_ms = 100000 } };

static struct lk_lockfile stale(void)
{
	struct lk_lockfile l = { .kind = lk_lockfile_find("/run/x.pid", LK_LOCKFILE_FILE), .file = &file };

	l.evidence.facts = (struct lk_lockfile_facts){ .mtime_ms = 10000, .uid = 0, .owner = { .pid = 7 } };
	l.verdict.verdict = LK_VERDICT_STALE;
	l.verdict.because.v = sentences;
	l.verdict.because.n = 2;
	return l;
}

static void check_cell(const struct lk_row *row, const char *column, const char *want)
{
	const struct lk_column *col = lk_column_named(lk_lockfile_columns, column, strlen(column));
	lk_buf out = { 0 };

	cr_assert_not_null(col, "%s", column);
	lk_column_text(col, row, true, &out);
	cr_expect_str_eq(lk_buf_str(&out), want, "%s: %s", column, lk_buf_str(&out));
	lk_vec_done(&out);
}

Test(lockfile_columns, cells)
{
	struct lk_lockfile l = stale();
	struct lk_row row = { .snap = &snap, .lockfile = &l };

	check_cell(&row, "VERDICT", "stale");
	check_cell(&row, "PID", "7");
	check_cell(&row, "COMMAND", "");
	check_cell(&row, "HOST", "");
	check_cell(&row, "USEDBY", "");
	check_cell(&row, "UID", "0");
	check_cell(&row, "AGE", "1m30s");
	check_cell(&row, "WHY", "it is gone; nobody has it open");
	check_cell(&row, "PATH", "/run/x.pid");
	l.evidence.facts.open = LK_YES;
	l.evidence.facts.open_pid = 8;
	l.evidence.facts.open_comm = "cat";
	check_cell(&row, "USEDBY", "8 (cat)");
	l.evidence.facts.kernel_lock = LK_YES;
	l.evidence.facts.lock_pid = 9;
	check_cell(&row, "USEDBY", "9");
	l.evidence.facts.mtime_ms = 200000;
	check_cell(&row, "AGE", "0s");
	l.evidence.facts.mtime_ms = 0;
	check_cell(&row, "AGE", "");
}

Test(lockfile_columns, filter_and_sort)
{
	struct lk_lockfile l = stale();
	struct lk_row row = { .snap = &snap, .lockfile = &l };
	struct lk_filter *f = NULL;
	struct lk_sort sort = { 0 };
	struct lk_err err = { 0 };

	cr_assert_eq(lk_filter_parse("verdict == stale && age > 60 && path =~ x", lk_lockfile_columns, &f, &err), 0);
	cr_expect(lk_filter_match(f, &row));
	l.verdict.verdict = LK_VERDICT_LIVE;
	cr_expect_not(lk_filter_match(f, &row));
	lk_filter_free(f);
	cr_expect_eq(lk_filter_parse("state == held", lk_lockfile_columns, &f, &err), -EINVAL, "a column of list");
	cr_expect_eq(lk_filter_parse("verdict == dead", lk_lockfile_columns, &f, NULL), -EINVAL, "no verdict");
	cr_expect_eq(lk_sort_parse("-verdict", lk_lockfile_columns, &sort, NULL), 0);
	cr_expect_str_eq(sort.column->name, "VERDICT");
	lk_err_done(&err);
}

Test(lockfile_columns, the_default_exists)
{
	lk_columns cols = { 0 };

	cr_expect_eq(lk_columns_parse(&cols, lk_lockfile_columns, lk_lockfile_columns_default, NULL), 0);
	lk_vec_done(&cols);
}

Test(lockfile_columns, every_kind_has_words)
{
	size_t n;
	const struct lk_lockfile_kind *kinds = lk_lockfile_kinds(&n);

	for (size_t i = 0; i < n; i++) {
		cr_expect(kinds[i].word && kinds[i].maker && kinds[i].names, "%zu", i);
		cr_expect_not_null(lk_lockfile_object_words(kinds[i].object), "%s", kinds[i].word);
		cr_expect_not_null(lk_lockfile_means_words(kinds[i].means), "%s", kinds[i].word);
		cr_expect_not_null(lk_owner_form_words(kinds[i].owner), "%s", kinds[i].word);
		cr_expect(!kinds[i].keep || kinds[i].advice, "%s", kinds[i].word);
	}
}

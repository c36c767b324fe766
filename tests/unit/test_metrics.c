/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What monitoring gets: counts, and the text of the series. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/out_metrics.h"

static const struct lk_file files[] = {
	{ .index = 0, .path = "/srv/a.db" },
	{ .index = 1, .path = "/srv/deep/b.db" },
	{ .index = 2, .path = "/tmp/x\"y\\z\n\xff" },
	{ .index = 3 },
};

#define HELD(which, ...) \
	{ \
		.file = &files[which], .state = LK_STATE_HELD, .how = LK_HOW_EXACT, .wait_ms = -1, \
		.rec = { .type = LK_TYPE_FLOCK, .mode = LK_MODE_WRITE }, __VA_ARGS__ \
	}
#define WAITS(which, who, ms) \
	{ \
		.file = &files[which], .state = LK_STATE_WAITING, .pid = (who), .wait_ms = (ms), \
		.rec = {.type = LK_TYPE_POSIX, \
			.mode = LK_MODE_READ } \
	}

static struct lk_lock rows[] = {
	HELD(0, .n_blocks = 3),
	WAITS(0, 40, 1500),
	WAITS(0, 40, -1),
	WAITS(0, 0, 7250),
	HELD(1, .n_blocks = 1),
	WAITS(1, 41, 60000),
	HELD(2),
	WAITS(2, 42, 10),
	{ .file = &files[3],
	  .state = LK_STATE_HELD,
	  .how = LK_HOW_RECORDED,
	  .rec = { .type = LK_TYPE_FLOCK, .mode = LK_MODE_WRITE } },
	WAITS(3, 43, 90000),
	{ .file = &files[1],
	  .state = LK_STATE_BREAKING,
	  .how = LK_HOW_EXACT,
	  .rec = { .type = LK_TYPE_LEASE, .mode = LK_MODE_UNKNOWN } },
};

static struct lk_snapshot snap = {
	.host = { .scanner = "bpf", .time_unix_ms = 1700000000500 },
	.end = { .n_unreadable = 2, .scan_ms = 12.4 },
	.locks = rows,
	.n_locks = sizeof(rows) / sizeof(*rows),
	.files = (struct lk_file *)files,
	.n_files = sizeof(files) / sizeof(*files),
	.n_deadlocks = 1,
};

/* The text between two newlines that begins with this name and labels: what stands behind them. To be freed. */
static char *value_of(const char *text, const char *series)
{
	size_t n = strlen(series);

	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (strncmp(line, series, n) == 0 && line[n] == ' ')
			return strndup(line + n + 1, strcspn(line + n + 1, "\n"));
	}
	return NULL;
}

static void expect(const char *text, const char *series, const char *value)
{
	char *is = value_of(text, series);

	cr_expect(is && strcmp(is, value) == 0, "%s is %s, not %s, in\n%s", series, is ? is : "missing", value, text);
	free(is);
}

static char *print(const struct lk_snapshot *s, const char *const *patterns, size_t n_patterns, size_t n_top)
{
	struct lk_metrics m;
	lk_buf b = { 0 };

	lk_metrics_count(s, patterns, n_patterns, n_top, &m);
	lk_out_metrics(&b, &m, s, n_top > 0);
	lk_metrics_done(&m);
	lk_buf_str(&b);
	return b.v;
}

Test(metrics, counts)
{
	char *text = print(&snap, NULL, 0, 0);

	expect(text, "lockscope_locks{type=\"flock\",mode=\"write\",state=\"held\"}", "4");
	expect(text, "lockscope_locks{type=\"posix\",mode=\"read\",state=\"waiting\"}", "6");
	expect(text, "lockscope_locks{type=\"lease\",mode=\"unknown\",state=\"breaking\"}", "1");
	expect(text, "lockscope_locks{type=\"ofd\",mode=\"read\",state=\"held\"}", "0");
	expect(text, "lockscope_waiting_processes", "5");
	expect(text, "lockscope_oldest_wait_seconds", "90");
	expect(text, "lockscope_blocking_max", "3");
	expect(text, "lockscope_deadlocks", "1");
	expect(text, "lockscope_unproven_holders", "1");
	expect(text, "lockscope_unreadable_processes", "2");
	expect(text, "lockscope_scan_complete", "0");
	expect(text, "lockscope_scan_duration_seconds", "0.012");
	expect(text, "lockscope_scan_timestamp_seconds", "1700000000.5");
	cr_expect_null(strstr(text, "path="));
	cr_expect_null(strstr(text, "top_truncated"));
	free(text);
}

Test(metrics, nothing_is_locked)
{
	struct lk_snapshot empty = { .host = { .scanner = "procfs" }, .complete = true };
	char *text = print(&empty, NULL, 0, 3);

	expect(text, "lockscope_locks{type=\"flock\",mode=\"write\",state=\"held\"}", "0");
	expect(text, "lockscope_oldest_wait_seconds", "0");
	expect(text, "lockscope_scan_complete", "1");
	expect(text, "lockscope_top_truncated", "0");
	cr_expect_null(strstr(text, "type=\"unknown\""));
	free(text);
}

Test(metrics, watched_files)
{
	static const char *const patterns[] = { "/srv/*", "/nothing", "/srv/*" };
	char *text = print(&snap, patterns, 3, 0);
	const char *first;

	expect(text, "lockscope_file_held{path=\"/srv/*\"}", "3");
	expect(text, "lockscope_file_waiting{path=\"/srv/*\"}", "4");
	expect(text, "lockscope_file_oldest_wait_seconds{path=\"/srv/*\"}", "60");
	expect(text, "lockscope_file_held{path=\"/nothing\"}", "0");
	first = strstr(text, "lockscope_file_held{path=\"/srv/*\"}");
	cr_expect_null(strstr(first + 1, "lockscope_file_held{path=\"/srv/*\"}"), "a series stands there twice");
	free(text);
}

Test(metrics, top)
{
	static const char *const patterns[] = { "/srv/deep/b.db" };
	char *text = print(&snap, NULL, 0, 2);

	expect(text, "lockscope_file_waiting{path=\"/srv/deep/b.db\"}", "1");
	expect(text, "lockscope_file_oldest_wait_seconds{path=\"/srv/a.db\"}", "7.25");
	expect(text, "lockscope_top_truncated", "1");
	cr_expect_null(strstr(text, "/tmp/"));
	free(text);
	text = print(&snap, patterns, 1, 2);
	expect(text, "lockscope_top_truncated", "0");
	expect(text, "lockscope_file_waiting{path=\"/tmp/x\\\"y\\\\\\\\z\\\\x0a\\\\xff\"}", "1");
	free(text);
}

/* In any locale, an escape or a character is never split. */
Test(metrics, long_path)
{
	struct lk_file file = { .index = 0 };
	struct lk_lock row = WAITS(0, 40, 1000);
	struct lk_snapshot s = { .locks = &row, .n_locks = 1, .files = &file, .n_files = 1 };
	static const char begin[] = "lockscope_file_waiting{path=\"/";
	char path[1000], *text, *label;

	memset(path, '\n', sizeof(path));
	path[0] = '/';
	path[999] = '\0';
	file.path = path;
	row.file = &file;
	text = print(&s, NULL, 0, 1);
	label = strstr(text, begin);
	cr_assert_not_null(label);
	label += strlen(begin);
	for (int i = 0; i < 24; i++, label += 5)
		cr_assert_eq(strncmp(label, "\\\\x0a", 5), 0, "%s", label);
	cr_expect_eq(strncmp(label, "...\\\\x0a", 8), 0, "%s", label);
	label += 3;
	for (int i = 0; i < 25; i++, label += 5)
		cr_assert_eq(strncmp(label, "\\\\x0a", 5), 0, "%s", label);
	cr_expect_eq(strncmp(label, "\"} 1\n", 5), 0, "%s", label);
	free(text);
}

/* Where the middle that is left out is all that differs. */
Test(metrics, same_label)
{
	struct lk_file two[2] = { { .index = 0 }, { .index = 1 } };
	struct lk_lock pair[2] = { WAITS(0, 40, 1000), WAITS(0, 41, 2000) };
	struct lk_snapshot s = { .locks = pair, .n_locks = 2, .files = two, .n_files = 2 };
	char paths[2][400], *text, *first;

	for (int i = 0; i < 2; i++) {
		memset(paths[i], 'a', sizeof(paths[i]));
		paths[i][0] = '/';
		paths[i][200] = (char)('0' + i);
		paths[i][399] = '\0';
		two[i].path = paths[i];
		pair[i].file = &two[i];
	}
	text = print(&s, NULL, 0, 5);
	first = strstr(text, "lockscope_file_waiting{");
	cr_assert_not_null(first);
	cr_expect_null(strstr(first + 1, "lockscope_file_waiting{"));
	free(text);
}

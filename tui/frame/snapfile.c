/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the look on the screen to a file. */
#include "tui/frame/snapfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/sanitize.h"
#include "cli/out.h"
#include "cli/out_json.h"

struct task {
	const struct lk_frame *frame; /* held */
	char *path; /* owned */
	struct lk_err err;
	int rc;
};

static bool is_text(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && strcmp(path + n - 4, ".txt") == 0;
}

/* As `lockscope list` prints it where lines are not cut. */
static void put_text(const struct lk_snapshot *snap, FILE *f)
{
	struct lk_out o = { .f = f, .headings = true, .human = true, .utf8 = lk_sanitize_locale_is_utf8() };
	lk_auto_mem struct lk_row *rows = lk_alloc(snap->n_locks, sizeof(*rows));
	const struct lk_cli no_options = { 0 };
	lk_columns cols = { 0 };

	lk_columns_default(&cols, false, 0);
	for (size_t i = 0; i < snap->n_locks; i++)
		rows[i] = (struct lk_row){ .snap = snap, .lock = &snap->locks[i] };
	lk_out_show_wanted(&no_options, &cols, rows, snap->n_locks);
	lk_out_table(&o, &cols, rows, snap->n_locks);
	lk_vec_done(&cols);
}

static int put_json(const struct lk_snapshot *snap, FILE *f)
{
	struct lk_out_json_options o = { 0 };
	lk_auto_mem const struct lk_lock **rows = lk_alloc(snap->n_locks, sizeof(*rows));

	for (size_t i = 0; i < snap->n_locks; i++)
		rows[i] = &snap->locks[i];
	return lk_out_json(f, snap, rows, snap->n_locks, NULL, &o);
}

static int fill(const struct lk_io_atomic *file, const struct lk_snapshot *snap, bool text)
{
	FILE *f = lk_io_atomic_stream(file);
	int rc = 0;

	if (!f)
		return -errno;
	if (text)
		put_text(snap, f);
	else
		rc = put_json(snap, f);
	if (fclose(f) != 0 && !rc)
		rc = -errno;
	return rc;
}

static void work(void *arg)
{
	struct task *task = arg;
	struct lk_io_atomic file;

	/* Checked first, to save the work. lk_io_atomic_commit_new() replaces no file that appears meanwhile. */
	if (faccessat(AT_FDCWD, task->path, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		task->rc = lk_err_set(&task->err, -EEXIST, "%s is there already, and stays as it is", task->path);
		return;
	}
	task->rc = lk_io_atomic_begin(&file, task->path, &task->err);
	if (task->rc < 0)
		return;
	task->rc = fill(&file, task->frame->snap, is_text(task->path));
	if (task->rc == 0) {
		task->rc = lk_io_atomic_commit_new(&file, &task->err);
		return;
	}
	lk_err_set(&task->err, task->rc, "cannot write %s: %s", task->path, strerror(-task->rc));
	lk_io_atomic_abort(&file);
}

static void task_free(struct task *task)
{
	lk_frame_drop(task->frame);
	lk_err_done(&task->err);
	free(task->path);
	free(task);
}

static void done(struct lk_tui *t, void *arg)
{
	struct task *task = arg;

	if (task->rc < 0)
		lk_tui_say(t, LK_STYLE_ALARM, "Nothing was written: %s.", lk_err_text(&task->err));
	else
		lk_tui_say(t, LK_STYLE_GOOD, "%zu rows were written to %s.", task->frame->snap->n_locks, task->path);
	task_free(task);
}

/* Replaces "~/" by $HOME. Caller frees. */
static char *expand(const char *path)
{
	const char *home = secure_getenv("HOME");

	return strncmp(path, "~/", 2) != 0 || !home || home[0] != '/' ? lk_strdup(path)
								      : lk_printf("%s%s", home, path + 1);
}

unsigned lk_snapfile_write(struct lk_tui *t, const char *path)
{
	struct task *task;
	int rc;

	if (!t->frame || !t->frame->snap)
		return 0;
	task = lk_alloc(1, sizeof(*task));
	task->frame = lk_frame_hold(t->frame);
	task->path = expand(path);
	rc = t->host.start(t->host.arg, work, done, task);
	if (rc == 0)
		return LK_DIRTY_PAINT;
	lk_tui_say(t, LK_STYLE_ALARM, "Nothing was written: %s.", strerror(-rc));
	task_free(task);
	return LK_DIRTY_PAINT;
}

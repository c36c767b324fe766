/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Lock files view: files that are locks by what they are, and whether who made them is alive. The search is made off the input path, only
 * while the view is shown, and again after a while. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "lockfile/columns.h"
#include "table/get.h"
#include "tui/core/app.h"

#define PAUSE_MS 30000 /* from the begin of one search to the next one's, at least */
#define SHARE 10 /* searches may use 1 / SHARE of the time */

/* What the view knows of its searches. */
struct own {
	bool searching;
	bool wanted; /* the next search begins at once */
};

/* One search. */
struct search {
	struct lk_tui_host host;
	struct lk_found *found; /* NULL: the machine could not be opened */
	struct lk_err err;
};

static const struct lk_lockfile *lockfile_of(const struct lk_item *it)
{
	return &it->frame->found->all.v.v[it->index];
}

static struct lk_row row_of(const struct lk_item *it)
{
	return (struct lk_row){ .snap = it->frame->snap, .lockfile = lockfile_of(it) };
}

/* ---- the search ---- */

static void work(void *arg)
{
	struct search *s = arg;
	struct lk_source *source = NULL;

	if (s->host.open_source(s->host.arg, &source, &s->err) == 0)
		s->found = lk_found_make(source);
}

static void finished(struct lk_tui *t, void *arg)
{
	struct search *s = arg;
	struct own *own = t->views[LK_VIEW_LOCKFILES].own;

	own->searching = false;
	if (s->found) {
		lk_found_drop(t->found);
		t->found = s->found;
		/* The next frame shows it. */
		if (t->host.look)
			t->host.look(t->host.arg);
	} else {
		lk_tui_say(t, LK_STYLE_ALARM, "%s.", lk_err_text(&s->err));
	}
	lk_err_done(&s->err);
	free(s);
}

static bool is_time(const struct lk_tui *t, const struct own *own)
{
	int64_t pause;

	if (!t->found || own->wanted)
		return true;
	pause = t->found->took_ms * SHARE > PAUSE_MS ? t->found->took_ms * SHARE : PAUSE_MS;
	return t->now_ms - t->found->began_ms >= pause;
}

static void tend(struct lk_tui *t, struct lk_view *v)
{
	struct own *own = v->own;
	struct search *s;

	if (!t->frame || !t->frame->snap->host.live || t->paused || own->searching || !t->host.start ||
	    !is_time(t, own))
		return;
	s = lk_alloc(1, sizeof(*s));
	s->host = t->host;
	own->wanted = false;
	own->searching = t->host.start(t->host.arg, work, finished, s) == 0;
	if (!own->searching)
		free(s);
}

/* The key that looks again also searches again. */
static unsigned command(struct lk_tui *t, struct lk_view *v, const struct lk_command *cmd)
{
	(void)t;
	if (cmd->run == lk_do_refresh || cmd->run == lk_do_redraw)
		((struct own *)v->own)->wanted = true;
	return LK_DIRTY_NOT_MINE;
}

static void init(struct lk_view *v)
{
	v->own = lk_alloc(1, sizeof(struct own));
}

static void done(struct lk_view *v)
{
	free(v->own);
}

/* ---- rows ---- */

static void fill(const void *view, const struct lk_frame *f, bool tree, lk_items *ret)
{
	(void)view;
	(void)tree;
	for (size_t i = 0; f->found && i < f->found->all.v.n; i++) {
		const struct lk_lockfile *l = &f->found->all.v.v[i];

		if (l->kind)
			*lk_vec_push(ret) = (struct lk_item){
				.id = lk_hash_fnv(LK_HASH_FNV, l->file->path, strlen(l->file->path)) | 1,
				.frame = f,
				.index = i
			};
	}
}

static struct lk_value value(const void *view, const struct lk_item *it, size_t column, lk_buf *scratch)
{
	struct lk_row row = row_of(it);

	(void)view;
	return lk_lockfile_columns[column].get(&row, scratch);
}

static bool cell(const struct lk_tui *t, const struct lk_item *it, size_t column, lk_buf *out, enum lk_style *ret_style)
{
	const struct lk_column *col = &lk_lockfile_columns[column];
	struct lk_row row = row_of(it);
	lk_buf scratch = { 0 };

	(void)t;
	if (col->get(&row, &scratch).known && row.lockfile->verdict.verdict == LK_VERDICT_STALE && !column)
		*ret_style = LK_STYLE_ALARM;
	scratch.n = 0;
	lk_column_put(col, &row, true, &scratch, out);
	lk_vec_done(&scratch);
	return true;
}

static bool match(const void *view, const struct lk_item *it, const struct lk_filter *f)
{
	struct lk_row row = row_of(it);

	(void)view;
	return lk_filter_match(f, &row);
}

static int pid(const void *view, const struct lk_item *it)
{
	(void)view;
	return lockfile_of(it)->evidence.facts.owner.pid;
}

static size_t shown(const struct lk_tui *t, size_t ret[LK_COLUMNS_MAX])
{
	lk_columns cols = { 0 };
	size_t n = 0;

	(void)t;
	lk_columns_parse(&cols, lk_lockfile_columns, lk_lockfile_columns_default, NULL);
	for (; n < cols.n; n++)
		ret[n] = (size_t)(cols.v[n] - lk_lockfile_columns);
	lk_vec_done(&cols);
	return n;
}

/* ---- what commands ask ---- */

/* The file as the frame has it, if there is a lock on it: then that is shown, too. */
static const struct lk_file *file_of(const struct lk_item *it)
{
	const struct lk_snapshot *s = it->frame->snap;
	const struct lk_fact_file *file = lockfile_of(it)->file;

	for (size_t i = 0; i < s->n_files; i++) {
		struct lk_lock any = { .file = &s->files[i] };

		if (s->files[i].path && strcmp(s->files[i].path, file->path) == 0 &&
		    lk_lock_is_on(&any, file) == LK_YES)
			return &s->files[i];
	}
	return &it->frame->found->files[it->index];
}

static void subject(const struct lk_tui *t, const struct lk_item *it, struct lk_subject *ret)
{
	(void)t;
	ret->frame = it->frame;
	ret->file = file_of(it);
}

static void describe(const struct lk_tui *t, const struct lk_item *it, lk_buf *out)
{
	const struct lk_lockfile *l = lockfile_of(it);

	(void)t;
	lk_buf_printf(out, "%s of %s, %s: %s", lk_lockfile_noun(l->kind), l->kind->maker,
		      lk_verdict_words(l->verdict.verdict),
		      l->verdict.because.n ? l->verdict.because.v[0] : "nothing more is known");
}

static void put_gaps(const struct lk_lockfiles *all, lk_buf *out)
{
	for (unsigned b = 0; b < LK_N_BOUNDS; b++) {
		if (all->search.bounds & 1u << b)
			lk_buf_printf(out, "\n%s", lk_search_bound_words(b));
	}
	if (all->search.unread.n)
		lk_buf_printf(out, "\n%zu not readable", all->search.unread.n);
}

static void title_words(const struct lk_tui *t, const struct lk_view *v, lk_buf *out)
{
	const struct own *own = v->own;
	char ago[LK_AGO_TEXT];

	if (t->frame && !t->frame->snap->host.live)
		lk_buf_puts(out, "not searched: this is not the live machine");
	else if (own->searching)
		lk_buf_puts(out, "searching ...");
	else if (t->found && t->found->failure.code)
		lk_buf_printf(out, "%s", lk_err_text(&t->found->failure));
	else if (t->found)
		lk_buf_printf(out, "searched %s ago", lk_tui_ago(t, t->found->began_ms, ago));
	if (t->found)
		put_gaps(&t->found->all, out);
}

const struct lk_view_ops lk_view_lockfiles = {
	.id = LK_VIEW_LOCKFILES,
	.title = "Lockfile",
	.nothing = "No lock file is known: none was found, or the search is not over.",
	.help = "Files that are locks by what they are: git's index.lock, pid files, swap files of vim, links of browsers. Whether who made "
		"them is alive, stale ones being proven to be so. They are searched in the usual places while this view is shown, and "
		"again every half minute; r searches at once.",
	.sort_column = SIZE_MAX,
	.list = { .columns = lk_lockfile_columns,
		  .filter_columns = lk_lockfile_columns,
		  .fill = fill,
		  .value = value,
		  .words = lk_table_words,
		  .match = match,
		  .pid = pid },
	.init = init,
	.done = done,
	.tend = tend,
	.command = command,
	.cell = cell,
	.subject = subject,
	.label = lk_view_flat_label,
	.describe = describe,
	.title_words = title_words,
	.shown = shown,
};

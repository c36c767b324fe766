/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every lock and every request; grouped by file as a tree. */
#include "tui/view_locks.h"

#include <errno.h>
#include <string.h>

#include "base/map.h"
#include "tui/words.h"

/* In fewer cells a sentence would lose what matters. */
#define BRIEF_W 70

/* ---- rows ---- */

static const struct lk_lock *lock_of(const struct lk_item *it)
{
	return &it->frame->snap->locks[it->index];
}

/* Of a file's row `index` is the file. */
const struct lk_file *lk_locks_group(const struct lk_item *it)
{
	return it->sub ? &it->frame->snap->files[it->index] : NULL;
}

static struct lk_item *add_item(lk_items *ret, const struct lk_frame *f, uint64_t id, size_t index)
{
	struct lk_item *it = lk_vec_push(ret);

	if (it)
		*it = (struct lk_item){ .id = id ? id : 1, .frame = f, .index = index };
	return it;
}

/* Rows that share an id are told apart by their order. counts: how often each was met. */
static int id_of(const struct lk_lock *l, struct lk_map *counts, uint64_t *ret)
{
	size_t n = 0;

	*ret = l->id;
	if (!l->id_shared)
		return 0;
	lk_map_find(counts, &l->id, sizeof(l->id), &n);
	if (n)
		*ret = lk_hash(l->id, &n, sizeof(n));
	return lk_map_set(counts, &l->id, sizeof(l->id), n + 1);
}

static int add_lock(const struct lk_frame *f, const struct lk_lock *l, uint64_t parent, struct lk_map *counts,
		    lk_items *ret)
{
	struct lk_item *it;
	uint64_t id;

	if (id_of(l, counts, &id) < 0)
		return -ENOMEM;
	it = add_item(ret, f, id, l->index);
	if (!it)
		return -ENOMEM;
	it->parent = parent;
	if (lk_lock_is_waiting(l))
		it->flags |= LK_ITEM_WAITING | LK_ITEM_CONTENDED;
	if (l->n_blocks || l->deadlock)
		it->flags |= LK_ITEM_CONTENDED;
	return 0;
}

uint64_t lk_locks_file_id(const struct lk_file *file)
{
	uint64_t h = lk_hash(LK_HASH_INIT, &file->key.major, sizeof(file->key.major));

	h = lk_hash(h, &file->key.minor, sizeof(file->key.minor));
	h = lk_hash(h, &file->key.ino, sizeof(file->key.ino));
	if (file->has_stat) {
		h = lk_hash(h, &file->st_major, sizeof(file->st_major));
		h = lk_hash(h, &file->st_minor, sizeof(file->st_minor));
		h = lk_hash(h, &file->st_ino, sizeof(file->st_ino));
	}
	/* Without a key and numbers the path is all there is. */
	if (file->path && (file->key.none || !file->has_stat))
		h = lk_hash(h, file->path, strlen(file->path));
	return h ? h : 1;
}

/* The file, and its locks under it. */
static int add_group(const struct lk_frame *f, const struct lk_file *file, struct lk_map *counts, lk_items *ret)
{
	const struct lk_file_sum *sum = &f->sums.files[file->index];
	uint64_t id = lk_locks_file_id(file);
	struct lk_item *it = add_item(ret, f, id, file->index);
	int rc = it ? 0 : -ENOMEM;

	if (it)
		it->sub = 1;
	for (size_t i = 0; i < sum->n_held + sum->n_waiting && !rc; i++)
		rc = add_lock(f, &f->snap->locks[f->sums.by_file[sum->first + i]], id, counts, ret);
	return rc;
}

static int fill(const void *view, const struct lk_frame *f, bool tree, lk_items *ret)
{
	const struct lk_snapshot *s = f->snap;
	struct lk_map counts = { 0 };
	int rc = 0;

	(void)view;
	tree = tree && f->sums.files;
	for (size_t i = 0; i < s->n_locks && !rc; i++) {
		const struct lk_lock *l = &s->locks[i];

		if (!tree)
			rc = add_lock(f, l, 0, &counts, ret);
		else if (f->sums.by_file[f->sums.files[l->file->index].first] == i)
			rc = add_group(f, l->file, &counts, ret);
	}
	lk_map_done(&counts);
	return rc;
}

/* ---- order ---- */

/* Deadlocks, then what blocks and is blocked, then the rest. */
static int64_t rank_of(const struct lk_item *it)
{
	const struct lk_lock *l;

	if (lk_locks_group(it)) {
		struct lk_file_sum sum = lk_sums_file(it->frame, lk_locks_group(it));

		return sum.cycle ? 0 : sum.n_waiting ? 1 : 2;
	}
	l = lock_of(it);
	return l->deadlock ? 0 : l->n_blocks || lk_lock_is_waiting(l) ? 1 : 2;
}

static struct lk_value number(int64_t i)
{
	return (struct lk_value){ .known = true, .i = i };
}

size_t lk_locks_oldest(const struct lk_item *it)
{
	struct lk_file_sum sum;

	if (!lk_locks_group(it))
		return it->index;
	sum = lk_sums_file(it->frame, lk_locks_group(it));
	return sum.oldest_waiting != LK_SUMS_NONE ? sum.oldest_waiting : sum.oldest_held;
}

static struct lk_value age_value(const struct lk_item *it)
{
	size_t lock = lk_locks_oldest(it);
	bool at_least;
	int64_t age;

	if (lock == LK_SUMS_NONE)
		return (struct lk_value){ 0 };
	age = lk_frame_age_ms(it->frame, &it->frame->snap->locks[lock], it->frame->taken_ms, &at_least);
	return age < 0 ? (struct lk_value){ 0 } : number(age);
}

static struct lk_value path_value(const struct lk_item *it)
{
	const char *path = lk_locks_group(it) ? lk_locks_group(it)->path : lock_of(it)->file->path;

	return (struct lk_value){ .known = path, .s = path };
}

static struct lk_value value(const void *view, const struct lk_item *it, size_t column, lk_buf *scratch,
			     enum lk_col_type *ret_type)
{
	const struct lk_view *v = view;
	const struct lk_column *col;
	struct lk_row row;

	*ret_type = LK_COL_NUMBER;
	if (column == LK_LOCKS_S)
		return number(rank_of(it));
	if (column == LK_LOCKS_AGE)
		return age_value(it);
	if (column == LK_LOCKS_PATH) {
		*ret_type = LK_COL_STRING;
		return path_value(it);
	}
	if (lk_locks_group(it))
		return (struct lk_value){ 0 };
	if (column == LK_LOCKS_RANGE)
		return number(lock_of(it)->rec.range.start);
	col = lk_locks_table_column(v->tui, column);
	if (!col)
		return (struct lk_value){ 0 };
	row = (struct lk_row){ .snap = it->frame->snap, .lock = lock_of(it) };
	*ret_type = col->type;
	return col->get(&row, scratch);
}

/* ---- what commands and searches ask ---- */

static bool match(const void *view, const struct lk_item *it, const struct lk_filter *f)
{
	struct lk_row row = { .snap = it->frame->snap };

	(void)view;
	if (lk_locks_group(it))
		return false;
	row.lock = lock_of(it);
	return lk_filter_match(f, &row);
}

static int pid(const void *view, const struct lk_item *it)
{
	(void)view;
	return lk_locks_group(it) ? 0 : lock_of(it)->pid;
}

static void subject(const struct lk_tui *t, const struct lk_item *it, struct lk_subject *ret)
{
	const struct lk_lock *l;

	(void)t;
	ret->frame = it->frame;
	if (lk_locks_group(it)) {
		ret->file = lk_locks_group(it);
		return;
	}
	l = lock_of(it);
	ret->lock = l;
	ret->file = l->file;
	ret->proc = l->proc;
	if (l->waiter)
		ret->holder = l->waiter;
	else if (l->n_holders == 1)
		ret->holder = &l->holders[0];
}

static int describe(const struct lk_tui *t, const struct lk_item *it, lk_buf *out)
{
	if (lk_locks_group(it))
		return lk_words_of_file(t, it->frame, lk_locks_group(it), out);
	if (t->w < BRIEF_W)
		return lk_words_brief(t, it->frame, lock_of(it), out);
	return lk_words_put_lock(t, it->frame, lock_of(it), out);
}

static const char *label(const struct lk_view *v, const struct lk_command *cmd)
{
	return cmd->run == lk_do_tree && v->list.tree ? "Flat" : NULL;
}

const struct lk_view_ops lk_view_locks = {
	.id = LK_VIEW_LOCKS,
	.title = "Locks",
	.help = "Every file lock on this machine and every request that waits for one; a lock that several processes share stands here "
		"once. What is contended comes first. F5 groups the rows by file.",
	.columns = lk_locks_columns,
	.n_columns = LK_LOCKS_COLUMNS,
	.sort_column = LK_LOCKS_S,
	.list = { .ghosts = true,
		  .n_columns = LK_LOCKS_COLUMNS,
		  .fill = fill,
		  .value = value,
		  .words = lk_locks_words,
		  .match = match,
		  .pid = pid },
	.init = lk_locks_init,
	.done = lk_locks_done,
	.cell = lk_locks_cell,
	.subject = subject,
	.describe = describe,
	.shown = lk_locks_shown,
	.label = label,
};

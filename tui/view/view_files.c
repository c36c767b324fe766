/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Files view: a row for each locked file. */
#include <inttypes.h>
#include <string.h>

#include "table/get.h"
#include "tui/core/words.h"
#include "tui/view/view_locks.h"

enum { S, LOCKS, HOLD, WAIT, TYPES, OLDEST, SIZE, INODE, PATH };

#define COUNT_FLAGS (LK_COL_RIGHT | LK_COL_DESCENDING)

/* clang-format off */
static const struct lk_column columns[PATH + 2] = {
	[S] = { "state", "S", "the worst of its locks: C part of a deadlock, B somebody waits, W only waited for, ? owner not visible, H held, x gone", 1, 1, 1, 0 },
	[LOCKS] = { "locks", "LOCKS", "locks and requests on it", 7, 5, 6, COUNT_FLAGS },
	[HOLD] = { "held", "HOLD", "locks that are held", 7, 4, 4, COUNT_FLAGS },
	[WAIT] = { "waiting", "WAIT", "requests that wait", 7, 4, 2, COUNT_FLAGS },
	[TYPES] = { "types", "TYPES", "kinds of lock", 11, 5, 5, 0 },
	[OLDEST] = { "oldest", "OLDEST", "the longest wait, or where nobody waits the longest held lock", 8, 6, 3, COUNT_FLAGS },
	[SIZE] = { "size_bytes", "SIZE", "size of the file", 10, 5, 7, COUNT_FLAGS },
	[INODE] = { "inode", "DEV:INODE", "device of the file system and inode; DELETED when the name is gone", 40, 12, 8, LK_COL_WHOLE, LK_COL_UNSIGNED },
	[PATH] = { "path", "PATH", "the file; cut on its left, so that its name stays", 12, 12, 0, LK_COL_GROW | LK_COL_TRUNC_LEFT, LK_COL_STRING },
};
/* clang-format on */

static const struct lk_file *file_of(const struct lk_item *it)
{
	return &it->frame->snap->files[it->index];
}

static struct lk_file_sum sum_of(const struct lk_item *it)
{
	return lk_totals_file(it->frame, file_of(it));
}

static void add_file(const struct lk_frame *f, const struct lk_file *file, lk_items *ret)
{
	struct lk_file_sum sum = lk_totals_file(f, file);
	struct lk_item *it = lk_vec_push(ret);

	*it = (struct lk_item){ .id = lk_locks_file_id(file), .frame = f, .index = file->index };
	if (sum.n_waiting || sum.blocking || sum.cycle)
		it->flags |= LK_ITEM_CONTENDED;
	if (sum.n_waiting)
		it->flags |= LK_ITEM_WAITING;
}

/* In the order of the first lock of each file in the snapshot. */
static void fill(const void *view, const struct lk_frame *f, bool tree, lk_items *ret)
{
	(void)view;
	(void)tree;
	for (size_t i = 0; i < f->snap->n_locks; i++) {
		const struct lk_file *file = f->snap->locks[i].file;

		if (f->totals.by_file[f->totals.files[file->index].first] == i)
			add_file(f, file, ret);
	}
}

static size_t oldest_of(const struct lk_file_sum *sum)
{
	return sum->n_waiting ? sum->oldest_waiting : sum->oldest_held;
}

static struct lk_value value(const void *view, const struct lk_item *it, size_t column, lk_buf *scratch)
{
	const struct lk_file *file = file_of(it);
	struct lk_file_sum sum = sum_of(it);

	(void)view;
	(void)scratch;
	switch (column) {
	case S:
		return lk_view_number(sum.cycle ? 0 : sum.blocking ? 1 : sum.n_waiting ? 2 : 3, true);
	case LOCKS:
		return lk_view_number((int64_t)(sum.n_held + sum.n_waiting), true);
	case HOLD:
		return lk_view_number((int64_t)(sum.n_held), true);
	case WAIT:
		return lk_view_number((int64_t)(sum.n_waiting), true);
	case TYPES:
		return lk_view_number((int64_t)(sum.types), true);
	case OLDEST:
		return lk_view_age(it, oldest_of(&sum));
	case SIZE:
		return lk_view_number(file->size, file->size >= 0);
	case INODE:
		return (struct lk_value){ .known = !file->key.none, .u = file->key.ino };
	default:
		return lk_view_string(file->path);
	}
}

static void put_types(unsigned types, lk_buf *out)
{
	const char *before = "";

	for (unsigned i = 0; i <= LK_TYPE_UNKNOWN; i++) {
		if (!(types & 1u << i))
			continue;
		lk_buf_puts(out, before);
		lk_put_upper(i == LK_TYPE_UNKNOWN ? "other" : lk_type_words[i], out);
		before = "+";
	}
}

static void put_inode(const struct lk_file *file, lk_buf *out)
{
	const char *note = file->deleted == LK_YES ? " DELETED" : file->replaced == LK_YES ? " REPLACED" : "";

	if (file->key.none)
		lk_buf_puts(out, "-");
	else
		lk_buf_printf(out, "%" PRIu32 ":%" PRIu32 " %" PRIu64 "%s", file->key.major, file->key.minor,
			      file->key.ino, note);
}

static bool cell(const struct lk_tui *t, const struct lk_item *it, size_t column, lk_buf *out, enum lk_style *ret_style)
{
	struct lk_file_sum sum = sum_of(it);
	char letter;

	switch (column) {
	case S:
		letter = lk_locks_file_letter(&sum, it->flags & LK_ITEM_GHOST, ret_style);
		lk_buf_add(out, &letter, 1);
		return true;
	case WAIT:
		*ret_style = sum.n_waiting ? LK_STYLE_WAITING : LK_STYLE_PLAIN;
		return false;
	case TYPES:
		put_types(sum.types, out);
		return true;
	case OLDEST:
		lk_locks_put_age(t, it, oldest_of(&sum), out, ret_style);
		return true;
	case SIZE:
		lk_tui_size_text(t, file_of(it)->size, out);
		return true;
	case INODE:
		put_inode(file_of(it), out);
		return true;
	case PATH:
		lk_locks_put_path(file_of(it), out);
		return true;
	default:
		return false;
	}
}

/* A file matches if one of its locks or requests does. */
static bool match(const void *view, const struct lk_item *it, const struct lk_filter *f)
{
	struct lk_file_sum sum = sum_of(it);
	struct lk_row row = { .snap = it->frame->snap };

	(void)view;
	for (size_t i = 0; i < sum.n_held + sum.n_waiting; i++) {
		row.lock = &row.snap->locks[it->frame->totals.by_file[sum.first + i]];
		if (lk_filter_match(f, &row))
			return true;
	}
	return false;
}

static void subject(const struct lk_tui *t, const struct lk_item *it, struct lk_subject *ret)
{
	(void)t;
	ret->frame = it->frame;
	ret->file = file_of(it);
}

static void describe(const struct lk_tui *t, const struct lk_item *it, lk_buf *out)
{
	lk_words_of_file(t, it->frame, file_of(it), out);
}

const struct lk_view_ops lk_view_files = {
	.id = LK_VIEW_FILES,
	.title = "Files",
	.nothing = "No file is locked.",
	.help = "Every file that is locked, with how many hold a lock on it and how many wait. Those that are waited for come first.",
	.sort_column = WAIT,
	.list = { .ghosts = true,
		  .columns = columns,
		  .fill = fill,
		  .value = value,
		  .words = lk_table_words,
		  .match = match },
	.cell = cell,
	.subject = subject,
	.label = lk_view_flat_label,
	.describe = describe,
};

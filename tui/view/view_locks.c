/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Locks view: every lock and every request, as a tree grouped by file. Its columns are those of the verb `list`, after the letter of
 * the state. */
#include "tui/view/view_locks.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "table/get.h"
#include "tui/core/words.h"
#include "words/words.h"

/* On a narrower screen the full sentence would be cut where it matters. */
#define BRIEF_W 70
/* Widths of the screen from which on the blocker has a column: without and with the detail beside the list, which is there from DETAIL_W on. */
#define BLOCKER_W 100
#define BLOCKER_BESIDE_W 160
#define DETAIL_W 120
/* From this age on, that a lock was there in the first look says how old it is at least. */
#define SAYS_SOMETHING_MS 60000
/* Who waits for so long stands out. */
#define SOME_WAIT_MS 10000
#define LONG_WAIT_MS 60000

/* ---- rows ---- */

static const struct lk_lock *lock_of(const struct lk_item *it)
{
	return &it->frame->snap->locks[it->index];
}

/* The row of a file has sub set, and index is that of the file. */
const struct lk_file *lk_locks_group(const struct lk_item *it)
{
	return it->sub ? &it->frame->snap->files[it->index] : NULL;
}

static struct lk_item *add_item(lk_items *ret, const struct lk_frame *f, uint64_t id, size_t index)
{
	struct lk_item *it = lk_vec_push(ret);

	*it = (struct lk_item){ .id = id ? id : 1, .frame = f, .index = index };
	return it;
}

static void add_lock(const struct lk_frame *f, const struct lk_lock *l, uint64_t parent, lk_items *ret)
{
	struct lk_item *it = add_item(ret, f, lk_frame_row(f, l), l->index);

	it->parent = parent;
	if (lk_lock_is_waiting(l))
		it->flags |= LK_ITEM_WAITING | LK_ITEM_CONTENDED;
	if (l->n_blocks || l->deadlock)
		it->flags |= LK_ITEM_CONTENDED;
}

uint64_t lk_locks_file_id(const struct lk_file *file)
{
	uint64_t h = lk_hash_fnv(LK_HASH_FNV, &file->key.major, sizeof(file->key.major));

	h = lk_hash_fnv(h, &file->key.minor, sizeof(file->key.minor));
	h = lk_hash_fnv(h, &file->key.ino, sizeof(file->key.ino));
	if (file->has_stat) {
		h = lk_hash_fnv(h, &file->st_major, sizeof(file->st_major));
		h = lk_hash_fnv(h, &file->st_minor, sizeof(file->st_minor));
		h = lk_hash_fnv(h, &file->st_ino, sizeof(file->st_ino));
	}
	/* Without a key or without st_* numbers, the path has to tell files apart. */
	if (file->path && (file->key.none || !file->has_stat))
		h = lk_hash_fnv(h, file->path, strlen(file->path));
	return h ? h : 1;
}

/* A row for the file, and its locks below it. */
static void add_group(const struct lk_frame *f, const struct lk_file *file, lk_items *ret)
{
	const struct lk_file_sum *sum = &f->totals.files[file->index];
	uint64_t id = lk_locks_file_id(file);

	add_item(ret, f, id, file->index)->sub = 1;
	for (size_t i = 0; i < sum->n_held + sum->n_waiting; i++)
		add_lock(f, &f->snap->locks[f->totals.by_file[sum->first + i]], id, ret);
}

static void fill(const void *view, const struct lk_frame *f, bool tree, lk_items *ret)
{
	const struct lk_snapshot *s = f->snap;

	(void)view;
	tree = tree && f->totals.files;
	for (size_t i = 0; i < s->n_locks; i++) {
		const struct lk_lock *l = &s->locks[i];

		if (!tree)
			add_lock(f, l, 0, ret);
		else if (f->totals.by_file[f->totals.files[l->file->index].first] == i)
			add_group(f, l->file, ret);
	}
}

/* ---- order ---- */

static struct lk_row row_of(const struct lk_item *it)
{
	return (struct lk_row){ .snap = it->frame->snap, .lock = lock_of(it) };
}

/* Files with a deadlock come first, then those for which somebody waits, the one with the oldest waiter first, then the rest. Of one file
 * those who block and those who wait stay together, in the order of the snapshot: a lock before those who wait for it. */
static int64_t place_of(const struct lk_item *it)
{
	const struct lk_lock *l = lk_locks_group(it) ? NULL : lock_of(it);
	struct lk_file_sum sum = lk_totals_file(it->frame, l ? l->file : lk_locks_group(it));
	bool at_least, in_nobodys_way = l && !lk_lock_is_waiting(l) && !l->n_blocks && !l->deadlock;
	int64_t age = -1;

	if (in_nobodys_way)
		return 1;
	if (sum.cycle || !sum.n_waiting)
		return sum.cycle ? INT64_MIN : 1;
	if (sum.oldest_waiting != LK_TOTALS_NONE)
		age = lk_frame_age_ms(it->frame, &it->frame->snap->locks[sum.oldest_waiting], it->frame->taken_ms,
				      &at_least);
	/* In seconds, so that rows do not change places because a wait was measured a moment later. */
	return age < 0 ? 0 : -(age / 1000);
}

size_t lk_locks_oldest(const struct lk_item *it)
{
	struct lk_file_sum sum;

	if (!lk_locks_group(it))
		return it->index;
	sum = lk_totals_file(it->frame, lk_locks_group(it));
	return sum.oldest_waiting != LK_TOTALS_NONE ? sum.oldest_waiting : sum.oldest_held;
}

static struct lk_value path_value(const struct lk_item *it)
{
	const char *path = lk_locks_group(it) ? lk_locks_group(it)->path : lock_of(it)->file->path;

	return (struct lk_value){ .known = path, .s = path };
}

static struct lk_value value(const void *view, const struct lk_item *it, size_t column, lk_buf *scratch)
{
	const struct lk_column *col = &lk_column_screen[column];
	struct lk_row row;

	(void)view;
	if (col->screen == LK_SCREEN_LETTER)
		return lk_view_number(place_of(it), true);
	if (col->screen == LK_SCREEN_AGE)
		return lk_view_age(it, lk_locks_oldest(it));
	if (col->screen == LK_SCREEN_PATH)
		return path_value(it);
	if (lk_locks_group(it))
		return (struct lk_value){ 0 };
	row = row_of(it);
	return col->get(&row, scratch);
}

/* ---- which columns ---- */

/* The columns that the settings ask for, kept because filters need them for each row. */
struct own {
	char *list; /* owned; a copy of the setting that `shown` was made from; NULL: the default */
	size_t shown[LK_COLUMNS_MAX];
	size_t n;
	bool wants_blocker; /* the setting names that column, or does not build on the default */
};

/* Unknown names are skipped: they were complained about when the setting was made. */
static void choose(struct own *own, const char *list)
{
	for (const char *p = list;; p++) {
		size_t len = strcspn(p, ","), i = 0;
		const struct lk_column *col = lk_column_named(lk_column_screen, p, len);

		while (col && i < own->n && own->shown[i] != (size_t)(col - lk_column_screen))
			i++;
		if (col && i == own->n)
			own->shown[own->n++] = (size_t)(col - lk_column_screen);
		p += len;
		if (!*p)
			return;
	}
}

/* The letter of the state always comes first. */
static void choose_all(struct own *own, const char *list)
{
	free(own->list);
	own->list = lk_strdup(list);
	own->wants_blocker = list && (*list != '+' || strcasestr(list, "blocker"));
	own->n = 0;
	choose(own, !list || *list == '+' ? "S,PID,USER,COMMAND,TYPE,MODE,RANGE,AGE,BLOCKER,PATH" : "S");
	if (list)
		choose(own, list + (*list == '+'));
}

static void init(struct lk_view *v)
{
	v->own = lk_alloc(1, sizeof(struct own));
	choose_all(v->own, NULL);
}

static void done(struct lk_view *v)
{
	struct own *own = v->own;

	if (own)
		free(own->list);
	free(own);
	v->own = NULL;
}

static bool same_list(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static const struct own *shown_of(const struct lk_tui *t)
{
	struct own *own = t->views[LK_VIEW_LOCKS].own;

	if (!same_list(own->list, t->set.columns))
		choose_all(own, t->set.columns);
	return own;
}

/* Without being asked for, the blocker is shown only where somebody waits and the list is wide, also beside the detail. */
static bool is_left_out(const struct lk_tui *t, const struct own *own, size_t column)
{
	int least = t->hide_detail || t->w < DETAIL_W ? BLOCKER_W : BLOCKER_BESIDE_W;

	bool waits = t->frame && t->frame->snap->n_waiting;

	return lk_column_screen[column].screen == LK_SCREEN_BLOCKER && !own->wants_blocker && (t->w < least || !waits);
}

size_t lk_locks_shown(const struct lk_tui *t, size_t ret[LK_COLUMNS_MAX])
{
	const struct own *own = shown_of(t);
	size_t n = 0;

	for (size_t i = 0; i < own->n; i++) {
		if (!is_left_out(t, own, own->shown[i]))
			ret[n++] = own->shown[i];
	}
	return n;
}

/* ---- the cells ---- */

/* Appends "(stopped) ", in front of the name because a name is cut on its right. */
static void put_mark(const struct lk_row *row, lk_buf *out)
{
	size_t begin = out->n;

	lk_note_state(row, out);
	if (out->n == begin)
		return;
	memmove(out->v + begin, out->v + begin + 1, out->n - begin - 1);
	out->v[out->n - 1] = ' ';
}

static void put_command(const struct lk_row *row, lk_buf *out)
{
	const struct lk_lock *l = row->lock;

	put_mark(row, out);
	lk_buf_puts(out, l->proc && l->proc->comm ? l->proc->comm : "?");
	/* The pid that the kernel recorded may belong to another process by now. */
	if (l->proc && l->proc->comm && !l->n_holders && !l->waiter)
		lk_buf_puts(out, "?");
	lk_note_holders(row, out);
}

static void put_blocker(const struct lk_row *row, lk_buf *out)
{
	const struct lk_lock *by = lk_lock_is_waiting(row->lock) ? lk_lock_blocker(row->lock) : NULL;

	if (!by)
		return;
	if (by->proc)
		lk_words_put_process(by->proc, 0, out);
	else
		lk_buf_puts(out, "?");
	lk_note_blocker(row, out);
}

void lk_locks_put_path(const struct lk_file *file, lk_buf *out)
{
	const char *note = lk_file_note(file);

	/* In front, where a path is cut first, so that the name of the file always stays. No path begins like this. */
	if (note)
		lk_buf_printf(out, "%s ", note);
	lk_put_file(file, out);
}

/* A POSIX lock is not older than the process that owns it; other locks come from a parent, too. In ms; -1: not known. */
static int64_t oldest_possible(const struct lk_frame *f, const struct lk_lock *l, int64_t now_ms)
{
	const struct lk_proc *p = l->rec.type == LK_TYPE_POSIX && l->n_holders ? l->holders[0].proc : NULL;
	int64_t passed = f->snap->host.live && now_ms > f->taken_ms ? now_ms - f->taken_ms : 0;

	if (!p || !p->started_unix_ms || f->snap->host.time_unix_ms < p->started_unix_ms)
		return -1;
	return f->snap->host.time_unix_ms - p->started_unix_ms + passed;
}

static void put_held_age(const struct lk_tui *t, const struct lk_frame *f, const struct lk_lock *l, lk_buf *out)
{
	int64_t now = lk_tui_now_of(t, f), most = oldest_possible(f, l, now);
	bool at_least;
	int64_t age = lk_frame_age_ms(f, l, now, &at_least);

	if (!at_least || age >= SAYS_SOMETHING_MS) {
		lk_age_text(age, at_least, out);
		return;
	}
	lk_buf_puts(out, most < 0 ? "-" : "<");
	lk_age_text(most, false, out);
}

/* How long somebody has waited is the bright figure of a row. */
static enum lk_style style_of_wait(int64_t ms)
{
	return ms >= LONG_WAIT_MS ? LK_STYLE_ALARM : ms >= SOME_WAIT_MS ? LK_STYLE_WAITING : LK_STYLE_BRIGHT;
}

void lk_locks_put_age(const struct lk_tui *t, const struct lk_item *it, size_t lock, lk_buf *out,
		      enum lk_style *ret_style)
{
	const struct lk_lock *l = lock == LK_TOTALS_NONE ? NULL : &it->frame->snap->locks[lock];
	bool at_least;
	int64_t age;

	*ret_style = LK_STYLE_DIM;
	if (it->flags & LK_ITEM_GHOST)
		lk_buf_puts(out, "gone");
	if (it->flags & LK_ITEM_GHOST || !l)
		return;
	if (!lk_lock_is_waiting(l)) {
		put_held_age(t, it->frame, l, out);
		return;
	}
	age = lk_frame_age_ms(it->frame, l, lk_tui_now_of(t, it->frame), &at_least);
	lk_age_text(age, at_least, out);
	*ret_style = style_of_wait(age);
}

char lk_locks_file_letter(const struct lk_file_sum *sum, bool ghost, enum lk_style *ret_style)
{
	static const struct {
		char letter;
		enum lk_style style;
	} states[] = { { 'x', LK_STYLE_GHOST },   { 'C', LK_STYLE_CYCLE },   { 'B', LK_STYLE_BLOCKING },
		       { 'W', LK_STYLE_WAITING }, { '?', LK_STYLE_UNKNOWN }, { 'H', LK_STYLE_HELD } };
	int i = ghost ? 0 : sum->cycle ? 1 : sum->blocking ? 2 : sum->n_waiting ? 3 : sum->nobody ? 4 : 5;

	*ret_style = states[i].style;
	return states[i].letter;
}

static void put_group(const struct lk_tui *t, const struct lk_item *it, enum lk_col_screen screen, lk_buf *out,
		      enum lk_style *ret_style)
{
	const struct lk_file *file = lk_locks_group(it);
	struct lk_file_sum sum = lk_totals_file(it->frame, file);
	size_t n = sum.n_held + sum.n_waiting;
	char letter;

	if (screen == LK_SCREEN_LETTER) {
		letter = lk_locks_file_letter(&sum, it->flags & LK_ITEM_GHOST, ret_style);
		lk_buf_add(out, &letter, 1);
	} else if (screen == LK_SCREEN_COMMAND) {
		lk_buf_printf(out, "%zu lock%s", n, n == 1 ? "" : "s");
	} else if (screen == LK_SCREEN_AGE) {
		lk_locks_put_age(t, it, lk_locks_oldest(it), out, ret_style);
	} else if (screen == LK_SCREEN_PATH) {
		*ret_style = LK_STYLE_BRIGHT;
		lk_locks_put_path(file, out);
	}
}

/* As the verb `list` shows it. */
static void put_text(const struct lk_tui *t, const struct lk_column *col, const struct lk_row *row, lk_buf *out)
{
	size_t begin = out->n;

	lk_column_text(col, row, t->set.units != LK_UNITS_BYTES, out);
	if (out->n == begin && col->unknown)
		lk_buf_puts(out, col->unknown);
}

static bool cell(const struct lk_tui *t, const struct lk_item *it, size_t column, lk_buf *out, enum lk_style *ret_style)
{
	const struct lk_column *col = &lk_column_screen[column];
	struct lk_row row;
	char letter;

	if (lk_locks_group(it)) {
		put_group(t, it, col->screen, out, ret_style);
		return true;
	}
	row = row_of(it);
	switch (col->screen) {
	case LK_SCREEN_TEXT:
		put_text(t, col, &row, out);
		break;
	case LK_SCREEN_MODE:
		if (row.lock->state == LK_STATE_BREAKING)
			lk_buf_puts(out, "breaking");
		else
			put_text(t, col, &row, out);
		break;
	case LK_SCREEN_LETTER:
		letter = lk_tui_state_letter(row.lock, it->flags & LK_ITEM_GHOST, ret_style);
		lk_buf_add(out, &letter, 1);
		break;
	case LK_SCREEN_COMMAND:
		put_command(&row, out);
		break;
	case LK_SCREEN_BLOCKER:
		put_blocker(&row, out);
		break;
	case LK_SCREEN_RANGE:
		lk_tui_range_cell(t, row.lock, out);
		break;
	case LK_SCREEN_AGE:
		lk_locks_put_age(t, it, it->index, out, ret_style);
		break;
	case LK_SCREEN_PATH:
		lk_locks_put_path(row.lock->file, out);
		break;
	}
	return true;
}

/* A search looks in what the cells show. */
static void words(const void *view, const struct lk_item *it, lk_buf *out)
{
	const struct lk_view *v = view;
	const struct own *own = shown_of(v->tui);
	enum lk_style style;

	if (lk_locks_group(it)) {
		lk_locks_put_path(lk_locks_group(it), out);
		return;
	}
	for (size_t i = 0; i < own->n; i++) {
		if (is_left_out(v->tui, own, own->shown[i]))
			continue;
		/* Nobody searches for how long a lock has been held, but perhaps for how long a request waits. */
		if (lk_column_screen[own->shown[i]].screen == LK_SCREEN_AGE && !(it->flags & LK_ITEM_WAITING))
			continue;
		cell(v->tui, it, own->shown[i], out, &style);
		lk_buf_add(out, " ", 1);
	}
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

static void describe(const struct lk_tui *t, const struct lk_item *it, lk_buf *out)
{
	if (lk_locks_group(it))
		lk_words_of_file(t, it->frame, lk_locks_group(it), out);
	else if (t->w < BRIEF_W)
		lk_words_brief(t, it->frame, lock_of(it), out);
	else
		lk_words_put_lock(t, it->frame, lock_of(it), out);
}

static const char *label(const struct lk_view *v, const struct lk_command *cmd)
{
	return cmd->run == lk_do_tree && v->list.tree ? "Flat" : NULL;
}

const struct lk_view_ops lk_view_locks = {
	.id = LK_VIEW_LOCKS,
	.title = "Locks",
	.nothing = "No process holds a file lock, and none waits for one.",
	.help = "Every file lock on this machine and every request that waits for one; a lock that several processes share stands here "
		"once. What is contended comes first. F5 groups the rows by file.",
	.sort_column = 0,
	.list = { .ghosts = true,
		  .columns = lk_column_screen,
		  .fill = fill,
		  .value = value,
		  .words = words,
		  .match = match,
		  .pid = pid },
	.init = init,
	.done = done,
	.cell = cell,
	.subject = subject,
	.describe = describe,
	.shown = lk_locks_shown,
	.label = label,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the cells of the Locks view say. Filters read those of all rows at each key that is typed: no printf where it counts. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "table/get.h"
#include "tui/view_locks.h"

static const struct lk_lock *lock_of(const struct lk_item *it)
{
	return &it->frame->snap->locks[it->index];
}

static int put_pid(const struct lk_lock *l, lk_buf *out)
{
	return l->pid > 0 ? lk_buf_number(out, l->pid) : lk_buf_puts(out, "?");
}

static int put_user(const struct lk_lock *l, lk_buf *out)
{
	const struct lk_proc *p = l->proc;

	if (p && p->user)
		return lk_buf_puts(out, p->user);
	return p && p->uid >= 0 ? lk_buf_number(out, p->uid) : lk_buf_puts(out, "?");
}

/* "(stopped) ": in front, because the name is cut on its right. */
static int put_mark(const struct lk_row *row, lk_buf *out)
{
	size_t begin = out->n;
	int rc = lk_note_state(row, out);

	if (rc || out->n == begin)
		return rc;
	memmove(out->v + begin, out->v + begin + 1, out->n - begin - 1);
	out->v[out->n - 1] = ' ';
	return 0;
}

static int put_command(const struct lk_lock *l, lk_buf *out)
{
	struct lk_row row = { .lock = l };
	int rc = put_mark(&row, out);

	if (rc || !l->proc || !l->proc->comm)
		return rc ? rc : lk_buf_puts(out, "?");
	rc = lk_buf_puts(out, l->proc->comm);
	/* The number that the kernel recorded may be somebody else's by now. */
	if (!rc && !l->n_holders && !l->waiter)
		rc = lk_buf_puts(out, "?");
	return rc ? rc : lk_note_holders(&row, out);
}

static int put_type(const struct lk_lock *l, lk_buf *out)
{
	static const char *const names[] = { "POSIX", "OFD", "FLOCK", "LEASE", "DELEG" };
	struct lk_row row = { .lock = l };

	return l->rec.type < LK_TYPE_UNKNOWN ? lk_buf_puts(out, names[l->rec.type]) : lk_text_type(&row, true, out);
}

static int put_mode(const struct lk_lock *l, lk_buf *out)
{
	struct lk_row row = { .lock = l };

	return lk_text_mode(&row, true, out);
}

int lk_locks_put_path(const struct lk_file *file, lk_buf *out)
{
	/* In front, where a path is cut first: the file's name stays whatever happens. No path begins like this. */
	const char *note = file->deleted == LK_YES ? "(deleted) " : file->replaced == LK_YES ? "(replaced) " : "";

	if (file->path)
		return lk_buf_puts(out, note) || lk_buf_puts(out, file->path) ? -ENOMEM : 0;
	if (file->key.none)
		return lk_buf_puts(out, "?");
	if (file->mount_point)
		return lk_buf_printf(out, "?:%" PRIu64 " on %s", file->key.ino, file->mount_point);
	return lk_buf_printf(out, "?:%" PRIu64, file->key.ino);
}

int lk_locks_put_age(const struct lk_tui *t, const struct lk_item *it, size_t lock, lk_buf *out)
{
	bool at_least;
	int64_t age;

	if (it->flags & LK_ITEM_GHOST)
		return lk_buf_puts(out, "gone");
	if (lock == LK_SUMS_NONE)
		return 0;
	age = lk_frame_age_ms(it->frame, &it->frame->snap->locks[lock], lk_tui_now_of(t, it->frame), &at_least);
	return lk_tui_age_text(age, at_least, out);
}

/* ---- the cells ---- */

static int put_other(const struct lk_tui *t, const struct lk_item *it, size_t column, lk_buf *out)
{
	const struct lk_column *col = lk_locks_table_column(t, column);
	struct lk_row row = { .snap = it->frame->snap, .lock = lock_of(it) };

	return col ? lk_column_text(col, &row, t->set.units != LK_UNITS_BYTES, out) : 0;
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

static int group_cell(const struct lk_tui *t, const struct lk_item *it, size_t column, lk_buf *out,
		      enum lk_style *ret_style)
{
	const struct lk_file *file = lk_locks_group(it);
	struct lk_file_sum sum = lk_sums_file(it->frame, file);
	size_t n = sum.n_held + sum.n_waiting;
	char letter;

	switch (column) {
	case LK_LOCKS_S:
		letter = lk_locks_file_letter(&sum, it->flags & LK_ITEM_GHOST, ret_style);
		return lk_buf_add(out, &letter, 1);
	case LK_LOCKS_COMMAND:
		return lk_buf_printf(out, "%zu lock%s", n, n == 1 ? "" : "s");
	case LK_LOCKS_AGE:
		return lk_locks_put_age(t, it, lk_locks_oldest(it), out);
	case LK_LOCKS_PATH:
		*ret_style = LK_STYLE_BRIGHT;
		return lk_locks_put_path(file, out);
	default:
		return 0;
	}
}

int lk_locks_cell(const struct lk_tui *t, const struct lk_item *it, size_t column, lk_buf *out,
		  enum lk_style *ret_style)
{
	const struct lk_lock *l;
	char letter;

	*ret_style = LK_STYLE_PLAIN;
	if (lk_locks_group(it))
		return group_cell(t, it, column, out, ret_style);
	l = lock_of(it);
	switch (column) {
	case LK_LOCKS_S:
		letter = lk_tui_state_letter(l, it->flags & LK_ITEM_GHOST, ret_style);
		return lk_buf_add(out, &letter, 1);
	case LK_LOCKS_PID:
		return put_pid(l, out);
	case LK_LOCKS_USER:
		return put_user(l, out);
	case LK_LOCKS_COMMAND:
		return put_command(l, out);
	case LK_LOCKS_TYPE:
		return put_type(l, out);
	case LK_LOCKS_MODE:
		return put_mode(l, out);
	case LK_LOCKS_RANGE:
		return lk_tui_range_cell(t, l, out);
	case LK_LOCKS_AGE:
		return lk_locks_put_age(t, it, it->index, out);
	case LK_LOCKS_PATH:
		return lk_locks_put_path(l->file, out);
	default:
		return put_other(t, it, column, out);
	}
}

static char *add_word(char *p, const char *word)
{
	size_t n = strlen(word);

	memcpy(p, word, n);
	p[n] = ' ';
	return p + n + 1;
}

static char *add_number(char *p, int64_t not_negative)
{
	char digits[LK_TEXT_DECIMAL], *end = digits + sizeof(digits);
	char *first = lk_text_decimal(end, (uint64_t)not_negative);

	memcpy(p, first, (size_t)(end - first));
	return p + (end - first);
}

static char *add_range(char *p, struct lk_range r)
{
	char *from = p;

	if (lk_range_is_whole(r))
		return add_word(p, "whole");
	p = add_number(p, r.start);
	*p++ = '-';
	if (!lk_range_is_to_eof(r))
		p = add_number(p, r.end);
	if (p - from > LK_LONG_RANGE && !lk_range_is_to_eof(r)) {
		p = add_number(from, r.start);
		*p++ = '+';
		p = add_number(p, r.end - r.start + 1);
	}
	*p++ = ' ';
	return p;
}

/* The default columns of a row that has nothing unusual, in one go: 100,000 rows are read at each key of a filter. */
static int quick_words(const struct lk_lock *l, char letter, lk_buf *out)
{
	static const char *const types[] = { "POSIX", "OFD", "FLOCK", "LEASE", "DELEG" };
	static const char *const modes[] = { "READ", "WRITE", "UNLOCK", "UNKNOWN" };
	/* The numbers and words of our own need less than 128 bytes. */
	size_t room = 128 + strlen(l->proc->user) + strlen(l->proc->comm) + strlen(l->file->path);
	char *p;

	if (lk_vec_reserve(&out->v, &out->cap, out->n, room, 1) < 0)
		return -ENOMEM;
	p = out->v + out->n;
	*p++ = letter;
	*p++ = ' ';
	p = add_number(p, l->pid);
	*p++ = ' ';
	p = add_word(p, l->proc->user);
	p = add_word(p, l->proc->comm);
	p = add_word(p, types[l->rec.type]);
	p = add_word(p, modes[l->rec.mode]);
	p = add_range(p, l->rec.range);
	p = add_word(p, l->file->path);
	out->n = (size_t)(p - out->v);
	return 0;
}

static bool is_usual(const struct lk_lock *l)
{
	return l->n_holders == 1 && l->pid > 0 && l->rec.type < LK_TYPE_UNKNOWN && !l->rec.break_to && l->proc &&
	       !lk_proc_is_unusual(l->proc) && l->proc->user && l->proc->comm && l->file->path &&
	       l->file->deleted != LK_YES && l->file->replaced != LK_YES;
}

static int slow_words(const struct lk_view *v, const struct lk_item *it, lk_buf *out)
{
	size_t shown[LK_VIEW_COLUMNS];
	size_t n = lk_locks_shown(v->tui, shown);
	enum lk_style style;
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++) {
		/* How long a lock is held nobody looks for; how long somebody waits perhaps. */
		if (shown[i] == LK_LOCKS_AGE && !(it->flags & LK_ITEM_WAITING))
			continue;
		rc = lk_locks_cell(v->tui, it, shown[i], out, &style);
		if (!rc)
			rc = lk_buf_add(out, " ", 1);
	}
	return rc;
}

int lk_locks_words(const void *view, const struct lk_item *it, lk_buf *out)
{
	const struct lk_view *v = view;
	const struct lk_file *file = lk_locks_group(it);
	enum lk_style style;

	if (file)
		return lk_locks_put_path(file, out);
	if (!v->tui->set.columns && v->tui->set.units != LK_UNITS_HEX && is_usual(lock_of(it)))
		return quick_words(lock_of(it), lk_tui_state_letter(lock_of(it), it->flags & LK_ITEM_GHOST, &style),
				   out);
	return slow_words(v, it, out);
}

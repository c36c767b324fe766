/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of table cells: sizes, ages, ranges, paths and the notes beside them. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "table/get.h"

/* "1.2K", as other tools print it. No floating point, so that the locale cannot change the decimal point. */
void lk_size_text(uint64_t bytes, lk_buf *out)
{
	static const char letters[] = "BKMGTPE";
	uint64_t whole = bytes, rest = 0;
	size_t i = 0;

	while (whole >= 1024 && letters[i + 1]) {
		rest = whole % 1024;
		whole /= 1024;
		i++;
	}
	rest = (rest * 10 + 512) / 1024;
	if (rest == 10) {
		whole++;
		rest = 0;
	}
	if (rest && i)
		lk_buf_printf(out, "%" PRIu64 ".%" PRIu64 "%c", whole, rest, letters[i]);
	else
		lk_buf_printf(out, "%" PRIu64 "%c", whole, letters[i]);
}

void lk_put_upper(const char *word, lk_buf *out)
{
	size_t start = out->n;

	lk_buf_puts(out, word);
	for (size_t i = start; i < out->n; i++) {
		if (out->v[i] >= 'a' && out->v[i] <= 'z')
			out->v[i] -= 'a' - 'A';
	}
}

void lk_text_type(const struct lk_row *row, bool human, lk_buf *out)
{
	const struct lk_record *rec = &row->lock->rec;

	(void)human;
	if (rec->type == LK_TYPE_UNKNOWN && rec->type_word)
		lk_buf_puts(out, rec->type_word);
	else
		lk_put_upper(lk_type_name(rec->type), out);
}

/* "READ"; "WRITE->READ" for a lease that is being broken. */
void lk_text_mode(const struct lk_row *row, bool human, lk_buf *out)
{
	const struct lk_record *rec = &row->lock->rec;

	(void)human;
	lk_put_upper(rec->break_to && rec->mode == LK_MODE_UNKNOWN ? "?" : lk_mode_name(rec->mode), out);
	if (rec->break_to) {
		lk_buf_puts(out, "->");
		lk_put_upper(lk_break_name(rec->break_to), out);
	}
}

void lk_break_text(const struct lk_lock *l, lk_buf *out)
{
	lk_buf_printf(out, "being broken down to %s", l->rec.break_to == LK_BREAK_READ ? "a read lease" : "nothing");
	if (l->break_left_ms < 0)
		return;
	lk_buf_puts(out, ", in ");
	lk_age_text(l->break_left_ms, false, out);
	lk_buf_puts(out, " at the latest");
}

static void put_offset(int64_t offset, bool to_eof, lk_buf *out)
{
	if (to_eof)
		lk_buf_puts(out, "EOF");
	else
		lk_buf_number(out, offset);
}

void lk_text_end(const struct lk_row *row, bool human, lk_buf *out)
{
	struct lk_range r = row->lock->rec.range;

	(void)human;
	put_offset(r.end, lk_range_is_to_eof(r), out);
}

void lk_text_length(const struct lk_row *row, bool human, lk_buf *out)
{
	struct lk_range r = row->lock->rec.range;
	bool to_eof = lk_range_is_to_eof(r);

	(void)human;
	put_offset(to_eof ? 0 : r.end - r.start + 1, to_eof, out);
}

void lk_put_file(const struct lk_file *file, lk_buf *out)
{
	if (file->path)
		lk_buf_puts(out, file->path);
	else if (file->key.none)
		lk_buf_puts(out, "?");
	else if (file->mount_point)
		lk_buf_printf(out, "?:%" PRIu64 " on %s", file->key.ino, file->mount_point);
	else
		lk_buf_printf(out, "?:%" PRIu64 " on device %02" PRIx32 ":%02" PRIx32, file->key.ino, file->key.major,
			      file->key.minor);
}

static const char deleted_note[] = "(deleted)", replaced_note[] = "(replaced)";

const char *lk_file_note(const struct lk_file *file)
{
	if (!file->path)
		return NULL;
	if (file->deleted == LK_YES)
		return deleted_note;
	return file->replaced == LK_YES ? replaced_note : NULL;
}

void lk_text_path(const struct lk_row *row, bool human, lk_buf *out)
{
	const char *note = lk_file_note(row->lock->file);

	(void)human;
	lk_put_file(row->lock->file, out);
	if (note) {
		lk_buf_puts(out, " ");
		lk_buf_puts(out, note);
	}
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), n_end = strlen(end);

	return n >= n_end && strcmp(s + (n - n_end), end) == 0;
}

size_t lk_path_false_note(const struct lk_row *row)
{
	const struct lk_file *file = row->lock->file;

	if (!file->path || lk_file_note(file))
		return 0;
	/* While `deleted` is unknown, this ending may be the mark that the kernel appends (proc_pid_fd(5)). */
	if (file->deleted == LK_NO && ends_in(file->path, deleted_note))
		return strlen(deleted_note);
	return ends_in(file->path, replaced_note) ? strlen(replaced_note) : 0;
}

/* A filter formats the cells of all rows at each key that is typed, so the common case avoids printf(3). */
void lk_range_brief(struct lk_range r, lk_buf *out)
{
	size_t at = out->n;

	if (lk_range_is_whole(r)) {
		lk_buf_puts(out, "whole");
		return;
	}
	lk_buf_number(out, r.start);
	lk_buf_add(out, "-", 1);
	if (lk_range_is_to_eof(r))
		return;
	lk_buf_number(out, r.end);
	if (out->n - at <= LK_LONG_RANGE)
		return;
	out->n = at;
	lk_buf_printf(out, "%" PRId64 "+%" PRId64, r.start, r.end - r.start + 1);
}

void lk_age_text(int64_t ms, bool at_least, lk_buf *out)
{
	int64_t s = ms / 1000;

	if (ms < 0)
		return;
	if (s < 60)
		lk_buf_printf(out, "%" PRId64 "s", s);
	else if (s < 3600)
		lk_buf_printf(out, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
	else if (s < 86400)
		lk_buf_printf(out, "%" PRId64 "h%02" PRId64 "m", s / 3600, s % 3600 / 60);
	else
		lk_buf_printf(out, "%" PRId64 "d%02" PRId64 "h", s / 86400, s % 86400 / 3600);
	lk_buf_puts(out, at_least ? "+" : "");
}

void lk_text_age(const struct lk_row *row, bool human, lk_buf *out)
{
	int64_t ms = row->lock->wait_ms;

	if (human)
		lk_age_text(ms, false, out);
	else if (ms >= 0)
		lk_buf_number(out, ms / 1000);
}

/* In the local time zone; without blanks, so that it stays one word. */
void lk_text_started(const struct lk_row *row, bool human, lk_buf *out)
{
	const struct lk_proc *p = lk_row_proc(row);
	time_t seconds = p ? (time_t)(p->started_unix_ms / 1000) : 0;
	struct tm tm = { 0 };
	char buf[64];

	(void)human;
	if (seconds && localtime_r(&seconds, &tm) && strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S%z", &tm))
		lk_buf_puts(out, buf);
}

static void put_value(const struct lk_column *col, const struct lk_value *v, bool human, lk_buf *out)
{
	if (col->type == LK_COL_NUMBER && col->flags & LK_COL_SIZE && human && v->i >= 0)
		lk_size_text((uint64_t)v->i, out);
	else if (col->type == LK_COL_NUMBER)
		lk_buf_number(out, v->i);
	else if (col->type == LK_COL_UNSIGNED)
		lk_buf_unsigned(out, v->u);
	else if (col->type == LK_COL_BOOL)
		lk_buf_puts(out, v->i ? "yes" : "no");
	else
		lk_buf_puts(out, v->s);
}

void lk_column_put(const struct lk_column *col, const struct lk_row *row, bool human, lk_buf *scratch, lk_buf *out)
{
	struct lk_value v;

	if (col->text) {
		col->text(row, human, out);
		return;
	}
	scratch->n = 0;
	v = col->get(row, scratch);
	if (v.known)
		put_value(col, &v, human, out);
}

void lk_column_text(const struct lk_column *col, const struct lk_row *row, bool human, lk_buf *out)
{
	lk_buf scratch = { 0 };

	lk_column_put(col, row, human, &scratch, out);
	if (col->note)
		col->note(row, out);
	lk_vec_done(&scratch);
}

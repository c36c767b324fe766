/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes, offsets, ranges, times and states as the screen writes them. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "table/column.h"
#include "table/get.h"
#include "tui/core/app.h"

int64_t lk_tui_now_of(const struct lk_tui *t, const struct lk_frame *f)
{
	return f == t->frame ? t->now_ms : f->taken_ms;
}

const char *lk_tui_ago(const struct lk_tui *t, int64_t then_ms, char buf[LK_AGO_TEXT])
{
	int64_t ms = t->now_ms > then_ms ? t->now_ms - then_ms : 0;

	snprintf(buf, LK_AGO_TEXT, "%" PRId64 ".%" PRId64 " s", ms / 1000, ms % 1000 / 100);
	return buf;
}

const char *lk_tui_time(int64_t unix_ms, const char *format, char buf[LK_TIME_TEXT])
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || !strftime(buf, LK_TIME_TEXT, format, &tm))
		buf[0] = '\0';
	return buf;
}

void lk_tui_put_pid(int pid, lk_buf *out)
{
	if (pid > 0)
		lk_buf_number(out, pid);
	else
		lk_buf_puts(out, "?");
}

void lk_tui_size_text(const struct lk_tui *t, int64_t bytes, lk_buf *out)
{
	if (bytes < 0)
		lk_buf_puts(out, "-");
	else if (t->set.units == LK_UNITS_HEX)
		lk_buf_printf(out, "0x%" PRIx64, (uint64_t)bytes);
	else if (t->set.units == LK_UNITS_BYTES)
		lk_buf_number(out, bytes);
	else
		lk_size_text((uint64_t)bytes, out);
}

void lk_tui_offset_text(const struct lk_tui *t, int64_t offset, lk_buf *out)
{
	if (offset == LK_RANGE_EOF)
		lk_buf_puts(out, "EOF");
	else if (t->set.units == LK_UNITS_HEX)
		lk_buf_printf(out, "0x%" PRIx64, (uint64_t)offset);
	else
		lk_buf_number(out, offset);
}

void lk_tui_range_text(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out)
{
	struct lk_row row = { .lock = l };

	if (t->set.units != LK_UNITS_HEX || lk_range_is_whole(l->rec.range)) {
		lk_column_text(lk_column_find("RANGE", 5), &row, true, out);
		return;
	}
	lk_tui_offset_text(t, l->rec.range.start, out);
	lk_buf_puts(out, "-");
	if (l->rec.range.end != LK_RANGE_EOF)
		lk_tui_offset_text(t, l->rec.range.end, out);
}

void lk_tui_bytes_text(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out)
{
	bool one = l->rec.range.start == l->rec.range.end;

	lk_buf_puts(out, one ? "byte " : "bytes ");
	if (one)
		lk_tui_offset_text(t, l->rec.range.start, out);
	else
		lk_tui_range_text(t, l, out);
}

void lk_tui_range_cell(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out)
{
	if (t->set.units == LK_UNITS_HEX)
		lk_tui_range_text(t, l, out);
	else
		lk_range_brief(l->rec.range, out);
}

char lk_tui_state_letter(const struct lk_lock *l, bool ghost, enum lk_style *ret_style)
{
	static const struct {
		char letter;
		enum lk_style style;
	} states[] = { { 'x', LK_STYLE_GHOST },    { 'C', LK_STYLE_CYCLE },   { 'W', LK_STYLE_WAITING },
		       { 'B', LK_STYLE_BLOCKING }, { '?', LK_STYLE_UNKNOWN }, { 'H', LK_STYLE_HELD } };
	int i = 5;

	if (ghost)
		i = 0;
	else if (l->deadlock)
		i = 1;
	else if (lk_lock_is_waiting(l))
		i = 2;
	else if (l->n_blocks || l->state == LK_STATE_BREAKING)
		i = 3;
	else if (!l->n_holders && !l->pid)
		i = 4;
	*ret_style = states[i].style;
	return states[i].letter;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes, offsets, times and states as the screen writes them. */
#include <inttypes.h>

#include "table/column.h"
#include "table/get.h"
#include "tui/app.h"

int64_t lk_tui_now_of(const struct lk_tui *t, const struct lk_frame *f)
{
	return f == t->frame ? t->now_ms : f->taken_ms;
}

int lk_tui_size_text(const struct lk_tui *t, int64_t bytes, lk_buf *out)
{
	if (bytes < 0)
		return lk_buf_puts(out, "-");
	if (t->set.units == LK_UNITS_HEX)
		return lk_buf_printf(out, "0x%" PRIx64, (uint64_t)bytes);
	if (t->set.units == LK_UNITS_BYTES)
		return lk_buf_printf(out, "%" PRId64, bytes);
	return lk_size_text((uint64_t)bytes, out);
}

int lk_tui_offset_text(const struct lk_tui *t, int64_t offset, lk_buf *out)
{
	if (offset == LK_RANGE_EOF)
		return lk_buf_puts(out, "EOF");
	if (t->set.units == LK_UNITS_HEX)
		return lk_buf_printf(out, "0x%" PRIx64, (uint64_t)offset);
	return lk_buf_printf(out, "%" PRId64, offset);
}

int lk_tui_range_text(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out)
{
	struct lk_row row = { .lock = l };
	int rc;

	if (t->set.units != LK_UNITS_HEX || lk_range_is_whole(l->rec.range))
		return lk_column_text(lk_column_find("RANGE", 5), &row, true, out);
	rc = lk_tui_offset_text(t, l->rec.range.start, out);
	if (!rc)
		rc = lk_buf_puts(out, "-");
	return rc || l->rec.range.end == LK_RANGE_EOF ? rc : lk_tui_offset_text(t, l->rec.range.end, out);
}

/* Filters read the cells of all rows at each key: no printf where it counts. */
static int put_bytes(struct lk_range r, lk_buf *out)
{
	size_t at = out->n;
	int rc = lk_buf_number(out, r.start);

	if (!rc)
		rc = lk_buf_add(out, "-", 1);
	if (rc || lk_range_is_to_eof(r))
		return rc;
	rc = lk_buf_number(out, r.end);
	if (rc || out->n - at <= LK_LONG_RANGE)
		return rc;
	out->n = at;
	return lk_buf_printf(out, "%" PRId64 "+%" PRId64, r.start, r.end - r.start + 1);
}

int lk_tui_range_cell(const struct lk_tui *t, const struct lk_lock *l, lk_buf *out)
{
	if (t->set.units == LK_UNITS_HEX)
		return lk_tui_range_text(t, l, out);
	if (lk_range_is_whole(l->rec.range))
		return lk_buf_puts(out, "whole");
	return put_bytes(l->rec.range, out);
}

int lk_tui_age_text(int64_t ms, bool at_least, lk_buf *out)
{
	int rc = ms < 0 ? 0 : lk_age_text(ms / 1000, out);

	return rc || ms < 0 || !at_least ? rc : lk_buf_puts(out, "+");
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

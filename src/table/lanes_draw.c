/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table/lanes_draw.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	LEAST_WIDTH = 8,
	WIDEST_BLOCK = 20, /* a wide terminal is no reason to draw three bytes a hundred columns wide */
};

int lk_picture_offset(int64_t offset, lk_buf *out)
{
	static const char letters[] = "KMGT";
	const char *letter = NULL;

	for (size_t i = 0; i < 4 && offset && offset % 1024 == 0; i++) {
		offset /= 1024;
		letter = &letters[i];
	}
	return letter ? lk_buf_printf(out, "%" PRId64 "%c", offset, *letter) : lk_buf_printf(out, "%" PRId64, offset);
}

/* ---- which columns stand for what ---- */

static struct lk_range range_of(const struct lk_picture *p, const struct lk_block *b)
{
	return (struct lk_range){ p->lanes->segments[b->first].range.start, p->lanes->segments[b->last].range.end };
}

static int put_label(const struct lk_picture *p, size_t i, lk_buf *out)
{
	const struct lk_block *b = &p->blocks[i];
	const struct lk_segment *s = &p->lanes->segments[b->first];

	if (p->ruler == LK_RULER_NUMBERS)
		return lk_buf_printf(out, "%zu", i + 1);
	if (s->known && b->first == b->last)
		return lk_buf_puts(out, s->known->name);
	return lk_picture_offset(s->range.start, out);
}

/* Free, and drawn shorter than a column a byte: two of its columns say so. */
static bool is_cut_short(const struct lk_picture *p, const struct lk_block *b)
{
	struct lk_range r = range_of(p, b);

	return !b->flags && b->width >= 2 && (uint64_t)(r.end - r.start) >= b->width;
}

static size_t least_width(const struct lk_picture *p, const struct lk_block *b)
{
	struct lk_range r = range_of(p, b);

	return !b->flags && r.end > r.start ? 2 : 1;
}

static size_t total_width(const struct lk_picture *p)
{
	size_t sum = 0;

	for (size_t i = 0; i < p->n_blocks; i++)
		sum += p->blocks[i].width + p->blocks[i].at_end;
	return sum;
}

static int make_blocks(struct lk_picture *p, size_t n)
{
	size_t n_segments = p->lanes->n_segments;

	p->blocks = calloc(n, sizeof(*p->blocks));
	if (!p->blocks)
		return -ENOMEM;
	p->n_blocks = n;
	for (size_t i = 0; i < n; i++) {
		struct lk_block *b = &p->blocks[i];

		b->first = i * (n_segments / n) + i * (n_segments % n) / n;
		b->last = (i + 1) * (n_segments / n) + (i + 1) * (n_segments % n) / n - 1;
		for (size_t s = b->first; s <= b->last; s++) {
			b->flags |= p->lanes->segments[s].flags;
			b->at_end = b->at_end || p->lanes->segments[s].range.start == p->lanes->size;
		}
		b->width = least_width(p, b);
		if (b->last - b->first >= p->merged)
			p->merged = b->last - b->first + 1;
	}
	return 0;
}

/* Widens every block to its label and the bar before it, if all of them then fit. */
static int try_ruler(struct lk_picture *p, enum lk_ruler ruler, size_t width, bool *ret_fits)
{
	lk_auto_mem size_t *before = calloc(p->n_blocks, sizeof(*before));
	int rc = before ? 0 : -ENOMEM;

	p->ruler = ruler;
	for (size_t i = 0; i < p->n_blocks && rc == 0; i++) {
		lk_buf label = { 0 };
		size_t wanted;

		before[i] = p->blocks[i].width;
		rc = put_label(p, i, &label);
		/* The column of the file's end lies under the bar. */
		wanted = label.n + 1 - p->blocks[i].at_end;
		if (p->blocks[i].width < wanted)
			p->blocks[i].width = wanted;
		lk_vec_done(&label);
	}
	*ret_fits = rc == 0 && total_width(p) <= width;
	for (size_t i = 0; i < p->n_blocks && rc == 0 && !*ret_fits; i++)
		p->blocks[i].width = before[i];
	return rc;
}

static int choose_ruler(struct lk_picture *p, size_t width)
{
	bool fits = false;
	int rc = p->merged > 1 ? 0 : try_ruler(p, LK_RULER_NAMES, width, &fits);

	if (rc == 0 && !fits && p->merged <= 1)
		rc = try_ruler(p, LK_RULER_NUMBERS, width, &fits);
	if (!fits)
		p->ruler = LK_RULER_SOME;
	return rc;
}

/* Columns that are left over, one each in turn, narrow blocks first. */
static void widen(struct lk_picture *p, size_t width)
{
	size_t left = total_width(p) < width ? width - total_width(p) : 0;

	for (size_t level = 1; left && level < WIDEST_BLOCK; level++) {
		for (size_t i = 0; left && i < p->n_blocks; i++) {
			struct lk_range r = range_of(p, &p->blocks[i]);

			if (p->blocks[i].width != level || (uint64_t)(r.end - r.start) < level)
				continue;
			p->blocks[i].width++;
			left--;
		}
	}
}

int lk_picture_make(struct lk_picture *ret, const struct lk_lanes *lanes, size_t width)
{
	bool has_end = lanes->size >= 0;
	size_t room, sum;
	int rc;

	*ret = (struct lk_picture){ .lanes = lanes };
	width = width < LEAST_WIDTH ? LEAST_WIDTH : width;
	room = width - has_end;
	rc = make_blocks(ret, lanes->n_segments < room ? lanes->n_segments : room);
	sum = total_width(ret);
	for (size_t i = 0; i < ret->n_blocks && sum > width; i++) {
		sum -= ret->blocks[i].width - 1;
		ret->blocks[i].width = 1;
	}
	if (rc == 0)
		rc = choose_ruler(ret, width);
	if (rc == 0)
		widen(ret, width);
	return rc;
}

void lk_picture_done(struct lk_picture *p)
{
	free(p->blocks);
	*p = (struct lk_picture){ 0 };
}

/* ---- lines ---- */

static int pad(lk_buf *out, size_t n, char c)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = lk_buf_add(out, &c, 1);
	return rc;
}

int lk_picture_ruler(const struct lk_picture *p, lk_buf *out)
{
	size_t start = out->n, column = 0, width = total_width(p);
	int rc = 0;

	for (size_t i = 0; i < p->n_blocks && rc == 0; i++) {
		size_t end = column + p->blocks[i].width + p->blocks[i].at_end;
		lk_buf label = { 0 };

		rc = put_label(p, i, &label);
		/* A label may reach into the next block when that one has not begun to be written. */
		if (rc == 0 && out->n - start <= column && (p->ruler != LK_RULER_SOME || column + label.n < width)) {
			rc = pad(out, column - (out->n - start), ' ');
			if (rc == 0)
				rc = lk_buf_puts(out, "|");
			if (rc == 0)
				rc = lk_buf_add(out, label.v, label.n);
		}
		lk_vec_done(&label);
		column = end;
	}
	return rc;
}

static int put_block(const struct lk_picture *p, const struct lk_block *b, char glyph, lk_buf *out)
{
	size_t before = (b->width - 2) / 2;
	int rc = b->at_end ? lk_buf_puts(out, "|") : 0;

	if (rc || !is_cut_short(p, b))
		return rc ? rc : pad(out, b->width, glyph);
	rc = pad(out, before, glyph);
	if (rc == 0)
		rc = lk_buf_puts(out, "//");
	return rc ? rc : pad(out, b->width - 2 - before, glyph);
}

static char sum_glyph(unsigned flags)
{
	static const char glyphs[] = "RWrw#";
	static const unsigned order[] = { LK_SEGMENT_CONFLICT, LK_SEGMENT_WRITE, LK_SEGMENT_READ, LK_SEGMENT_WAIT_WRITE,
					  LK_SEGMENT_WAIT_READ };

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		if (flags & order[i])
			return glyphs[__builtin_ctz(order[i])];
	}
	return '.';
}

int lk_picture_sum(const struct lk_picture *p, lk_buf *out)
{
	int rc = 0;

	for (size_t i = 0; i < p->n_blocks && rc == 0; i++)
		rc = put_block(p, &p->blocks[i], sum_glyph(p->blocks[i].flags), out);
	return rc;
}

char lk_lane_glyph(const struct lk_lock *l)
{
	const char *letters = lk_lock_is_waiting(l) ? "rw??" : "RW??";

	return letters[l->rec.mode];
}

static size_t block_of(const struct lk_picture *p, size_t segment)
{
	size_t low = 0, high = p->n_blocks - 1;

	while (low < high) {
		size_t mid = low + (high - low + 1) / 2;

		if (p->blocks[mid].first <= segment)
			low = mid;
		else
			high = mid - 1;
	}
	return low;
}

int lk_picture_lane(const struct lk_picture *p, const struct lk_lane *lane, lk_buf *out)
{
	lk_auto_mem char *glyphs = malloc(p->n_blocks);
	int rc = glyphs ? 0 : -ENOMEM;

	if (glyphs)
		memset(glyphs, '.', p->n_blocks);
	for (size_t i = 0; i < lane->n_spans && rc == 0; i++) {
		char glyph = lk_lane_glyph(lane->spans[i].lock);
		size_t last = block_of(p, lane->spans[i].last);

		/* Where several fall into one column, a write shows. */
		for (size_t b = block_of(p, lane->spans[i].first); b <= last; b++) {
			if (glyphs[b] == '.' || lane->spans[i].lock->rec.mode == LK_MODE_WRITE)
				glyphs[b] = glyph;
		}
	}
	for (size_t i = 0; i < p->n_blocks && rc == 0; i++)
		rc = put_block(p, &p->blocks[i], glyphs[i], out);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map of a file's locks as lines of ASCII. */
#include "table/picture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"

#define PARTLY ':' /* a column of several stretches, of which some are locked and some are free */

enum {
	LEAST_WIDTH = 8,
	WIDEST_BLOCK = 20, /* a wide terminal is no reason to draw three bytes a hundred columns wide */
};

void lk_picture_offset(int64_t offset, lk_buf *out)
{
	static const char letters[] = "KMGT";
	const char *letter = NULL;

	for (size_t i = 0; i < 4 && offset && offset % 1024 == 0; i++) {
		offset /= 1024;
		letter = &letters[i];
	}
	lk_buf_number(out, offset);
	if (letter)
		lk_buf_add(out, letter, 1);
}

/* ---- blocks: which columns stand for which segments ---- */

static struct lk_range range_of(const struct lk_picture *p, const struct lk_block *b)
{
	return (struct lk_range){ p->lanes->segments[b->first].range.start, p->lanes->segments[b->last].range.end };
}

static void put_label(const struct lk_picture *p, size_t i, lk_buf *out)
{
	const struct lk_block *b = &p->blocks[i];
	const struct lk_segment *s = &p->lanes->segments[b->first];

	if (p->ruler == LK_RULER_NUMBERS)
		lk_buf_printf(out, "%zu", i + 1);
	else if (s->known && b->first == b->last)
		lk_buf_puts(out, s->known->name);
	else
		lk_picture_offset(s->range.start, out);
}

/* A stretch without locks that has fewer columns than bytes: two of its columns say so ("//"). */
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

static void make_blocks(struct lk_picture *p, size_t n)
{
	size_t n_segments = p->lanes->n_segments;

	p->blocks = lk_alloc(n, sizeof(*p->blocks));
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
}

/* Widens every block to its label and the bar before it, if all of them then fit. */
static bool try_ruler(struct lk_picture *p, enum lk_ruler ruler, size_t width)
{
	lk_auto_mem size_t *before = lk_alloc(p->n_blocks, sizeof(*before));

	p->ruler = ruler;
	for (size_t i = 0; i < p->n_blocks; i++) {
		lk_buf label = { 0 };
		size_t wanted;

		before[i] = p->blocks[i].width;
		put_label(p, i, &label);
		/* The column of the file's end lies under the bar. */
		wanted = label.n + 1 - p->blocks[i].at_end;
		if (p->blocks[i].width < wanted)
			p->blocks[i].width = wanted;
		lk_vec_done(&label);
	}
	if (total_width(p) <= width)
		return true;
	for (size_t i = 0; i < p->n_blocks; i++)
		p->blocks[i].width = before[i];
	return false;
}

static void choose_ruler(struct lk_picture *p, size_t width)
{
	if (p->merged > 1 || (!try_ruler(p, LK_RULER_NAMES, width) && !try_ruler(p, LK_RULER_NUMBERS, width)))
		p->ruler = LK_RULER_SOME;
}

/* Hands out the columns that are left, one at a time, narrow blocks first. */
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

void lk_picture_make(struct lk_picture *ret, const struct lk_lanes *lanes, size_t width)
{
	bool has_end = lanes->size >= 0;
	size_t room, sum;

	*ret = (struct lk_picture){ .lanes = lanes };
	width = width < LEAST_WIDTH ? LEAST_WIDTH : width;
	room = width - has_end;
	make_blocks(ret, lanes->n_segments < room ? lanes->n_segments : room);
	sum = total_width(ret);
	for (size_t i = 0; i < ret->n_blocks && sum > width; i++) {
		sum -= ret->blocks[i].width - 1;
		ret->blocks[i].width = 1;
	}
	choose_ruler(ret, width);
	widen(ret, width);
}

void lk_picture_done(struct lk_picture *p)
{
	free(p->blocks);
	*p = (struct lk_picture){ 0 };
}

/* ---- lines ---- */

static void pad(lk_buf *out, size_t n, char c)
{
	for (size_t i = 0; i < n; i++)
		lk_buf_add(out, &c, 1);
}

void lk_picture_ruler(const struct lk_picture *p, lk_buf *out)
{
	size_t start = out->n, column = 0, width = total_width(p);

	for (size_t i = 0; i < p->n_blocks; i++) {
		size_t end = column + p->blocks[i].width + p->blocks[i].at_end;
		lk_buf label = { 0 };

		put_label(p, i, &label);
		/* A label may run over the blocks behind it; a block whose first column is taken by one gets no label. */
		if (out->n - start <= column && (p->ruler != LK_RULER_SOME || column + label.n < width)) {
			pad(out, column - (out->n - start), ' ');
			lk_buf_puts(out, "|");
			lk_buf_add(out, label.v, label.n);
		}
		lk_vec_done(&label);
		column = end;
	}
}

static void put_block(const struct lk_picture *p, const struct lk_block *b, char glyph, lk_buf *out)
{
	size_t before = (b->width - 2) / 2;

	if (b->at_end)
		lk_buf_puts(out, "|");
	if (!is_cut_short(p, b)) {
		pad(out, b->width, glyph);
		return;
	}
	pad(out, before, glyph);
	lk_buf_puts(out, "//");
	pad(out, b->width - 2 - before, glyph);
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

/* Of several segments in one block only some are locked. */
static bool is_partly_locked(const struct lk_picture *p, const struct lk_block *b)
{
	for (size_t i = b->first; i <= b->last; i++) {
		if (!p->lanes->segments[i].flags)
			return b->flags;
	}
	return false;
}

void lk_picture_sum(const struct lk_picture *p, lk_buf *out)
{
	for (size_t i = 0; i < p->n_blocks; i++) {
		const struct lk_block *b = &p->blocks[i];
		bool partly = !(b->flags & LK_SEGMENT_CONFLICT) && is_partly_locked(p, b);

		put_block(p, b, partly ? PARTLY : sum_glyph(b->flags), out);
	}
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

/* How many segments of the block the span covers. The spans of a lane do not overlap. */
static size_t common(const struct lk_block *b, const struct lk_span *span)
{
	size_t first = b->first > span->first ? b->first : span->first;
	size_t last = b->last < span->last ? b->last : span->last;

	return last >= first ? last - first + 1 : 0;
}

void lk_picture_lane(const struct lk_picture *p, const struct lk_lane *lane, lk_buf *out)
{
	lk_auto_mem char *glyphs = lk_alloc(p->n_blocks, 1);
	lk_auto_mem size_t *covered = lk_alloc(p->n_blocks, sizeof(*covered));

	memset(glyphs, '.', p->n_blocks);
	for (size_t i = 0; i < lane->n_spans; i++) {
		char glyph = lk_lane_glyph(lane->spans[i].lock);
		size_t last = block_of(p, lane->spans[i].last);

		/* Where several locks fall into one block, a write lock is shown. */
		for (size_t b = block_of(p, lane->spans[i].first); b <= last; b++) {
			if (glyphs[b] == '.' || lane->spans[i].lock->rec.mode == LK_MODE_WRITE)
				glyphs[b] = glyph;
			covered[b] += common(&p->blocks[b], &lane->spans[i]);
		}
	}
	for (size_t i = 0; i < p->n_blocks; i++) {
		const struct lk_block *b = &p->blocks[i];
		bool partly = covered[i] && covered[i] < b->last - b->first + 1;

		put_block(p, b, partly ? PARTLY : glyphs[i], out);
	}
}

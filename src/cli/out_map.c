/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draws the map of a file for people. */
#include "cli/out_map.h"

#include <inttypes.h>

#include "base/cleanup.h"
#include "base/sanitize.h"
#include "table/picture.h"

enum {
	DEFAULT_WIDTH = 80,
	WIDEST_LABEL = 24,
	LEAST_PICTURE = 24, /* cells; on a narrow terminal labels are cut to leave as much */
};

/* One map while it is printed. */
struct map {
	const struct lk_out *o;
	const struct lk_lanes *lanes;
	struct lk_picture picture;
	size_t n_shown; /* lanes */
	size_t label; /* the width of the labels, in cells */
};

/* ---- the picture ---- */

/* The label of lane i, sanitized and cut. Heap. */
static char *safe_label(const struct map *m, size_t i, size_t cells)
{
	const struct lk_lane *lane = &m->lanes->lanes[i];
	lk_auto_mem char *safe = NULL;
	lk_buf text = { 0 };

	lk_lane_label(lane, &text);
	if (m->lanes->mixed)
		lk_buf_printf(&text, " %s", lk_type_name(lane->spans->lock->rec.type));
	safe = lk_sanitize(text.v, text.n, m->o->utf8);
	lk_vec_done(&text);
	return lk_out_cut(m->o, lk_column_find("COMMAND", 7), safe, cells);
}

static void measure_labels(struct map *m, size_t width)
{
	size_t most = WIDEST_LABEL;

	if (width < LEAST_PICTURE + most)
		most = width > LEAST_PICTURE + 8 ? width - LEAST_PICTURE : 8;
	for (size_t i = 0; i < m->n_shown; i++) {
		lk_auto_mem char *label = safe_label(m, i, most);
		size_t cells = lk_sanitize_width(label, m->o->utf8);

		m->label = cells > m->label ? cells : m->label;
	}
}

/* Prints a line: the label, blanks, and the picture of the lane. lane NULL: the ruler, or with a label the sum of all lanes. */
static void put_line(const struct map *m, const char *label, const struct lk_lane *lane)
{
	size_t cells = lk_sanitize_width(label, m->o->utf8);
	lk_buf line = { 0 };

	if (lane)
		lk_picture_lane(&m->picture, lane, &line);
	else if (label[0])
		lk_picture_sum(&m->picture, &line);
	else
		lk_picture_ruler(&m->picture, &line);
	fprintf(m->o->f, "%s%*s  %.*s\n", label, (int)(cells < m->label ? m->label - cells : 0), "", (int)line.n,
		line.v);
	lk_vec_done(&line);
}

static void put_picture(const struct map *m)
{
	put_line(m, "", NULL);
	if (m->lanes->has_ranges && m->n_shown > 1)
		put_line(m, "all", NULL);
	for (size_t i = 0; i < m->n_shown; i++) {
		lk_auto_mem char *label = safe_label(m, i, m->label);

		put_line(m, label, &m->lanes->lanes[i]);
	}
}

/* ---- what it means ---- */

static void put_left_out(const struct map *m)
{
	size_t n_locks = 0;

	if (m->picture.merged > 1)
		fprintf(m->o->f,
			"There are %zu stretches, more than columns: a column stands for up to %zu of them. --range shows a part.\n",
			m->lanes->n_segments, m->picture.merged);
	for (size_t i = m->n_shown; i < m->lanes->n_lanes; i++)
		n_locks += m->lanes->lanes[i].n_spans;
	if (n_locks)
		fprintf(m->o->f, "%zu more lanes with %zu locks are not shown%s. --all shows them.\n",
			m->lanes->n_lanes - m->n_shown, n_locks,
			m->lanes->has_ranges ? "; the lane \"all\" has those of them that have ranges" : "");
}

static void put_legend(const struct map *m)
{
	fputs("R W held   r w waiting   # conflict   . free   // drawn short", m->o->f);
	fputs(m->lanes->size >= 0 ? "   | end of file\n" : "\n", m->o->f);
}

/* Lists the stretches if they are numbered, and explains the names of those with locks or requests. */
static void put_ranges(const struct map *m)
{
	bool numbered = m->picture.ruler == LK_RULER_NUMBERS;
	char range[LK_RANGE_TEXT];
	lk_buf text = { 0 };

	for (size_t i = 0; i < m->picture.n_blocks && m->picture.merged <= 1; i++) {
		const struct lk_segment *s = &m->lanes->segments[m->picture.blocks[i].first];
		bool told = s->known && s->flags;

		if (!numbered && !told)
			continue;
		if (numbered)
			fprintf(m->o->f, "%3zu  ", i + 1);
		fputs(s->range.start == s->range.end ? "byte " : "bytes ", m->o->f);
		if (s->range.start == s->range.end)
			fprintf(m->o->f, "%" PRId64, s->range.start);
		else
			fputs(lk_range_format(s->range, range), m->o->f);
		if (s->known)
			fprintf(m->o->f, "  %s", s->known->name);
		text.n = 0;
		if (told) {
			lk_known_text(s->known, LK_MODE_UNKNOWN, &text);
			fprintf(m->o->f, ": %s", lk_buf_str(&text));
		}
		putc('\n', m->o->f);
	}
	lk_vec_done(&text);
}

static void put_words(const struct map *m)
{
	lk_buf text = { 0 };

	for (size_t i = 0; i < m->n_shown; i++) {
		lk_auto_mem char *safe = NULL;

		text.n = 0;
		lk_lane_label(&m->lanes->lanes[i], &text);
		lk_buf_puts(&text, " ");
		lk_lane_words(m->lanes, &m->lanes->lanes[i], &text);
		safe = lk_sanitize(text.v, text.n, m->o->utf8);
		fprintf(m->o->f, "%s\n", safe);
	}
	lk_vec_done(&text);
}

void lk_out_map(const struct lk_out *o, const struct lk_lanes *lanes, bool all)
{
	struct map m = { .o = o, .lanes = lanes, .n_shown = lanes->n_lanes };
	size_t width = o->width ? o->width : DEFAULT_WIDTH;

	if (!all && m.n_shown > LK_MAP_LANES)
		m.n_shown = LK_MAP_LANES;
	measure_labels(&m, width);
	lk_picture_make(&m.picture, lanes, width > m.label + 2 ? width - m.label - 2 : 0);
	put_picture(&m);
	put_legend(&m);
	put_left_out(&m);
	putc('\n', o->f);
	put_ranges(&m);
	put_words(&m);
	lk_picture_done(&m.picture);
}

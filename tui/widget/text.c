/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of text: added one by one or put together piece by piece, and broken into rows. */
#include "tui/widget/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/sanitize.h"

/* If the text beside an indent would be narrower than this, there is no indent. */
#define LEAST_BESIDE 12

static void push_line(struct lk_text *x, enum lk_style style, int label, char *text)
{
	*lk_vec_push(&x->lines) = (struct lk_text_line){ .style = style, .text = text, .label = label };
}

void lk_text_add(struct lk_text *x, enum lk_style style, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	push_line(x, style, -1, lk_vprintf(fmt, ap));
	va_end(ap);
}

void lk_text_add_label(struct lk_text *x, int cells, const char *label, const char *fmt, ...)
{
	lk_auto_mem char *value = NULL;
	va_list ap;

	va_start(ap, fmt);
	value = lk_vprintf(fmt, ap);
	va_end(ap);
	push_line(x, LK_STYLE_PLAIN, cells,
		  lk_printf("%-*s%s%s", cells, label, (int)strlen(label) >= cells ? " " : "", value));
}

void lk_text_done(struct lk_text *x)
{
	for (size_t i = 0; i < x->lines.n; i++)
		free(x->lines.v[i].text);
	lk_vec_done(&x->lines);
}

/* ---- piece by piece ---- */

static void end_line(struct lk_maker *m)
{
	if (m->label)
		lk_text_add_label(m->text, m->cells, m->label, "%s", lk_buf_str(&m->line));
	else if (m->line.n)
		lk_text_add(m->text, LK_STYLE_PLAIN, "%s", lk_buf_str(&m->line));
	m->line.n = 0;
	m->label = NULL;
}

void lk_maker_line(struct lk_maker *m, const char *label)
{
	end_line(m);
	m->label = label;
}

void lk_maker_put(struct lk_maker *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lk_buf_vprintf(&m->line, fmt, ap);
	va_end(ap);
}

void lk_maker_title(struct lk_maker *m, const char *title)
{
	end_line(m);
	if (*title && m->text->lines.n)
		lk_text_add(m->text, LK_STYLE_PLAIN, "%s", "");
	lk_text_add(m->text, LK_STYLE_BRIGHT, "%s", title);
}

void lk_maker_note(struct lk_maker *m, const char *fmt, ...)
{
	va_list ap;

	end_line(m);
	va_start(ap, fmt);
	lk_buf_vprintf(&m->line, fmt, ap);
	va_end(ap);
	end_line(m);
}

void lk_maker_done(struct lk_maker *m)
{
	end_line(m);
	lk_vec_done(&m->line);
}

/* ---- rows ---- */

static bool is_plain_ascii(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e)
			return false;
	}
	return true;
}

/* The sanitized text, as heap memory. */
static char *make_safe(const struct lk_text_line *line, bool utf8)
{
	if (line->exact && is_plain_ascii(line->text))
		return lk_strdup(line->text);
	return lk_sanitize_str(line->text, utf8);
}

static void add_row(struct lk_wrap *w, size_t line, const char *s, size_t n, int indent, int label)
{
	*lk_vec_push(&w->rows) = (struct lk_wrap_row){ line, w->safe.n, indent, label };
	lk_buf_add(&w->safe, s, n);
	lk_buf_add(&w->safe, "", 1);
}

static void wrap_line(struct lk_wrap *w, const struct lk_text *x, size_t i, int cells, bool utf8, size_t max_rows)
{
	const struct lk_text_line *line = &x->lines.v[i];
	lk_auto_mem char *safe = make_safe(line, utf8);
	int indent = line->label >= 0 ? line->label : (int)strspn(safe, " ");
	bool copied = line->exact && line->label <= 0;
	const char *rest = safe;
	size_t n, next;

	if (indent < 0 || copied || indent > cells - LEAST_BESIDE)
		indent = 0;
	n = lk_canvas_break(rest, cells, !copied, &next);
	add_row(w, i, rest, n, 0, line->label > 0 ? line->label : 0);
	while (rest[next] && w->rows.n < max_rows) {
		rest += next;
		n = lk_canvas_break(rest, cells - indent, !copied, &next);
		add_row(w, i, rest, n, indent, 0);
	}
}

void lk_wrap_make(struct lk_wrap *ret, const struct lk_text *x, int cells, bool utf8, size_t max_rows)
{
	*ret = (struct lk_wrap){ 0 };
	cells = cells < 1 ? 1 : cells;
	for (size_t i = 0; i < x->lines.n && ret->rows.n < max_rows; i++)
		wrap_line(ret, x, i, cells, utf8, max_rows);
}

void lk_wrap_done(struct lk_wrap *w)
{
	lk_vec_done(&w->safe);
	lk_vec_done(&w->rows);
}

const char *lk_wrap_str(const struct lk_wrap *w, size_t row)
{
	return w->safe.v + w->rows.v[row].at;
}

void lk_wrap_paint(const struct lk_wrap *w, const struct lk_text *x, size_t top, struct lk_canvas *c, struct lk_rect r)
{
	for (int y = 0; y < r.h && top + (size_t)y < w->rows.n; y++) {
		size_t i = top + (size_t)y;
		const struct lk_wrap_row *row = &w->rows.v[i];
		int label = row->label < r.w ? row->label : r.w;

		lk_canvas_put(c, r.x + row->indent, r.y + y, r.w - row->indent, x->lines.v[row->line].style,
			      lk_wrap_str(w, i));
		lk_canvas_restyle(c, (struct lk_rect){ r.x, r.y + y, label, 1 }, LK_STYLE_METER);
	}
}

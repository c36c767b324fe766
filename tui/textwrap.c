/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/textwrap.h"

#include <string.h>
#include <wchar.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/sanitize.h"
#include "base/text.h"

/* A column of words that is narrower than this is not worth an indent. */
#define LEAST_BESIDE 12

static bool is_plain_ascii(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e)
			return false;
	}
	return true;
}

/* Heap. */
static char *make_safe(const struct lk_text_line *line, bool utf8)
{
	if (line->exact && is_plain_ascii(line->text))
		return lk_strdup(line->text);
	return lk_sanitize_str(line->text, utf8);
}

/* How many bytes go on a row of so many cells, at least one character; *ret_next: where the next row begins. Text to be copied is
 * broken anywhere, so that nothing is lost. */
static size_t take_row(const char *s, int cells, bool at_blanks, size_t *ret_next)
{
	size_t n = strlen(s), i = 0, blank_at = 0;
	int used = 0;

	while (i < n) {
		uint32_t cp = (unsigned char)s[i];
		size_t len = lk_text_utf8(s + i, n - i, &cp);
		int width = len ? wcwidth((wchar_t)cp) : 1;

		if (cp == ' ' && i && s[i - 1] != ' ')
			blank_at = i;
		if (i && width > 0 && used + width > cells)
			break;
		used += width > 0 ? width : 0;
		i += len ? len : 1;
	}
	*ret_next = i;
	if (i == n || !blank_at || !at_blanks)
		return i;
	for (*ret_next = blank_at; s[*ret_next] == ' ';)
		(*ret_next)++;
	return blank_at;
}

static void add_row(struct lk_wrap *w, size_t line, const char *s, size_t n, int indent, int label)
{
	*lk_vec_push(&w->rows) = (struct lk_wrap_row){ line, w->safe.n, indent, label };
	lk_buf_add(&w->safe, s, n);
	lk_buf_add(&w->safe, "", 1);
}

static void add_line(struct lk_wrap *w, const struct lk_text *x, size_t i, int cells, bool utf8, size_t max_rows)
{
	const struct lk_text_line *line = &x->lines.v[i];
	lk_auto_mem char *safe = make_safe(line, utf8);
	int indent = line->label >= 0 ? line->label : (int)strspn(safe, " ");
	bool copied = line->exact && line->label <= 0;
	const char *rest = safe;
	size_t n, next;

	if (indent < 0 || copied || indent > cells - LEAST_BESIDE)
		indent = 0;
	n = take_row(rest, cells, !copied, &next);
	add_row(w, i, rest, n, 0, line->label > 0 ? line->label : 0);
	while (rest[next] && w->rows.n < max_rows) {
		rest += next;
		n = take_row(rest, cells - indent, !copied, &next);
		add_row(w, i, rest, n, indent, 0);
	}
}

int lk_wrap_make(struct lk_wrap *ret, const struct lk_text *x, int cells, bool utf8, size_t max_rows)
{
	*ret = (struct lk_wrap){ 0 };
	cells = cells < 1 ? 1 : cells;
	for (size_t i = 0; i < x->lines.n && ret->rows.n < max_rows; i++)
		add_line(ret, x, i, cells, utf8, max_rows);
	return 0;
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

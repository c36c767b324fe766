/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A grid of character cells: text that fits, is wrapped or cut, boxes and lines. */
#include "tui/term/canvas.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/sanitize.h"
#include "base/text.h"

/* More than any terminal has. */
#define MAX_SIDE 4096

static const struct lk_cell blank = { .ch = { L' ' }, .style = LK_STYLE_PLAIN };

void lk_canvas_resize(struct lk_canvas *c, int w, int h)
{
	w = w < 1 ? 1 : w > MAX_SIDE ? MAX_SIDE : w;
	h = h < 1 ? 1 : h > MAX_SIDE ? MAX_SIDE : h;
	free(c->cells);
	c->cells = lk_alloc((size_t)w * (size_t)h, sizeof(*c->cells));
	c->w = w;
	c->h = h;
	lk_canvas_clear(c);
}

void lk_canvas_done(struct lk_canvas *c)
{
	free(c->cells);
	c->cells = NULL;
	c->w = c->h = 0;
}

void lk_canvas_clear(struct lk_canvas *c)
{
	for (size_t i = 0; i < (size_t)c->w * (size_t)c->h; i++)
		c->cells[i] = blank;
	c->cursor_x = c->cursor_y = -1;
	c->cursor_visible = false;
}

/* NULL: outside. */
static struct lk_cell *cell_at(struct lk_canvas *c, int x, int y)
{
	if (x < 0 || y < 0 || x >= c->w || y >= c->h)
		return NULL;
	return &c->cells[(size_t)y * (size_t)c->w + (size_t)x];
}

/* A wide character that loses one half must not keep the other. */
static void break_wide(struct lk_canvas *c, int x, int y)
{
	struct lk_cell *here = cell_at(c, x, y), *left = cell_at(c, x - 1, y), *right = cell_at(c, x + 1, y);

	if (here && here->ch[0] == 0 && left)
		*left = (struct lk_cell){ .ch = { L' ' }, .style = left->style, .marks = left->marks };
	if (right && right->ch[0] == 0 && here && here->ch[0] != 0)
		*right = (struct lk_cell){ .ch = { L' ' }, .style = right->style, .marks = right->marks };
}

static void set_cell(struct lk_canvas *c, int x, int y, wchar_t ch, enum lk_style style)
{
	struct lk_cell *cell = cell_at(c, x, y);

	if (!cell)
		return;
	break_wide(c, x, y);
	*cell = (struct lk_cell){ .ch = { ch }, .style = (unsigned char)style };
}

/* A mark that combines with the character before it. */
static void combine(struct lk_canvas *c, int x, int y, wchar_t ch)
{
	struct lk_cell *cell = cell_at(c, x, y);
	size_t n = 1;

	if (cell && cell->ch[0] == 0)
		cell = cell_at(c, x - 1, y);
	if (!cell)
		return;
	while (n < LK_CELL_CHARS && cell->ch[n])
		n++;
	if (n < LK_CELL_CHARS)
		cell->ch[n] = ch;
}

/* A part of the text may lie outside of the canvas. Returns how many cells it takes with that part, at most `cells`. */
static int put_n(struct lk_canvas *c, int x, int y, int cells, enum lk_style style, const char *s, size_t n)
{
	int used = 0;

	for (size_t i = 0; i < n;) {
		uint32_t cp = (unsigned char)s[i];
		size_t len = lk_text_utf8(s + i, n - i, &cp);
		int width;

		i += len ? len : 1;
		width = len ? wcwidth((wchar_t)cp) : 1;
		if (!len || width < 0)
			cp = '?', width = 1;
		if (width == 0) {
			if (used)
				combine(c, x + used - 1, y, (wchar_t)cp);
			continue;
		}
		if (used > cells - width)
			break;
		/* Blanks instead of a wide character of which the canvas has only one half. */
		if (width == 2 && !(cell_at(c, x + used, y) && cell_at(c, x + used + 1, y)))
			cp = ' ';
		set_cell(c, x + used, y, (wchar_t)cp, style);
		if (width == 2)
			set_cell(c, x + used + 1, y, cp == ' ' ? L' ' : L'\0', style);
		used += width;
	}
	return used;
}

int lk_canvas_put(struct lk_canvas *c, int x, int y, int cells, enum lk_style style, const char *safe)
{
	return put_n(c, x, y, cells, style, safe, strlen(safe));
}

int lk_canvas_printf(struct lk_canvas *c, int x, int y, int cells, enum lk_style style, const char *fmt, ...)
{
	lk_auto_mem char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = lk_vprintf(fmt, ap);
	va_end(ap);
	return lk_canvas_put(c, x, y, cells, style, text);
}

static void pad(struct lk_canvas *c, int x, int y, int cells, enum lk_style style)
{
	for (int i = 0; i < cells; i++)
		set_cell(c, x + i, y, L' ', style);
}

int lk_canvas_bytes(struct lk_canvas *c, int x, int y, int cells, enum lk_style style, enum lk_fit fit,
		    const char *bytes, size_t n)
{
	lk_auto_mem char *safe = lk_sanitize(bytes, n, c->utf8);
	lk_auto_mem char *cut = NULL;
	const char *text = safe;
	int width;

	if (cells <= 0)
		return 0;
	pad(c, x, y, cells, style);
	width = (int)lk_sanitize_width(safe, c->utf8);
	if (fit == LK_FIT_PATH && width > cells) {
		cut = lk_sanitize_cut_left(safe, (size_t)cells, c->utf8,
					   c->utf8 && !c->ascii ? LK_SANITIZE_CUT : LK_SANITIZE_CUT_ASCII);
		text = cut;
	}
	if (fit == LK_FIT_RIGHT && width < cells)
		x += cells - width, cells = width;
	put_n(c, x, y, cells, style, text, strlen(text));
	return cells;
}

int lk_canvas_cells(const char *bytes, size_t n, bool utf8)
{
	lk_auto_mem char *safe = lk_sanitize(bytes, n, utf8);

	return (int)lk_sanitize_width(safe, utf8);
}

size_t lk_canvas_break(const char *safe, int cells, bool at_blanks, size_t *ret_next)
{
	size_t n = strlen(safe), i = 0, blank_at = 0;
	int used = 0;

	while (i < n) {
		uint32_t cp = (unsigned char)safe[i];
		size_t len = lk_text_utf8(safe + i, n - i, &cp);
		int width = len ? wcwidth((wchar_t)cp) : 1;

		if (cp == ' ' && i && safe[i - 1] != ' ')
			blank_at = i;
		if (i && width > 0 && used + width > cells)
			break;
		used += width > 0 ? width : 0;
		i += len ? len : 1;
	}
	*ret_next = i;
	if (i == n || !blank_at || !at_blanks)
		return i;
	*ret_next = blank_at + strspn(safe + blank_at, " ");
	return blank_at;
}

int lk_canvas_wrap(struct lk_canvas *c, int x, int y, int cells, int rows, enum lk_style style, const char *bytes)
{
	lk_auto_mem char *safe = lk_sanitize_str(bytes, c ? c->utf8 : lk_sanitize_locale_is_utf8());
	size_t len, next;
	int line = 0;

	if (cells < 1)
		return 1;
	for (const char *s = safe; *s; s += next, line++) {
		len = lk_canvas_break(s, cells, true, &next);
		if (c && line < rows)
			put_n(c, x, y + line, cells, style, s, len);
	}
	return line ? line : 1;
}

void lk_canvas_fill(struct lk_canvas *c, struct lk_rect r, enum lk_style style, char ch)
{
	for (int y = r.y; y < r.y + r.h; y++) {
		for (int x = r.x; x < r.x + r.w; x++)
			set_cell(c, x, y, (wchar_t)ch, style);
	}
}

void lk_canvas_mark(struct lk_canvas *c, struct lk_rect r, unsigned marks)
{
	for (int y = r.y; y < r.y + r.h; y++) {
		for (int x = r.x; x < r.x + r.w; x++) {
			struct lk_cell *cell = cell_at(c, x, y);

			if (cell)
				cell->marks |= (unsigned char)marks;
		}
	}
}

void lk_canvas_restyle(struct lk_canvas *c, struct lk_rect r, enum lk_style style)
{
	for (int y = r.y; y < r.y + r.h; y++) {
		for (int x = r.x; x < r.x + r.w; x++) {
			struct lk_cell *cell = cell_at(c, x, y);

			if (cell)
				cell->style = (unsigned char)style;
		}
	}
}

static void line_char(struct lk_canvas *c, int x, int y, wchar_t unicode, char ascii)
{
	set_cell(c, x, y, c->utf8 && !c->ascii ? unicode : (wchar_t)ascii, LK_STYLE_BORDER);
}

void lk_canvas_vline(struct lk_canvas *c, int x, int y, int h)
{
	for (int i = 0; i < h; i++)
		line_char(c, x, y + i, 0x2502, '|');
}

static void hline(struct lk_canvas *c, int x, int y, int w)
{
	for (int i = 0; i < w; i++)
		line_char(c, x + i, y, 0x2500, '-');
}

struct lk_rect lk_canvas_box(struct lk_canvas *c, struct lk_rect r, const char *title)
{
	if (r.w < 2 || r.h < 2)
		return (struct lk_rect){ r.x, r.y, 0, 0 };
	lk_canvas_fill(c, r, LK_STYLE_PLAIN, ' ');
	hline(c, r.x, r.y, r.w);
	hline(c, r.x, r.y + r.h - 1, r.w);
	lk_canvas_vline(c, r.x, r.y, r.h);
	lk_canvas_vline(c, r.x + r.w - 1, r.y, r.h);
	line_char(c, r.x, r.y, 0x250c, '+');
	line_char(c, r.x + r.w - 1, r.y, 0x2510, '+');
	line_char(c, r.x, r.y + r.h - 1, 0x2514, '+');
	line_char(c, r.x + r.w - 1, r.y + r.h - 1, 0x2518, '+');
	if (title && r.w > 6) {
		int used = lk_canvas_put(c, r.x + 2, r.y, 1, LK_STYLE_BORDER, " ");

		used += lk_canvas_put(c, r.x + 2 + used, r.y, r.w - 6, LK_STYLE_BRIGHT, title);
		lk_canvas_put(c, r.x + 2 + used, r.y, 1, LK_STYLE_BORDER, " ");
	}
	return (struct lk_rect){ r.x + 1, r.y + 1, r.w - 2, r.h - 2 };
}

static void dump_char(wchar_t ch, lk_buf *out)
{
	char text[4];

	lk_buf_add(out, text, lk_text_put_utf8((uint32_t)ch, text));
}

static wchar_t plain_line(wchar_t ch)
{
	if (ch == 0x2502)
		return L'|';
	if (ch == 0x2500)
		return L'-';
	return ch == 0x250c || ch == 0x2510 || ch == 0x2514 || ch == 0x2518 ? L'+' : ch;
}

void lk_canvas_dump(const struct lk_canvas *c, lk_buf *out)
{
	for (int y = 0; y < c->h; y++) {
		const struct lk_cell *row = &c->cells[(size_t)y * (size_t)c->w];
		int last = c->w;

		while (last > 0 && row[last - 1].ch[0] == L' ' && !row[last - 1].ch[1])
			last--;
		for (int x = 0; x < last; x++) {
			for (int i = 0; i < LK_CELL_CHARS && row[x].ch[i]; i++)
				dump_char(plain_line(row[x].ch[i]), out);
		}
		lk_buf_add(out, "\n", 1);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of text that is being typed. The text it begins with may have bytes that are not UTF-8: they are kept, and the cursor moves over
 * each of them by itself. */
#include <string.h>
#include <wchar.h>

#include "base/text.h"
#include "tui/pane/pane.h"

#define FIELD_MAX 4096 /* bytes; the kernel takes no longer path */

const char *lk_field_str(struct lk_field *f)
{
	return lk_buf_str(&f->text);
}

void lk_field_set(struct lk_field *f, const char *text)
{
	lk_buf b = { 0 };

	lk_buf_puts(&b, text);
	lk_vec_done(&f->text);
	f->text = b;
	f->at = b.n;
}

void lk_field_done(struct lk_field *f)
{
	lk_vec_done(&f->text);
	f->at = 0;
}

static bool is_combining(const struct lk_field *f, size_t at)
{
	uint32_t cp;

	return at < f->text.n && lk_text_utf8(f->text.v + at, f->text.n - at, &cp) && wcwidth((wchar_t)cp) == 0;
}

static size_t step_right(const struct lk_field *f, size_t at)
{
	do {
		size_t n = at < f->text.n ? lk_text_utf8(f->text.v + at, f->text.n - at, NULL) : 0;

		at += at < f->text.n ? (n ? n : 1) : 0;
	} while (is_combining(f, at));
	return at;
}

/* Steps from the start of the text, because only from there can it be told which bytes form a UTF-8 character. */
static size_t step_left(const struct lk_field *f, size_t at)
{
	size_t last = 0;

	for (size_t i = 0; i < at; i = step_right(f, i))
		last = i;
	return last;
}

static size_t word_left(const struct lk_field *f, size_t at)
{
	while (at > 0 && strchr(" /", f->text.v[at - 1]))
		at--;
	while (at > 0 && !strchr(" /", f->text.v[at - 1]))
		at--;
	return at;
}

static void cut(struct lk_field *f, size_t from, size_t to)
{
	if (from == to)
		return;
	memmove(f->text.v + from, f->text.v + to, f->text.n - to);
	f->text.n -= to - from;
	f->at = from;
}

static void insert(struct lk_field *f, lk_press k)
{
	char bytes[4];
	size_t n = lk_text_put_utf8(k, bytes);

	if (f->text.n + n > FIELD_MAX)
		return;
	lk_vec_reserve(&f->text.v, &f->text.cap, f->text.n, n, 1);
	memmove(f->text.v + f->at + n, f->text.v + f->at, f->text.n - f->at);
	memcpy(f->text.v + f->at, bytes, n);
	f->text.n += n;
	f->at += n;
}

/* Of what lies beyond the most that a field holds nothing is taken. */
void lk_field_paste(struct lk_field *f, const char *text)
{
	size_t n = strlen(text);
	uint32_t cp;

	while (n && (unsigned char)text[n - 1] <= ' ')
		n--;
	while (n && (unsigned char)*text <= ' ')
		text++, n--;
	for (size_t i = 0, step; i < n; i += step) {
		step = lk_text_utf8(text + i, n - i, &cp);
		if (step)
			insert(f, lk_press_is_text(cp) ? cp : ' ');
		step = step ? step : 1;
	}
}

static bool move_key(struct lk_field *f, lk_press k)
{
	switch (k) {
	case LK_KEY_LEFT:
	case LK_KEY_CTRL_B:
		f->at = step_left(f, f->at);
		return true;
	case LK_KEY_RIGHT:
	case LK_KEY_CTRL('F'):
		f->at = step_right(f, f->at);
		return true;
	case LK_KEY_HOME:
	case LK_KEY_CTRL('A'):
		f->at = 0;
		return true;
	case LK_KEY_END:
	case LK_KEY_CTRL('E'):
		f->at = f->text.n;
		return true;
	default:
		return false;
	}
}

bool lk_field_key(struct lk_field *f, lk_press k)
{
	size_t end = f->text.n;

	if (move_key(f, k))
		return true;
	switch (k) {
	case LK_KEY_BACKSPACE:
	case 0x7f:
	case LK_KEY_CTRL('H'):
		cut(f, step_left(f, f->at), f->at);
		return true;
	case LK_KEY_DELETE:
	case LK_KEY_CTRL('D'):
		cut(f, f->at, step_right(f, f->at));
		return true;
	case LK_KEY_CTRL('U'):
		cut(f, 0, f->at);
		return true;
	case LK_KEY_CTRL('K'):
		cut(f, f->at, end);
		return true;
	case LK_KEY_CTRL('W'):
		cut(f, word_left(f, f->at), f->at);
		return true;
	default:
		break;
	}
	if (!lk_press_is_text(k))
		return false;
	insert(f, k);
	return true;
}

void lk_field_paint(struct lk_field *f, struct lk_canvas *c, int x, int y, int cells, bool focus)
{
	size_t from = 0;
	int cursor;

	if (cells < 1)
		return;
	lk_buf_str(&f->text);
	/* The cursor needs a cell of its own, also at the end. */
	while (from < f->at && lk_canvas_cells(f->text.v + from, f->at - from, c->utf8) > cells - 1)
		from = step_right(f, from);
	lk_canvas_bytes(c, x, y, cells, LK_STYLE_INPUT, LK_FIT_LEFT, f->text.v + from, f->text.n - from);
	if (!focus)
		return;
	cursor = lk_canvas_cells(f->text.v + from, f->at - from, c->utf8);
	c->cursor_x = x + (cursor < cells ? cursor : cells - 1);
	c->cursor_y = y;
	c->cursor_visible = true;
}

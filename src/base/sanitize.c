/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns bytes that came from the machine into text that is safe for a terminal, and measures its width there. */
#include "base/sanitize.h"

#include <langinfo.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/alloc.h"
#include "base/text.h"

/* Format characters that wcwidth(3) may call printable but that hide or reorder text (Unicode 15, category Cf and similar). */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x00ad, 0x00ad },   { 0x034f, 0x034f },    { 0x0600, 0x0605 },   { 0x061c, 0x061c },   { 0x06dd, 0x06dd },
	{ 0x070f, 0x070f },   { 0x0890, 0x0891 },    { 0x08e2, 0x08e2 },   { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },   { 0x200b, 0x200f },    { 0x2028, 0x202e },   { 0x2060, 0x206f },   { 0x3164, 0x3164 },
	{ 0xe000, 0xf8ff },   { 0xfe00, 0xfe0f },    { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },
	{ 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },  { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe0fff }, { 0xf0000, 0x10ffff },
};

bool lk_sanitize_locale_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static bool is_hidden(uint32_t cp)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++) {
		if (cp >= hidden[i].first && cp <= hidden[i].last)
			return true;
	}
	return false;
}

static bool is_printable(uint32_t cp)
{
	if (cp < 0x80)
		return cp >= 0x20 && cp != 0x7f;
	return !is_hidden(cp) && wcwidth((wchar_t)cp) >= 0;
}

/* Bytes at s that may be shown as they are, 0 when the byte must be escaped. */
static size_t shown_len(const char *s, size_t n, bool utf8)
{
	uint32_t cp;
	size_t len = lk_text_utf8(s, n, &cp);

	if (!len || (len > 1 && !utf8))
		return 0;
	return is_printable(cp) ? len : 0;
}

static char *escape_byte(char *p, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";

	*p++ = '\\';
	*p++ = 'x';
	*p++ = hex[byte >> 4];
	*p++ = hex[byte & 15];
	return p;
}

/* How many bytes from s on are plain ASCII without a backslash: a fast path, because most names are plain throughout. */
static size_t plain_len(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] >= 0x20 && s[i] < 0x7f && s[i] != '\\')
		i++;
	return i;
}

/* Adds one character that is not plain, or one invalid byte. Returns how many bytes of s were used. */
static size_t add_special(char **p, const char *s, size_t n, bool utf8)
{
	size_t len = shown_len(s, n, utf8);

	if (!len) {
		*p = escape_byte(*p, (unsigned char)*s);
		return 1;
	}
	if (*s == '\\')
		*(*p)++ = '\\';
	memcpy(*p, s, len);
	*p += len;
	return len;
}

void lk_sanitize_add(lk_buf *out, const char *s, size_t n, bool utf8)
{
	size_t plain = plain_len(s, n), room;
	char *p;

	if (n > SIZE_MAX / 4)
		lk_alloc_fail();
	lk_buf_add(out, s, plain);
	if (plain == n)
		return;
	s += plain;
	n -= plain;
	room = n * 4;
	lk_vec_reserve(&out->v, &out->cap, out->n, room, 1);
	p = out->v + out->n;
	for (size_t i = 0; i < n;)
		i += add_special(&p, s + i, n - i, utf8);
	out->n = (size_t)(p - out->v);
}

char *lk_sanitize(const char *s, size_t n, bool utf8)
{
	lk_buf out = { 0 };

	lk_sanitize_add(&out, s, n, utf8);
	return lk_buf_str(&out);
}

char *lk_sanitize_str(const char *s, bool utf8)
{
	return s ? lk_sanitize(s, strlen(s), utf8) : NULL;
}

/* One unit of sanitized text: an escape or a character, never to be split. */
static size_t unit_len(const char *s, size_t n, bool utf8, size_t *ret_cells)
{
	uint32_t cp = 0;
	size_t len;
	int width;

	if (s[0] == '\\' && n >= 4 && s[1] == 'x') {
		*ret_cells = 4;
		return 4;
	}
	if (s[0] == '\\' && n >= 2) {
		*ret_cells = 2;
		return 2;
	}
	len = utf8 ? lk_text_utf8(s, n, &cp) : 0;
	width = len ? wcwidth((wchar_t)cp) : 1;
	*ret_cells = width < 0 ? 1 : (size_t)width;
	return len ? len : 1;
}

size_t lk_sanitize_width_n(const char *safe, size_t n, bool utf8)
{
	size_t i = plain_len(safe, n), sum = i, cells;

	while (i < n) {
		i += unit_len(safe + i, n - i, utf8, &cells);
		sum += cells;
	}
	return sum;
}

size_t lk_sanitize_width(const char *safe, bool utf8)
{
	return lk_sanitize_width_n(safe, strlen(safe), utf8);
}

/* Where the longest rest begins that has room behind the mark: at a slash, if there is one; else anywhere. room: cells for the rest. */
static size_t find_rest(const char *safe, size_t width, size_t room, bool utf8, bool at_slash)
{
	size_t n = strlen(safe), i = 0, w;

	while (i < n) {
		size_t len = unit_len(safe + i, n - i, utf8, &w);

		/* A combining mark without its base would join the mark of the cut. */
		if (i && width <= room && (at_slash ? safe[i] == '/' : w > 0))
			return i;
		i += len;
		width -= w;
	}
	return n;
}

char *lk_sanitize_cut_left(const char *safe, size_t cells, bool utf8, const char *mark)
{
	size_t width = lk_sanitize_width(safe, utf8), n = strlen(safe), mark_cells = lk_sanitize_width(mark, true), i;

	if (width <= cells)
		return lk_strdup(safe);
	if (cells <= mark_cells)
		return lk_strdup(safe + find_rest(safe, width, cells, utf8, false));
	i = find_rest(safe, width, cells - mark_cells, utf8, true);
	/* A slash at the end is no name. */
	if (i + 1 >= n)
		i = find_rest(safe, width, cells - mark_cells, utf8, false);
	return lk_printf("%s%s", mark, safe + i);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes JSON, compact for programs or laid out over lines for people. */
#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define CHUNK ((size_t)64 * 1024) /* bytes written at once */
#define NAME_ROOM 64 /* for a name with _b64 appended */
#define LONGEST_ESCAPE 6 /* bytes that one byte can become */
#define STEP 2 /* spaces of indentation for each level */

/* ---- text ---- */

/* Room for n more bytes; the caller adds to text.n what it uses. */
static char *room(struct lk_json *j, size_t n)
{
	if (j->text.cap - j->text.n < n)
		lk_vec_reserve(&j->text.v, &j->text.cap, j->text.n, n, 1);
	return j->text.v + j->text.n;
}

static void put(struct lk_json *j, const char *s, size_t n)
{
	memcpy(room(j, n), s, n);
	j->text.n += n;
}

static void put_char(struct lk_json *j, char c)
{
	*room(j, 1) = c;
	j->text.n++;
}

static void write_out(struct lk_json *j)
{
	errno = 0;
	if (!j->error && fwrite(j->text.v, 1, j->text.n, j->f) != j->text.n)
		j->error = errno ? -errno : -EIO;
	j->text.n = 0;
}

int lk_json_done(struct lk_json *j)
{
	if (j->f && j->text.n)
		write_out(j);
	lk_vec_done(&j->text);
	lk_vec_done(&j->open);
	for (size_t i = 0; i < sizeof(j->kept) / sizeof(*j->kept); i++)
		lk_vec_done(&j->kept[i].text);
	return j->error;
}

/* ---- where a value stands ---- */

/* What the next value is in: '{', '[' or '\n' as in lk_json.open; 0: outermost. */
static char inside(const struct lk_json *j)
{
	return j->open.n ? j->open.v[j->open.n - 1] : 0;
}

static void put_name(struct lk_json *j, const char *name)
{
	size_t n = strlen(name);
	char *p = room(j, n + 3);

	p[0] = '"';
	memcpy(p + 1, name, n);
	p[n + 1] = '"';
	p[n + 2] = ':';
	j->text.n += n + 3;
}

static void new_line(struct lk_json *j, size_t level)
{
	if (j->text.n)
		put_char(j, '\n');
	lk_buf_fill(&j->text, ' ', level * STEP);
}

static void new_field(struct lk_json *j)
{
	new_line(j, j->open.n - (j->item && j->open.n > 1 ? 2 : 1));
	if (j->item)
		put(j, "- ", 2);
	j->item = false;
}

/* If an element of a list is itself an object or a list, its dash goes on the first line of its contents. */
static void place_field(struct lk_json *j, const char *name, bool begins)
{
	if (j->open.n && !name)
		j->item = true;
	if (begins && !name)
		return;
	new_field(j);
	if (name) {
		put(j, name, strlen(name));
		put(j, ": ", begins ? 1 : 2);
	}
}

static void place_in_lines(struct lk_json *j, const char *name, bool begins)
{
	if (j->layout == LK_JSON_FIELDS) {
		place_field(j, name, begins);
		return;
	}
	if (j->more)
		put_char(j, ',');
	if (j->open.n)
		new_line(j, j->open.n);
	if (name) {
		put_name(j, name);
		put_char(j, ' ');
	}
}

/* begins: the value is an object or a list. */
static void place(struct lk_json *j, const char *name, bool begins)
{
	if (j->layout != LK_JSON_COMPACT) {
		place_in_lines(j, name, begins);
	} else {
		if (j->more)
			put_char(j, ',');
		if (inside(j) == '\n')
			put_char(j, '\n');
		if (name)
			put_name(j, name);
	}
	j->more = true;
}

static void begin(struct lk_json *j, const char *name, char kind)
{
	place(j, name, true);
	if (j->layout != LK_JSON_FIELDS)
		put_char(j, kind == '{' ? '{' : '[');
	*lk_vec_push(&j->open) = kind;
	j->more = false;
}

void lk_json_begin(struct lk_json *j, const char *name)
{
	begin(j, name, '{');
}

void lk_json_begin_list(struct lk_json *j, const char *name)
{
	begin(j, name, '[');
}

void lk_json_begin_rows(struct lk_json *j, const char *name)
{
	begin(j, name, '\n');
}

static void close_in_lines(struct lk_json *j, bool empty)
{
	if (j->layout == LK_JSON_INDENTED) {
		if (!empty)
			new_line(j, j->open.n);
		return;
	}
	if (empty && j->item)
		new_field(j);
	else if (empty)
		put_char(j, ' ');
	if (empty)
		put(j, "none", 4);
	j->item = false;
}

/* Text that has become long is written as soon as a row, or the whole value, is complete. */
void lk_json_end(struct lk_json *j)
{
	char kind = j->open.v[--j->open.n];

	if (j->layout != LK_JSON_COMPACT)
		close_in_lines(j, !j->more);
	if (j->layout != LK_JSON_FIELDS)
		put_char(j, kind == '{' ? '}' : ']');
	j->more = j->open.n > 0;
	if (!j->more)
		put_char(j, '\n');
	if (j->f && j->text.n >= CHUNK && (!j->more || inside(j) == '\n'))
		write_out(j);
}

bool lk_json_again(struct lk_json *j, int slot, const void *of)
{
	struct lk_json_kept *k = &j->kept[slot];

	k->begin = j->text.n;
	if (k->of != of || j->layout != LK_JSON_COMPACT)
		return false;
	put(j, k->text.v, k->text.n);
	return true;
}

void lk_json_keep(struct lk_json *j, int slot, const void *of)
{
	struct lk_json_kept *k = &j->kept[slot];

	k->of = of;
	k->text.n = 0;
	lk_buf_add(&k->text, j->text.v + k->begin, j->text.n - k->begin);
}

/* ---- values ---- */

static void put_word(struct lk_json *j, const char *name, const char *word)
{
	place(j, name, false);
	put(j, word, strlen(word));
}

void lk_json_null(struct lk_json *j, const char *name)
{
	put_word(j, name, "null");
}

void lk_json_bool(struct lk_json *j, const char *name, bool v)
{
	put_word(j, name, v ? "true" : "false");
}

void lk_json_number(struct lk_json *j, const char *name, int64_t v)
{
	place(j, name, false);
	lk_buf_number(&j->text, v);
}

void lk_json_number_if(struct lk_json *j, const char *name, int64_t v, bool known)
{
	if (known)
		lk_json_number(j, name, v);
	else
		lk_json_null(j, name);
}

void lk_json_unsigned(struct lk_json *j, const char *name, uint64_t v)
{
	place(j, name, false);
	lk_buf_unsigned(&j->text, v);
}

void lk_json_real(struct lk_json *j, const char *name, double v)
{
	char buf[40];

	if (!isfinite(v)) {
		lk_json_null(j, name);
		return;
	}
	snprintf(buf, sizeof(buf), "%.15g", v);
	if (strtod(buf, NULL) != v)
		snprintf(buf, sizeof(buf), "%.17g", v);
	put_word(j, name, buf);
	if (!strpbrk(buf, ".e"))
		put(j, ".0", 2);
}

/* ---- strings ---- */

static void put_quote(struct lk_json *j)
{
	if (j->layout != LK_JSON_FIELDS)
		put_char(j, '"');
}

/* Writes the escape of one UTF-16 code unit. Returns where it ends. */
static char *escape_unit(char *p, uint32_t unit)
{
	static const char hex[] = "0123456789ABCDEF";

	*p++ = '\\';
	*p++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*p++ = hex[unit >> shift & 15];
	return p;
}

static char *escape(char *p, uint32_t cp)
{
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (size_t i = 0; cp < 0x7f && i < sizeof(shorts) - 1; i += 2) {
		if ((uint32_t)shorts[i] == cp) {
			*p++ = '\\';
			*p++ = shorts[i + 1];
			return p;
		}
	}
	if (cp < 0x10000)
		return escape_unit(p, cp);
	return escape_unit(escape_unit(p, 0xd800 + ((cp - 0x10000) >> 10)), 0xdc00 + (cp & 0x3ff));
}

/* False: some byte was not valid UTF-8, or was NUL, and became U+FFFD. */
static bool put_text(struct lk_json *j, const char *s, size_t n)
{
	char *p = room(j, n * LONGEST_ESCAPE);
	bool exact = true;

	for (const char *end = s + n; s < end;) {
		uint32_t cp = 0;
		size_t len;

		if (*s >= 0x20 && *s < 0x7f && *s != '"' && *s != '\\') {
			*p++ = *s++;
			continue;
		}
		len = lk_text_utf8(s, (size_t)(end - s), &cp);
		exact = exact && cp;
		p = escape(p, cp ? cp : 0xfffd);
		s += cp ? len : 1;
	}
	j->text.n = (size_t)(p - j->text.v);
	return exact;
}

bool lk_json_string_n(struct lk_json *j, const char *name, const char *s, size_t n)
{
	bool exact;

	place(j, name, false);
	put_quote(j);
	exact = put_text(j, s, n);
	put_quote(j);
	return exact;
}

void lk_json_string(struct lk_json *j, const char *name, const char *s)
{
	if (s)
		lk_json_string_n(j, name, s, strlen(s));
	else
		lk_json_null(j, name);
}

void lk_json_base64(struct lk_json *j, const char *name, const void *p, size_t n)
{
	lk_auto_mem char *b64 = lk_text_b64(p, n);

	lk_json_string(j, name, b64);
}

void lk_json_bytes(struct lk_json *j, const char *name, const char *s)
{
	size_t n = s ? strlen(s) : 0, len = strlen(name);
	char name_b64[NAME_ROOM];
	bool exact = true;

	len = len < sizeof(name_b64) - sizeof("_b64") ? len : sizeof(name_b64) - sizeof("_b64");
	memcpy(name_b64, name, len);
	memcpy(name_b64 + len, "_b64", sizeof("_b64"));
	if (s)
		exact = lk_json_string_n(j, name, s, n);
	else
		lk_json_null(j, name);
	if (exact)
		lk_json_null(j, name_b64);
	else
		lk_json_base64(j, name_b64, s, n);
}

void lk_json_decimal(struct lk_json *j, const char *name, uint64_t v)
{
	place(j, name, false);
	put_quote(j);
	lk_buf_unsigned(&j->text, v);
	put_quote(j);
}

void lk_json_hex(struct lk_json *j, const char *name, uint64_t v, size_t digits)
{
	place(j, name, false);
	put_quote(j);
	lk_buf_hex(&j->text, v, digits);
	put_quote(j);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a capture: each line is parsed by jansson and put into the struct of its fact, by the table of the fields. */
#include "source/capture/capture_read.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "source/source.h"
#include "source/unread.h"

typedef const struct lk_capture_field field_t;

#define MAX_ERRNO 4095
#define CHUNK ((size_t)64 * 1024)
#define N_STRINGS 8 /* the last ones, to be shared: facts of one file repeat them */

struct reader {
	const char *name;
	int fd; /* -1: the whole capture is in text */
	const char *text; /* input that was not used yet: text[at..n) */
	size_t at, n;
	lk_buf window; /* where text is, if it comes from fd */
	size_t n_bytes; /* read from fd so far */
	size_t line; /* from 1 */
	const char *fact; /* the name of its kind; NULL not known */
	struct lk_arena *arena;
	lk_capture_facts *facts;
	const char *strings[N_STRINGS];
	size_t lengths[N_STRINGS], n_strings;
	const struct lk_fact_file *file; /* the last file that was read */
	struct lk_err *err;
};

static void cleanup_json(json_t **j)
{
	json_decref(*j);
}
#define auto_json __attribute__((cleanup(cleanup_json))) json_t

static int bad(struct reader *r, const char *why)
{
	if (r->fact)
		return lk_err_set(r->err, -EINVAL, "%s: line %zu (%s): %s", r->name, r->line, r->fact, why);
	return lk_err_set(r->err, -EINVAL, "%s: line %zu: %s", r->name, r->line, why);
}

/* ---- lines ---- */

/* 1: there is more; 0: there is none; or -errno. */
static int read_more(struct reader *r)
{
	ssize_t got;

	if (r->fd < 0)
		return 0;
	if (r->window.n)
		memmove(r->window.v, r->window.v + r->at, r->n - r->at);
	r->n -= r->at;
	r->at = 0;
	lk_vec_reserve(&r->window.v, &r->window.cap, r->n, CHUNK, 1);
	do {
		got = read(r->fd, r->window.v + r->n, r->window.cap - r->n);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return lk_err_set(r->err, -errno, "cannot read the capture %s: %s", r->name, strerror(errno));
	r->n += (size_t)got;
	r->window.n = r->n;
	r->text = r->window.v;
	r->n_bytes += (size_t)got;
	if (r->n_bytes > LK_CAPTURE_MAX_BYTES)
		return lk_err_set(r->err, -EFBIG, "%s: it is too big for a capture", r->name);
	return got > 0;
}

/* The next line without its newline, which the last line may lack. 1; 0: there is none; or -errno. */
static int next_line(struct reader *r, const char **ret, size_t *ret_n)
{
	const char *end = NULL;
	size_t n = 0;
	int rc = 1;

	r->line++;
	r->fact = NULL;
	while (!end && rc > 0 && n <= LK_CAPTURE_MAX_LINE) {
		end = memchr(r->text + r->at + n, '\n', r->n - r->at - n);
		n = end ? (size_t)(end - r->text) - r->at : r->n - r->at;
		rc = end ? 1 : read_more(r);
	}
	if (rc < 0)
		return rc;
	if (n > LK_CAPTURE_MAX_LINE)
		return bad(r, "it is too long");
	*ret = r->text + r->at;
	*ret_n = n;
	r->at += n + (end != NULL);
	return end || n;
}

/* Values of JSON take much more memory than their text. */
static bool has_too_many(const char *s, size_t n)
{
	bool quoted = false;
	size_t values = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"')
			quoted = !quoted;
		else if (quoted)
			i += s[i] == '\\';
		else
			values += s[i] == '{' || s[i] == '[' || s[i] == ',';
	}
	return values > LK_CAPTURE_MAX_VALUES;
}

static json_t *parse(struct reader *r, const char *s, size_t n)
{
	json_error_t e;
	json_t *v;

	if (has_too_many(s, n)) {
		bad(r, "it has too many values");
		return NULL;
	}
	v = json_loadb(s, n, JSON_REJECT_DUPLICATES, &e);
	if (!v)
		lk_err_set(r->err, -EINVAL, "%s: line %zu, column %d: not JSON: %s", r->name, r->line,
			   e.column > 0 ? e.column : 1, e.text);
	return v;
}

/* ---- fields ---- */

static void set_signed(field_t *f, void *p, int64_t v)
{
	if (f->size == sizeof(int))
		*(int *)p = (int)v;
	else
		*(int64_t *)p = v;
}

static void set_unsigned(field_t *f, void *p, uint64_t v)
{
	if (f->size == 1)
		*(unsigned char *)p = (unsigned char)v;
	else if (f->size == sizeof(unsigned))
		*(unsigned *)p = (unsigned)v;
	else
		*(uint64_t *)p = v;
}

/* The functions that follow return NULL, or what is wrong with the value, as the end of a sentence. */

static const char *take_signed(field_t *f, void *p, const json_t *v)
{
	int64_t i = json_integer_value(v);

	if (!json_is_integer(v) &&
	    (!json_is_string(v) || lk_text_i64(json_string_value(v), json_string_length(v), &i) < 0))
		return "must be a whole number";
	if (i < f->min || i > f->max)
		return "is out of range";
	set_signed(f, p, i);
	return NULL;
}

static const char *take_unsigned(field_t *f, void *p, const json_t *v)
{
	uint64_t u = (uint64_t)json_integer_value(v);

	if (json_is_string(v) ? lk_text_u64(json_string_value(v), json_string_length(v), 10, &u) < 0
			      : !json_is_integer(v) || json_integer_value(v) < 0)
		return "must be a whole number, not negative";
	if (f->size == sizeof(unsigned) && u > UINT_MAX)
		return "is out of range";
	set_unsigned(f, p, u);
	return NULL;
}

static const char *take_real(double *p, const json_t *v)
{
	if (!json_is_number(v) || !(json_number_value(v) >= 0))
		return "must be a number, not negative";
	*p = json_number_value(v);
	return NULL;
}

static const char *take_bool(field_t *f, void *p, const json_t *v)
{
	bool yes = json_is_true(v);

	if (!json_is_boolean(v))
		return "must be true or false";
	if (f->type == LK_CAP_BOOL)
		*(bool *)p = yes;
	else if (f->type == LK_CAP_TRI)
		*(enum lk_tri *)p = yes ? LK_YES : LK_NO;
	else if (yes)
		*(unsigned *)p |= (unsigned)f->max;
	return NULL;
}

static const char *take_enum(field_t *f, void *p, const char *s)
{
	for (size_t i = 0; f->words[i]; i++) {
		if (strcmp(s, f->words[i]) == 0) {
			set_unsigned(f, p, i);
			return NULL;
		}
	}
	return "is not a word that this version knows";
}

static const char *take_errno(int *p, const char *s)
{
	for (int e = 1; e <= MAX_ERRNO; e++) {
		if (strcmp(s, lk_err_name(e)) == 0) {
			*p = -e;
			return NULL;
		}
	}
	return "must be the name of an error, like \"EACCES\"";
}

static const char *take_key(struct lk_key *p, const char *s, size_t n)
{
	struct lk_key key = { .none = true };

	if (strcmp(s, "<none>:0") != 0 && lk_key_parse(s, n, &key) < 0)
		return "must be MAJOR:MINOR:INODE as in /proc/locks";
	*p = key;
	return NULL;
}

/* An empty word is stored as NULL. */
static const char *take_kernel_word(const char **p, const char *s, size_t n)
{
	if (n >= LK_WORD_MAX)
		return "is too long";
	*p = lk_word_keep(s, n);
	return n && !*p ? "is one unknown word too many" : NULL;
}

static const char *keep(struct reader *r, const char *s, size_t n)
{
	size_t slot = r->n_strings % N_STRINGS;

	for (size_t i = 0; i < N_STRINGS; i++) {
		if (r->strings[i] && r->lengths[i] == n && memcmp(r->strings[i], s, n) == 0)
			return r->strings[i];
	}
	r->strings[slot] = lk_arena_strndup(r->arena, s, n);
	r->lengths[slot] = n;
	r->n_strings++;
	return r->strings[slot];
}

/* s: n bytes with a NUL behind them. */
static const char *take_string(struct reader *r, field_t *f, char *base, const char *s, size_t n)
{
	void *p = base + f->offset;

	if (f->type != LK_CAP_BYTES && memchr(s, '\0', n))
		return "must not hold a zero byte";
	switch (f->type) {
	case LK_CAP_CHAR:
		if (n != 1 || *s < '!' || *s > '~')
			return "must be one printable character";
		*(char *)p = *s;
		return NULL;
	case LK_CAP_WORD:
		return take_kernel_word(p, s, n);
	case LK_CAP_ENUM:
		return take_enum(f, p, s);
	case LK_CAP_UNREAD:
		set_unsigned(f, p, lk_unread_find(s, n));
		return NULL;
	case LK_CAP_ERRNO:
		return take_errno(p, s);
	case LK_CAP_KEY:
		return take_key(p, s, n);
	case LK_CAP_BYTES:
		*(size_t *)(base + f->offset2) = n;
		/* fall through */
	default:
		*(const char **)p = keep(r, s, n);
		return NULL;
	}
}

/* Sets the value of a field that is left out. The struct was zeroed before. */
static const char *take_none(field_t *f, void *p)
{
	if (f->type == LK_CAP_TRI)
		*(enum lk_tri *)p = LK_UNKNOWN;
	else if (f->type == LK_CAP_SIGNED)
		set_signed(f, p, f->none);
	else if (f->type == LK_CAP_ENUM)
		set_unsigned(f, p, (uint64_t)f->none);
	return f->required ? "is missing" : NULL;
}

static const char *take_value(struct reader *r, field_t *f, char *base, const json_t *v)
{
	void *p = base + f->offset;

	if (f->type == LK_CAP_END && json_is_null(v)) {
		set_signed(f, p, LK_RANGE_EOF);
		return NULL;
	}
	if (!v || json_is_null(v))
		return take_none(f, p);
	switch (f->type) {
	case LK_CAP_BOOL:
	case LK_CAP_TRI:
	case LK_CAP_BIT:
		return take_bool(f, p, v);
	case LK_CAP_SIGNED:
	case LK_CAP_END:
		return take_signed(f, p, v);
	case LK_CAP_UNSIGNED:
		return take_unsigned(f, p, v);
	case LK_CAP_REAL:
		return take_real(p, v);
	default:
		if (!json_is_string(v))
			return "must be a string";
		return take_string(r, f, base, json_string_value(v), json_string_length(v));
	}
}

/* ---- objects ---- */

/* inside: "rec." while in a nested object, else "". */
static int complain(struct reader *r, const char *inside, const char *name, const char *why)
{
	return lk_err_set(r->err, -EINVAL, "%s: line %zu (%s): '%s%s' %s", r->name, r->line, r->fact, inside, name,
			  why);
}

static int read_field(struct reader *r, field_t *f, const char *inside, const json_t *o, char *base)
{
	const json_t *v = json_object_get(o, f->name), *b64 = NULL;
	char name_b64[LK_CAPTURE_NAME_ROOM];
	lk_auto_mem char *raw = NULL;
	const char *why;
	size_t n;

	if (json_is_string(v)) {
		snprintf(name_b64, sizeof(name_b64), "%s_b64", f->name);
		b64 = json_object_get(o, name_b64);
	}
	if (!b64 || json_is_null(b64)) {
		why = take_value(r, f, base, v);
		return why ? complain(r, inside, f->name, why) : 0;
	}
	if (!json_is_string(b64) || lk_text_unb64(json_string_value(b64), &raw, &n) < 0)
		return complain(r, inside, name_b64, "must be base64");
	why = take_string(r, f, base, raw, n);
	return why ? complain(r, inside, f->name, why) : 0;
}

static int read_object(struct reader *r, const struct lk_capture_shape *shape, const char *inside, const json_t *o,
		       char *base);

/* Facts of one file that follow each other share one struct lk_fact_file. */
static int read_file(struct reader *r, field_t *f, const char *inside, const json_t *v, const void **ret)
{
	struct lk_fact_file file;
	int rc;

	memset(&file, 0, sizeof(file));
	rc = read_object(r, f->sub, inside, v, (char *)&file);
	if (!rc && (!r->file || memcmp(r->file, &file, sizeof(file)) != 0))
		r->file = lk_arena_memdup(r->arena, &file, sizeof(file));
	*ret = r->file;
	return rc;
}

static int read_nested(struct reader *r, field_t *f, const json_t *o, char *base)
{
	const json_t *v = json_object_get(o, f->name);
	char inside[LK_CAPTURE_NAME_ROOM];

	if (!v)
		return complain(r, "", f->name, "is missing");
	if (f->type == LK_CAP_POINTER && json_is_null(v))
		return 0;
	if (!json_is_object(v))
		return complain(r, "", f->name, "must be an object");
	snprintf(inside, sizeof(inside), "%s.", f->name);
	if (f->type == LK_CAP_POINTER)
		return read_file(r, f, inside, v, (const void **)(base + f->offset));
	return read_object(r, f->sub, inside, v, base + f->offset);
}

static int read_object(struct reader *r, const struct lk_capture_shape *shape, const char *inside, const json_t *o,
		       char *base)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < shape->n_fields; i++) {
		field_t *f = &shape->fields[i];

		rc = f->sub ? read_nested(r, f, o, base) : read_field(r, f, inside, o, base);
	}
	return rc;
}

/* ---- facts ---- */

static int find_kind(struct reader *r, const json_t *o, enum lk_fact_kind *ret)
{
	const char *name = json_string_value(json_object_get(o, "fact"));

	for (int i = 0; name && i < LK_FACT_N_KINDS; i++) {
		if (strcmp(name, lk_capture_shapes[i].name) == 0) {
			*ret = (enum lk_fact_kind)i;
			r->fact = lk_capture_shapes[i].name;
			return 0;
		}
	}
	if (!name)
		return bad(r, "it is not an object with a string 'fact' that says what it is");
	return lk_err_set(r->err, -EINVAL, "%s: line %zu: a fact of a kind that this version does not know: '%s'",
			  r->name, r->line, name);
}

/* The order of source.h: host, locks, the rest, end. */
static int check_order(struct reader *r, enum lk_fact_kind kind)
{
	const lk_capture_facts *facts = r->facts;

	if (!facts->n)
		return kind == LK_FACT_HOST ? 0 : bad(r, "the first fact must be 'host'");
	if (facts->v[facts->n - 1].kind == LK_FACT_END)
		return bad(r, "nothing may follow the fact 'end'");
	if (kind == LK_FACT_HOST)
		return bad(r, "there may be only one fact 'host'");
	if (kind == LK_FACT_LOCK && facts->v[facts->n - 1].kind > LK_FACT_LOCK)
		return bad(r, "facts 'lock' must stand before the others");
	return facts->n < LK_CAPTURE_MAX_FACTS ? 0 : bad(r, "it has too many facts");
}

static int check_range(struct reader *r, const struct lk_capture_shape *shape, const char *fact)
{
	for (size_t i = 0; i < shape->n_fields; i++) {
		const struct lk_record *rec = (const void *)(fact + shape->fields[i].offset);

		if (shape->fields[i].type == LK_CAP_OBJECT && rec->range.end < rec->range.start)
			return bad(r, "'rec.end' is before 'rec.start'");
	}
	return 0;
}

static int read_fact(struct reader *r, const char *s, size_t n)
{
	auto_json *o = parse(r, s, n);
	enum lk_fact_kind kind = LK_FACT_N_KINDS;
	int rc = o ? find_kind(r, o, &kind) : -EINVAL;
	void *fact;

	rc = rc ? rc : check_order(r, kind);
	if (rc)
		return rc;
	fact = lk_arena_zalloc(r->arena, lk_capture_shapes[kind].size);
	rc = read_object(r, &lk_capture_shapes[kind], "", o, fact);
	rc = rc ? rc : check_range(r, &lk_capture_shapes[kind], fact);
	if (!rc)
		*lk_vec_push(r->facts) = (struct lk_fact){ .kind = kind, .any = fact };
	return rc;
}

static int read_head(struct reader *r, const char *s, size_t n)
{
	static const char family[] = "lockscope-capture/";
	auto_json *o = has_too_many(s, n) ? NULL : json_loadb(s, n, 0, NULL);
	const char *format = json_string_value(json_object_get(o, "capture"));

	if (!format || strncmp(format, family, strlen(family)) != 0)
		return bad(r, "this is not a capture of lockscope");
	if (strcmp(format, LK_CAPTURE_FORMAT) != 0)
		return bad(r, "this capture has another format than " LK_CAPTURE_FORMAT
			      "; use the version of lockscope that made it, or a newer one");
	return 0;
}

static int read_lines(struct reader *r)
{
	const char *s = "";
	size_t n = 0;
	int rc = next_line(r, &s, &n);

	rc = rc < 0 ? rc : read_head(r, s, n);
	while (!rc) {
		rc = next_line(r, &s, &n);
		if (rc <= 0)
			break;
		rc = read_fact(r, s, n);
	}
	if (rc)
		return rc;
	if (!r->facts->n || r->facts->v[r->facts->n - 1].kind != LK_FACT_END)
		return lk_err_set(r->err, -EINVAL, "%s: it is not whole: its last fact is not 'end'", r->name);
	return 0;
}

int lk_capture_read(const char *name, int fd, const char *text, size_t n, struct lk_arena *arena, lk_capture_facts *ret,
		    struct lk_err *err)
{
	struct reader r = { .name = name, .fd = fd, .text = text, .n = n, .arena = arena, .facts = ret, .err = err };
	int rc;

	if (n > LK_CAPTURE_MAX_BYTES)
		return lk_err_set(err, -EFBIG, "%s: it is too big for a capture", name);
	rc = read_lines(&r);
	lk_vec_done(&r.window);
	return rc;
}

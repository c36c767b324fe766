/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/capture_json.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "source/capture_value.h"

/* Room for the name of a field with "_b64" or "." behind it. */
#define NAME_ROOM 48

typedef const struct lk_capture_field field_t;
typedef struct lk_capture_value value_t;

static void cleanup_json(json_t **j)
{
	json_decref(*j);
}
#define auto_json __attribute__((cleanup(cleanup_json))) json_t

/* ---- writing ---- */

/* v is taken over; NULL means that memory was out. */
static int put_json(json_t *o, const char *name, json_t *v)
{
	return json_object_set_new_nocheck(o, name, v) < 0 ? -ENOMEM : 0;
}

static int put_bytes(json_t *o, const char *name, const char *s, size_t n)
{
	lk_auto_mem char *text = NULL;
	lk_auto_mem char *b64 = NULL;
	char name_b64[NAME_ROOM];
	int rc;

	if (lk_text_is_utf8(s, n) && !memchr(s, '\0', n))
		return put_json(o, name, json_stringn_nocheck(s, n));
	text = lk_text_to_utf8(s, n);
	b64 = lk_text_b64(s, n);
	if (!text || !b64)
		return -ENOMEM;
	rc = put_json(o, name, json_string_nocheck(text));
	snprintf(name_b64, sizeof(name_b64), "%s_b64", name);
	return rc ? rc : put_json(o, name_b64, json_string_nocheck(b64));
}

static int put_value(json_t *o, const char *name, const value_t *v)
{
	switch (v->kind) {
	case LK_CAPTURE_ABSENT:
		return 0;
	case LK_CAPTURE_BOOL:
		return put_json(o, name, json_boolean(v->yes));
	case LK_CAPTURE_NUMBER:
		return put_json(o, name, json_integer(v->number));
	case LK_CAPTURE_REAL:
		return put_json(o, name, json_real(v->real));
	case LK_CAPTURE_STRING:
		return put_bytes(o, name, v->s, v->n);
	default:
		return put_json(o, name, json_null());
	}
}

static int put_object(json_t *o, const struct lk_capture_shape *shape, const void *base);

static int put_nested(json_t *o, field_t *f, const void *base)
{
	const void *sub = (const char *)base + f->offset;
	json_t *v;
	int rc;

	if (f->type == LK_CAP_POINTER)
		memcpy(&sub, (const char *)base + f->offset, sizeof(sub));
	v = sub ? json_object() : json_null();
	rc = put_json(o, f->name, v);
	return rc || !sub ? rc : put_object(v, f->sub, sub);
}

static int put_object(json_t *o, const struct lk_capture_shape *shape, const void *base)
{
	value_t v;
	int rc = 0;

	for (size_t i = 0; !rc && i < shape->n_fields; i++) {
		field_t *f = &shape->fields[i];

		if (f->sub) {
			rc = put_nested(o, f, base);
			continue;
		}
		rc = lk_capture_value_load(f, base, &v);
		if (!rc)
			rc = put_value(o, f->name, &v);
	}
	return rc;
}

/* jansson escapes everything but printable ASCII and DEL. */
static int write_chunk(const char *s, size_t n, void *arg)
{
	FILE *out = arg;

	while (n) {
		const char *del = memchr(s, 0x7f, n);
		size_t plain = del ? (size_t)(del - s) : n;

		if (fwrite(s, 1, plain, out) != plain || (del && fputs("\\u007F", out) < 0))
			return -1;
		s += plain + (del ? 1 : 0);
		n -= plain + (del ? 1 : 0);
	}
	return 0;
}

int lk_capture_json_put(FILE *f, const struct lk_capture_shape *shape, const void *fact)
{
	auto_json *o = json_object();
	int rc;

	if (!o)
		return -ENOMEM;
	rc = put_json(o, "fact", json_string_nocheck(shape->name));
	if (!rc)
		rc = put_object(o, shape, fact);
	if (rc)
		return rc;
	errno = 0;
	if (json_dump_callback(o, write_chunk, f, JSON_COMPACT | JSON_ENSURE_ASCII) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

/* ---- reading ---- */

struct reader {
	const struct lk_capture_place *place;
	const char *fact; /* its name */
	const char *inside; /* "rec." while in a nested object, else "" */
	struct lk_arena *arena;
	struct lk_err *err;
};

static int bad(struct reader *r, const char *name, const char *why)
{
	const struct lk_capture_place *at = r->place;
	int code = strcmp(why, LK_CAPTURE_NO_MEMORY) == 0 ? -ENOMEM : -EINVAL;

	return lk_err_set(r->err, code, "%s: line %zu: fact %zu (%s): '%s%s' %s", at->name, at->line, at->fact, r->fact,
			  r->inside, name, why);
}

/* raw: owner of decoded bytes, to be freed by the caller. */
static int get_value(struct reader *r, field_t *f, const json_t *o, value_t *ret, char **ret_raw)
{
	const json_t *v = json_object_get(o, f->name), *b64;
	char name_b64[NAME_ROOM];
	int rc;

	*ret = (value_t){ .kind = LK_CAPTURE_OTHER };
	if (!v || json_is_null(v))
		ret->kind = v ? LK_CAPTURE_NULL : LK_CAPTURE_ABSENT;
	else if (json_is_boolean(v))
		*ret = (value_t){ .kind = LK_CAPTURE_BOOL, .yes = json_is_true(v) };
	else if (json_is_integer(v))
		*ret = (value_t){ .kind = LK_CAPTURE_NUMBER, .number = json_integer_value(v) };
	else if (json_is_real(v))
		*ret = (value_t){ .kind = LK_CAPTURE_REAL, .real = json_real_value(v) };
	if (!json_is_string(v))
		return 0;
	*ret = (value_t){ .kind = LK_CAPTURE_STRING, .s = json_string_value(v), .n = json_string_length(v) };
	snprintf(name_b64, sizeof(name_b64), "%s_b64", f->name);
	b64 = json_object_get(o, name_b64);
	if (!b64 || json_is_null(b64))
		return 0;
	rc = json_is_string(b64) ? lk_text_unb64(json_string_value(b64), ret_raw, &ret->n) : -EINVAL;
	if (rc < 0)
		return bad(r, name_b64, rc == -ENOMEM ? LK_CAPTURE_NO_MEMORY : "must be base64");
	ret->s = *ret_raw;
	return 0;
}

static int get_field(struct reader *r, field_t *f, const json_t *o, void *base)
{
	lk_auto_mem char *raw = NULL;
	const char *complaint;
	value_t v;
	int rc = get_value(r, f, o, &v, &raw);

	if (rc < 0)
		return rc;
	complaint = lk_capture_value_store(f, base, &v, r->arena);
	return complaint ? bad(r, f->name, complaint) : 0;
}

static int get_object(struct reader *r, const struct lk_capture_shape *shape, const json_t *o, void *base);

static int get_nested(struct reader *r, field_t *f, const json_t *o, char *base)
{
	const json_t *v = json_object_get(o, f->name);
	struct reader sub = *r;
	char inside[NAME_ROOM];
	void *to = base + f->offset;

	if (!v)
		return bad(r, f->name, "is missing");
	if (f->type == LK_CAP_POINTER && json_is_null(v))
		return 0;
	if (!json_is_object(v))
		return bad(r, f->name, "must be an object");
	if (f->type == LK_CAP_POINTER) {
		to = lk_arena_zalloc(r->arena, f->sub->size);
		if (!to)
			return bad(r, f->name, LK_CAPTURE_NO_MEMORY);
		memcpy(base + f->offset, &to, sizeof(to));
	}
	snprintf(inside, sizeof(inside), "%s.", f->name);
	sub.inside = inside;
	return get_object(&sub, f->sub, v, to);
}

static int get_object(struct reader *r, const struct lk_capture_shape *shape, const json_t *o, void *base)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < shape->n_fields; i++) {
		field_t *f = &shape->fields[i];

		rc = f->sub ? get_nested(r, f, o, base) : get_field(r, f, o, base);
	}
	return rc;
}

/* A value's own lines and columns count from where it stands in the capture. */
static json_t *parse(const char *text, size_t n, const struct lk_capture_place *at, struct lk_err *err)
{
	json_error_t e;
	json_t *v = json_loadb(text, n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &e);
	size_t line, column;

	if (v)
		return v;
	line = at->line + (e.line > 1 ? (size_t)e.line - 1 : 0);
	column = (e.column > 0 ? (size_t)e.column : 1) + (e.line > 1 ? 0 : at->column - 1);
	lk_err_set(err, -EINVAL, "%s: line %zu, column %zu: not JSON: %s", at->name, line, column, e.text);
	return NULL;
}

static int kind_of(const json_t *o, const struct lk_capture_place *at, enum lk_capture_kind *ret, struct lk_err *err)
{
	const char *name = json_string_value(json_object_get(o, "fact"));

	for (int i = 0; name && i < LK_CAPTURE_N_KINDS; i++) {
		if (strcmp(name, lk_capture_shapes[i].name) == 0) {
			*ret = (enum lk_capture_kind)i;
			return 0;
		}
	}
	if (!name)
		return lk_err_set(err, -EINVAL,
				  "%s: line %zu: fact %zu is not an object with a string 'fact' that says what it is",
				  at->name, at->line, at->fact);
	return lk_err_set(err, -EINVAL, "%s: line %zu: fact %zu is of a kind that this version does not know: '%s'",
			  at->name, at->line, at->fact, name);
}

int lk_capture_json_get(const char *text, size_t n, const struct lk_capture_place *place, struct lk_arena *arena,
			enum lk_capture_kind *ret_kind, void **ret, struct lk_err *err)
{
	auto_json *o = parse(text, n, place, err);
	struct reader r = { .place = place, .inside = "", .arena = arena, .err = err };
	enum lk_capture_kind kind = LK_CAPTURE_N_KINDS;
	void *fact;
	int rc;

	if (!o)
		return -EINVAL;
	rc = kind_of(o, place, &kind, err);
	if (rc < 0)
		return rc;
	r.fact = lk_capture_shapes[kind].name;
	fact = lk_arena_zalloc(arena, lk_capture_shapes[kind].size);
	if (!fact)
		return bad(&r, "fact", LK_CAPTURE_NO_MEMORY);
	rc = get_object(&r, &lk_capture_shapes[kind], o, fact);
	if (rc < 0)
		return rc;
	*ret_kind = kind;
	*ret = fact;
	return 0;
}

int lk_capture_json_check(const char *text, size_t n, const struct lk_capture_place *place, struct lk_err *err)
{
	auto_json *v = parse(text, n, place, err);

	return v ? 0 : -EINVAL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes facts as lines of JSON, by the table of their fields. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "source/capture/capture.h"
#include "source/capture/capture_shape.h"
#include "source/unread.h"

typedef const struct lk_capture_field field_t;

struct lk_capture_writer {
	struct lk_json json;
	bool begun;
	struct lk_sink sink;
};

static int64_t get_signed(field_t *f, const void *p)
{
	return f->size == sizeof(int) ? *(const int *)p : *(const int64_t *)p;
}

static uint64_t get_unsigned(field_t *f, const void *p)
{
	if (f->size == 1)
		return *(const unsigned char *)p;
	return f->size == sizeof(unsigned) ? *(const unsigned *)p : *(const uint64_t *)p;
}

static void put_signed(struct lk_json *j, const char *name, int64_t v)
{
	char text[24];

	if (v >= -LK_CAPTURE_EXACT_MAX && v <= LK_CAPTURE_EXACT_MAX) {
		lk_json_number(j, name, v);
		return;
	}
	snprintf(text, sizeof(text), "%" PRId64, v);
	lk_json_string(j, name, text);
}

static void put_unsigned(struct lk_json *j, const char *name, uint64_t v)
{
	if (v <= (uint64_t)LK_CAPTURE_EXACT_MAX)
		lk_json_unsigned(j, name, v);
	else
		lk_json_decimal(j, name, v);
}

static void put_bytes(struct lk_json *j, const char *name, const char *s, size_t n)
{
	char name_b64[LK_CAPTURE_NAME_ROOM];

	if (lk_json_string_n(j, name, s, n))
		return;
	snprintf(name_b64, sizeof(name_b64), "%s_b64", name);
	lk_json_base64(j, name_b64, s, n);
}

static void put_number(struct lk_json *j, field_t *f, const void *p)
{
	if (f->type == LK_CAP_REAL)
		lk_json_real(j, f->name, *(const double *)p);
	else if (f->type == LK_CAP_UNSIGNED && (f->required || get_unsigned(f, p)))
		put_unsigned(j, f->name, get_unsigned(f, p));
	else if (f->type == LK_CAP_END && get_signed(f, p) == LK_RANGE_EOF)
		lk_json_null(j, f->name);
	else if (f->type != LK_CAP_UNSIGNED && (f->required || get_signed(f, p) != f->none))
		put_signed(j, f->name, get_signed(f, p));
}

static void put_bool(struct lk_json *j, field_t *f, const void *p)
{
	enum lk_tri tri = f->type == LK_CAP_TRI ? *(const enum lk_tri *)p : LK_UNKNOWN;
	bool yes = f->type == LK_CAP_TRI   ? tri == LK_YES
		   : f->type == LK_CAP_BIT ? get_unsigned(f, p) & (uint64_t)f->max
					   : *(const bool *)p;

	if (yes || f->required || tri != LK_UNKNOWN)
		lk_json_bool(j, f->name, yes);
}

/* The types that are written as words. */
static void put_word(struct lk_json *j, field_t *f, const void *p)
{
	char buf[LK_KEY_TEXT];
	const char *s = NULL;

	if (f->type == LK_CAP_KEY)
		s = lk_key_format(p, buf);
	else if (f->type == LK_CAP_UNREAD)
		s = lk_unread_word((enum lk_unread_what)get_unsigned(f, p));
	else if (f->type == LK_CAP_ERRNO && get_signed(f, p))
		s = lk_err_name((int)get_signed(f, p));
	else if (f->type == LK_CAP_ENUM && (f->required || (int64_t)get_unsigned(f, p) != f->none))
		s = f->words[get_unsigned(f, p)];
	if (s)
		lk_json_string(j, f->name, s);
}

static void put_string(struct lk_json *j, field_t *f, const char *base)
{
	const char *p = base + f->offset, *s = f->type == LK_CAP_CHAR ? p : *(const char *const *)p;

	if (f->type == LK_CAP_CHAR ? !*s : !s)
		return;
	put_bytes(j, f->name, s,
		  f->type == LK_CAP_CHAR    ? 1
		  : f->type == LK_CAP_BYTES ? *(const size_t *)(base + f->offset2)
					    : strlen(s));
}

static void put_fields(struct lk_json *j, const struct lk_capture_shape *shape, const char *base);

static void put_nested(struct lk_json *j, field_t *f, const char *p)
{
	const char *sub = f->type == LK_CAP_POINTER ? *(const char *const *)p : p;

	if (!sub) {
		lk_json_null(j, f->name);
		return;
	}
	lk_json_begin(j, f->name);
	put_fields(j, f->sub, sub);
	lk_json_end(j);
}

static void put_fields(struct lk_json *j, const struct lk_capture_shape *shape, const char *base)
{
	for (size_t i = 0; i < shape->n_fields; i++) {
		field_t *f = &shape->fields[i];

		switch (f->type) {
		case LK_CAP_OBJECT:
		case LK_CAP_POINTER:
			put_nested(j, f, base + f->offset);
			break;
		case LK_CAP_BOOL:
		case LK_CAP_BIT:
		case LK_CAP_TRI:
			put_bool(j, f, base + f->offset);
			break;
		case LK_CAP_ENUM:
		case LK_CAP_UNREAD:
		case LK_CAP_ERRNO:
		case LK_CAP_KEY:
			put_word(j, f, base + f->offset);
			break;
		case LK_CAP_TEXT:
		case LK_CAP_BYTES:
		case LK_CAP_WORD:
		case LK_CAP_CHAR:
			put_string(j, f, base);
			break;
		default:
			put_number(j, f, base + f->offset);
		}
	}
}

static int write_fact(void *arg, const struct lk_fact *f)
{
	struct lk_capture_writer *w = arg;
	struct lk_json *j = &w->json;

	if (!w->begun) {
		w->begun = true;
		lk_json_begin(j, NULL);
		lk_json_string(j, "capture", LK_CAPTURE_FORMAT);
		lk_json_end(j);
	}
	lk_json_begin(j, NULL);
	lk_json_string(j, "fact", lk_capture_shapes[f->kind].name);
	put_fields(j, &lk_capture_shapes[f->kind], f->any);
	lk_json_end(j);
	return j->error;
}

struct lk_capture_writer *lk_capture_writer_new(FILE *f)
{
	struct lk_capture_writer *w = lk_alloc(1, sizeof(*w));

	w->json = (struct lk_json){ .f = f, .layout = LK_JSON_COMPACT };
	w->sink = (struct lk_sink){ w, write_fact };
	return w;
}

const struct lk_sink *lk_capture_writer_sink(struct lk_capture_writer *w)
{
	return &w->sink;
}

int lk_capture_writer_finish(struct lk_capture_writer *w)
{
	FILE *f = w->json.f;
	int rc = lk_json_done(&w->json);

	errno = 0;
	if (!rc && (fflush(f) != 0 || ferror(f)))
		rc = errno ? -errno : -EIO;
	return rc || w->begun ? rc : -ENODATA;
}

void lk_capture_writer_free(struct lk_capture_writer *w)
{
	if (!w)
		return;
	/* Without lk_capture_writer_finish() what is still in memory is not written. */
	w->json.f = NULL;
	lk_json_done(&w->json);
	free(w);
}

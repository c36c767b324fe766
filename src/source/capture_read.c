/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/capture_read.h"

#include <errno.h>
#include <string.h>

#include "source/capture_json.h"
#include "source/source.h"

struct doc {
	const char *p, *end;
	const char *line_start;
	size_t line; /* from 1 */
	const char *name;
	struct lk_arena *arena;
	lk_capture_facts *facts;
	struct lk_err *err;
	bool known_format;
	bool has_facts;
};

static struct lk_capture_place place_of(const struct doc *d)
{
	return (struct lk_capture_place){
		.name = d->name,
		.line = d->line,
		.column = (size_t)(d->p - d->line_start) + 1,
		.fact = d->facts->n + 1,
	};
}

static int bad(struct doc *d, const char *why)
{
	struct lk_capture_place at = place_of(d);

	return lk_err_set(d->err, -EINVAL, "%s: line %zu, column %zu: %s", d->name, at.line, at.column, why);
}

static void step(struct doc *d)
{
	if (*d->p++ != '\n')
		return;
	d->line++;
	d->line_start = d->p;
}

static void skip_blanks(struct doc *d)
{
	while (d->p < d->end && memchr(" \t\r\n", *d->p, 4))
		step(d);
}

/* The next character that is not blank; 0 at the end. */
static char peek(struct doc *d)
{
	skip_blanks(d);
	return d->p < d->end ? *d->p : '\0';
}

static int expect(struct doc *d, char c, const char *why)
{
	if (peek(d) != c)
		return bad(d, why);
	step(d);
	return 0;
}

/* Where a string ends that begins at p, behind its quote. NULL: it does not. */
static const char *string_end(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\')
			p++;
	}
	return NULL;
}

/* Where the value at d->p ends. It looks at quotes and brackets only; jansson judges what is between. */
static int value_end(struct doc *d, const char **ret)
{
	size_t depth = 0, values = 0;
	const char *p = d->p;

	while (p < d->end) {
		char c = *p;

		if (!depth && p > d->p && memchr(",]} \t\r\n", c, 7))
			break;
		if (c == '"') {
			p = string_end(p, d->end);
			if (!p)
				return bad(d, "a string that begins behind this place does not end");
		} else {
			p++;
		}
		if (c == '{' || c == '[')
			depth++;
		if ((c == '}' || c == ']') && depth)
			depth--;
		if (memchr("{[,", c, 3) && ++values > LK_CAPTURE_MAX_FACT_VALUES)
			return bad(d, "this value has too many members");
		if (depth > LK_CAPTURE_MAX_DEPTH)
			return bad(d, "this value is nested too deeply");
		if (!depth && memchr("\"}]", c, 3))
			break;
	}
	if (p == d->p || depth)
		return bad(d, depth ? "this value is cut off" : "a value is missing here");
	if ((size_t)(p - d->p) > LK_CAPTURE_MAX_FACT_BYTES)
		return bad(d, "this value is too long");
	*ret = p;
	return 0;
}

static void move_to(struct doc *d, const char *to)
{
	while (d->p < to)
		step(d);
}

static int check_record(struct doc *d, const struct lk_capture_place *at, struct lk_record *rec)
{
	/* Without break_to, as it was written once, the mode is what the lease is being broken down to. */
	if (rec->phase == LK_PHASE_BREAKING && !rec->break_to)
		lk_record_set_break(rec, rec->mode);
	if (rec->range.end >= rec->range.start)
		return 0;
	return lk_err_set(d->err, -EINVAL, "%s: line %zu: fact %zu: 'rec.end' is before 'rec.start'", d->name, at->line,
			  at->fact);
}

static int check_fact(struct doc *d, const struct lk_capture_place *at, enum lk_capture_kind kind, void *fact)
{
	switch (kind) {
	case LK_CAPTURE_LOCK:
		return check_record(d, at, &((struct lk_fact_lock *)fact)->rec);
	case LK_CAPTURE_FD:
		return check_record(d, at, &((struct lk_fact_fd *)fact)->rec);
	case LK_CAPTURE_WAITER:
		return check_record(d, at, &((struct lk_fact_waiter *)fact)->rec);
	default:
		return 0;
	}
}

/* The order of source.h: host, locks, the rest, end. */
static int check_order(struct doc *d, const struct lk_capture_place *at, enum lk_capture_kind kind)
{
	const lk_capture_facts *facts = d->facts;
	const char *why = NULL;

	if (!facts->n)
		why = kind == LK_CAPTURE_HOST ? NULL : "the first fact must be 'host'";
	else if (facts->v[facts->n - 1].kind == LK_CAPTURE_END)
		why = "nothing may follow the fact 'end'";
	else if (kind == LK_CAPTURE_HOST)
		why = "there may be only one fact 'host'";
	else if (kind == LK_CAPTURE_LOCK && facts->v[facts->n - 1].kind > LK_CAPTURE_LOCK)
		why = "facts 'lock' must stand before the others";
	if (!why)
		return 0;
	return lk_err_set(d->err, -EINVAL, "%s: line %zu: fact %zu: %s", d->name, at->line, at->fact, why);
}

static int read_fact(struct doc *d)
{
	struct lk_capture_place at;
	struct lk_capture_fact f, *slot;
	const char *end;
	void *fact;
	int rc;

	skip_blanks(d);
	at = place_of(d);
	if (d->facts->n >= LK_CAPTURE_MAX_FACTS)
		return bad(d, "it has too many facts");
	rc = value_end(d, &end);
	if (rc < 0)
		return rc;
	rc = lk_capture_json_get(d->p, (size_t)(end - d->p), &at, d->arena, &f.kind, &fact, d->err);
	if (rc < 0)
		return rc;
	f.fact = fact;
	rc = check_order(d, &at, f.kind);
	if (!rc)
		rc = check_fact(d, &at, f.kind, fact);
	if (rc < 0)
		return rc;
	slot = lk_vec_push(d->facts);
	if (!slot)
		return lk_err_set(d->err, -ENOMEM, "%s: not enough memory to read it", d->name);
	*slot = f;
	move_to(d, end);
	return 0;
}

static int read_facts(struct doc *d)
{
	int rc = expect(d, '[', "'facts' must be a list");

	if (rc < 0)
		return rc;
	if (d->has_facts)
		return bad(d, "there is a second 'facts'");
	d->has_facts = true;
	while (peek(d) != ']' || d->facts->n) {
		rc = read_fact(d);
		if (rc < 0)
			return rc;
		if (peek(d) != ',')
			break;
		step(d);
	}
	return expect(d, ']', "a comma or the end of the list of facts is missing here");
}

static bool text_is(const char *p, const char *end, const char *want)
{
	return (size_t)(end - p) == strlen(want) && memcmp(p, want, strlen(want)) == 0;
}

static int read_format(struct doc *d)
{
	static const char family[] = "\"lockscope-capture/";
	const char *end;
	int rc;

	skip_blanks(d);
	rc = value_end(d, &end);
	if (rc < 0)
		return rc;
	d->known_format = text_is(d->p, end, "\"" LK_CAPTURE_FORMAT "\"");
	if (!d->known_format && (size_t)(end - d->p) > sizeof(family) && memcmp(d->p, family, sizeof(family) - 1) == 0)
		return bad(d, "this capture has another format than " LK_CAPTURE_FORMAT
			      "; use the version of lockscope that made it, or a newer one");
	if (!d->known_format)
		return bad(d, "this is not a capture of lockscope");
	move_to(d, end);
	return 0;
}

/* A member that this version does not know. */
static int skip_member(struct doc *d)
{
	struct lk_capture_place at;
	const char *end;
	int rc;

	skip_blanks(d);
	at = place_of(d);
	rc = value_end(d, &end);
	if (!rc)
		rc = lk_capture_json_check(d->p, (size_t)(end - d->p), &at, d->err);
	if (!rc)
		move_to(d, end);
	return rc;
}

static int read_member(struct doc *d)
{
	const char *name, *end;
	int rc;

	if (peek(d) != '"')
		return bad(d, "the name of a member is missing here");
	name = d->p;
	rc = value_end(d, &end);
	if (rc < 0)
		return rc;
	move_to(d, end);
	rc = expect(d, ':', "a colon is missing here");
	if (rc < 0)
		return rc;
	if (text_is(name, end, "\"capture\""))
		return read_format(d);
	if (!d->known_format)
		return bad(
			d,
			"this is not a capture of lockscope: its first member must be \"capture\":\"" LK_CAPTURE_FORMAT
			"\"");
	return text_is(name, end, "\"facts\"") ? read_facts(d) : skip_member(d);
}

static int read_members(struct doc *d)
{
	int rc;

	do {
		rc = read_member(d);
		if (rc < 0)
			return rc;
		if (peek(d) != ',')
			break;
		step(d);
	} while (true);
	return expect(d, '}', "a comma or the end of the capture is missing here");
}

int lk_capture_read(const char *name, const char *text, size_t n, struct lk_arena *arena, lk_capture_facts *ret,
		    struct lk_err *err)
{
	struct doc d = { .p = text,
			 .end = text + n,
			 .line_start = text,
			 .line = 1,
			 .name = name,
			 .arena = arena,
			 .facts = ret,
			 .err = err };
	int rc;

	if (n > LK_CAPTURE_MAX_BYTES)
		return lk_err_set(err, -EFBIG, "%s: it is too big for a capture", name);
	rc = expect(&d, '{', "this is not a capture of lockscope");
	if (!rc)
		rc = read_members(&d);
	if (rc < 0)
		return rc;
	if (peek(&d))
		return bad(&d, "something follows behind the end of the capture");
	if (d.p < d.end)
		return bad(&d, "a zero byte follows behind the end of the capture");
	if (!ret->n || ret->v[ret->n - 1].kind != LK_CAPTURE_END)
		return lk_err_set(err, -EINVAL, "%s: it is not whole: its last fact is not 'end'", name);
	return 0;
}

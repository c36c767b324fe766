/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges of bytes: parsed, written, compared. */
#include "record/range.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ints.h"
#include "base/text.h"

bool lk_range_is_whole(struct lk_range r)
{
	return r.start == 0 && r.end == LK_RANGE_EOF;
}

bool lk_range_is_to_eof(struct lk_range r)
{
	return r.end == LK_RANGE_EOF;
}

bool lk_range_overlaps(struct lk_range a, struct lk_range b)
{
	return a.start <= b.end && b.start <= a.end;
}

int lk_range_compare(struct lk_range a, struct lk_range b)
{
	int rc = lk_compare(a.start, b.start);

	return rc ? rc : lk_compare(a.end, b.end);
}

static int parse_offset(const char *s, size_t n, int64_t *ret)
{
	uint64_t v;

	if (lk_text_size(s, n, &v) < 0 || v > INT64_MAX)
		return -EINVAL;
	*ret = (int64_t)v;
	return 0;
}

static int parse_end(char op, const char *s, struct lk_range *r)
{
	int64_t v;

	if (op == '-' && !*s) {
		r->end = LK_RANGE_EOF;
		return 0;
	}
	if (parse_offset(s, strlen(s), &v) < 0)
		return -EINVAL;
	if (op == '-') {
		r->end = v;
		return v < r->start ? -ERANGE : 0;
	}
	if (v == 0 || __builtin_add_overflow(r->start, v - 1, &r->end))
		return -ERANGE;
	return 0;
}

static int parse_range(const char *s, struct lk_range *r)
{
	size_t n = strcspn(s, "-+");
	int rc;

	if (strcmp(s, "whole") == 0) {
		*r = LK_RANGE_WHOLE;
		return 0;
	}
	rc = parse_offset(s, n, &r->start);
	if (rc < 0)
		return rc;
	if (!s[n]) {
		r->end = r->start;
		return 0;
	}
	return parse_end(s[n], s + n + 1, r);
}

int lk_range_parse(const char *s, struct lk_range *ret, struct lk_err *err)
{
	struct lk_range r;
	int rc = parse_range(s, &r);

	if (rc == -ERANGE)
		return lk_err_set(err, -EINVAL, "bad range '%s': it is empty or ends beyond 2^63-1", s);
	if (rc < 0)
		return lk_err_set(
			err, -EINVAL,
			"bad range '%s': write FIRST-LAST, FIRST+LENGTH, FIRST- (to the end of the file) or whole", s);
	*ret = r;
	return 0;
}

/* Writes v so that it ends just before p; returns where it begins. The kernel has no negative offset, but one is written with its sign. */
static char *put_offset(char *p, int64_t v)
{
	p = lk_text_decimal(p, v < 0 ? -(uint64_t)v : (uint64_t)v);
	if (v < 0)
		*--p = '-';
	return p;
}

const char *lk_range_format(struct lk_range r, char buf[LK_RANGE_TEXT])
{
	char *p = buf + LK_RANGE_TEXT;

	if (lk_range_is_whole(r))
		return memcpy(buf, "whole", sizeof("whole"));
	*--p = '\0';
	if (!lk_range_is_to_eof(r))
		p = put_offset(p, r.end);
	*--p = '-';
	p = put_offset(p, r.start);
	return memmove(buf, p, (size_t)(buf + LK_RANGE_TEXT - p));
}

const char *lk_range_words(struct lk_range r, char buf[LK_RANGE_WORDS])
{
	char text[LK_RANGE_TEXT];

	if (lk_range_is_whole(r))
		snprintf(buf, LK_RANGE_WORDS, "the whole file");
	else if (r.start == r.end)
		snprintf(buf, LK_RANGE_WORDS, "byte %" PRId64, r.start);
	else
		snprintf(buf, LK_RANGE_WORDS, "bytes %s", lk_range_format(r, text));
	return buf;
}

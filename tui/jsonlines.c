/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/jsonlines.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/out_json.h"

#define STEP 2 /* cells a level is indented by */

struct layout {
	struct lk_text *text;
	enum lk_jsonlines how;
	lk_buf line;
	size_t depth;
	bool dash; /* fields: the next line begins an element of a list */
};

static int end_line(struct layout *y)
{
	size_t level = y->how == LK_JSONLINES_EXACT ? y->depth : y->depth - 1;
	int indent = (int)level * STEP, rc;

	/* The name of a list or an object has nothing behind it. */
	while (y->line.n && y->line.v[y->line.n - 1] == ' ')
		y->line.n--;
	if (!y->line.n)
		return 0;
	if (y->dash && indent >= STEP)
		rc = lk_text_add(y->text, LK_STYLE_PLAIN, "%*s- %.*s", indent - STEP, "", (int)y->line.n, y->line.v);
	else
		rc = lk_text_add(y->text, LK_STYLE_PLAIN, "%*s%.*s", indent, "", (int)y->line.n, y->line.v);
	y->dash = false;
	y->line.n = 0;
	if (!rc)
		y->text->lines.v[y->text->lines.n - 1].exact = true;
	return rc;
}

/* Where the token that begins at s ends. */
static size_t token_length(const char *s)
{
	size_t n = 1;

	if (*s != '"')
		return strcspn(s, ",:[]{}");
	while (s[n] && s[n] != '"')
		n += s[n] == '\\' && s[n + 1] ? 2 : 1;
	return s[n] ? n + 1 : n;
}

static int put_token(struct layout *y, const char *s, size_t n)
{
	if (y->how == LK_JSONLINES_FIELDS && *s == '"' && n >= 2)
		return lk_buf_add(&y->line, s + 1, n - 2);
	return lk_buf_add(&y->line, s, n);
}

static bool is_open(char c)
{
	return c == '{' || c == '[';
}

/* An empty list or object stays in its line. */
static int open_value(struct layout *y, const char *s)
{
	bool exact = y->how == LK_JSONLINES_EXACT;
	int rc = 0;

	if (s[1] == '}' || s[1] == ']')
		return lk_buf_add(&y->line, exact ? s : "none", exact ? 2 : 4);
	if (exact)
		rc = lk_buf_add(&y->line, s, 1);
	rc = rc ? rc : end_line(y);
	y->depth++;
	if (*s == '[')
		y->dash = !exact;
	return rc;
}

static int close_value(struct layout *y, const char *s)
{
	int rc = end_line(y);

	if (y->depth)
		y->depth--;
	y->dash = false;
	return rc || y->how == LK_JSONLINES_FIELDS ? rc : lk_buf_add(&y->line, s, 1);
}

/* in_list: by depth, whether that level is a list; deep enough for all that is printed. */
static int next_value(struct layout *y, const bool *in_list)
{
	int rc = y->how == LK_JSONLINES_EXACT ? lk_buf_puts(&y->line, ",") : 0;

	rc = rc ? rc : end_line(y);
	y->dash = y->how == LK_JSONLINES_FIELDS && in_list[y->depth];
	return rc;
}

int lk_jsonlines_add(struct lk_text *x, const char *json, enum lk_jsonlines how)
{
	enum { DEEPEST = 16 };
	struct layout y = { .text = x, .how = how };
	bool in_list[DEEPEST + 1] = { false };
	int rc = 0;

	for (size_t n; *json && !rc; json += n) {
		n = 1;
		if (is_open(*json) && y.depth < DEEPEST) {
			n = json[1] == '}' || json[1] == ']' ? 2 : 1;
			in_list[y.depth + 1] = *json == '[';
			rc = open_value(&y, json);
		} else if (*json == '}' || *json == ']') {
			rc = close_value(&y, json);
		} else if (*json == ',') {
			rc = next_value(&y, in_list);
		} else if (*json == ':') {
			rc = lk_buf_puts(&y.line, ": ");
		} else {
			n = token_length(json);
			n = n ? n : 1;
			rc = put_token(&y, json, n);
		}
	}
	y.depth = y.depth ? y.depth : 1;
	if (how == LK_JSONLINES_EXACT)
		y.depth = 0;
	rc = rc ? rc : end_line(&y);
	lk_vec_done(&y.line);
	return rc;
}

int lk_jsonlines_row(const struct lk_snapshot *s, const struct lk_lock *l, char **ret)
{
	char *json = NULL;
	size_t n;
	FILE *f = open_memstream(&json, &n);
	int rc = f ? lk_json_put_row(f, s, l, "", true) : -ENOMEM;

	if (f && fclose(f) && !rc)
		rc = -ENOMEM;
	if (rc < 0) {
		free(json);
		return rc;
	}
	*ret = json;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Searching rows, and hiding them by filters. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "tui/widget/list_private.h"

/* Smart case: a capital letter in the text that is searched for makes case matter. */
static bool case_matters(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] >= 'A' && text[i] <= 'Z')
			return true;
	}
	return false;
}

bool lk_list_contains(const char *words, size_t n, const char *text, size_t m)
{
	bool is_letter = m && text[0] >= 'a' && text[0] <= 'z';
	char other = is_letter ? (char)(text[0] - 'a' + 'A') : 0;

	if (case_matters(text, m))
		return memmem(words, n, text, m);
	for (size_t i = 0; m && m <= n && i <= n - m; i++) {
		if ((words[i] == text[0] || (is_letter && words[i] == other)) && strncasecmp(words + i, text, m) == 0)
			return true;
	}
	return !m;
}

static bool is_number(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n && !text[n];
}

static bool pid_begins(const struct lk_list *l, const struct lk_item *it, const char *text)
{
	int pid = l->ops->pid ? l->ops->pid(l->view, it) : 0;
	char digits[16];
	size_t n = sizeof(digits);

	if (pid <= 0 || !is_number(text))
		return false;
	for (; pid; pid /= 10)
		digits[--n] = (char)('0' + pid % 10);
	return strlen(text) <= sizeof(digits) - n && memcmp(digits + n, text, strlen(text)) == 0;
}

static bool words_say(const struct lk_list *l, const struct lk_item *it, const char *text, lk_buf *words)
{
	words->n = 0;
	l->ops->words(l->view, it, words);
	return lk_list_contains(words->v, words->n, text, strlen(text));
}

bool lk_list_says(const struct lk_list *l, const struct lk_item *it, const char *text)
{
	lk_buf words = { 0 };
	bool is = pid_begins(l, it, text) || words_say(l, it, text, &words);

	lk_vec_done(&words);
	return is;
}

/* The place of the first row that contains the search text; SIZE_MAX: none. */
static size_t search_once(const struct lk_list *l, size_t from, int direction, bool by_pid, lk_buf *words)
{
	size_t n = l->shown.n;

	for (size_t step = 0; step < n; step++) {
		size_t i = direction > 0 ? (from + step) % n : (from % n + n - step) % n;
		const struct lk_item *it = lk_list_at(l, i);

		if (it->flags & LK_ITEM_FIXED)
			continue;
		if (by_pid ? pid_begins(l, it, l->search) : words_say(l, it, l->search, words))
			return i;
	}
	return SIZE_MAX;
}

/* Rows whose pid begins with the digits come before rows that contain them anywhere. */
bool lk_list_search(struct lk_list *l, size_t from, int direction)
{
	lk_buf words = { 0 };
	size_t at = SIZE_MAX;

	if (!l->search || !*l->search || !l->shown.n)
		return false;
	if (is_number(l->search))
		at = search_once(l, from, direction, true, &words);
	if (at == SIZE_MAX)
		at = search_once(l, from, direction, false, &words);
	lk_vec_done(&words);
	if (at == SIZE_MAX)
		return false;
	lk_list_select(l, at);
	return true;
}

bool lk_list_search_on(struct lk_list *l, int direction)
{
	size_t n = l->shown.n;

	return n && lk_list_search(l, direction > 0 ? l->cursor_at + 1 : l->cursor_at + n - 1, direction);
}

/* ---- filters ---- */

/* "a|b|!c": one of them must be true. */
static bool alternatives_say(const char *filter, const lk_buf *words)
{
	for (const char *p = filter;; p++) {
		size_t n = strcspn(p, "|");
		bool negated = n && *p == '!';
		const char *text = p + negated;

		if ((n - negated || n == 0) && lk_list_contains(words->v, words->n, text, n - negated) != negated)
			return true;
		p += n;
		if (!*p)
			return false;
	}
}

static bool passes_text(const struct lk_list *l, const struct lk_item *it, lk_buf *words)
{
	words->n = 0;
	l->ops->words(l->view, it, words);
	return alternatives_say(l->filter_text, words);
}

static void arrange_anew(struct lk_list *l)
{
	lk_list_arrange(l);
	lk_list_reselect(l);
}

bool lk_list_passes(const struct lk_list *l, const struct lk_item *it, lk_buf *words)
{
	if (it->flags & LK_ITEM_FIXED)
		return !l->filter_text && !l->user_filter && !l->only_contended;
	if (l->only_contended && !(it->flags & LK_ITEM_CONTENDED))
		return false;
	if (l->user_filter && l->ops->match && !l->ops->match(l->view, it, l->user_filter))
		return false;
	if (!l->filter_text)
		return true;
	if (l->filter)
		return l->ops->match && l->ops->match(l->view, it, l->filter);
	return passes_text(l, it, words);
}

static const struct lk_column *columns_of(const struct lk_list *l)
{
	return l->ops->filter_columns ? l->ops->filter_columns : lk_column_list;
}

int lk_list_set_filter(struct lk_list *l, const char *text, struct lk_err *err)
{
	bool is_expression = text && text[0] == '=', empty = !text || !text[is_expression];
	struct lk_filter *filter = NULL;
	char *copy;
	int rc = is_expression && !empty ? lk_filter_parse(text + 1, columns_of(l), &filter, err) : 0;

	if (rc < 0)
		return rc;
	copy = empty ? NULL : lk_strdup(text);
	lk_filter_free(l->filter);
	free(l->filter_text);
	l->filter = filter;
	l->filter_text = copy;
	arrange_anew(l);
	return 0;
}

/* user=="NAME" as heap memory, with quotes and backslashes escaped. */
static char *user_expression(const char *user)
{
	lk_buf b = { 0 };

	lk_buf_puts(&b, "user==\"");
	for (const char *p = user; *p; p++) {
		if (*p == '"' || *p == '\\')
			lk_buf_add(&b, "\\", 1);
		lk_buf_add(&b, p, 1);
	}
	lk_buf_puts(&b, "\"");
	return lk_buf_str(&b);
}

int lk_list_set_user(struct lk_list *l, const char *user, struct lk_err *err)
{
	lk_auto_mem char *text = user ? user_expression(user) : NULL;
	struct lk_filter *filter = NULL;
	char *copy;
	int rc = text ? lk_filter_parse(text, columns_of(l), &filter, NULL) : 0;

	if (rc < 0)
		return lk_err_set(err, rc, "The rows of this view have no user to choose by.");
	/* user may be l->user, which is freed below. */
	copy = lk_strdup(user);
	lk_filter_free(l->user_filter);
	free(l->user);
	l->user_filter = filter;
	l->user = copy;
	arrange_anew(l);
	return 0;
}

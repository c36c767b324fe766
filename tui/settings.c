/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define DELAY_MIN 100u
#define DELAY_MAX 3600000u
#define HIGHLIGHT_MAX 1000u
#define BINDS_MAX 256

static const char *const units_words[] = { "iec", "bytes", "hex", NULL };
static const char *const glyphs_words[] = { "auto", "ascii", "unicode", NULL };
static const char *const color_words[] = { "auto", "always", "never", NULL };
static const char *const header_words[] = { "full", "none", NULL };
static const char *const view_words[] = { "locks", "files", "procs", "waits", "map", "history", NULL };

static const struct lk_setting table[] = {
	{ "delay", "seconds between two looks, 0.1 to 3600", NULL, false },
	{ "columns", "columns of the Locks view", NULL, false },
	{ "sort", "column that orders the Locks view, - in front for descending", NULL, false },
	{ "filter", "filter of the Locks view", NULL, false },
	{ "start-view", "the view to begin with", view_words, false },
	{ "units", "how sizes and ranges are written", units_words, false },
	{ "glyphs", "what lines are drawn with", glyphs_words, false },
	{ "color", "whether to use colours", color_words, false },
	{ "header", "figures at the top", header_words, false },
	{ "highlight-changes", "how many looks a new row stands out; 0: not at all", NULL, false },
	{ "mouse", "take mouse clicks", NULL, true },
	{ "accessible", "always show the cursor, for screen readers", NULL, true },
	{ "readonly", "refuse everything that changes something", NULL, true },
	{ "bind", "a key and the command it means", NULL, false },
};

const struct lk_setting *lk_setting_table(size_t *ret_n)
{
	*ret_n = sizeof(table) / sizeof(*table);
	return table;
}

void lk_settings_init(struct lk_settings *s)
{
	*s = (struct lk_settings){ .delay_ms = 2000, .highlight_looks = 3, .mouse = true, .header = true };
}

static void clear_binds(struct lk_settings *s)
{
	for (size_t i = 0; i < s->binds.n; i++)
		free(s->binds.v[i]);
	lk_vec_done(&s->binds);
}

void lk_settings_done(struct lk_settings *s)
{
	free(s->columns);
	free(s->sort);
	free(s->filter);
	clear_binds(s);
	*s = (struct lk_settings){ 0 };
}

void lk_settings_copy(struct lk_settings *ret, const struct lk_settings *s)
{
	*ret = *s;
	ret->columns = lk_strdup(s->columns);
	ret->sort = lk_strdup(s->sort);
	ret->filter = lk_strdup(s->filter);
	ret->binds.v = NULL;
	ret->binds.n = ret->binds.cap = 0;
	for (size_t i = 0; i < s->binds.n; i++)
		*lk_vec_push(&ret->binds) = lk_strdup(s->binds.v[i]);
}

static const struct lk_setting *find(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

static int set_word(const struct lk_setting *what, const char *value, int *ret, struct lk_err *err)
{
	lk_buf words = { 0 };
	int rc;

	for (int i = 0; what->words[i]; i++) {
		if (strcmp(what->words[i], value) == 0) {
			*ret = i;
			lk_vec_done(&words);
			return 0;
		}
		lk_buf_printf(&words, "%s%s", i == 0 ? "" : what->words[i + 1] ? ", " : " or ", what->words[i]);
	}
	rc = lk_err_set(err, -EINVAL, "%s is %s, not \"%.80s\"", what->name, lk_buf_str(&words), value);
	lk_vec_done(&words);
	return rc;
}

static int set_flag(const char *name, const char *value, bool *ret, struct lk_err *err)
{
	if (!value || strcmp(value, "yes") == 0)
		*ret = true;
	else if (strcmp(value, "no") == 0)
		*ret = false;
	else
		return lk_err_set(err, -EINVAL, "%s is yes or no, not \"%.80s\"", name, value);
	return 0;
}

static int set_delay(struct lk_settings *s, const char *value, struct lk_err *err)
{
	uint32_t ms = DELAY_MAX;
	int rc = lk_text_seconds_ms(value, &ms);

	if (rc < 0 && rc != -ERANGE)
		return lk_err_set(err, -EINVAL, "delay is a number of seconds from 0.1 to 3600, not \"%.80s\"", value);
	s->delay_ms = ms < DELAY_MIN ? DELAY_MIN : ms > DELAY_MAX ? DELAY_MAX : ms;
	return 0;
}

static int set_highlight(struct lk_settings *s, const char *value, struct lk_err *err)
{
	uint64_t n = HIGHLIGHT_MAX;
	int rc = lk_text_u64(value, strlen(value), 10, &n);

	if (rc < 0 && rc != -ERANGE)
		return lk_err_set(err, -EINVAL, "highlight-changes is a number of looks, not \"%.80s\"", value);
	s->highlight_looks = (uint32_t)(n > HIGHLIGHT_MAX ? HIGHLIGHT_MAX : n);
	return 0;
}

static int set_text(struct lk_settings *s, const struct lk_setting *what, const char *value, struct lk_err *err)
{
	char **text = &s->filter;

	if (strcmp(what->name, "columns") == 0)
		text = &s->columns;
	else if (strcmp(what->name, "sort") == 0)
		text = &s->sort;
	if (strchr(value, '\n'))
		return lk_err_set(err, -EINVAL, "%s is one line", what->name);
	free(*text);
	*text = *value ? lk_strdup(value) : NULL;
	return 0;
}

static int set_one_of(struct lk_settings *s, const struct lk_setting *what, const char *value, struct lk_err *err)
{
	int at = 0, rc = set_word(what, value, &at, err);

	if (rc < 0)
		return rc;
	if (what->words == units_words)
		s->units = (enum lk_units)at;
	else if (what->words == glyphs_words)
		s->glyphs = (enum lk_glyphs)at;
	else if (what->words == color_words)
		s->color = (enum lk_screen_color)at;
	else if (what->words == header_words)
		s->header = at == 0;
	else
		s->start_view = at;
	return 0;
}

/* readonly can be asked for, and not be taken back by what is read later. */
static int set_by_flag(struct lk_settings *s, const struct lk_setting *what, const char *value, struct lk_err *err)
{
	bool on = false;
	int rc = set_flag(what->name, value, &on, err);

	if (rc < 0)
		return rc;
	if (strcmp(what->name, "mouse") == 0)
		s->mouse = on;
	else if (strcmp(what->name, "accessible") == 0)
		s->accessible = on;
	else
		s->readonly = s->readonly || on;
	return 0;
}

static int set_bind(struct lk_settings *s, const char *value, struct lk_err *err)
{
	if (s->binds.n >= BINDS_MAX)
		return lk_err_set(err, -EINVAL, "there are more than %d keys bound", BINDS_MAX);
	*lk_vec_push(&s->binds) = lk_strdup(value);
	return 0;
}

int lk_settings_set(struct lk_settings *s, const char *name, const char *value, struct lk_err *err)
{
	const struct lk_setting *what = find(name);

	/* Other ways to say it. */
	if (strcmp(name, "ascii") == 0 && !value) {
		s->glyphs = LK_GLYPHS_ASCII;
		return 0;
	}
	if (strncmp(name, "no-", 3) == 0 && !value && find(name + 3) && find(name + 3)->is_flag)
		return lk_settings_set(s, name + 3, "no", err);
	if (!what)
		return lk_err_set(err, -ENOENT, "there is no setting \"%.80s\"", name);
	if (what->is_flag)
		return set_by_flag(s, what, value, err);
	if (!value)
		return lk_err_set(err, -EINVAL, "%s needs a value", name);
	if (what->words)
		return set_one_of(s, what, value, err);
	if (strcmp(name, "delay") == 0)
		return set_delay(s, value, err);
	if (strcmp(name, "highlight-changes") == 0)
		return set_highlight(s, value, err);
	if (strcmp(name, "bind") == 0)
		return set_bind(s, value, err);
	return set_text(s, what, value, err);
}

static char *delay_text(uint32_t ms)
{
	char *text = lk_printf("%u.%03u", ms / 1000, ms % 1000);

	for (size_t n = strlen(text); text[n - 1] == '0' && text[n - 2] != '.'; n--)
		text[n - 1] = '\0';
	return text;
}

static char *word_or_default(const char *const *words, int at)
{
	return at == 0 ? NULL : lk_strdup(words[at]);
}

char *lk_settings_get(const struct lk_settings *s, const char *name)
{
	struct lk_settings d;

	lk_settings_init(&d);
	if (strcmp(name, "delay") == 0)
		return s->delay_ms == d.delay_ms ? NULL : delay_text(s->delay_ms);
	if (strcmp(name, "highlight-changes") == 0)
		return s->highlight_looks == d.highlight_looks ? NULL : lk_printf("%u", s->highlight_looks);
	if (strcmp(name, "columns") == 0)
		return lk_strdup(s->columns);
	if (strcmp(name, "sort") == 0)
		return lk_strdup(s->sort);
	if (strcmp(name, "filter") == 0)
		return lk_strdup(s->filter);
	if (strcmp(name, "units") == 0)
		return word_or_default(units_words, (int)s->units);
	if (strcmp(name, "glyphs") == 0)
		return word_or_default(glyphs_words, (int)s->glyphs);
	if (strcmp(name, "color") == 0)
		return word_or_default(color_words, (int)s->color);
	if (strcmp(name, "header") == 0)
		return word_or_default(header_words, s->header ? 0 : 1);
	if (strcmp(name, "start-view") == 0)
		return word_or_default(view_words, s->start_view);
	if (strcmp(name, "mouse") == 0)
		return s->mouse ? NULL : lk_strdup("no");
	if (strcmp(name, "accessible") == 0)
		return s->accessible ? lk_strdup("yes") : NULL;
	if (strcmp(name, "readonly") == 0)
		return s->readonly ? lk_strdup("yes") : NULL;
	return NULL;
}

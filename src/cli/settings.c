/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of the screen: their values, and which of their sources wins. */
#include "cli/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"

#define BINDS_MAX 256

/* The next setting that has a member of its own (not an alias, not `bind`). o NULL: the first; NULL at the end. */
static const struct lk_option *next_row(const struct lk_option *o)
{
	do {
		o = lk_option_next(o, LK_OPTIONS_SETTING);
	} while (o && (o->kind == LK_KIND_ALIAS || o->kind == LK_KIND_BINDS));
	return o;
}

static void *member(const struct lk_settings *s, const struct lk_option *o)
{
	return (char *)s + o->in_set;
}

void lk_settings_init(struct lk_settings *s)
{
	*s = (struct lk_settings){ 0 };
	for (const struct lk_option *o = next_row(NULL); o; o = next_row(o))
		lk_option_preset(o, member(s, o));
}

void lk_settings_done(struct lk_settings *s)
{
	for (const struct lk_option *o = next_row(NULL); o; o = next_row(o)) {
		if (o->kind == LK_KIND_TEXT)
			free(*(char **)member(s, o));
	}
	for (size_t i = 0; i < s->binds.n; i++)
		free(s->binds.v[i]);
	lk_vec_done(&s->binds);
	*s = (struct lk_settings){ 0 };
}

void lk_settings_copy(struct lk_settings *ret, const struct lk_settings *s)
{
	*ret = *s;
	for (const struct lk_option *o = next_row(NULL); o; o = next_row(o)) {
		if (o->kind == LK_KIND_TEXT)
			*(char **)member(ret, o) = lk_strdup(*(char **)member(s, o));
	}
	ret->binds.v = NULL;
	ret->binds.n = ret->binds.cap = 0;
	for (size_t i = 0; i < s->binds.n; i++)
		*lk_vec_push(&ret->binds) = lk_strdup(s->binds.v[i]);
}

/* -- one value -- */

static int set_flag(const struct lk_option *o, const char *value, bool *at, struct lk_err *err)
{
	bool on = !value || strcmp(value, "yes") == 0;

	if (!on && strcmp(value, "no") != 0)
		return lk_err_set(err, -EINVAL, "%s is yes or no, not \"%.80s\"", o->name, value);
	*at = on || (o->sticks && *at);
	return 0;
}

static int set_text(const struct lk_option *o, const char *value, char **at, struct lk_err *err)
{
	if (strchr(value, '\n'))
		return lk_err_set(err, -EINVAL, "%s is one line", o->name);
	if (o->check && *value && o->check(value, err) < 0)
		return -EINVAL;
	free(*at);
	*at = *value ? lk_strdup(value) : NULL;
	return 0;
}

static int add_bind(struct lk_settings *s, const char *value, struct lk_err *err)
{
	if (s->binds.n >= BINDS_MAX)
		return lk_err_set(err, -EINVAL, "there are more than %d keys bound", BINDS_MAX);
	*lk_vec_push(&s->binds) = lk_strdup(value);
	return 0;
}

static int set_row(struct lk_settings *s, const struct lk_option *o, const char *value, struct lk_err *err)
{
	if (o->kind == LK_KIND_FLAG)
		return set_flag(o, value, member(s, o), err);
	if (o->kind == LK_KIND_ALIAS && !value)
		return lk_settings_set(s, o->words[0], o->words[1], err);
	if (o->kind == LK_KIND_ALIAS)
		return lk_err_set(err, -EINVAL, "%s takes no value", o->name);
	if (!value)
		return lk_err_set(err, -EINVAL, "%s needs a value", o->name);
	if (o->kind == LK_KIND_BINDS)
		return add_bind(s, value, err);
	if (o->kind == LK_KIND_TEXT)
		return set_text(o, value, member(s, o), err);
	return lk_option_value(o, o->name, value, true, member(s, o), err);
}

int lk_settings_set(struct lk_settings *s, const char *name, const char *value, struct lk_err *err)
{
	const struct lk_option *o = lk_option_find(name, strlen(name), LK_OPTIONS_SETTING);

	return o ? set_row(s, o, value, err) : lk_err_set(err, -ENOENT, "there is no setting \"%.80s\"", name);
}

static char *seconds_text(uint32_t ms)
{
	char *text = lk_printf("%u.%03u", ms / 1000, ms % 1000);

	for (size_t n = strlen(text); text[n - 1] == '0' && text[n - 2] != '.'; n--)
		text[n - 1] = '\0';
	return text;
}

char *lk_settings_text(const struct lk_settings *s, const struct lk_option *o)
{
	const void *at = member(s, o);

	switch (o->kind) {
	case LK_KIND_FLAG:
		return lk_strdup(*(const bool *)at ? "yes" : "no");
	case LK_KIND_TEXT:
		return lk_strdup(*(char *const *)at);
	case LK_KIND_WORD:
		return lk_strdup(o->words[*(const unsigned *)at]);
	case LK_KIND_SECONDS:
		return seconds_text(*(const uint32_t *)at);
	case LK_KIND_NUMBER:
		return lk_printf("%ju", (uintmax_t) * (const uint64_t *)at);
	default:
		return NULL;
	}
}

char *lk_settings_changed(const struct lk_settings *s, const struct lk_option *o)
{
	lk_auto_mem char *normal = NULL;
	char *text = lk_settings_text(s, o);
	struct lk_settings defaults;

	lk_settings_init(&defaults);
	normal = lk_settings_text(&defaults, o);
	lk_settings_done(&defaults);
	if (!text || !normal || strcmp(text, normal) != 0)
		return text;
	free(text);
	return NULL;
}

/* A value that is none of the steps goes to the nearest in that direction. */
static uint32_t step_seconds(const struct lk_option *o, uint32_t now, int by)
{
	static const uint32_t steps[] = { 200, 500, 1000, 2000, 3000, 5000, 10000, 30000, 60000, 300000 };
	size_t n = sizeof(steps) / sizeof(*steps);

	for (size_t i = 0; i < n; i++) {
		uint32_t step = steps[by > 0 ? i : n - 1 - i];

		if (by > 0 ? step > now : step < now)
			return step;
	}
	return (uint32_t)(by > 0 ? o->max : o->min);
}

/* Wraps around at the ends of the list. */
static unsigned step_word(const struct lk_option *o, unsigned now, int by)
{
	unsigned n = 0;

	while (o->words[n])
		n++;
	return (now + (by < 0 ? n - 1 : 1)) % n;
}

void lk_settings_step(struct lk_settings *s, const struct lk_option *o, int by)
{
	void *at = member(s, o);
	uint64_t *number = at;

	if (o->kind == LK_KIND_FLAG)
		*(bool *)at = !*(bool *)at;
	else if (o->kind == LK_KIND_WORD)
		*(unsigned *)at = step_word(o, *(unsigned *)at, by);
	else if (o->kind == LK_KIND_SECONDS)
		*(uint32_t *)at = step_seconds(o, *(uint32_t *)at, by);
	else if (by > 0 ? *number < o->max : *number > o->min)
		*number = by > 0 ? *number + 1 : *number - 1;
}

/* -- where they come from -- */

/* Keeps the first warning only. */
static void note_first(char **warning, const struct lk_err *err)
{
	if (!*warning)
		*warning = lk_strdup(lk_err_text(err));
}

/* Skips options that are no settings of the screen: lk_conf_apply() sets those for the verbs. */
static void take_machine(const struct lk_conf *conf, struct lk_settings *set, char **warning)
{
	for (size_t i = 0; i < conf->defaults.n; i++) {
		const struct lk_conf_default *d = &conf->defaults.v[i];
		struct lk_err err = { 0 }, where = { 0 };

		if (d->option->where & LK_OPTIONS_SETTING && set_row(set, d->option, d->value, &err) < 0) {
			lk_err_set(&where, err.code, LK_CONF_PATH ": %s", lk_err_text(&err));
			note_first(warning, &where);
		}
		lk_err_done(&err);
		lk_err_done(&where);
	}
}

static void take_user(struct lk_settings *set, char **warning)
{
	lk_auto_mem char *path = lk_settings_path();
	struct lk_err err = { 0 };

	if (path && lk_settings_read(set, path, &err) < 0)
		note_first(warning, &err);
	lk_err_done(&err);
}

enum lk_status lk_settings_refuse(const struct lk_cli *cli, const struct lk_option *o, const struct lk_err *why)
{
	struct lk_err err = { 0 };

	/* It may have three lines: the error, the expression, and a mark where it is wrong. */
	lk_err_set(&err, why->code, "--%s: %s", o->name, lk_err_text(why));
	lk_say_lines(lk_err_text(&err));
	lk_err_done(&err);
	return lk_cli_see_help(cli->verb);
}

static enum lk_status take_options(const struct lk_cli *cli, struct lk_settings *set)
{
	enum lk_status status = 0;

	for (size_t i = 0; i < cli->screen.n && !status; i++) {
		const struct lk_screen_option *o = &cli->screen.v[i];
		struct lk_err err = { 0 };

		if (set_row(set, o->option, o->value, &err) < 0)
			status = lk_settings_refuse(cli, o->option, &err);
		lk_err_done(&err);
	}
	return status;
}

enum lk_status lk_settings_choose(const struct lk_cli *cli, struct lk_settings *set, char **ret_warning)
{
	if (cli->conf.doubtful)
		*ret_warning =
			lk_strdup(LK_CONF_PATH
				  " cannot be understood; nothing can be changed, because it may ask for readonly");
	take_machine(&cli->conf, set, ret_warning);
	if (!cli->ignore_config)
		take_user(set, ret_warning);
	set->readonly = set->readonly || cli->read_only;
	return take_options(cli, set);
}

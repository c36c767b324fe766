/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "cli/option_private.h"

#define CONF_MAX ((size_t)64 * 1024)

/* Only options that change how an answer looks. One that makes an action easier must be given each time. */
static const char *const allowed[] = {
	"readonly",       "bytes",      "color",   "delay",        "no-uses", "noheadings",
	"noinaccessible", "notruncate", "numeric", "scan-timeout", "verbose",
};

/* Settings of the screen: what they may be is known there. */
static const char *const of_screen[] = {
	"columns", "start-view", "units", "glyphs",     "ascii", "header", "highlight-changes",
	"mouse",   "no-mouse",   "sort",  "accessible", "bind",  "filter",
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static bool is_in(const char *const *words, size_t n_words, const char *name, size_t n)
{
	for (size_t i = 0; i < n_words; i++) {
		if (strlen(words[i]) == n && memcmp(words[i], name, n) == 0)
			return true;
	}
	return false;
}

static const struct lk_option *find_by_name(const char *name, size_t n, bool *ret_screen_only)
{
	size_t n_table;
	const struct lk_option *table = lk_option_table(&n_table);
	bool known = is_in(allowed, COUNT(allowed), name, n);

	*ret_screen_only = is_in(of_screen, COUNT(of_screen), name, n);
	known = known || *ret_screen_only;
	for (size_t i = 0; known && i < n_table; i++) {
		if (strlen(table[i].name) == n && memcmp(table[i].name, name, n) == 0)
			return &table[i];
	}
	return NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool value_is_good(const struct lk_option *o, const char *value)
{
	uint32_t ms;

	switch (o->id) {
	case OPT_COLOR:
		return strcmp(value, "auto") == 0 || strcmp(value, "always") == 0 || strcmp(value, "never") == 0;
	case OPT_TIMEOUT:
		return lk_text_seconds_ms(value, &ms) == 0 && ms > 0;
	case 'd':
		return lk_text_seconds_ms(value, &ms) == 0 && ms >= 100 && ms <= 3600000;
	default:
		return true;
	}
}

static struct lk_conf_line split(const char *s, size_t n)
{
	struct lk_conf_line w = { .text = s, .n_text = n, .name = s };
	size_t i = 0;

	if (n > 2 && memcmp(s, "--", 2) == 0) {
		w.name += 2;
		i = 2;
	}
	while (i < n && !is_blank(s[i]) && s[i] != '=')
		i++;
	w.n_name = (size_t)(s + i - w.name);
	while (i < n && is_blank(s[i]))
		i++;
	if (i < n && s[i] == '=')
		i++;
	while (i < n && is_blank(s[i]))
		i++;
	w.value = s + i;
	w.n_value = n - i;
	return w;
}

/* A flag of the screen may say yes or no. */
static const char *wrong_argument(const struct lk_option *o, const struct lk_conf_line *line, bool screen_only)
{
	if (o->arg && !line->n_value)
		return "this option needs an argument";
	return !o->arg && line->n_value && !screen_only ? "this option takes no argument" : NULL;
}

static const char *take_line(void *arg, const struct lk_conf_line *line)
{
	struct lk_conf *c = arg;
	bool screen_only;
	const struct lk_option *o = find_by_name(line->name, line->n_name, &screen_only);
	const char *wrong = o ? wrong_argument(o, line, screen_only) : "no option of that name may stand there";
	char *value = NULL;

	if (wrong) {
		c->doubtful = true;
		return wrong;
	}
	if (o->id == OPT_READONLY) {
		c->read_only = true;
		return NULL;
	}
	if (line->n_value) {
		value = lk_strndup(line->value, line->n_value);
		if (!value_is_good(o, value)) {
			c->doubtful = true;
			free(value);
			return "its argument makes no sense";
		}
	}
	*lk_vec_push(&c->defaults) = (struct lk_conf_default){ o->id, value, screen_only };
	return NULL;
}

int lk_conf_each(const char *text, size_t n, const char *path, lk_conf_take take, void *arg, struct lk_err *err)
{
	const char *end = text + n, *next;
	size_t number = 0;
	int rc = 0;

	for (const char *p = text; p < end; p = next) {
		const char *stop = memchr(p, '\n', (size_t)(end - p)), *wrong;
		struct lk_conf_line line;

		next = stop ? stop + 1 : end;
		stop = stop ? stop : end;
		number++;
		while (p < stop && is_blank(*p))
			p++;
		while (stop > p && is_blank(stop[-1]))
			stop--;
		if (p == stop || *p == '#')
			continue;
		line = split(p, (size_t)(stop - p));
		/* Such a name is no name either: whoever takes lines finds it wrong. */
		if (memchr(p, '\0', line.n_text))
			line.n_name = 0;
		wrong = take(arg, &line);
		if (wrong && !rc)
			rc = lk_err_set(err, -EINVAL, "%s, line %zu, \"%.*s\": %s; the other lines count", path, number,
					(int)(line.n_text < 80 ? line.n_text : 80), p, wrong);
	}
	return rc;
}

int lk_conf_parse(struct lk_conf *c, const char *text, size_t n, const char *path, struct lk_err *err)
{
	return lk_conf_each(text, n, path, take_line, c, err);
}

int lk_conf_read(struct lk_conf *c, const char *path, struct lk_err *err)
{
	lk_buf b = { 0 };
	int rc = lk_io_read_at(AT_FDCWD, path, CONF_MAX, &b);

	if (rc == -ENOENT) {
		rc = 0;
	} else if (rc < 0) {
		c->doubtful = true;
		lk_err_set(err, rc, "cannot read %s: %s", path, strerror(-rc));
	} else {
		rc = lk_conf_parse(c, b.v, b.n, path, err);
	}
	lk_vec_done(&b);
	return rc;
}

void lk_conf_done(struct lk_conf *c)
{
	for (size_t i = 0; i < c->defaults.n; i++)
		free(c->defaults.v[i].value);
	lk_vec_done(&c->defaults);
}

void lk_conf_apply(const struct lk_conf *c, struct lk_cli *cli)
{
	cli->read_only = cli->read_only || c->read_only;
	for (size_t i = 0; i < c->defaults.n; i++) {
		const struct lk_conf_default *d = &c->defaults.v[i];

		if (!d->screen_only && lk_option_is_in(d->id, cli->verb->options | LK_OPTIONS_COMMON))
			lk_option_apply(cli, d->id, d->value);
	}
}

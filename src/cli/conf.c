/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration file of the machine, and how a file of options is read line by line. */
#include "cli/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "cli/option.h"

#define CONF_MAX ((size_t)64 * 1024)

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Tries the value on a scratch struct. Values of options that are only settings of the screen are checked later (cli/settings.c). */
static bool value_is_good(const struct lk_option *o, char *value)
{
	struct lk_cli scratch = { 0 };
	bool good = !(o->where & LK_OPTIONS_CONF) || lk_option_apply(o, &scratch, value, NULL) == 0;

	lk_cli_done(&scratch);
	return good;
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

/* A flag that is only a setting of the screen may have the value yes or no. */
static const char *wrong_argument(const struct lk_option *o, const struct lk_conf_line *line)
{
	if (o->arg && !line->n_value)
		return "this option needs an argument";
	return !o->arg && line->n_value && o->where & LK_OPTIONS_CONF ? "this option takes no argument" : NULL;
}

static const char *take_line(void *arg, const struct lk_conf_line *line)
{
	struct lk_conf *c = arg;
	const struct lk_option *o = lk_option_find(line->name, line->n_name, LK_OPTIONS_CONF | LK_OPTIONS_SETTING);
	const char *wrong = o ? wrong_argument(o, line) : "no option of that name may stand there";
	char *value = NULL;

	if (!wrong && line->n_value) {
		value = lk_strndup(line->value, line->n_value);
		wrong = value_is_good(o, value) ? NULL : "its argument makes no sense";
	}
	if (wrong) {
		c->doubtful = true;
		free(value);
	} else if (o->sticks) {
		c->read_only = true;
	} else {
		*lk_vec_push(&c->defaults) = (struct lk_conf_default){ o, value };
	}
	return wrong;
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
		/* A line with a NUL byte in it gets an empty name, so that `take` finds it wrong. */
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
	unsigned groups = cli->verb->options | LK_OPTIONS_COMMON;

	cli->read_only = cli->read_only || c->read_only;
	for (size_t i = 0; i < c->defaults.n; i++) {
		const struct lk_conf_default *d = &c->defaults.v[i];

		if (d->option->where & LK_OPTIONS_CONF && d->option->where & groups)
			lk_option_apply(d->option, cli, d->value, NULL);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

static const struct lk_option *find_by_name(const char *name, size_t n)
{
	size_t n_table;
	const struct lk_option *table = lk_option_table(&n_table);
	bool known = false;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		known = known || (strlen(allowed[i]) == n && memcmp(allowed[i], name, n) == 0);
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

/* Takes value over. */
static int add_default(struct lk_conf *c, int id, char *value)
{
	struct lk_conf_default *slot = lk_vec_push(&c->defaults);

	if (!slot) {
		free(value);
		return -ENOMEM;
	}
	*slot = (struct lk_conf_default){ id, value };
	return 0;
}

/* What stands on a line, blanks at both ends gone. */
struct words {
	const char *name, *value;
	size_t n_name, n_value;
};

static struct words split(const char *s, size_t n)
{
	struct words w = { .name = s };
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

/* NULL: it is right; else what is wrong with it. */
static const char *take_line(struct lk_conf *c, const char *s, size_t n, int *ret_rc)
{
	struct words w = split(s, n);
	const struct lk_option *o = find_by_name(w.name, w.n_name);
	char *value = NULL;

	if (memchr(s, '\0', n))
		return "there is a NUL byte in it";
	if (!o)
		return "no option of that name may stand there";
	if (!o->arg && w.n_value)
		return "this option takes no argument";
	if (o->arg && !w.n_value)
		return "this option needs an argument";
	if (o->id == OPT_READONLY) {
		c->read_only = true;
		return NULL;
	}
	if (o->arg) {
		value = strndup(w.value, w.n_value);
		*ret_rc = value ? *ret_rc : -ENOMEM;
		if (!value || !value_is_good(o, value)) {
			free(value);
			return "its argument makes no sense";
		}
	}
	if (add_default(c, o->id, value) < 0)
		*ret_rc = -ENOMEM;
	return NULL;
}

int lk_conf_parse(struct lk_conf *c, const char *text, size_t n, const char *path, struct lk_err *err)
{
	const char *end = text + n, *next;
	size_t number = 0;
	int rc = 0;

	for (const char *p = text; p < end; p = next) {
		const char *stop = memchr(p, '\n', (size_t)(end - p)), *wrong;

		next = stop ? stop + 1 : end;
		stop = stop ? stop : end;
		number++;
		while (p < stop && is_blank(*p))
			p++;
		while (stop > p && is_blank(stop[-1]))
			stop--;
		if (p == stop || *p == '#')
			continue;
		wrong = take_line(c, p, (size_t)(stop - p), &rc);
		if (!wrong)
			continue;
		c->doubtful = true;
		if (!rc)
			rc = lk_err_set(err, -EINVAL, "%s, line %zu, \"%.*s\": %s; the other lines count", path, number,
					(int)(stop - p < 80 ? stop - p : 80), p, wrong);
	}
	return rc;
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

static bool verb_has(unsigned groups, int id)
{
	size_t n;
	const struct lk_option *table = lk_option_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (table[i].id == id && table[i].groups & groups)
			return true;
	}
	return false;
}

void lk_conf_apply(const struct lk_conf *c, struct lk_cli *cli)
{
	cli->read_only = cli->read_only || c->read_only;
	for (size_t i = 0; i < c->defaults.n; i++) {
		const struct lk_conf_default *d = &c->defaults.v[i];

		if (verb_has(cli->verb->options | LK_OPTIONS_COMMON, d->id))
			lk_option_apply(cli, d->id, d->value);
	}
}

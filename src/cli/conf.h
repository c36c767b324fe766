/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration file of the machine: defaults for some options, and the one thing that users cannot undo, readonly. */
#ifndef LK_CLI_CONF_H
#define LK_CLI_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/vec.h"

#define LK_CONF_PATH "/etc/lockscope.conf"

struct lk_option;

struct lk_conf_default {
	const struct lk_option *option;
	char *value; /* owned; NULL: it has none */
};

struct lk_conf {
	bool read_only;
	bool doubtful; /* it could not be read, or has a wrong line, which may have been readonly */
	LK_VEC(struct lk_conf_default) defaults;
};

/* One line of a configuration file, without blanks at its ends. */
struct lk_conf_line {
	const char *text; /* the whole line; none of these strings is NUL-terminated */
	size_t n_text;
	const char *name, *value;
	size_t n_name, n_value;
};
/* Returns NULL if the line is right, else a clause that says what is wrong with it; borrowed until the next call. */
typedef const char *(*lk_conf_take)(void *arg, const struct lk_conf_line *line);
/* Calls take for each line but empty ones and comments. 0, or -EINVAL with a sentence that names the first line that is wrong. */
int lk_conf_each(const char *text, size_t n, const char *path, lk_conf_take take, void *arg, struct lk_err *err);

/* Adds the options in text to c: one long option a line, with or without its dashes, its argument after a blank or "="; blank lines and
 * lines that begin with "#" are ignored. 0, or -EINVAL with a sentence that names the first line that is wrong; the other lines still
 * count. */
int lk_conf_parse(struct lk_conf *c, const char *text, size_t n, const char *path, struct lk_err *err);

/* Reads the file. No such file: 0 and nothing set. Otherwise as lk_conf_parse(), or -errno. */
int lk_conf_read(struct lk_conf *c, const char *path, struct lk_err *err);
void lk_conf_done(struct lk_conf *c);

struct lk_cli;
/* Applies the defaults of the file for options that the verb has. Call it before parsing the command line, which wins. */
void lk_conf_apply(const struct lk_conf *c, struct lk_cli *cli);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/choices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "cli/option_private.h"

/* The first one counts. */
static void note_first(char **warning, const struct lk_err *err)
{
	if (!*warning)
		*warning = lk_strdup(lk_err_text(err));
}

/* What is no setting of the screen is for the verbs. */
static void take_machine(const struct lk_conf *conf, struct lk_settings *set, char **warning)
{
	for (size_t i = 0; i < conf->defaults.n; i++) {
		const struct lk_conf_default *d = &conf->defaults.v[i];
		struct lk_err err = { 0 }, where = { 0 };
		int rc = lk_settings_set(set, lk_option_long_name(d->id), d->value, &err);

		if (rc < 0 && rc != -ENOENT) {
			lk_err_set(&where, rc, LK_CONF_PATH ": %s", lk_err_text(&err));
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

static enum lk_status take_options(const struct lk_cli *cli, struct lk_settings *set)
{
	for (size_t i = 0; i < cli->screen.n; i++) {
		const struct lk_screen_option *o = &cli->screen.v[i];
		struct lk_err err = { 0 };
		int rc = lk_settings_set(set, o->name, o->value, &err);

		if (rc < 0)
			lk_cli_misuse(cli->verb, "--%s: %s", o->name, lk_err_text(&err));
		lk_err_done(&err);
		if (rc < 0)
			return LK_STATUS_ERROR;
	}
	return 0;
}

enum lk_status lk_choices_make(const struct lk_cli *cli, struct lk_settings *set, char **ret_warning)
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

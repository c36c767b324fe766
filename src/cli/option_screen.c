/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that are settings of the screen. What they may be is known there; here they are only kept. */
#include <unistd.h>

#include "cli/option_private.h"
#include "cli/screen.h"

bool lk_option_is_screen(const struct lk_cli *cli, int id)
{
	return cli->verb == &lk_verb_screen && (id == OPT_COLOR || lk_option_is_in(id, LK_OPTIONS_SCREEN));
}

bool lk_option_fits_screen(int id)
{
	return lk_option_is_in(id, LK_OPTIONS_SCREEN | LK_OPTIONS_COMMON);
}

const char *lk_option_long_name(int id)
{
	size_t n;
	const struct lk_option *table = lk_option_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (table[i].id == id)
			return table[i].name;
	}
	return "";
}

enum lk_status lk_option_screen(struct lk_cli *cli, int id, const char *arg)
{
	if (id == OPT_IGNORE_CONFIG) {
		cli->ignore_config = true;
		return 0;
	}
	*lk_vec_push(&cli->screen) = (struct lk_screen_option){ lk_option_long_name(id), arg };
	return 0;
}

bool lk_screen_is_possible(void)
{
	return lk_screen_run && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

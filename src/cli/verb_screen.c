/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verb screen: checks the terminal and runs the screen. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/privilege.h"

bool lk_screen_is_possible(void)
{
	return lk_screen_run && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static enum lk_status run(const struct lk_cli *cli)
{
	const char *term = getenv("TERM");

	if (!lk_screen_run) {
		lk_say("this lockscope was built without the screen; use 'lockscope list' or 'lockscope watch'");
		return LK_STATUS_ERROR;
	}
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
		lk_say("standard %s is not a terminal; use 'lockscope list'",
		       isatty(STDOUT_FILENO) ? "input" : "output");
		return LK_STATUS_ERROR;
	}
	if (!term || !*term || strcmp(term, "dumb") == 0) {
		lk_say("this terminal cannot show a screen (%s); use 'lockscope list'",
		       term && *term ? "TERM is dumb" : "TERM is not set");
		return LK_STATUS_ERROR;
	}
	return lk_screen_run(cli);
}

const struct lk_verb lk_verb_screen = {
	.name = "screen",
	.args = "",
	.brief = "the screen: browse the locks and act on them (also without a verb)",
	.text = "Shows the locks of this machine, and looks again every two seconds. The key ? says which keys there are; q leaves.\n"
		"\n"
		"Seven views: locks, files, processes, who waits for whom, the byte ranges of one file, what happened since the\n"
		"start, and lock files. Nothing is changed without a dialog that says what will happen.\n"
		"\n"
		"Settings are taken from these options, then from $XDG_CONFIG_HOME/lockscope/config (or ~/.config/lockscope/config),\n"
		"then from /etc/lockscope.conf: one long option a line, such as \"delay 5\" or \"no-mouse\". The setup pane (F2) writes\n"
		"the second one when it is told to save.",
	.options = LK_OPTIONS_SCREEN,
	.max_args = 0,
	.privileges = LK_PRIVILEGE_FILES | LK_PRIVILEGE_SIGNAL | LK_PRIVILEGE_RELEASE | LK_PRIVILEGE_USES,
	.run = run,
};

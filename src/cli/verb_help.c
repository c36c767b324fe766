/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "cli/option.h"

static enum lk_status run(const struct lk_cli *cli)
{
	const struct lk_verb *verb;
	const char *near;

	if (!cli->n_args) {
		lk_help_overview(stdout);
		return LK_STATUS_YES;
	}
	verb = lk_verb_find(cli->args[0]);
	if (verb) {
		lk_help_verb(stdout, verb);
		return LK_STATUS_YES;
	}
	near = lk_verb_suggest(cli->args[0]);
	if (near)
		return lk_cli_misuse(NULL, "there is no verb '%s'; did you mean '%s'?", cli->args[0], near);
	return lk_cli_misuse(NULL, "there is no verb '%s'", cli->args[0]);
}

const struct lk_verb lk_verb_help = {
	.name = "help",
	.args = "[VERB]",
	.brief = "what there is, or how to use one verb",
	.text = "Prints the verbs, or the options of one of them. The manual page says more: man lockscope.",
	.max_args = 1,
	.run = run,
};

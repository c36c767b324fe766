/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of verbs. */
#include "cli/verb.h"

#include <string.h>

#include "table/suggest.h"

static const struct lk_verb *const verbs[] = {
	&lk_verb_screen, &lk_verb_list,    &lk_verb_who,     &lk_verb_lockfiles,  &lk_verb_waits,   &lk_verb_map,
	&lk_verb_watch,  &lk_verb_test,    &lk_verb_wait,    &lk_verb_signal,     &lk_verb_release, &lk_verb_rm,
	&lk_verb_mv,     &lk_verb_capture, &lk_verb_metrics, &lk_verb_completion, &lk_verb_help,
};

const struct lk_verb *const *lk_verb_table(size_t *ret_n)
{
	*ret_n = sizeof(verbs) / sizeof(*verbs);
	return verbs;
}

const struct lk_verb *lk_verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	}
	return NULL;
}

const char *lk_verb_suggest(const char *name)
{
	struct lk_suggest s = { .text = name, .n = strlen(name) };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		lk_suggest_try(&s, verbs[i]->name);
	return s.best;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help texts made from the tables of verbs, options and columns. */
#ifndef LK_CLI_HELP_H
#define LK_CLI_HELP_H

#include <stdio.h>

#include "cli/verb.h"

void lk_help_overview(FILE *f);
void lk_help_verb(FILE *f, const struct lk_verb *verb);
/* One line for each column of the verb's table: name, name in filters, type, what it is. */
void lk_help_columns(FILE *f, const struct lk_verb *verb);
/* What is recognised as a lock file, and by what: a paragraph for each kind. */
void lk_help_lockfiles(FILE *f);
void lk_help_version(FILE *f);

#endif

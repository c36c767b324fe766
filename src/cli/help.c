/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output made from the tables: help, the list of columns, the version; and the verb help. */
#include "cli/help.h"

#include <string.h>

#include "base/cleanup.h"
#include "cli/option.h"
#include "lockfile/kinds.h"
#include "source/bpf/bpf.h"
#include "table/column.h"

static void put_options(FILE *f, unsigned groups)
{
	for (const struct lk_option *o = NULL; (o = lk_option_next(o, groups));) {
		int width;

		if (o->letter)
			width = fprintf(f, "  -%c, --%s", o->letter, o->name);
		else
			width = fprintf(f, "      --%s", o->name);
		if (o->arg)
			width += fprintf(f, " %s", o->arg);
		fprintf(f, "%*s%s\n", width < 28 ? 28 - width : 2, "", o->help);
	}
}

void lk_help_overview(FILE *f)
{
	size_t n;
	const struct lk_verb *const *verbs = lk_verb_table(&n);
	const struct lk_status_word *status = lk_status_table();
	int width = 0;

	for (size_t i = 0; i < n; i++)
		width = (int)strlen(verbs[i]->args) > width ? (int)strlen(verbs[i]->args) : width;
	fputs("Usage: lockscope [VERB] [OPTION...] [ARGUMENT...]\n\n"
	      "Shows every file lock on this machine, who really holds it and who waits for it.\n\nVerbs:\n",
	      f);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "  %-12s%-*s  %s\n", verbs[i]->name, width, verbs[i]->args, verbs[i]->brief);
	fputs("\nWithout a verb: the screen on a terminal, elsewhere the list. Options everywhere, before or after the verb:\n",
	      f);
	put_options(f, LK_OPTIONS_COMMON);
	fputs("\nExit status:\n", f);
	for (; status->text; status++)
		fprintf(f, "  %2d  %s\n", (int)status->status, status->text);
	fputs("\n'lockscope help VERB' says more about one of them.\n", f);
}

void lk_help_verb(FILE *f, const struct lk_verb *verb)
{
	fprintf(f, "Usage: lockscope %s [OPTION...]%s%s\n\n%s\n", verb->name, verb->args[0] ? " " : "", verb->args,
		verb->text);
	if (verb->options) {
		fputs("\nOptions:\n", f);
		put_options(f, verb->options);
	}
	fputs("\nOptions everywhere:\n", f);
	put_options(f, LK_OPTIONS_COMMON);
	if (verb->options & (LK_OPTIONS_TABLE | LK_OPTIONS_LOCKFILES))
		fprintf(f, "\n'lockscope %s -H' lists the columns.\n", verb->columns ? verb->name : "list");
}

static const char *type_word(enum lk_col_type type)
{
	static const char *const words[] = {
		[LK_COL_NUMBER] = "number", [LK_COL_UNSIGNED] = "number", [LK_COL_STRING] = "text",
		[LK_COL_ENUM] = "word",     [LK_COL_RANGE] = "range",     [LK_COL_BOOL] = "yes/no",
	};

	return words[type];
}

void lk_help_columns(FILE *f, const struct lk_verb *verb)
{
	for (const struct lk_column *c = lk_verb_columns(verb); c->name; c++)
		fprintf(f, "%-10s %-12s %-7s %s\n", c->name, c->filter_name, type_word(c->type), c->help);
}

static void put_list(FILE *f, const char *label, const char *patterns)
{
	if (!patterns)
		return;
	fprintf(f, "  %s:", label);
	for (const char *p = patterns; p; p = *p ? p + 1 : NULL) {
		size_t n = strcspn(p, "|");

		fprintf(f, " %.*s", (int)n, p);
		p += n;
	}
	putc('\n', f);
}

void lk_help_lockfiles(FILE *f)
{
	size_t n;
	const struct lk_lockfile_kind *kinds = lk_lockfile_kinds(&n);

	for (size_t i = 0; i < n; i++) {
		const struct lk_lockfile_kind *k = &kinds[i];

		fprintf(f, "%s: %s of %s: %s\n", k->word, lk_lockfile_object_words(k->object), k->maker,
			lk_lockfile_means_words(k->means));
		put_list(f, "named", k->names);
		put_list(f, "in", k->dir);
		if (k->means == LK_LOCKFILE_HELD || k->means == LK_LOCKFILE_NOTE)
			fprintf(f, "  written in it: %s\n", lk_owner_form_words(k->owner));
		if (k->kept_open)
			fputs("  its program has it open as long as it means something\n", f);
		if (k->linked)
			fputs("  it is the lock only while it has a second name\n", f);
		put_list(f, "who can have made it", k->programs);
		put_list(f, "looked at besides", k->companions);
		if (k->advice)
			fprintf(f, "  %s: %s\n", k->keep ? "what to do" : "before it is deleted, or instead",
				k->advice);
	}
}

void lk_help_version(FILE *f)
{
#ifdef LK_WITH_BPF
	static const char built[] = "bpf, procfs";
#else
	static const char built[] = "procfs";
#endif
	struct lk_err err = { 0 };
	const char *how;
	int rc = lk_bpf_probe(&how, &err);

	fprintf(f, "%s %s\nscanners built in: %s\n", PACKAGE_NAME, PACKAGE_VERSION, built);
	if (rc == 0)
		fprintf(f, "used here: bpf (%s)\n", how);
	else
		fprintf(f, "used here: procfs, because %s\n", lk_err_text(&err));
	lk_err_done(&err);
}

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

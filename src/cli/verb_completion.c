/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion scripts for shells, made from the tables of verbs, options and columns. */
#include <stdio.h>
#include <string.h>

#include "cli/option.h"
#include "table/column.h"

static void put_verbs(void)
{
	size_t n;
	const struct lk_verb *const *verbs = lk_verb_table(&n);

	for (size_t i = 0; i < n; i++)
		printf("%s%s", i ? " " : "", verbs[i]->name);
}

static void put_columns(const struct lk_verb *verb)
{
	const struct lk_column *first = lk_verb_columns(verb);

	for (const struct lk_column *c = first; c->name; c++)
		printf("%s%s", c == first ? "" : " ", c->name);
}

static void put_option_words(unsigned groups)
{
	for (const struct lk_option *o = NULL; (o = lk_option_next(o, groups));)
		printf(" --%s", o->name);
}

/* Prints the words that the argument of an option can be, between `before` and `behind`. */
static void put_words(const char *before, const struct lk_option *o, const char *behind)
{
	fputs(before, stdout);
	for (size_t i = 0; o->words[i]; i++)
		printf("%s%s", i ? " " : "", o->words[i]);
	fputs(behind, stdout);
}

static bool names_column(const struct lk_option *o)
{
	return o->arg && (strcmp(o->arg, "LIST") == 0 || strcmp(o->arg, "COL") == 0);
}

static bool names_file(const struct lk_option *o)
{
	return o->arg && (strcmp(o->arg, "FILE") == 0 || strcmp(o->arg, "DIR") == 0);
}

static void put_bash_values(void)
{
	for (const struct lk_option *o = NULL; (o = lk_option_next(o, ~0u));) {
		if (!o->arg || (strcmp(o->name, "output") == 0 && !names_column(o)))
			continue;
		if (o->letter)
			printf("\t-%c|", o->letter);
		printf("%s--%s) ", o->letter ? "" : "\t", o->name);
		if (names_column(o))
			printf("words=$columns ;;\n");
		else if (names_file(o))
			printf("compopt -o default; return ;;\n");
		else if (o->words)
			put_words("words='", o, "' ;;\n");
		else
			printf("return ;;\n");
	}
}

/* File names are completed by bash itself (compopt -o default), because it quotes them. */
static void put_bash(void)
{
	size_t n;
	const struct lk_verb *const *verbs = lk_verb_table(&n);

	printf("# bash completion for lockscope\n_lockscope()\n{\n\tCOMPREPLY=()\n");
	printf("\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb= words= i\n\tlocal columns='");
	put_columns(&lk_verb_list);
	printf("'\n\tlocal verbs='");
	put_verbs();
	printf("'\n\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	       "\t\tcase \" $verbs \" in *\" ${COMP_WORDS[i]} \"*) verb=${COMP_WORDS[i]}; break ;; esac\n\tdone\n");
	for (size_t i = 0; i < n; i++) {
		if (!verbs[i]->columns)
			continue;
		printf("\t[[ $verb == %s ]] && columns='", verbs[i]->name);
		put_columns(verbs[i]);
		printf("'\n");
	}
	/* For capture, -o names a file; for the others, columns. */
	printf("\tif [[ $verb == capture && ( $before == -o || $before == --output ) ]]; then\n"
	       "\t\tcompopt -o default; return\n\tfi\n\tcase $before in\n");
	put_bash_values();
	printf("\tesac\n\tif [[ -z $words && $word == -* ]]; then\n\t\tcase $verb in\n");
	for (size_t i = 0; i < n; i++) {
		printf("\t\t%s) words='", verbs[i]->name);
		put_option_words(verbs[i]->options | LK_OPTIONS_COMMON);
		printf("' ;;\n");
	}
	printf("\t\t*) words='");
	put_option_words(lk_verb_list.options | LK_OPTIONS_COMMON);
	printf("' ;;\n\t\tesac\n\tfi\n\tif [[ -z $words ]]; then\n\t\tcase $verb in\n\t\t'') words=$verbs ;;\n"
	       "\t\thelp) words=$verbs ;;\n\t\tcompletion) words='bash zsh fish' ;;\n"
	       "\t\t*) compopt -o default; return ;;\n\t\tesac\n\tfi\n"
	       "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n}\ncomplete -F _lockscope lockscope\n");
}

/* Help lines have no quote and no bracket, which would have to be escaped; a unit test checks that. */
static void put_zsh_option(const struct lk_verb *verb, const struct lk_option *o)
{
	const char *action = names_file(o) ? "_files" : "";
	const struct lk_column *first = lk_verb_columns(verb);

	if (o->letter)
		printf("\t\t'(-%c --%s)'{-%c,--%s}", o->letter, o->name, o->letter, o->name);
	else
		printf("\t\t--%s", o->name);
	printf("'[%s]", o->help);
	if (names_column(o)) {
		/* Names as in filters: the colon of MAJ:MIN would end the list. */
		printf(":%s:(", o->arg);
		for (const struct lk_column *c = first; c->name; c++)
			printf("%s%s", c == first ? "" : " ", c->filter_name);
		printf(")'");
	} else if (o->arg && o->words) {
		printf(":%s:", o->arg);
		put_words("(", o, ")'");
	} else if (o->arg) {
		printf(":%s:%s'", o->arg, action);
	} else {
		putchar('\'');
	}
	printf(" \\\n");
}

static void put_zsh(void)
{
	size_t n;
	const struct lk_verb *const *verbs = lk_verb_table(&n);

	printf("#compdef lockscope\n_lockscope()\n{\n\tlocal -a verbs=(");
	for (size_t i = 0; i < n; i++)
		printf("\n\t\t'%s:%s'", verbs[i]->name, verbs[i]->brief);
	printf("\n\t)\n\tlocal verb=${${(@)words[2,CURRENT-1]:#-*}[1]}\n\tcase $verb in\n");
	for (size_t i = 0; i < n; i++) {
		printf("\t%s)\n\t\t_arguments \\\n", verbs[i]->name);
		for (const struct lk_option *o = NULL; (o = lk_option_next(o, verbs[i]->options | LK_OPTIONS_COMMON));)
			put_zsh_option(verbs[i], o);
		printf("\t\t'1: :' '*:argument:_files' ;;\n");
	}
	printf("\t*) _describe verb verbs ;;\n\tesac\n}\ncompdef _lockscope lockscope\n");
}

static void put_fish_option(const struct lk_verb *verb, const struct lk_option *o)
{
	printf("complete -c lockscope -n '__fish_seen_subcommand_from %s' -l %s", verb->name, o->name);
	if (o->letter)
		printf(" -s %c", o->letter);
	if (names_column(o)) {
		printf(" -x -a '");
		put_columns(verb);
		putchar('\'');
	} else if (o->arg && o->words) {
		put_words(" -x -a '", o, "'");
	} else if (o->arg) {
		printf(" -%c", names_file(o) ? 'r' : 'x');
	}
	printf(" -d '%s'\n", o->help);
}

static void put_fish(void)
{
	size_t n;
	const struct lk_verb *const *verbs = lk_verb_table(&n);

	printf("# fish completion for lockscope\n");
	for (size_t i = 0; i < n; i++)
		printf("complete -c lockscope -n __fish_use_subcommand -f -a %s -d '%s'\n", verbs[i]->name,
		       verbs[i]->brief);
	for (size_t i = 0; i < n; i++) {
		for (const struct lk_option *o = NULL; (o = lk_option_next(o, verbs[i]->options | LK_OPTIONS_COMMON));)
			put_fish_option(verbs[i], o);
	}
}

static const struct {
	const char *name;
	void (*put)(void);
} shells[] = {
	{ "bash", put_bash },
	{ "zsh", put_zsh },
	{ "fish", put_fish },
};

static enum lk_status run(const struct lk_cli *cli)
{
	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
		if (strcmp(cli->args[0], shells[i].name) == 0) {
			shells[i].put();
			return LK_STATUS_YES;
		}
	}
	return lk_cli_misuse(cli->verb, "there is completion for bash, zsh and fish, not for \"%s\"", cli->args[0]);
}

const struct lk_verb lk_verb_completion = {
	.name = "completion",
	.args = "SHELL",
	.brief = "a completion script for bash, zsh or fish",
	.text = "Prints a script to source. For bash: lockscope completion bash > /etc/bash_completion.d/lockscope",
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

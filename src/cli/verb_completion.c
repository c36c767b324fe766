/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion scripts for shells, made from the tables of verbs, options and columns. */
#include <stdio.h>
#include <string.h>

#include "cli/option.h"
#include "table/column.h"

static void put_verbs(const char *between)
{
	size_t n;
	const struct lk_verb *const *verbs = lk_verb_table(&n);

	for (size_t i = 0; i < n; i++)
		printf("%s%s", i ? between : "", verbs[i]->name);
}

static void put_columns(const char *between)
{
	size_t n;
	const struct lk_column *cols = lk_column_table(&n);

	for (size_t i = 0; i < n; i++)
		printf("%s%s", i ? between : "", cols[i].name);
}

static void put_option_words(unsigned groups)
{
	size_t n;
	const struct lk_option *options = lk_option_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (options[i].groups & groups)
			printf(" --%s", options[i].name);
	}
}

/* What the argument of an option can be; NULL: no list of words, and files where it names one. */
static const char *values_of(const struct lk_option *o)
{
	if (strcmp(o->name, "color") == 0)
		return "auto always never";
	if (strcmp(o->name, "for") == 0)
		return "free held";
	if (strcmp(o->name, "signal") == 0 && o->letter == 's')
		return "HUP INT QUIT KILL USR1 USR2 TERM CONT STOP";
	if (strcmp(o->name, "type") == 0)
		return "posix ofd flock lease deleg";
	return NULL;
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
	size_t n;
	const struct lk_option *options = lk_option_table(&n);

	for (size_t i = 0; i < n; i++) {
		const struct lk_option *o = &options[i];

		if (!o->arg || (strcmp(o->name, "output") == 0 && !names_column(o)))
			continue;
		if (o->letter)
			printf("\t-%c|", o->letter);
		printf("%s--%s) ", o->letter ? "" : "\t", o->name);
		if (names_column(o))
			printf("words=$columns ;;\n");
		else if (names_file(o))
			printf("compopt -o default; return ;;\n");
		else if (values_of(o))
			printf("words='%s' ;;\n", values_of(o));
		else
			printf("return ;;\n");
	}
}

/* Names of files are left to the shell, which quotes what it puts in. */
static void put_bash(void)
{
	size_t n;
	const struct lk_verb *const *verbs = lk_verb_table(&n);

	printf("# bash completion for lockscope\n_lockscope()\n{\n\tCOMPREPLY=()\n");
	printf("\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb= words= i\n\tlocal columns='");
	put_columns(" ");
	printf("'\n\tlocal verbs='");
	put_verbs(" ");
	printf("'\n\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	       "\t\tcase \" $verbs \" in *\" ${COMP_WORDS[i]} \"*) verb=${COMP_WORDS[i]}; break ;; esac\n\tdone\n");
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

/* Help lines hold no quote and no bracket that would have to be escaped; a unit test holds them to it. */
static void put_zsh_option(const struct lk_option *o)
{
	const char *action = names_file(o) ? "_files" : "";

	if (o->letter)
		printf("\t\t'(-%c --%s)'{-%c,--%s}", o->letter, o->name, o->letter, o->name);
	else
		printf("\t\t--%s", o->name);
	printf("'[%s]", o->help);
	if (names_column(o)) {
		printf(":%s:(", o->arg);
		/* A colon would end the list. */
		size_t n;
		const struct lk_column *cols = lk_column_table(&n);

		for (size_t i = 0; i < n; i++)
			printf("%s%s", i ? " " : "", cols[i].filter_name);
		printf(")'");
	} else if (values_of(o)) {
		printf(":%s:(%s)'", o->arg, values_of(o));
	} else if (o->arg) {
		printf(":%s:%s'", o->arg, action);
	} else {
		putchar('\'');
	}
	printf(" \\\n");
}

static void put_zsh(void)
{
	size_t n, n_options;
	const struct lk_verb *const *verbs = lk_verb_table(&n);
	const struct lk_option *options = lk_option_table(&n_options);

	printf("#compdef lockscope\n_lockscope()\n{\n\tlocal -a verbs=(");
	for (size_t i = 0; i < n; i++)
		printf("\n\t\t'%s:%s'", verbs[i]->name, verbs[i]->brief);
	printf("\n\t)\n\tlocal verb=${${(@)words[2,CURRENT-1]:#-*}[1]}\n\tcase $verb in\n");
	for (size_t i = 0; i < n; i++) {
		printf("\t%s)\n\t\t_arguments \\\n", verbs[i]->name);
		for (size_t k = 0; k < n_options; k++) {
			if (options[k].groups & (verbs[i]->options | LK_OPTIONS_COMMON))
				put_zsh_option(&options[k]);
		}
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
		put_columns(" ");
		putchar('\'');
	} else if (values_of(o)) {
		printf(" -x -a '%s'", values_of(o));
	} else if (o->arg) {
		printf(" -%c", names_file(o) ? 'r' : 'x');
	}
	printf(" -d '%s'\n", o->help);
}

static void put_fish(void)
{
	size_t n, n_options;
	const struct lk_verb *const *verbs = lk_verb_table(&n);
	const struct lk_option *options = lk_option_table(&n_options);

	printf("# fish completion for lockscope\n");
	for (size_t i = 0; i < n; i++)
		printf("complete -c lockscope -n __fish_use_subcommand -f -a %s -d '%s'\n", verbs[i]->name,
		       verbs[i]->brief);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n_options; k++) {
			if (options[k].groups & (verbs[i]->options | LK_OPTIONS_COMMON))
				put_fish_option(verbs[i], &options[k]);
		}
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses the command line: argv to struct lk_cli. */
#include "cli/option.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

/* For a long option getopt_long(3) returns this plus its index in the table. */
#define LONG 256

/* Arguments for getopt_long(3), made from the table for one set of groups. */
struct getopt_words {
	lk_buf letters;
	struct option *names;
};

static void make_getopt_words(struct getopt_words *w, unsigned groups, const char *begin)
{
	size_t n_table, n = 0;
	const struct lk_option *table = lk_option_table(&n_table);

	*w = (struct getopt_words){ .names = lk_alloc(n_table + 1, sizeof(*w->names)) };
	lk_buf_puts(&w->letters, begin);
	for (const struct lk_option *o = NULL; (o = lk_option_next(o, groups));) {
		if (o->letter)
			lk_buf_printf(&w->letters, "%c%s", o->letter, o->arg ? ":" : "");
		/* If a name were listed twice, each of its abbreviations would be ambiguous. */
		if (lk_option_find(o->name, strlen(o->name), groups) == o)
			w->names[n++] = (struct option){ o->name, o->arg ? required_argument : no_argument, NULL,
							 LONG + (int)(o - table) };
	}
	lk_buf_str(&w->letters);
}

static void free_getopt_words(struct getopt_words *w)
{
	lk_vec_done(&w->letters);
	free(w->names);
}

/* The option for what getopt_long(3) returned. One letter may mean different options to different verbs. NULL: no option of these
 * groups. */
static const struct lk_option *option_of(int c, unsigned groups)
{
	size_t n;
	const struct lk_option *table = lk_option_table(&n);

	return c >= LONG ? &table[c - LONG] : lk_option_letter((char)c, groups);
}

/* The screen has this option, as one of its own or as one of every verb. */
static bool fits_screen(int c)
{
	unsigned groups = LK_OPTIONS_SCREEN | LK_OPTIONS_COMMON;
	const struct lk_option *o = option_of(c, ~0u);

	return o && (c >= LONG ? lk_option_find(o->name, strlen(o->name), groups) : lk_option_letter((char)c, groups));
}

/* The index of the verb in argv; argc when there is none. Options of any verb may stand before it; *ret_fits: the screen has all of
 * those. */
static int find_verb(int argc, char **argv, bool *ret_fits)
{
	struct getopt_words w;
	int c;

	make_getopt_words(&w, ~0u, "+:");
	optind = 0;
	opterr = 0;
	*ret_fits = true;
	while ((c = getopt_long(argc, argv, w.letters.v, w.names, NULL)) != -1) {
		const struct lk_option *o = option_of(c, ~0u);

		if (o && o->kind == LK_KIND_THEN && optind < argc)
			optind++;
		*ret_fits = *ret_fits && fits_screen(c);
	}
	free_getopt_words(&w);
	return optind;
}

static enum lk_status refuse_option(const struct lk_cli *cli, unsigned groups, char **argv, int c)
{
	const char *verb = cli->verb->name, *word = argv[optind - 1];

	if (c == ':')
		return lk_cli_misuse(cli->verb, "option %s needs an argument", word);
	/* getopt_long(3) sets optopt also for a known option that was given an argument it does not take. */
	if (optopt && !option_of(optopt, groups))
		return lk_cli_misuse(cli->verb, "'%s' has no option -%c", verb, optopt);
	if (optopt)
		return lk_cli_misuse(cli->verb, "option %s takes no argument", word);
	return lk_cli_misuse(cli->verb, "'%s' has no option %s", verb, word);
}

/* argv[optind] is the word after the option and its argument. */
static enum lk_status apply(struct lk_cli *cli, const struct lk_option *o, char **argv)
{
	struct lk_err err = { 0 };
	enum lk_status status = 0;
	int rc = 0;

	/* Settings of the screen are kept, to be applied after those in its files. Not so --readonly, which takes effect now. */
	if (cli->verb == &lk_verb_screen && o->where & LK_OPTIONS_SETTING && !o->sticks)
		*lk_vec_push(&cli->screen) = (struct lk_screen_option){ o, optarg };
	else if (o->kind == LK_KIND_THEN)
		rc = lk_option_then(&cli->act, optarg, argv[optind], &err);
	else
		rc = lk_option_apply(o, cli, optarg, &err);
	if (rc < 0)
		status = lk_cli_misuse(cli->verb, "%s", lk_err_text(&err));
	else if (o->kind == LK_KIND_THEN)
		optind++;
	lk_err_done(&err);
	return status;
}

static enum lk_status parse_options(int argc, char **argv, struct lk_cli *cli)
{
	unsigned groups = cli->verb->options | LK_OPTIONS_COMMON;
	struct getopt_words w;
	enum lk_status status = 0;
	int c;

	make_getopt_words(&w, groups, ":");
	optind = 0;
	opterr = 0;
	while (!status && (c = getopt_long(argc, argv, w.letters.v, w.names, NULL)) != -1)
		status = c == ':' || c == '?' ? refuse_option(cli, groups, argv, c)
					      : apply(cli, option_of(c, groups), argv);
	free_getopt_words(&w);
	cli->args = argv + optind;
	cli->n_args = (size_t)(argc - optind);
	return status;
}

/* How many words follow the first "--"; -1: there is none. */
static int words_behind_dashes(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return argc - i - 1;
	}
	return -1;
}

/* "FILE -- COMMAND", or "-- FILE -- COMMAND" for a FILE that begins with a dash. */
static enum lk_status split_command(struct lk_cli *cli, int n_behind)
{
	size_t n = n_behind < 0 ? 0 : (size_t)n_behind;

	if (n_behind < 0 || n > cli->n_args)
		return 0;
	if (n < cli->n_args) {
		cli->command = cli->args + (cli->n_args - n);
		cli->n_args -= n;
	} else if (n > 1 && strcmp(cli->args[1], "--") == 0) {
		cli->command = cli->args + 2;
		cli->n_args = 1;
	}
	if (cli->command && !cli->command[0])
		return lk_cli_misuse(cli->verb, "there is no command behind --");
	return 0;
}

/* A file that cannot be understood does not stop verbs that only look; verbs that change something are refused later
 * (lk_privilege_refuse()). */
static void read_configuration(struct lk_cli *cli)
{
	struct lk_err err = { 0 };

	if (lk_conf_read(&cli->conf, LK_CONF_PATH, &err) < 0)
		lk_say("%s", lk_err_text(&err));
	lk_err_done(&err);
	lk_conf_apply(&cli->conf, cli);
}

static enum lk_status choose_verb(int *argc, char **argv, struct lk_cli *cli)
{
	bool fits;
	int at = find_verb(*argc, argv, &fits);
	const char *near;

	cli->verb = fits && lk_screen_is_possible() ? &lk_verb_screen : &lk_verb_list;
	if (at >= *argc)
		return 0;
	cli->verb = lk_verb_find(argv[at]);
	if (!cli->verb) {
		near = lk_verb_suggest(argv[at]);
		if (near)
			return lk_cli_misuse(NULL, "there is no verb '%s'; did you mean '%s'?", argv[at], near);
		return lk_cli_misuse(NULL, "there is no verb '%s'", argv[at]);
	}
	cli->verb_named = true;
	memmove(&argv[at], &argv[at + 1], (size_t)(*argc - at) * sizeof(*argv));
	(*argc)--;
	return 0;
}

static enum lk_status check(const struct lk_cli *cli)
{
	bool ends_lines = cli->format == LK_FORMAT_PIDS || cli->format == LK_FORMAT_RAW;

	if (cli->proc && cli->from)
		return lk_cli_misuse(cli->verb, "--proc and --from exclude each other");
	if (cli->scanner == LK_SCANNER_BPF && (cli->proc || cli->from))
		return lk_cli_misuse(
			cli->verb, "--scanner=bpf asks this machine's kernel; it goes with neither --proc nor --from");
	if (cli->nul && !ends_lines)
		return lk_cli_misuse(cli->verb, "-0 goes with -t or --raw only");
	if (cli->full && cli->format != LK_FORMAT_JSON && cli->format != LK_FORMAT_JSONL)
		return lk_cli_misuse(cli->verb, "--full goes with --json or --jsonl only");
	if (cli->n_args < cli->verb->min_args)
		return lk_cli_misuse(cli->verb, "'%s' needs %s", cli->verb->name, cli->verb->args);
	if (cli->n_args > cli->verb->max_args)
		return lk_cli_misuse(cli->verb, "'%s' does not take \"%s\"", cli->verb->name,
				     cli->args[cli->verb->max_args]);
	return 0;
}

enum lk_status lk_cli_parse(int argc, char **argv, struct lk_cli *ret)
{
	enum lk_status status;
	int n_behind;

	*ret = (struct lk_cli){ 0 };
	for (const struct lk_option *o = NULL; (o = lk_option_next(o, ~0u));) {
		if (o->in_cli)
			lk_option_preset(o, (char *)ret + o->in_cli);
	}
	status = choose_verb(&argc, argv, ret);
	if (status)
		return status;
	read_configuration(ret);
	n_behind = words_behind_dashes(argc, argv);
	status = parse_options(argc, argv, ret);
	if (!status && ret->verb->takes_command)
		status = split_command(ret, n_behind);
	if (status || ret->want_help || ret->want_version || ret->list_columns)
		return status;
	return check(ret);
}

void lk_cli_done(struct lk_cli *cli)
{
	lk_vec_done(&cli->pids);
	lk_vec_done(&cli->users);
	lk_vec_done(&cli->types);
	lk_vec_done(&cli->watched);
	lk_vec_done(&cli->screen);
	lk_vec_done(&cli->act.steps);
	lk_vec_done(&cli->act.holders_of);
	lk_vec_done(&cli->act.blockers_of);
	lk_conf_done(&cli->conf);
}

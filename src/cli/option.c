/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/option_private.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/conf.h"
#include "cli/screen.h"

#define SECONDS_MAX (INT_MAX / 1000 - 1) /* of lk_text_seconds_ms() */
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum lk_status lk_cli_see_help(const struct lk_verb *verb)
{
	lk_say("Try 'lockscope help%s%s'.", verb ? " " : "", verb ? verb->name : "");
	return LK_STATUS_ERROR;
}

enum lk_status lk_cli_misuse(const struct lk_verb *verb, const char *fmt, ...)
{
	lk_auto_mem char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = lk_vprintf(fmt, ap);
	va_end(ap);
	lk_say("%s", text);
	return lk_cli_see_help(verb);
}

/* What getopt_long(3) wants, made from the table for one set of groups. */
#define OPTIONS_MAX 128 /* rows of the table, with room to grow; a test counts them */
struct getopt_words {
	char letters[2 * OPTIONS_MAX + 3];
	struct option names[OPTIONS_MAX + 1];
};

static void make_getopt_words(struct getopt_words *w, unsigned groups, bool stop_at_verb)
{
	size_t n_table, n = 0;
	const struct lk_option *table = lk_option_table(&n_table);
	char *p = w->letters;

	if (stop_at_verb)
		*p++ = '+';
	*p++ = ':';
	for (size_t i = 0; i < n_table && n < OPTIONS_MAX; i++) {
		const struct lk_option *o = &table[i];

		if (!(o->groups & groups))
			continue;
		w->names[n++] = (struct option){ o->name, o->arg ? required_argument : no_argument, NULL, o->id };
		if (!o->letter)
			continue;
		*p++ = o->letter;
		if (o->arg)
			*p++ = ':';
	}
	*p = '\0';
	w->names[n] = (struct option){ 0 };
}

static enum lk_status set_words(const struct lk_cli *cli, lk_words *words, char *list, char letter)
{
	size_t before = words->n;
	char *save;

	/* In place: the words are those of argv. */
	for (char *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save))
		*lk_vec_push(words) = word;
	if (words->n == before)
		return lk_cli_misuse(cli->verb, "option -%c has an empty argument", letter);
	return 0;
}

static enum lk_status set_format(struct lk_cli *cli, enum lk_format format)
{
	static const char *const names[] = { "", "--raw", "--json", "--jsonl", "-t", "-q" };

	if (cli->format != LK_FORMAT_TABLE && cli->format != format)
		return lk_cli_misuse(cli->verb, "%s and %s exclude each other", names[cli->format], names[format]);
	cli->format = format;
	return 0;
}

static enum lk_status set_color(struct lk_cli *cli, const char *when)
{
	static const char *const names[] = { "auto", "always", "never" };

	for (size_t i = 0; i < COUNT(names); i++) {
		if (strcmp(when, names[i]) == 0) {
			cli->color = (enum lk_color)i;
			return 0;
		}
	}
	return lk_cli_misuse(cli->verb, "--color is auto, always or never, not \"%s\"", when);
}

enum lk_status lk_option_seconds(const struct lk_cli *cli, const char *option, const char *text, uint32_t *ret_ms)
{
	int rc = lk_text_seconds_ms(text, ret_ms);

	if (rc == 0 && *ret_ms > 0)
		return 0;
	if (rc == -ERANGE)
		return lk_cli_misuse(cli->verb, "%s takes at most %d seconds, not \"%s\"", option, SECONDS_MAX, text);
	return lk_cli_misuse(cli->verb, "%s wants seconds greater than 0, such as 30 or 2.5, not \"%s\"", option, text);
}

static enum lk_status set_delay(struct lk_cli *cli, const char *text)
{
	if (lk_text_seconds_ms(text, &cli->delay_ms) == 0 && cli->delay_ms >= 100 && cli->delay_ms <= 3600000)
		return 0;
	return lk_cli_misuse(cli->verb, "-d wants seconds from 0.1 to 3600, such as 2 or 0.5, not \"%s\"", text);
}

static enum lk_status set_count(struct lk_cli *cli, const char *text)
{
	if (lk_text_u64(text, strlen(text), 10, &cli->count) == 0 && cli->count > 0)
		return 0;
	return lk_cli_misuse(cli->verb, "-c wants a number of looks greater than 0, not \"%s\"", text);
}

static enum lk_status set_range(struct lk_cli *cli, const char *text)
{
	struct lk_err err = { 0 };
	enum lk_status status = 0;

	if (lk_range_parse(text, &cli->range, &err) < 0)
		status = lk_cli_misuse(cli->verb, "--range: %s", lk_err_text(&err));
	else
		cli->has_range = true;
	lk_err_done(&err);
	return status;
}

static enum lk_status apply_format(struct lk_cli *cli, int id)
{
	switch (id) {
	case 'J':
		return set_format(cli, LK_FORMAT_JSON);
	case OPT_JSONL:
		return set_format(cli, LK_FORMAT_JSONL);
	case 'r':
		return set_format(cli, LK_FORMAT_RAW);
	case 't':
		return set_format(cli, LK_FORMAT_PIDS);
	default:
		return set_format(cli, LK_FORMAT_QUIET);
	}
}

static bool *flag_of(struct lk_cli *cli, int id)
{
	switch (id) {
	case '0':
		return &cli->nul;
	case 'b':
		return &cli->bytes;
	case 'n':
		return &cli->no_headings;
	case 'u':
		return &cli->no_truncate;
	case 'N':
		return &cli->numeric;
	case 'H':
		return &cli->list_columns;
	case 'i':
		return &cli->only_accessible;
	case 'R':
		return &cli->recursive;
	case 'P':
		return &cli->physical;
	case 'h':
		return &cli->want_help;
	case 'V':
		return &cli->want_version;
	case OPT_FULL:
		return &cli->full;
	case OPT_OUTPUT_ALL:
		return &cli->all_columns;
	case OPT_BLOCKED:
		return &cli->only_blocked;
	case OPT_FORCE:
		return &cli->force;
	case OPT_UNTIL_FREE:
		return &cli->until_free;
	case OPT_ALL_LANES:
		return &cli->all_lanes;
	case OPT_FLAT:
		return &cli->flat;
	case OPT_DEADLOCKS:
		return &cli->only_deadlocks;
	case OPT_NO_USES:
		return &cli->no_uses;
	case OPT_RELEASE_FIRST:
		return &cli->release_first;
	case OPT_REPLACE:
		return &cli->replace;
	case OPT_READONLY:
		return &cli->read_only;
	case OPT_EXACT:
		return &cli->exact;
	default:
		return lk_option_act_flag(cli, id);
	}
}

static const char **string_of(struct lk_cli *cli, int id)
{
	switch (id) {
	case 'o':
		return &cli->columns;
	case OPT_CAPTURE_FILE:
		return &cli->output;
	case OPT_SORT:
		return &cli->sort;
	case OPT_FILTER:
		return &cli->filter;
	case OPT_PROC:
		return &cli->proc;
	case OPT_FROM:
		return &cli->from;
	default:
		return NULL;
	}
}

enum lk_status lk_option_apply(struct lk_cli *cli, int id, char *arg)
{
	bool *flag = flag_of(cli, id);
	const char **string = string_of(cli, id);

	if (flag) {
		*flag = true;
		return 0;
	}
	if (string) {
		if (!*arg && (id == OPT_FROM || id == OPT_PROC || id == OPT_CAPTURE_FILE))
			return lk_cli_misuse(cli->verb, "option %s has an empty argument",
					     id == OPT_FROM   ? "--from"
					     : id == OPT_PROC ? "--proc"
							      : "--output");
		*string = arg;
		return 0;
	}
	switch (id) {
	case 'v':
		cli->verbose++;
		return 0;
	case 'p':
		return set_words(cli, &cli->pids, arg, 'p');
	case 'U':
		return set_words(cli, &cli->users, arg, 'U');
	case 'T':
		return set_words(cli, &cli->types, arg, 'T');
	case OPT_COLOR:
		return set_color(cli, arg);
	case OPT_SCANNER:
		if (lk_scanner_find(arg, &cli->scanner))
			return 0;
		return lk_cli_misuse(cli->verb, "--scanner is auto, bpf or procfs, not \"%s\"", arg);
	case OPT_TIMEOUT:
		return lk_option_seconds(cli, "--scan-timeout", arg, &cli->timeout_ms);
	case OPT_RANGE:
		return set_range(cli, arg);
	case 'd':
		return set_delay(cli, arg);
	case 'c':
		return set_count(cli, arg);
	case OPT_UNTIL:
		return lk_option_seconds(cli, "--timeout", arg, &cli->until_ms);
	default:
		return apply_format(cli, id);
	}
}

/* The place of the verb in argv; argc when there is none. Options of every verb may stand before it; *ret_fits: the screen has all of
 * them. */
static int find_verb(int argc, char **argv, bool *ret_fits)
{
	struct getopt_words w;
	int c;

	make_getopt_words(&w, ~0u, true);
	optind = 0;
	opterr = 0;
	*ret_fits = true;
	while ((c = getopt_long(argc, argv, w.letters, w.names, NULL)) != -1) {
		if (c == OPT_THEN && optind < argc)
			optind++;
		*ret_fits = *ret_fits && lk_option_fits_screen(c);
	}
	return optind;
}

/* getopt_long(3) knows letters only; one letter may mean different options to different verbs. */
static const struct lk_option *find_option(unsigned groups, int id)
{
	size_t n;
	const struct lk_option *table = lk_option_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (table[i].groups & groups && (table[i].id == id || (table[i].letter && table[i].letter == id)))
			return &table[i];
	}
	return NULL;
}

static enum lk_status refuse_option(const struct lk_cli *cli, unsigned groups, char **argv, int c)
{
	const char *verb = cli->verb->name, *word = argv[optind - 1];

	if (c == ':')
		return lk_cli_misuse(cli->verb, "option %s needs an argument", word);
	/* A letter that is known was not refused for itself: it stands for a long option that was given an argument. */
	if (optopt && !find_option(groups, optopt))
		return lk_cli_misuse(cli->verb, "'%s' has no option -%c", verb, optopt);
	if (optopt)
		return lk_cli_misuse(cli->verb, "option %s takes no argument", word);
	return lk_cli_misuse(cli->verb, "'%s' has no option %s", verb, word);
}

/* rest: the words behind the option and its argument. */
static enum lk_status apply_given(struct lk_cli *cli, int id, char **rest)
{
	enum lk_status status;
	int used = 0;

	if (lk_option_is_screen(cli, id))
		return lk_option_screen(cli, id, optarg);
	if (!lk_option_is_act(id))
		return lk_option_apply(cli, id, optarg);
	status = lk_option_act(cli, id, optarg, rest, &used);
	optind += used;
	return status;
}

static enum lk_status parse_options(int argc, char **argv, struct lk_cli *cli)
{
	unsigned groups = cli->verb->options | LK_OPTIONS_COMMON;
	struct getopt_words w;
	enum lk_status status;
	int c;

	make_getopt_words(&w, groups, false);
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, w.letters, w.names, NULL)) != -1) {
		if (c == ':' || c == '?')
			return refuse_option(cli, groups, argv, c);
		status = apply_given(cli, find_option(groups, c)->id, &argv[optind]);
		if (status)
			return status;
	}
	cli->args = argv + optind;
	cli->n_args = (size_t)(argc - optind);
	return 0;
}

/* How many words stand behind the first "--"; -1: there is none. */
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

/* A file that cannot be understood does not make looking impossible; what changes something is refused later. */
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

	*ret = (struct lk_cli){ .timeout_ms = 30000, .act.refused_status = LK_STATUS_NO };
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
	lk_vec_done(&cli->screen);
	lk_vec_done(&cli->act.steps);
	lk_vec_done(&cli->act.holders_of);
	lk_vec_done(&cli->act.blockers_of);
	lk_conf_done(&cli->conf);
}

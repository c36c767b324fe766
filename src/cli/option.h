/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options: one const table, from which parsing, help, completion and the check of the manual page are made; and struct lk_cli, the
 * parsed command line. */
#ifndef LK_CLI_OPTION_H
#define LK_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "action/signal.h"
#include "base/vec.h"
#include "cli/conf.h"
#include "cli/status.h"
#include "cli/verb.h"
#include "record/range.h"
#include "source/bpf/bpf.h"

/* What is done with the argument of an option, and the type of the member it sets. */
enum lk_option_kind {
	LK_KIND_FLAG, /* bool: set to true; as a setting: yes or no */
	LK_KIND_TEXT, /* const char * into argv, at least `min` bytes long; as a setting: char *, owned, NULL for "" */
	LK_KIND_WORD, /* an enum: the index in `words` */
	LK_KIND_SECONDS, /* uint32_t: milliseconds from `min` to `max`; max 0: no bound */
	LK_KIND_NUMBER, /* uint64_t, likewise */
	LK_KIND_COUNT, /* unsigned: how often it was given */
	LK_KIND_LIST, /* lk_words: adds the words of a comma list */
	LK_KIND_WORDS, /* lk_words: adds the argument */
	LK_KIND_FORMAT, /* sets lk_cli.format to `preset`; a second, other format is an error */
	LK_KIND_RANGE, /* lk_cli.range and has_range */
	LK_KIND_SIGNAL,
	LK_KIND_THEN, /* lk_cli.act.steps */
	LK_KIND_BINDS, /* lk_settings.binds: adds the argument */
	LK_KIND_ALIAS, /* sets the setting words[0] to the value words[1] */
};

/* A row of the table: one option, one setting of the screen, or both. */
struct lk_option {
	char letter; /* '\0': none */
	const char *name;
	const char *arg; /* the name of its argument in help; NULL: it takes none */
	const char *help; /* one line */
	unsigned
		where; /* LK_OPTIONS_*: which verbs take it, whether it may stand in lockscope.conf, whether the screen saves it */
	enum lk_option_kind kind;
	size_t in_cli; /* offset in struct lk_cli; 0: it has no member of its own there */
	size_t in_set; /* of a setting: offset in struct lk_settings */
	/* What the argument can be, for completion too; of LK_KIND_WORD the default comes first. NULL at the end; NULL: no list of
	 * words. */
	const char *const *words;
	const char *what; /* of LK_KIND_NUMBER: its name in errors, "a number of looks" */
	uint64_t min, max;
	uint64_t preset; /* the default; of LK_KIND_FORMAT the format */
	int (*check)(const char *value,
		     struct lk_err *err); /* of a TEXT setting: 0, or -EINVAL with a sentence; NULL: any text */
	bool sticks; /* once set, by a file or an option, it cannot be unset */
	unsigned place; /* in the setup pane, from 1; 0: not shown there */
	const char *label, *note; /* in the setup pane; note: explains the value; NULL: none */
};

struct lk_cli;
struct lk_cli_act;

const struct lk_option *lk_option_table(size_t *ret_n);
/* The next row after o (NULL: the first row) that has one of the bits LK_OPTIONS_* in `where`; NULL: there is none. */
const struct lk_option *lk_option_next(const struct lk_option *o, unsigned where);
/* The first row with that name (n bytes), or with that letter, that has one of the bits LK_OPTIONS_* in `where`; NULL: there is none. */
const struct lk_option *lk_option_find(const char *name, size_t n, unsigned where);
const struct lk_option *lk_option_letter(char letter, unsigned where);

/* Parses the value of a WORD, SECONDS or NUMBER into *at. called: the name of the option or setting in errors. bound: a number out of
 * bounds is brought within them instead of refused. 0, or -EINVAL with a sentence. */
int lk_option_value(const struct lk_option *o, const char *called, const char *value, bool bound, void *at,
		    struct lk_err *err);
/* Applies o as if it had been given on the command line. arg must live as long as cli, and is changed in place where it is a list. 0, or
 * -EINVAL with a sentence. */
int lk_option_apply(const struct lk_option *o, struct lk_cli *cli, char *arg, struct lk_err *err);
/* Adds a step for --then DELAY SIGNAL. signal NULL: it was missing, which is an error. 0, or -EINVAL with a sentence. */
int lk_option_then(struct lk_cli_act *act, const char *delay, const char *signal, struct lk_err *err);
/* Writes the default to *at, if o is a FLAG, SECONDS or NUMBER; otherwise nothing. */
void lk_option_preset(const struct lk_option *o, void *at);

enum lk_format { LK_FORMAT_TABLE, LK_FORMAT_RAW, LK_FORMAT_JSON, LK_FORMAT_JSONL, LK_FORMAT_PIDS, LK_FORMAT_QUIET };
enum lk_color { LK_COLOR_AUTO, LK_COLOR_ALWAYS, LK_COLOR_NEVER };

typedef LK_VEC(const char *) lk_words;

enum lk_wait_for { LK_WAIT_FREE, LK_WAIT_HELD };

/* The options of `wait`, `test` and the verbs that change something. */
struct lk_cli_act {
	bool dry_run, yes;
	/* -s, then each --then. Without -s, `signal` sends SIGTERM first; `rm` and `mv` send nothing. */
	LK_VEC(struct lk_signal_step) steps;
	bool has_first; /* -s was given: it is steps.v[0] */
	lk_words holders_of, blockers_of;
	enum lk_wait_for wait_for;
	bool read, write; /* of test, as all below */
	bool posix, ofd, flock;
	bool confirm, acquire;
	uint32_t hold_ms; /* 0: not given */
	uint64_t refused_status; /* -E */
};

/* A setting of the screen as it was given on the command line, not yet checked (cli/settings.h). */
struct lk_screen_option {
	const struct lk_option *option;
	const char *value; /* NULL: none was given */
};

/* The parsed command line. Strings are those of argv. */
struct lk_cli {
	const struct lk_verb *verb;
	bool verb_named; /* false: no verb was given, `verb` is list or the screen */
	char **args; /* the arguments behind the verb that are no options */
	size_t n_args;
	bool want_help, want_version;
	bool read_only;
	unsigned verbose;
	enum lk_color color;
	const char *proc, *from; /* NULL: the live machine */
	enum lk_scanner scanner;
	bool exact; /* prove that no lock is missing, whatever that costs */
	uint32_t timeout_ms; /* of the scan */
	enum lk_format format;
	bool bytes, no_headings, no_truncate, nul, numeric, full, all_columns, list_columns;
	const char *columns; /* -o; NULL: the default set */
	const char *sort, *filter;
	lk_words pids, users, types; /* arguments of -p, -U, -T */
	bool only_blocked, only_accessible;
	bool recursive, physical;
	bool has_range;
	struct lk_range range;
	const char *output; /* NULL or "-": standard output */
	bool force;
	const char *textfile; /* of metrics, as the next two; NULL: standard output */
	lk_words watched;
	uint64_t top;
	uint32_t delay_ms; /* between two looks */
	uint64_t count; /* looks; 0: without end */
	uint32_t min_wait_ms; /* of watch; 0: every event */
	bool until_free;
	uint32_t until_ms; /* --timeout; 0: none */
	bool all_lanes; /* of a map */
	bool flat, only_deadlocks; /* of waits */
	bool no_uses; /* of who */
	bool kernel_only; /* likewise: lock files are files like others */
	bool list_stale, list_kinds; /* of lockfiles */
	uint32_t search_ms; /* likewise; 0: no limit */
	bool even_if_used, even_if_unknown, replace, release_first; /* of rm and mv */
	bool only_stale; /* of rm */
	char **command; /* what follows "--"; NULL: nothing did */
	LK_VEC(struct lk_screen_option) screen; /* in the order given; --readonly is in read_only */
	bool ignore_config;
	struct lk_cli_act act;
	struct lk_conf conf; /* what the configuration file says; already applied */
};

/* 0, or the exit status after the error was printed. lk_cli_done() in either case. Reorders argv. */
enum lk_status lk_cli_parse(int argc, char **argv, struct lk_cli *ret);
void lk_cli_done(struct lk_cli *cli);

#endif

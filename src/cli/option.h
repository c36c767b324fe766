/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options: one const table, from which parsing, help, completion and the check of the manual page are made; and what a
 * command line comes to. */
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

/* What becomes of its argument. */
enum lk_option_kind {
	LK_KIND_FLAG, /* bool: true; as a setting yes or no */
	LK_KIND_TEXT, /* const char * of argv, with at least min bytes; as a setting char *, owned, NULL for "" */
	LK_KIND_WORD, /* an enum: the place in words */
	LK_KIND_SECONDS, /* uint32_t milliseconds, min to max; max 0: without bound */
	LK_KIND_NUMBER, /* uint64_t, likewise */
	LK_KIND_COUNT, /* unsigned: how often it was given */
	LK_KIND_LIST, /* lk_words: those of a comma list */
	LK_KIND_WORDS, /* lk_words: one more */
	LK_KIND_FORMAT, /* lk_cli.format: preset; one excludes the others */
	LK_KIND_RANGE, /* lk_cli.range */
	LK_KIND_SIGNAL,
	LK_KIND_THEN, /* lk_cli.act.steps */
	LK_KIND_BINDS, /* lk_settings.binds: one more */
	LK_KIND_ALIAS, /* the setting words[0] with the value words[1] */
};

/* A row of the table: all there is to say about one option or setting. */
struct lk_option {
	char letter; /* '\0': none */
	const char *name;
	const char *arg; /* what its argument is called; NULL: it takes none */
	const char *help; /* one line */
	unsigned
		where; /* LK_OPTIONS_*: which verbs take it, whether it may stand in lockscope.conf, whether the screen saves it */
	enum lk_option_kind kind;
	size_t in_cli; /* offset in struct lk_cli; 0: it is not kept there by itself */
	size_t in_set; /* offset in struct lk_settings, of a setting */
	const char *const *words; /* what it can be, the default first, NULL at the end; NULL: no list of words */
	const char *what; /* of a number: "a number of looks" */
	uint64_t min, max;
	uint64_t preset; /* what it is when nobody says it */
	bool sticks; /* once said, wherever, nothing takes it back */
	unsigned place; /* in the setup pane, from 1; 0: it is not there */
	const char *label, *note; /* there; note: what its value means beyond words and bounds; NULL none */
};

struct lk_cli;
struct lk_cli_act;

const struct lk_option *lk_option_table(size_t *ret_n);
/* The row behind o (NULL: the first) that has one of LK_OPTIONS_*; NULL: there is none. */
const struct lk_option *lk_option_next(const struct lk_option *o, unsigned where);
/* The first row of that name (n bytes), or of that letter, which one of LK_OPTIONS_* has; NULL: there is none. */
const struct lk_option *lk_option_find(const char *name, size_t n, unsigned where);
const struct lk_option *lk_option_letter(char letter, unsigned where);

/* One WORD, SECONDS or NUMBER into *at. called: the option or setting as the sentence calls it; bound: what is out of bounds is brought
 * within them, instead of refused. 0 or -EINVAL with a sentence. */
int lk_option_value(const struct lk_option *o, const char *called, const char *value, bool bound, void *at,
		    struct lk_err *err);
/* As if it had been given on the command line. arg must live as long as cli, and is changed in place where it is a list. 0 or -EINVAL with a
 * sentence. */
int lk_option_apply(const struct lk_option *o, struct lk_cli *cli, char *arg, struct lk_err *err);
/* --then DELAY SIGNAL; signal NULL: there was none. Likewise. */
int lk_option_then(struct lk_cli_act *act, const char *delay, const char *signal, struct lk_err *err);
/* What it is when nobody says it, into *at. */
void lk_option_preset(const struct lk_option *o, void *at);

enum lk_format { LK_FORMAT_TABLE, LK_FORMAT_RAW, LK_FORMAT_JSON, LK_FORMAT_JSONL, LK_FORMAT_PIDS, LK_FORMAT_QUIET };
enum lk_color { LK_COLOR_AUTO, LK_COLOR_ALWAYS, LK_COLOR_NEVER };

typedef LK_VEC(const char *) lk_words;

enum lk_wait_for { LK_WAIT_FREE, LK_WAIT_HELD };

/* The options of the verbs that act. */
struct lk_cli_act {
	bool dry_run, yes;
	LK_VEC(struct lk_signal_step) steps; /* -s, then each --then; empty: SIGTERM */
	bool has_first; /* -s was given: it is steps.v[0] */
	lk_words holders_of, blockers_of;
	enum lk_wait_for wait_for;
	bool read, write; /* of test */
	bool posix, ofd, flock;
	bool confirm, acquire;
	uint32_t hold_ms; /* 0: not given */
	uint64_t refused_status; /* -E */
};

/* A setting of the screen as it was given; cli/settings.h knows what it means. */
struct lk_screen_option {
	const struct lk_option *option;
	const char *value; /* NULL: it was only named */
};

/* A command line, understood. Strings are those of argv. */
struct lk_cli {
	const struct lk_verb *verb;
	bool verb_named; /* false: none was given, it is list or the screen */
	char **args; /* what follows the verb and is no option */
	size_t n_args;
	bool want_help, want_version;
	bool read_only;
	unsigned verbose;
	enum lk_color color;
	const char *proc, *from; /* NULL: the live machine */
	enum lk_scanner scanner;
	bool exact; /* prove that no lock is missing whatever that costs */
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
	uint32_t delay_ms; /* between two looks */
	uint64_t count; /* looks; 0: without end */
	bool until_free;
	uint32_t until_ms; /* --timeout; 0: none */
	bool all_lanes; /* of a map */
	bool flat, only_deadlocks; /* of waits */
	bool no_uses; /* of who */
	bool even_if_used, even_if_unknown, replace, release_first; /* of rm and mv */
	char **command; /* what follows "--"; NULL: nothing did */
	LK_VEC(struct lk_screen_option) screen; /* in the order given; --readonly is read_only */
	bool ignore_config;
	struct lk_cli_act act;
	struct lk_conf conf; /* what the configuration file says; already applied */
};

/* 0, or the status to exit with after what was wrong has been said. lk_cli_done() in either case. Reorders argv. */
enum lk_status lk_cli_parse(int argc, char **argv, struct lk_cli *ret);
void lk_cli_done(struct lk_cli *cli);

#endif

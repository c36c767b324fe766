/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs. A new one is a file that defines its struct lk_verb, and a row in verb.c. Help, completion and the check of the
 * manual page are made from this table. */
#ifndef LK_CLI_VERB_H
#define LK_CLI_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/status.h"
#include "table/column.h"

struct lk_cli;

/* Which options a verb takes; each option belongs to one or more of these groups. */
enum lk_option_group {
	LK_OPTIONS_COMMON = 1 << 0, /* every verb has them */
	LK_OPTIONS_TABLE = 1 << 1, /* how rows are printed */
	LK_OPTIONS_SELECT = 1 << 2, /* which locks */
	LK_OPTIONS_FILES = 1 << 3, /* which files */
	LK_OPTIONS_OUTPUT = 1 << 4, /* a file to write */
	LK_OPTIONS_MAP = 1 << 5, /* a picture of one file */
	LK_OPTIONS_WAITS = 1 << 6, /* who waits for whom */
	LK_OPTIONS_WATCH = 1 << 7, /* what happens over time */
	LK_OPTIONS_ACT = 1 << 8, /* every verb that changes something */
	LK_OPTIONS_SIGNAL = 1 << 9,
	LK_OPTIONS_WAIT = 1 << 10,
	LK_OPTIONS_TEST = 1 << 11,
	LK_OPTIONS_RELEASE = 1 << 12,
	LK_OPTIONS_FILE_ACT = 1 << 13, /* rm and mv */
	LK_OPTIONS_MV = 1 << 14,
	LK_OPTIONS_SCREEN = 1 << 15,
	LK_OPTIONS_CONF = 1 << 16, /* not of a verb: it may stand in lockscope.conf */
	LK_OPTIONS_RM = 1 << 18,
	LK_OPTIONS_METRICS = 1 << 19,
	LK_OPTIONS_SETTING = 1 << 17, /* not of a verb: a setting of the screen, also in its files (cli/settings.h) */
	LK_OPTIONS_LOCKFILES = 1 << 20,
};

struct lk_verb {
	const char *name;
	const char *args; /* "[FILE...]"; "" for none */
	const char *brief; /* one line */
	const char *text; /* paragraphs for `help VERB` */
	unsigned options; /* LK_OPTIONS_* */
	const struct lk_column *columns; /* of its table; NULL: those of `list` */
	size_t min_args, max_args;
	bool changes; /* it changes something: refused with --readonly, for a capture and for another /proc tree */
	unsigned privileges; /* LK_PRIVILEGE_*, cli/privilege.h: what it needs besides looking */
	bool takes_command; /* what follows "--" is a command */
	enum lk_status (*run)(const struct lk_cli *cli);
};

#define LK_ANY_ARGS ((size_t)-1)

extern const struct lk_verb lk_verb_screen, lk_verb_list, lk_verb_who, lk_verb_capture, lk_verb_help,
	lk_verb_completion;
extern const struct lk_verb lk_verb_map, lk_verb_metrics;
extern const struct lk_verb lk_verb_lockfiles;
extern const struct lk_verb lk_verb_release;
extern const struct lk_verb lk_verb_waits;
extern const struct lk_verb lk_verb_rm, lk_verb_mv;
extern const struct lk_verb lk_verb_watch;
extern const struct lk_verb lk_verb_signal, lk_verb_test, lk_verb_wait;

/* The list of columns of its table. */
static inline const struct lk_column *lk_verb_columns(const struct lk_verb *verb)
{
	return verb->columns ? verb->columns : lk_column_list;
}

/* In the order of help. */
const struct lk_verb *const *lk_verb_table(size_t *ret_n);
/* NULL: there is none. */
const struct lk_verb *lk_verb_find(const char *name);
/* The nearest name, NULL when none is near. */
const char *lk_verb_suggest(const char *name);

/* Runs the screen until the user leaves it, and restores the terminal. Defined in tui/core/main.c, a layer above the command line; NULL in
 * a build without the screen. */
enum lk_status lk_screen_run(const struct lk_cli *cli) __attribute__((weak));
/* This build has the screen, and standard input and output are terminals. */
bool lk_screen_is_possible(void);

#endif

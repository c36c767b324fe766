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
#include "source/bpf.h"

struct lk_option {
	int id; /* the letter, or a number above every letter */
	char letter; /* '\0': none */
	const char *name;
	const char *arg; /* what its argument is called; NULL: it takes none */
	const char *help; /* one line */
	unsigned groups; /* LK_OPTIONS_* */
};

const struct lk_option *lk_option_table(size_t *ret_n);

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
	int refused_status; /* -E */
};

/* A setting of the screen as it was given; tui/settings.h knows what it means. */
struct lk_screen_option {
	const char *name;
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

/* Says what is wrong and where help is. LK_STATUS_ERROR. */
/* Only where to read on. LK_STATUS_ERROR. */
enum lk_status lk_cli_see_help(const struct lk_verb *verb);
enum lk_status lk_cli_misuse(const struct lk_verb *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read options share: their numbers, and the part of them that belongs to the verbs which act. */
#ifndef LK_CLI_OPTION_PRIVATE_H
#define LK_CLI_OPTION_PRIVATE_H

#include "cli/option.h"

/* Options without a letter. */
enum {
	OPT_JSONL = 256,
	OPT_FULL,
	OPT_OUTPUT_ALL,
	OPT_BLOCKED,
	OPT_SORT,
	OPT_FILTER,
	OPT_RANGE,
	OPT_FORCE,
	OPT_PROC,
	OPT_FROM,
	OPT_TIMEOUT,
	OPT_SCANNER,
	OPT_EXACT,
	OPT_COLOR,
	OPT_READONLY,
	OPT_CAPTURE_FILE,
	OPT_UNTIL_FREE,
	OPT_UNTIL,
	OPT_ALL_LANES,
	OPT_FLAT,
	OPT_DEADLOCKS,
	OPT_NO_USES,
	OPT_EVEN_IF_USED,
	OPT_EVEN_IF_UNKNOWN,
	OPT_REPLACE,
	OPT_RELEASE_FIRST,
	OPT_DRY_RUN,
	OPT_YES,
	OPT_THEN,
	OPT_HOLDERS_OF,
	OPT_BLOCKERS_OF,
	OPT_FOR,
	OPT_READ,
	OPT_WRITE,
	OPT_POSIX,
	OPT_OFD,
	OPT_FLOCK,
	OPT_CONFIRM,
	OPT_ACQUIRE,
	OPT_HOLD,
	OPT_UNITS,
	OPT_GLYPHS,
	OPT_ASCII,
	OPT_MOUSE,
	OPT_NO_MOUSE,
	OPT_HIGHLIGHT,
	OPT_HEADER,
	OPT_START_VIEW,
	OPT_COLUMNS,
	OPT_ACCESSIBLE,
	OPT_BIND,
	OPT_IGNORE_CONFIG,
};

/* The flag that an option of a verb which acts sets; NULL: it is no such flag. */
bool *lk_option_act_flag(struct lk_cli *cli, int id);
/* Other options of these verbs. rest: the words of argv behind the option, NULL at their end; *ret_used: how many of them it took.
 * 0 or a status, as lk_cli_parse(). */
enum lk_status lk_option_act(struct lk_cli *cli, int id, char *arg, char **rest, int *ret_used);
bool lk_option_is_act(int id);

/* An option of one of these groups (LK_OPTIONS_*); several may share a number. */
bool lk_option_is_in(int id, unsigned groups);

/* Options of the screen: kept in lk_cli.screen under their long names. */
bool lk_option_is_screen(const struct lk_cli *cli, int id);
enum lk_status lk_option_screen(struct lk_cli *cli, int id, const char *arg);
/* It says nothing against the screen: an option of it, or of every verb. */
bool lk_option_fits_screen(int id);
const char *lk_option_long_name(int id); /* "" for none */

/* Seconds, more than none, as the argument of an option of that name. 0 or a status after it was said what is wrong. */
enum lk_status lk_option_seconds(const struct lk_cli *cli, const char *option, const char *text, uint32_t *ret_ms);

/* An option by its number as if it had been given; for the configuration file. */
enum lk_status lk_option_apply(struct lk_cli *cli, int id, char *arg);

#endif

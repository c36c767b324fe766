/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exit status, the same for every verb, and the one way to say something on standard error. */
#ifndef LK_CLI_STATUS_H
#define LK_CLI_STATUS_H

#include "base/err.h"

struct lk_verb;

enum lk_status {
	LK_STATUS_YES = 0, /* yes, found, done */
	LK_STATUS_NO = 1, /* no, and that is proven */
	LK_STATUS_ERROR = 2, /* usage or system error */
	LK_STATUS_TIMEOUT = 3,
	LK_STATUS_UNKNOWN = 4, /* cannot tell */
	LK_STATUS_REFUSED = 5,
	LK_STATUS_SOME = 64, /* some of several failed */
};

/* One row of the table of statuses; text is one line for people. */
struct lk_status_word {
	enum lk_status status;
	const char *text;
};

/* Ends with a row whose text is NULL. */
const struct lk_status_word *lk_status_table(void);

/* "lockscope: …" and a newline on standard error, made safe for a terminal: always one line, so that no name in it can look like a
 * sentence of ours. */
void lk_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A text of several lines. Whoever made it answers for its newlines. */
void lk_say_lines(const char *text);
/* A command to copy: printed as it is, so names in it have passed lk_shell_quote(). */
void lk_say_command(const char *command);

/* Makes standard output a stream that a signal cannot harm. Before anything is printed. */
void lk_open_output(void);
/* Flushes standard output; 0, or the -errno of the first time that failed, now or before. */
int lk_flush_output(void);
/* Likewise, and closes it: nothing may be printed any more. */
int lk_close_output(void);
/* Somebody else got -errno from writing to standard output: it is remembered, and said when that is closed. */
void lk_fail_output(int code);

/* Says the error; LK_STATUS_ERROR, or LK_STATUS_TIMEOUT for -ETIMEDOUT. */
enum lk_status lk_say_error(const struct lk_err *err);

/* Only where to read on. LK_STATUS_ERROR. */
enum lk_status lk_cli_see_help(const struct lk_verb *verb);
/* Says what is wrong and where help is. LK_STATUS_ERROR. */
enum lk_status lk_cli_misuse(const struct lk_verb *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

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

/* Prints "lockscope: ", the text and a newline on standard error, sanitized and always as one line, so that no file name in it can look
 * like a message of ours. */
void lk_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same for a text of several lines. The caller answers for its newlines: none of them may come from a file name. */
void lk_say_lines(const char *text);
/* Prints "lockscope COMMAND" for the user to copy. It is not sanitized: names in it must have passed lk_shell_quote(). */
void lk_say_command(const char *command);

/* Makes stdout a stream that loses nothing when a signal interrupts a write (lk_io_stream()). Call it before anything is printed. */
void lk_open_output(void);
/* Flushes standard output. 0, or -errno of the first write to it that failed, now or before. */
int lk_flush_output(void);
/* Likewise, and closes it: nothing may be printed any more. */
int lk_close_output(void);
/* Records a failed write (-errno) to standard output that was seen elsewhere; lk_close_output() will return it if it is the first. */
void lk_fail_output(int code);

/* Says the error; LK_STATUS_ERROR, or LK_STATUS_TIMEOUT for -ETIMEDOUT. */
enum lk_status lk_say_error(const struct lk_err *err);

/* Prints only where to read on; verb NULL: in general. LK_STATUS_ERROR. */
enum lk_status lk_cli_see_help(const struct lk_verb *verb);
/* Says what is wrong and where help is. LK_STATUS_ERROR. */
enum lk_status lk_cli_misuse(const struct lk_verb *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

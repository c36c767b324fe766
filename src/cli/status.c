/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of exit statuses; messages on standard error; flushing and closing standard output. */
#include "cli/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/sanitize.h"
#include "cli/verb.h"

static const struct lk_status_word words[] = {
	{ LK_STATUS_YES, "yes, found or done; for list also when there is nothing to list" },
	{ LK_STATUS_NO, "no, and that is proven" },
	{ LK_STATUS_ERROR, "wrong usage, or an error of the system" },
	{ LK_STATUS_TIMEOUT, "timed out" },
	{ LK_STATUS_UNKNOWN, "cannot tell: nothing was found, but it could be hidden" },
	{ LK_STATUS_REFUSED, "refused" },
	{ LK_STATUS_SOME, "some of several failed" },
	{ LK_STATUS_YES, NULL },
};

const struct lk_status_word *lk_status_table(void)
{
	return words;
}

#define PREFIX "lockscope: "

static int output_error; /* the first error, -errno; 0: none */

void lk_fail_output(int code)
{
	if (!output_error)
		output_error = code;
}

void lk_open_output(void)
{
	FILE *f = lk_io_stream(STDOUT_FILENO);

	/* NULL: out of memory. The stream of the C library will do. */
	if (!f)
		return;
	if (isatty(STDOUT_FILENO))
		setvbuf(f, NULL, _IOLBF, 0);
	stdout = f;
}

int lk_flush_output(void)
{
	errno = 0;
	if (stdout && fflush(stdout) != 0)
		lk_fail_output(errno ? -errno : -EIO);
	return output_error;
}

int lk_close_output(void)
{
	FILE *f = stdout;

	lk_flush_output();
	/* A write that failed outside of lk_flush_output() has left only the error flag of the stream. */
	if (f && ferror(f))
		lk_fail_output(-EIO);
	stdout = NULL;
	errno = 0;
	if (f && fclose(f) != 0)
		lk_fail_output(errno ? -errno : -EIO);
	return output_error;
}

static void say_line(const char *prefix, const char *line, size_t n)
{
	lk_auto_mem char *safe = lk_sanitize(line, n, lk_sanitize_locale_is_utf8());

	fprintf(stderr, "%s%s\n", prefix, safe);
}

void lk_say(const char *fmt, ...)
{
	lk_auto_mem char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = lk_vprintf(fmt, ap);
	va_end(ap);
	/* So that what was printed on standard output before also appears before. */
	lk_flush_output();
	say_line(PREFIX, text, strlen(text));
}

void lk_say_lines(const char *text)
{
	const char *prefix = PREFIX, *end;

	lk_flush_output();
	for (; (end = strchr(text, '\n')); text = end + 1, prefix = "")
		say_line(prefix, text, (size_t)(end - text));
	say_line(prefix, text, strlen(text));
}

void lk_say_command(const char *command)
{
	lk_flush_output();
	fprintf(stderr, PREFIX "    lockscope %s\n", command);
}

enum lk_status lk_say_error(const struct lk_err *err)
{
	lk_say("%s", lk_err_text(err));
	return err->code == -ETIMEDOUT ? LK_STATUS_TIMEOUT : LK_STATUS_ERROR;
}

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

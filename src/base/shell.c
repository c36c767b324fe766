/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names as words for a shell. */
#include "base/shell.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/sanitize.h"

#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-"

/* zsh looks for a program behind a leading "=". */
static bool is_plain_word(const char *s)
{
	return *s && *s != '=' && !s[strspn(s, PLAIN)];
}

/* Bytes that a terminal shows as they are. */
static bool is_shown_as_is(const char *s, bool utf8)
{
	lk_auto_mem char *safe = lk_sanitize_str(s, utf8);

	return strcmp(safe, s) == 0;
}

static void put_quoted(const char *s, lk_buf *out)
{
	lk_buf_puts(out, "'");
	for (; *s; s++)
		lk_buf_puts(out, *s == '\'' ? "'\\''" : (char[]){ *s, '\0' });
	lk_buf_puts(out, "'");
}

/* What stands in quotes in quotes: a "!" would bring back old commands there. */
static void put_bytes(const char *s, const char *escape, lk_buf *out)
{
	for (bool first = true; *s; s++, first = false) {
		/* printf(1) has escapes of its own, and options. */
		if (strchr(PLAIN " ", *s) && *s != '%' && !(first && *s == '-'))
			lk_buf_add(out, s, 1);
		else
			lk_buf_printf(out, escape, (unsigned char)*s);
	}
}

void lk_shell_quote(const char *bytes, bool utf8, lk_buf *out)
{
	size_t n = strlen(bytes);
	bool cut = n && bytes[n - 1] == '\n'; /* by $(...) */

	if (is_plain_word(bytes))
		lk_buf_puts(out, bytes);
	else if (is_shown_as_is(bytes, utf8))
		put_quoted(bytes, out);
	else {
		lk_buf_puts(out, cut ? "$'" : "\"$(printf '");
		put_bytes(bytes, cut ? "\\x%02x" : "\\%03o", out);
		lk_buf_puts(out, cut ? "'" : "')\"");
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
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

	return safe && strcmp(safe, s) == 0;
}

static int put_quoted(const char *s, lk_buf *out)
{
	int rc = lk_buf_puts(out, "'");

	for (; *s && !rc; s++)
		rc = *s == '\'' ? lk_buf_puts(out, "'\\''") : lk_buf_add(out, s, 1);
	return rc ? rc : lk_buf_puts(out, "'");
}

/* What stands in quotes in quotes: a "!" would bring back old commands there. */
static int put_bytes(const char *s, const char *escape, lk_buf *out)
{
	int rc = 0;

	for (bool first = true; *s && !rc; s++, first = false) {
		/* printf(1) has escapes of its own, and options. */
		if (strchr(PLAIN " ", *s) && *s != '%' && !(first && *s == '-'))
			rc = lk_buf_add(out, s, 1);
		else
			rc = lk_buf_printf(out, escape, (unsigned char)*s);
	}
	return rc;
}

int lk_shell_quote(const char *bytes, bool utf8, lk_buf *out)
{
	size_t n = strlen(bytes);
	bool cut = n && bytes[n - 1] == '\n'; /* by $(...) */
	int rc;

	if (is_plain_word(bytes))
		return lk_buf_puts(out, bytes);
	if (is_shown_as_is(bytes, utf8))
		return put_quoted(bytes, out);
	rc = lk_buf_puts(out, cut ? "$'" : "\"$(printf '");
	rc = rc ? rc : put_bytes(bytes, cut ? "\\x%02x" : "\\%03o", out);
	return rc ? rc : lk_buf_puts(out, cut ? "'" : "')\"");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quotes names as words for a shell. */
#include "base/shell.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/sanitize.h"

#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-"

/* zsh replaces a word that begins with "=" by the path of that program. */
static bool is_plain_word(const char *s)
{
	return *s && *s != '=' && !s[strspn(s, PLAIN)];
}

/* Whether a terminal can show the bytes as they are. */
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

/* Writes what is between the inner quotes of "$(printf '...')" or $'...'. A "!" is escaped, because within double quotes it would bring
 * back old commands. */
static void put_bytes(const char *s, const char *escape, lk_buf *out)
{
	for (bool first = true; *s; s++, first = false) {
		/* printf(1) interprets "%", and a leading "-" as an option. */
		if (strchr(PLAIN " ", *s) && *s != '%' && !(first && *s == '-'))
			lk_buf_add(out, s, 1);
		else
			lk_buf_printf(out, escape, (unsigned char)*s);
	}
}

void lk_shell_quote(const char *bytes, bool utf8, lk_buf *out)
{
	size_t n = strlen(bytes);
	bool cut = n && bytes[n - 1] == '\n'; /* $(...) removes a newline at the end */

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

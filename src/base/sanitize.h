/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one sanitizer: every byte string that came from the machine passes it before a terminal.
 *
 * Printable characters stay. Everything else becomes \xNN byte by byte (as lsof does), and a backslash becomes \\ so that
 * an escape cannot be mistaken for a literal. "Everything else" is: control characters, invalid UTF-8, bidirectional
 * and other format characters, private and unassigned code points, characters wcwidth(3) calls unprintable; and every
 * byte >= 0x80 when the locale is not UTF-8. */
#ifndef LK_BASE_SANITIZE_H
#define LK_BASE_SANITIZE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* nl_langinfo(CODESET) says UTF-8. Call setlocale(3) first. */
bool lk_sanitize_locale_is_utf8(void);

/* s[0..n) made safe. Heap, caller frees. */
char *lk_sanitize(const char *s, size_t n, bool utf8);
/* The same, appended to *out. */
void lk_sanitize_add(lk_buf *out, const char *s, size_t n, bool utf8);
char *lk_sanitize_str(const char *s, bool utf8); /* NULL in, NULL out */

/* Terminal cells of an already sanitized string. */
size_t lk_sanitize_width(const char *safe, bool utf8);
size_t lk_sanitize_width_n(const char *safe, size_t n, bool utf8);

/* At most `cells` wide: the longest end of a path that begins at a slash, with a mark in front (".../b/c"); where even its last name is
 * too long, the end of that. mark: LK_SANITIZE_CUT or LK_SANITIZE_CUT_ASCII; left out where there is no room for it. Heap. */
#define LK_SANITIZE_CUT "\xe2\x80\xa6"
#define LK_SANITIZE_CUT_ASCII "..."
char *lk_sanitize_cut_left(const char *safe, size_t cells, bool utf8, const char *mark);

#endif
